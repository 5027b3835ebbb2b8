/**
 * Losses of votes at the questions of a decision tree.
 *
 * @module
 */

import {
  answerColumns,
  answersOf,
  type DecisionTree,
  PREDICTION_SUFFIXES,
  type Quantity,
} from "../data/mod.ts";
import { refuseUnknown } from "../options.ts";
import { logRisingFactorial, logSoftmax, sigmoid, softmax, tf } from "../tensorflow/mod.ts";
import type { Labelled, Loss } from "./losses.ts";

/** Questions of a tree. */
export type VoteQuestions = {
  tree: DecisionTree;
  /** Ids of questions. @default {all} */
  questions?: readonly string[];
};

/**
 * For vote fractions of whole questions: the cross-entropy `−Σ_k t_k ln p_k` between the fractions t of a
 * question's answers and the softmax p over their logits, as a mean over the questions that were asked.
 * The predicted fractions of a question sum to 1. A question of which a target is NaN, since the galaxy
 * or its survey lacks it, counts nowhere. Reports the mean absolute error of the fractions.
 *
 * The `targets` of the images are the columns `answerColumns(tree, quantity, questions)`.
 *
 * @throws {RangeError} When the tree has no such question or quantity
 *
 * @example
 * ```ts
 * import { gz2Tree } from "galaxykit/data";
 * import { questionSoftmax } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const loss = questionSoftmax({ tree: gz2Tree, questions: ["t02", "t03"] });
 * const logits = tf.tensor2d([[0, Math.log(3), 5, -5]]);
 * const targets = tf.tensor2d([[0, 1, NaN, NaN]]); // Edge-on: no; nobody was asked about the bar
 * assert.ok(Math.abs(loss.value(logits, targets).dataSync()[0]! - Math.log(4 / 3)) < 1e-6);
 * assert.equal(loss.predict(logits).dataSync()[1]!.toFixed(4), "0.7500");
 * ```
 */
export function questionSoftmax(
  options: VoteQuestions & {
    /** Which fractions. @default {"fraction"} */
    quantity?: Quantity;
  },
): Loss {
  refuseUnknown(options, { tree: true, questions: true, quantity: true }, {
    what: "make a loss of questions",
  });
  const { tree, questions, quantity = "fraction" } = options;
  const columns = answerColumns(tree, quantity, questions);
  const sizes = sizesOf(options);
  /** Of each question, [n]: its loss, the sum of its errors, and whether it was asked. */
  function parts(logits: tf.Tensor, targets: tf.Tensor) {
    const given = tf.split(targets, sizes, 1);
    return tf.split(logits, sizes, 1).map((own, at) => {
      const asked = tf.cast(tf.logicalNot(tf.any(tf.isNaN(given[at]!), 1)), "float32");
      // NaN times 0 is NaN: what was not asked is replaced before it can meet a gradient
      const target = tf.where(tf.isNaN(given[at]!), tf.zerosLike(given[at]!), given[at]!);
      const losses = tf.neg(tf.sum(tf.mul(target, logSoftmax(own)), 1));
      const errors = tf.mean(tf.abs(tf.sub(softmax(own), target)), 1);
      return { asked, losses: tf.mul(losses, asked), errors: tf.mul(errors, asked) };
    });
  }
  const sumOf = (tensors: readonly tf.Tensor[]) => tf.addN([...tensors]);
  return {
    config: { name: "questionSoftmax", tree: tree.name, quantity, ...(questions && { questions }) },
    metric: { name: "mean_absolute_error", better: "lower" },
    outputs: (images) => {
      checkTargets(images, { columns, least: 0, most: 1, what: "fractions of questions" });
      return { fractions: columns, head: "softmax", sizes };
    },
    targets: targetsOf,
    value: (logits, targets) =>
      tf.tidy(() => {
        const all = parts(logits, targets);
        const count = tf.sum(sumOf(all.map(({ asked }) => asked)));
        return tf.div(
          tf.sum(sumOf(all.map(({ losses }) => losses))),
          tf.maximum(count, 1),
        ) as tf.Scalar;
      }),
    weight: (targets) =>
      tf.sum(sumOf(parts(tf.zerosLike(targets), targets).map(({ asked }) => asked))),
    measure: (logits, targets) =>
      tf.tidy(() => {
        const all = parts(logits, targets);
        const sums = (["losses", "errors", "asked"] as const).map((name) =>
          sumOf(all.map((part) => part[name]))
        );
        return tf.stack(sums, 1);
      }) as tf.Tensor2D,
    predict: (logits) => questionFractions(logits, sizes),
  };
}

