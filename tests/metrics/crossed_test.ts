import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { bootstrapInterval, crossedInterval } from "galaxykit/metrics";
import { mean } from "../../lib/statistics.ts";

/** A table of values that differ by repeat and by sample, each with a spread of its own. */
function tableOf(
  { repeats, samples, ofRepeats, ofSamples, seed }: {
    repeats: number;
    samples: number;
    ofRepeats: number;
    ofSamples: number;
    seed: number;
  },
): number[][] {
  const random = new Prng(seed, [77]);
  const bySample = Array.from({ length: samples }, () => ofSamples * random.normal());
  return Array.from({ length: repeats }, () => {
    const own = ofRepeats * random.normal();
    return bySample.map((value) => own + value);
  });
}

const width = ({ low, high }: { low: number; high: number }) => high - low;

Deno.test("crossedInterval() of one repeat is as wide as the bootstrap of its samples", () => {
  const [row] = tableOf({ repeats: 1, samples: 400, ofRepeats: 0, ofSamples: 1, seed: 1 });
  const crossed = crossedInterval([row], { resamples: 4000 });
  const plain = bootstrapInterval({ row }, { metric: ({ row }) => mean(row), resamples: 4000 });
  assert.equal(crossed.value, plain.value);
  assert.ok(Math.abs(width(crossed) / width(plain) - 1) < 0.06);
});

Deno.test("crossedInterval() covers the truth where samples and repeats both vary", () => {
  let [covered, tooNarrow] = [0, 0];
  for (let seed = 0; seed < 200; seed++) {
    const table = tableOf({ repeats: 12, samples: 60, ofRepeats: 0.3, ofSamples: 1, seed });
    const { low, high } = crossedInterval(table, { seed, resamples: 400 });
    if (low <= 0 && 0 <= high) covered++;
    // Samples alone, as if the repeats were all there could be
    const means = table[0].map((_, i) => mean(table.map((row) => row[i])));
    const alone = bootstrapInterval({ means }, {
      ...{ metric: ({ means }) => mean(means), seed, resamples: 400 },
    });
    if (alone.low > 0 || alone.high < 0) tooNarrow++;
  }
  assert.ok(covered >= 180, `${covered} of 200 covered, 190 by the level`);
  assert.ok(200 - covered < tooNarrow, `${200 - covered} and ${tooNarrow} missed`);
});

Deno.test("crossedInterval() weighs classes, and never misses one", () => {
  const strata = [...Array(98).fill("smooth"), "featured", "featured"];
  const table = [strata.map((name) => name === "smooth" ? 1 : 0)];
  const half = crossedInterval(table, { strata, weights: { smooth: 1, featured: 1 } });
  assert.deepEqual([half.value, half.low, half.high], [0.5, 0.5, 0.5]);
  const article = crossedInterval(table, { strata, weights: { smooth: 0.411, featured: 0.589 } });
  assert.ok(Math.abs(article.value - 0.411) < 1e-12);
  assert.equal(crossedInterval(table, { strata }).value, 0.98);
  assert.deepEqual(crossedInterval(table, { seed: 3 }), crossedInterval(table, { seed: 3 }));
});

Deno.test("crossedInterval() refuses what has no interval", () => {
  const cases: [() => unknown, string, string][] = [
    [() => crossedInterval([]), "RangeError", "Cannot bootstrap: there are no samples"],
    [
      () => crossedInterval([[1, 2], [1]]),
      "TypeError",
      "Cannot bootstrap: repeat 0 has 2 samples, repeat 1 1",
    ],
    [
      () => crossedInterval([[1, NaN]]),
      "RangeError",
      "Cannot bootstrap: sample 1 of repeat 0 is NaN; leave such samples out",
    ],
    [
      () => crossedInterval([[1, 2]], { strata: ["a", "b"], weights: { a: 1 } }),
      "RangeError",
      'Cannot bootstrap: class "b" wants a weight from 0, undefined found',
    ],
    [
      () => crossedInterval([[1, 2]], { level: 1 }),
      "RangeError",
      "Cannot bootstrap: level is 1, wanted a number between 0 and 1",
    ],
  ];
  for (const [call, name, message] of cases) assert.throws(call, { name, message });
});
