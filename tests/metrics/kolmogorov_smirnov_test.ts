import assert from "node:assert/strict";
import { kolmogorovSmirnov } from "galaxykit/metrics";

Deno.test("kolmogorovSmirnov() agrees with SciPy", () => {
  // scipy.stats.ks_2samp(a, b).statistic
  const a = [0.1, 0.4, 0.4, 0.7, 0.9, 1.3];
  const b = [0.2, 0.4, 0.5, 0.5, 2.0];
  assert.ok(Math.abs(kolmogorovSmirnov({ a, b }) - 0.3) < 1e-12);
  assert.equal(kolmogorovSmirnov({ a: [1, 2], b: [3, 4] }), 1);
  assert.equal(kolmogorovSmirnov({ a, b: a }), 0);
});

Deno.test("kolmogorovSmirnov() leaves its samples in order and refuses what has none", () => {
  const a = [3, 1, 2];
  kolmogorovSmirnov({ a, b: [1] });
  assert.deepEqual(a, [3, 1, 2]);
  assert.throws(() => kolmogorovSmirnov({ a: [], b: [1] }), {
    name: "RangeError",
    message: "Cannot compare distributions: sample a is empty",
  });
  assert.throws(() => kolmogorovSmirnov({ a: [1], b: [2, NaN] }), {
    name: "RangeError",
    message: "Cannot compare distributions: b[1] is NaN",
  });
});
