import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { Linear } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { type LoopOptions, type Position, RunFolder, runPhase, type Work } from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";

const START: Position = {
  ...{ phase: 0, start: 0, epoch: 0, step: 0, sums: {}, history: [], fingerprint: "" },
};

/** A task that is no network for images: two numbers a batch, whose sum is the loss. */
function task({ epochs = 3, loss }: { epochs?: number; loss?: (number: number) => number } = {}) {
  const begun: { epoch: number; firstStep: number }[] = [];
  const numbers: number[] = [];
  const work: Work<number> = {
    epochs,
    steps: 4,
    schedule: (step) => 1 / (1 + step),
    async *batches(place) {
      begun.push(place);
      for (let batch = place.firstStep; batch < 4; batch++) yield await Promise.resolve(batch);
    },
    step(batch, { number }) {
      numbers.push(number);
      return Promise.resolve({ loss: loss?.(number) ?? batch, norm: 1, twice: 2 * batch });
    },
    measure: (sums) =>
      Promise.resolve({
        train_loss: sums.loss! / 4,
        validation_loss: 10 / (1 + begun.length),
        train_twice: sums.twice! / 4,
      }),
    describe: (batch) => `batch ${batch}`,
  };
  return { work, begun, numbers };
}

function options(more: Partial<LoopOptions> = {}): LoopOptions {
  return {
    monitor: { column: "validation_loss", better: "lower" },
    trained: { model: new Linear(2, 1, { key: key(1) }), state: {} },
    ...more,
  };
}

Deno.test("runPhase() takes the steps of any task, and notes what it measures", async () => {
  const { work, numbers } = task();
  const seen: number[] = [];
  const { history, best, epoch, step } = await runPhase(work, START, {
    ...options(),
    onStep: ({ epoch, step }) => seen.push(10 * epoch + step),
  });
  assert.deepEqual(numbers, [...Array(12).keys()]);
  assert.deepEqual(seen, [11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34]);
  assert.deepEqual([epoch, step, best], [3, 0, { epoch: 3, value: 2.5 }]);
  assert.deepEqual(history.map(({ train_loss, train_twice }) => [train_loss, train_twice]), [
    [1.5, 3],
    [1.5, 3],
    [1.5, 3],
  ]);
  assert.deepEqual(history.map((row) => row.learning_rate), [1 / 4, 1 / 8, 1 / 12]);
});

Deno.test("runPhase() goes on in the middle of an epoch of a later phase", async () => {
  const { work, begun, numbers } = task();
  const rates: number[] = [];
  const from = { ...START, phase: 1, start: 5, epoch: 6, step: 2, sums: { loss: 1, twice: 2 } };
  const named = {
    ...work,
    name: "late",
    schedule: (step: number) => (rates.push(step), 1),
  };
  const { history } = await runPhase(named, from, options());
  assert.deepEqual(begun, [{ epoch: 6, firstStep: 2 }, { epoch: 7, firstStep: 0 }]);
  assert.deepEqual(numbers, [26, 27, 28, 29, 30, 31]);
  assert.deepEqual(rates, [6, 7, 7, 8, 9, 10, 11, 11]);
  assert.deepEqual(
    history.map(({ epoch, phase, train_loss }) => [epoch, phase, train_loss]),
    [[7, "late", 1.5], [8, "late", 1.5]],
  );
});

Deno.test("runPhase() stops at what is not finite, naming the batch, before it is kept", async () => {
  const run = new RunFolder(temporaryFolder());
  const { work } = task({ loss: (number) => number === 5 ? NaN : 1 });
  await assert.rejects(runPhase(work, START, options({ run, checkpointSeconds: 1e9 })), {
    name: "RangeError",
    message:
      "Cannot go on training: the loss is NaN in epoch 2, step 2 of 4 (batch 1); lower the learning rate, 0.16666666666666666 now",
  });
  assert.ok(!existsSync(run.file("last.safetensors")));
});

Deno.test("runPhase() writes a checkpoint when the signal aborts", async () => {
  const run = new RunFolder(temporaryFolder());
  const controller = new AbortController();
  const { work } = task();
  const state = { speed: tf.variable(tf.scalar(3), false) };
  const { trained } = options();
  const settings = options({ run, signal: controller.signal, trained: { ...trained, state } });
  const onStep = ({ step }: { step: number }) => void (step === 3 && controller.abort());
  await assert.rejects(runPhase(work, START, { ...settings, onStep }), { name: "AbortError" });
  const last = run.readLast("")!;
  assert.deepEqual(last.position, { ...START, step: 3, sums: { loss: 3, twice: 6 } });
  state.speed.assign(tf.scalar(0));
  last.restore(settings.trained);
  assert.deepEqual([...state.speed.dataSync()], [3]);
});
