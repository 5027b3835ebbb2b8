import assert from "node:assert/strict";
import { accuracy, bootstrapInterval, rocCurve } from "galaxykit/metrics";
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

/** A rare class: 2 of 60. A draw misses it one time in eight. */
const rare = Int32Array.from({ length: 60 }, (_, i) => i < 2 ? 1 : 0);

Deno.test("bootstrapInterval() draws again where a draw misses a class, whatever the seed", () => {
  const score = Array.from(rare, (label, i) => label + (i % 7) / 3);
  const metrics = [
    ({ target, score }: { target: number[]; score: number[] }) => rocCurve({ target, score }).area,
    ({ target, score }: { target: number[]; score: number[] }) =>
      target.includes(1) ? Math.max(...score) : NaN,
  ];
  for (const metric of metrics) {
    for (let seed = 0; seed < 5; seed++) {
      const options = { metric, seed, resamples: 200 };
      const found = bootstrapInterval({ target: rare, score }, options);
      assert.ok(found.low <= found.value && found.value <= found.high);
      assert.ok(found.redrawn! > 5 && found.redrawn! < 70, `${found.redrawn}`);
    }
  }
});

Deno.test("bootstrapInterval() draws each class as often as it is there, of strata", () => {
  const shares = new Set<number>();
  const score = Array.from(rare, (_, i) => i);
  const interval = bootstrapInterval({ target: rare, score }, {
    metric: ({ target, score }) => {
      shares.add(target.filter((label) => label === 1).length);
      target.forEach((label, i) => assert.equal(label, rare[score[i]]));
      return score.reduce((sum, one) => sum + one, 0);
    },
    ...{ strata: rare, seed: 1, resamples: 50 },
  });
  assert.deepEqual([...shares], [2]);
  assert.equal(interval.redrawn, undefined);
  assert.ok(interval.low < interval.value && interval.value < interval.high);
});

Deno.test("bootstrapInterval() gives up where most draws have no value, and hands errors on", () => {
  const target = Array.from({ length: 60 }, (_, i) => i === 0 ? 1 : 0);
  const metric = ({ target }: { target: number[] }) =>
    target.filter((label) => label === 1).length === 1 ? 1 : NaN; // 37 % of the draws
  assert.throws(() => bootstrapInterval({ target }, { metric, seed: 1, resamples: 300 }), {
    name: "RangeError",
    message: "Cannot bootstrap: the metric is NaN for a draw, there are too few samples",
  });
  let calls = 0;
  const broken = () => {
    if (calls++ > 3) throw new TypeError("mine");
    return 1;
  };
  assert.throws(() => bootstrapInterval({ target }, { metric: broken, seed: 1 }), {
    name: "TypeError",
    message: "mine",
  });
});

Deno.test("bootstrapInterval() of accuracy equals that of a function that gives accuracy", () => {
  const target = Int32Array.from({ length: 301 }, (_, i) => i % 3);
  const prediction = Array.from(target, (label, i) => i % 7 < 5 ? label : (label + 1) % 3);
  for (const strata of [undefined, target]) {
    const options = { seed: 5, resamples: 200, strata };
    assert.deepEqual(
      bootstrapInterval({ target, prediction }, { ...options, metric: accuracy }),
      bootstrapInterval({ target, prediction }, { ...options, metric: (pair) => accuracy(pair) }),
    );
  }
});
