/**
 * Using a tensor that was disposed is refused by name; tfjs says "Cannot read properties of
 * undefined". One whose values another tensor keeps may be used, as tfjs's own gradients do.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

type Given = { readonly [input: string]: tf.Tensor | undefined } | readonly tf.Tensor[];

/** The methods of tfjs's engine that are mended. */
type OpenEngine = {
  state: {
    tensorInfo: {
      has(dataId: object): boolean;
      get(dataId: object): { backend: unknown } | undefined;
    };
  };
  makeVariable(value: tf.Tensor, ...rest: unknown[]): tf.Variable;
  moveData(backend: unknown, dataId: object): void;
};

const engine = tf.engine() as unknown as OpenEngine;
const { makeVariable, moveData } = engine;
const { assign } = tf.Variable.prototype;

/** @throws {ReferenceError} When an input of an op was disposed */
export function refuseDisposed(op: string, inputs: Given): void {
  for (const name in inputs) {
    const tensor = (inputs as { [name: string]: tf.Tensor | undefined })[name];
    if (tensor?.isDisposed !== true) continue;
    if (!(tensor instanceof tf.Variable) && engine.state.tensorInfo.has(tensor.dataId)) continue;
    throw new ReferenceError(
      `Cannot run ${op}: its input ${name}, ${describeDisposed(tensor)}, was disposed`,
    );
  }
}

/** `a tensor float32[2,3]`, or `variable "weight"`. */
export function describeDisposed(tensor: tf.Tensor): string {
  return tensor instanceof tf.Variable
    ? `variable "${tensor.name}"`
    : `a tensor ${tensor.dtype}[${tensor.shape}]`;
}

engine.makeVariable = function (value, ...rest) {
  if (value.isDisposed) {
    throw new ReferenceError(
      `Cannot make a variable: its value, ${describeDisposed(value)}, was disposed`,
    );
  }
  return makeVariable.call(this, value, ...rest);
};

tf.Variable.prototype.assign = function (value) {
  const lost = [this, value].find((tensor) => tensor.isDisposed);
  if (lost === undefined) return assign.call(this, value);
  throw new ReferenceError(
    `Cannot assign to variable "${this.name}": ${describeDisposed(lost)} was disposed`,
  );
};

engine.moveData = function (backend, dataId) {
  const info = this.state.tensorInfo.get(dataId);
  if (info === undefined || info.backend === backend) {
    throw new ReferenceError("Cannot use a tensor that was disposed");
  }
  moveData.call(this, backend, dataId);
};
