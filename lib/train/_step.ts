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
import { type Named, type Optimizer, zero } from "./optimizers.ts";
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
 * Prepares the steps of a training.
 *
 * @throws {RangeError} When there is nothing to train, or an option is out of range
 */
export function traceSteps<T extends Tree>(
  { objective, parameters, optimizer }: StepParts<T>,
  { accumulate = 1, reduce, clipNorm, ema, compiler, precision, scale }: StepOptions & {
    scale?: LossScale;
  },
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

  /** Moves the parameters; gives the norm of the gradients. */
  function update(gradients: Named<tf.Tensor>, rate: tf.Scalar): tf.Tensor {
    const unscaled = scale?.down(gradients) ?? { ...gradients };
    const reduced = reduce?.(unscaled) ?? unscaled;
    const { grads, norm } = clipNorm === undefined
      ? { grads: reduced, norm: normOf(reduced) }
      : clipByGlobalNorm(reduced, clipNorm) as { grads: Named<tf.Tensor>; norm: tf.Tensor };
    const move = () => {
      optimizer.apply(grads, rate);
      ema?.update();
    };
    if (scale === undefined) move();
    else {
      const moved = [parameters, optimizer.state, ema?.state ?? {}].flatMap((o) =>
        Object.values(o)
      );
      return scale.unlessOverflown(norm, move, moved);
    }
    return norm;
  }

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
    const finish = jit((rate: tf.Scalar) => {
      const norm = update(
        Object.fromEntries(
          Object.entries(sums).map(([name, sum]) => [name, tf.divNoNan(sum, total)]),
        ),
        rate,
      );
      for (const sum of [...Object.values(sums), total]) sum.assign(tf.zerosLike(sum));
      return norm;
    }, { name: "trainStep", ...how });
    toDispose.push(add, finish, ...Object.values(sums), total);
    return async function take(parts, { key, rate }) {
      const measured: Measured[] = [];
      for (const [place, inputs] of parts.entries()) {
        const own = tf.tidy(() => foldIn(key, place));
        const values = await valuesOf(() => add.async(inputs, own), { inputs, own });
        measured.push(packed.unpack(values));
      }
      const rateTensor = tf.scalar(rate);
      const [norm] = await valuesOf(() => finish.async(rateTensor), { rateTensor });
      return { ...mergeMeasured(measured), norm: norm! };
    };
  }
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
