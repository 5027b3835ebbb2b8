import assert from "node:assert/strict";
import { join } from "node:path";
import { convnextAtto, efficientnetB0, type ImageModel, resnet18, vitMini } from "galaxykit/models";
import { BatchNorm2d } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import {
  constant,
  cosine,
  crossEntropy,
  type Epoch,
  finetune,
  type FinetuneOptions,
  fit,
  type Phase,
  type PhaseReport,
  RunFolder,
  sgd,
  type StepReport,
} from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

const set = galaxySet({ count: 24 });
const indices = Int32Array.from(set.labels.keys());
const data = {
  train: { set, indices: indices.subarray(0, 16) },
  validation: { set, indices: indices.subarray(16) },
};

const HEAD: Phase = { name: "head", epochs: 2, rate: 1e-2, trainable: "head" };
const LAST: Phase = { name: "last", epochs: 2, rate: 1e-3, trainable: { lastBlocks: 2 } };

type Settings = Partial<FinetuneOptions> & { model?: ImageModel };

/** Two epochs of two steps for the head, and for the last two blocks, unless told otherwise. */
async function run({ model = tinyModel(), ...options }: Settings = {}) {
  const losses: number[] = [];
  const outcome = await finetune(model, {
    phases: [HEAD, LAST],
    ...data,
    batchSize: 8,
    seed: 3,
    normalization,
    onStep: ({ loss }) => losses.push(loss),
    ...options,
  });
  const state = model.stateDict();
  return { ...outcome, model, losses, state };
}

function withoutTimes(history: readonly Epoch[]): Epoch[] {
  return history.map((row) => ({ ...row, seconds: 0 }));
}

/** The names of values that differ. */
function changed(a: ReturnType<ImageModel["stateDict"]>, b: typeof a): string[] {
  return Object.keys(a).filter((name) =>
    !Array.from(a[name].data as Float32Array).every((value, i) => value === b[name].data[i])
  );
}

function near(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, at) =>
    assert.ok(Math.abs(found[at] - value) <= tolerance, `${found} found, ${wanted} wanted`)
  );
}

Deno.test("finetune() trains what each phase names, and tells of it", async () => {
  const model = tinyModel();
  const before = model.stateDict();
  const [phases, steps]: [PhaseReport[], StepReport[]] = [[], []];
  let afterHead = before;
  const { history, best } = await run({
    model,
    onPhase(phase) {
      phases.push(phase);
      if (phase.number === 2) afterHead = model.stateDict();
    },
    onStep: (step) => steps.push(step),
  });
  assert.deepEqual(changed(before, afterHead), ["fc.weight", "fc.bias"]);
  const moved = changed(afterHead, model.stateDict());
  assert.ok(moved.every((name) => /^(fc|layer4)\./.test(name)), `${moved}`);
  assert.ok(moved.includes("layer4.0.conv1.weight") && moved.includes("layer4.1.bn2.running_mean"));

  const common = { phases: 2, epochs: 2, cached: true };
  const [head, last] = [3 * 32 + 3, 3 * 32 + 3 + 27 * 32 * 32 + 9 * 16 * 32 + 16 * 32 + 10 * 32];
  assert.equal(
    last - head,
    model.blocks().slice(-2).flatMap(({ parameters }) => Object.values(parameters))
      .reduce((sum, { size }) => sum + size, 0),
  );
  assert.deepEqual(phases, [
    { ...common, name: "head", number: 1, parameters: head },
    { ...common, name: "last", number: 2, parameters: last },
  ]);
  assert.deepEqual(
    steps.map(({ phase, epoch, step }) => [phase, epoch, step]),
    [["head", 1], ["head", 2], ["last", 3], ["last", 4]]
      .flatMap(([phase, epoch]) => [[phase, epoch, 1], [phase, epoch, 2]]),
  );
  assert.deepEqual(
    history.map(({ epoch, phase, learning_rate }) => [epoch, phase, learning_rate]),
    [[1, "head", 1e-2], [2, "head", 1e-2], [3, "last", 1e-3], [4, "last", 1e-3]],
  );
  assert.equal(best.value, Math.min(...history.map((row) => row.validation_loss)));
  assert.equal(best.phase, history[best.epoch - 1].phase);
});

