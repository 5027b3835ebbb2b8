import assert from "node:assert/strict";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { memorySource, type TableBatch } from "galaxykit/data";
import { Linear } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { type Epoch, train, type TrainOptions } from "galaxykit/train";
import { readEvents } from "../event_files.ts";
import { temporaryFolder } from "../temporary.ts";

type Batch = TableBatch<"x" | "y">;

const x = Float32Array.from({ length: 32 }, (_, i) => i / 32);
const set = memorySource({ x, y: x.map((value) => 2 * value) }, { length: 32 });

/** A line through points, trained and measured. */
function fitLine(more: Partial<TrainOptions<Batch>>): Promise<{ history: Epoch[] }> {
  const model = new Linear(1, 1, { key: key(1) });
  return train<Batch, { x: tf.Tensor; y: tf.Tensor }>({
    metrics: { error: "lower" },
    inputs: ({ x, y }) => ({
      x: tf.tensor2d(x, [x.length, 1]),
      y: tf.tensor2d(y, [y.length, 1]),
    }),
    loss: ({ x, y }) => {
      const difference = tf.sub(model.call(x), y);
      return {
        loss: tf.mean(tf.square(difference)),
        metrics: { error: { sum: tf.sum(tf.abs(difference)), count: tf.scalar(y.shape[0]!) } },
      };
    },
  }, {
    ...{ model, batchSize: 8, epochs: 4, rate: 0.1, seed: 1 },
    train: { set, indices: Int32Array.from({ length: 24 }, (_, i) => i) },
    validation: { set, indices: Int32Array.from({ length: 8 }, (_, i) => 24 + i) },
    ...more,
  });
}

/** The curve of a name: pairs of step and value. */
function curve(run: string, name: string): [number, number][] {
  const [part, tag] = name.split(" ");
  return readEvents(join(run, "tensorboard", part!)).filter((noted) => noted.tag === tag)
    .map(({ step, value }) => [step, value!]);
}

/** What event files have of a column of the history. */
function wanted(history: Epoch[], column: keyof Epoch): [number, number][] {
  return history.map((row) => [row.epoch, Math.fround(row[column] as number)]);
}

Deno.test("train({ tensorBoard: true }) notes each epoch at once, as the history does", async () => {
  const run = join(temporaryFolder(), "run");
  const seen: number[] = [];
  const { history } = await fitLine({
    ...{ run, tensorBoard: true },
    onEpoch: () => seen.push(curve(run, "validation epoch_loss").length),
  });
  assert.deepEqual(seen, [1, 2, 3, 4]);
  const curves: [string, keyof Epoch][] = [
    ["train epoch_loss", "train_loss"],
    ["train epoch_error", "train_error"],
    ["train epoch_learning_rate", "learning_rate"],
    ["validation epoch_loss", "validation_loss"],
    ["validation epoch_error", "validation_error"],
  ];
  for (const [name, column] of curves) {
    assert.deepEqual(curve(run, name), wanted(history, column), name);
  }
});

Deno.test("a stopped run can be read, and notes on when it is resumed", async () => {
  const run = join(temporaryFolder(), "run");
  const stop = new AbortController();
  await assert.rejects(
    fitLine({
      ...{ run, tensorBoard: true, signal: stop.signal },
      onStep: ({ epoch, step }) => void (epoch === 3 && step === 2 && stop.abort()),
    }),
    { name: "AbortError" },
  );
  assert.deepEqual(curve(run, "train epoch_loss").map(([step]) => step), [1, 2]);
  const { history } = await fitLine({ run, resume: true });
  assert.equal(history.length, 4);
  assert.deepEqual(curve(run, "train epoch_loss"), wanted(history, "train_loss"));
});

Deno.test("a run that was killed notes no epoch twice", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  const { history } = await fitLine({
    ...{ run, tensorBoard: true, checkpointSeconds: 0 },
    onStep: ({ epoch, step }) => {
      if (epoch === 2 && step === 3) copyFileSync(join(run, "last.safetensors"), `${folder}/last`);
    },
  });
  // As if it had been killed in the fourth epoch, long after the last checkpoint
  copyFileSync(`${folder}/last`, join(run, "last.safetensors"));
  await fitLine({ run, resume: true, tensorBoard: true });
  assert.deepEqual(curve(run, "validation epoch_loss"), wanted(history, "validation_loss"));
});

Deno.test("a run that begins anew begins anew for TensorBoard, and takes nothing else away", async () => {
  const run = join(temporaryFolder(), "run");
  await fitLine({ run, tensorBoard: true });
  const note = join(run, "tensorboard", "notes.txt");
  Deno.writeTextFileSync(note, "mine");
  await assert.rejects(fitLine({ run, overwrite: true }), {
    message:
      `Cannot overwrite the run in "${run}": there is more in the folder ("notes.txt"); name another`,
  });
  assert.equal(curve(run, "train epoch_loss").length, 4);
  Deno.removeSync(note);
  const { history } = await fitLine({ run, overwrite: true, tensorBoard: true, epochs: 2 });
  assert.deepEqual(curve(run, "train epoch_loss"), wanted(history, "train_loss"));
  await fitLine({ run, overwrite: true });
  assert.ok(!existsSync(join(run, "tensorboard")));
});

Deno.test("train({ tensorBoard: true }) wants a run", async () => {
  await assert.rejects(fitLine({ tensorBoard: true }), {
    name: "RangeError",
    message: "Cannot write for TensorBoard: tensorBoard is true, and no folder is named (run)",
  });
});

Deno.test("trainings for TensorBoard leave no tensor behind", async () => {
  const run = join(temporaryFolder(), "run");
  const more = { tensorBoard: true, overwrite: true, epochs: 1 };
  await fitLine({ run, ...more });
  const before = tf.memory().numTensors;
  await fitLine({ run: `${run}2`, epochs: 1 });
  const perModel = tf.memory().numTensors - before;
  await fitLine({ run, ...more });
  assert.equal(tf.memory().numTensors - before, 2 * perModel);
});
