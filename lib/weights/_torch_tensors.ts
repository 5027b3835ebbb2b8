/**
 * Tensors as PyTorch pickles them: a storage in a file of its own, and how the tensor lies on it.
 *
 * @module
 */

import { arrayTypes, type Dtype } from "./dtypes.ts";
import { byteSize, isCounts } from "./header.ts";
import type { Globals, PickleDict } from "./_pickle.ts";

/** The element type of a storage class. */
class StorageClass {
  constructor(readonly dtype: Dtype) {}
}

/** Memory that tensors lie on: `data/KEY` in the archive. */
export class Storage {
  constructor(readonly dtype: Dtype, readonly key: string, readonly length: number) {}
}

/** A tensor; offset and strides count elements. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  /** Bytes when it is packed. */
  get byteLength(): number {
    return byteSize(this.storage.dtype, this.shape);
  }

  /** The elements of the storage from the tensor's first to its last. */
  get span(): number {
    if (this.shape.includes(0)) return 0;
    return this.shape.reduce((sum, length, axis) => sum + (length - 1) * this.strides[axis], 1);
  }

  /** Whether its elements follow one another in the storage, the last axis fastest. */
  get isPacked(): boolean {
    let stride = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== stride) return false;
      stride *= this.shape[axis];
    }
    return true;
  }
}

const dtypes: Record<string, Dtype> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** All that a pickle of plain tensors names. */
export const tensorGlobals: Globals = {
  "collections.OrderedDict": orderedDict,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch.Size": (lengths: unknown = []) => lengths,
  ...Object.fromEntries(
    Object.entries(dtypes).map(([name, dtype]) => [`torch.${name}`, new StorageClass(dtype)]),
  ),
};

function orderedDict(pairs: unknown = []): PickleDict {
  return new Map(pairs as [unknown, unknown][]);
}

/** `(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata)`. */
function rebuildTensor(
  storage: unknown,
  offset: unknown,
  shape: unknown,
  strides: unknown,
): TorchTensor {
  if (!(storage instanceof Storage)) throw new Error("a tensor has no storage");
  if (!isCounts([offset]) || !isCounts(shape) || !isCounts(strides)) {
    throw new Error("a tensor's offset, shape and strides are not whole numbers from 0");
  }
  if (shape.length !== strides.length) {
    throw new Error(`a tensor of shape [${shape}] has ${strides.length} strides`);
  }
  return new TorchTensor(storage, offset as number, shape, strides);
}

/** `(data, requires_grad, backward_hooks)`. */
function rebuildParameter(data: unknown): TorchTensor {
  if (!(data instanceof TorchTensor)) throw new Error("a parameter has no tensor");
  return data;
}

/** The storage of a persistent id: `("storage", class, key, device, elements)`. */
export function storageOf(id: unknown): Storage {
  const [kind, storageClass, key, , length] = Array.isArray(id) ? id : [];
  if (
    kind !== "storage" || !(storageClass instanceof StorageClass) || typeof key !== "string" ||
    !isCounts([length])
  ) {
    throw new Error("a persistent id is not that of a storage");
  }
  return new Storage(storageClass.dtype, key, length);
}

/** Packs the elements of a tensor, given the bytes of its span. */
export function pack(tensor: TorchTensor, span: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const { shape, strides } = tensor;
  const ArrayType = arrayTypes[tensor.storage.dtype];
  const source = new ArrayType(span.buffer);
  const packed = new ArrayType(tensor.byteLength / ArrayType.BYTES_PER_ELEMENT);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < packed.length; to++) {
    packed[to] = source[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) { // Counts up, the last axis fastest
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return packed.buffer;
}
