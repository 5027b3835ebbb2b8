import assert from "node:assert/strict";
import {
  calibration,
  fitTemperature,
  logLoss,
  mostProbable,
  scaleByTemperature,
} from "galaxykit/metrics";
import { assertClose, cases, reference } from "./reference.ts";

for (const [name, { target, probabilities, calibrationError }] of Object.entries(cases)) {
  Deno.test(`calibration() agrees with the formula in NumPy: ${name}`, () => {
    const { bins, expectedError, maximumError } = calibration({ target, probabilities });
    assertClose(expectedError, calibrationError);
    assert.ok(maximumError >= expectedError - 1e-12);
    assert.equal(bins.length, 15);
    assert.equal(bins.reduce((sum, { count }) => sum + count, 0), target.length);
  });
}

Deno.test("calibration() puts a confidence on an edge into the lower bin", () => {
  for (const [confidence, bin] of [[0.7, 6], [0.6, 5], [1, 9], [0.9000001, 9], [0.55, 5]]) {
    const probabilities = [[confidence, 1 - confidence]];
    const { bins } = calibration({ target: [0], probabilities, bins: 10 });
    assert.equal(bins.findIndex(({ count }) => count === 1), bin, String(confidence));
  }
  const probabilities = [[0.55, 0.45]]; // 0.55 · 100 rounds to more than 55
  const { bins } = calibration({ target: [0], probabilities, bins: 100 });
  assert.equal(bins.findIndex(({ count }) => count === 1), 54);
});

Deno.test("calibration() has NaN where a bin has no samples, and refuses no bins", () => {
  const pair = { target: [0], probabilities: [[1, 0]] };
  assert.deepEqual(calibration({ ...pair, bins: 2 }), {
    bins: [
      { low: 0, high: 0.5, count: 0, confidence: NaN, accuracy: NaN },
      { low: 0.5, high: 1, count: 1, confidence: 1, accuracy: 1 },
    ],
    expectedError: 0,
    maximumError: 0,
  });
  for (const bins of [0, 1.5]) {
    assert.throws(() => calibration({ ...pair, bins }), {
      name: "RangeError",
      message: `Cannot compute calibration: bins is ${bins}, wanted a whole number from 1`,
    });
  }
});

reference.temperature.forEach(({ target, logits, temperature, loss }, i) => {
  Deno.test(`fitTemperature() agrees with SciPy's minimum ${i}`, () => {
    const found = fitTemperature({ target, logits });
    assertClose(found, temperature, 1e-5 * temperature);
    const probabilities = scaleByTemperature(logits, { temperature: found });
    assertClose(logLoss({ target, probabilities }), loss);
    assert.deepEqual(mostProbable(probabilities), mostProbable(logits));
  });
});

Deno.test("fitTemperature() refuses what has no best temperature", () => {
  const refused = (target: number[], logits: number[][], message: string) =>
    assert.throws(() => fitTemperature({ target, logits }), { name: "RangeError", message });
  refused(
    [0, 1],
    [[2, 0], [0, 2]],
    "Cannot fit a temperature: every sample is right, so that more confidence is always better",
  );
  const guess = "Cannot fit a temperature: the logits are no better than a guess";
  refused([0, 1], [[0, 2], [2, 0]], guess);
  refused([0, 1], [[1, 1], [1, 1]], guess);
  refused(
    [0, 1],
    [[1, 0], [NaN, 0]],
    "Cannot compute temperature: logits[1] is [NaN,0], wanted 2 finite numbers",
  );
  refused(
    [0, 1],
    [[1, 0], [1]],
    "Cannot compute temperature: logits[1] is [1], wanted 2 finite numbers",
  );
  refused([], [], "Cannot compute temperature: there are no samples");
  for (const temperature of [0, -1, NaN, Infinity]) {
    assert.throws(() => scaleByTemperature([[1, 0]], { temperature }), {
      name: "RangeError",
      message: `Cannot scale logits: the temperature is ${temperature}, wanted a positive number`,
    });
  }
});

Deno.test("scaleByTemperature() bears large logits", () => {
  const [row] = scaleByTemperature([[1000, 0, -1000]], { temperature: 1 });
  assert.deepEqual([...row], [1, 0, 0]);
});
