import assert from "node:assert/strict";
import { mean, median, quantile } from "../lib/statistics.ts";

Deno.test("mean() and median() of numbers, plain or typed", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.equal(median([6, 10, 1]), 6);
  assert.equal(median(Float32Array.of(4, 1, 3, 2)), 2.5);
});

Deno.test("median() leaves the order of what it is given", () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
});

Deno.test("quantile() goes linearly between sorted values", () => {
  assert.equal(quantile([0, 10, 20], 0.25), 5);
  assert.equal(quantile([0, 10, 20], 1), 20);
  assert.equal(quantile([7], 0.5), 7);
});

Deno.test("mean(), median() and quantile() of nothing are NaN", () => {
  for (const value of [mean([]), median([]), quantile([], 0.5)]) assert.ok(Number.isNaN(value));
});
