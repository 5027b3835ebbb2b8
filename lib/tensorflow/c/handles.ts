/**
 * The tensors that JavaScript holds, by number: tfjs knows a tensor by a number alone.
 *
 * @module
 */

import { dataTypeName } from "./dtypes.ts";

/** One output of a node of a graph that is being traced. */
export type SymbolicValue = {
  /** The graph that it belongs to; any other graph refuses it. */
  graph: object;
  /** The op that gives it, for messages. */
  opName: string;
  /** Which output of which node, such as `Mul_2` or, past the first output, `Split_3:1`. */
  name: string;
  /** `TF_Output`: the node's address and the output's index. */
  output: Uint8Array<ArrayBuffer>;
};

/**
 * A tensor of TensorFlow: `pointer` is its `TFE_TensorHandle*`, or null while it is `symbolic`, a
 * value that exists only when the graph runs.
 */
export type Handle = {
  dtype: number;
  shape: number[];
  pointer: Deno.PointerValue;
  symbolic?: SymbolicValue;
};

/** All living tensors. */
export class HandleTable {
  readonly #handles = new Map<number, Handle>();
  #next = 1;

  /** How many tensors live. */
  get count(): number {
    return this.#handles.size;
  }

  /** Takes a tensor in, and gives its number. */
  add(handle: Handle): number {
    const id = this.#next++;
    this.#handles.set(id, handle);
    return id;
  }

  /** @throws {ReferenceError} When the tensor was deleted, or never was */
  get(id: number): Handle {
    const handle = this.#handles.get(id);
    if (handle === undefined) {
      throw new ReferenceError(
        `Cannot use tensor ${id}: it was disposed, or belongs to a jit trace that has ended; return it from the traced function to keep it`,
      );
    }
    return handle;
  }

  /** Takes a tensor out; the caller frees it. Undefined when it is not there (any more). */
  remove(id: number): Handle | undefined {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    return handle;
  }
}

/** `float32[2,3]`, as messages and cache keys write a tensor. */
export function describeHandle(
  { dtype, shape }: { dtype: number; shape: readonly number[] },
): string {
  return `${dataTypeName(dtype)}[${shape}]`;
}
