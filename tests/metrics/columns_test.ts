import assert from "node:assert/strict";
import pl from "nodejs-polars";
import {
  accuracy,
  balancedAccuracy,
  bootstrapInterval,
  calibration,
  classificationReport,
  cohenKappa,
  confusionMatrix,
  logLoss,
  matthewsCorrelation,
  mcNemarTest,
  pearsonCorrelation,
  precisionRecallF1,
  rocCurve,
} from "galaxykit/metrics";

const target = [0, 1, 1, 0, 1];
const prediction = [0, 1, 0, 0, 1];
const score = [0.1, 0.8, 0.4, 0.3, 0.9];
const table = pl.DataFrame({
  target: BigInt64Array.from(target, BigInt),
  prediction: Int32Array.from(prediction),
  score,
});
const column = (name: string) => table.getColumn(name);

Deno.test("metrics give the same for polars columns as for arrays", () => {
  const plain = { target, prediction };
  const columns = { target: column("target"), prediction: column("prediction") };
  for (const metric of [accuracy, balancedAccuracy, cohenKappa, matthewsCorrelation]) {
    assert.equal(metric(columns), metric(plain));
  }
  for (const metric of [confusionMatrix, precisionRecallF1]) {
    assert.deepEqual(metric({ ...columns, classes: 2 }), metric({ ...plain, classes: 2 }));
  }
  const probabilities = score.map((p) => [1 - p, p]);
  for (const metric of [logLoss, calibration]) {
    assert.deepEqual(
      metric({ target: columns.target, probabilities }),
      metric({ target, probabilities }),
    );
  }
  const classes = ["smooth", "featured"];
  assert.deepEqual(
    classificationReport({ target: columns.target, probabilities, classes }),
    classificationReport({ target, probabilities, classes }),
  );
  assert.deepEqual(
    rocCurve({ target: columns.target, score: column("score") }),
    rocCurve({ target, score }),
  );
  assert.equal(
    pearsonCorrelation({ target: columns.target, prediction: column("score") }),
    pearsonCorrelation({ target, prediction: score }),
  );
  assert.deepEqual(
    mcNemarTest({ target: columns.target, a: columns.prediction, b: columns.target }),
    mcNemarTest({ target, a: prediction, b: target }),
  );
  const options = { metric: accuracy, seed: 1, resamples: 20 };
  assert.deepEqual(bootstrapInterval(columns, options), bootstrapInterval(plain, options));
});

Deno.test("metrics refuse a column with a missing value", () => {
  const missing = pl.Series("prediction", [0, 1, null, 0, 1]);
  assert.throws(() => accuracy({ target, prediction: missing }), {
    name: "RangeError",
    message: "Cannot compute accuracy: prediction[2] is null, wanted a class index from 0",
  });
  assert.throws(() => pearsonCorrelation({ target, prediction: missing }), {
    name: "RangeError",
    message: "Cannot compute Pearson correlation: prediction[2] is null, wanted a finite number",
  });
});
