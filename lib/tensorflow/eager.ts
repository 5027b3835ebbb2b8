/**
 * Running TensorFlow's ops and functions at once.
 *
 * @module
 */

import {
  type Attribute,
  type AttributeTarget,
  AttributeType,
  eagerTarget,
  setAttribute,
} from "./c/attributes.ts";
import { cachedCString } from "./c/cstring.ts";
import { DataType } from "./c/dtypes.ts";
import { guardCall } from "./c/exit.ts";
import { describeHandle, type Handle } from "./c/handles.ts";
import { runtime } from "./c/runtime.ts";
import { Status } from "./c/status.ts";
import type { Symbols } from "./c/symbols.ts";
import {
  deleteTensor,
  type HostValues,
  newTensor,
  readTensor,
  tensorBytes,
} from "./c/tensor_data.ts";

/** What carries out tfjs's ops: at once, or as nodes of a graph. */
export interface Executor {
  /** Makes a tensor of given values. */
  create(dtype: number, shape: number[], values: HostValues): Handle;
  /** Carries out one op. */
  execute(
    op: string,
    attributes: readonly Attribute[],
    inputs: Handle[],
    outputs: number,
  ): Handle[];
}

/** A call of an op or function: everything that TensorFlow needs to know. */
export type Call = {
  op: string;
  attributes: readonly Attribute[];
  inputs: readonly Handle[];
  /** How many outputs there are. */
  outputs: number;
};

let attributeTarget: AttributeTarget | undefined;
const smallReturn = new BigUint64Array(32);
const returnCount = new Int32Array(1);

/** The executor that runs each op at once. */
export const eagerExecutor: Executor = {
  create(dtype, shape, values) {
    const { c, status } = runtime();
    const tensor = newTensor(c, { dtype, shape, values });
    const pointer = c.TFE_NewTensorHandle(tensor, status.pointer);
    status.check(() => `Cannot create a tensor ${describeHandle({ dtype, shape })}`);
    const handle = { dtype, shape, pointer };
    if (dtype !== DataType.string) {
      c.TF_DeleteTensor(tensor);
      return handle;
    }
    // A tensor made through the C API never frees its texts. One that an op made does: keep that
    // op's copy, and free ours by hand.
    const attributes = [{ name: "N", type: AttributeType.int, value: 1 }];
    const [copy] = execute({ op: "StringJoin", attributes, inputs: [handle], outputs: 1 });
    c.TFE_DeleteTensorHandle(pointer);
    deleteTensor(c, tensor);
    return copy!;
  },
  execute(op, attributes, inputs, outputs) {
    const call = { op, attributes, inputs, outputs };
    const { c, context, status } = runtime();
    const name = cachedCString(op);
    // Made once: to make one and to delete it again takes longer than to empty it.
    let reusable = reusableOps.get(op);
    if (reusable === undefined) {
      reusable = c.TFE_NewOp(context, name, status.pointer);
      status.check(() => `Cannot find op "${op}"`);
      reusableOps.set(op, reusable);
    }
    try {
      fill(reusable, call);
      const returned = returnBuffer(outputs);
      c.TFE_Execute(reusable, returned, returnCount, status.pointer);
      status.check(() => describeCall(call));
      return collect(returned, returnCount[0]!);
    } finally {
      // Now, not before the next call: it would keep its inputs in memory until then.
      c.TFE_OpReset(reusable, name, null, status.pointer);
    }
  },
};

/** A `TFE_Op*` for each op, empty between calls. */
const reusableOps = new Map<string, Deno.PointerValue>();

/**
 * Runs an op or a function, blocking until its outputs are there.
 *
 * @throws {TensorFlowError} With the op, its inputs' types and shapes, and TensorFlow's message
 */
export function execute(call: Call): Handle[] {
  const { c, status } = runtime();
  const op = prepare(call);
  const returned = returnBuffer(call.outputs);
  c.TFE_Execute(op, returned, returnCount, status.pointer);
  c.TFE_DeleteOp(op);
  status.check(() => describeCall(call));
  return collect(returned, returnCount[0]!);
}

/** Where TensorFlow writes so many handles, and how many there are into `returnCount`. */
function returnBuffer(outputs: number): BigUint64Array<ArrayBuffer> {
  returnCount[0] = outputs;
  return outputs <= smallReturn.length ? smallReturn : new BigUint64Array(outputs);
}

/**
 * As {@linkcode execute}, on another thread: timers, signals and displays go on meanwhile.
 *
 * @throws {TensorFlowError}
 */
