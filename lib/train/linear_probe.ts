/**
 * Linear probes: logistic regression on features that are computed once. What a frozen network has
 * learnt shows in how well a line through its features parts the classes.
 *
 * The loss is convex, so that the outcome depends on the data alone: there is no seed, no learning
 * rate and no number of epochs to choose.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";
import { descend, type Point } from "./_lbfgs.ts";
import {
  chosenRows,
  inverseFactor,
  matrix,
  momentsOf,
  read,
  row,
  standardized,
} from "./_probe_features.ts";
import type { Features } from "./pooled_features.ts";

/** A fitted probe: `softmax((x − mean) / scale · weights + bias)`. */
export type LinearProbe = {
  classes: number;
  width: number;
  /** width x classes, row by row, of standardised features; each row sums to 0. */
  weights: Float64Array;
  /** One a class; they sum to 0. */
  bias: Float64Array;
  /** Subtracted from the features. */
  mean: Float64Array;
  /** Divides them then. */
  scale: Float64Array;
  iterations: number;
  /** Whether the minimum was reached before the iterations were over. */
  converged: boolean;
};

/** What does not change from probe to probe on the same features. */
export type ProbeTrainerOptions = {
  /** Positions of the images to learn from. @default {all} */
  rows?: Int32Array;
  /**
   * Strength of the penalty; scikit-learn's C is 1 / l2.
   *
   * @default {1}
   */
  l2?: number;
  /** Give every feature mean 0 and variance 1 over the rows first. @default {true} */
  standardize?: boolean;
};

/** What a probe learns. */
export type ProbeOptions = {
  /** The class of each row, from 0; ignored where its weight is 0. */
  labels: ArrayLike<number>;
  /** How many classes. @default {the highest label and one} */
  classes?: number;
  /** Weight of each row's loss, from 0. @default {1 each} */
  weights?: ArrayLike<number>;
  /** Factor of the weight by class, as of `classWeights()`. @default {1 each} */
  classWeights?: ArrayLike<number>;
  /** A probe of the same features to begin with: the outcome is the same, sooner. */
  start?: LinearProbe;
  /** Largest step, beside the largest weight, at which the minimum counts as reached. @default {1e-5} */
  tolerance?: number;
  /** @default {200} */
  maxIterations?: number;
  signal?: AbortSignal;
};

/** Features in readiness for many probes: standardised, on the engine. Dispose of it after use. */
export class ProbeTrainer {
  /** Rows to learn from. */
  readonly count: number;
  readonly #width: number;
  readonly #l2: number;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  /** [count, width + 1]; the last column is 1. */
  readonly #x: tf.Tensor2D;
  /** L⁻¹ where LLᵀ = ½ XᵀX + l2: Böhning's bound of the second derivatives. */
  readonly #factor: tf.Tensor2D;