/** The softmax over the logits of each question, [n, answers]. */
export function questionFractions(logits: tf.Tensor, sizes: readonly number[]): tf.Tensor {
  return tf.tidy(() => tf.concat(tf.split(logits, [...sizes], 1).map((own) => softmax(own)), 1));
}

/**
 * For counts of votes: minus the logarithm of their probability when a galaxy's fractions at each question
 * are drawn from the Dirichlet distribution that the network tells, summed over questions and averaged over
 * galaxies with votes (Walmsley et al. 2022, MNRAS 509, 3966, equation 1; Zoobot). Few votes teach little,
 * many much, and a question without votes, since nobody was asked or the survey does not ask it, exactly
 * nothing. Reports the mean absolute error of the fractions α_k / A.
 *
 * The `targets` of the images are the columns `answerColumns(tree, "count", questions)`; NaN counts as no
 * votes. Weighted counts need not be whole. Predictions are the concentrations `α = 1 + 100 sigmoid(logit)`,
 * of which `fractionPosterior`, `fractionIntervals` and `sampleFractions` of the metrics make fractions.
 *
 * @throws {RangeError} When the tree has no such question, or no counts
 *
 * @example
 * ```ts
 * import { gz2Tree } from "galaxykit/data";
 * import { dirichletMultinomial } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const loss = dirichletMultinomial({ tree: gz2Tree, questions: ["t02"] });
 * const logits = tf.fill([1, 2], -30); // Concentrations of 1: any of 0, 1 and 2 votes is as probable
 * assert.ok(Math.abs(loss.value(logits, tf.tensor2d([[2, 0]])).dataSync()[0]! - Math.log(3)) < 1e-6);
 * assert.equal(loss.value(logits, tf.tensor2d([[0, 0]])).dataSync()[0], 0);
 * ```
 */
export function dirichletMultinomial(options: VoteQuestions): Loss {
  refuseUnknown(options, { tree: true, questions: true }, { what: "make a loss of votes" });
  const { tree, questions } = options;
  const columns = answerColumns(tree, "count", questions);
  const sizes = sizesOf(options);
  const names = answersOf(tree, questions).map(({ stem }) =>
    stem + PREDICTION_SUFFIXES.concentration
  );
  /** Of each galaxy, [n]: its loss, its mean error, and whether it has votes. */
  function parts(logits: tf.Tensor, given: tf.Tensor) {
    const counts = tf.where(tf.isNaN(given), tf.zerosLike(given), given);
    const alphas = concentrationsOf(logits);
    const losses = tf.sum(voteNegativeLogLikelihood(alphas, counts, { sizes }), 1);
    const asked = tf.concat(
      tf.split(counts, sizes, 1).map((own) =>
        tf.mul(tf.onesLike(own), tf.cast(tf.greater(tf.sum(own, 1, true), 0), "float32"))
      ),
      1,
    );
    const shares = (values: tf.Tensor) =>
      tf.concat(
        tf.split(values, sizes, 1).map((own) => tf.divNoNan(own, tf.sum(own, 1, true))),
        1,
      );
    const errors = tf.sum(tf.mul(tf.abs(tf.sub(shares(alphas), shares(counts))), asked), 1);
    return {
      losses,
      errors: tf.divNoNan(errors, tf.sum(asked, 1)),
      known: tf.cast(tf.greater(tf.sum(counts, 1), 0), "float32"),
    };
  }
  return {
    config: { name: "dirichletMultinomial", tree: tree.name, ...(questions && { questions }) },
    metric: { name: "mean_absolute_error", better: "lower" },
    outputs: (images) => {
      checkTargets(images, { columns, least: 0, most: 1e9, what: "votes" });
      return { fractions: names, head: "dirichlet", sizes };
    },
    targets: targetsOf,
    value: (logits, given) =>
      tf.tidy(() => {
        const { losses, known } = parts(logits, given);
        return tf.div(tf.sum(losses), tf.maximum(tf.sum(known), 1)) as tf.Scalar;
      }),
    weight: (given) =>
      tf.tidy(() => {
        const counts = tf.where(tf.isNaN(given), tf.zerosLike(given), given);
        return tf.sum(tf.cast(tf.greater(tf.sum(counts, 1), 0), "float32"));
      }),
    measure: (logits, given) =>
      tf.tidy(() => {
        const { losses, errors, known } = parts(logits, given);
        return tf.stack([losses, errors, known], 1);
      }) as tf.Tensor2D,
    predict: concentrationsOf,
  };
}

/** Concentrations between 1 and 101 of logits, as Zoobot has them. */
export function concentrationsOf(logits: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(sigmoid(logits), 100), 1));
}

