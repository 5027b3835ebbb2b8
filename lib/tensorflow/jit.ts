/**
 * `jit`: a function of tensors, traced once for each form of its arguments and run as one
 * TensorFlow function. What `tf.function` and `jax.jit` are to Python.
 *
 * @module
 */

import { writeFileAtomic } from "../files.ts";
import { refuseUnknown } from "../options.ts";
import { type Call, execute, executeInBackground, free, share } from "./eager.ts";
import { cString } from "./c/cstring.ts";
import {
  callAttributes,
  checkChoices,
  checkPrecision,
  checkProcessor,
  type Compiler,
  type Precision,
} from "./compile_options.ts";
import { describeDisposed } from "./disposed.ts";
import { backend, tf } from "./engine.ts";
import { describeHandle, type Handle } from "./c/handles.ts";
import { runtime } from "./c/runtime.ts";
import { activeGraph, type Capture, trace } from "./trace.ts";
import { flattenTree } from "./tree.ts";

/** Settings of {@linkcode jit}. */
export type JitOptions = {
  /** Shown in messages and in the graph. @default {the function's own name} */
  name?: string;
  /**
   * `"graph"`: TensorFlow's graph with its rewriter. `"xla"`: the XLA compiler, good for
   * transformers, poor for convolutions on CPUs; inside another trace it stays a call that is compiled
   * on its own. `"none"`: no tracing, each op at once, for
   * debugging. @default {"graph"}
   */
  compiler?: Compiler;
  /**
   * The type of matrix products and convolutions, through TensorFlow's own graph rewrite: float16
   * on GPUs, bfloat16 on CPUs (faster only on those that compute in it). Arguments, variables and
   * results stay float32. A call inside another trace takes that trace's.
   * @default {"float32"}
   */
  precision?: Precision;
};

/** A traced function. */
export type Jitted<A extends unknown[], R> = {
  /** Runs it; blocks until the results are there. */
  (...args: A): R;
  /**
   * Runs it on another thread: displays, timers and Ctrl-C go on meanwhile. Calls run one after
   * the other, in order.
   */
  async(...args: A): Promise<R>;
  /** Traces it for these arguments without running it, to look at the graph. */
  lower(...args: A): Lowered;
  /** How many times it was traced: once for each form of its arguments. */
  readonly traces: number;
  /**
   * Frees its functions and the constants that they captured; another call traces anew. Otherwise
   * they are freed some time after the last reference to it is gone.
   */
  dispose(): void;
  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void;
};

/** A traced graph, to look at. */
export type Lowered = {
  nodes: number;
  inputs: number;
  outputs: number;
  /** The graph to read, a node a line: `Mul_2 = Mul(Placeholder_0, Placeholder_1) float32[3]`. */
  text: string;
  /** A serialised TensorFlow `GraphDef`. */
  graphDef: Uint8Array<ArrayBuffer>;
  /** Writes the `GraphDef` to a file that Netron and TensorBoard open; name it `*.pb`. */
  save(path: string): void;
};

type Compiled = {
  functionName: string;
  captures: Capture[];
  assigned: tf.Variable[];
  /** Functions that it calls, which must live as long. */
  called: readonly unknown[];
  /** Their types and shapes. */
  outputs: { dtype: number; shape: readonly number[] }[];
  rebuild: (tensors: readonly tf.Tensor[]) => unknown;
};

/** More traces than this, and a warning says what differs: doubling from here on. */
const MANY_TRACES = 5;

/** Frees what was traced once nothing refers to the function that holds it. */
const forgotten = new FinalizationRegistry(forget);

let pending = 0;
/** Functions that run on another thread, which must not be freed meanwhile. */
const running = new Set<unknown>();
let queue: Promise<unknown> = Promise.resolve();