Deno.test("finetune() on cached features is training on the images", async () => {
  const from = key(1);
  const last: Phase = { ...LAST, epochs: 1, trainable: { lastBlocks: 3 } };
  const cases: [() => ImageModel, Phase[]][] = [
    [() => tinyModel(), [HEAD, last]],
    // With dropout between the features and the last layer
    [() => efficientnetB0({ classes: 3, width: 8, dropRate: 0.3, key: from }), [last]],
    [
      () => convnextAtto({ classes: 3, width: 8, key: from }),
      [{ ...last, trainable: { lastBlocks: 2, by: "stage" } }],
    ],
    [() => vitMini({ classes: 3, width: 64, size: 32, depth: 5, key: from }), [last]],
  ];
  for (const [create, phases] of cases) {
    const reports: PhaseReport[] = [];
    const settings = { phases, onPhase: (phase: PhaseReport) => reports.push(phase) };
    const wanted = await run({ ...settings, model: create(), cacheFeatures: false });
    const found = await run({ ...settings, model: create() });
    assert.deepEqual(
      reports.map(({ cached }) => cached),
      [false, true].flatMap((cached) => phases.map(() => cached)),
    );
    near(found.losses, wanted.losses, 2e-5);
    const validation = [found, wanted].map(({ history }) =>
      history.map((row) => row.validation_loss)
    );
    near(validation[0], validation[1], 2e-5);
    found.model.dispose();
    wanted.model.dispose();
  }
});

Deno.test("finetune() tells how far the features are, each image once", async () => {
  const progress: string[] = [];
  const train = { set, indices: Int32Array.of(0, 1, 2, 3, 3, 2, 1, 0) };
  await run({
    ...{ train, phases: [HEAD] },
    onProgress(report) {
      if ("message" in report || report.unit !== "images") return;
      progress.push(`${report.what}: ${report.done} of ${report.total} ${report.unit}`);
    },
  });
  assert.deepEqual(progress, [
    "Computing features: 4 of 4 images",
    "Computing features for validation: 8 of 8 images",
  ]);
});

Deno.test("finetune() caches only what stays as it is", async () => {
  const dropPath = () => resnet18({ classes: 3, width: 4, dropPathRate: 0.1, key: key(1) });
  const cases: [string, Settings][] = [
    ["augment changes the images", { augment: (_, images) => images }],
    ["mix changes the images", { mix: (_, batch) => batch }],
    ['batchNorm "update" changes the frozen part', { batchNorm: "update" }],
    ['"layer1.1.drop_path" in the frozen part drops at random', { model: dropPath() }],
  ];
  for (const [reason, settings] of cases) {
    const reports: PhaseReport[] = [];
    const phases = [{ ...HEAD, epochs: 1 }];
    await run({ ...settings, phases, onPhase: (phase) => reports.push(phase) });
    assert.deepEqual(reports.map(({ cached }) => cached), [false], reason);
    await assert.rejects(run({ ...settings, phases, cacheFeatures: true }), {
      name: "RangeError",
      message: `Cannot cache features of resnet18: ${reason}`,
    });
  }
  // Where nothing is frozen there is nothing to cache, and nothing to complain of
  await run({ phases: [{ ...HEAD, trainable: "all", epochs: 1 }], cacheFeatures: true });
});

