/**
 * A sampler's run: from noise to images, a call of the network at a time.
 *
 * All samplers are alike in this: the network is called at one noise level after the other, and what
 * comes next is a linear combination of the sample, the output, and what earlier calls left behind.
 * An algorithm is therefore a list of weights, computed in float64 before anything runs
 * ({@linkcode Call}), and only this file touches tensors.
 *
 * @module
 */

import { foldIn, type Key, normal, tf } from "../tensorflow/mod.ts";
import { activeGraph } from "../tensorflow/trace.ts";
import { type Limit, limited } from "./_limits.ts";
import { combine, type Weights } from "./_weights.ts";
import { imageWeights, type Level, type PredictionType } from "./prediction.ts";

/**
 * A call of the network and what is made of it. Weights are of `sample` and `output`, of `image`,
 * the one predicted, `random`, noise that is drawn, and of what is remembered.
 */
export type Call = {
  /** What the network is told the time is; may lie between two timesteps. */
  readonly timestep: number;
  /** How noisy the sample is at that time. */
  readonly level: Level;
  /** The next sample. */
  readonly next: Weights;
  /** What later calls use. */
  readonly memory?: Readonly<Record<string, Weights>>;
};

/**
 * Where a run is: a plain value that owns its tensors, so that `tf.dispose` of one frees no other.
 */
export type SamplerState = {
  /** Calls of the network that are done. */
  readonly index: number;
  /** [batch, …]. */
  readonly sample: tf.Tensor;
  /** What the calls to come use of those done, by name: `plan.calls` tells what it is. */
  readonly memory: Readonly<Record<string, tf.Tensor>>;
};

/** Where the random numbers of a call come from: a key an image, or noise of the sample's shape. */
export type Randomness = { readonly keys: readonly Key[] } | { readonly noise: tf.Tensor };

/** What a plan is made of. */
export type PlanParts = {
  readonly calls: readonly Call[];
  readonly predictionType: PredictionType;
  /** Of a sample that begins with an image. @default {that of the first call} */
  readonly start?: Level;
  /** What pure noise is multiplied with to begin; 0: the run begins with an image alone. */
  readonly noiseScale: number;
  /** Of predicted images. */
  readonly limit?: Limit | undefined;
};

/**
 * The calls of one run. Made by a sampler's `plan`; works eagerly and inside `jit`.
 *
 * @example A network that has seen one image only, grey everywhere
 * ```ts
 * import { ddim, noiseOf } from "galaxykit/diffusion";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const plan = ddim({ predictionType: "sample", clipSample: false }).plan({ steps: 10 });
 * const network = (x: tf.Tensor) => tf.fill(x.shape, 0.5);
 *
 * const keys = [key(1), key(2)]; // an image each
 * let state = plan.begin({ noise: noiseOf(keys, [8, 8, 3]) });
 * while (state.index < plan.calls.length) {
 *   const next = tf.tidy(() => plan.step(state, network(plan.input(state)), { keys }));
 *   tf.dispose(state);
 *   state = next;
 * }
 * assert.ok(state.sample.sub(0.5).abs().max().dataSync()[0] < 1e-6);
 * ```
 */
export class Plan {
  /** What is done, call by call. */
  readonly calls: readonly Call[];
  readonly predictionType: PredictionType;
  /** How noisy the sample is that a run from an image begins with. */
  readonly start: Level;
  /** What pure noise is multiplied with to begin; 0: a run begins with an image. */
  readonly noiseScale: number;
  readonly #limit: Limit | undefined;

