import assert from "node:assert/strict";
import { ridgePredictions, ridgeProbe } from "galaxykit/train";
import { tf } from "galaxykit/tensorflow";
import reference from "../reference/ridge_probe.json" with { type: "json" };

const few = { values: Float32Array.of(0, 1, 2, 3, 4, 5), width: 1 };
const targets = [[0, 1, 2, 3, 4, 5]];

for (const own of reference.cases) {
  Deno.test(`ridgeProbe() agrees with scikit-learn: ${own.name}`, () => {
    const { width } = own;
    const features = { values: Float32Array.from(own.features), width };
    const probe = ridgeProbe(features, { targets: own.targets, penalties: reference.penalties });
    assert.equal(probe.penalty, own.penalty);
    const most = Math.max(...own.weights.map(Math.abs));
    for (const [k, weight] of own.weights.entries()) {
      assert.ok(Math.abs(probe.weights[k] - weight) < 1e-3 * most, `${probe.weights[k]} ${weight}`);
    }
    own.bias.forEach((bias, k) => assert.ok(Math.abs(probe.bias[k] - bias) < 1e-6));
    const found = ridgePredictions(probe, features, { rows: Int32Array.of(0, 1, 2, 3, 4) });
    own.predictions.forEach((column, k) =>
      column.forEach((value, i) => assert.ok(Math.abs(found[k][i] - value) < 1e-3))
    );
  });
}

Deno.test("ridgeProbe() learns from the rows that it is told", () => {
  const rows = Int32Array.of(0, 2, 4);
  const probe = ridgeProbe(few, { rows, targets: [[0, 2, 4]], penalties: [1e-6] });
  const [found] = ridgePredictions(probe, few);
  found.forEach((value, i) => assert.ok(Math.abs(value - i) < 1e-3));
});

Deno.test("ridgeProbe() leaves no tensors behind", () => {
  const before = tf.memory().numTensors;
  ridgePredictions(ridgeProbe(few, { targets }), few);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("ridgeProbe() refuses what it cannot learn from", () => {
  const refused: [() => unknown, RegExp][] = [
    [() => ridgeProbe(few, { targets: [[1, 2]] }), /2 targets for 6 rows, one a row is wanted/],
    [() => ridgeProbe(few, { targets: [[0, 1, 2, NaN, 4, 5]] }), /the target of row 3 is NaN/],
    [() => ridgeProbe(few, { targets, penalties: [0] }), /a penalty is 0, wanted a number above 0/],
    [() => ridgeProbe(few, { targets: [] }), /0 targets and 4 penalties/],
    [
      () => ridgeProbe({ values: Float32Array.of(0, NaN, 2), width: 1 }, { targets: [[0, 1, 2]] }),
      /Cannot fit a ridge probe: features must be finite: feature 0 of row 1 is NaN/,
    ],
    [
      () => ridgeProbe({ values: Float32Array.of(0, 1), width: 1 }, { targets: [[0, 1]] }),
      /2 rows, three or more are wanted/,
    ],
    [
      () => ridgePredictions(ridgeProbe(few, { targets }), { values: few.values, width: 2 }),
      /Cannot use a ridge probe of 1 features: images have 2/,
    ],
  ];
  for (const [call, message] of refused) assert.throws(call, message);
});
