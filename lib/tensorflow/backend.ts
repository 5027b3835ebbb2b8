/**
 * tfjs-node's backend on the kit's own binding, with what it leaves out: reading without blocking,
 * all of TensorFlow's types as outputs, and no leaks.
 *
 * @module
 */

import "./node_compat.ts";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, TensorInfo, Variable } from "@tensorflow/tfjs-core";
import { Int64Scalar } from "@tensorflow/tfjs-node-gpu/dist/int64_tensors.js";
import { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";
import { type Attribute, AttributeType } from "./c/attributes.ts";
import { Binding, type TensorMetadata } from "./binding.ts";
import { DataType } from "./c/dtypes.ts";
import { refuseDisposed } from "./disposed.ts";
import { eagerExecutor, share } from "./eager.ts";
import { losesNaN } from "./keep_nan.ts";
import type { Handle } from "./c/handles.ts";

/** The data id of a tfjs tensor, an object compared by identity. */
export type DataId = Tensor["dataId"];

type Values = Float32Array | Int32Array | Uint8Array | Uint8Array[];

/** What the backend knows of a tensor; `values` wait to be handed to TensorFlow at first use. */
type TensorData = {
  shape: number[];
  dtype: number;
  values: Values | null;
  id: number;
  refCount: number;
  /** The executor under which the values came to be. */
  born?: unknown;
};

/** The number of a tensor whose values wait, or that has none. */
const NO_VALUE = -1;

/** TensorFlow's types that tfjs has no name for, and the tfjs type they pass as. */
const PASSES_AS = new Map<number, number>([
  [DataType.int64, DataType.int32],
  [DataType.int16, DataType.int32],
  [DataType.int8, DataType.int32],
  [DataType.uint16, DataType.int32],
  [DataType.uint32, DataType.int32],
  [DataType.uint64, DataType.int32],
  [DataType.uint8, DataType.int32],
  [DataType.float64, DataType.float32],
  [DataType.float16, DataType.float32],
  [DataType.bfloat16, DataType.float32],
  [DataType.variant, DataType.resource],
]);

/** tfjs-node's backend as its methods are overridden: tfjs marks some of them private. */
type OpenBackend = Omit<NodeJSKernelBackend, keyof Overridden | "binding"> & Overridden & {
  readonly binding: Binding & NodeJSKernelBackend["binding"];
};
type Overridden = {
  executeSingleInput(op: string, input: Tensor): Tensor;
  getInputTensorIds(tensors: Tensor[]): number[];
  executeSingleOutput(op: string, attributes: Attribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: Attribute[],
    inputs: Tensor[],
    outputs: number,
  ): Tensor[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
  move(dataId: DataId, values: Values, shape: number[], dtype: Tensor["dtype"], refs: number): void;
  readSync(dataId: DataId): Values;
  read(dataId: DataId): Promise<Values>;
  createSummaryFileWriter(...options: SummaryFile): void;
  buckets(data: Tensor, count?: number): Tensor;
};
type SummaryFile = Parameters<NodeJSKernelBackend["createSummaryFileWriter"]>;
const OpenBackend = NodeJSKernelBackend as unknown as new (
  binding: Binding,
  packageName: string,
) => OpenBackend;

/** tfjs's backend "tensorflow". */
export class Backend extends OpenBackend {
  /** Called with each tensor whose value is asked for. */
  onRead?: (handle: Handle) => void;

  constructor() {
    super(new Binding(), "@tensorflow/tfjs-node-gpu");
    Object.defineProperty(this, "isUsingGpuDevice", {
      get: () => this.binding.isUsingGpuDevice(),
    });
  }

  /** The TensorFlow tensor behind a tfjs tensor, handed over first where its values still wait. */
  handleOf(tensor: Tensor | TensorInfo): Handle {
    return this.binding.handle(this.getInputTensorIds([tensor] as Tensor[])[0]!);
  }

  /** The TensorFlow type and the shape of a tensor, without handing it over. */
  typeOf(tensor: Tensor): { dtype: number; shape: number[] } {
    return { dtype: this.#data(tensor.dataId).dtype, shape: tensor.shape };
  }

  /**
   * As {@linkcode handleOf}, after making sure that no other tensor has the same data id, so that
   * the handle stands for this variable alone. Memory stays shared.
   */
  handleOfOnly(variable: Variable): Handle {
    const data = this.#data(variable.dataId);
    const handle = this.handleOf(variable);
    if (data.refCount === 1) return handle;
    const copy = handle.symbolic === undefined ? share(handle) : this.#identity(handle);
    const own = this.createOutputTensor(this.binding.adopt(copy));
    variable.assign(own as never);
    own.dispose();
    return this.handleOf(variable);
  }

  /**
   * Lends the bytes of a tensor of numbers to `use`, after which they are gone. On a CPU they are
   * TensorFlow's own memory, not a copy.
   */
  lend<T>(tensor: Tensor, use: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T> {
    return this.binding.lendData(this.getInputTensorIds([tensor])[0]!, use);
  }

  /** A tensor that has no value: any use of it is an error. It takes no memory. */
  createUnset(shape: readonly number[], dtype: number): Tensor {
    return this.createOutputTensor({ id: NO_VALUE, shape: [...shape], dtype });
  }

  /** Whether a tensor has a value; one of {@linkcode createUnset} has none. */
  hasValue(tensor: Tensor): boolean {
    const { values, id } = this.#data(tensor.dataId);
    return values !== null || id !== NO_VALUE;
  }

  /** Adds a holder to the data of a tensor, so that disposing of the tensor keeps it. */
  hold(dataId: DataId): void {
    this.incRef(dataId);
  }

  override getInputTensorIds(tensors: Tensor[]): number[] {
    const ids: number[] = [];
    for (const tensor of tensors) ids.push(this.#inputId(tensor));
    return ids;
  }

  #inputId(tensor: Tensor): number {
    if (isInt64(tensor)) {
      return this.binding.createTensor([], DataType.int64, tensor.valueArray);
    }
    const data = this.#data(tensor.dataId);
    if (data.values !== null) {
      // What was made before tracing began is an input of the trace, not a constant in it.
      const executor = data.born === this.binding.executor ? this.binding.executor : eagerExecutor;
      const { shape, dtype, values } = data;
      data.id = this.binding.withExecutor(
        executor,
        () => this.binding.createTensor(shape, dtype, values),
      );
      data.values = null;
    }
    return this.#idOf(data);
  }

  override executeSingleInput(op: string, input: Tensor): Tensor {
    // TensorFlow 2.21 rounds every whole number to 0.
    const whole = op === "Round" && input.dtype !== "float32";
    return super.executeSingleInput(whole ? "Identity" : op, input);
  }

  override executeSingleOutput(op: string, attributes: Attribute[], inputs: Tensor[]): Tensor {
    const output = this.executeMultipleOutputs(op, attributes, inputs, 1)[0]!;
    return op === "Softmax" && losesNaN(this.binding.executor) ? this.#spreadNaN(output) : output;
  }

  override executeMultipleOutputs(
    op: string,
    attributes: Attribute[],
    inputs: Tensor[],
    outputs: number,
  ): Tensor[] {
    if (inputs.some(isDisposed)) refuseDisposed(op, inputs);
    const ids = this.getInputTensorIds(inputs);
    try {
      const made: Tensor[] = [];
      for (const metadata of this.binding.executeOp(op, attributes, ids, outputs)) {
        made.push(this.createOutputTensor(metadata));
      }
      return made;
    } finally {
      // tfjs hands 64-bit numbers over as throw-away tensors, and forgets them.
      for (let index = 0; index < inputs.length; index++) {
        if (isInt64(inputs[index])) this.binding.deleteTensor(ids[index]!);
      }
    }
  }

  override createOutputTensor(metadata: TensorMetadata): Tensor {
    const stand = PASSES_AS.get(metadata.dtype);
    if (stand === undefined) return super.createOutputTensor(metadata);
    const tensor = super.createOutputTensor({ ...metadata, dtype: stand });
    this.#data(tensor.dataId).dtype = metadata.dtype;
    return tensor;
  }

  override move(
    dataId: DataId,
    values: Values,
    shape: number[],
    dtype: Tensor["dtype"],
    refCount: number,
  ): void {
    super.move(dataId, values, shape, dtype, refCount);
    this.#data(dataId).born = this.binding.executor;
  }

  override readSync(dataId: DataId): Values {
    const data = this.#data(dataId);
    if (data.values === null) {
      const id = this.#idOf(data);
      this.onRead?.(this.binding.handle(id));
    }
    return super.readSync(dataId);
  }

  override async read(dataId: DataId): Promise<Values> {
    const data = this.#data(dataId);
    if (data.values !== null) return data.values;
    const id = this.#idOf(data);
    this.onRead?.(this.binding.handle(id));
    return await this.binding.tensorData(id) as Values;
  }

  override createSummaryFileWriter(...options: SummaryFile): void {
    super.createSummaryFileWriter(...options);
    const [writer] = options;
    // What waits to be written would be lost with the process.
    globalThis.addEventListener("unload", () => {
      if (!writer.isDisposed) this.flushSummaryWriter(writer);
    });
  }

  /**
   * The histogram that TensorBoard shows: a row of left edge, right edge and count for each of
   * `count` buckets; one row where all values are the same, and none where there are none.
   */
  override buckets(data: Tensor, count = 30): Tensor {
    if (!(Number.isInteger(count) && count > 0)) {
      // deno-lint-ignore galaxykit/error-message -- tfjs's own words
      throw new RangeError(
        `Expected bucket count to be a strictly positive integer, but it was ${count}`,
      );
    }
    if (data.size === 0) return tf.zeros([0, 3]);
    return tf.tidy(() => {
      const values = tf.cast(tf.reshape(data, [-1]), "float32");
      const lost = data.size - tf.sum(tf.cast(tf.isFinite(values), "int32")).dataSync()[0]!;
      if (lost > 0) {
        throw new RangeError(
          `Cannot make a histogram: ${lost} of ${data.size} values are NaN or infinite`,
        );
      }
      const low = tf.min(values).dataSync()[0]!;
      const high = tf.max(values).dataSync()[0]!;
      if (low === high) return tf.tensor2d([[low - 0.5, low + 0.5, data.size]]);
      const width = (high - low) / count;
      const found = tf.clipByValue(tf.floor(tf.div(tf.sub(values, low), width)), 0, count - 1);
      // Not by one-hot rows, as tfjs-node does: they take 120 bytes for each value.
      const counts = tf.bincount(tf.cast(found, "int32") as tf.Tensor1D, [] as never, count);
      const edges = Float32Array.from({ length: count }, (_, i) => low + i * width);
      const ends = Float32Array.from([...edges.subarray(1), high]);
      return tf.stack([tf.tensor1d(edges), tf.tensor1d(ends), counts], 1);
    });
  }

  /** A softmax whose sums are 1, or NaN: of a row with NaN, oneDNN makes NaN one value alone. */
  #spreadNaN(shares: Tensor): Tensor {
    const { binding } = this;
    const own = this.handleOf(shares);
    const axis = binding.executor.create(DataType.int32, [], Int32Array.of(own.shape.length - 1));
    const keep = { name: "keep_dims", type: AttributeType.bool, value: true };
    const [sums] = binding.executor.execute("Sum", [keep], [own, axis], 1);
    const [spread] = binding.executor.execute("RealDiv", [], [own, sums!], 1);
    shares.dispose();
    return this.createOutputTensor(binding.adopt(spread!));
  }

  #identity(handle: Handle): Handle {
    const attributes = [typeAttribute("T", handle.dtype)];
    return this.binding.executor.execute("Identity", attributes, [handle], 1)[0]!;
  }

  #idOf({ id, shape }: TensorData): number {
    if (id !== NO_VALUE) return id;
    throw new ReferenceError(
      `Cannot use a parameter of shape [${shape}]: it has no value yet; create the model with a key, or load its weights first`,
    );
  }

  #data(dataId: DataId): TensorData {
    const map = (this as unknown as { tensorMap: Map<DataId, TensorData> }).tensorMap;
    const data = map.get(dataId);
    if (data === undefined) {
      throw new ReferenceError("Cannot use a tensor that was disposed");
    }
    return data;
  }
}

/** An attribute that gives a tensor type. */
export function typeAttribute(name: string, dtype: number): Attribute {
  return { name, type: AttributeType.type, value: dtype };
}

function isDisposed(tensor: Tensor | undefined): boolean {
  return tensor?.isDisposed === true;
}

/** tfjs passes 64-bit numbers among tensors, though they are none. */
function isInt64(tensor: unknown): tensor is InstanceType<typeof Int64Scalar> {
  return tensor instanceof Int64Scalar;
}
