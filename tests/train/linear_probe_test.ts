import assert from "node:assert/strict";
import { type LinearProbe, linearProbe, probeProbabilities, ProbeTrainer } from "galaxykit/train";
import reference from "../reference/linear_probe.json" with { type: "json" };

type Case = Omit<typeof reference.cases[number], "weights" | "classWeights"> & {
  weights: number[] | null;
  classWeights: number[] | null;
};

const few = { values: Float32Array.of(0, 1, 2, 3, 4, 5), width: 1 };
const labels = [0, 0, 1, 0, 1, 1];

/** The coefficients as scikit-learn has them: a row a class, or one row for two classes. */
function lines({ classes, width, weights, bias }: LinearProbe): number[][] {
  const rows = Array.from(
    { length: classes },
    (_, k) => [...Array.from({ length: width }, (_, j) => weights[j * classes + k]), bias[k]],
  );
  return classes === 2 ? [rows[1].map((value, j) => value - rows[0][j])] : rows;
}

for (const own of reference.cases as Case[]) {
  Deno.test(`linearProbe() agrees with scikit-learn: ${own.name}`, async () => {
    const features = { values: Float32Array.from(own.features), width: own.width };
    const probe = await linearProbe(features, {
      labels: own.labels,
      weights: own.weights ?? undefined,
      classWeights: own.classWeights ?? undefined,
      l2: own.l2,
      standardize: own.standardize,
    });
    assert.ok(probe.converged);
    const wanted = own.coefficients.map((line, k) => [...line, own.intercepts[k]]);
    const most = Math.max(...wanted.flat().map(Math.abs));
    const error = lines(probe).flatMap((line, k) =>
      line.map((value, j) => Math.abs(value - wanted[k][j]) / most)
    );
    assert.ok(Math.max(...error) <= 1e-4, `relative error ${Math.max(...error)}`);
    const found = probeProbabilities(probe, features, { rows: Int32Array.of(0, 1, 2, 3, 4) });
    found.forEach((row, i) =>
      row.forEach((p, k) => assert.ok(Math.abs(p - own.probabilities[i][k]) <= 1e-4))
    );
  });
}

Deno.test("ProbeTrainer.fit() comes to the same from another probe, sooner, and of rows of weight 0 knows nothing", async () => {
  const { features, labels, width } = reference.cases[0];
  const values = Float32Array.from(features);
  const rows = Int32Array.from({ length: 100 }, (_, i) => i);
  const scrambled = labels.map((label, i) => i < 100 ? label : i < 110 ? 1 - label : -1);
  const weights = labels.map((_, i) => i < 100 ? 1 : 0);
  using all = new ProbeTrainer({ values, width }, { standardize: false });
  using hundred = new ProbeTrainer({ values, width }, { standardize: false, rows });
  const first = await all.fit({ labels: scrambled, weights });
  const second = await hundred.fit({ labels: labels.slice(0, 100) });
  const again = await all.fit({ labels: scrambled, weights, start: first });
  assert.ok(
    again.iterations <= 2 && first.iterations > 4,
    `${again.iterations} after ${first.iterations}`,
  );
  const most = Math.max(...lines(first)[0].map(Math.abs));
  lines(second)[0].forEach((value, j) => {
    assert.ok(Math.abs(value - lines(first)[0][j]) <= 1e-4 * most);
    assert.ok(Math.abs(value - lines(again)[0][j]) <= 1e-4 * most);
  });
});

Deno.test("linearProbe() takes classes that are parted, and features that are constant", async () => {
  const values = Float32Array.of(0, 7.3, 1, 7.3, 10, 7.3, 11, 7.3);
  const probe = await linearProbe({ values, width: 2 }, { labels: [0, 0, 1, 1], l2: 1e-6 });
  const probabilities = probeProbabilities(probe, { values, width: 2 });
  assert.ok(probe.converged);
  assert.equal(probe.scale[1], 1);
  probabilities.forEach((row, i) => assert.ok(row[i < 2 ? 0 : 1] > 0.999));
});

Deno.test("linearProbe() stops when asked to, and after its iterations says so", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(linearProbe(few, { labels, signal }), { name: "AbortError" });
  const { converged, iterations } = await linearProbe(few, { labels, maxIterations: 1 });
  assert.deepEqual({ converged, iterations }, { converged: false, iterations: 1 });
});

Deno.test("linearProbe() refuses what it cannot learn from", async () => {
  const refusals: [Parameters<typeof linearProbe>, string, string][] = [
    [
      [{ values: Float32Array.of(0, 1, 2, NaN, 4, 5), width: 2 }, { labels: [0, 1, 1] }],
      "RangeError",
      "Cannot fit a linear probe: features must be finite: feature 1 of row 1 is NaN",
    ],
    [
      [few, { labels: [1, 1, 1, 1, 1, 1] }],
      "RangeError",
      "Cannot fit a linear probe: all labels are 1, two classes or more are wanted",
    ],
    [
      [few, { labels, weights: [0, 0, 0, 0, 0, 0] }],
      "RangeError",
      "Cannot fit a linear probe: no row has a label, two classes or more are wanted",
    ],
    [
      [few, { labels: [0, 1] }],
      "TypeError",
      "Cannot fit a linear probe: 2 labels for 6 rows, one a row is wanted",
    ],
    [
      [few, { labels: [0, 0, 1, 0, 1, -1] }],
      "RangeError",
      "Cannot fit a linear probe: the label of row 5 is -1, wanted 0 to 1",
    ],
    [
      [few, { labels, weights: [1, 1, 1, 1, 1, -2] }],
      "RangeError",
      "Cannot fit a linear probe: the weight of row 5 is -2, wanted a number from 0",
    ],
    [
      [few, { labels, l2: 0 }],
      "RangeError",
      "Cannot fit a linear probe: l2 is 0, wanted a number above 0",
    ],
    [
      [few, { labels: [0], rows: Int32Array.of(9) }],
      "RangeError",
      "Cannot use features: row 9 is wanted, there are 6",
    ],
    [
      [{ values: new Float32Array(0), width: 3 }, { labels: [] }],
      "RangeError",
      "Cannot use features: 0 values in rows of 3, wanted whole rows, one or more",
    ],
  ];
  for (const [args, name, message] of refusals) {
    await assert.rejects(linearProbe(...args), { name, message });
  }
  const probe = await linearProbe(few, { labels });
  assert.throws(() => probeProbabilities(probe, { values: few.values, width: 2 }), {
    name: "TypeError",
    message: "Cannot use a linear probe of 1 features: images have 2",
  });
  await assert.rejects(linearProbe(few, { labels, classes: 3, start: probe }), {
    name: "TypeError",
    message:
      "Cannot fit a linear probe: it starts from one of 1 features and 2 classes, 1 and 3 wanted",
  });
});
