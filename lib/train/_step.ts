/**
 * One step of a training: loss, gradients, their sum over parts and processes, clipping, optimiser,
 * averages; traced as one function.
 *
 * @module
 */

import {
  clipByGlobalNorm,
  foldIn,
  jit,
  type Key,
  rawOp,
  tf,
  type Tree,
} from "../tensorflow/mod.ts";
import { FLOAT } from "../tensorflow/raw.ts";
import type { LossScale } from "./_loss_scale.ts";
import type { Evaluation, Objective } from "./objective.ts";
import { type Named, type Optimizer, type StepPart, zero } from "./optimizers.ts";
import type { StepOptions } from "./options.ts";

/** What steps are made of. */
export type StepParts<T extends Tree> = {
  // deno-lint-ignore no-explicit-any -- of what a batch holds, a step sees the tensors alone
  objective: Pick<Objective<any, T>, "loss">;
  /** The parameters to train, and what trains them. */
  parameters: Named<tf.Variable>;
  optimizer: Optimizer;
};

/** What a step or a measurement came to. */
export type Measured = {
  loss: number;
  weight: number;
  /** Sums and counts of the metrics. */
  metrics: Record<string, { sum: number; count: number }>;
};

/** Steps and measurements, traced. Dispose of them after use. */
export type Steps<T extends Tree> = {
  /** Takes a step, and gives the norm of its gradients; disposes of the inputs. */
  take(parts: readonly T[], at: { key: Key; rate: number }): Promise<Measured & { norm: number }>;
  /** What a batch comes to without training; disposes of the inputs. */
  measure(inputs: T, key: Key): Promise<Measured>;
  [Symbol.dispose](): void;
};

/**
 * Bytes of parameters that are moved in one function. Their new values and those of the optimiser's state
 * are in memory beside the old ones until it ends, so that large models are moved part by part.
 */
const PART_BYTES = 64 * 2 ** 20;

/**
 * Prepares the steps of a training.
 *
 * @throws {RangeError} When there is nothing to train, or an option is out of range
 */
