import assert from "node:assert/strict";
import { mcNemarTest } from "galaxykit/metrics";
import { assertClose, reference } from "./reference.ts";

/** Samples of which a alone has `onlyA` right and b alone `onlyB`, and both `both`. */
function labels({ onlyA, onlyB, both = 0 }: { onlyA: number; onlyB: number; both?: number }) {
  const repeat = (count: number, value: number) => new Array<number>(count).fill(value);
  return {
    target: repeat(onlyA + onlyB + both, 1),
    a: [...repeat(onlyA, 1), ...repeat(onlyB, 0), ...repeat(both, 1)],
    b: [...repeat(onlyA, 0), ...repeat(onlyB, 1), ...repeat(both, 1)],
  };
}

for (const { onlyA, onlyB, exact, statistic, pValue } of reference.mcnemar) {
  Deno.test(`mcNemarTest() agrees with SciPy's binomial and χ²: ${onlyA} against ${onlyB}`, () => {
    const found = mcNemarTest(labels({ onlyA, onlyB, both: 7 }));
    assert.deepEqual([found.onlyA, found.onlyB, found.both, found.neither], [onlyA, onlyB, 7, 0]);
    assertClose(found.exact / exact, 1, 1e-11);
    assertClose(found.corrected.statistic, statistic);
    assertClose(found.corrected.pValue / pValue, 1, 1e-11);
  });
}

Deno.test("mcNemarTest() finds no difference where there is none", () => {
  for (const counts of [{ onlyA: 0, onlyB: 0, both: 3 }, { onlyA: 4, onlyB: 4 }]) {
    const { exact, corrected } = mcNemarTest(labels(counts));
    assert.deepEqual([exact, corrected], [1, { statistic: 0, pValue: 1 }]);
  }
});

Deno.test("mcNemarTest() counts a class wrong in two ways as wrong", () => {
  const { neither } = mcNemarTest({ target: [2, 2], a: [0, 1], b: [1, 1] });
  assert.equal(neither, 2);
});

Deno.test("mcNemarTest() refuses unequal lengths", () => {
  assert.throws(() => mcNemarTest({ target: [1, 1], a: [1, 1], b: [1] }), {
    name: "TypeError",
    message: "Cannot compute McNemar's test of b: target has 2 samples, prediction 1",
  });
});
