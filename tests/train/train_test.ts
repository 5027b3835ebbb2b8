import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { memorySource } from "galaxykit/data";
import { Linear, Module } from "galaxykit/nn";
import { key, tf, uniform } from "galaxykit/tensorflow";
import {
  adamw,
  constant,
  type Epoch,
  type Objective,
  type PhasePlan,
  RunFolder,
  sgd,
  train,
  type TrainOptions,
  trainPhases,
} from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";
import { ring, waves } from "./toys/data.ts";
import { ddpm, Denoiser } from "./toys/ddpm.ts";
import { Encoder, simclr } from "./toys/simclr.ts";

type Values = { value: Float32Array; indices: Int32Array };

/** A single number that is to become the mean of some others. */
class Guess extends Module {
  guess: tf.Variable;
  constructor(value = 0) {
    super();
    this.guess = this.parameter(tf.scalar(value));
  }
}

const numbers = memorySource({ value: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }, {
  ids: [..."abcdefgh"],
});

/** (guess - value)² / 2, with the values' own mean as a metric. */
function meanOf(model: Guess): Objective<Values, { value: tf.Tensor1D }> {
  return {
    metrics: { seen: "higher" },
    inputs: ({ value }) => ({ value: tf.tensor1d(value) }),
    loss: ({ value }) => ({
      loss: tf.mean(tf.mul(0.5, tf.square(tf.sub(model.guess, value)))),
      weight: tf.scalar(value.size),
      metrics: { seen: { sum: tf.sum(value), count: tf.scalar(value.size) } },
    }),
  };
}

function options(model: Module, more: Partial<TrainOptions<Values>> = {}): TrainOptions<Values> {
  return {
    ...{ model, train: { set: numbers }, batchSize: 2, epochs: 3, rate: 0.1, seed: 1 },
    optimizer: sgd(model.namedParameters()),
    ...more,
  };
}

Deno.test("train() lowers any loss, and notes its metrics", async () => {
  const model = new Guess();
  const seen: number[] = [];
  const { history, best } = await train(meanOf(model), {
    ...options(model, { epochs: 30 }),
    onStep: ({ epoch, step, steps }) => seen.push(epoch * 100 + step * 10 + steps),
  });
  assert.deepEqual(seen.slice(0, 5), [114, 124, 134, 144, 214]);
  assert.equal(history.length, 30);
  assert.ok(Math.abs(model.guess.dataSync()[0]! - 4.5) < 0.5, `${model.guess.dataSync()}`);
  assert.deepEqual(Object.keys(history[0]!), [
    ...["epoch", "train_loss", "train_seen", "learning_rate", "seconds"],
  ]);
  assert.equal(history[0]!.train_seen, 4.5);
  assert.equal(best.epoch, 30); // without validation the last epoch counts
  assert.equal(best.value, history[29]!.train_loss);
});

Deno.test("train() measures the validation after each epoch, its best decides", async () => {
  const model = new Guess(3);
  // The training pulls the guess to 6.5, the validation likes it at 2.5
  const { history, best } = await train(meanOf(model), {
    ...options(model, { epochs: 4 }),
    train: { set: numbers, indices: Int32Array.of(4, 5, 6, 7) },
    validation: { set: numbers, indices: Int32Array.of(0, 1, 2, 3) },
  });
  const losses = history.map(({ validation_loss }) => validation_loss);
  assert.equal(best.epoch, 1);
  assert.ok(losses.every((loss, i) => i === 0 || loss > losses[i - 1]!));
  assert.equal(history[0]!.validation_seen, 2.5);
  const guess = model.guess.dataSync()[0]!;
  const wanted = [1, 2, 3, 4].reduce((sum, value) => sum + (guess - value) ** 2 / 8, 0);
  assert.ok(Math.abs(losses[3]! - wanted) < 1e-5);
});

Deno.test("train() leaves out the mean of a metric that no example of an epoch has", async () => {
  const model = new Guess();
  const objective = meanOf(model);
  /** Of numbers above seven alone. */
  const large = ({ value }: { value: tf.Tensor1D }) => {
    const counts = tf.cast(tf.greater(value, 7), "float32");
    return { sum: tf.sum(tf.mul(counts, value)), count: tf.sum(counts) };
  };
  const { history } = await train({
    ...objective,
    metrics: { large: "higher" },
    loss: (inputs, context) => {
      const { loss, weight } = objective.loss(inputs, context);
      return { loss, weight, metrics: { large: large(inputs) } };
    },
  }, {
    ...options(model, { epochs: 1 }),
    train: { set: numbers, indices: Int32Array.of(5, 6, 7, 7) },
    validation: { set: numbers, indices: Int32Array.of(0, 1) },
  });
  assert.equal(history[0]!.train_large, 8);
  assert.ok(!("validation_large" in history[0]!)); // Not 0, which nobody has seen
});

