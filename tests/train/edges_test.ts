/** Trainings at their edges: what sources leave out, what changes between two calls, what is no number. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { memorySource, type Source, tableSource } from "galaxykit/data";
import { Linear } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import {
  type Mean,
  type Objective,
  RunFolder,
  sgd,
  train,
  type TrainOptions,
} from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";

type Values = { x: Float32Array; indices: Int32Array };

const x = Float32Array.from({ length: 64 }, (_, i) => i / 64);
const set = memorySource({ x }, { length: 64 });

/** A line that learns to give 1, and what its objective may note. */
function line(more: (x: tf.Tensor2D, training: boolean) => Record<string, Mean> = () => ({})) {
  const model = new Linear(1, 1, { key: key(1) });
  const objective: Objective<Values, tf.Tensor2D> = {
    inputs: ({ x }) => tf.tensor2d(x, [x.length, 1]),
    loss: (x, { training }) => ({
      loss: tf.mean(tf.square(tf.sub(model.call(x), 1))),
      metrics: more(x, training),
    }),
  };
  return { model, objective };
}

function options(
  model: Linear,
  more: Partial<TrainOptions<Values>> = {},
): TrainOptions<Values> {
  return { model, train: { set }, batchSize: 8, epochs: 2, rate: 0.1, seed: 1, ...more };
}

const mean = (value: number): Mean => ({ sum: tf.scalar(value), count: tf.scalar(1) });

Deno.test("train() keeps metrics apart that training or validation alone note", async () => {
  const { model, objective } = line((_, training): Record<string, Mean> =>
    training ? { one: mean(1), two: mean(2) } : { two: mean(2), nine: mean(9) }
  );
  const run = join(temporaryFolder(), "run");
  const { history } = await train(objective, options(model, { validation: { set }, run }));
  for (const row of history) {
    assert.deepEqual(
      [row.train_one, row.train_two, row.validation_two, row.validation_nine],
      [1, 2, 2, 9],
    );
    assert.ok(!("validation_one" in row) && !("train_nine" in row));
  }
  assert.match(Deno.readTextFileSync(join(run, "history.csv")), /train_one.*validation_nine/);
});

Deno.test("train() refuses a metric that is declared and never given, and one called loss", async () => {
  const { model, objective } = line();
  const monitor = "validation_accuracy";
  await assert.rejects(
    train({ ...objective, metrics: { accuracy: "higher" } }, {
      ...options(model, { validation: { set }, monitor, patience: 2 }),
    }),
    /monitor is "validation_accuracy", and the objective gave train_loss, validation_loss$/,
  );
  const other = line(() => ({ loss: mean(7) }));
  await assert.rejects(train(other.objective, options(other.model)), /calls a metric "loss"/);
});

for (const [accumulate, stop] of [[1, 30], [4, 12]] as const) {
  Deno.test(`train() in ${accumulate} parts resumes at its place where a source leaves examples out`, async () => {
    const bad = new Set([3, 9, 20]);
    const skipping: Source<Values> = {
      ...set,
      read: async (indices) => await set.read(indices.filter((index) => !bad.has(index))),
    };
    async function go(more: object, stopAt?: number) {
      const { model, objective } = line();
      const controller = new AbortController();
      const seen: number[] = [];
      let steps = 0;
      const watched = {
        ...objective,
        inputs(batch: Values) {
          seen.push(...batch.indices);
          return objective.inputs(batch);
        },
      };
      const loss = await train(watched, {
        ...options(model, {
          train: { set: skipping },
          batchSize: accumulate,
          accumulate,
          epochs: 1,
        }),
        ...more,
        signal: controller.signal,
        onStep: () => ++steps === stopAt && controller.abort(),
      }).then(({ history }) => history[0]!.train_loss, () => NaN);
      return { loss, seen };
    }
    const run = join(temporaryFolder(), "run");
    const whole = await go({});
    const parts = [await go({ run }, stop), await go({ run, resume: true })];
    assert.equal(parts[1]!.loss, whole.loss);
    assert.deepEqual(parts.flatMap(({ seen }) => seen), whole.seen);
    assert.equal(whole.seen.length, 61);
  });
}

Deno.test("train() refuses a source that gives nothing", async () => {
  const { model, objective } = line();
  const none: Source<Values> = { ...set, read: () => set.read(new Int32Array(0)) };
  await assert.rejects(train(objective, options(model, { train: { set: none } })), {
    message: "Cannot train: of 64 examples none could be read in epoch 1",
  });
});

Deno.test("train() does not go on with other numbers of a table", async () => {
  const run = join(temporaryFolder(), "run");
  const go = async (sign: number, more: object) => {
    const { model, objective } = line();
    const values = Array.from(x, (value, i) => i % 4 ? sign * value : value);
    const table = tableSource({ x: values }, { x: "x" });
    return await train(objective, options(model, { train: { set: table }, run, ...more }));
  };
  await go(1, {});
  await assert.rejects(go(-1, { resume: true }), /it was trained on other examples/);
});

Deno.test("train() keeps infinite values as they are over a stop", async () => {
  async function go(more: object, stopAt?: number) {
    const { model, objective } = line((x) => ({
      worst: { sum: tf.div(1, tf.min(x)), count: tf.scalar(1) }, // Infinity, as there is a 0
    }));
    const controller = new AbortController();
    return await train(objective, {
      ...options(model, { epochs: 3, ...more }),
      signal: controller.signal,
      onStep: ({ epoch, step }) => 10 * epoch + step === stopAt && controller.abort(),
    }).then(({ history }) => history.map(({ train_worst }) => train_worst), () => []);
  }
  const run = join(temporaryFolder(), "run");
  await go({ run }, 26);
  assert.deepEqual(await go({ run, resume: true }), [Infinity, Infinity, Infinity]);
});

