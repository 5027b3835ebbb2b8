import assert from "node:assert/strict";
import { surveyJitter } from "galaxykit/augment";
import { key, tf } from "galaxykit/tensorflow";

/** Means of the images after a change. */
function means(images: tf.Tensor4D, seed: number): Float32Array {
  return tf.tidy(() =>
    tf.mean(surveyJitter(key(seed), images), [1, 2, 3]).dataSync()
  ) as Float32Array;
}

Deno.test("surveyJitter() changes most images a little, and lets some glare", () => {
  const images = tf.fill<tf.Rank.R4>([600, 8, 8, 3], 20);
  const changed = means(images, 1);
  assert.deepEqual(changed, means(images, 1));
  assert.notDeepEqual(changed, means(images, 2));
  const glaring = changed.filter((mean) => mean > 40).length;
  // 15 % are overexposed or veiled, two thirds of them by so much
  assert.ok(glaring > 30 && glaring < 100, `${glaring}`);
  const usual = changed.filter((mean) => mean >= 10 && mean <= 40).length;
  assert.equal(usual + glaring, 600);
  assert.ok(Math.max(...changed) > 100 && Math.max(...changed) <= 255);
  images.dispose();
});

Deno.test("surveyJitter() keeps what is bright in the middle there, whatever the turn", () => {
  const bright = tf.pad<tf.Tensor4D>(tf.fill([64, 4, 4, 3], 200), [[0, 0], [6, 6], [6, 6], [0, 0]]);
  const changed = tf.tidy(() => {
    const all = surveyJitter(key(3), bright);
    const middle = tf.slice(all, [0, 6, 6, 0], [64, 4, 4, 3]);
    return tf.sub(tf.mean(middle, [1, 2, 3]), tf.mean(all, [1, 2, 3])).dataSync();
  });
  assert.ok(changed.filter((excess) => excess > 40).length > 58);
  bright.dispose();
});