Deno.test("train() goes by a metric where monitor names one, and says which there are", async () => {
  const model = new Guess();
  const validation = { set: numbers };
  const { best } = await train(meanOf(model), {
    ...options(model),
    validation,
    monitor: "validation_seen",
  });
  assert.deepEqual(best, { epoch: 1, value: 4.5 });
  await assert.rejects(
    train(meanOf(model), { ...options(model), validation, monitor: "validation_gess" }),
    {
      message:
        'Cannot train: monitor must be "validation_loss" or "validation_seen", found "validation_gess"',
    },
  );
  await assert.rejects(train(meanOf(model), options(model, { monitor: "validation_loss" })), {
    message: 'Cannot train: monitor is "validation_loss", and there is no validation',
  });
});

Deno.test("train() refuses options that make no sense", async () => {
  const model = new Guess();
  const refused: [Partial<TrainOptions<Values>>, RegExp][] = [
    [{ epochs: 0 }, /epochs must be a whole number from 1, found 0/],
    [{ epochs: 2.5 }, /epochs must be a whole number from 1, found 2.5/],
    [{ rate: -1 }, /the rate must be a number from 0, or a schedule, found -1/],
    [{ rate: undefined }, /the rate must be .* found undefined/],
    [{ batchSize: 4, accumulate: 3 }, /accumulate must divide batchSize, 4, .* found 3/],
    [{ patience: 2 }, /patience wants a validation/],
    [{ ema: 0.99 as never }, /ema must be made by new Ema\(…\), found 0.99/],
    [{ optimizer: "adam" as never }, /optimizer must be made by sgd, adam or adamw, found adam/],
    [{ bachSize: 9 } as never, /there is no option "bachSize", nearest is "batchSize"/],
    [{ batchSize: 9 }, /batchSize is 9, and there are 8 examples to train on/],
  ];
  for (const [more, message] of refused) {
    await assert.rejects(train(meanOf(model), options(model, more)), message);
  }
});

Deno.test("train() stops at what is not finite, naming the examples, before it is kept", async () => {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  const model = new Guess();
  const set = memorySource({ value: Float32Array.of(1, 2, NaN, 4) }, { ids: [..."abcd"] });
  await assert.rejects(
    train(meanOf(model), { ...options(model, { batchSize: 1 }), train: { set }, run }),
    (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(
        error.message,
        /^Cannot go on training: the loss is NaN in epoch 1, step \d of 4 \(c hold NaN in "value"\); leave them out$/,
      );
      return true;
    },
  );
  assert.ok(!existsSync(run.file("last.safetensors")));
});

Deno.test("train() does not begin with a network of no numbers, such as one that broke", async () => {
  const model = new Guess(NaN);
  await assert.rejects(train(meanOf(model), options(model)), {
    name: "RangeError",
    message:
      'Cannot train: "guess" of Guess holds NaN or infinite values; make the network anew, or load its weights',
  });
});

Deno.test("train() blames the rate where the examples are whole", async () => {
  const model = new Guess();
  await assert.rejects(train(meanOf(model), options(model, { rate: 1e30, batchSize: 4 })), {
    message:
      /^Cannot go on training: .* in epoch \d, step \d of 2 \(\w, \w, \w, \w\); lower the learning rate, 1e\+30 now$/,
  });
});

Deno.test("train() says what an objective must give", async () => {
  const model = new Guess();
  const inputs = ({ value }: Values) => tf.tensor1d(value);
  const given: [Objective<Values, tf.Tensor1D>["loss"], RegExp][] = [
    [
      ((x: tf.Tensor) => tf.mean(tf.mul(x, model.guess))) as never,
      /`loss` gives \{ loss, weight\?, metrics\? \}, found no `loss`/,
    ],
    [(x) => ({ loss: tf.mul(x, model.guess) }), /single numbers, found shape \[2\]; take the mean/],
    [
      (x) => ({ loss: tf.cast(tf.mean(tf.mul(x, model.guess)), "int32") }),
      /the loss must be float32, found int32: whole numbers have no gradient$/,
    ],
    // Packed already when the gradient finds no way to the parameter.
    [(x) => ({ loss: tf.mean(tf.exp(x)) }), /Cannot find a connection/],
    [
      (x) => ({ loss: tf.mean(tf.exp(tf.mul(x, model.guess))), metrics: { seen: x } }),
      /single numbers/,
    ],
  ];
  const before = tf.memory().numTensors;
  for (const [loss, message] of given) {
    await assert.rejects(train({ inputs, loss }, options(model)), message);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  }
  await assert.rejects(train(meanOf(model), { ...options(model), train: numbers as never }), {
    name: "TypeError",
    message:
      "Cannot train: train must be { set, indices }, a source such as loadImages gives and positions in it, found the set itself; write train: { set }",
  });
});

