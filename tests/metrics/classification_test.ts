import assert from "node:assert/strict";
import { accuracy, balancedAccuracy, confusionMatrix, precisionRecallF1 } from "galaxykit/metrics";
import { assertClose, cases } from "./reference.ts";

for (const [name, expected] of Object.entries(cases)) {
  Deno.test(`classification metrics agree with scikit-learn: ${name}`, () => {
    const { target, prediction } = expected;
    const classes = expected.probabilities[0].length;
    assertClose(accuracy({ target, prediction }), expected.accuracy);
    assertClose(balancedAccuracy({ target, prediction }), expected.balancedAccuracy);
    assert.deepEqual(
      confusionMatrix({ target, prediction, classes }),
      expected.confusionMatrix,
    );
    const { perClass, macro, micro, weighted } = precisionRecallF1({ target, prediction, classes });
    assertClose(perClass, expected.perClass);
    assertClose(macro, expected.macro);
    assertClose(micro, expected.micro);
    assertClose(weighted, expected.weighted);
  });
}

Deno.test("precisionRecallF1() gives 0 to a class never predicted and to one without samples", () => {
  const { perClass, macro } = precisionRecallF1({
    target: [0, 0, 1],
    prediction: [0, 2, 0],
    classes: 4,
  });
  const none = { precision: 0, recall: 0, f1: 0 };
  assert.deepEqual(perClass, [
    { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
    { ...none, support: 1 },
    { ...none, support: 0 },
    { ...none, support: 0 },
  ]);
  assert.deepEqual(macro, { precision: 0.5 / 3, recall: 0.5 / 3, f1: 0.5 / 3 }); // Not over 4
});

Deno.test("accuracy() and balancedAccuracy() are defined for one sample and a constant target", () => {
  assert.equal(accuracy({ target: [3], prediction: [3] }), 1);
  assert.equal(balancedAccuracy({ target: [3], prediction: [2] }), 0);
  const constant = { target: [1, 1, 1, 1], prediction: [1, 1, 1, 0] };
  assert.equal(accuracy(constant), 0.75);
  assert.equal(balancedAccuracy(constant), 0.75);
});

Deno.test("classification metrics read typed arrays", () => {
  const pair = { target: Int32Array.of(0, 1), prediction: Uint8Array.of(0, 0) };
  assert.equal(accuracy(pair), 0.5);
  assert.deepEqual(confusionMatrix({ ...pair, classes: 2 }), [[1, 0], [1, 0]]);
});

Deno.test("classification metrics refuse labels they cannot count", () => {
  const refused = (call: () => unknown, name: string, message: string) =>
    assert.throws(call, { name, message });
  const pair = { target: [0, 1], prediction: [0, 2] };
  refused(
    () => accuracy({ target: [0, 1], prediction: [0] }),
    "TypeError",
    "Cannot compute accuracy: target has 2 samples, prediction 1",
  );
  refused(
    () => balancedAccuracy({ target: [], prediction: [] }),
    "RangeError",
    "Cannot compute balanced accuracy: there are no samples",
  );
  refused(
    () => accuracy({ target: [0, NaN], prediction: [0, 1] }),
    "RangeError",
    "Cannot compute accuracy: target[1] is NaN, wanted a class index from 0",
  );
  refused(
    () => balancedAccuracy({ target: [0], prediction: [0.5] }),
    "RangeError",
    "Cannot compute balanced accuracy: prediction[0] is 0.5, wanted a class index from 0",
  );
  refused(
    () => confusionMatrix({ ...pair, classes: 2 }),
    "RangeError",
    "Cannot compute confusion matrix: prediction[1] is 2, wanted a class index from 0 to 1",
  );
  refused(
    () => precisionRecallF1({ target: [-1], prediction: [0], classes: 2 }),
    "RangeError",
    "Cannot compute confusion matrix: target[0] is -1, wanted a class index from 0 to 1",
  );
  refused(
    () => confusionMatrix({ ...pair, classes: 2.5 }),
    "RangeError",
    "Cannot compute confusion matrix: classes is 2.5, wanted a whole number from 1",
  );
});