Deno.test("finetune() keeps the statistics of frozen blocks, or lets them follow", async () => {
  const before = tinyModel().stateDict();
  for (const cacheFeatures of [true, false]) {
    const { state } = await run({ cacheFeatures });
    const moved = changed(before, state).filter((name) => name.includes("running"));
    assert.equal(moved.length, 10);
    assert.ok(moved.every((name) => name.startsWith("layer4")), `${moved}`);
  }
  const kept = await run({ batchNorm: "inference" });
  const inLast = changed(before, kept.state).filter((name) => name.startsWith("layer4"));
  assert.deepEqual(inLast.filter((name) => /running|tracked/.test(name)), []);
  assert.ok(inLast.includes("layer4.1.bn2.weight"), `${inLast}`);
  const { state } = await run({ batchNorm: "update", phases: [{ ...HEAD, epochs: 1 }] });
  const moved = changed(before, state).filter((name) => name.includes("running"));
  assert.equal(moved.length, 40);
});

Deno.test("finetune() trains what a function names: blocks without their normalisations", async () => {
  const before = tinyModel().stateDict();
  const trainable = (name: string) => /^(fc|layer4)/.test(name) && !/bn|downsample\.1/.test(name);
  const { state } = await run({ phases: [{ ...LAST, trainable }] });
  const moved = changed(before, state);
  assert.deepEqual(moved.filter((name) => !trainable(name)), []);
  assert.equal(moved.length, 5 + 2);
});

Deno.test("finetune() leaves a model as trainable as before", async () => {
  const model = tinyModel();
  model.namedParameters()["layer4.0.conv1.weight"].trainable = false;
  await run({ model });
  const frozen = Object.entries(model.namedParameters()).filter(([, one]) => !one.trainable);
  assert.deepEqual(frozen.map(([name]) => name), ["layer4.0.conv1.weight"]);
  const norms = Object.values(model.namedModules()).filter((one) => one instanceof BatchNorm2d);
  assert.ok(norms.length > 0 && norms.every(({ frozen }) => !frozen));
});

Deno.test("finetune() of everything in one phase is fit()", async () => {
  const epochs = 2;
  const phases: Phase[] = [{ name: "all", epochs, rate: 0.02, trainable: "all" }];
  const momentum = 0.9;
  const { history, state } = await run({
    phases,
    optimizer: (parameters) => sgd(parameters, { momentum }),
  });
  const model = tinyModel();
  const whole = await fit(model, {
    ...data,
    optimizer: sgd(model.namedParameters(), { momentum }),
    schedule: constant(0.02),
    epochs,
    batchSize: 8,
    seed: 3,
    normalization,
  });
  assert.deepEqual(
    withoutTimes(history).map(({ phase: _, ...row }) => row),
    withoutTimes(whole.history),
  );
  assert.deepEqual(changed(state, model.stateDict()), []);
});

Deno.test("finetune() makes a schedule for the steps of each phase", async () => {
  const counts: number[] = [];
  const rates: number[] = [];
  const rate = (steps: number) => {
    counts.push(steps);
    const schedule = cosine({ rate: 1, steps });
    return (step: number) => {
      rates.push(step);
      return 1e-3 * schedule(step);
    };
  };
  const { history } = await run({ phases: [{ ...HEAD, rate }, { ...LAST, rate, epochs: 1 }] });
  assert.deepEqual(counts, [4, 2]);
  assert.deepEqual(rates, [0, 1, 1, 2, 3, 3, 0, 1, 1]);
  near(
    history.map((row) => row.learning_rate),
    [0.5, 0.1464, 0.5].map((share, i) => 1e-3 * (i === 0 ? 0.8536 : share)),
    1e-7,
  );
});

Deno.test("finetune() lets the rate fall from the last layer to the image", async () => {
  const rates: Record<string, number> = {};
  const note: FinetuneOptions["optimizer"] = (parameters, { perParameter }) => {
    for (const name of Object.keys(parameters)) rates[name] = perParameter(name).rateFactor!;
    return sgd(parameters);
  };
  const phase: Phase = { name: "all", epochs: 1, rate: 1e-3, trainable: "all", layerDecay: 0.5 };
  await run({ phases: [phase], optimizer: note });
  assert.equal(rates["fc.weight"], 1);
  assert.equal(rates["layer4.1.conv2.weight"], 0.5);
  assert.equal(rates["layer4.0.bn1.bias"], 0.25);
  assert.equal(rates["conv1.weight"], 0.5 ** 9);
  await run({ phases: [{ ...phase, trainable: { lastBlocks: 5, by: "stage" } }], optimizer: note });
  assert.equal(rates["layer4.0.bn1.bias"], 0.5);
  assert.equal(rates["conv1.weight"], 0.5 ** 5);
});

