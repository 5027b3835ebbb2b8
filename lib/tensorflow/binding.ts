/**
 * tfjs's `TFJSBinding` over TensorFlow's C API: what the compiled add-on of tfjs-node provides,
 * written in TypeScript.
 *
 * @module
 */

import { type Attribute, AttributeType } from "./c/attributes.ts";
import { DataType } from "./c/dtypes.ts";
import {
  eagerExecutor,
  type Executor,
  free,
  lendInBackground,
  read,
  readInBackground,
} from "./eager.ts";
import { type Handle, HandleTable } from "./c/handles.ts";
import { isLoaded, listDevices, runtime } from "./c/runtime.ts";
import { convolveNothing, isEmptyConvolution } from "./empty_batch.ts";
import { executeKeepingNaN } from "./keep_nan.ts";
import { SavedModels } from "./saved_model.ts";
import type { HostValues, readTensor } from "./c/tensor_data.ts";

/** What tfjs is told of a tensor. */
export type TensorMetadata = { id: number; shape: number[]; dtype: number };

/** tfjs's interface to TensorFlow. Tensors go by number. */
export class Binding {
  readonly #handles = new HandleTable();
  readonly #savedModels = new SavedModels();
  #executor: Executor = eagerExecutor;

  readonly TF_FLOAT = DataType.float32;
  readonly TF_INT32 = DataType.int32;
  readonly TF_INT64 = DataType.int64;
  readonly TF_BOOL = DataType.bool;
  readonly TF_COMPLEX64 = DataType.complex64;
  readonly TF_STRING = DataType.string;
  readonly TF_RESOURCE = DataType.resource;
  readonly TF_UINT8 = DataType.uint8;
  readonly TF_ATTR_STRING = AttributeType.string;
  readonly TF_ATTR_INT = AttributeType.int;
  readonly TF_ATTR_FLOAT = AttributeType.float;
  readonly TF_ATTR_BOOL = AttributeType.bool;
  readonly TF_ATTR_TYPE = AttributeType.type;
  readonly TF_ATTR_SHAPE = AttributeType.shape;
  readonly TF_ATTR_RESOURCE = 6;
  /** Part of tfjs's interface, only as types. */
  readonly TensorMetadata = class {} as never;
  readonly TFEOpAttr = class {} as never;

  get TF_Version(): string {
    return runtime().library.version;
  }

  /** What carries out ops now. */
  get executor(): Executor {
    return this.#executor;
  }

  /** Runs `body` with another executor, such as a graph that writes the ops down. */
  withExecutor<T>(executor: Executor, body: () => T): T {
    const outer = this.#executor;
    this.#executor = executor;
    try {
      return body();
    } finally {
      this.#executor = outer;
    }
  }

  /** The tensor of a number. @throws {ReferenceError} When it was deleted */
  handle(id: number): Handle {
    return this.#handles.get(id);
  }

  /** Takes a tensor in under a new number. */
  adopt(handle: Handle): TensorMetadata {
    return { id: this.#handles.add(handle), shape: handle.shape, dtype: handle.dtype };
  }

  /** Makes a tensor of values and returns its number. */
  createTensor(shape: number[], dtype: number, values: HostValues): number {
    return this.#handles.add(this.#executor.create(dtype, shape, values));
  }

  /** Frees a tensor. Freeing it again does nothing. */
  deleteTensor(id: number): void {
    const handle = this.#handles.remove(id);
    if (handle !== undefined) free(handle);
  }

  /** Carries out one op. */
  executeOp(
    op: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[] {
    const handles: Handle[] = [];
    for (const id of inputs) handles.push(this.#handles.get(id));
    if (isEmptyConvolution(op, handles)) {
      return [this.adopt(convolveNothing(this.#executor, { op, attributes, inputs: handles }))];
    }
    const call = { op, attributes, inputs: handles, outputs };
    const made: TensorMetadata[] = [];
    for (const handle of executeKeepingNaN(this.#executor, call)) made.push(this.adopt(handle));
    return made;
  }

  /** The values of a tensor; blocks. @throws {TypeError} While its value is only being traced */
  tensorDataSync(id: number): ReturnType<typeof readTensor> {
    return read(readable(this.#handles.get(id)));
  }

  /** The values of a tensor; waiting for them does not block. */
  tensorData(id: number): Promise<ReturnType<typeof readTensor>> {
    return readInBackground(readable(this.#handles.get(id)));
  }

  /** Lends the bytes of a tensor of numbers to `use`, after which they are gone. */
  lendData<T>(id: number, use: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T> {
    return lendInBackground(readable(this.#handles.get(id)), use);
  }

  /** Loads a saved model (a folder with `saved_model.pb`) and returns its number. */
  loadSavedModel(folder: string, tags: string): number {
    return this.#savedModels.load(folder, tags.split(","));
  }

  /** Frees a saved model. */
  deleteSavedModel(id: number): void {
    this.#savedModels.delete(id);
  }

  /** Runs a saved model; op names are separated by commas, as `serving_default_x:0`. */
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[] {
    const handles = inputs.map((input) => readable(this.#handles.get(input)));
    return this.#savedModels
      .run(id, handles, { inputs: inputNames.split(","), outputs: outputNames.split(",") })
      .map((handle) => this.adopt(handle));
  }

  getNumOfSavedModels(): number {
    return this.#savedModels.count;
  }

  /** How many tensors live. */
  getNumOfTensors(): number {
    return this.#handles.count;
  }

  /** False until TensorFlow is loaded: asking loads nothing. */
  isUsingGpuDevice(): boolean {
    return isLoaded() && listDevices().some((device) => device.type === "GPU");
  }
}

function readable(handle: Handle): Handle {
  if (handle.symbolic === undefined) return handle;
  throw new TypeError(
    `Cannot read the value of "${handle.symbolic.opName}" while tracing: it is known only when the function runs; return the tensor and read it outside, or replace the decision by tf.where`,
  );
}
