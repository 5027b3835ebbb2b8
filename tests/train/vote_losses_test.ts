import assert from "node:assert/strict";
import { decisionTree, imageSet } from "galaxykit/data";
import { logRisingFactorial, tf } from "galaxykit/tensorflow";
import {
  concentrationsOf,
  dirichletMultinomial,
  fractions,
  questionSoftmax,
  voteNegativeLogLikelihood,
} from "galaxykit/train";
import reference from "../reference/votes.json" with { type: "json" };

const { questions, concentrations, counts, losses, gradient } = reference.dirichletMultinomial;
const sizes = questions.map(({ length }) => length);
const none = counts.map((row) => questions.map((own) => own.every((at) => row[at] === 0)));

function near(found: number, wanted: number, relative: number): void {
  const off = Math.abs(found - wanted);
  assert.ok(off <= relative * Math.max(1, Math.abs(wanted)), `${found} is not ${wanted}`);
}

Deno.test("the Dirichlet-multinomial loss agrees with mpmath, in value and gradient", () => {
  const votes = tf.tensor2d(counts);
  const alphas = tf.tensor2d(concentrations);
  const value = voteNegativeLogLikelihood(alphas, votes, { sizes }).arraySync() as number[][];
  const slope = tf.grad((own: tf.Tensor) =>
    tf.sum(voteNegativeLogLikelihood(own, votes, { sizes }))
  )(alphas).arraySync() as number[][];
  losses.forEach((row, galaxy) =>
    row.forEach((wanted, question) => {
      near(value[galaxy]![question]!, wanted, 1e-5); // Terms of 100 have 1e-5 in float32
      if (none[galaxy]![question]) assert.equal(value[galaxy]![question], 0);
      for (const at of questions[question]!) {
        const [found, exact] = [slope[galaxy]![at]!, gradient[galaxy]![at]!];
        assert.ok(
          Math.abs(found - exact) <= 1e-5 * Math.abs(exact) + 2e-6,
          `${found} is not ${exact}`,
        );
        if (none[galaxy]![question]) assert.equal(found, 0);
      }
    })
  );
});

Deno.test("the Dirichlet-multinomial loss and its gradient are finite for concentrations of any size", () => {
  const sides = [1e-38, 1e-20, 1e-10, 1, 1e10, 1e20, 3e38];
  const alphas = tf.tensor2d(sides.flatMap((a) => sides.map((b) => [a, b])));
  const votes = tf.tensor2d(sides.flatMap((_, i) => sides.map((_, j) => [i * 20, j])));
  const value = voteNegativeLogLikelihood(alphas, votes, { sizes: [2] }).dataSync();
  const slope = tf.grad((own: tf.Tensor) =>
    tf.sum(voteNegativeLogLikelihood(own, votes, { sizes: [2] }))
  )(alphas).dataSync();
  assert.ok(value.every((own) => Number.isFinite(own) && own >= -1e-2), `${value}`);
  assert.ok(slope.every(Number.isFinite), `${slope}`);
});

Deno.test("logRisingFactorial() is exact where a difference of log-gammas loses all digits", () => {
  const [found] = logRisingFactorial(tf.tensor1d([1e7]), tf.tensor1d([3])).dataSync();
  near(found!, Math.log(1e7) + Math.log(1e7 + 1) + Math.log(1e7 + 2), 3e-7);
  assert.throws(() => logRisingFactorial(tf.ones([2]), tf.ones([3])), {
    name: "TypeError",
    message: "Cannot run logRisingFactorial: n must have shape [2], found [3]",
  });
});

const tree = decisionTree({
  name: "mine",
  title: "Two questions",
  suffixes: { count: "_count", fraction: "_fraction" },
  stem: ({ stem }, id) => `${stem}_${id}`,
  questions: [
    { id: "q", text: "Disc?", stem: "q", answers: [["disc", "Yes", "r"], ["no", "No", null]] },
    { id: "r", text: "Bar?", stem: "r", answers: [["bar", "Yes", null], ["none", "No", null]] },
  ],
});

