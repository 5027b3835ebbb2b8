/**
 * One network of the bench, on PyTorch's weights: proved to compute the same step, then timed.
 *
 * @module
 */

import type { Module } from "galaxykit/nn";
import { jit, tf } from "galaxykit/tensorflow";
import { adamw, sgd } from "galaxykit/train";
import { openSafetensors, toFloat32 } from "galaxykit/weights";

/** PyTorch's parameters by name, as the engine lays them out: HWIO filters, [in, out] matrices. */
export type Weights = (name: string) => tf.Variable;

/** PyTorch's inputs by name. */
export type Inputs = { [name: string]: tf.Tensor };

/** A network to bench; PyTorch's twin has the same name. */
export type Workload = {
  name: string;
  /** Makes a network of the kit, which is given the weights. @default {none: ops by hand} */
  model?: () => Module;
  /** The output; in training, with the updates of running statistics by name. */
  forward: (weights: Weights, inputs: Inputs, model: Module) => tf.Tensor;
  /** Makes a train step: with the gradients of this loss. @default {none: inference} */
  loss?: (output: tf.Tensor, inputs: Inputs) => tf.Tensor;
  /**
   * Says what of a model is trained, and freezes the rest, as `finetune` does.
   *
   * @returns The parameters that are trained, by name
   */
  freeze?: (model: Module) => Record<string, tf.Variable>;
};

/** A workload that is ready to be timed. */
export type Prepared = {
  /** Runs one step and reads its loss, or the first value of its output. */
  step: () => number;
  dispose: () => void;
};

/** Root mean square of the error, relative to that of the values, which float32 explains. */
const TOLERANCE = 1e-3;
/** A ReLU whose input is 0 up to rounding can open on one side only, and move a gradient. */
const UPDATE_TOLERANCE = 2e-2;

/**
 * Builds a workload and compares what it computes with what PyTorch did.
 *
 * @param path PyTorch's export
 * @throws {RangeError} When outputs, loss or updated weights differ
 */
export function prepare(
  { name, model: createModel, forward, loss, freeze }: Workload,
  path: string,
  compiler: "graph" | "none" | "xla" = "graph",
): Prepared {
  using file = openSafetensors(path);
  const asStored = (key: string) => {
    const stored = file.get(key);
    const data = stored.dtype === "I32" ? stored.data as Int32Array : toFloat32(stored);
    return tf.tensor(data, [...stored.shape], stored.dtype === "I32" ? "int32" : "float32");
  };
  const read = (key: string) => key.endsWith(".weight") ? layOut(asStored(key)) : asStored(key);
  const named = (prefix: string) =>
    file.names.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const variables = new Map<string, tf.Variable>();
  for (const key of named("weights.")) {
    if (key.endsWith("num_batches_tracked")) continue;
    variables.set(key, tf.variable(tf.tidy(() => read(`weights.${key}`))));
  }
  const model = createModel?.();
  model?.loadStateDict(
    Object.fromEntries(named("weights.").map((key) => [key, file.get(`weights.${key}`)])),
  );
  const inputs = Object.fromEntries(named("input.").map((key) => [key, read(`input.${key}`)]));
  const weights: Weights = (key) => {
    const variable = variables.get(key);
    if (variable === undefined) throw new RangeError(`Cannot find weight "${key}" of ${name}`);
    return variable;
  };

  function check(
    what: string,
    found: tf.Tensor,
    { tolerance = TOLERANCE, wanted: asWanted = read } = {},
  ): void {
    const error = tf.tidy(() => {
      const wanted = asWanted(what);
      const distance = tf.norm(tf.sub(found, wanted)).dataSync()[0]!;
      // Statistics that begin at 0 and are frozen stay there
      return distance / (tf.norm(wanted).dataSync()[0]! || 1);
    });
    if (!(error <= tolerance)) {
      throw new RangeError(`Cannot bench ${name}: ${what} differs from PyTorch's by ${error}`);
    }
  }

  if (loss === undefined) {
    const run = jit(() => tf.tidy(() => forward(weights, inputs, model!)), { name, compiler });
    const output = run();
    check("output", output);
    output.dispose();
    return {
      step: () => {
        const output = run();
        const first = tf.tidy(() => tf.slice(output.flatten(), 0, 1).dataSync()[0]!);
        output.dispose();
        return first;
      },
      dispose: () => run.dispose(),
    };
  }
  const { optimizer: optimizerName, learningRate, momentum } = JSON.parse(file.metadata.bench!);
  const trained = freeze !== undefined
    ? freeze(model!)
    : Object.fromEntries([...variables].filter(([key]) => !key.includes("running_")));
  const optimizer = optimizerName === "adamw" ? adamw(trained) : sgd(trained, { momentum });
  const run = jit(() =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => loss(forward(weights, inputs, model!), inputs) as tf.Scalar,
        Object.values(trained),
      );
      const gradients = Object.entries(trained).map(([key, { name }]) => [key, grads[name]!]);
      optimizer.apply(Object.fromEntries(gradients), tf.scalar(learningRate));
      return value;
    }), { name, compiler });
  const step = () => {
    const value = run();
    const read = value.dataSync()[0]!;
    value.dispose();
    return read;
  };
  check("loss", tf.scalar(step()));
  const tolerance = UPDATE_TOLERANCE;
  if (model === undefined) {
    for (const [key, variable] of variables) check(`after.${key}`, variable, { tolerance });
  } else {
    for (const [key, { shape, data }] of Object.entries(model.stateDict())) {
      if (key.endsWith("num_batches_tracked")) continue;
      const found = tf.tensor(data as Float32Array, [...shape]);
      check(`after.${key}`, found, { tolerance, wanted: asStored });
      found.dispose();
    }
  }
  check("loss.next", tf.scalar(step()));
  const dispose = () => [run, optimizer].forEach((one) => one.dispose());
  return { step, dispose };
}

/** From PyTorch's layout of a weight to the engine's. */
function layOut(weight: tf.Tensor): tf.Tensor {
  if (weight.rank === 4) return tf.transpose(weight, [2, 3, 1, 0]);
  return weight.rank === 2 ? tf.transpose(weight) : weight;
}