Deno.test("finetune() ends a phase when its patience is over, counting anew in the next", async () => {
  const model = tinyModel();
  const folder = new RunFolder(temporaryFolder());
  const { history, best } = await run({
    model,
    phases: [{ ...HEAD, rate: 0, epochs: 9 }, { ...LAST, rate: 0, epochs: 9, trainable: "head" }],
    patience: 2,
    run: folder,
  });
  assert.deepEqual(
    history.map(({ phase }) => phase),
    Array(3).fill("head").concat(Array(3).fill("last")),
  );
  assert.deepEqual(best, { epoch: 1, value: history[0].validation_loss, phase: "head" });
});

Deno.test("finetune() keeps an optimiser's state for what goes on being trained, or begins anew", async () => {
  const second = { ...HEAD, name: "head again" };
  const once = await run({ phases: [{ ...HEAD, epochs: 4 }] });
  const kept = await run({ phases: [HEAD, { ...second, optimizer: "keep" }] });
  const anew = await run({ phases: [HEAD, second] });
  assert.deepEqual(changed(kept.state, once.state), []);
  assert.ok(changed(anew.state, once.state).includes("fc.weight"));
});

Deno.test("finetune() gives no state to what is frozen, and leaves no tensor behind", async () => {
  const model = tinyModel();
  const sizes: string[][] = [];
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  await run({
    model,
    phases: [{ ...HEAD, epochs: 4 }, { ...LAST, optimizer: "keep", epochs: 4 }],
    optimizer: (parameters) => {
      sizes.push(Object.keys(parameters));
      return sgd(parameters, { momentum: 0.9 });
    },
    onStep: () => void counts.push(tf.memory().numTensors),
  });
  assert.equal(tf.memory().numTensors, before);
  assert.equal(new Set(counts.slice(2, 8)).size, 1, `${counts}`);
  assert.equal(new Set(counts.slice(10)).size, 1, `${counts}`);
  // The head's state goes on, that of the blocks begins
  assert.deepEqual(sizes.map((names) => names.includes("fc.bias")), [true, false, true]);
  assert.ok(sizes[1].every((name) => name.startsWith("layer4.")));
  model.dispose();
});

Deno.test("finetune() stopped by a signal resumes in any phase to the same bits", async () => {
  const settings: Settings = {
    phases: [HEAD, { ...LAST, optimizer: "keep", layerDecay: 0.8 }],
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    monitor: "validation_accuracy",
  };
  const whole = await run(settings);
  for (const stopAt of [4, 5, 8]) {
    const folder = new RunFolder(join(temporaryFolder(), "run"));
    const controller = new AbortController();
    let taken = 0;
    await assert.rejects(
      run({
        ...settings,
        run: folder,
        signal: controller.signal,
        onStep: () => void (++taken === stopAt && controller.abort()),
      }),
      { name: "AbortError" },
    );
    const steps: number[] = [];
    const entered: string[] = [];
    const rest = await run({
      ...settings,
      run: folder,
      resume: true,
      onPhase: ({ name }) => entered.push(name),
      onStep: ({ epoch, step }) => steps.push(2 * (epoch - 1) + step),
    });
    assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8].slice(stopAt));
    assert.deepEqual(entered, stopAt <= 4 ? ["head", "last"] : ["last"]);
    assert.deepEqual(withoutTimes(rest.history), withoutTimes(whole.history));
    assert.deepEqual(rest.best, whole.best);
    assert.deepEqual(changed(rest.state, whole.state), []);
    const [header, row] = Deno.readTextFileSync(folder.file("history.csv")).split("\n");
    assert.ok(header.includes(",phase,") && row.includes(",head,"), `${header}\n${row}`);
  }
});

