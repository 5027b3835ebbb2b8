import assert from "node:assert/strict";
import { imageSet } from "galaxykit/data";
import * as nn from "galaxykit/nn";
import { type Key, key, tf, truncatedNormal } from "galaxykit/tensorflow";
import { constant, Ema, type Epoch, fit, type FitOptions, RunFolder, sgd } from "galaxykit/train";
import { readSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";
import { galaxySet, normalization } from "./_problem.ts";

const set = galaxySet({ count: 48 });
const indices = Int32Array.from(set.labels, (_, index) => index);
const [train, validation] = [
  { set, indices: indices.subarray(0, 32) },
  { set, indices: indices.subarray(32) },
];

/** Two convolutions with every kind of state: traced in a tenth of a ResNet's time. */
function tinyNet({ width = 4 } = {}): nn.Sequential {
  const from = key(1);
  const convolution = { kernelSize: 3, stride: 2, padding: 1, bias: false, key: from };
  const net = new nn.Sequential({
    conv1: new nn.Conv2d(3, width, convolution),
    bn1: new nn.BatchNorm2d(width),
    relu1: new nn.ReLU(),
    conv2: new nn.Conv2d(width, 2 * width, convolution),
    bn2: new nn.BatchNorm2d(2 * width),
    relu2: new nn.ReLU(),
    pool: new nn.AdaptiveAvgPool2d(1),
    flat: new nn.Flatten(),
    drop: new nn.Dropout(0.1),
    fc: new nn.Linear(2 * width, set.classes.length, { key: from }),
  });
  from.dispose();
  return net;
}

type Settings = Partial<FitOptions> & { rate?: number; model?: nn.Layer };

/** Trains the tiny network by momentum for two epochs of four steps, unless told otherwise. */
async function run({ rate = 0.02, model = tinyNet(), ...options }: Settings = {}) {
  const optimizer = options.optimizer ?? sgd(model.namedParameters(), { momentum: 0.9 });
  const outcome = await fit(model, {
    train,
    validation,
    optimizer,
    schedule: constant(rate),
    epochs: 2,
    batchSize: 8,
    seed: 3,
    normalization,
    ...options,
  });
  return { ...outcome, model, optimizer };
}

function withoutTimes(history: readonly Epoch[]): Epoch[] {
  return history.map((row) => ({ ...row, seconds: 0 }));
}

Deno.test("fit() learns to tell generated galaxies apart", async () => {
  const big = galaxySet({ count: 120 });
  const all = Int32Array.from(big.labels, (_, index) => index);
  const { history, best } = await run({
    model: tinyNet({ width: 16 }),
    train: { set: big, indices: all.subarray(0, 96) },
    validation: { set: big, indices: all.subarray(96) },
    rate: 0.03,
    batchSize: 16,
    epochs: 20,
    monitor: "validation_accuracy",
  });
  assert.deepEqual(history.map(({ epoch }) => epoch), history.map((_, k) => k + 1));
  assert.equal(history.length, 20);
  assert.ok(history.at(-1)!.train_loss < 0.6 * history[0]!.train_loss, JSON.stringify(history));
  assert.equal(best.value, Math.max(...history.map((row) => row.validation_accuracy)));
  assert.ok(best.value > 0.6, JSON.stringify(history)); // by chance 0.33
  assert.ok(history.at(-1)!.train_accuracy > 0.7, JSON.stringify(history));
});

Deno.test("fit() repeats itself from the same seed, and differs from another", async () => {
  const augment = (key: Key, images: tf.Tensor4D) =>
    tf.add(images, tf.mul(truncatedNormal(key, images.shape), 20)) as tf.Tensor4D;
  const [a, b, c] = [
    await run({ augment }),
    await run({ augment }),
    await run({ augment, seed: 4 }),
  ];
  assert.deepEqual(withoutTimes(a.history), withoutTimes(b.history));
  assert.deepEqual(a.model.stateDict(), b.model.stateDict());
  assert.notDeepEqual(withoutTimes(a.history), withoutTimes(c.history));
});

Deno.test("fit() draws anew in each epoch", async () => {
  const augment = (key: Key, images: tf.Tensor4D) =>
    tf.add(images, tf.mul(truncatedNormal(key, images.shape), 50)) as tf.Tensor4D;
  // All images are alike, and nothing is learnt: what differs is what was drawn.
  const { size, classes, images } = set;
  const labels = new Int32Array(set.length);
  const alike = imageSet({ images: images!.slice().fill(99), size, classes, labels });
  const { history } = await run({ train: { set: alike }, augment, rate: 0, batchSize: 48 });
  const [first, second] = history.map(({ train_loss }) => train_loss);
  assert.ok(Math.abs(first! - second!) > 1e-4, `${first} and ${second}`);
});

Deno.test("fit() leaves no tensor behind, however many steps", async () => {
  const counts: number[] = [];
  const model = tinyNet();
  const before = tf.memory().numTensors;
  const { optimizer } = await run({
    model,
    epochs: 6,
    onStep: () => void counts.push(tf.memory().numTensors),
  });
  assert.equal(counts.length, 24);
  assert.deepEqual(new Set(counts.slice(4)), new Set([counts[4]]));
  optimizer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("fit() ends when patience is over, and keeps the best model of the run", async () => {
  const folder = new RunFolder(temporaryFolder());
  let bestModel: Uint8Array | undefined;
  let lowest = Infinity;
  const { history, best } = await run({
    run: folder,
    rate: 0, // Only the running statistics move
    epochs: 30,
    patience: 3,
    monitor: "validation_loss",
    onEpoch({ validation_loss }) {
      const file = Deno.readFileSync(folder.file("model.safetensors"));
      if (validation_loss < lowest) [bestModel, lowest] = [file, validation_loss];
      assert.deepEqual(file, bestModel);
    },
  });
  assert.equal(history.length, best.epoch + 3);
  assert.ok(history.length < 30);
  assert.equal(best.value, Math.min(...history.map((row) => row.validation_loss)));
});

Deno.test("fit() stopped by a signal resumes to the same bits, in mid-epoch and in validation", async () => {
  const whole = await run();
  for (const stopAt of [3, 4, 6]) {
    const folder = new RunFolder(temporaryFolder());
    const controller = new AbortController();
    let taken = 0;
    const epochs: number[] = [];
    await assert.rejects(
      run({
        run: folder,
        signal: controller.signal,
        onStep: () => void (++taken === stopAt && controller.abort()),
        onEpoch: ({ epoch }) => void epochs.push(epoch),
      }),
      { name: "AbortError" },
    );
    assert.equal(taken, stopAt);
    // After the fourth step the stop comes before the epoch is measured to its end.
    assert.deepEqual(epochs, stopAt > 4 ? [1] : []);
    const steps: number[] = [];
    const { history, model, best } = await run({
      run: folder,
      resume: true,
      onStep: ({ epoch, step }) => void steps.push(4 * (epoch - 1) + step),
    });
    const rest = Array.from({ length: 8 - stopAt }, (_, index) => stopAt + index + 1);
    assert.deepEqual(steps, rest);
    assert.deepEqual(withoutTimes(history), withoutTimes(whole.history));
    assert.deepEqual(model.stateDict(), whole.model.stateDict());
    assert.deepEqual(best, whole.best);
    const rows = Deno.readTextFileSync(folder.file("history.csv")).trimEnd().split("\n");
    assert.deepEqual(rows.map((row) => row.split(",")[0]), ["epoch", "1", "2"]);
  }
});

Deno.test("fit() resumes a finished run without a further step", async () => {
  const folder = new RunFolder(temporaryFolder());
  const { history } = await run({ run: folder });
  const onStep = () => assert.fail("a step was taken");
  const again = await run({ run: folder, resume: true, onStep });
  assert.deepEqual(again.history, history);
});

Deno.test("fit() says at which step and images the loss is not finite, before it keeps that", async () => {
  const folder = new RunFolder(temporaryFolder());
  const settings = { run: folder, checkpointSeconds: 0, rate: 1e30 };
  await assert.rejects(run(settings), (error: Error) => {
    assert.equal(error.name, "RangeError");
    assert.match(
      error.message,
      /^Cannot go on training: the (loss|norm of the gradients) is (NaN|Infinity) in epoch 1, step \d of 4 \(galaxy \d+, galaxy \d+, galaxy \d+, galaxy \d+ and 4 more\); lower the learning rate, 1e\+30 now$/,
    );
    return true;
  });
});

Deno.test("fit() stops at gradients that are not finite, though the loss is", async () => {
  const folder = new RunFolder(temporaryFolder());
  const model = tinyNet();
  const { call } = nn.Sequential.prototype;
  // √0 has an infinite slope; times 0, the loss stays finite and the gradient is NaN.
  model.call = (x, options) => {
    const logits = call.call(model, x, options);
    return options?.training ? tf.add(logits, tf.mul(tf.sqrt(tf.sub(logits, logits)), 0)) : logits;
  };
  await assert.rejects(run({ model, run: folder, checkpointSeconds: 0 }), {
    name: "RangeError",
    message: /^Cannot go on training: the norm of the gradients is NaN in epoch 1, step 1 of 4/,
  });
  assert.throws(() => Deno.statSync(folder.file("last.safetensors")), Deno.errors.NotFound);
});

Deno.test("fit() clips the gradients to a norm", async () => {
  const model = tinyNet();
  const before = model.stateDict();
  const [clipNorm, rate] = [0.01, 1];
  const [epochs, batchSize] = [1, 32]; // One step
  const optimizer = sgd(model.namedParameters());
  await run({ model, optimizer, clipNorm, rate, epochs, batchSize });
  const after = model.stateDict();
  let square = 0;
  for (const name of Object.keys(model.namedParameters())) {
    const [a, b] = [before[name]!.data, after[name]!.data] as Float32Array[];
    a!.forEach((value, index) => square += (value - b![index]!) ** 2);
  }
  assert.ok(Math.abs(Math.sqrt(square) / clipNorm - 1) < 1e-3, `moved by ${Math.sqrt(square)}`);
});

Deno.test("fit() leaves a frozen parameter where it is", async () => {
  const model = tinyNet();
  model.namedParameters()["conv1.weight"]!.trainable = false;
  const before = model.stateDict();
  await run({ model, epochs: 1 });
  const after = model.stateDict();
  assert.deepEqual(after["conv1.weight"], before["conv1.weight"]);
  assert.notDeepEqual(after["fc.weight"], before["fc.weight"]);
});

Deno.test("fit() validates and keeps the averages where there are some, and trains on without", async () => {
  const folders = [1, 2].map(() => new RunFolder(temporaryFolder()));
  const [folder, other] = folders as [RunFolder, RunFolder];
  const model = tinyNet();
  const start = model.stateDict()["fc.weight"];
  const ema = new Ema(model.namedParameters(), { decay: 0 });
  const averaged = await run({ model, ema, run: folder });
  // A decay of 0 keeps nothing of the past: the average is the parameter itself.
  assert.deepEqual(withoutTimes(averaged.history), withoutTimes((await run()).history));

  const slow = tinyNet();
  const still = new Ema(slow.namedParameters(), { decay: 1 - 1e-7 });
  const { model: trained } = await run({ model: slow, ema: still, run: other });
  const kept = readSafetensors(other.file("model.safetensors")).tensors["fc.weight"]!.data;
  (kept as Float32Array).forEach((value, index) =>
    assert.ok(Math.abs(value - Number(start!.data[index])) < 1e-5)
  );
  assert.deepEqual(trained.stateDict()["fc.weight"], averaged.model.stateDict()["fc.weight"]);
});

Deno.test("fit() refuses options out of range", async () => {
  const frozen = tinyNet();
  for (const variable of frozen.parameters()) variable.trainable = false;
  await assert.rejects(run({ model: frozen }), {
    name: "RangeError",
    message: "Cannot train: all parameters are frozen",
  });
  await assert.rejects(run({ epochs: 0 }), {
    name: "RangeError",
    message: "Cannot train: epochs must be a whole number from 1, found 0",
  });
  await assert.rejects(run({ batchSize: 33 }), {
    name: "RangeError",
    message: "Cannot train: batchSize is 33, and there are 32 examples to train on",
  });
});
