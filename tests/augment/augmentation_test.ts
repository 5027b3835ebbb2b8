import assert from "node:assert/strict";
import { jit, key, tf } from "galaxykit/tensorflow";
import { flipsAndQuarterTurns, flipsAndTurns } from "galaxykit/augment";

/** The square [[1, 2], [3, 4]] flipped and turned. */
const SYMMETRIES = ["1234", "1324", "2143", "2413", "3142", "3412", "4231", "4321"];

/** Images of one channel whose pixels all differ, [batch, size, size, 1]. */
function ramps(batch: number, size: number): tf.Tensor4D {
  return tf.tile(tf.reshape(tf.range(1, size * size + 1), [1, size, size, 1]), [batch, 1, 1, 1]);
}

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

Deno.test("flipsAndQuarterTurns() gives the eight symmetries of the square, equally often", () => {
  const turned = flipsAndQuarterTurns(key(3), ramps(4000, 2)).dataSync();
  const counts = new Map<string, number>();
  for (let start = 0; start < turned.length; start += 4) {
    const image = turned.slice(start, start + 4).join("");
    counts.set(image, (counts.get(image) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), SYMMETRIES);
  // 500 expected; the standard deviation is 21.
  for (const [image, count] of counts) assert.ok(Math.abs(count - 500) < 100, `${image}: ${count}`);
});

Deno.test("flipsAndQuarterTurns() keeps the channels of each pixel together", () => {
  const image = tf.tensor4d([...Array(12).keys()], [1, 2, 2, 3]);
  for (let seed = 0; seed < 8; seed++) {
    const turned = [...flipsAndQuarterTurns(key(seed), image).dataSync()];
    const pixels = [0, 3, 6, 9].map((start) => `${turned.slice(start, start + 3)}`);
    assert.deepEqual(pixels.sort(), ["0,1,2", "3,4,5", "6,7,8", "9,10,11"]);
  }
});

Deno.test("flipsAndQuarterTurns() refuses images that are no squares", () => {
  assert.throws(() => flipsAndQuarterTurns(key(1), tf.zeros([1, 4, 6, 3])), {
    name: "TypeError",
    message: "Cannot turn images by a quarter: found 4 x 6 pixels, wanted a square",
  });
});

Deno.test("flipsAndTurns() keeps the centre pixel, and images of one value", () => {
  const images = ramps(32, 9);
  const centres = tf.slice(flipsAndTurns(key(5), images), [0, 4, 4, 0], [-1, 1, 1, 1]);
  assert.ok(largestDifference(centres, tf.scalar(41)) < 1e-3);
  const flat = tf.fill<tf.Rank.R4>([8, 16, 16, 3], 7);
  assert.ok(largestDifference(flipsAndTurns(key(5), flat), flat) < 1e-4);
});

Deno.test("flipsAndTurns() turns by any angle and scales by the zoom at most", () => {
  // A plane through the centre stays one: its slope tells angle and scale.
  const size = 17;
  const x = tf.tile(tf.reshape(tf.range(-8, 9), [1, 1, size, 1]), [256, size, 1, 1]) as tf.Tensor4D;
  const turned = flipsAndTurns(key(9), x, { zoom: 1.25 });
  const [right, below] = [[8, 9], [9, 8]].map((place) =>
    tf.slice(turned, [0, ...place, 0], [-1, 1, 1, 1]).dataSync()
  );
  const angles: number[] = [];
  const scales: number[] = [];
  right!.forEach((dx, index) => {
    const dy = below![index]!;
    scales.push(Math.hypot(dx, dy));
    angles.push(Math.atan2(dy, dx));
  });
  assert.ok(Math.max(...scales) < 1.2501 && Math.max(...scales) > 1.2, `${Math.max(...scales)}`);
  assert.ok(Math.min(...scales) > 0.7999 && Math.min(...scales) < 0.84, `${Math.min(...scales)}`);
  // In each twelfth of the circle: 21 expected.
  const twelfths = new Array(12).fill(0);
  for (const angle of angles) twelfths[Math.floor((angle / Math.PI + 1) * 6) % 12]++;
  assert.ok(Math.min(...twelfths) > 5, `${twelfths}`);
});

for (const augment of [flipsAndQuarterTurns, flipsAndTurns]) {
  Deno.test(`${augment.name}() draws the same eager and jitted, and other things from another key`, () => {
    const images = ramps(16, 8);
    const eager = augment(key(1), images);
    const jitted = jit((key: tf.Tensor1D, images: tf.Tensor4D) => augment(key, images));
    assert.ok(largestDifference(jitted(key(1), images), eager) < 1e-4);
    assert.ok(largestDifference(jitted(key(2), images), eager) > 1);
    jitted.dispose();
  });
}
