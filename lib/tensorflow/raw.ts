/**
 * TensorFlow's own ops, by name: for what tfjs lacks.
 *
 * @module
 */

import { type Attribute, AttributeType } from "./c/attributes.ts";
import { DataType } from "./c/dtypes.ts";
import type { Backend } from "./backend.ts";
import * as tf from "@tensorflow/tfjs-core";

/** Attributes by name, made with {@linkcode attribute}. */
export type RawAttributes = Record<string, Omit<Attribute, "name">>;

/** Makes the values of attributes: TensorFlow tells 1 from 1.0, and a type from a number. */
export const attribute = {
  /** A tensor type by name, such as `"float32"`. */
  type: (name: keyof typeof DataType) => ({ type: AttributeType.type, value: DataType[name] }),
  int: (value: number | readonly number[]) => ({ type: AttributeType.int, value }),
  float: (value: number | readonly number[]) => ({ type: AttributeType.float, value }),
  bool: (value: boolean) => ({ type: AttributeType.bool, value }),
  string: (value: string | readonly string[]) => ({ type: AttributeType.string, value }),
  /** Lengths, -1 where not known. */
  shape: (value: readonly number[]) => ({ type: AttributeType.shape, value }),
};

/** `T: float32`, which most ops want. */
export const FLOAT: RawAttributes = { T: attribute.type("float32") };

/** A vector of whole numbers, such as a shape, as an input of ops. */
export function integers(values: readonly number[]): tf.Tensor1D {
  return tf.tensor1d([...values], "int32");
}

/**
 * Runs one op of TensorFlow, or traces it inside `jit`. It has no gradient: wrap it in
 * `tf.customGrad` to give it one.
 *
 * @param op The op's name in TensorFlow, such as `"Erf"`
 * @throws {TensorFlowError} When there is no such op, or it refuses its inputs
 *
 * @example
 * ```ts
 * import { attribute, rawOp, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [y] = rawOp("Softsign", [tf.tensor1d([1, -3])], { attributes: { T: attribute.type("float32") } });
 * assert.deepEqual([...y.dataSync()], [0.5, -0.75]);
 * ```
 */
export function rawOp(
  op: string,
  inputs: readonly tf.Tensor[],
  { attributes = {}, outputs = 1 }: {
    /** @default {{}} */
    attributes?: RawAttributes;
    /** How many outputs the op has. @default {1} */
    outputs?: number;
  } = {},
): [tf.Tensor, ...tf.Tensor[]] {
  const list = Object.entries(attributes).map(([name, rest]) => ({ name, ...rest }));
  const backend = tf.backend() as unknown as Backend;
  return backend.executeMultipleOutputs(op, list, [...inputs], outputs) as [
    tf.Tensor,
    ...tf.Tensor[],
  ];
}
