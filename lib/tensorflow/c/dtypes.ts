/**
 * TensorFlow's data types and how JavaScript holds them.
 *
 * @module
 */

/** `TF_DataType`, the types that the engine can meet. */
export const DataType = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  float16: 19,
  resource: 20,
  variant: 21,
  uint32: 22,
  uint64: 23,
} as const;

/** The kinds of array in which the values of a tensor other than text come out. */
export type HostArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | Int16Array
  | Int8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type HostArrayConstructor = {
  new (buffer: ArrayBuffer): HostArray;
  from(values: ArrayLike<number> | ArrayLike<bigint>): HostArray;
  readonly BYTES_PER_ELEMENT: number;
};

const CONSTRUCTORS = {
  [DataType.float32]: Float32Array,
  [DataType.float64]: Float64Array,
  [DataType.int32]: Int32Array,
  [DataType.uint8]: Uint8Array,
  [DataType.int16]: Int16Array,
  [DataType.int8]: Int8Array,
  [DataType.complex64]: Float32Array, // pairs: real, imaginary
  [DataType.int64]: BigInt64Array,
  [DataType.bool]: Uint8Array,
  [DataType.bfloat16]: Uint16Array, // raw bits
  [DataType.uint16]: Uint16Array,
  [DataType.float16]: Uint16Array, // raw bits
  [DataType.uint32]: Uint32Array,
  [DataType.uint64]: BigUint64Array,
} as unknown as Record<number, HostArrayConstructor | undefined>;

/**
 * The kind of array that holds a data type.
 *
 * @throws {TypeError} For types with no values to read, such as resources
 */
export function hostArrayOf(dtype: number): HostArrayConstructor {
  const constructor = CONSTRUCTORS[dtype];
  if (constructor === undefined) {
    throw new TypeError(`Cannot hold values of TensorFlow type ${dataTypeName(dtype)} in an array`);
  }
  return constructor;
}

/** The name of a `TF_DataType`: `1` is `"float32"`. */
export function dataTypeName(dtype: number): string {
  return Object.entries(DataType).find(([, code]) => code === dtype)?.[0] ?? `number ${dtype}`;
}