Deno.test("train() takes a tensor as a metric's mean, weighed as the loss is", async () => {
  const model = new Guess();
  const objective: Objective<Values, tf.Tensor1D> = {
    inputs: ({ value }) => tf.tensor1d(value),
    loss: (value) => ({
      loss: tf.mean(tf.square(tf.sub(value, model.guess))),
      weight: tf.scalar(value.size),
      metrics: { seen: tf.mean(value) },
    }),
  };
  const [row] =
    (await train(objective, { ...options(model), validation: { set: numbers } })).history;
  assert.deepEqual([row!.train_seen, row!.validation_seen], [4.5, 4.5]);
});

Deno.test("train() names the one validation example for which there is no number", async () => {
  const model = new Guess();
  const set = memorySource({ value: Float32Array.of(1, 2, NaN, 4) }, { ids: [..."abcd"] });
  await assert.rejects(train(meanOf(model), { ...options(model), validation: { set } }), {
    message:
      "Cannot go on training: the network gives NaN for the validation example c; lower the learning rate, or clip the gradients",
  });
});

Deno.test("train() gives validation the same draws in every epoch, and each batch others", async () => {
  const model = new Guess();
  const set = memorySource({ value: new Float32Array(100) }, { length: 100 });
  const drawn: Objective<Values, tf.Tensor1D> = {
    metrics: { first: "higher" },
    inputs: ({ value }) => tf.tensor1d(value),
    loss: (value, { key, training }) => {
      const draws = uniform(key, [value.size]);
      return {
        loss: tf.mean(tf.square(tf.sub(model.guess, draws))),
        weight: tf.scalar(value.size),
        metrics: { first: { sum: tf.max(draws), count: tf.scalar(training ? 1 : 2) } },
      };
    },
  };
  const { history } = await train(drawn, {
    ...options(model, { rate: 1e-30 }),
    train: { set },
    validation: { set },
  });
  const [one, two, three] = history as [Epoch, Epoch, Epoch];
  assert.equal(one.validation_loss, two.validation_loss);
  assert.equal(one.validation_loss, three.validation_loss);
  assert.notEqual(one.train_loss, two.train_loss);
  assert.notEqual(one.train_loss, one.validation_loss);
});

/** A linear layer that learns, with every step's batch in so many parts. */
async function accumulated(accumulate: number): Promise<Float32Array> {
  const model = new Linear(3, 2, { key: key(1) });
  const x = uniform(key(2), [64, 3]).dataSync() as Float32Array;
  const set = memorySource({ x, asked: Float32Array.from({ length: 64 }, (_, i) => i % 3) }, {
    length: 64,
  });
  type Asked = { x: Float32Array; asked: Float32Array; indices: Int32Array };
  const objective: Objective<Asked, { x: tf.Tensor2D; asked: tf.Tensor1D }> = {
    inputs: ({ x, asked }) => ({ x: tf.tensor2d(x, [asked.length, 3]), asked: tf.tensor1d(asked) }),
    // A weighted mean: parts do not count alike
    loss({ x, asked }) {
      const each = tf.sum(tf.square(tf.sub(model.call(x), 1)), 1);
      const weight = tf.sum(asked);
      return { loss: tf.div(tf.sum(tf.mul(each, asked)), weight), weight };
    },
  };
  await train(objective, {
    ...{ model, train: { set }, batchSize: 32, accumulate, epochs: 5, rate: 0.05, seed: 3 },
    optimizer: adamw(model.namedParameters()),
    clipNorm: 1,
  });
  return Float32Array.from(
    Object.values(model.stateDict()).flatMap(({ data }) => [...data as Float32Array]),
  );
}

Deno.test("train() comes to the same in 4 parts of 8 as in one of 32", async () => {
  const [whole, parts] = [await accumulated(1), await accumulated(4)];
  const difference = Math.max(...whole.map((value, i) => Math.abs(value - parts[i]!)));
  assert.ok(difference < 1e-5, `${difference}`);
  assert.ok(whole.some((value, i) => value !== parts[i]), "the parts were not added one by one");
});

