import assert from "node:assert/strict";
import { join } from "node:path";
import { tf } from "galaxykit/tensorflow";
import { type Epoch, fit, type FitOptions, RunFolder, sgd, stepDecay } from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

const set = galaxySet({ count: 12 });

/** Trains a tiny model for two epochs of three steps, unless told otherwise. */
async function train({ width = 4, ...options }: Partial<FitOptions> & { width?: number } = {}) {
  const model = tinyModel({ width });
  const optimizer = sgd(model.namedParameters());
  try {
    return await fit(model, {
      train: { set },
      validation: { set },
      optimizer,
      schedule: stepDecay({ rate: 0.5, every: 3, factor: 0.5 }),
      epochs: 2,
      batchSize: 4,
      seed: 1,
      normalization,
      ...options,
    });
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

Deno.test("fit() tells of each step and epoch, and keeps the history", async () => {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  const steps: [number, number, number][] = [];
  const losses: number[] = [];
  const epochs: Epoch[] = [];
  const { history } = await train({
    run,
    onStep: ({ epoch, step, steps: all, loss }) => {
      steps.push([epoch, step, all]);
      losses.push(loss);
    },
    onEpoch: (epoch) => epochs.push(epoch),
  });
  assert.deepEqual(steps, [[1, 1, 3], [1, 2, 3], [1, 3, 3], [2, 1, 3], [2, 2, 3], [2, 3, 3]]);
  assert.deepEqual(epochs, history);
  assert.deepEqual(history.map((row) => row.learning_rate), [0.5, 0.25]);
  assert.equal(history[1]!.train_loss, (losses[3]! + losses[4]! + losses[5]!) / 3);
  const [header, ...rows] = Deno.readTextFileSync(run.file("history.csv")).trimEnd().split("\n");
  assert.equal(
    header,
    "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy,learning_rate,seconds",
  );
  assert.deepEqual(rows.map((row) => row.split(",").map(Number)), history.map(Object.values));
  assert.deepEqual(
    [...Deno.readDirSync(run.path)].map(({ name }) => name).sort(),
    ["config.json", "history.csv", "last.safetensors", "model.safetensors"],
  );
});

Deno.test("fit() refuses to resume with other data, or another model", async () => {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  await train({ run, epochs: 1 });
  const tensorsBefore = tf.memory().numTensors;
  const others = { set: galaxySet({ count: 24, seed: 2 }) };
  await assert.rejects(train({ run, epochs: 1, resume: true, train: others }), {
    message: /^Cannot go on in ".*": it was trained on other examples, or on others of them; /,
  });
  await assert.rejects(train({ run, epochs: 1, resume: true, width: 6 }), {
    message: /^Cannot go on in ".*": it holds a run with model\.options\.width 4, 6 wanted; /,
  });
  assert.equal(tf.memory().numTensors, tensorsBefore, "tensors leaked");
});

Deno.test("fit() holds memory flat, and lets timers run during a step", async () => {
  const memory: number[] = [];
  const ticksByStep: number[] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  await train({
    epochs: 1,
    train: { set: galaxySet({ count: 240 }) },
    onStep: ({ step }) => {
      ticksByStep.push(ticks);
      if (step % 20 === 0) memory.push(Deno.memoryUsage().rss);
    },
  });
  clearInterval(timer);
  // A step that leaked its batch and gradients would add 0.6 MB.
  assert.ok(memory[2]! - memory[1]! < 8e6, `${memory}`);
  const during = ticksByStep.slice(1).filter((count, step) => count > ticksByStep[step]!);
  assert.ok(during.length > 50, `timers ran in ${during.length} of 59 steps`);
});