export async function executeInBackground(call: Call): Promise<Handle[]> {
  const { c } = runtime();
  const op = prepare(call);
  const own = new Status(c);
  guardCall();
  const returned = new BigUint64Array(Math.max(call.outputs, 1));
  const count = Int32Array.of(call.outputs);
  try {
    await c.executeInBackground(op, returned, count, own.pointer);
    own.check(() => describeCall(call));
  } finally {
    c.TFE_DeleteOp(op);
    own.delete();
  }
  return collect(returned, count[0]!);
}

/** The values of a tensor, copied to the host; blocks until they are there. */
export function read(handle: Handle): ReturnType<typeof readTensor> {
  const { c, status } = runtime();
  const tensor = c.TFE_TensorHandleResolve(handle.pointer, status.pointer);
  status.check(() => `Cannot read a tensor ${describeHandle(handle)}`);
  try {
    return readTensor(c, tensor);
  } finally {
    c.TF_DeleteTensor(tensor);
  }
}

/** As {@linkcode read}; waiting for the device does not block. The tensor may be freed meanwhile. */
export function readInBackground(handle: Handle): Promise<ReturnType<typeof readTensor>> {
  return withResolved(handle, readTensor);
}

/**
 * Lends the bytes of a tensor of numbers: TensorFlow's own memory where the tensor is on the host,
 * and gone when `use` is over.
 */
export function lendInBackground<T>(
  handle: Handle,
  use: (bytes: Uint8Array<ArrayBuffer>) => T,
): Promise<T> {
  return withResolved(handle, (c, tensor) => use(tensorBytes(c, tensor)));
}

async function withResolved<T>(
  handle: Handle,
  use: (c: Symbols, tensor: Deno.PointerValue) => T,
): Promise<T> {
  const { c } = runtime();
  const held = share(handle);
  const own = new Status(c);
  try {
    const tensor = await c.resolveInBackground(held.pointer, own.pointer);
    own.check(() => `Cannot read a tensor ${describeHandle(handle)}`);
    try {
      return use(c, tensor);
    } finally {
      c.TF_DeleteTensor(tensor);
    }
  } finally {
    free(held);
    own.delete();
  }
}

/** Frees a tensor. A symbolic one has nothing to free. */
export function free(handle: Handle): void {
  if (handle.pointer !== null) runtime().c.TFE_DeleteTensorHandle(handle.pointer);
  handle.pointer = null;
}

/** A second handle on the same memory, freed on its own. */
export function share(handle: Handle): Handle {
  const { c, status } = runtime();
  const pointer = c.TFE_TensorHandleCopySharingTensor(handle.pointer, status.pointer);
  status.check(() => `Cannot share a tensor ${describeHandle(handle)}`);
  return { dtype: handle.dtype, shape: handle.shape, pointer };
}

function prepare(call: Call): Deno.PointerValue {
  const { c, context, status } = runtime();
  const op = c.TFE_NewOp(context, cachedCString(call.op), status.pointer);
  status.check(() => `Cannot find op "${call.op}"`);
  try {
    fill(op, call);
  } catch (error) {
    c.TFE_DeleteOp(op);
    throw error;
  }
  return op;
}

/** Gives an op its inputs and attributes. */
function fill(op: Deno.PointerValue, call: Call): void {
  const { c, status } = runtime();
  // Inputs first: the types that TensorFlow finds on them win over those that tfjs states, which
  // are wrong where a kernel casts its input, and where a type passes as another.
  for (const input of call.inputs) {
    if (input.pointer === null) throw strayTensor(input);
    c.TFE_OpAddInput(op, input.pointer, status.pointer);
    status.check(() => describeCall(call));
  }
  attributeTarget ??= eagerTarget(c, status);
  for (const attribute of call.attributes) setAttribute(attributeTarget, op, attribute);
}

/** The error for a tensor that has no value, and where it comes from. */
function strayTensor({ symbolic }: Handle): ReferenceError {
  return new ReferenceError(
    symbolic === undefined
      ? "Cannot use a tensor that was disposed"
      : `Cannot use the result of "${symbolic.opName}" here: it belongs to a jit trace; return it from the traced function instead`,
  );
}

function collect(returned: BigUint64Array, count: number): Handle[] {
  const { c, status } = runtime();
  const handles = new Array<Handle>(count);
  for (let index = 0; index < count; index++) {
    const pointer = Deno.UnsafePointer.create(returned[index]!);
    const rank = c.TFE_TensorHandleNumDims(pointer, status.pointer);
    const shape = new Array<number>(Math.max(rank, 0));
    for (let axis = 0; axis < rank; axis++) {
      shape[axis] = Number(c.TFE_TensorHandleDim(pointer, axis, status.pointer));
    }
    handles[index] = { dtype: c.TFE_TensorHandleDataType(pointer), shape, pointer };
  }
  return handles;
}

function describeCall({ op, inputs }: Call): string {
  return `Cannot run "${op}" on ${inputs.map(describeHandle).join(", ") || "no input"}`;
}
