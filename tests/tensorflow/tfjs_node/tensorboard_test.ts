import * as tf from "@tensorflow/tfjs-node-gpu";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Noted, readEvents } from "../../event_files.ts";
import values from "../../reference/tfjs_models/values.json" with { type: "json" };
import { temporaryFolder } from "../../temporary.ts";

const REFERENCE = fileURLToPath(import.meta.resolve("../../reference/tfjs_models/events"));

/** Compares what was noted with what TensorBoard's Python noted of the same data. */
function assertNoted(found: Noted[], wanted: Noted[]): void {
  assert.deepEqual(
    found.map(({ tag, step, value }) => ({ tag, step, value })),
    wanted.map(({ tag, step, value }) => ({ tag, step, value })),
  );
  found.forEach(({ histogram }, index) => {
    const rows = wanted[index]!.histogram;
    assert.equal(histogram?.length, rows?.length);
    histogram?.flat().forEach((value, at) => {
      const difference = Math.abs(value - rows!.flat()[at]!);
      assert.ok(difference < 1e-6, `${value} and ${rows!.flat()[at]}`);
    });
  });
}

Deno.test("tf.node.summaryFileWriter() writes what TensorBoard's Python writes", () => {
  const folder = `${temporaryFolder()}/logs/deep`;
  const writer = tf.node.summaryFileWriter(folder);
  for (const [tag, step, value] of values.scalars) {
    writer.scalar(tag as string, Number(value), step as number);
  }
  for (const [tag, step, data, buckets] of values.histograms) {
    const tensor = tf.tensor1d(data as number[]);
    writer.histogram(tag as string, tensor, step as number, buckets as number);
    tensor.dispose();
  }
  writer.flush();
  const reference = readEvents(REFERENCE);
  assert.equal(reference.length, values.scalars.length + values.histograms.length);
  assert.deepEqual(reference[0], { tag: "loss", step: 1, value: 0.75 });
  assert.deepEqual(reference.at(-1)!.histogram, [[-1, 0, 1], [0, 1, 3]]);
  assertNoted(readEvents(folder), reference);
});

Deno.test("SummaryFileWriter.histogram() counts each value once, also whole numbers and billions", () => {
  const folder = temporaryFolder();
  const writer = tf.node.summaryFileWriter(folder);
  const before = tf.memory().numTensors;
  for (
    const data of [
      tf.tensor2d([[1, 2], [3, 4]], [2, 2], "int32"),
      tf.tensor1d([true, false, true], "bool"),
      tf.scalar(-2e9),
      tf.linspace(0, 1, 100_000),
    ]
  ) {
    writer.histogram("data", data, 0, 4);
    writer.flush();
    const { histogram } = readEvents(folder).at(-1)!;
    assert.equal(histogram!.reduce((sum, [, , count]) => sum + count!, 0), data.size);
    data.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("SummaryFileWriter.histogram() has one bucket for equal values, and none for none", () => {
  const folder = temporaryFolder();
  const writer = tf.node.summaryFileWriter(folder);
  writer.histogram("data", tf.fill([2, 3], 7), 0);
  writer.histogram("data", tf.tensor1d([]), 1);
  writer.flush();
  assert.deepEqual(readEvents(folder).map(({ histogram }) => histogram), [[[6.5, 7.5, 6]], []]);
});

Deno.test("SummaryFileWriter.histogram() refuses what no bucket holds", () => {
  const writer = tf.node.summaryFileWriter(temporaryFolder());
  assert.throws(() => writer.histogram("w", tf.tensor1d([1, NaN, Infinity]), 0), {
    name: "RangeError",
    message: "Cannot make a histogram: 2 of 3 values are NaN or infinite",
  });
  assert.throws(() => writer.histogram("w", tf.tensor1d([1]), 0, 0), /strictly positive integer/);
});

Deno.test("tf.node.tensorBoard() notes losses, metrics and weights of a fit", async () => {
  const folder = temporaryFolder();
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ loss: "meanSquaredError", optimizer: "sgd", metrics: ["MAE"] });
  const { history } = await model.fit(tf.randomNormal([40, 2]), tf.randomNormal([40, 1]), {
    epochs: 3,
    batchSize: 10,
    verbose: 0,
    validationSplit: 0.25,
    callbacks: tf.node.tensorBoard(folder, { updateFreq: "batch", histogramFreq: 2 }),
  });
  const train = readEvents(`${folder}/train`);
  const of = (events: Noted[], wanted: string) =>
    events.filter(({ tag }) => tag === wanted).map(({ value }) => value);
  assert.deepEqual(of(train, "epoch_loss"), (history.loss as number[]).map(Math.fround));
  assert.equal(of(train, "batch_loss").length, 9);
  assert.deepEqual(
    of(readEvents(`${folder}/val`), "epoch_MAE"),
    (history.val_MAE as number[]).map(Math.fround),
  );
  const kernels = train.filter(({ tag }) => tag.endsWith("/kernel"));
  assert.deepEqual(kernels.map(({ step }) => step), [0, 2]);
  assert.ok(train.some(({ tag, histogram }) => tag.endsWith("/bias") && histogram!.length === 1));
});

Deno.test("tf.node.summaryFileWriter() writes on in a folder that was removed", async () => {
  const folder = temporaryFolder();
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
  const callbacks = () => tf.node.tensorBoard(folder);
  for (const _ of [1, 2]) {
    await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), { verbose: 0, callbacks: callbacks() });
    assert.equal(readEvents(`${folder}/train`).length, 1);
    Deno.removeSync(folder, { recursive: true });
  }
  const writer = tf.node.summaryFileWriter(folder);
  assert.equal(tf.node.summaryFileWriter(folder), writer);
  assert.throws(() => tf.node.summaryFileWriter(""), /^TypeError: Invalid logdir: /);
});

Deno.test("what a summary file writer holds is written when the process ends", async () => {
  const folder = temporaryFolder();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import * as tf from "@tensorflow/tfjs-node-gpu";
      const writer = tf.node.summaryFileWriter(${JSON.stringify(folder)});
      for (let step = 0; step < 25; ++step) writer.scalar("sine", Math.sin(step), step);`,
    ],
    cwd: fileURLToPath(import.meta.resolve("../../..")),
    stderr: "null",
  }).output();
  assert.ok(success);
  assert.deepEqual(
    readEvents(folder).map(({ step, value }) => [step, value]),
    Array.from({ length: 25 }, (_, step) => [step, Math.fround(Math.sin(step))]),
  );
});
