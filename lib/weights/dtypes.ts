/**
 * The element types of a safetensors file, and the typed arrays that hold them.
 *
 * @module
 */

import { readBfloat16, readFloat16 } from "../half_floats.ts";

/**
 * Each dtype and its array. F16 and BF16 stay raw 16-bit words ({@linkcode toFloat32} reads them);
 * BOOL is a byte an element, 0 or 1. The order, widest last, is the one the reference library
 * sorts by when it writes: `Dtype` in safetensors/src/tensor.rs.
 */
export const arrayTypes = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/** The name of an element type in a safetensors header. */
export type Dtype = keyof typeof arrayTypes;

/** The array that holds a dtype, as {@linkcode arrayTypes} says. */
type DataOf = {
  BOOL: Uint8Array;
  U8: Uint8Array;
  I8: Int8Array;
  I16: Int16Array;
  U16: Uint16Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I32: Int32Array;
  U32: Uint32Array;
  F32: Float32Array;
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
};

/** A tensor in plain memory, no engine involved: `data` is row-major, its length the product of `shape`. */
export type StoredTensor = {
  [D in Dtype]: { dtype: D; shape: readonly number[]; data: DataOf[D] };
}[Dtype];

/** Makes a tensor on the bytes of `buffer` from `byteOffset` on, without copying them. */
export function tensorOn(
  buffer: ArrayBuffer,
  { dtype, shape, byteOffset, byteLength }: {
    dtype: Dtype;
    shape: readonly number[];
    byteOffset: number;
    byteLength: number;
  },
): StoredTensor {
  const ArrayType = arrayTypes[dtype];
  const data = new ArrayType(buffer, byteOffset, byteLength / ArrayType.BYTES_PER_ELEMENT);
  return { dtype, shape, data } as StoredTensor;
}

/**
 * Reads the values of a floating-point tensor as float32. F16 and BF16 convert exactly, with
 * subnormals, infinities and NaN; F64 rounds to the nearest; F32 returns the same array, not a copy.
 *
 * @throws {TypeError} When the dtype is not F16, BF16, F32 or F64
 *
 * @example
 * ```ts
 * import { toFloat32 } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const half = { dtype: "F16", shape: [2], data: Uint16Array.of(0x3c00, 0x0001) } as const;
 * assert.deepEqual([...toFloat32(half)], [1, 2 ** -24]);
 * ```
 */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const { dtype, data } = tensor;
  switch (dtype) {
    case "F32":
      return data;
    case "F64":
      return new Float32Array(data);
    case "F16":
      return readFloat16(data);
    case "BF16":
      return readBfloat16(data);
    default:
      throw new TypeError(
        `Cannot read a tensor as float32: its dtype is ${dtype}, wanted F16, BF16, F32 or F64`,
      );
  }
}
