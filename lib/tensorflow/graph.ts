/**
 * A graph under construction: the executor that writes ops down instead of running them.
 *
 * @module
 */

import {
  type Attribute,
  type AttributeTarget,
  AttributeType,
  graphTarget,
  setAttribute,
} from "./c/attributes.ts";
import { cachedCString, cString } from "./c/cstring.ts";
import { DataType, dataTypeName } from "./c/dtypes.ts";
import type { Executor } from "./eager.ts";
import { describeHandle, type Handle } from "./c/handles.ts";
import { inputDefinitions, readBuffer } from "./c/op_definitions.ts";
import { runtime } from "./c/runtime.ts";
import { deleteTensor, type HostValues, newTensor } from "./c/tensor_data.ts";

/**
 * Ops that TensorFlow's MKL pass merges with their neighbours: it ends the process where one of them
 * waits for anything but its inputs.
 */
const MERGED_BY_MKL: ReadonlySet<string> = new Set([
  ...["Pad", "Conv2D", "DepthwiseConv2dNative", "BiasAdd"],
  ...["Conv2DBackpropFilter", "BiasAddGrad"],
]);

/**
 * Outputs that no op but their own gradient looks at, and whose shape TensorFlow therefore does not
 * say: [op, index].
 */
const OPAQUE_OUTPUTS = new Map([["FusedBatchNormV3", 5], ["FusedBatchNormGradV3", -1]]);

let functionCount = 0;

/** Sizes of a graph, for inspection. */
export type GraphSize = { nodes: number; inputs: number; outputs: number };

/** A `TF_Graph*` that grows node by node. */
export class Graph implements Executor {
  readonly #pointer: Deno.PointerValue;
  readonly #attributes: AttributeTarget;
  readonly #capture: (handle: Handle) => Handle;
  readonly #inputs: Uint8Array<ArrayBuffer>[] = [];
  readonly #reshapedFrom = new Map<Handle, Handle>();
  readonly #lines: string[] = [];
  /** Nodes that the next ones must wait for: see {@linkcode after}. */
  #barrier: Deno.PointerValue[] = [];
  /** Whether an output may have lengths that are known only when it runs. */
  allowUnknownShapes = false;
  /** Whether XLA compiles the function that is made of it. */
  readonly xla: boolean;
  /** Functions that it calls. */
  readonly called: unknown[] = [];

  /**
   * @param capture Called for each input that is no value of this graph: returns the value (such as
   * a new input) that stands for it
   */
  constructor(capture: (handle: Handle) => Handle, { xla = false }: { xla?: boolean } = {}) {
    const { c } = runtime();
    this.#pointer = c.TF_NewGraph();
    this.#attributes = graphTarget(c);
    this.#capture = capture;
    this.xla = xla;
  }

  /** How many nodes there are so far. */
  get nodes(): number {
    return this.#lines.length;
  }

  /** The graph to read, a node a line: `Mul_2 = Mul(Placeholder_0, Placeholder_1) float32[3]`. */
  get text(): string {
    return this.#lines.join("\n");
  }

