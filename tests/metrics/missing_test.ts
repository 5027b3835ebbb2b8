import assert from "node:assert/strict";
import pl from "nodejs-polars";
import {
  accuracy,
  bootstrapInterval,
  brierScore,
  calibration,
  classificationReport,
  cohenKappa,
  fitTemperature,
  kolmogorovSmirnov,
  logLoss,
  matthewsCorrelation,
  mcNemarTest,
  mostProbable,
  pearsonCorrelation,
  riskCoverage,
  rocAuc,
  rocCurve,
  scaleByTemperature,
  spearmanCorrelation,
  topKAccuracy,
  wilsonInterval,
} from "galaxykit/metrics";
import { mean, median } from "../../lib/statistics.ts";

/** What JavaScript would take for 0, or for the highest number. */
const none = [null, NaN, undefined] as unknown as number[];

Deno.test("every metric refuses a missing value, and names where it is", () => {
  const target = [0, 1, 1];
  const probabilities = [[1, 0], [0, 1], [0.5, 0.5]];
  const classes = ["a", "b"];
  for (const gap of none) {
    const labels = [0, gap, 1];
    const rows = [[1, 0], [gap, 1], [0.5, 0.5]];
    const pair = { target, probabilities: rows };
    const calls: [() => unknown, string][] = [
      [() => accuracy({ target, prediction: labels }), "prediction[1]"],
      [() => cohenKappa({ target: labels, prediction: target }), "target[1]"],
      [() => matthewsCorrelation({ target, prediction: labels }), "prediction[1]"],
      [() => mcNemarTest({ target, a: labels, b: target }), "prediction[1]"],
      [() => logLoss(pair), "probabilities[1]"],
      [() => brierScore(pair), "probabilities[1]"],
      [() => topKAccuracy({ ...pair, k: 1 }), "probabilities[1]"],
      [() => calibration(pair), "probabilities[1]"],
      [() => riskCoverage(pair), "probabilities[1]"],
      [() => rocAuc(pair), "probabilities[1]"],
      [() => classificationReport({ ...pair, classes }), "probabilities[1]"],
      [() => rocAuc({ target: labels, probabilities }), "target[1]"],
      [() => rocCurve({ target, score: labels }), "score[1]"],
      [() => pearsonCorrelation({ target, prediction: labels }), "prediction[1]"],
      [() => spearmanCorrelation({ target: labels, prediction: target }), "target[1]"],
      [() => kolmogorovSmirnov({ a: labels, b: target }), "a[1]"],
      [() => kolmogorovSmirnov({ a: target, b: labels }), "b[1]"],
      [() => bootstrapInterval({ labels }, { metric: () => 1, seed: 1 }), "labels[1]"],
      [() => bootstrapInterval({ rows }, { metric: () => 1, seed: 1 }), "rows[1]"],
      [() => mostProbable(rows), "row 1"],
      [() => scaleByTemperature(rows, { temperature: 1 }), "logits[1]"],
      [() => fitTemperature({ target, logits: rows }), "logits[1]"],
      [() => mean(labels), "value 1"],
      [() => median(labels), "value 1"],
    ];
    for (const [call, place] of calls) {
      assert.throws(call, (error: Error) => {
        assert.equal(error.name, "RangeError", `${call}: ${error.message}`);
        assert.ok(error.message.includes(place), `${call}: ${error.message}`);
        return true;
      });
    }
  }
});

Deno.test("kolmogorovSmirnov() takes columns of tables, and refuses their nulls", () => {
  const column = (values: (number | null)[]) => pl.Series("z", values, pl.Float64);
  const a = column([1, 2, 3, 0]);
  assert.equal(kolmogorovSmirnov({ a, b: [3, 4, 5, 6] }), 0.75);
  assert.throws(() => kolmogorovSmirnov({ a, b: column([5, null, 6]) }), {
    name: "RangeError",
    message: "Cannot compare distributions: b[1] is null",
  });
});

Deno.test("infinite numbers: the last of a distribution, no share, no probability", () => {
  assert.equal(kolmogorovSmirnov({ a: [1, Infinity], b: [-Infinity, 1] }), 0.5);
  assert.deepEqual(mostProbable([[-Infinity, -1, 0]]), [2]);
  for (const successes of [0, Infinity]) {
    assert.throws(() => wilsonInterval({ successes, trials: Infinity }), { name: "RangeError" });
  }
  assert.throws(() => logLoss({ target: [0], probabilities: [[Infinity, 0]] }), {
    name: "RangeError",
  });
});

Deno.test("metrics refuse options that they do not know", () => {
  const [target, prediction] = [[0, 1], [0, 1]];
  const probabilities = [[1, 0], [0, 1]];
  const slips: [() => unknown, string][] = [
    [() => accuracy({ target, prediction, ...{ weights: [1, 2] } }), "weights"],
    [() => cohenKappa({ target, prediction, ...{ weight: "linear" } }), "weight"],
    [() => rocCurve({ target, score: prediction, ...{ positiv: 1 } }), "positiv"],
    [() => rocAuc({ target, probabilities, ...{ averages: "macro" } }), "averages"],
    [() => calibration({ target, probabilities, ...{ bin: 3 } }), "bin"],
    [() => wilsonInterval({ successes: 1, trials: 2, ...{ confidence: 0.9 } }), "confidence"],
    [
      () => bootstrapInterval({ target }, { metric: () => 1, seed: 1, ...{ draws: 3 } }),
      "draws",
    ],
    [() => scaleByTemperature(probabilities, { temperature: 1, ...{ axis: 1 } }), "axis"],
  ];
  for (const [call, name] of slips) {
    assert.throws(call, {
      name: "RangeError",
      message: new RegExp(`there is no option "${name}"`),
    });
  }
});

Deno.test("calibration() puts float32 probabilities where their decimals lie", () => {
  const bin = (row: ArrayLike<number>) =>
    calibration({ target: [0], probabilities: [row], bins: 10 }).bins
      .findIndex(({ count }) => count === 1);
  for (const confidence of [0.5, 0.6, 0.7, 0.8, 0.9]) {
    const row = [confidence, Number((1 - confidence).toFixed(1))];
    assert.equal(bin(Float32Array.from(row)), bin(row), `${confidence}`);
  }
});