Deno.test("train() hands gradients to `reduce` before they are clipped and applied", async () => {
  async function after(reduce?: (g: Record<string, tf.Tensor>) => Record<string, tf.Tensor>) {
    const model = new Guess();
    await train(meanOf(model), options(model, { reduce, epochs: 1, batchSize: 8 }));
    return model.guess.dataSync()[0]!;
  }
  const own = await after();
  // Two processes that see the same have the same mean; half of it moves half as far
  assert.equal(await after(({ guess }) => ({ guess: tf.div(tf.add(guess!, guess!), 2) })), own);
  assert.ok(Math.abs(await after(({ guess }) => ({ guess: tf.div(guess!, 2) })) - own / 2) < 1e-7);
});

Deno.test("train() leaves a step out whose scaled gradients overflow, and halves the factor", async () => {
  const model = new Guess();
  // On the way to the gradient, 2e14, there is 2e34 times the factor
  const huge: Objective<Values, tf.Tensor1D> = {
    inputs: ({ value }) => tf.tensor1d(value),
    loss: (value) => ({ loss: tf.mean(tf.mul(tf.mul(model.guess, 1e-20), value)) }),
  };
  const set = memorySource({ value: new Float32Array(8).fill(2e34) }, { length: 8 });
  const steps: number[] = [];
  await train(huge, {
    ...options(model, { epochs: 1, rate: 1e-14, lossScale: "dynamic" }),
    train: { set },
    onStep: () => steps.push(model.guess.dataSync()[0]!),
  });
  // 65,536 and 32,768 times 2e34 are above 3.4e38; then steps of 2
  assert.deepEqual(steps.map((value) => Math.round(value)), [0, 0, -2, -4]);
});

Deno.test("train() with a scaled loss ends where it ends without", async () => {
  async function after(lossScale: "dynamic" | "none") {
    const model = new Guess();
    await train(meanOf(model), options(model, { lossScale, clipNorm: 1 }));
    return model.guess.dataSync()[0]!;
  }
  assert.ok(Math.abs(await after("dynamic") - await after("none")) < 1e-6);
});

Deno.test("trainPhases() resumes in the middle of an epoch of a later phase", async () => {
  const folder = join(temporaryFolder(), "run");
  async function run({ stopAt, run }: { stopAt?: number; run?: string }) {
    const model = new Guess();
    const phase = (name: string): PhasePlan => ({
      ...{ name, epochs: 2, schedule: constant(0.1) },
      enter: () => ({
        parameters: model.namedParameters(),
        optimizer: adamw(model.namedParameters()),
      }),
    });
    const controller = new AbortController();
    const steps: string[] = [];
    const trained = trainPhases({ objective: meanOf(model), train: { set: numbers } }, {
      ...{ model, phases: [phase("early"), phase("late")], batchSize: 2, seed: 4 },
      ...{ run, resume: true, signal: controller.signal },
      onStep({ phase, epoch, step }) {
        steps.push(`${phase} ${epoch} ${step}`);
        if (steps.length === stopAt) controller.abort();
      },
    });
    if (stopAt !== undefined) await assert.rejects(trained, { name: "AbortError" });
    else await trained;
    return { steps, guess: model.guess.dataSync()[0]! };
  }
  const whole = await run({});
  const first = await run({ stopAt: 14, run: folder });
  const second = await run({ run: folder });
  assert.deepEqual([...first.steps, ...second.steps], whole.steps);
  assert.equal(second.steps[0], "late 4 3");
  assert.equal(second.guess, whole.guess);
  const third = await run({ run: folder });
  assert.deepEqual([third.steps, third.guess], [[], whole.guess]);
});