  constructor({ calls, predictionType, start, noiseScale, limit }: PlanParts) {
    this.calls = calls;
    this.predictionType = predictionType;
    this.start = start ?? calls[0]!.level;
    this.noiseScale = noiseScale;
    this.#limit = limit;
    for (const { timestep, level, next, memory = {} } of calls) {
      const needsImage = "image" in next ||
        Object.values(memory).some((weights) => "image" in weights);
      const weights = [next, ...Object.values(memory)];
      if (needsImage) weights.push(imageWeights(predictionType, level));
      if (weights.flatMap(Object.values).every(Number.isFinite)) continue;
      const reason = level.signal === 0
        ? `a sample is pure noise, of which predictionType "${predictionType}" tells nothing; take v_prediction, or a schedule that does not end in pure noise`
        : level.noise === 0
        ? `a sample has no noise, of which predictionType "${predictionType}" tells nothing; take epsilon or v_prediction, or setAlphaToOne false`
        : "two noise levels are one; take fewer steps";
      throw new RangeError(`Cannot plan a run: at timestep ${timestep} ${reason}`);
    }
  }

  /** What the network is told the time is, call by call. */
  get timesteps(): readonly number[] {
    return this.calls.map(({ timestep }) => timestep);
  }

  /**
   * The state before the first call.
   *
   * @param options `noise`: of unit variance, see {@linkcode noiseOf}; `image`: what to begin with, in
   * place of noise alone
   * @throws {RangeError} When the run begins with an image and there is none; when the two differ in
   * shape; when either holds NaN or infinite values
   */
  begin({ noise, image }: { noise?: tf.Tensor; image?: tf.Tensor }): SamplerState {
    return tf.tidy(() => {
      const sample = this.#first(noise, image);
      refuseNotFinite(sample, () => "Cannot begin a run");
      return { index: 0, sample, memory: {} };
    });
  }

