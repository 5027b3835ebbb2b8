import assert from "node:assert/strict";
import {
  mahalanobisDistances,
  neighbourDistances,
  outlierDetection,
  predictionEntropy,
} from "galaxykit/metrics";
import { assertClose } from "./reference.ts";
import { reference } from "./votes_reference.ts";

const { outliers } = reference;
const { known, samples, inside } = outliers;

Deno.test("distances and entropy agree with scikit-learn and SciPy", () => {
  assertClose([...mahalanobisDistances(samples, { known })], outliers.mahalanobis, 1e-10);
  assertClose([...neighbourDistances(samples, { known, k: 5 })], outliers.fifth, 1e-10);
  const unit = neighbourDistances(samples, { known, k: 5, normalize: true });
  assertClose([...unit], outliers.fifthOfUnit, 1e-8);
  const entropy = predictionEntropy(outliers.fractions, { questions: [[0, 1, 2]] });
  assertClose([...entropy], outliers.entropy);
});

Deno.test("mahalanobisDistances() bears fractions that sum to 1, and more features than galaxies", () => {
  const fractions = known.map(([a]) => [0.5 + a! / 20, 0.5 - a! / 20]);
  assert.ok(mahalanobisDistances(fractions, { known: fractions }).every(Number.isFinite));
  const wide = known.slice(0, 3).map((row) => [...row, ...row, ...row]);
  assert.ok(mahalanobisDistances(wide, { known: wide }).every(Number.isFinite));
});

Deno.test("outlierDetection() has scikit-learn's area, and an interval about it", () => {
  const scores = mahalanobisDistances(samples, { known });
  const { auroc } = outlierDetection({
    inside: scores.slice(0, inside),
    outside: scores.slice(inside),
  });
  assertClose(auroc.value, outliers.auroc);
  assert.ok(auroc.low < auroc.value && auroc.value <= auroc.high && auroc.low > 0.4);
});

Deno.test("scores of outliers refuse what they cannot compare", () => {
  const cases: [() => unknown, string][] = [
    [
      () => neighbourDistances([[1, 2, 3]], { known: [[1, 2]], k: 1 }),
      "Cannot compare galaxies: row 0 has 3 features, the known ones 2",
    ],
    [
      () => neighbourDistances([[1, NaN]], { known: [[1, 2]], k: 1 }),
      "Cannot compare galaxies: feature 1 of row 0 is NaN",
    ],
    [
      () => neighbourDistances([[1, 2]], { known: [[1, 2]], k: 2 }),
      "Cannot find neighbours: 1 known galaxies are there beside the own one, 2 are wanted",
    ],
    [
      () => mahalanobisDistances([[1]], { known: [[2], [2]] }),
      "Cannot measure distances: the known galaxies are all the same",
    ],
    [
      () => predictionEntropy([[0.5], [-0.1]], { questions: [[0, 1]] }),
      "Cannot tell entropies: galaxy 0 has a fraction of -0.1",
    ],
  ];
  for (const [run, message] of cases) assert.throws(run, { message });
});
