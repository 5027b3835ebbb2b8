import assert from "node:assert/strict";
import { memorySource } from "galaxykit/data";
import { createModel } from "galaxykit/models";
import {
  AdaptiveAvgPool2d,
  addLora,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  ReLU,
  Sequential,
} from "galaxykit/nn";
import { jit, key, tf } from "galaxykit/tensorflow";
import {
  adamw,
  constant,
  Ema,
  fit,
  type FitOptions,
  infer,
  inferAll,
  openRun,
  pooledFeatures,
  predictProbabilities,
  probeProbabilities,
  ProbeTrainer,
  sgd,
} from "galaxykit/train";
import { readSafetensors, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

const set = galaxySet({ count: 16 });

/** A network whose ReLU, fused, would make 0 of NaN. */
function network() {
  return new Sequential({
    conv: new Conv2d(3, 4, { kernelSize: 3, key: key(1) }),
    norm: new BatchNorm2d(4),
    relu: new ReLU(),
    pool: new AdaptiveAvgPool2d(1),
    flat: new Flatten(),
    fc: new Linear(4, set.classes.length, { key: key(2) }),
  });
}

function spoil(variable: tf.Variable, value = NaN): void {
  variable.assign(tf.fill(variable.shape, value));
}

function options(more: Partial<FitOptions> & Pick<FitOptions, "optimizer">): FitOptions {
  const own = { train: { set }, schedule: constant(0.01), epochs: 2, batchSize: 8, seed: 1 };
  return { ...own, normalization, ...more };
}

Deno.test("fit() refuses a network whose weights, statistics or averages are NaN, naming the first", async () => {
  const all = network();
  all.parameters().forEach((parameter) => spoil(parameter));
  const statistics = network();
  spoil(statistics.namedBuffers()["norm.running_var"]!, Infinity);
  const averaged = network();
  const ema = new Ema(averaged.namedParameters(), { decay: 0.9 });
  spoil(ema.state["fc.bias"]!);
  const stateful = network();
  const momentum = sgd(stateful.namedParameters(), { momentum: 0.9 });
  const [first] = Object.keys(momentum.state);
  spoil(momentum.state[first!]!);
  const cases = [
    [all, {}, '"conv.weight" of Sequential'],
    [statistics, {}, '"norm.running_var" of Sequential'],
    [averaged, { ema }, '"ema/fc.bias" of the optimiser or the averages'],
    [stateful, { optimizer: momentum }, `"${first}" of the optimiser or the averages`],
  ] as const;
  for (const [model, more, what] of cases) {
    const optimizer = sgd(model.namedParameters());
    await assert.rejects(fit(model, options({ optimizer, ...more })), {
      name: "RangeError",
      message:
        `Cannot train: ${what} holds NaN or infinite values; make the network anew, or load its weights`,
    });
  }
});

Deno.test("fit() refuses adapters that are NaN", async () => {
  const model = tinyModel();
  const lora = addLora(model, { rank: 2, targets: ["layer1.0.conv1"], key: key(3) });
  const [name] = Object.keys(lora.namedParameters());
  spoil(lora.namedParameters()[name!]!);
  await assert.rejects(
    fit(model, options({ optimizer: sgd(lora.namedParameters()) })),
    /^RangeError: Cannot train: ".*lora.*" of resnet18 holds NaN or infinite values/,
  );
});

Deno.test("fit() keeps no parameters that became NaN: the last good ones stay", async () => {
  const run = `${temporaryFolder()}/run`;
  const model = network();
  let steps = 0;
  const honest = sgd(model.namedParameters());
  await assert.rejects(
    fit(
      model,
      options({
        ...{ run, optimizer: honest, epochs: 3 },
        // As an optimiser without an epsilon would, after the last step of an epoch
        onStep: () => void (++steps === 4 && spoil(model.namedParameters()["fc.weight"]!)),
      }),
    ),
    {
      name: "RangeError",
      message:
        'Cannot go on training: "fc.weight" of Sequential holds NaN or infinite values after epoch 2; what was kept before is whole; lower the learning rate, or clip the gradients',
    },
  );
  const again = network();
  openRun(run, { model: again });
  assert.ok([...again.namedParameters()["fc.weight"]!.dataSync()].every(Number.isFinite));
});

Deno.test("fit() stops at the step after parameters became NaN", async () => {
  const model = network();
  let steps = 0;
  await assert.rejects(
    fit(
      model,
      options({
        optimizer: adamw(model.namedParameters()),
        onStep: () => void (++steps === 1 && spoil(model.namedParameters()["conv.bias"]!)),
      }),
    ),
    /^RangeError: Cannot go on training: the loss is NaN in epoch 1, step 2 of 2/,
  );
});

Deno.test("openRun() refuses weights that hold NaN, naming the first", async () => {
  const run = `${temporaryFolder()}/run`;
  const model = tinyModel();
  await fit(model, options({ optimizer: sgd(model.namedParameters()), epochs: 1, run }));
  const path = `${run}/model.safetensors`;
  const { tensors, metadata } = readSafetensors(path);
  (tensors["fc.bias"]!.data as Float32Array)[1] = NaN;
  writeSafetensors(path, tensors, { metadata });
  assert.throws(() => openRun(run), {
    name: "RangeError",
    message:
      `Cannot load "${path}" into resnet18: "fc.bias" holds NaN (value 1 of ${set.classes.length}), wanted finite numbers; take weights from before that`,
  });
});

Deno.test("predictions and features of a network that holds NaN are refused, naming the image", async () => {
  const model = tinyModel();
  spoil(model.namedParameters()["layer1.0.conv1.weight"]!);
  const message =
    "Cannot use what the network gives for galaxy 0: it holds NaN; look for NaN and infinite values in the example and in the weights";
  await assert.rejects(predictProbabilities(model, { set }), { name: "RangeError", message });
  await assert.rejects(pooledFeatures(model, { set }), { name: "RangeError", message });
});

Deno.test("infer() refuses an example of NaN, naming it, unless NaN is an answer", async () => {
  const values = Float32Array.of(1, 2, 3, NaN, 5, 6);
  const source = memorySource({ values }, { ids: ["a", "b", "c"] });
  const twice = jit((x: tf.Tensor) => tf.relu(tf.matMul(x as tf.Tensor2D, tf.ones([2, 4]))));
  const run = ({ values, indices }: { values: Float32Array; indices: Int32Array }) =>
    twice(tf.tensor2d(values, [indices.length, 2]));
  await assert.rejects(inferAll({ set: source }, { run, batchSize: 2 }), {
    name: "RangeError",
    message:
      "Cannot use what the network gives for b: it holds NaN; look for NaN and infinite values in the example and in the weights",
  });
  const rows: number[][] = [];
  for await (const part of infer({ set: source }, { run, batchSize: 2, mayBeNaN: true })) {
    rows.push([...part.values]);
  }
  assert.ok(rows[0]!.slice(4).every(Number.isNaN));
  assert.ok(rows[1]!.every(Number.isFinite));
});

Deno.test("linear probes refuse features that are not finite, in fitting and in use", async () => {
  const good = { values: Float32Array.of(0, 1, 2, 3), width: 1 };
  for (const value of [NaN, Infinity]) {
    const bad = { values: Float32Array.of(0, 1, value, 3), width: 1 };
    for (const standardize of [true, false]) {
      assert.throws(() => new ProbeTrainer(bad, { standardize }), {
        message:
          `Cannot fit a linear probe: features must be finite: feature 0 of row 2 is ${value}`,
      });
    }
    using trainer = new ProbeTrainer(good);
    const probe = await trainer.fit({ labels: [0, 0, 1, 1] });
    assert.throws(() => probeProbabilities(probe, bad), {
      name: "RangeError",
      message: `Cannot use a linear probe: features must be finite: feature 0 of row 2 is ${value}`,
    });
  }
});

Deno.test("createModel() refuses a configuration whose normalisation divides by nothing", () => {
  for (const std of [0, -1, null]) {
    const preprocessing = { mean: [0, 0, 0], std: [1, 1, std] } as never;
    const config = {
      name: "resnet18",
      options: { classes: 2, inChannels: 3, width: 4, dropRate: 0, dropPathRate: 0, preprocessing },
    };
    assert.throws(
      () => createModel(config),
      /std must hold numbers above 0, found \[1,1,(0|-1|)\]$/,
    );
  }
});
