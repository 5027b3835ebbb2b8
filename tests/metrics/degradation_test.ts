import assert from "node:assert/strict";
import { degradation, meanAbsoluteError, pearsonCorrelation } from "galaxykit/metrics";
import { assertClose } from "./reference.ts";
import { reference, withNaN } from "./votes_reference.ts";

const { votes } = reference;
const columns = ["smooth", "featured", "strong", "weak", "none"];
const sdss = { columns, target: votes.target.map(withNaN), prediction: votes.prediction };

Deno.test("degradation() compares shared answers alone, whatever else one survey asks", () => {
  const other = {
    columns: ["featured", "clumps", "smooth"], // In another order
    target: [votes.target[1] as number[], votes.prediction[0]!, votes.target[0] as number[]],
    prediction: [votes.prediction[0]!, votes.prediction[1]!, votes.prediction[1]!],
  };
  const found = degradation({ reference: sdss, other });
  assert.deepEqual(found.columns, ["smooth", "featured"]);
  assert.deepEqual(found.only, { reference: ["strong", "weak", "none"], other: ["clumps"] });
  const pair = { target: votes.target[0] as number[], prediction: votes.prediction[0]! };
  const swapped = { target: votes.target[0] as number[], prediction: votes.prediction[1]! };
  const [first, second] = [meanAbsoluteError(pair), meanAbsoluteError(swapped)];
  const { meanAbsoluteError: error, pearson } = found.answers[0]!.scores;
  assertClose([error.reference, error.other, error.change.value], [
    first,
    second,
    (second - first) / first,
  ]);
  const r = pearsonCorrelation(pair);
  assertClose(pearson.change.value, (pearsonCorrelation(swapped) - r) / r);
  assert.ok(error.change.value > 1 && pearson.change.value < 0);
  assert.ok(error.change.low! < error.change.value && error.change.value < error.change.high!);
  assert.deepEqual(found.galaxies, { reference: 60, other: 60 });
});

Deno.test("degradation() of a survey beside itself is none, within an interval about 0", () => {
  const { flattened } = degradation({ reference: sdss, other: sdss }, { resamples: 300 });
  const { value, low, high } = flattened.scores.meanSquaredError.change;
  assert.equal(value, 0);
  assert.ok(low! < -0.05 && high! > 0.05, `${low} ${high}`); // Each is drawn for itself
});

Deno.test("degradation() refuses surveys that share no answer", () => {
  const other = { columns: ["round"], target: [[0, 1]], prediction: [[0, 1]] };
  assert.throws(() => degradation({ reference: sdss, other }), {
    name: "RangeError",
    message:
      'Cannot compare surveys: they share no answer: one has "smooth", "featured", "strong" …, the other "round" …; give the same answers the same names',
  });
});