export function traceSteps<T extends Tree>(
  { objective, parameters, optimizer }: StepParts<T>,
  { accumulate = 1, reduce, clipNorm, ema, compiler, precision, scale, partBytes = PART_BYTES }:
    & StepOptions
    & { scale?: LossScale },
): Steps<T> {
  const variables = Object.values(parameters);
  if (variables.length === 0) throw new RangeError("Cannot train: all parameters are frozen");
  const [packed, measuredAs] = [new Packed(), new Packed()]; // Validation may note other metrics
  const how = { compiler, precision };
  const toDispose: { dispose(): void }[] = [];

  /** Loss and gradients of one batch. */
  function differentiate(
    inputs: T,
    key: Key,
  ): { values: tf.Tensor[]; gradients: Named<tf.Tensor> } {
    let values: tf.Tensor[] = [];
    try {
      const { value, grads } = tf.variableGrads(() => {
        const evaluation = objective.loss(inputs, { key, training: true });
        values = packed.pack(evaluation).map((one) => tf.keep(one));
        return (scale?.up(evaluation.loss) ?? evaluation.loss) as tf.Scalar;
      }, variables);
      value.dispose();
      return { values, gradients: byParameter(parameters, grads) };
    } catch (error) {
      tf.dispose(values);
      throw error;
    }
  }

  /** The gradients that the optimiser is given, and their norm. */
  function settle(gradients: Named<tf.Tensor>): { grads: Named<tf.Tensor>; norm: tf.Tensor } {
    const unscaled = scale?.down(gradients) ?? { ...gradients };
    const reduced = reduce?.(unscaled) ?? unscaled;
    return clipNorm === undefined
      ? { grads: reduced, norm: normOf(reduced) }
      : clipByGlobalNorm(reduced, clipNorm) as { grads: Named<tf.Tensor>; norm: tf.Tensor };
  }

  /** Moves the parameters of a part. */
  function move(
    { grads, rate }: { grads: Named<tf.Tensor>; rate: tf.Scalar },
    { averages, isFirst, isLast }: Part,
  ): void {
    optimizer.apply(grads, rate, { isFirst, isLast });
    ema?.update({ names: averages, isFirst });
  }

  /** Moves all parameters; gives the norm of the gradients. */
  function update(gradients: Named<tf.Tensor>, rate: tf.Scalar): tf.Tensor {
    const { grads, norm } = settle(gradients);
    const moveAll = () => move({ grads, rate }, parts[0]!);
    if (scale === undefined) {
      moveAll();
      return norm;
    }
    const moved = [parameters, optimizer.state, ema?.state ?? {}].flatMap((o) => Object.values(o));
    return scale.unlessOverflown(norm, moveAll, moved);
  }

  // Where a step may be left out, its parameters move together
  const isWhole = scale !== undefined || !optimizer.inParts;
  const limit = isWhole ? Infinity : partBytes;
  const parts = partsOf(parameters, { limit, averages: ema?.names ?? [] });
  /** Moves the parameters part by part, and frees the gradients of each. */
  const moveInParts = parts.length === 1 ? undefined : (() => {
    const moves = parts.map((part) =>
      jit((grads: Named<tf.Tensor>, rate: tf.Scalar) => {
        move({ grads, rate }, part);
        return {};
      }, { name: "moveParameters", ...how })
    );
    toDispose.push(...moves);
    return async function moveInParts(grads: Named<tf.Tensor>, rate: tf.Scalar): Promise<void> {
      for (const [at, { names }] of parts.entries()) {
        const own = names.filter((name) => name in grads).map((name) => [name, grads[name]!]);
        const ofPart = Object.fromEntries(own) as Record<string, tf.Tensor>;
        await moves[at]!.async(ofPart, rate);
        tf.dispose(ofPart);
      }
    };
  })();

  const measure = jit(
    (inputs: T, key: Key) =>
      tf.stack(measuredAs.pack(objective.loss(inputs, { key, training: false }))),
    { name: "measure", ...how },
  );
  toDispose.push(measure);

  const take = accumulate === 1 ? inOne() : inParts();
  return {
    take,
    async measure(inputs, key) {
      const values = await valuesOf(() => measure.async(inputs, key), { inputs });
      return measuredAs.unpack(values);
    },
    [Symbol.dispose]: () => toDispose.forEach((one) => one.dispose()),
  };

  function inOne(): Steps<T>["take"] {
    if (moveInParts) {
      const differentiated = jit((inputs: T, key: Key) => {
        const { values, gradients } = differentiate(inputs, key);
        const { grads, norm } = settle(gradients);
        const all = tf.stack([...values, norm]);
        tf.dispose(values);
        return { all, grads };
      }, { name: "gradients", ...how });
      toDispose.push(differentiated);
      return async function take([inputs], { key, rate }) {
        const values = await finish(() => differentiated.async(inputs!, key), { inputs, rate });
        return { ...packed.unpack(values.subarray(0, -1)), norm: values.at(-1)! };
      };
    }
    const step = jit((inputs: T, key: Key, rate: tf.Scalar) => {
      const { values, gradients } = differentiate(inputs, key);
      const all = tf.stack([...values, update(gradients, rate)]);
      tf.dispose(values);
      return all;
    }, { name: "trainStep", ...how });
    toDispose.push(step);
    return async function take([inputs], { key, rate }) {
      const rateTensor = tf.scalar(rate);
      const values = await valuesOf(
        () => step.async(inputs!, key, rateTensor),
        { inputs, rateTensor },
      );
      return { ...packed.unpack(values.subarray(0, -1)), norm: values.at(-1)! };
    };
  }

  /** Moves the parameters by gradients that are computed; gives the numbers beside these. */
  async function finish(
    compute: () => Promise<{ all: tf.Tensor; grads: Named<tf.Tensor> }>,
    { inputs, rate }: { inputs?: T; rate: number },
  ): Promise<Float32Array> {
    const rateTensor = tf.scalar(rate);
    let computed: { all: tf.Tensor; grads: Named<tf.Tensor> } | undefined;
    try {
      computed = await compute();
      tf.dispose(inputs as tf.TensorContainer);
      await moveInParts!(computed.grads, rateTensor);
      return await computed.all.data() as Float32Array;
    } finally {
      tf.dispose([inputs, rateTensor, computed] as tf.TensorContainer);
    }
  }

  function inParts(): Steps<T>["take"] {
    // Σ w g of the parts, and Σ w: together the gradient of the whole
    const sums = Object.fromEntries(
      Object.entries(parameters).map(([name, { shape }]) => [name, zero(shape)]),
    );
    const total = zero([]);
    const add = jit((inputs: T, key: Key) => {
      const { values, gradients } = differentiate(inputs, key);
      const weight = values[1]!;
      for (const [name, gradient] of Object.entries(gradients)) {
        sums[name]!.assign(tf.add(sums[name]!, tf.mul(gradient, weight)));
      }
      total.assign(tf.add(total, weight));
      const all = tf.stack(values);
      tf.dispose(values);
      return all;
    }, { name: "addGradients", ...how });
    const means = () =>
      Object.fromEntries(
        Object.entries(sums).map(([name, sum]) => [name, tf.divNoNan(sum, total)]),
      );
    const forget = () => {
      for (const sum of [...Object.values(sums), total]) sum.assign(tf.zerosLike(sum));
    };
    toDispose.push(add, ...Object.values(sums), total);
    let last: (rate: number) => Promise<number>;
    if (moveInParts) {
      const average = jit(() => {
        const { grads, norm } = settle(means());
        forget();
        return { all: norm, grads };
      }, { name: "averageGradients", ...how });
      toDispose.push(average);
      last = async (rate) => (await finish(() => average.async(), { rate }))[0]!;
    } else {
      const step = jit((rate: tf.Scalar) => {
        const norm = update(means(), rate);
        forget();
        return norm;
      }, { name: "trainStep", ...how });
      toDispose.push(step);
      last = async (rate) => {
        const rateTensor = tf.scalar(rate);
        return (await valuesOf(() => step.async(rateTensor), { rateTensor }))[0]!;
      };
    }
    return async function take(batches, { key, rate }) {
      const measured: Measured[] = [];
      for (const [place, inputs] of batches.entries()) {
        const own = tf.tidy(() => foldIn(key, place));
        const values = await valuesOf(() => add.async(inputs, own), { inputs, own });
        measured.push(packed.unpack(values));
      }
      return { ...mergeMeasured(measured), norm: await last(rate) };
    };
  }
}

