import assert from "node:assert/strict";
import {
  comovingDistance,
  distanceModulus,
  kpcPerArcsec,
  redshiftAt,
} from "../../lib/sky/cosmology.ts";

Deno.test("distances equal those of a fine trapezoidal integral in NumPy", () => {
  assert.ok(Math.abs(comovingDistance(0.1) - 418.4545) < 0.02);
  assert.ok(Math.abs(comovingDistance(0.25) - 1008.1402) < 0.02);
  assert.ok(Math.abs(distanceModulus(0.1) - 38.3151) < 0.001);
  assert.ok(Math.abs(kpcPerArcsec(0.05) - 0.977495) < 0.001);
});

Deno.test("redshiftAt() is the inverse of comovingDistance()", () => {
  for (const z of [0, 0.0042, 0.1, 0.2499]) {
    assert.ok(Math.abs(redshiftAt(comovingDistance(z)) - z) < 1e-12);
  }
});

Deno.test("comovingDistance() and redshiftAt() refuse what is out of range", () => {
  assert.throws(() => comovingDistance(0.31), {
    name: "RangeError",
    message: "Cannot compute a distance: redshift must be in [0, 0.3], 0.31 found",
  });
  assert.throws(() => redshiftAt(-1), {
    name: "RangeError",
    message: "Cannot compute a redshift: distance must be in [0, 1194.4] Mpc, -1 found",
  });
});
