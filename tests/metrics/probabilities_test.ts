import assert from "node:assert/strict";
import { brierScore, logLoss, mostProbable, topKAccuracy } from "galaxykit/metrics";
import { assertClose, cases } from "./reference.ts";

for (const [name, expected] of Object.entries(cases)) {
  Deno.test(`probability metrics agree with scikit-learn: ${name}`, () => {
    const { target, probabilities } = expected;
    assert.deepEqual(mostProbable(probabilities), expected.prediction);
    assertClose(logLoss({ target, probabilities }), expected.logLoss);
    assertClose(brierScore({ target, probabilities }), expected.brier);
    if (name === "certain and sometimes wrong") return; // Ties, which scikit-learn ranks otherwise
    expected.topK.forEach((value, i) =>
      assertClose(topKAccuracy({ target, probabilities, k: i + 1 }), value)
    );
  });
}

Deno.test("topKAccuracy() ranks the first of equal probabilities first, as mostProbable()", () => {
  const probabilities = [[0.25, 0.25, 0.25, 0.25]];
  assert.deepEqual(mostProbable(probabilities), [0]);
  const found = (label: number, k: number) => topKAccuracy({ target: [label], probabilities, k });
  assert.deepEqual([found(0, 1), found(1, 1), found(1, 2), found(3, 3), found(3, 4)], [
    1,
    0,
    1,
    0,
    1,
  ]);
});

Deno.test("logLoss() is 0 when certain and right, and bounded when certain and wrong", () => {
  assert.equal(logLoss({ target: [1, 1], probabilities: [[0, 1], [0, 1]] }), 0);
  assert.equal(logLoss({ target: [0], probabilities: [[0, 1]] }), 52 * Math.log(2));
});

Deno.test("logLoss() reads float32 rows, and a column that no target has", () => {
  const probabilities = [Float32Array.of(0.1, 0.2, 0.7)];
  assertClose(logLoss({ target: [1], probabilities }), -Math.log(0.2), 1e-7);
});

Deno.test("probability metrics refuse what is not a distribution a sample", () => {
  const refused = (call: () => unknown, name: string, message: string) =>
    assert.throws(call, { name, message });
  const target = [0, 1];
  refused(
    () => logLoss({ target, probabilities: [[1, 0]] }),
    "TypeError",
    "Cannot compute log loss: target has 2 samples, probabilities 1",
  );
  refused(
    () => logLoss({ target, probabilities: [[1, 0], [1]] }),
    "TypeError",
    "Cannot compute log loss: probabilities[1] has 1 classes, the first row 2",
  );
  refused(
    () => topKAccuracy({ target: [], probabilities: [], k: 1 }),
    "RangeError",
    "Cannot compute top-k accuracy: there are no samples",
  );
  for (const row of [[2, 3], [1.5, -0.5], [NaN, 1], [Infinity, 0], [0.5, 0.48]]) {
    refused(
      () => logLoss({ target, probabilities: [[0.5, 0.5], row] }),
      "RangeError",
      `Cannot compute log loss: probabilities[1] is [${row}], wanted numbers from 0 that sum to 1 (apply softmax to logits)`,
    );
  }
  refused(
    () => logLoss({ target: [0, 2], probabilities: [[1, 0], [1, 0]] }),
    "RangeError",
    "Cannot compute log loss: target[1] is 2, wanted a class index from 0 to 1",
  );
  for (const k of [0, 3, 1.5]) {
    refused(
      () => topKAccuracy({ target, probabilities: [[1, 0], [1, 0]], k }),
      "RangeError",
      `Cannot compute top-k accuracy: k is ${k}, wanted a whole number from 1 to 2`,
    );
  }
});
