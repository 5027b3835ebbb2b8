/**
 * All ops up to a reading as one graph: what `jit` does to a function, done to a spec.
 *
 * A reading cuts the trace: what was traced by then becomes a function and runs, and the next op
 * begins another. So does an op whose output has a length that depends on values, or that has none
 * and writes to a file: it runs as a graph of its own. Vectors, images and the like are arguments of the function, as they would be in
 * a program; scalars and whole numbers, which say shapes and axes, are constants in it.
 *
 * @module
 */

import type { Attribute } from "../../lib/tensorflow/c/attributes.ts";
import { cString } from "../../lib/tensorflow/c/cstring.ts";
import { DataType } from "../../lib/tensorflow/c/dtypes.ts";
import type { Handle } from "../../lib/tensorflow/c/handles.ts";
import { runtime } from "../../lib/tensorflow/c/runtime.ts";
import type { HostValues } from "../../lib/tensorflow/c/tensor_data.ts";
import { callAttributes } from "../../lib/tensorflow/compile_options.ts";
import { eagerExecutor, execute, type Executor, free, share } from "../../lib/tensorflow/eager.ts";
import { Graph } from "../../lib/tensorflow/graph.ts";
import { OneOpGraphs } from "./one_op_graphs.ts";
import { MANY_FUNCTIONS } from "./outcome.ts";

/** A graph of more nodes than this is cut, too: a spec that looks for leaks runs an op for ever. */
const MANY = 2000;

/** What was run: a function of so many ops, an op as a graph of its own, or from here on each op. */
export type Run =
  | { event: "function"; ops: number }
  | { event: "alone"; op: string }
  | { event: "long" };

/** Traces ops into a graph until their values are wanted. */
export class WholeGraphs implements Executor {
  static readonly #open = new Set<WholeGraphs>();
  /** How many functions the spec has run. */
  static #functions = 0;

  readonly #report: (run: Run) => void;
  readonly #alone = new OneOpGraphs();
  #graph: Graph | undefined;
  #ops = 0;
  /** The tensors that the graph takes as arguments, and what stands for each. */
  readonly #arguments = new Map<Handle, { input: Handle; held: Handle }>();
  /** The tensors that have no value yet, and the value of the graph that each stands for. */
  readonly #awaited = new Map<Handle, Handle>();

  constructor(report: (run: Run) => void) {
    this.#report = report;
  }

  /** Runs what was traced and has not run yet, of all graphs. */
  static settle(): void {
    for (const graphs of WholeGraphs.#open) graphs.settle();
    WholeGraphs.#functions = 0;
  }

  create(dtype: number, shape: number[], values: HostValues): Handle {
    const isConstant = dtype === DataType.int32 || shape.length === 0;
    if (!isConstant || this.#isLong) return eagerExecutor.create(dtype, shape, values);
    return this.#await(this.#opened().create(dtype, shape, values));
  }

  execute(
    op: string,
    attributes: readonly Attribute[],
    inputs: Handle[],
    outputs: number,
  ): Handle[] {
    if (this.#graph !== undefined && this.#graph.nodes > MANY) this.settle();
    if (this.#isLong || outputs === 0) return this.#executeAlone(op, attributes, inputs, outputs);
    try {
      const values = inputs.map((input) => this.#awaited.get(input) ?? input);
      const results = this.#opened().execute(op, attributes, values, outputs);
      this.#ops++;
      return results.map((result) => this.#await(result));
    } catch (error) {
      if (!(error instanceof TypeError && error.message.includes("depends on values"))) throw error;
      return this.#executeAlone(op, attributes, inputs, outputs);
    }
  }

  #executeAlone(...call: Parameters<Executor["execute"]>): Handle[] {
    this.settle();
    if (!this.#isLong) this.#report({ event: "alone", op: call[0] });
    return this.#alone.execute(...call);
  }

  /** Forgets a tensor: nobody will ask for its value. */
  forget(handle: Handle): void {
    this.#awaited.delete(handle);
  }

  /** Runs what was traced and has not run yet. */
  settle(): void {
    const graph = this.#graph;
    if (graph === undefined) return;
    const awaited = [...this.#awaited];
    const held = [...this.#arguments.values()].map(({ held }) => held);
    const ops = this.#ops;
    this.#graph = undefined;
    this.#ops = 0;
    this.#awaited.clear();
    this.#arguments.clear();
    WholeGraphs.#open.delete(this);
    try {
      if (awaited.length === 0) return;
      const results = run(graph, awaited.map(([, value]) => value), held);
      awaited.forEach(([handle], index) =>
        Object.assign(handle, results[index], { symbolic: undefined })
      );
      if (WholeGraphs.#functions++ === MANY_FUNCTIONS) this.#report({ event: "long" });
      if (ops > 0) this.#report({ event: "function", ops });
    } finally {
      held.forEach(free);
      graph.delete();
    }
  }

  get #isLong(): boolean {
    return WholeGraphs.#functions > MANY_FUNCTIONS;
  }

  #opened(): Graph {
    WholeGraphs.#open.add(this);
    return this.#graph ??= new Graph((handle) => this.#argument(handle));
  }

  #argument(handle: Handle): Handle {
    const known = this.#arguments.get(handle);
    if (known !== undefined) return known.input;
    if (handle.symbolic !== undefined) {
      throw new ReferenceError(
        `Cannot use the result of "${handle.symbolic.opName}": the function that gives it failed`,
      );
    }
    const input = this.#graph!.input(handle);
    this.#arguments.set(handle, { input, held: share(handle) });
    return input;
  }

  /** A tensor of its own for a value: two may stand for one, and be freed apart. */
  #await(value: Handle): Handle {
    const handle = { ...value };
    this.#awaited.set(handle, value);
    return handle;
  }
}

function run(graph: Graph, outputs: Handle[], inputs: Handle[]): Handle[] {
  const { c, context, status } = runtime();
  const op = graph.toFunction({ name: "spec", outputs });
  try {
    const attributes = callAttributes("graph", "float32");
    return execute({ op, attributes, inputs, outputs: outputs.length });
  } finally {
    c.TFE_ContextRemoveFunction(context, cString(op), status.pointer);
    status.check(() => `Cannot remove function "${op}"`);
  }
}
