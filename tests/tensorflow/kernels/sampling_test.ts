import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";

Deno.test("multinomial() repeats itself for one seed, and differs between seeds", () => {
  const logits = tf.tensor2d([[0, 1, 2], [2, 1, 0]]);
  const draw = (seed: number) => [...tf.multinomial(logits, 50, seed).dataSync()];
  assert.deepEqual(draw(0.25), draw(0.25));
  for (const other of [0.26, -0.25, 7]) assert.notDeepEqual(draw(0.25), draw(other));
});

Deno.test("multinomial() draws in the wanted shares, of logits and of probabilities", () => {
  const shares = [0.1, 0.2, 0, 0.7];
  for (const isNormalized of [true, false]) {
    const given = tf.tensor1d(shares);
    const drawn = tf.multinomial(
      isNormalized ? given : tf.log(given) as tf.Tensor1D,
      20_000,
      3,
      isNormalized,
    );
    const counts = tf.bincount(drawn as tf.Tensor1D, tf.tensor1d([]), 4).dataSync();
    shares.forEach((share, index) => {
      // Five standard deviations of a count.
      const bound = 5 * Math.sqrt(share * (1 - share) / 20_000);
      assert.ok(Math.abs(counts[index]! / 20_000 - share) <= bound, `${counts}`);
    });
  }
});

Deno.test("multinomial() refuses logits that say nothing, and a number of draws past int32", () => {
  const nothing = {
    name: "RangeError",
    message:
      "Cannot run multinomial: each row wants logits that are numbers, the largest of them finite; found a row with NaN, or without a finite largest",
  };
  for (const logits of [[NaN, 1], [-Infinity, -Infinity], [Infinity, 0]]) {
    assert.throws(() => tf.multinomial(tf.tensor2d([[0, 1], logits]), 3, 3), nothing);
  }
  assert.throws(() => tf.multinomial(tf.tensor1d([0, 1]), 1e10, 3), {
    name: "RangeError",
    message:
      "Cannot run multinomial: numSamples must be a whole number from 0 to 2147483647, found 10000000000",
  });
});
