/**
 * The two methods of tfjs's engine that each op goes through: what they are given is checked first,
 * and the results are the same in less time, since where nothing is recorded there is nothing to save,
 * and the result of most scopes is one tensor.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { refuseDisposed } from "./disposed.ts";
import { refuseFractionsOf } from "./whole_numbers.ts";

type Scope = { track: tf.Tensor[]; id: number };

type OpenEngine = {
  state: {
    activeScope: Scope | null;
    scopeStack: Scope[];
    gradientDepth: number;
    kernelDepth: number;
    profiling: boolean;
  };
  backend: object;
  backendName: string | null;
  track(tensor: tf.Tensor): tf.Tensor;
  makeTensorFromTensorInfo(info: tf.TensorInfo): tf.Tensor;
  runKernel(
    kernel: string,
    inputs: tf.NamedTensorMap,
    attributes?: Record<string, unknown>,
  ): tf.Tensor | tf.Tensor[];
  endScope(result?: unknown): void;
};

const engine = tf.engine() as unknown as OpenEngine;
const { runKernel, endScope } = engine;

engine.runKernel = function (name, inputs, attributes) {
  refuseDisposed(name, inputs);
  if (attributes !== undefined) refuseFractionsOf(name, attributes);
  const { state, backendName } = this;
  const kernel = backendName === null ? undefined : tf.getKernel(name, backendName);
  const isTapeOn = state.gradientDepth > 0 && state.kernelDepth === 0;
  if (kernel === undefined || isTapeOn || state.profiling || isWatched()) {
    return runKernel.call(this, name, inputs, attributes);
  }
  state.kernelDepth++;
  try {
    const made = kernel.kernelFunc({
      inputs: inputs as tf.NamedTensorInfoMap,
      attrs: attributes as tf.NamedAttrMap,
      backend: this.backend,
    });
    return Array.isArray(made) ? made.map(asTensor) : asTensor(made);
  } finally {
    state.kernelDepth--;
  }
};

engine.endScope = function (result) {
  const scope = this.state.activeScope;
  if (!(result instanceof tf.Tensor) || scope === null) return endScope.call(this, result);
  const { scopeStack } = this.state;
  for (const tensor of scope.track) {
    if (!tensor.kept && tensor.id !== result.id) tensor.dispose();
  }
  scopeStack.pop();
  this.state.activeScope = scopeStack[scopeStack.length - 1] ?? null;
  if (!result.kept && (result as unknown as { scopeId: number }).scopeId === scope.id) {
    this.track(result);
  }
};

/** Whether each kernel is to be looked at by tfjs itself, for leaks or NaN. */
function isWatched(): boolean {
  return tf.env().getBool("IS_TEST") || tf.env().getBool("DEBUG");
}

function asTensor(made: tf.TensorInfo): tf.Tensor {
  return (made as tf.Tensor).rank === undefined
    ? engine.makeTensorFromTensorInfo(made)
    : made as tf.Tensor;
}
