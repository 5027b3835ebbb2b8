/**
 * Tracing: running a function once with symbolic tensors, so that every op it calls becomes a node
 * of a graph.
 *
 * @module
 */

import { backend, tf } from "./engine.ts";
import { free, share } from "./eager.ts";
import { Graph } from "./graph.ts";
import type { Handle } from "./c/handles.ts";
import { flattenTree } from "./tree.ts";

/** tfjs's ops that draw random numbers in JavaScript: in a trace they would freeze. */
const RANDOM_OPS = new Set([
  "dropout",
  "multinomial",
  "rand",
  "randomGamma",
  "randomNormal",
  "randomStandardNormal",
  "randomUniform",
  "randomUniformInt",
  "truncatedNormal",
]);

/** Something that a traced function uses without taking it as an argument. */
export type Capture = { variable: tf.Variable } | { constant: Handle };

/** A function that became a graph. The caller deletes the graph, and frees the constants. */
export type Traced = {
  graph: Graph;
  captures: Capture[];
  /** The values to return, and after them those of the assigned variables. */
  outputs: Handle[];
  /** The tfjs types of the returned tensors, in order. */
  assigned: tf.Variable[];
  /** Puts returned tensors back into the form that the function returned. */
  rebuild: (tensors: readonly tf.Tensor[]) => unknown;
};

let active: Graph | undefined;

/** The graph that is being traced, or undefined. */
export function activeGraph(): Graph | undefined {
  return active;
}

/**
 * Traces `f`.
 *
 * @param f Called once
 * @param inputs The types and shapes of its tensor arguments
 * @param options.xla Whether XLA is to compile it. @default {false}
 * @throws {TypeError} When `f` is asynchronous, reads a value, draws randomness through tfjs or
 * creates a variable
 */
export function trace(
  f: (inputs: tf.Tensor[]) => unknown,
  inputs: readonly { dtype: number; shape: readonly number[] }[],
  options: { xla?: boolean } = {},
): Traced {
  const engineBackend = backend();
  const { binding } = engineBackend;
  const variables = new Map<Handle, tf.Variable>();
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    if (!engineBackend.hasValue(variable)) continue;
    variables.set(engineBackend.handleOfOnly(variable), variable);
  }
  const captures: Capture[] = [];
  const captured = new Map<Handle, Handle>();
  const graph: Graph = new Graph((handle): Handle => {
    let input = captured.get(handle);
    if (input === undefined) {
      const variable = variables.get(handle);
      if (variable === undefined && handle.symbolic !== undefined) throw foreignValue(handle);
      captured.set(handle, input = graph.input(handle));
      captures.push(variable === undefined ? { constant: share(handle) } : { variable });
    }
    return input;
  }, options);
  const assignments = new Assignments();
  const restore = guardEngine(assignments, variables);
  const outer = active;
  active = graph;
  try {
    let traced: Traced | undefined;
    binding.withExecutor(graph, () => {
      // Out of a closure: what tidy returns, it searches for tensors to keep.
      tf.tidy(() => {
        const symbolic = inputs.map((input) =>
          engineBackend.createOutputTensor(binding.adopt(graph.input(input)))
        );
        const result = f(symbolic);
        if (result instanceof Promise) {
          throw new TypeError(
            "Cannot trace an asynchronous function: jit wants one that returns tensors, not a promise",
          );
        }
        const { tensors, rebuild } = flattenTree(result);
        const outputs = [...tensors, ...assignments.variables]
          .map((tensor) => graph.own(engineBackend.handleOf(tensor)));
        traced = { graph, captures, outputs, assigned: assignments.variables, rebuild };
      });
    });
    return traced!;
  } catch (error) {
    graph.delete();
    for (const capture of captures) if ("constant" in capture) free(capture.constant);
    throw error;
  } finally {
    active = outer;
    restore();
    assignments.undo();
  }
}

/** The error for a value of another trace: it exists only when that one runs. */
function foreignValue({ symbolic }: Handle): ReferenceError {
  return new ReferenceError(
    `Cannot use the result of "${
      symbolic!.opName
    }" here: it belongs to another jit trace; return it from that function, or pass it to this one as an argument`,
  );
}

/** The variables that a trace assigned, and what they held before. */
class Assignments {
  readonly #before = new Map<tf.Variable, tf.Tensor["dataId"]>();

  get variables(): tf.Variable[] {
    return [...this.#before.keys()];
  }

  /** To be called before a variable is assigned: keeps what it holds alive. */
  note(variable: tf.Variable): void {
    if (this.#before.has(variable)) return;
    backend().hold(variable.dataId);
    this.#before.set(variable, variable.dataId);
  }

  /** Gives every variable back what it held. */
  undo(): void {
    const engine = tf.engine();
    for (const [variable, dataId] of this.#before) {
      const symbolic = variable.dataId;
      if (backend().disposeData(symbolic)) {
        engine.removeDataId(symbolic, engine.backend);
      }
      variable.dataId = dataId;
    }
  }
}

/** Makes the engine refuse what a graph cannot hold; returns how to undo that. */
function guardEngine(
  assignments: Assignments,
  variables: ReadonlyMap<Handle, tf.Variable>,
): () => void {
  const engine = tf.engine();
  const engineBackend = backend();
  const { startScope, makeVariable } = engine;
  const { assign } = tf.Variable.prototype;
  const { onRead } = engineBackend;
  engine.startScope = function (name?: string) {
    const op = name?.replace(/__op$/, "") ?? "";
    if (RANDOM_OPS.has(op)) {
      throw new TypeError(
        `Cannot trace tf.${op}: it draws in JavaScript, so every run would repeat the same numbers; use a key, as in normal(key, shape)`,
      );
    }
    return startScope.call(engine, name);
  };
  engine.makeVariable = function (_value, _trainable, name) {
    throw new TypeError(
      `Cannot create variable${
        name === undefined ? "" : ` "${name}"`
      } while tracing: create it before the traced function runs, and capture it`,
    );
  };
  tf.Variable.prototype.assign = function (this: tf.Variable, value: tf.Tensor) {
    assignments.note(this);
    return assign.call(this, value as never);
  };
  engineBackend.onRead = function (handle: Handle) {
    const variable = variables.get(handle);
    if (variable !== undefined) {
      throw new TypeError(
        `Cannot read the value of variable "${variable.name}" while tracing: the trace would keep today's value; return it and read it outside`,
      );
    }
  };
  return function restore(): void {
    engine.startScope = startScope;
    engine.makeVariable = makeVariable;
    tf.Variable.prototype.assign = assign;
    engineBackend.onRead = onRead;
  };
}