  #first(noise: tf.Tensor | undefined, image: tf.Tensor | undefined): tf.Tensor {
    if (image === undefined) {
      if (noise === undefined) throw new TypeError("Cannot begin a run: noise is not given");
      if (this.noiseScale === 0) {
        throw new TypeError(
          "Cannot begin a run: this one begins with an image (strength below 1, or an inversion), and image is not given",
        );
      }
      return combine({ noise: this.noiseScale }, { noise });
    }
    const { signal, noise: deviation } = this.start;
    if (deviation === 0) return combine({ image: signal }, { image });
    if (noise === undefined) throw new TypeError("Cannot begin a run: noise is not given");
    refuseShape(noise, { of: "noise", like: image, what: "begin a run", as: "image" });
    return combine({ image: signal, noise: deviation }, { image, noise });
  }

  /**
   * An image with as much noise as the sample has before a call, or as it is after the last: what a part
   * that is not to change is replaced with.
   *
   * @param options `index`: calls that are done, as in a state
   * @throws {RangeError} When the two differ in shape
   */
  noised(image: tf.Tensor, { noise, index }: { noise: tf.Tensor; index: number }): tf.Tensor {
    refuseShape(noise, { of: "noise", like: image, what: "add noise", as: "image" });
    const { signal, noise: deviation } = this.calls[index]?.level ?? { signal: 1, noise: 0 };
    return combine({ sample: signal, noise: deviation }, { sample: image, noise });
  }

  /**
   * What the network is given: the sample, brought to the variance that the network was trained on.
   *
   * @throws {RangeError} When the run is over
   */
  input(state: SamplerState): tf.Tensor {
    return combine({ sample: this.#call(state).level.scale }, { sample: state.sample });
  }

  /**
   * The image that the network sees in the sample, within the limits of the settings: for a look, and
   * what most samplers go on with.
   *
   * @param output What the network made of `input(state)`
   * @throws {RangeError} When the run is over; when the output is of another shape
   */
  image(state: SamplerState, output: tf.Tensor): tf.Tensor {
    const { level } = this.#call(state);
    refuseShape(output, { of: "the network's output", like: state.sample });
    return tf.tidy(() => {
      const weights = imageWeights(this.predictionType, level);
      return limited(combine(weights, { sample: state.sample, output }), this.#limit);
    });
  }

  /**
   * The state after the next call.
   *
   * @param output What the network made of `input(state)`
   * @param random For calls that draw noise: a key an image, the same throughout the run, so that an
   * image depends on nothing beside it in the batch; or the noise itself
   * @throws {RangeError} When the run is over; when the output is of another shape, or the keys of
   * another number; when the next sample holds NaN or infinite values (not inside `jit`)
   * @throws {TypeError} When there is no noise for a call that draws some
   */
  step(state: SamplerState, output: tf.Tensor, random?: Randomness): SamplerState {
    const { next, memory = {}, timestep } = this.#call(state);
    refuseShape(output, { of: "the network's output", like: state.sample });
    const used = (name: string) =>
      [next, ...Object.values(memory)].some((weights) => (weights[name] ?? 0) !== 0);
    return tf.tidy(() => {
      const { sample, index } = state;
      const tensors: Record<string, tf.Tensor> = { ...state.memory, sample, output };
      if (used("image")) tensors["image"] = this.image(state, output);
      if (used("random")) tensors["random"] = drawn(random, { sample, index });
      const after = {
        index: index + 1,
        sample: combine(next, tensors),
        memory: Object.fromEntries(
          Object.entries(memory).map(([name, weights]) => [name, combine(weights, tensors)]),
        ),
      };
      refuseNotFinite(
        after.sample,
        () => `Cannot go on after call ${index + 1} of ${this.calls.length} (timestep ${timestep})`,
      );
      return after;
    });
  }

  #call({ index }: SamplerState): Call {
    const call = this.calls[index];
    if (call !== undefined) return call;
    throw new RangeError(
      `Cannot go on: the run has ${this.calls.length} calls, and ${index} are done`,
    );
  }
}

/**
 * Noise of unit variance, each image's from its own key: the same whatever the batch.
 *
 * @param shape Of one image, such as [64, 64, 4]
 * @param options `draw`: which noise of the keys; a run's calls count from 1. @default {0}
 * @returns [keys, …shape]
 * @throws {TypeError} When there is no key
 *
 * @example
 * ```ts
 * import { noiseOf } from "galaxykit/diffusion";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [, second] = noiseOf([key(1), key(2)], [2, 2]).arraySync() as number[][][];
 * assert.deepEqual(noiseOf([key(2)], [2, 2]).arraySync(), [second]);
 * ```
 */
export function noiseOf(
  keys: readonly Key[],
  shape: readonly number[],
  { draw = 0 }: { draw?: number } = {},
): tf.Tensor {
  if (keys.length === 0) throw new TypeError("Cannot draw noise: no keys are given");
  return tf.tidy(() => tf.stack(keys.map((key) => normal(foldIn(key, draw), [...shape]))));
}

function drawn(
  random: Randomness | undefined,
  { sample, index }: { sample: tf.Tensor; index: number },
): tf.Tensor {
  if (random === undefined) {
    throw new TypeError(
      "Cannot go on: this sampler draws noise, and neither keys (one an image) nor noise is given",
    );
  }
  if ("noise" in random) {
    refuseShape(random.noise, { of: "noise", like: sample });
    return random.noise;
  }
  const [batch, ...shape] = sample.shape;
  if (random.keys.length !== batch) {
    throw new RangeError(
      `Cannot go on: there must be a key for each of ${batch} images, found ${random.keys.length}`,
    );
  }
  return noiseOf(random.keys, shape, { draw: index + 1 });
}

function refuseShape(tensor: tf.Tensor, { of, like, what = "go on", as = "sample" }: {
  of: string;
  like: tf.Tensor;
  what?: string;
  as?: string;
}): void {
  if (String(tensor.shape) === String(like.shape)) return;
  throw new RangeError(
    `Cannot ${what}: the shape of ${of} must be that of the ${as}, [${like.shape}], found [${tensor.shape}]`,
  );
}

/** Reads one number. What is being traced has none yet. */
function refuseNotFinite(sample: tf.Tensor, what: () => string): void {
  if (activeGraph() !== undefined) return;
  const isFinite = tf.tidy(() => tf.all(tf.isFinite(sample)).dataSync()[0]);
  if (isFinite) return;
  throw new RangeError(
    `${what()}: the sample holds NaN or infinite values; look at what the network gives, and at the precision it runs in`,
  );
}