/** Parameters that move in one function, and the averages that follow them. */
type Part = StepPart & { names: readonly string[]; averages: readonly string[] };

/**
 * Parameters in their order, in parts of at most so many bytes, at least one in each. Averages of what is
 * not trained are in the first.
 */
function partsOf(
  parameters: Named<tf.Variable>,
  { limit, averages }: { limit: number; averages: readonly string[] },
): Part[] {
  const parts: string[][] = [[]];
  let filled = 0;
  for (const [name, { size }] of Object.entries(parameters)) {
    if (filled > 0 && filled + 4 * size > limit) {
      parts.push([]);
      filled = 0;
    }
    parts.at(-1)!.push(name);
    filled += 4 * size;
  }
  return parts.map((names, at) => ({
    names,
    averages: averages.filter((name) =>
      names.includes(name) || at === 0 && !Object.hasOwn(parameters, name)
    ),
    isFirst: at === 0,
    isLast: at === parts.length - 1,
  }));
}

/** What several batches came to together. */
export function mergeMeasured(parts: readonly Measured[]): Measured {
  const weight = parts.reduce((sum, part) => sum + part.weight, 0);
  // A weight of 0, nothing was asked, counts nowhere; NaN stays NaN
  const loss = parts.reduce(
    (sum, part) => sum + (part.weight === 0 ? 0 : part.loss * part.weight),
    0,
  );
  const metrics: Measured["metrics"] = {};
  for (const part of parts) {
    for (const [name, { sum, count }] of Object.entries(part.metrics)) {
      const own = metrics[name] ??= { sum: 0, count: 0 };
      own.sum += sum;
      own.count += count;
    }
  }
  return { loss: weight === 0 ? 0 : loss / weight, weight, metrics };
}

/** The numbers that a call gives; frees what it was given, also when it fails. */
async function valuesOf(call: () => Promise<tf.Tensor>, given: object): Promise<Float32Array> {
  let result: tf.Tensor | undefined;
  try {
    result = await call();
    return await result.data() as Float32Array;
  } finally {
    tf.dispose([given, result] as tf.TensorContainer);
  }
}

/** Evaluations as one row of numbers; tracing tells the names. */
class Packed {
  #names: string[] = [];

  pack(evaluation: Evaluation): tf.Tensor[] {
    const { loss, weight = tf.scalar(1), noted, metrics: others = {} } = evaluation;
    if (!(loss instanceof tf.Tensor)) {
      throw new TypeError(
        "Cannot train: an objective's `loss` gives { loss, weight?, metrics? }, found no `loss`",
      );
    }
    if (loss.dtype !== "float32") {
      throw new TypeError(
        `Cannot train: the loss must be float32, found ${loss.dtype}: whole numbers have no gradient`,
      );
    }
    if ("loss" in others) {
      throw new TypeError('Cannot train: the objective calls a metric "loss", as the loss itself');
    }
    const metrics = { ...others, ...(noted && { loss: noted }) };
    this.#names = Object.keys(metrics);
    const means = Object.values(metrics).flatMap((mean) =>
      mean instanceof tf.Tensor ? [tf.mul(mean, weight), weight] : [mean.sum, mean.count]
    );
    const all = [loss, weight, ...means];
    const wrong = all.findIndex(({ size }) => size !== 1);
    if (wrong >= 0) {
      throw new TypeError(
        `Cannot train: loss, weight and metrics must be single numbers, found shape [${
          all[wrong]!.shape
        }]; take the mean`,
      );
    }
    return all.map((one) => tf.reshape(tf.cast(one, "float32"), []));
  }

  unpack([loss, weight, ...means]: Iterable<number>): Measured {
    const metrics = this.#names.map((name, at) =>
      [name, { sum: means[2 * at]!, count: means[2 * at + 1]! }] as const
    );
    return { loss: loss!, weight: weight!, metrics: Object.fromEntries(metrics) };
  }
}

/** Gradients by the names of the parameters in place of those of tfjs's variables. */
function byParameter(
  parameters: Named<tf.Variable>,
  grads: tf.NamedTensorMap,
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([, { name }]) => name in grads)
      .map(([key, { name }]) => [key, grads[name]!]),
  );
}

/** √(Σ g²) over all gradients; L2Loss is ½ Σ g². */
function normOf(gradients: Named<tf.Tensor>): tf.Tensor {
  const halves = Object.values(gradients).map((g) =>
    rawOp("L2Loss", [g], { attributes: FLOAT })[0]
  );
  return tf.sqrt(tf.mul(tf.addN(halves), 2));
}
