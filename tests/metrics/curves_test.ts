import assert from "node:assert/strict";
import { precisionRecallCurve, rocAuc, rocCurve } from "galaxykit/metrics";
import { assertClose, cases, reference } from "./reference.ts";

for (const [name, { target, score, roc, precisionRecall }] of Object.entries(reference.curves)) {
  Deno.test(`curves agree with scikit-learn: ${name}`, () => {
    const found = rocCurve({ target, score });
    assert.equal(found.points[0].threshold, Infinity);
    assertClose({
      thresholds: found.points.slice(1).map(({ threshold }) => threshold),
      falsePositiveRate: found.points.map(({ falsePositiveRate }) => falsePositiveRate),
      truePositiveRate: found.points.map(({ truePositiveRate }) => truePositiveRate),
      area: found.area,
    }, roc);
    const { points, area } = precisionRecallCurve({ target, score });
    assertClose({
      thresholds: points.slice(1).map(({ threshold }) => threshold),
      precision: points.map(({ precision }) => precision),
      recall: points.map(({ recall }) => recall),
      area,
    }, precisionRecall);
  });
}

for (const [name, { target, probabilities, rocAuc: expected }] of Object.entries(cases)) {
  Deno.test(`rocAuc() agrees with scikit-learn: ${name}`, () => {
    for (const average of ["macro", "weighted"] as const) {
      if (expected) assertClose(rocAuc({ target, probabilities, average }), expected[average]);
      else {
        assert.throws(() => rocAuc({ target, probabilities, average }), {
          name: "RangeError",
          message: /^Cannot compute ROC area: the target has no sample of class \d$/,
        });
      }
    }
  });
}

Deno.test("rocCurve() takes any class as the positive one", () => {
  const score = [0.9, 0.1, 0.5];
  assert.equal(rocCurve({ target: [2, 0, 1], score, positive: 2 }).area, 1);
  assert.equal(rocCurve({ target: [2, 0, 1], score, positive: 0 }).area, 0);
  assert.equal(rocCurve({ target: [2, 0, 1], score }).area, 0.5);
});

Deno.test("curves refuse one class, NaN, unequal lengths and no samples", () => {
  const refused = (call: () => unknown, name: string, message: string) =>
    assert.throws(call, { name, message });
  const score = [0.1, 0.2];
  refused(
    () => rocCurve({ target: [0, 0], score }),
    "RangeError",
    "Cannot compute ROC curve: the target has no sample of class 1",
  );
  refused(
    () => rocCurve({ target: [1, 1], score }),
    "RangeError",
    "Cannot compute ROC curve: the target has no negative",
  );
  assert.equal(precisionRecallCurve({ target: [1, 1], score }).area, 1);
  refused(
    () => precisionRecallCurve({ target: [0, 1], score: [0.1, NaN] }),
    "RangeError",
    "Cannot compute precision-recall curve: score[1] is NaN, wanted a finite number",
  );
  refused(
    () => rocCurve({ target: [0, 1, 1], score }),
    "TypeError",
    "Cannot compute ROC curve: target has 3 samples, score 2",
  );
  refused(
    () => rocCurve({ target: [], score: [] }),
    "RangeError",
    "Cannot compute ROC curve: there are no samples",
  );
  refused(
    () => rocCurve({ target: [0.5, 1], score }),
    "RangeError",
    "Cannot compute ROC curve: target[0] is 0.5, wanted a class index from 0",
  );
});
