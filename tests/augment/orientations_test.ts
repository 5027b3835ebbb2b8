import assert from "node:assert/strict";
import { flipsAndQuarterTurns, orientation, ORIENTATIONS } from "galaxykit/augment";
import { key, tf } from "galaxykit/tensorflow";

const image = tf.tensor4d(Array.from({ length: 27 }, (_, i) => i), [1, 3, 3, 3]);

function values(images: tf.Tensor4D): string {
  return `${images.dataSync()}`;
}

const views = Array.from({ length: ORIENTATIONS }, (_, view) => values(orientation(image, view)));

Deno.test("orientation() gives eight views that differ, turns that add up, and mirrors", () => {
  assert.equal(new Set(views).size, 8);
  let turned = image;
  for (let turn = 0; turn < 4; turn++) {
    assert.equal(values(turned), views[turn]);
    turned = orientation(turned, 1);
  }
  assert.equal(values(turned), views[0]);
  const mirrored = orientation(image, 4).dataSync();
  assert.deepEqual([...mirrored.subarray(0, 9)], [6, 7, 8, 3, 4, 5, 0, 1, 2]);
  for (let turn = 1; turn < 4; turn++) {
    assert.equal(views[4 + turn], values(orientation(orientation(image, 4), turn)));
  }
});

Deno.test("flipsAndQuarterTurns() draws from the eight orientations", () => {
  const many = tf.tile(image, [64, 1, 1, 1]) as tf.Tensor4D;
  const drawn = tf.unstack(flipsAndQuarterTurns(key(1), many)).map((one) => `${one.dataSync()}`);
  assert.deepEqual(new Set(drawn), new Set(views));
});

Deno.test("orientation() refuses views that there are not, and images that are not square", () => {
  assert.throws(() => orientation(image, 8), {
    name: "RangeError",
    message: "Cannot turn images: there are views 0 to 7, found 8",
  });
  assert.throws(() => orientation(tf.zeros([1, 2, 3, 1]), 1), {
    name: "TypeError",
    message: "Cannot turn images by a quarter: found 2 x 3 pixels, wanted a square",
  });
});