/**
 * Makes a function of tensors run as one TensorFlow graph.
 *
 * - Arguments and result are trees: tensors inside arrays, plain objects, maps and sets. Other values
 *   among the arguments are part of the graph: each new one traces again, also a typed array or a
 *   field of an object that has changed in place. Of objects of classes, what is private is not seen:
 *   where that changes, hand over a new object.
 * - Variables that the function uses become inputs, those it assigns become outputs, so that a
 *   step reads as eager code does. Tensors that it uses from outside are kept as they are now.
 * - Gradients (`tf.grad`, `tf.variableGrads`, …) work inside. Around a jitted function they work
 *   too, by running it op by op.
 * - Randomness comes from keys: see `key`, `split`, `normal`.
 * - A jitted function called inside another becomes part of it.
 * - NaN comes out as it does op by op. Infinity does, too, but through a GELU fused with the matrix
 *   product before it, which makes NaN of it; under XLA NaN may come out where there is none op by op,
 *   as the zeros of a padding are multiplied, too; there, too, a GELU written with `tf.erf` makes
 *   -Infinity, not NaN, of -Infinity, and `tf.argMax`, `tf.argMin` and `tf.topk` of values with NaN
 *   may tell other places.
 *
 * @param f A function of trees, not asynchronous. It runs once for each form of its arguments, so
 * side effects such as printing happen only then.
 *
 * @throws {RangeError} For a compiler, a precision or an option that there is not; when the precision
 * cannot be had with this compiler; on tracing, when it cannot be had on this machine
 * @throws {TypeError} On tracing, when `f` reads a value, creates a variable, draws from tfjs's own
 * randomness, or uses an op whose output shape depends on values
 *
 * @example
 * ```ts
 * import { jit, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const weight = tf.variable(tf.scalar(3));
 * const step = jit((x: tf.Tensor) => {
 *   const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.mul(weight, x))) as tf.Scalar);
 *   weight.assign(tf.sub(weight, tf.mul(grads[weight.name], 0.1)));
 *   return value;
 * });
 * const loss = step(tf.tensor1d([1]));
 * assert.equal(loss.dataSync()[0], 9);
 * assert.ok(Math.abs(weight.dataSync()[0] - 2.4) < 1e-6);
 * assert.equal(step.traces, 1);
 * ```
 */
export function jit<A extends unknown[], R>(
  f: (...args: A) => R,
  options: JitOptions = {},
): Jitted<A, R> {
  const { name = f?.name || "jit", compiler = "graph", precision = "float32" } = options ?? {};
  if (typeof name !== "string") {
    throw new TypeError(`Cannot trace a function: name must be a text, found ${typeof name}`);
  }
  if (typeof f !== "function") {
    throw new TypeError(`Cannot trace what is no function: found ${f === null ? f : typeof f}`);
  }
  refuseUnknown(options ?? {}, { name: true, compiler: true, precision: true }, {
    what: `trace ${name}`,
  });
  checkChoices({ compiler, precision }, name);
  checkPrecision(precision, compiler, name);
  const cache = new Map<string, Compiled>();
  const attributes = callAttributes(compiler, precision);
  /** Memory that is never touched, so that JavaScript knows what the constants weigh. */
  const weight: ArrayBuffer[] = [];
  let traces = 0;

  /** Op by op; what is made on the way is freed, as a graph does. */
  function tidied(args: A): R {
    return tf.tidy(() => f(...args) as tf.TensorContainer) as R;
  }

  function call(...args: A): R {
    const outer = activeGraph();
    // XLA compiles this call alone, unless it compiles all around it.
    const apart = compiler === "xla" && !outer?.xla;
    if (apart && isTaped()) throw underTape(name);
    if (isTaped() || outer !== undefined && !apart) return f(...args);
    if (compiler === "none") return tidied(args);
    const { compiled, tensors } = prepare(args);
    if (outer !== undefined) {
      outer.called.push(jitted);
      const inputs = [...tensors, ...captureInputs(compiled)];
      return finish(compiled, outer.callXla(compiled.functionName, inputs, compiled.outputs));
    }
    if (pending > 0 && compiled.captures.some((capture) => "variable" in capture)) {
      throw new Error(
        `Cannot call ${name} while an asynchronous call is under way: await that call first`,
      );
    }
    const inputs = [...tensors, ...captureInputs(compiled)];
    return finish(compiled, execute(asCall(compiled, inputs)));
  }

  function callAsync(...args: A): Promise<R> {
    if (activeGraph() === undefined) return runAsync(args);
    throw new TypeError(
      `Cannot call ${name}.async while tracing: what it gives is known only when the graph runs; call ${name} itself`,
    );
  }

  async function runAsync(args: A): Promise<R> {
    if (compiler === "none") return await tidied(args);
    const { compiled, tensors } = prepare(args);
    const held = tensors.map(share);
    pending++;
    running.add(jitted);
    const result = queue.then(async () => {
      try {
        const inputs = [...held, ...captureInputs(compiled)];
        return finish(compiled, await executeInBackground(asCall(compiled, inputs)));
      } finally {
        held.forEach(free);
        pending--;
        running.delete(jitted);
      }
    });
    queue = result.catch(() => undefined);
    return await result;
  }

  function prepare(args: A): { compiled: Compiled; tensors: Handle[] } {
    const engineBackend = backend();
    const flat = flattenTree(args, (tensor) => {
      if (!tensor.isDisposed) return describeHandle(engineBackend.typeOf(tensor));
      throw new ReferenceError(
        `Cannot run ${name}: ${describeDisposed(tensor)} among its arguments was disposed`,
      );
    });
    let compiled = cache.get(flat.key);
    if (compiled === undefined) {
      checkProcessor(precision, { name });
      const inputs = flat.tensors.map((tensor) => engineBackend.typeOf(tensor));
      const traced = trace((symbolic) => f(...flat.rebuild(symbolic) as A), inputs, {
        xla: compiler === "xla",
      });
      try {
        const functionName = traced.graph.toFunction({ name, outputs: traced.outputs });
        const outputs = traced.outputs.map(({ dtype, shape }) => ({ dtype, shape }));
        const { captures, assigned, rebuild, graph: { called } } = traced;
        compiled = { functionName, captures, assigned, called, outputs, rebuild };
      } finally {
        traced.graph.delete();
      }
      cache.set(flat.key, compiled);
      weight.push(new ArrayBuffer(constantBytes(compiled.captures)));
      traces++;
      warnOfManyTraces();
    }
    return { compiled, tensors: flat.tensors.map((tensor) => engineBackend.handleOf(tensor)) };
  }

  function warnOfManyTraces(): void {
    const excess = traces / MANY_TRACES;
    if (excess <= 1 || !Number.isInteger(Math.log2(excess))) return;
    const [last, previous] = [...cache.keys()].reverse();
    console.warn(
      `${name} was traced ${traces} times, once for each form of its arguments; the last two were ${previous} and ${last}. Pass numbers that change as tensors, and keep shapes fixed`,
    );
  }

  function captureInputs({ captures }: Compiled): Handle[] {
    return captures.map((capture) => {
      if ("constant" in capture) return capture.constant;
      if (capture.variable.isDisposed) {
        throw new ReferenceError(
          `Cannot run ${name}: variable "${capture.variable.name}", which it uses, was disposed`,
        );
      }
      return backend().handleOf(capture.variable);
    });
  }

  function asCall({ functionName, outputs }: Compiled, inputs: Handle[]): Call {
    return { op: functionName, attributes, inputs, outputs: outputs.length };
  }

  function finish({ assigned, rebuild }: Compiled, handles: Handle[]): R {
    const { binding } = backend();
    const tensors = handles.map((handle) => backend().createOutputTensor(binding.adopt(handle)));
    const values = tensors.splice(tensors.length - assigned.length);
    assigned.forEach((variable, index) => variable.assign(values[index]! as never));
    tf.dispose(values);
    return rebuild(tensors) as R;
  }

  function lower(...args: A): Lowered {
    const engineBackend = backend();
    const flat = flattenTree(args);
    const { graph, captures, outputs } = trace(
      (symbolic) => f(...flat.rebuild(symbolic) as A),
      flat.tensors.map((tensor) => engineBackend.typeOf(tensor)),
      { xla: compiler === "xla" },
    );
    const graphDef = graph.toGraphDef();
    const { nodes, text } = graph;
    graph.delete();
    freeConstants(captures);
    return {
      nodes,
      inputs: flat.tensors.length + captures.length,
      outputs: outputs.length,
      text,
      graphDef,
      save: (path) => writeFileAtomic(path, graphDef),
    };
  }

  function dispose(): void {
    const freed = { name, cache: new Map(cache) };
    cache.clear();
    weight.length = 0;
    if (pending === 0) forget(freed);
    else void queue.then(() => forget(freed));
  }

  const methods = { async: callAsync, lower, dispose, [Symbol.dispose]: dispose };
  const jitted = Object.assign(call, methods) as unknown as Jitted<A, R>;
  Object.defineProperty(jitted, "traces", { get: () => traces });
  Object.defineProperty(jitted, "name", { value: name });
  forgotten.register(jitted, { name, cache });
  return jitted;
}