  /** A new input of the graph. */
  input({ dtype, shape }: { dtype: number; shape: readonly number[] }): Handle {
    const value = this.#node("Placeholder", [], [
      { name: "dtype", type: 4, value: dtype },
      { name: "shape", type: 5, value: [...shape] },
    ], 1)[0]!;
    this.#inputs.push(value.symbolic!.output);
    return value;
  }

  create(dtype: number, shape: number[], values: HostValues): Handle {
    const { c, status } = runtime();
    const tensor = newTensor(c, { dtype, shape, values });
    const node = c.TF_NewOperation(this.#pointer, cachedCString("Const"), this.#name("Const"));
    c.TF_SetAttrTensor(node, cachedCString("value"), tensor, status.pointer);
    deleteTensor(c, tensor);
    status.check(() => `Cannot trace a constant ${describeHandle({ dtype, shape })}`);
    c.TF_SetAttrType(node, cachedCString("dtype"), dtype);
    return this.#finish("Const", node, 1, [])[0]!;
  }

  execute(
    op: string,
    attributes: readonly Attribute[],
    inputs: readonly Handle[],
    outputs: number,
  ): Handle[] {
    if (op === "Reshape") return [this.#reshape(inputs[0]!, inputs.slice(1), attributes)];
    return this.#node(op, inputs, attributes, outputs);
  }

  /**
   * Calls a function that the context knows. XLA compiles it, and nothing around it.
   *
   * @param results The types and shapes of its outputs
   */
  callXla(
    functionName: string,
    inputs: readonly Handle[],
    results: readonly { dtype: number; shape: readonly number[] }[],
  ): Handle[] {
    const types = (handles: readonly { dtype: number }[]) => handles.map(({ dtype }) => dtype);
    const attributes = [
      { name: "Tin", type: AttributeType.type, value: types(inputs) },
      { name: "Tout", type: AttributeType.type, value: types(results) },
      { name: "f", type: AttributeType.func, value: functionName },
      { name: "_XlaMustCompile", type: AttributeType.bool, value: true },
    ];
    const shapes = results.map(({ shape }) => shape);
    return this.#node("PartitionedCall", inputs, attributes, results.length, shapes);
  }

  /**
   * Reshapes what was reshaped before from its first form, and not at all where that is the wanted
   * one: the rewriter fuses only ops with nothing between them.
   */
  #reshape(x: Handle, shape: readonly Handle[], attributes: readonly Attribute[]): Handle {
    const source = this.#own(this.#reshapedFrom.get(x) ?? x);
    const reshaped = this.#node("Reshape", [source, ...shape], attributes, 1)[0]!;
    if (String(reshaped.shape) === String(source.shape)) return source;
    this.#reshapedFrom.set(reshaped, source);
    return reshaped;
  }

  /**
   * Runs `build`; every node that it adds waits for `handle`, or for one that does. Keeps TensorFlow
   * from merging a computation with an equal one that ran earlier.
   */
  after<T>(handle: Handle, build: () => T): T {
    const outer = this.#barrier;
    this.#barrier = [operationOf(this.#own(handle))];
    try {
      return build();
    } finally {
      this.#barrier = outer;
    }
  }

  /** The value of this graph that stands for a tensor. */
  own(handle: Handle): Handle {
    return this.#own(handle);
  }

  /**
   * Makes a function of the graph and puts it into the context.
   *
   * @param outputs Values of this graph, in order
   * @returns The function's name, to run it by
   */
  toFunction({ name, outputs }: { name: string; outputs: readonly Handle[] }): string {
    const { c, context, status } = runtime();
    const unique = `${name.replace(/\W/g, "_") || "jit"}_${functionCount++}`;
    const flatOutputs = concat(outputs.map((handle) => this.#own(handle).symbolic!.output));
    const made = c.TF_GraphToFunction(
      this.#pointer,
      cString(unique),
      0,
      -1,
      null,
      this.#inputs.length,
      concat(this.#inputs),
      outputs.length,
      flatOutputs,
      null,
      null,
      null,
      status.pointer,
    );
    status.check(() => `Cannot make a function of the trace of "${name}"`);
    if (this.xla) {
      const yes = Uint8Array.of(0x28, 1); // AttrValue { b: true }
      c.TF_FunctionSetAttrValueProto(made, cString("_XlaMustCompile"), yes, 2n, status.pointer);
      status.check(() => `Cannot mark "${name}" for XLA`);
    }
    c.TFE_ContextAddFunction(context, made, status.pointer);
    c.TF_DeleteFunction(made);
    status.check(() => `Cannot register the trace of "${name}"`);
    return unique;
  }

  /** The graph as a serialised `GraphDef`, which TensorBoard and Netron open. */
  toGraphDef(): Uint8Array<ArrayBuffer> {
    const { c, status } = runtime();
    const buffer = c.TF_NewBuffer();
    c.TF_GraphToGraphDef(this.#pointer, buffer, status.pointer);
    status.check(() => "Cannot write the graph");
    const bytes = readBuffer(buffer);
    c.TF_DeleteBuffer(buffer);
    return bytes;
  }

  /** Frees the graph; functions made of it live on. */
  delete(): void {
    runtime().c.TF_DeleteGraph(this.#pointer);
  }

  #own(handle: Handle): Handle {
    return handle.symbolic?.graph === this ? handle : this.#capture(handle);
  }

  #node(
    op: string,
    inputs: readonly Handle[],
    attributes: readonly Attribute[],
    outputs: number,
    shapes?: readonly (readonly number[])[],
  ): Handle[] {
    const { c, status } = runtime();
    const values = inputs.map((handle) => this.#own(handle).symbolic!.output);
    const definitions = inputDefinitions(this.#pointer, op);
    const node = c.TF_NewOperation(this.#pointer, cachedCString(op), this.#name(op));
    let at = 0;
    for (const definition of definitions) {
      const length = listLength(definition, attributes, values.length - definitions.length + 1);
      if (length === undefined) {
        if (at < values.length) c.TF_AddInput(node, values[at]!);
        at++;
      } else {
        c.TF_AddInputList(node, concat(values.slice(at, at + length)), length);
        at += length;
      }
    }
    if (!MERGED_BY_MKL.has(op)) {
      for (const waitFor of this.#barrier) c.TF_AddControlInput(node, waitFor);
    }
    // As in eager.ts, the inputs' own types win over those that tfjs states.
    const inferred = new Set(definitions.map(({ type }) => type));
    for (const attribute of attributes) {
      const { name, type, value } = attribute;
      const known = inferred.has(name) && type === AttributeType.type && typeof value === "number";
      if (!known) setAttribute(this.#attributes, node, attribute);
    }
    const handles = this.#finish(op, node, outputs, inputs, shapes);
    status.check(() => describe(op, inputs));
    return handles;
  }

  #finish(
    op: string,
    node: Deno.PointerValue,
    outputs: number,
    inputs: readonly Handle[],
    shapes?: readonly (readonly number[])[],
  ): Handle[] {
    const { c, status } = runtime();
    const operation = c.TF_FinishOperation(node, status.pointer);
    status.check(() => describe(op, inputs));
    const length = c.TF_OperationNumOutputs(operation);
    if (outputs < length) {
      throw new RangeError(
        `${describe(op, inputs)}: it has ${length} outputs, ${outputs} are asked for`,
      );
    }
    const name = `${op}_${this.nodes}`;
    const handles = Array.from({ length }, (_, index) => {
      const output = outputOf(operation, index);
      if (shapes !== undefined) this.#stateShape(op, output, shapes[index]!);
      const dtype = c.TF_OperationOutputType(output);
      return {
        dtype,
        shape: this.#shapeOf(op, output, index),
        pointer: null,
        symbolic: {
          graph: this,
          opName: op,
          name: index === 0 ? name : `${name}:${index}`,
          output,
        },
      };
    });
    const values = inputs.map((input) => this.#own(input).symbolic!.name);
    this.#lines.push(
      `${name} = ${op}(${values.join(", ")}) ${handles.map(describeHandle).join(" ")}`,
    );
    return handles;
  }

  /** Tells the shape of an output that TensorFlow cannot find. */
  #stateShape(op: string, output: Uint8Array<ArrayBuffer>, shape: readonly number[]): void {
    const { c, status } = runtime();
    const lengths = BigInt64Array.from(shape, BigInt);
    c.TF_GraphSetTensorShape(this.#pointer, output, lengths, shape.length, status.pointer);
    status.check(() => `Cannot state the shape of "${op}"`);
  }

  #shapeOf(op: string, output: Uint8Array<ArrayBuffer>, index: number): number[] {
    const { c, status } = runtime();
    const rank = c.TF_GraphGetTensorNumDims(this.#pointer, output, status.pointer);
    status.check(() => `Cannot find the shape of "${op}"`);
    const lengths = new BigInt64Array(Math.max(rank, 1));
    if (rank > 0) {
      c.TF_GraphGetTensorShape(this.#pointer, output, lengths, rank, status.pointer);
      status.check(() => `Cannot find the shape of "${op}"`);
    }
    const shape = Array.from(lengths.subarray(0, Math.max(rank, 0)), Number);
    if (rank >= 0 && shape.every((length) => length >= 0)) return shape;
    const opaque = OPAQUE_OUTPUTS.get(op);
    if (this.allowUnknownShapes || opaque === index || opaque === -1) return [0];
    throw new TypeError(
      `Cannot trace "${op}": the shape of its output depends on values, found [${
        rank < 0 ? "?" : shape.map((length) => length < 0 ? "?" : length)
      }]; run it outside jit, or use an op of fixed shape such as tf.where with three arguments`,
    );
  }

  /**
   * Without the underscore that ops of its own begin with: of a graph with such a name TensorFlow
   * passes over all that its rewriter does, and says so in its log alone.
   */
  #name(op: string): Uint8Array<ArrayBuffer> {
    return cString(`${op.replace(/^_+/, "")}_${this.nodes}`);
  }
}

/** How long a list input is; undefined when it is no list. `free`: what an only list can have. */
function listLength(
  { count, types }: { count?: string; types?: string },
  attributes: readonly Attribute[],
  free: number,
): number | undefined {
  const name = count ?? types;
  if (name === undefined) return undefined;
  const value = attributes.find((attribute) => attribute.name === name)?.value;
  return value === undefined ? free : Array.isArray(value) ? value.length : Number(value);
}

function outputOf(operation: Deno.PointerValue, index: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(Deno.UnsafePointer.value(operation)), true);
  view.setInt32(8, index, true);
  return bytes;
}

function operationOf(handle: Handle): Deno.PointerValue {
  const bytes = handle.symbolic!.output;
  return Deno.UnsafePointer.create(new DataView(bytes.buffer).getBigUint64(0, true));
}

function concat(outputs: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(16 * outputs.length);
  outputs.forEach((output, index) => all.set(output, 16 * index));
  return all;
}

function describe(op: string, inputs: readonly Handle[]): string {
  return `Cannot trace "${op}" on ${inputs.map(describeHandle).join(", ") || "no input"}`;
}

/** Whether a type can be an input or output of a traced function. */
export function isTraceable(dtype: number): boolean {
  return dtype !== DataType.resource && dataTypeName(dtype) !== "variant";
}
