import assert from "node:assert/strict";
import { wilsonInterval } from "galaxykit/metrics";

/** statsmodels 0.15.0: proportion_confint(count, nobs, alpha=1 - level, method="wilson"). */
const REFERENCE = [
  { successes: 81, trials: 90, level: 0.95, low: 0.8207582512456635, high: 0.9464932483028752 },
  { successes: 1, trials: 3, level: 0.95, low: 0.06149194472039621, high: 0.7923403991979522 },
  { successes: 0, trials: 40, level: 0.95, low: 0, high: 0.08762160119728664 },
  { successes: 40, trials: 40, level: 0.99, low: 0.8577267864924155, high: 1 },
  {
    successes: 1234.5,
    trials: 3000,
    level: 0.9,
    low: 0.39680787541953044,
    high: 0.4263516078146544,
  },
];

Deno.test("wilsonInterval() agrees with statsmodels", () => {
  for (const { low, high, ...share } of REFERENCE) {
    const found = wilsonInterval(share);
    assert.ok(Math.abs(found.low - low) < 1e-12, `${found.low} found, ${low} wanted`);
    assert.ok(Math.abs(found.high - high) < 1e-12, `${found.high} found, ${high} wanted`);
    assert.equal(found.value, share.successes / share.trials);
    assert.equal(found.level, share.level);
  }
});

Deno.test("wilsonInterval() reaches to 0 and 1 exactly, and refuses what is no share", () => {
  assert.equal(wilsonInterval({ successes: 0, trials: 7 }).low, 0);
  assert.equal(wilsonInterval({ successes: 7, trials: 7 }).high, 1);
  for (const [successes, trials] of [[3, 2], [0, 0], [-1, 2], [NaN, 2]]) {
    assert.throws(() => wilsonInterval({ successes, trials }), {
      name: "RangeError",
      message: `Cannot compute an interval: ${successes} of ${trials} is no share`,
    });
  }
  assert.throws(() => wilsonInterval({ successes: 1, trials: 2, level: 95 }), {
    name: "RangeError",
    message: "Cannot compute an interval: level is 95, wanted a number between 0 and 1",
  });
});
