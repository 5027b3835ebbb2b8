/**
 * L-BFGS for logistic regression: the logits along a direction are a line, so that a step's best
 * length costs one product with the features, however often it is tried.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";

/** Parameters, or a direction: [features, classes] row by row. */
export type Point = Float64Array;

/** The part of the loss that needs no features. */
export type Problem = {
  labels: Int32Array;
  /** Weight of each row's loss. */
  weights: Float64Array;
  classes: number;
  /** Factor of half the squared parameters. */
  penalty: number;
  /** How many parameters, from the first on, are penalised. */
  penalized: number;
};

/** Pairs that are remembered; Nocedal and Wright's m. */
const MEMORY = 10;

/**
 * Minimises the loss, from `first` on.
 *
 * @returns The last point; `converged` when its step was within the tolerance
 */
export async function descend(first: Point, options: {
  /** X · parameters. */
  logitsOf: (parameters: Point) => Point;
  /** Xᵀ · residuals. */
  gradientOf: (residuals: Point) => Point;
  /** About the inverse of the second derivatives, times a vector: a linear map. */
  precondition: (vector: Point) => Point;
  problem: Problem;
  tolerance: number;
  maxIterations: number;
  signal?: AbortSignal;
}): Promise<{ point: Point; iterations: number; converged: boolean }> {
  const { logitsOf, gradientOf, precondition, problem, tolerance, maxIterations, signal } = options;
  const point = first.slice();
  const logits = logitsOf(point);
  const pairs: Pair[] = [];
  function gradient(): Gradient {
    const slope = gradientOf(residualsOf(logits, problem));
    for (let k = 0; k < problem.penalized; k++) slope[k] += problem.penalty * point[k];
    return { slope, image: precondition(slope) };
  }
  let here = gradient();
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    await setImmediate(); // Ctrl-C is heard between two steps
    signal?.throwIfAborted();
    const direction = newtonLike(here, pairs);
    const along = dot(direction, here.slope);
    // Where the direction does not descend, what is left of the gradient is rounding.
    const done = !(along < 0) || largest(direction) <= tolerance * largest(point);
    if (done) return { point, iterations: iteration, converged: true };
    const shift = logitsOf(direction);
    const length = stepLength({ point, direction, logits, shift, problem });
    const step = direction.map((value) => length * value);
    add(point, direction, length);
    add(logits, shift, length);
    const next = gradient();
    const change = next.slope.map((value, k) => value - here.slope[k]);
    const image = next.image.map((value, k) => value - here.image[k]);
    const product = dot(step, change);
    if (product > 0) pairs.push({ step, change, image, product });
    if (pairs.length > MEMORY) pairs.shift();
    here = next;
  }
  return { point, iterations: maxIterations, converged: false };
}

/** A gradient, and what the preconditioner makes of it. */
type Gradient = { slope: Point; image: Point };

/** A step, what it changed in the gradient and in its image, and the product of the first two. */
type Pair = { step: Point; change: Point; image: Point; product: number };

/** Minus the gradient times what is known of the inverse second derivatives (algorithm 7.4). */
function newtonLike({ slope, image }: Gradient, pairs: readonly Pair[]): Point {
  const vector = slope.map((value) => -value);
  const direction = image.map((value) => -value); // Goes along as the image of the vector
  const shares = pairs.toReversed().map(({ step, change, image, product }) => {
    const share = dot(step, vector) / product;
    add(vector, change, -share);
    add(direction, image, -share);
    return share;
  }).reverse();
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = last.product / dot(last.change, last.image);
    for (let k = 0; k < direction.length; k++) direction[k] *= scale;
  }
  pairs.forEach(({ step, change, product }, i) => {
    add(direction, step, shares[i] - dot(change, direction) / product);
  });
  return direction;
}

/** Weighted probability minus truth, of each row and class. */
function residualsOf(logits: Point, { labels, weights, classes }: Problem): Point {
  const residuals = new Float64Array(logits.length);
  for (let i = 0, at = 0; i < labels.length; i++, at += classes) {
    if (weights[i] === 0) continue;
    let [highest, sum] = [-Infinity, 0];
    for (let k = 0; k < classes; k++) highest = Math.max(highest, logits[at + k]);
    for (let k = 0; k < classes; k++) {
      sum += residuals[at + k] = Math.exp(logits[at + k] - highest);
    }
    for (let k = 0; k < classes; k++) {
      residuals[at + k] = weights[i] * (residuals[at + k] / sum - (k === labels[i] ? 1 : 0));
    }
  }
  return residuals;
}

/**
 * Where along a direction the loss is least, to a tenth of the slope at its beginning: Newton's
 * method on the slope, which rises, inside a bracket.
 */
function stepLength({ point, direction, logits, shift, problem }: {
  point: Point;
  direction: Point;
  logits: Point;
  shift: Point;
  problem: Problem;
}): number {
  const { penalty, penalized } = problem;
  const [a, b] = [point, direction].map((vector) => vector.subarray(0, penalized));
  const [ab, bb] = [dot(a, b), dot(b, b)];
  function slopeAt(length: number): { first: number; second: number } {
    const { first, second } = slopesOf({ logits, shift, length, problem });
    return { first: first + penalty * (ab + length * bb), second: second + penalty * bb };
  }
  const wanted = 0.1 * Math.abs(slopeAt(0).first);
  let [low, high, length] = [0, Infinity, 1];
  for (let trial = 0; trial < 30; trial++) {
    const { first, second } = slopeAt(length);
    if (Math.abs(first) <= wanted) break;
    if (first < 0) low = length;
    else high = length;
    const next = length - first / second;
    const inside = next > low && next < high;
    length = inside ? Math.min(next, 10 * length) : high === Infinity ? 2 * low : (low + high) / 2;
  }
  return length;
}

/** First and second derivative of the weighted log loss by the length of the step. */
function slopesOf({ logits, shift, length, problem: { labels, weights, classes } }: {
  logits: Point;
  shift: Point;
  length: number;
  problem: Problem;
}): { first: number; second: number } {
  let [first, second] = [0, 0];
  for (let i = 0, at = 0; i < labels.length; i++, at += classes) {
    if (weights[i] === 0) continue;
    let highest = -Infinity;
    for (let k = 0; k < classes; k++) {
      highest = Math.max(highest, logits[at + k] + length * shift[at + k]);
    }
    let [sum, mean, square] = [0, 0, 0];
    for (let k = 0; k < classes; k++) {
      const move = shift[at + k];
      const part = Math.exp(logits[at + k] + length * move - highest);
      sum += part;
      mean += part * move;
      square += part * move * move;
    }
    mean /= sum;
    first += weights[i] * (mean - shift[at + labels[i]]);
    second += weights[i] * (square / sum - mean * mean);
  }
  return { first, second };
}

function dot(a: Point, b: Point): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function add(to: Point, vector: Point, factor: number): void {
  for (let k = 0; k < to.length; k++) to[k] += factor * vector[k];
}

function largest(vector: Point): number {
  return vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