Deno.test("train() resumes under the same settings however they are written", async () => {
  const same: [object, object][] = [
    [{ clipNorm: Infinity }, { clipNorm: Infinity }],
    [{ config: { a: NaN, b: new Date(0) } }, { config: { b: new Date(0), a: NaN } }],
    [{}, { monitor: "validation_loss", lossScale: "none" }],
  ];
  for (const [first, second] of same) {
    const run = join(temporaryFolder(), "run");
    for (const more of [first, { ...second, resume: true }]) {
      const { model, objective } = line();
      await train(objective, options(model, { validation: { set }, run, ...more }));
    }
  }
});

Deno.test("train() refuses what a run folder cannot keep, and other optimisers", async () => {
  const go = async (more: object) => {
    const { model, objective } = line();
    return await train(objective, options(model, more));
  };
  const run = join(temporaryFolder(), "run");
  await assert.rejects(go({ run, config: { a: () => 1 } }), /"a": it is a function, give a text/);
  await assert.rejects(go({ run, config: { a: 3n } }), /"a": it is the BigInt 3, give a text/);
  await assert.rejects(go({ run, config: { model: "mine" } }), /Cannot note "model" in config/);
  await assert.rejects(go({ run: "" }), /Cannot keep a run in ""/);
  await assert.rejects(go({ run, validation: { set, indices: new Int32Array(0) } }), {
    message: "Cannot train: the validation holds no examples",
  });
  // None of these has taken the folder
  const { model, objective } = line();
  const plain = sgd(model.namedParameters());
  await train(objective, options(model, { run, optimizer: plain }));
  const faster = sgd(model.namedParameters(), { perParameter: () => ({ rateFactor: 50 }) });
  await assert.rejects(
    train(objective, options(model, { run, optimizer: faster, resume: true })),
    /optimizer\.perParameter not set/,
  );
});

Deno.test("train() leaves no tensor behind op by op, either", async () => {
  for (const more of [{}, { accumulate: 2 }, { lossScale: "dynamic" }] as const) {
    const left = [];
    for (const epochs of [1, 4]) {
      const before = tf.memory().numTensors;
      const { model, objective } = line();
      await train(objective, options(model, { compiler: "none", epochs, ...more }));
      model.dispose();
      left.push(tf.memory().numTensors - before);
    }
    assert.equal(left[0], left[1], JSON.stringify(more));
  }
});

/** Another process that holds a run's folder. */
async function elsewhere(run: string): Promise<Deno.ChildProcess> {
  const lock = new URL("../../lib/lock.ts", import.meta.url);
  const code = `import { lockFolder } from "${lock}";
    lockFolder(${JSON.stringify(run)}, { what: "use the run" });
    console.log("held");
    setTimeout(() => {}, 60_000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
    ...{ stdout: "piped", stdin: "null" },
  }).spawn();
  const reader = child.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /held/);
  await reader.cancel();
  return child;
}

Deno.test("train() refuses the folder of a training that runs in the same process", async () => {
  const run = join(temporaryFolder(), "run");
  const { model, objective } = line();
  const first = train(objective, options(model, { run, epochs: 50 }));
  await assert.rejects(train(objective, options(model, { run, resume: true })), {
    message:
      `Cannot use the run "${run}": process ${Deno.pid}, this one, is at work in it; wait for it, or name another folder`,
  });
  await first;
});

Deno.test("train() that is refused leaves no folder and no lock", async () => {
  const folder = temporaryFolder();
  const { model, objective } = line();
  const run = join(folder, "run");
  const config = { training: 1 };
  await assert.rejects(train(objective, options(model, { run, config })), RangeError);
  assert.ok(!existsSync(run));
  Deno.mkdirSync(run);
  Deno.writeTextFileSync(join(run, "notes.txt"), "");
  await assert.rejects(train(objective, options(model, { run })), /is not empty/);
  assert.deepEqual([...Deno.readDirSync(run)].map(({ name }) => name), ["notes.txt"]);
});

Deno.test("train() refuses a folder in which another process is at work", async () => {
  const run = join(temporaryFolder(), "run");
  const { model, objective } = line();
  await train(objective, options(model, { run }));
  const other = await elsewhere(run);
  const refusal = {
    message:
      `Cannot use the run "${run}": process ${other.pid} is at work in it; wait for it, or name another folder`,
  };
  try {
    for (const more of [{ resume: true }, { overwrite: true }, {}]) {
      await assert.rejects(train(objective, options(model, { run, ...more })), refusal);
    }
  } finally {
    other.kill("SIGKILL");
    await other.status;
  }
  assert.equal(JSON.parse(Deno.readTextFileSync(join(run, ".process"))).pid, other.pid);
  // A process that was killed holds nothing
  await train(objective, options(model, { run, resume: true }));
  assert.ok(![...Deno.readDirSync(run)].some(({ name }) => name === ".process"));
  assert.ok(new RunFolder(run).exists);
  // Settings alone hold nothing either: a recipe's folder is free between its trainings
  const folder = new RunFolder(join(temporaryFolder(), "recipe"));
  folder.begin({ recipe: "a test" }, { resume: true });
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["config.json"]);
});
