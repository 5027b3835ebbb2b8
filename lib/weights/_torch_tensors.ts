/**
 * Tensors as PyTorch pickles them: a storage in a file of its own, and how the tensor lies on it.
 *
 * @module
 */

import { arrayTypes, bitsOf, type Dtype, type ForeignDtype, isForeign } from "./dtypes.ts";
import { byteSize, isCounts } from "./header.ts";
import type { Globals, PickleDict } from "./_pickle.ts";

/** The element type of a storage class, or of a tensor that says its own. */
class TorchDtype {
  constructor(readonly dtype: Dtype | ForeignDtype) {}
}

/** Memory that tensors lie on: `data/KEY` in an archive. */
export class Storage {
  constructor(
    readonly dtype: Dtype | ForeignDtype,
    readonly key: string,
    /** In elements, of the whole. */
    readonly length: number,
    /** Where the part that is meant begins, in elements. */
    readonly offset = 0,
  ) {}

  get byteLength(): number {
    return byteSize(this.dtype, [this.length]);
  }
}

/** A tensor; offset and strides count elements. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly dtype: Dtype | ForeignDtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  /** Bytes of an element. */
  get width(): number {
    return bitsOf(this.dtype) / 8;
  }

  /** Bytes when it is packed. */
  get byteLength(): number {
    return byteSize(this.dtype, this.shape);
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

const storageDtypes: Record<string, Dtype | ForeignDtype> = {
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
  ComplexFloatStorage: "C64",
  ComplexDoubleStorage: "C128",
  QInt8Storage: "QI8",
  QUInt8Storage: "QU8",
  QInt32Storage: "QI32",
};

/** Those of tensors that lie on a storage of plain bytes. */
const ownDtypes: Record<string, Dtype | ForeignDtype> = {
  ...{ float64: "F64", float32: "F32", float16: "F16", bfloat16: "BF16", bool: "BOOL" },
  ...{ int64: "I64", int32: "I32", int16: "I16", int8: "I8" },
  ...{ uint64: "U64", uint32: "U32", uint16: "U16", uint8: "U8" },
  ...{ float8_e4m3fn: "F8_E4M3", float8_e4m3fnuz: "F8_E4M3FNUZ" },
  ...{ float8_e5m2: "F8_E5M2", float8_e5m2fnuz: "F8_E5M2FNUZ", float8_e8m0fnu: "F8_E8M0" },
  ...{ complex32: "C32", complex64: "C64", complex128: "C128" },
};

/** What is of no use here: a number of NumPy's among the notes of a training, a device. */
const ignored = () => new Map();

/** All that a pickle of plain tensors names. */
export const tensorGlobals: Globals = {
  "collections.OrderedDict": orderedDict,
  "collections.Counter": (counts: unknown = new Map()) => counts,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTyped,
  "torch._utils._rebuild_qtensor": (...[storage, offset, shape, strides]: unknown[]) =>
    rebuildTensor(storage, offset, shape, strides),
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch._utils._rebuild_parameter_with_state": rebuildParameter,
  "torch._tensor._rebuild_from_type_v2": rebuildFromType,
  "torch.Size": (lengths: unknown = []) => lengths,
  "torch.device": ignored,
  "torch.serialization._get_layout": ignored,
  "torch.per_tensor_affine": null,
  "torch.per_channel_affine": null,
  "numpy.core.multiarray.scalar": ignored,
  "numpy._core.multiarray.scalar": ignored,
  "numpy.dtype": ignored,
  "_codecs.encode": (text: unknown) => text,
  "torch.storage.UntypedStorage": new TorchDtype("U8"),
  ...named(storageDtypes),
  ...named(ownDtypes),
};

/**
 * Whether no honest checkpoint has a name: what runs commands, reads files or loads code. Nothing of a
 * file runs here, but such a file runs elsewhere. Whatever else is of a class that is not known, such
 * as the settings of a training, is passed over.
 */
export function refusesGlobal(name: string): boolean {
  if (
    /^torch\.(Tensor|Generator|Size|dtype|layout|strided|sparse_\w+|preserve_format)$/.test(name)
  ) {
    return false;
  }
  if (/^torch\._utils\._rebuild_\w+$/.test(name)) return false; // sparse, nested, of other devices
  if (
    /^(builtins|__builtin__)\.(set|frozenset|list|dict|tuple|bytearray|bytes|complex|int|float|bool|str|slice|range|object|type|getattr)$/
      .test(name)
  ) {
    return name === "__builtin__.getattr";
  }
  return /^(torch|torch\._utils|torch\.hub|torch\.serialization|builtins|__builtin__|os|posix|nt|sys|subprocess|commands|shutil|socket|runpy|importlib|imp|ctypes|pty|pip|platform|multiprocessing|webbrowser|urllib|requests|http|pickle|_pickle|cPickle|marshal|code|codeop|pdb|timeit|cProfile|asyncio|operator|_operator|functools|_functools|types|tempfile|glob|signal|threading|_thread)\.[^.]*$/
    .test(name) || /^(subprocess|urllib|importlib|multiprocessing|asyncio|pip)\./.test(name);
}

function named(dtypes: Record<string, Dtype | ForeignDtype>): Globals {
  return Object.fromEntries(
    Object.entries(dtypes).map(([name, dtype]) => [`torch.${name}`, new TorchDtype(dtype)]),
  );
}

function orderedDict(pairs: unknown = []): PickleDict {
  return new Map(pairs as [unknown, unknown][]);
}

/** `(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata)`. */
function rebuildTensor(
  storage: unknown,
  offset: unknown,
  shape: unknown,
  strides: unknown,
  _requiresGrad?: unknown,
  _hooks?: unknown,
  metadata?: unknown,
): TorchTensor {
  if (!(storage instanceof Storage)) throw new Error("a tensor has no storage");
  return tensorOn(storage, { dtype: storage.dtype, offset, shape, strides, metadata });
}

/** As {@linkcode rebuildTensor}, with a dtype before `metadata`. */
function rebuildTyped(
  storage: unknown,
  offset: unknown,
  shape: unknown,
  strides: unknown,
  _requiresGrad: unknown,
  _hooks: unknown,
  dtype: unknown,
  metadata?: unknown,
): TorchTensor {
  if (!(storage instanceof Storage)) throw new Error("a tensor has no storage");
  if (!(dtype instanceof TorchDtype)) throw new Error("a tensor has no dtype");
  return tensorOn(storage, { dtype: dtype.dtype, offset, shape, strides, metadata });
}

function tensorOn(
  storage: Storage,
  { dtype, offset, shape, strides, metadata }: {
    dtype: Dtype | ForeignDtype;
    offset: unknown;
    shape: unknown;
    strides: unknown;
    metadata: unknown;
  },
): TorchTensor {
  if (!isCounts([offset]) || !isCounts(shape) || !isCounts(strides)) {
    throw new Error("a tensor's offset, shape and strides are not whole numbers from 0");
  }
  if (shape.length !== strides.length) {
    throw new Error(`a tensor of shape [${shape}] has ${strides.length} strides`);
  }
  if (metadata instanceof Map && [...metadata.values()].includes(true)) {
    throw new Error(`a tensor is stored with another sign: ${[...metadata.keys()]}`);
  }
  return new TorchTensor(storage, dtype, storage.offset + (offset as number), shape, strides);
}

/** `(function, type, arguments, state)`: a tensor with attributes, or of a class of its own. */
function rebuildFromType(rebuild: unknown, _type: unknown, args: unknown): unknown {
  if (typeof rebuild !== "function" || !Array.isArray(args)) {
    throw new Error("a tensor of a class of its own is not made of another");
  }
  return rebuild(...args);
}

/** `(data, requires_grad, backward_hooks)`, and more. */
function rebuildParameter(data: unknown): TorchTensor {
  if (!(data instanceof TorchTensor)) throw new Error("a parameter has no tensor");
  return data;
}

/**
 * The storage of a persistent id: `("storage", class, key, device, elements)`. The format before
 * PyTorch 1.6 has a sixth, null or a part of the storage as `(key, offset, elements)`.
 */
export function storageOf(id: unknown): Storage {
  const [kind, storageClass, key, , length, view] = Array.isArray(id) ? id : [];
  const offset = Array.isArray(view) ? view[1] : 0;
  if (
    kind !== "storage" || !(storageClass instanceof TorchDtype) || typeof key !== "string" ||
    !isCounts([length, offset])
  ) {
    throw new Error("a persistent id is not that of a storage");
  }
  return new Storage(storageClass.dtype, key, length, offset);
}

/** Packs the elements of a tensor, given the bytes of its span. */
export function pack(tensor: TorchTensor, span: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const { shape, strides, dtype } = tensor;
  const ArrayType = isForeign(dtype) ? Uint8Array : arrayTypes[dtype];
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
