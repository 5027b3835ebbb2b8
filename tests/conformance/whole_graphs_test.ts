import assert from "node:assert/strict";
import { Backend } from "../../lib/tensorflow/backend.ts";
import { tf } from "../../lib/tensorflow/engine.ts";
import { inWholeGraphs } from "./suite.ts";
import { type Run, WholeGraphs } from "./whole_graphs.ts";

/** Runs `body` on a backend that traces; returns what was run. */
async function traced(body: () => Promise<void>): Promise<Run[]> {
  const runs: Run[] = [];
  const name = "whole graphs";
  tf.registerBackend(name, () => {
    const backend = new Backend();
    inWholeGraphs(backend.binding, (run) => runs.push(run));
    return backend;
  });
  tf.copyRegisteredKernels("tensorflow", name);
  await tf.setBackend(name);
  try {
    await body();
    WholeGraphs.settle();
  } finally {
    await tf.setBackend("tensorflow");
    tf.removeBackend(name);
  }
  return runs;
}

Deno.test("WholeGraphs runs all ops up to a reading as one function, and goes on after it", async () => {
  const runs = await traced(async () => {
    const x = tf.tensor1d([1, -2, 3]);
    const y = tf.relu(tf.mul(x, x));
    const sum = tf.sum(y);
    x.dispose();
    assert.deepEqual([...await y.data()], [1, 4, 9]);
    assert.equal(sum.dataSync()[0], 14);
    assert.equal(tf.add(sum, 1).dataSync()[0], 15);
    tf.neg(sum); // nobody looks
  });
  assert.deepEqual(runs, [
    { event: "function", ops: 3 },
    { event: "function", ops: 1 },
    { event: "function", ops: 1 },
  ]);
});

Deno.test("WholeGraphs runs an op alone whose lengths depend on values", async () => {
  const runs = await traced(async () => {
    const x = tf.neg(tf.tensor1d([1, 0, 1]));
    const places = await tf.whereAsync(tf.cast(x, "bool"));
    assert.deepEqual([...places.dataSync()], [0, 2]);
    const { values } = tf.unique(x);
    assert.deepEqual([...tf.neg(values).dataSync()], [1, 0]);
  });
  assert.deepEqual(runs.filter(({ event }) => event === "alone"), [
    { event: "alone", op: "UniqueV2" },
  ]);
});

Deno.test("WholeGraphs says which op failed, and lives on", async () => {
  await traced(async () => {
    const outside = tf.gather(tf.neg(tf.tensor1d([1, 2])), tf.tensor1d([7], "int32"));
    await assert.rejects(() => outside.data(), {
      name: "TensorFlowError",
      message: /= 7 is not in/,
    });
    assert.throws(() => tf.neg(outside), {
      message: 'Cannot use the result of "GatherV2": the function that gives it failed',
    });
    assert.deepEqual([...tf.neg(tf.tensor1d([3])).dataSync()], [-3]);
  });
});