Deno.test("finetune() resumes a finished run without a further step", async () => {
  const folder = new RunFolder(temporaryFolder());
  const { history, state } = await run({ run: folder });
  const onStep = () => assert.fail("a step was taken");
  const onPhase = () => assert.fail("a phase began");
  const again = await run({ run: folder, resume: true, onStep, onPhase });
  assert.deepEqual(again.history, history);
  assert.deepEqual(changed(again.state, state), []);
});

Deno.test("finetune() refuses to resume with other phases", async () => {
  const folder = new RunFolder(temporaryFolder());
  await run({ run: folder });
  await assert.rejects(run({ run: folder, resume: true, phases: [HEAD] }), {
    message:
      `Cannot go on in "${folder.path}": it holds a run with training.phases.1.name "last", none wanted; name another folder, and begin with its weights (openRun)`,
  });
});

Deno.test("finetune() trains on a stream, which caching decodes once", async () => {
  let decoded = 0;
  const stream = {
    ...set,
    images: undefined,
    readAhead: undefined,
    async read(indices: Int32Array) {
      decoded += indices.length;
      return await set.read(indices);
    },
  };
  const streamed = {
    train: { set: stream, indices: data.train.indices },
    validation: { set: stream, indices: data.validation.indices },
    phases: [HEAD],
  };
  const wanted = await run({ phases: [HEAD] });
  assert.deepEqual((await run(streamed)).losses, wanted.losses);
  assert.equal(decoded, 24);
  decoded = 0;
  const { losses } = await run({ ...streamed, cacheFeatures: false });
  near(losses, wanted.losses, 2e-5);
  assert.equal(decoded, 2 * 24);
});

Deno.test("finetune() stops while it computes features, and can begin again", async () => {
  const controller = new AbortController();
  const folder = new RunFolder(temporaryFolder());
  const onProgress = () => controller.abort();
  await assert.rejects(run({ run: folder, signal: controller.signal, onProgress }), {
    name: "AbortError",
  });
  const { losses } = await run({ run: folder, resume: true });
  assert.equal(losses.length, 8);
});

Deno.test("finetune() refuses phases that cannot be", async () => {
  const cases: [Settings, string, string][] = [
    [{ phases: [] }, "RangeError", "Cannot fine-tune: there are no phases"],
    [{ phases: [HEAD, HEAD] }, "RangeError", 'Cannot fine-tune: two phases are called "head"'],
    [
      { phases: [HEAD, { ...LAST, epochs: 0 }] },
      "RangeError",
      "Cannot train: epochs must be a whole number from 1, found 0",
    ],
    [
      { phases: [{ ...HEAD, layerDecay: 1.5 }] },
      "RangeError",
      'Cannot fine-tune: layerDecay of phase "head" must be in (0, 1], found 1.5',
    ],
    [
      { phases: [{ ...LAST, trainable: { lastBlocks: 10 } }] },
      "RangeError",
      'Cannot train the last 10 blocks of resnet18: it has 9, stem to layer4.1; for the last layer alone write "head"',
    ],
    [
      { phases: [{ ...LAST, trainable: (name) => name.includes("lora") }] },
      "RangeError",
      "Cannot train resnet18: the function chooses none of its 62 parameters (conv1.weight, bn1.weight, bn1.bias …)",
    ],
    [
      { model: resnet18({ classes: 5, width: 4, key: key(1) }) },
      "TypeError",
      "Cannot train: the network has 5 outputs, and 3 are to be learnt; reset its last layer",
    ],
  ];
  for (const [settings, name, message] of cases) {
    const onProgress = () => assert.fail("work began");
    await assert.rejects(run({ ...settings, onProgress }), { name, message });
  }
});

