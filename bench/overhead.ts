/**
 * What one op costs beside its computation, layer by layer.
 *
 * `deno run -A bench/overhead.ts` prints the processor time of this thread for one op of a few
 * numbers: medians of rounds in turns.
 *
 * @module
 */

import { tf } from "galaxykit/tensorflow";
import { cString } from "../lib/tensorflow/c/cstring.ts";
import { runtime } from "../lib/tensorflow/c/runtime.ts";
import { typeAttribute } from "../lib/tensorflow/backend.ts";
import { eagerExecutor, free } from "../lib/tensorflow/eager.ts";
import { backend } from "../lib/tensorflow/engine.ts";

const OPS = 10_000;
const TIMED_OPS = 1_000;
const ROUNDS = 15;

/** Microseconds for `tf.add` of two tensors of four numbers. */
export function addOverhead(): number {
  const a = tf.tensor1d([1, 2, 3, 4]);
  const b = tf.tensor1d([5, 6, 7, 8]);
  const start = performance.now();
  for (let count = 0; count < OPS; count++) tf.add(a, b).dispose();
  const microseconds = (performance.now() - start) * 1000 / OPS;
  tf.dispose([a, b]);
  return microseconds;
}

/** What is timed, each with all that stands before it. */
function calls(): { [name: string]: () => void } {
  const a = tf.tensor1d([1, 2, 3, 4]);
  const b = tf.tensor1d([5, 6, 7, 8]);
  const square = tf.ones<tf.Rank.R2>([2, 2]);
  const kit = backend();
  const { binding } = kit;
  const handles = [kit.handleOf(a), kit.handleOf(b)];
  const ids = kit.getInputTensorIds([a, b]);
  const attributes = [typeAttribute("T", handles[0]!.dtype)];
  const weight = tf.variable(square);
  const learningRate = tf.scalar(0.1);
  return {
    "TensorFlow's calls alone": rawAdd(handles[0]!.pointer, handles[1]!.pointer),
    "+ attributes, shapes (eager.ts)": () =>
      free(eagerExecutor.execute("AddV2", attributes, handles, 1)[0]!),
    "+ tensors by number (binding.ts)": () =>
      binding.deleteTensor(binding.executeOp("AddV2", attributes, ids, 1)[0]!.id),
    "+ tfjs tensors (backend.ts)": () =>
      kit.executeSingleOutput("AddV2", attributes, [a, b]).dispose(),
    "+ kernels (runKernel)": () => (tf.engine().runKernel("Add", { a, b }) as tf.Tensor).dispose(),
    "tf.add, the whole": () => tf.add(a, b).dispose(),
    "tf.mul by a number": () => tf.mul(a, 2).dispose(),
    "tf.relu": () => tf.relu(a).dispose(),
    "tf.matMul, 2 x 2": () => tf.matMul(square, square).dispose(),
    "training step, 2 x 2": () =>
      tf.tidy(() => {
        const loss = () => tf.mean(tf.square(tf.matMul(square, weight))) as tf.Scalar;
        const { grads } = tf.variableGrads(loss, [weight]);
        weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, learningRate)));
      }),
  };
}

/** An addition by the fewest calls of TensorFlow's C functions. */
function rawAdd(a: Deno.PointerValue, b: Deno.PointerValue): () => void {
  const { c, context, status: { pointer: status } } = runtime();
  const name = cString("AddV2");
  const op = c.TFE_NewOp(context, name, status);
  const returned = new BigUint64Array(1);
  const count = new Int32Array(1);
  return () => {
    c.TFE_OpAddInput(op, a, status);
    c.TFE_OpAddInput(op, b, status);
    count[0] = 1;
    c.TFE_Execute(op, returned, count, status);
    c.TFE_OpReset(op, name, null, status);
    c.TFE_DeleteTensorHandle(Deno.UnsafePointer.create(returned[0]!));
  };
}

const { symbols } = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6", {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});
const THREAD_CLOCK = Deno.build.os === "darwin" ? 16 : 3;
const seconds = new BigInt64Array(2);

/** Microseconds of processor time that this thread has taken. */
function threadTime(): number {
  symbols.clock_gettime(THREAD_CLOCK, seconds);
  return Number(seconds[0]) * 1e6 + Number(seconds[1]) / 1e3;
}

/** Microseconds of this thread's processor time for one call. */
function processorTime(call: () => void): number {
  const start = threadTime();
  for (let count = 0; count < TIMED_OPS; count++) call();
  return (threadTime() - start) / TIMED_OPS;
}

if (import.meta.main) {
  const timed = Object.entries(calls()).map(([name, call]) => ({
    name,
    call,
    times: [] as number[],
  }));
  // The first rounds compile
  for (let round = -10; round < ROUNDS; round++) {
    for (const { call, times } of timed) {
      const time = processorTime(call);
      if (round >= 0) times.push(time);
    }
  }
  console.log("| one op of a few numbers | processor time, µs |\n| --- | ---: |");
  for (const { name, times } of timed) {
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
    console.log(`| ${name} | ${median.toFixed(1)} |`);
  }
}