/** Frees functions, and the constants that they captured. */
function forget({ name, cache }: { name: string; cache: Map<string, Compiled> }): void {
  if (cache.size === 0) return;
  const { c, context, status } = runtime();
  for (const { functionName, captures } of cache.values()) {
    c.TFE_ContextRemoveFunction(context, cString(functionName), status.pointer);
    status.check(() => `Cannot free ${name}`);
    freeConstants(captures);
  }
  cache.clear();
}

/** How much memory the constants take, up to what one buffer may. */
function constantBytes(captures: readonly Capture[]): number {
  const bytes = captures.map((capture) =>
    "constant" in capture ? tf.util.sizeFromShape(capture.constant.shape) * 4 : 0
  );
  return Math.min(2 ** 30, bytes.reduce((sum, size) => sum + size, 0));
}

function freeConstants(captures: readonly Capture[]): void {
  for (const capture of captures) if ("constant" in capture) free(capture.constant);
}

/** Why XLA cannot have a function: a gradient recorded around it has to see every op. */
function underTape(name: string): Error {
  return new Error(
    `Cannot compile ${name} with XLA inside a gradient: the gradient has to see its ops; take the gradient inside the compiled function, or leave the compiler at "graph"`,
  );
}

/** Whether a gradient is being recorded: the tape has to see the ops inside. */
function isTaped(): boolean {
  return tf.engine().state.gradientDepth > 0;
}
