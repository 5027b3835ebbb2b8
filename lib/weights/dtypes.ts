/**
 * The element types of a safetensors file, and the typed arrays that hold them.
 *
 * @module
 */

import { readBfloat16, readFloat16 } from "../half_floats.ts";
import { isFloat8, readFloat8 } from "./_float8.ts";

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

/**
 * Bits of an element of the other dtypes of a safetensors file, which no array holds: such tensors
 * are listed, and refused when they are asked for, so that the others of the file can be read.
 */
export const foreignDtypes = {
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6 },
  ...{ F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8, C64: 64 },
} as const;

/** Those that PyTorch's checkpoints have beside them: complex, and quantised by a scale. */
const torchDtypes = { C32: 32, C128: 128, QI8: 8, QU8: 8, QI32: 32 } as const;

const foreignBits = { ...foreignDtypes, ...torchDtypes };

/** The dtype of a tensor that is listed and no more. */
export type ForeignDtype = keyof typeof foreignBits;

/** Bits of an element. */
export function bitsOf(dtype: Dtype | ForeignDtype): number {
  return isForeign(dtype) ? foreignBits[dtype] : 8 * arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** Whether no array holds a dtype. */
export function isForeign(dtype: string): dtype is ForeignDtype {
  return Object.hasOwn(foreignBits, dtype);
}

/** How a tensor is read. */
export type ReadOptions = {
  /**
   * Whether numbers of 8 bits (F8_E4M3 and its relatives) are read as float32, which holds each
   * exactly. The scales that such weights come with are tensors of their own: nothing is multiplied.
   *
   * @default {false: such a tensor is refused}
   */
  widen?: boolean;
};

/** Why a tensor of a foreign dtype is not read, or undefined when it is. */
export function refusalOf(
  { dtype, name }: { dtype: Dtype | ForeignDtype; name: string },
  { widen = false }: ReadOptions,
): string | undefined {
  if (!isForeign(dtype)) return undefined;
  const what = `its tensor "${name}" is ${dtype}, with which nothing here computes`;
  if (!isFloat8(dtype)) return `${what}: write it as F32 with the program that it comes from`;
  if (widen) return undefined;
  return `${what}: get("${name}", { widen: true }) reads its numbers as float32, without the scale ` +
    "that such weights often have in another tensor";
}

/** A tensor of bytes that `refusalOf` lets pass: as it is, or widened to float32. */
export function tensorOf(
  buffer: ArrayBuffer,
  { dtype, shape }: { dtype: Dtype | ForeignDtype; shape: readonly number[] },
): StoredTensor {
  if (isFloat8(dtype)) {
    return { dtype: "F32", shape, data: readFloat8(new Uint8Array(buffer), dtype) };
  }
  const byteLength = buffer.byteLength;
  return tensorOn(buffer, { dtype: dtype as Dtype, shape, byteOffset: 0, byteLength });
}

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