Deno.test("dirichletMultinomial() learns nothing of questions that nobody was asked", () => {
  const loss = dirichletMultinomial({ tree });
  const logits = tf.tensor2d([[0.5, -1, 2, 0.1], [1, 1, 1, 1], [0, 0, 0, 0]]);
  const votes = tf.tensor2d([[30, 10, NaN, NaN], [5, 5, 0, 0], [0, 0, 0, 0]]);
  const slope = tf.grad((own: tf.Tensor) => loss.value(own, votes))(logits)
    .arraySync() as number[][];
  assert.deepEqual([slope[0]!.slice(2), slope[1]!.slice(2), slope[2]], [[0, 0], [0, 0], [
    0,
    0,
    0,
    0,
  ]]);
  assert.ok(slope[0]![0] !== 0);
  const measured = loss.measure(logits, votes).arraySync() as number[][];
  assert.deepEqual(measured.map(([, , count]) => count), [1, 1, 0]);
  const alphas = concentrationsOf(logits).arraySync() as number[][];
  const share = alphas[0]![0]! / (alphas[0]![0]! + alphas[0]![1]!);
  near(measured[0]![1]!, Math.abs(share - 0.75), 1e-6); // Both answers of q are off by as much
  near(loss.value(logits, votes).dataSync()[0]!, (measured[0]![0]! + measured[1]![0]!) / 2, 1e-6);
  assert.equal(loss.weight(votes).dataSync()[0], 2);
});

Deno.test("questionSoftmax() gives fractions of a question that sum to 1, and masks questions", () => {
  const loss = questionSoftmax({ tree });
  const logits = tf.tensor2d([[0.5, -1, 2, 0.1], [1, 3, 1, 1]]);
  const predicted = loss.predict(logits).arraySync() as number[][];
  predicted.forEach(([a, b, c, d]) => [near(a! + b!, 1, 1e-6), near(c! + d!, 1, 1e-6)]);
  const targets = tf.tensor2d([[0.25, 0.75, NaN, NaN], [1, 0, 0.5, 0.5]]);
  const wanted = [
    -0.25 * Math.log(predicted[0]![0]!) - 0.75 * Math.log(predicted[0]![1]!),
    -Math.log(predicted[1]![0]!),
    Math.log(2),
  ].reduce((a, b) => a + b) / 3;
  near(loss.value(logits, targets).dataSync()[0]!, wanted, 1e-6);
  const slope = tf.grad((own: tf.Tensor) => loss.value(own, targets))(logits)
    .arraySync() as number[][];
  assert.ok(slope[0]!.slice(2).every((value) => value === 0), `${slope[0]}`);
  assert.equal(loss.weight(targets).dataSync()[0], 3);
});

Deno.test("fractions() of smooth L1 and of votes agree with PyTorch's formula, and masks stay", () => {
  const logits = tf.tensor2d([[0, 0, 9]]);
  const targets = tf.tensor2d([[0.45, 0.9, NaN]]); // Off by 0.05 and 0.4
  const value = fractions({ kind: "smoothL1", beta: 0.1 }).value(logits, targets).dataSync()[0]!;
  near(value, (0.05 ** 2 / 0.2 + 0.4 - 0.05) / 2, 1e-6);
  const loss = fractions({ kind: "mse", weight: "votes" });
  const weighted = tf.tensor2d([[0.75, 10], [0.25, 40], [NaN, 20]]);
  const three = tf.zeros([3, 1]);
  near(loss.value(three, weighted).dataSync()[0]!, (0.25 + 1) * 0.0625 / 2, 1e-6);
  assert.deepEqual(loss.measure(three, weighted).arraySync(), [
    [0.0625, 0.25, 1],
    [0.0625, 0.25, 1],
    [0, 0, 0],
  ]);
});

Deno.test("losses of votes refuse targets of other columns, out of range, or without a weight", () => {
  const images = (names: string[], values: number[]) =>
    imageSet({
      ...{ images: new Uint8Array(3), labels: new Int32Array(1), size: 1, classes: ["any"] },
      ...{ ids: ["g1"], targets: { names, values: Float32Array.from(values) } },
    });
  const cases: [() => unknown, string][] = [
    [
      () => dirichletMultinomial({ tree }).outputs({ set: images(["q_no_count"], [1]) }),
      'Cannot learn votes: the 4 targets must be those of the questions, in the tree\'s order: number 0 is "q_no_count", wanted "q_disc_count"',
    ],
    [
      () =>
        questionSoftmax({ tree, questions: ["q"] }).outputs({
          set: images(["q_disc_fraction", "q_no_fraction"], [0.5, 1.5]),
        }),
      'Cannot learn fractions of questions: "q_no_fraction" of image g1 is 1.5, wanted in [0, 1], or NaN where it was not asked',
    ],
    [
      () => fractions({ weight: "votes" }).outputs({ set: images(["smooth"], [0.5]) }),
      'Cannot learn fractions: the weight "votes" must be the last of the targets, found "smooth"',
    ],
    [
      () => fractions({ weight: "votes" }).outputs({ set: images(["smooth", "votes"], [0.5, 0]) }),
      'Cannot learn fractions: the weight "votes" of image g1 is 0, wanted above 0; leave the image out',
    ],
  ];
  for (const [run, message] of cases) assert.throws(run, { name: "RangeError", message });
});