  /** @throws {RangeError} When there are no rows, a feature is not finite, or l2 is not above 0 */
  constructor(features: Features, options: ProbeTrainerOptions = {}) {
    const { rows, l2 = 1, standardize = true } = options;
    if (!(l2 > 0 && Number.isFinite(l2))) {
      throw new RangeError(`Cannot fit a linear probe: l2 is ${l2}, wanted a number above 0`);
    }
    const { values, count } = chosenRows(features, { rows, what: "fit a linear probe" });
    const { width } = features;
    this.count = count;
    this.#width = width;
    this.#l2 = l2;
    const { mean, scale } = standardize
      ? momentsOf(values, { count, width })
      : { mean: new Float64Array(width), scale: new Float64Array(width).fill(1) };
    [this.#mean, this.#scale] = [mean, scale];
    this.#x = tf.tidy(() => {
      const x = standardized(values, { mean, scale });
      return tf.concat([x, tf.ones([count, 1])], 1) as tf.Tensor2D;
    });
    this.#factor = boundFactor(this.#x, l2);
  }

  /**
   * Fits a probe.
   *
   * @throws {TypeError} When there is not one label, or weight, a row
   * @throws {RangeError} When a label or weight is out of range, or all labels are of one class
   * @throws {DOMException} When the signal aborts
   */
  async fit(options: ProbeOptions): Promise<LinearProbe> {
    const { start, tolerance = 1e-5, maxIterations = 200, signal } = options;
    const { labels, weights, classes } = checkLabels(options, this.count);
    const width = this.#width;
    if (start !== undefined && (start.width !== width || start.classes !== classes)) {
      throw new TypeError(
        `Cannot fit a linear probe: it starts from one of ${start.width} features and ${start.classes} classes, ${width} and ${classes} wanted`,
      );
    }
    // Two classes share one line in scikit-learn: a weight w stands for ±w/2 here.
    const penalty = classes === 2 ? 2 * this.#l2 : this.#l2;
    const first = new Float64Array((width + 1) * classes);
    if (start !== undefined) {
      first.set(start.weights);
      first.set(start.bias, width * classes);
    }
    const { point, iterations, converged } = await descend(first, {
      logitsOf: (parameters) => this.#product(parameters, classes),
      gradientOf: (residuals) => this.#transposed(residuals, classes),
      precondition: (vector) => this.#preconditioned(vector, classes),
      problem: { labels, weights, classes, penalty, penalized: width * classes },
      tolerance,
      maxIterations,
      signal,
    });
    return {
      classes,
      width,
      weights: point.slice(0, width * classes),
      bias: point.slice(width * classes),
      mean: this.#mean,
      scale: this.#scale,
      iterations,
      converged,
    };
  }

  /** Frees the memory of the engine. */
  dispose(): void {
    tf.dispose([this.#x, this.#factor]);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #product(vector: Point, classes: number): Point {
    return read(() => tf.matMul(this.#x, matrix(vector, classes)));
  }

  #transposed(vector: Point, classes: number): Point {
    return read(() => tf.matMul(this.#x, matrix(vector, classes), true));
  }

  #preconditioned(vector: Point, classes: number): Point {
    return read(() => {
      const half = tf.matMul(this.#factor, matrix(vector, classes));
      return tf.matMul(this.#factor, half, true);
    });
  }
}

/**
 * Multinomial logistic regression on features, with a penalty on the weights (not on the bias):
 *
 * `Σᵢ sᵢ log loss(yᵢ, softmax(xᵢ W + b)) + l2/2 ‖W‖²`
 *
 * Of two classes, the penalty is that of the one line that parts them, `l2/2 ‖w₁ − w₀‖²`, so that
 * either way the minimum is that of scikit-learn's `LogisticRegression(C=1/l2)`. It is found by
 * L-BFGS from Böhning's bound of the second derivatives; the products with the features run on the
 * engine in float32, all else in float64.
 *
 * For several probes on the same features, make a {@linkcode ProbeTrainer}.
 *
 * Sources: Böhning 1992, "Multinomial logistic regression algorithm", AISM 44:197; Nocedal and
 * Wright 2006, "Numerical optimization", algorithm 7.4.
 *
 * @throws {TypeError} When there is not one label, or weight, a row
 * @throws {RangeError} When a feature is not finite, a label, weight or l2 is out of range, or all
 * labels are of one class
 *
 * @example
 * ```ts
 * import { linearProbe, probeProbabilities } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const features = { values: Float32Array.of(0, 1, 2, 3, 4, 5), width: 1 };
 * const probe = await linearProbe(features, { labels: [0, 0, 1, 0, 1, 1] });
 * const probabilities = probeProbabilities(probe, features);
 * assert.ok(probabilities[0][0] > 0.7 && probabilities[5][1] > 0.7);
 * ```
 */
export async function linearProbe(
  features: Features,
  { rows, l2, standardize, ...options }: ProbeTrainerOptions & ProbeOptions,
): Promise<LinearProbe> {
  using trainer = new ProbeTrainer(features, { rows, l2, standardize });
  return await trainer.fit(options);
}

/**
 * The class probabilities of images by their features, a row each.
 *
 * @param options.rows Positions of the images. @default {all}
 * @throws {TypeError} When the features are not as many as the probe's
 * @throws {RangeError} When a feature is not finite
 */
export function probeProbabilities(
  probe: LinearProbe,
  features: Features,
  options: { rows?: Int32Array } = {},
): Float64Array[] {
  const { classes, width, weights, bias, mean, scale } = probe;
  if (features.width !== width) {
    throw new TypeError(
      `Cannot use a linear probe of ${width} features: images have ${features.width}`,
    );
  }
  const { values, count } = chosenRows(features, {
    rows: options.rows,
    what: "use a linear probe",
  });
  const logits = read(() => {
    const x = standardized(values, { mean, scale });
    return tf.add(tf.matMul(x, matrix(weights, classes)), row(bias));
  });
  return Array.from({ length: count }, (_, i) => {
    const own = logits.subarray(i * classes, (i + 1) * classes);
    const largest = Math.max(...own);
    const parts = own.map((logit) => Math.exp(logit - largest));
    const sum = parts.reduce((total, part) => total + part, 0);
    return parts.map((part) => part / sum);
  });
}

/** L⁻¹ of the bound's Cholesky factor. */
function boundFactor(x: tf.Tensor2D, l2: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [count, size] = x.shape;
    // The bound need not be sharp: what float32 could not factorise gets a larger penalty.
    const ridge = Math.max(l2, 1e-6 * count);
    const bound = tf.add(tf.mul(tf.matMul(x, x, true), 0.5), tf.mul(tf.eye(size), ridge));
    return inverseFactor(bound as tf.Tensor2D);
  });
}

function checkLabels(
  { labels, classes: wanted, weights, classWeights }: ProbeOptions,
  count: number,
): { labels: Int32Array; weights: Float64Array; classes: number } {
  for (const [name, column] of Object.entries({ labels, weights })) {
    if (column === undefined || column.length === count) continue;
    throw new TypeError(
      `Cannot fit a linear probe: ${column.length} ${name} for ${count} rows, one a row is wanted`,
    );
  }
  const own = Float64Array.from({ length: count }, (_, i) => weights?.[i] ?? 1);
  const used = Array.from(own.keys()).filter((i) => own[i] !== 0);
  const classes = wanted ?? used.reduce((most, i) => Math.max(most, labels[i] + 1), 2);
  const seen = new Set<number>();
  for (const i of used) {
    if (!(own[i] > 0 && Number.isFinite(own[i]))) {
      throw new RangeError(
        `Cannot fit a linear probe: the weight of row ${i} is ${own[i]}, wanted a number from 0`,
      );
    }
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) {
      throw new RangeError(
        `Cannot fit a linear probe: the label of row ${i} is ${labels[i]}, wanted 0 to ${
          classes - 1
        }`,
      );
    }
    seen.add(labels[i]);
    own[i] *= classWeights?.[labels[i]] ?? 1;
  }
  if (seen.size < 2) {
    throw new RangeError(
      `Cannot fit a linear probe: ${
        seen.size === 0 ? "no row has a label" : `all labels are ${[...seen][0]}`
      }, two classes or more are wanted`,
    );
  }
  return { labels: Int32Array.from(labels), weights: own, classes };
}
