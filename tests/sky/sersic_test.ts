import assert from "node:assert/strict";
import { discTable, sersicB, sersicTable } from "../../lib/sky/sersic.ts";

/** Gamma(2n, 0 to x) / Gamma(2n) by the midpoint rule. */
function incompleteGamma(a: number, x: number): number {
  let below = 0;
  let all = 0;
  const step = 2e-4;
  for (let t = step / 2; t < 60; t += step) {
    const term = Math.exp((a - 1) * Math.log(t) - t) * step;
    all += term;
    if (t < x) below += term;
  }
  return below / all;
}

Deno.test("sersicB() puts half of the light within the half-light radius", () => {
  for (const n of [0.7, 1, 2.5, 4, 6]) {
    const share = incompleteGamma(2 * n, sersicB(n));
    assert.ok(Math.abs(share - 0.5) < 1e-4, `n = ${n}: ${share}`);
  }
});

Deno.test("sersicB() refuses an index below one half", () => {
  assert.throws(() => sersicB(0.4), {
    name: "RangeError",
    message: "Cannot compute b_n: the Sérsic index must be at least 0.5, 0.4 found",
  });
});

Deno.test("sersicTable() and discTable() have unit flux, and half of it where it should be", () => {
  const cases = [
    { profile: sersicTable(1), half: 1 },
    { profile: sersicTable(4), half: 1 },
    { profile: discTable(6), half: 1.678 },
  ];
  for (const { profile: { table, outer }, half } of cases) {
    let flux = 0;
    let within = 0;
    const step = 0.001;
    for (let r = step / 2; r < outer; r += step) {
      const at = Math.sqrt(r / outer) * (table.length - 1);
      const low = Math.floor(at);
      const light = table[low] + (at - low) * (table[low + 1] - table[low]);
      flux += 2 * Math.PI * r * step * light;
      if (r < half) within += 2 * Math.PI * r * step * light;
    }
    assert.ok(Math.abs(flux - 1) < 0.005, `flux ${flux}`);
    // Cutting the profile takes some of the light outside the half-light radius.
    assert.ok(within > 0.495 && within < 0.56, `within ${within}`);
  }
});
