/**
 * Values of JavaScript into a `TF_Tensor`, and back.
 *
 * @module
 */

import { DataType, dataTypeName, type HostArray, hostArrayOf } from "./dtypes.ts";
import type { Symbols } from "./symbols.ts";

/** The values of a tensor: numbers in a typed array, or one piece of bytes for each text. */
export type HostValues = HostArray | number[] | readonly Uint8Array[];

/** `sizeof(TF_TString)`. */
const STRING_BYTES = 24;

/**
 * A new `TF_Tensor` with the given values, row by row. Text must be freed with
 * {@linkcode deleteTensor}.
 *
 * `int64` also takes pairs of 32-bit words (low, high), as tfjs hands them over.
 *
 * @throws {TypeError} When the values do not fill the shape, or do not fit the type
 */
export function newTensor(
  c: Symbols,
  { dtype, shape, values }: { dtype: number; shape: readonly number[]; values: HostValues },
): Deno.PointerObject {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype === DataType.string) return newTextTensor(c, shape, values as Uint8Array[], size);
  const array = toHostArray(dtype, values, size);
  const perElement = dtype === DataType.complex64 ? 2 : 1;
  if (array.length !== size * perElement) {
    throw new TypeError(
      `Cannot create a tensor of shape [${shape}]: it wants ${
        size * perElement
      } values, found ${array.length}`,
    );
  }
  const tensor = allocate(c, dtype, shape, array.byteLength);
  if (array.byteLength > 0) {
    c.memcpy(c.TF_TensorData(tensor), array as HostArray & BufferSource, BigInt(array.byteLength));
  }
  return tensor;
}

/** The values of a `TF_Tensor`, copied. Bytes for each text where it holds text. */
export function readTensor(c: Symbols, tensor: Deno.PointerValue): HostArray | Uint8Array[] {
  const dtype = c.TF_TensorType(tensor);
  const bytes = Number(c.TF_TensorByteSize(tensor));
  if (dtype === DataType.string) return readText(c, tensor, bytes / STRING_BYTES);
  const constructor = dtype === DataType.resource ? Uint8Array : hostArrayOf(dtype);
  return new constructor(
    bytes === 0 ? new ArrayBuffer(0) : hostMemory(c, tensor, bytes).slice().buffer,
  );
}

/** The memory of a `TF_Tensor` of numbers: not a copy, gone with the tensor. */
export function tensorBytes(c: Symbols, tensor: Deno.PointerValue): Uint8Array<ArrayBuffer> {
  const bytes = Number(c.TF_TensorByteSize(tensor));
  return bytes === 0 ? new Uint8Array(0) : hostMemory(c, tensor, bytes);
}

/** Frees a `TF_Tensor` that {@linkcode newTensor} made, and the texts that it owns. */
export function deleteTensor(c: Symbols, tensor: Deno.PointerValue): void {
  if (c.TF_TensorType(tensor) === DataType.string) {
    const count = Number(c.TF_TensorByteSize(tensor)) / STRING_BYTES;
    for (const text of textPointers(c, tensor, count)) c.TF_StringDealloc(text);
  }
  c.TF_DeleteTensor(tensor);
}

function allocate(
  c: Symbols,
  dtype: number,
  shape: readonly number[],
  bytes: number,
): Deno.PointerObject {
  const tensor = c.TF_AllocateTensor(
    dtype,
    BigInt64Array.from(shape, BigInt),
    shape.length,
    BigInt(bytes),
  );
  if (tensor === null) {
    throw new RangeError(
      `Cannot allocate ${bytes} bytes for a ${dataTypeName(dtype)} tensor of shape [${shape}]`,
    );
  }
  return tensor;
}

function hostMemory(c: Symbols, tensor: Deno.PointerValue, bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(c.TF_TensorData(tensor)!, bytes));
}

function toHostArray(dtype: number, values: HostValues, size: number): HostArray {
  const constructor = hostArrayOf(dtype);
  if (values instanceof constructor) return values as HostArray;
  if (dtype === DataType.int64 || dtype === DataType.uint64) {
    if (values instanceof Int32Array && values.length === 2 * size) {
      return new BigInt64Array(values.slice().buffer);
    }
    return constructor.from(Array.from(values as number[], BigInt));
  }
  return constructor.from(values as number[]);
}

function newTextTensor(
  c: Symbols,
  shape: readonly number[],
  values: readonly Uint8Array[],
  size: number,
): Deno.PointerObject {
  if (values.length !== size) {
    throw new TypeError(
      `Cannot create a tensor of shape [${shape}]: it wants ${size} texts, found ${values.length}`,
    );
  }
  const tensor = allocate(c, DataType.string, shape, size * STRING_BYTES);
  textPointers(c, tensor, size).forEach((pointer, index) => {
    const bytes = values[index] as Uint8Array<ArrayBuffer>;
    c.TF_StringInit(pointer);
    c.TF_StringCopy(pointer, bytes, BigInt(bytes.length));
  });
  return tensor;
}

function readText(c: Symbols, tensor: Deno.PointerValue, count: number): Uint8Array[] {
  return textPointers(c, tensor, count).map((text) => {
    const bytes = Number(c.TF_StringGetSize(text));
    if (bytes === 0) return new Uint8Array(0);
    const data = c.TF_StringGetDataPointer(text)!;
    return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(data, bytes)).slice();
  });
}

function textPointers(
  c: Symbols,
  tensor: Deno.PointerValue,
  count: number,
): Deno.PointerValue[] {
  const first = Deno.UnsafePointer.value(c.TF_TensorData(tensor));
  return Array.from(
    { length: count },
    (_, index) => Deno.UnsafePointer.create(first + BigInt(index * STRING_BYTES)),
  );
}
