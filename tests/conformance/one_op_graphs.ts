/**
 * Every op as a graph of its own: what `jit` does to a function, done to each op alone.
 *
 * @module
 */

import { type Attribute, AttributeType } from "../../lib/tensorflow/c/attributes.ts";
import { cString } from "../../lib/tensorflow/c/cstring.ts";
import { eagerExecutor, execute, type Executor } from "../../lib/tensorflow/eager.ts";
import { Graph } from "../../lib/tensorflow/graph.ts";
import { describeHandle, type Handle } from "../../lib/tensorflow/c/handles.ts";
import { runtime } from "../../lib/tensorflow/c/runtime.ts";

/** More functions than this, and all are freed. */
const MANY = 500;

/** `ConfigProto { graph_options {} }`: TensorFlow's graph rewriter, as for `jit`. */
const REWRITE: Attribute = {
  name: "config_proto",
  type: AttributeType.string,
  value: Uint8Array.of(0x52, 0),
};

/** Traces an op into a graph, makes a function of it and runs that. */
export class OneOpGraphs implements Executor {
  readonly #functions = new Map<string, string>();
  readonly create = eagerExecutor.create;

  execute(
    op: string,
    attributes: readonly Attribute[],
    inputs: Handle[],
    outputs: number,
  ): Handle[] {
    const key = [
      op,
      outputs,
      ...inputs.map(describeHandle),
      ...attributes.map(({ name, type, value }) => `${name}:${type}:${JSON.stringify(value)}`),
    ].join(" ");
    let name = this.#functions.get(key);
    if (name === undefined) {
      if (this.#functions.size >= MANY) this.#clear();
      this.#functions.set(key, name = trace(op, attributes, inputs, outputs));
    }
    return execute({ op: name, attributes: [REWRITE], inputs, outputs });
  }

  #clear(): void {
    const { c, context, status } = runtime();
    for (const name of this.#functions.values()) {
      c.TFE_ContextRemoveFunction(context, cString(name), status.pointer);
      status.check(() => `Cannot remove function "${name}"`);
    }
    this.#functions.clear();
  }
}

function trace(
  op: string,
  attributes: readonly Attribute[],
  inputs: readonly Handle[],
  outputs: number,
): string {
  const graph = new Graph(() => {
    throw new Error(`Cannot trace "${op}": it has an input from outside`);
  });
  graph.allowUnknownShapes = true;
  try {
    const symbolic = inputs.map((input) => graph.input(input));
    const results = graph.execute(op, attributes, symbolic, outputs);
    return graph.toFunction({ name: op, outputs: results });
  } finally {
    graph.delete();
  }
}