Deno.test("train() writes a run, and goes on with none that differs", async () => {
  const run = join(temporaryFolder(), "run");
  const model = new Guess();
  await train(meanOf(model), options(model, { run, config: { job: "guess", settings: { a: 1 } } }));
  const { versions, ...config } = JSON.parse(Deno.readTextFileSync(join(run, "config.json")));
  assert.equal(versions.deno, Deno.version.deno);
  const { fingerprint } = config.data;
  assert.match(config.objective.loss, /^loss [0-9a-f]{12}$/);
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(config, {
    job: "guess",
    settings: { a: 1 },
    model: { name: "Guess" },
    objective: config.objective,
    training: {
      phases: [{
        ...{ epochs: 3, rate: 0.1, optimizer: { name: "sgd" } },
        trained: config.training.phases[0].trained,
      }],
      ...{ batchSize: 2, accumulate: 1, seed: 1 },
      ...{ compiler: "graph", precision: "float32", lossScale: "none", monitor: "last" },
    },
    data: { fingerprint, train: 8 },
  });
  const again = (more: Partial<TrainOptions<Values>>) =>
    train(
      meanOf(new Guess()),
      options(new Guess(), {
        ...{ run, resume: true, config: { job: "guess", settings: { a: 1 } } },
        ...more,
      }),
    );
  await assert.rejects(again({ resume: false }), {
    message:
      `Cannot start a run in "${run}": it holds one already; resume it (resume: true), lose it (overwrite: true), or name another folder`,
  });
  await assert.rejects(again({ config: { job: "guess", settings: { a: 2 } } }), {
    message:
      `Cannot go on in "${run}": it holds a run with settings.a 1, 2 wanted; name another folder`,
  });
  await assert.rejects(again({ seed: 2 }), {
    message:
      `Cannot go on in "${run}": it holds a run with training.seed 1, 2 wanted; name another folder, and begin with its weights (openRun)`,
  });
  const other = new Guess();
  const edited = { ...meanOf(other), loss: () => ({ loss: tf.abs(other.guess) }) };
  const same = { run, resume: true, config: { job: "guess", settings: { a: 1 } } };
  await assert.rejects(
    train(edited, options(other, same)),
    /it holds a run with objective\.loss "/,
  );
  const others = memorySource({ value: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9) }, {
    ids: [..."abcdefgh"],
  });
  await assert.rejects(again({ train: { set: others } }), /trained on other examples/);
});

Deno.test("train() goes on with more epochs as if they had been asked for at once", async () => {
  const folder = temporaryFolder();
  async function trained(name: string, epochs: number, more: Partial<TrainOptions<Values>> = {}) {
    const model = new Guess();
    const run = join(folder, name);
    const optimizer = adamw(model.namedParameters());
    const { history } = await train(
      meanOf(model),
      options(model, { optimizer, epochs, run, ...more }),
    );
    return { guess: model.guess.dataSync()[0], epochs: history.length, run };
  }
  const whole = await trained("whole", 5);
  await trained("parts", 2);
  const parts = await trained("parts", 5, { resume: true });
  assert.deepEqual([parts.guess, parts.epochs], [whole.guess, 5]);
  const [config, wanted] = [parts, whole].map(({ run }) =>
    new RunFolder(run).readConfig().training
  );
  assert.deepEqual(config, wanted);
  // A schedule that is made for its steps would be another one
  const rate = (step: number) => 0.1 / (1 + step);
  await trained("falling", 2, { rate });
  await assert.rejects(
    trained("falling", 5, { resume: true, rate }),
    /training\.phases\.0\.rate\./,
  );
});

Deno.test("train() overwrites a run where it is told to, and nothing else", async () => {
  const run = join(temporaryFolder(), "run");
  const model = new Guess();
  await train(meanOf(model), options(model, { run }));
  await train(meanOf(model), options(model, { run, seed: 2, overwrite: true }));
  assert.equal((new RunFolder(run).readConfig().training as { seed: number }).seed, 2);
  Deno.writeTextFileSync(join(run, "notes.txt"), "");
  await assert.rejects(train(meanOf(model), options(model, { run, overwrite: true })), {
    message:
      `Cannot overwrite the run in "${run}": there is more in the folder ("notes.txt"); name another`,
  });
  assert.ok(existsSync(join(run, "last.safetensors")));
});

Deno.test("train() teaches a toy DDPM, in fewer than 60 lines of its own", async () => {
  const model = new Denoiser(1);
  const set = ring(512);
  const { history } = await train(ddpm(model), {
    ...{
      model,
      train: { set },
      validation: { set, indices: new Int32Array(256).map((_, i) => i) },
    },
    ...{ batchSize: 64, epochs: 20, rate: 3e-3, seed: 1 },
  });
  const [first, last] = [history[0]!, history.at(-1)!];
  // Noise alone has a loss of 1
  assert.ok(first.validation_loss > 0.6 && last.validation_loss < 0.55, `${last.validation_loss}`);
});

Deno.test("train() teaches a toy SimCLR, validated by pairs of views", async () => {
  const model = new Encoder(1);
  const set = waves(160);
  const indices = Int32Array.from({ length: 160 }, (_, i) => i);
  const { history, best } = await train(simclr(model), {
    ...{ model, train: { set, indices: indices.subarray(0, 128) } },
    validation: { set, indices: indices.subarray(128) },
    ...{ batchSize: 32, epochs: 30, rate: 1e-2, seed: 1, monitor: "validation_retrieved" },
  });
  const [first, last] = [history[0]!, history.at(-1)!];
  assert.ok(last.validation_retrieved! > first.validation_retrieved! + 0.1, `${best.value}`);
  assert.ok(last.validation_loss < first.validation_loss);
});