/**
 * Minus the logarithm of the probability of votes under the Dirichlet-multinomial distribution, of each
 * galaxy and question, with the multinomial coefficient. Exactly 0, with a gradient of exactly 0, where a
 * question has no votes. Finite for concentrations of any size: beyond 1e-15 and 1e15 they count as
 * these, without a gradient.
 *
 * `−ln N! / Π n_k! + ln Γ(A + N) / Γ(A) − Σ_k ln Γ(α_k + n_k) / Γ(α_k)`
 *
 * @param concentrations α, positive, float32 [n, answers]
 * @param counts Votes, at least 0, float32 [n, answers]; they count as constants
 * @param options `sizes`: answers of each question, which stand one after the other
 * @returns [n, questions]
 * @throws {TypeError} When the shapes do not fit
 *
 * @example
 * ```ts
 * import { voteNegativeLogLikelihood } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const losses = voteNegativeLogLikelihood(tf.tensor2d([[1, 1, 4, 9]]), tf.tensor2d([[1, 1, 0, 0]]), {
 *   sizes: [2, 2],
 * });
 * const [asked, not] = losses.dataSync();
 * assert.ok(Math.abs(asked! - Math.log(3)) < 1e-6);
 * assert.equal(not, 0);
 * ```
 */
export function voteNegativeLogLikelihood(
  concentrations: tf.Tensor,
  counts: tf.Tensor,
  { sizes }: { sizes: readonly number[] },
): tf.Tensor {
  const width = sizes.reduce((sum, size) => sum + size, 0);
  for (const [name, { shape }] of Object.entries({ concentrations, counts })) {
    if (shape.length === 2 && shape[1] === width && shape[0] === concentrations.shape[0]) continue;
    throw new TypeError(
      `Cannot compare votes: ${name} must be [n, ${width}], the answers of ${sizes.length} questions, found [${shape}]`,
    );
  }
  return tf.tidy(() => {
    const perQuestion = (values: tf.Tensor) =>
      tf.stack(tf.split(values, [...sizes], 1).map((own) => tf.sum(own, 1)), 1);
    const alphas = tf.clipByValue(concentrations, 1e-15, 1e15); // Their sums are in range, too
    const [alpha, votes] = [perQuestion(alphas), perQuestion(counts)];
    const coefficient = tf.sub(
      logRisingFactorial(tf.onesLike(votes), votes),
      perQuestion(logRisingFactorial(tf.onesLike(counts), counts)),
    );
    // All over A: N ln A stands on both sides, and its gradients cancel
    const over = tf.concat(
      tf.split(alpha, sizes.length, 1).map((own, at) => tf.tile(own, [1, sizes[at]!])),
      1,
    );
    const answers = perQuestion(logRisingFactorial(alphas, counts, { over }));
    const whole = logRisingFactorial(alpha, votes, { over: alpha });
    return tf.sub(whole, tf.add(answers, coefficient));
  });
}

function sizesOf({ tree, questions }: VoteQuestions): number[] {
  const ids = questions ?? tree.questions.map(({ id }) => id);
  return ids.map((id) => answersOf(tree, [id]).length);
}

function targetsOf({ targets, labels }: Labelled): tf.Tensor {
  return tf.tensor(targets!, [labels.length, targets!.length / labels.length]);
}

/** Refuses images that have other targets, or such as are out of range. */
function checkTargets(
  { set: { targets, ids }, indices = Int32Array.from(ids.keys()) }: Parameters<Loss["outputs"]>[0],
  { columns, least, most, what }: {
    columns: readonly string[];
    least: number;
    most: number;
    what: string;
  },
): void {
  if (targets === undefined) {
    throw new RangeError(`Cannot learn ${what}: the images have no targets`);
  }
  const { names, values } = targets;
  const other = columns.findIndex((name, at) => names[at] !== name);
  if (other >= 0 || names.length !== columns.length) {
    const at = other < 0 ? columns.length : other;
    throw new RangeError(
      `Cannot learn ${what}: the ${columns.length} targets must be those of the questions, in the tree's order: number ${at} is "${
        names[at]
      }", wanted "${columns[at]}"`,
    );
  }
  for (const index of indices) {
    for (let column = 0; column < names.length; column++) {
      const value = values[index * names.length + column]!;
      if (!(value < least || value > most)) continue;
      throw new RangeError(
        `Cannot learn ${what}: "${names[column]}" of image ${
          ids[index]
        } is ${value}, wanted in [${least}, ${most}], or NaN where it was not asked`,
      );
    }
  }
}
