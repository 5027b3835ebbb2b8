/**
 * Images as bytes: a quarter of the memory of float32 until they are needed as numbers. tfjs has no
 * such type and calls them int32; TensorFlow keeps them as they are.
 *
 * @module
 */

import { DataType } from "../c/dtypes.ts";
import { backend, type tf } from "../engine.ts";
import { attribute, rawOp } from "../raw.ts";
import { AttributeType } from "../c/attributes.ts";

/**
 * A tensor of bytes. tfjs's own ops, apart from reshape, slice and the like, would take it for
 * int32: cast it with {@linkcode toFloat} first.
 *
 * @param data One byte for each value
 * @throws {TypeError} When the data do not fill the shape
 *
 * @example
 * ```ts
 * import { tf, toFloat, uint8Tensor } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pixels = uint8Tensor(Uint8Array.of(0, 128, 255), [3]);
 * assert.deepEqual([...toFloat(pixels).dataSync()], [0, 128, 255]);
 * ```
 */
export function uint8Tensor<R extends tf.Rank>(
  data: Uint8Array,
  shape: tf.ShapeMap[R],
): tf.Tensor<R> {
  const size = shape.reduce((product: number, side: number) => product * side, 1);
  if (data.length !== size) {
    throw new TypeError(
      `Cannot make a tensor of bytes: shape [${shape}] has ${size} values, found ${data.length}`,
    );
  }
  const { binding } = backend();
  const id = binding.createTensor([...shape], DataType.uint8, data);
  return backend().createOutputTensor({
    id,
    shape: [...shape],
    dtype: DataType.uint8,
  }) as tf.Tensor<R>;
}

/**
 * Casts a tensor of any type to float32; bytes become 0 to 255.
 *
 * @returns A new tensor
 */
export function toFloat<T extends tf.Tensor>(x: T): T {
  const { dtype } = backend().typeOf(x);
  if (dtype === DataType.float32) return x.clone() as T;
  return rawOp("Cast", [x], {
    attributes: {
      SrcT: { type: AttributeType.type, value: dtype },
      DstT: attribute.type("float32"),
    },
  })[0] as T;
}
