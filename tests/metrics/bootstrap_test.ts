import assert from "node:assert/strict";
import { accuracy, bootstrapInterval } from "galaxykit/metrics";
import { Prng } from "galaxykit/data";
import { assertClose, reference } from "./reference.ts";

function mean({ values }: { values: number[] }): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

Deno.test("bootstrapInterval() agrees with SciPy's percentile interval", () => {
  const { values, low, high } = reference.bootstrap;
  const found = bootstrapInterval({ values }, { metric: mean, seed: 1, resamples: 20_000 });
  assert.equal(found.value, mean({ values }));
  assert.equal(found.level, 0.95);
  // Both are drawn: their ends vary by some thousandths
  assertClose([found.low, found.high], [low, high], 0.02);
});

Deno.test("bootstrapInterval() is the same for the same seed, and narrower at a lower level", () => {
  const { values } = reference.bootstrap;
  const interval = (seed: number, level?: number) =>
    bootstrapInterval({ values }, { metric: mean, seed, resamples: 200, level });
  assert.deepEqual(interval(1), interval(1));
  assert.notDeepEqual(interval(1), interval(2));
  assert.ok(interval(1, 0.5).low > interval(1).low);
  assert.ok(interval(1, 0.5).high < interval(1).high);
});

Deno.test("bootstrapInterval() covers the truth about as often as it says", () => {
  let covered = 0;
  for (let i = 0; i < 200; i++) {
    const random = new Prng(i);
    const values = Array.from({ length: 50 }, () => random.normal());
    const { low, high } = bootstrapInterval({ values }, { metric: mean, seed: i, resamples: 300 });
    if (low <= 0 && high >= 0) covered++;
  }
  assert.ok(covered >= 176 && covered <= 199, `${covered} of 200`); // Expected about 188
});

Deno.test("bootstrapInterval() keeps what belongs to one sample together", () => {
  const random = new Prng(1);
  const target = Int32Array.from({ length: 100 }, () => random.integer(2));
  const a = Array.from(target, (label, i) => i % 10 === 0 ? 1 - label : label);
  const b = Array.from(target, (label, i) => i % 5 === 0 ? 1 - label : label);
  const same = bootstrapInterval({ target, a, b: a }, {
    metric: ({ target, a, b }) =>
      accuracy({ target, prediction: a }) - accuracy({ target, prediction: b }),
    seed: 1,
    resamples: 50,
  });
  assert.deepEqual(same, { value: 0, low: 0, high: 0, level: 0.95 });
  const { value, low } = bootstrapInterval({ target, a, b }, {
    metric: ({ target, a, b }) =>
      accuracy({ target, prediction: a }) - accuracy({ target, prediction: b }),
    seed: 1,
    resamples: 500,
  });
  assertClose(value, 0.1);
  assert.ok(low > 0); // Paired: the same ten samples differ each time
});

Deno.test("bootstrapInterval() refuses what has no interval", () => {
  const refused = (call: () => unknown, name: string, message: string) =>
    assert.throws(call, { name, message });
  const metric = () => 1;
  refused(
    () => bootstrapInterval({ a: [], b: [] }, { metric, seed: 1 }),
    "RangeError",
    "Cannot bootstrap: there are no samples",
  );
  refused(
    () => bootstrapInterval({ a: [1, 2], b: [1] }, { metric, seed: 1 }),
    "TypeError",
    "Cannot bootstrap: a has 2 samples, b 1",
  );
  refused(
    () => bootstrapInterval({ a: [1] }, { metric, seed: 1, resamples: 1 }),
    "RangeError",
    "Cannot bootstrap: resamples is 1, wanted a whole number from 2",
  );
  refused(
    () => bootstrapInterval({ a: [1] }, { metric, seed: 1, level: 95 }),
    "RangeError",
    "Cannot bootstrap: level is 95, wanted a number between 0 and 1",
  );
  refused(
    () => bootstrapInterval({ a: [1] }, { metric: () => NaN, seed: 1 }),
    "RangeError",
    "Cannot bootstrap: the metric is NaN for a draw, there are too few samples",
  );
});
