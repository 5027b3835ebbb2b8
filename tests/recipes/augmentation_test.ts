import assert from "node:assert/strict";
import { jit, type Key, key, tf } from "galaxykit/tensorflow";
import {
  classifierAugmentation,
  contrastiveViews,
} from "../../lib/recipes/galaxysd/augmentation.ts";
import { sommelierAugmentation } from "../../lib/recipes/sommelier/augmentation.ts";

const SETS = { contrastiveViews, classifierAugmentation, sommelierAugmentation };

for (const [name, augment] of Object.entries(SETS)) {
  Deno.test(`${name} changes images within their range, jitted`, () => {
    const values = Float32Array.from({ length: 8 * 32 * 32 * 3 }, (_, at) => (at * 37) % 256);
    const images = tf.tensor4d(values, [8, 32, 32, 3]);
    const run = jit((own: Key, images: tf.Tensor4D) => augment(own, images));
    const [one, two] = [run(key(1), images), run(key(2), images)];
    run.dispose();
    assert.deepEqual(one.shape, images.shape);
    assert.ok(tf.max(one).dataSync()[0]! <= 255.001 && tf.min(one).dataSync()[0]! >= -0.001);
    assert.ok(tf.mean(tf.abs(tf.sub(one, two))).dataSync()[0]! > 1);
  });
}