Deno.test("finetune() on cached features leaves out what a stream leaves out", async () => {
  const gone = [0, 3, 17];
  const leaky = {
    ...set,
    images: undefined,
    readAhead: undefined,
    read: (wanted: Int32Array) => set.read(wanted.filter((index) => !gone.includes(index))),
  };
  const streamed = {
    train: { set: leaky, indices: data.train.indices },
    validation: { set: leaky, indices: data.validation.indices },
    phases: [HEAD],
  };
  const cached = await run({ ...streamed, cacheFeatures: true });
  const direct = await run({ ...streamed, cacheFeatures: false });
  near(cached.losses, direct.losses, 2e-5);
  near(
    cached.history.map(({ validation_loss }) => validation_loss!),
    direct.history.map(({ validation_loss }) => validation_loss!),
    2e-5,
  );
});

Deno.test("finetune() tells what is no network, no part, no phase, before it reads anything", async () => {
  const model = tinyModel();
  const part = { set, indices: indices.subarray(0, 16) };
  const wanted = "a source such as loadImages gives and positions in it, found";
  const cases: [unknown, object, string][] = [
    [
      "model",
      {},
      ": model must be a network for images, such as loadPretrained gives, found String",
    ],
    [
      model,
      { train: set },
      `: train must be { set, indices }, ${wanted} the set itself; write train: { set }`,
    ],
    [
      model,
      { validation: set },
      `: validation must be { set, indices }, ${wanted} the set itself; write validation: { set }`,
    ],
    [
      model,
      { train: { set: "sky" } },
      `: train must be { set, indices }, ${wanted} a set that is a string`,
    ],
    [model, { train: {} }, `: train must be { set, indices }, ${wanted} one without a set`],
    [
      model,
      { train: { set, indexes: [0] } },
      ', in train: there is no option "indexes", nearest is "indices"',
    ],
    [
      model,
      { train: { set, indices: [0, 24] } },
      ": train.indices[1] is 24, and there are 24 examples, counted from 0",
    ],
    [
      model,
      { train: { set, indices: "all" } },
      ": train.indices must be a list of positions, such as Int32Array.of(0, 1), found string all",
    ],
    [
      model,
      { validation: { set, indices: [NaN] } },
      ": validation.indices[0] is NaN, and there are 24 examples, counted from 0",
    ],
    [model, { phases: HEAD }, ": phases must be a list, found object; write phases: [{ … }]"],
    [
      model,
      { phases: [{ ...HEAD, epoch: 3 }] },
      ' in phase 1: there is no option "epoch", nearest is "epochs"',
    ],
    [
      model,
      { phases: [HEAD, { name: "b", epochs: 1, trainable: "all" }] },
      " in phase 2: it needs rate",
    ],
    [
      model,
      { phases: [{ ...HEAD, optimizer: "keeep" }] },
      ': optimizer must be one of "new", "keep", found "keeep"',
    ],
    [
      model,
      { batchNorm: "frzen" },
      ': batchNorm must be one of "frozen", "inference", "update", found "frzen"',
    ],
  ];
  for (const [network, more, message] of cases) {
    const options = { phases: [HEAD], train: part, batchSize: 8, seed: 1, ...more };
    await assert.rejects(
      finetune(network as ImageModel, options as FinetuneOptions),
      { message: `Cannot fine-tune${message}` },
    );
  }
  for (
    const [trainable, message] of [
      [
        "heads",
        'Cannot train resnet18: trainable must be "head", "all", { lastBlocks: 2 } or a function of names, found "heads"',
      ],
      [
        { lastblocks: 1 },
        'Cannot train part of resnet18: there is no option "lastblocks", nearest is "lastBlocks"',
      ],
    ] as const
  ) {
    const phase = { ...HEAD, trainable } as unknown as Phase;
    await assert.rejects(finetune(model, { phases: [phase], train: part, batchSize: 8 }), {
      message,
    });
  }
  await assert.rejects(
    fit(model, {
      ...{ train: set as never, batchSize: 8, epochs: 1, schedule: constant(0.1) },
      optimizer: sgd(model.namedParameters()),
    }),
    /^TypeError: Cannot fit: train must be \{ set, indices \}/,
  );
  model.dispose();
});
