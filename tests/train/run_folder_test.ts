import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { tf } from "galaxykit/tensorflow";
import { type Epoch, openRun, type Position, RunFolder } from "galaxykit/train";
import { Linear } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";
import { temporaryFolder } from "../temporary.ts";

const POSITION: Position = {
  phase: 1,
  start: 1,
  epoch: 1,
  step: 3,
  sums: { loss: 1.5, metric: 4, count: 12 },
  history: [],
  fingerprint: "a",
};

/** Something trained, of three tensors. */
function trained(seed: number, { outputs = 2 } = {}) {
  const model = new Linear(3, outputs, { key: key(seed) });
  return { model, state: { "mean/bias": tf.variable(tf.fill([outputs], seed)) } };
}

async function writtenRun(): Promise<RunFolder> {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  await run.writeLast(trained(1), POSITION);
  return run;
}

Deno.test("RunFolder.readLast() brings everything back that writeLast() wrote", async () => {
  const run = await writtenRun();
  const other = trained(2);
  const last = run.readLast("a")!;
  assert.deepEqual(last.position, POSITION);
  last.restore(other);
  assert.deepEqual(other.model.stateDict(), trained(1).model.stateDict());
  assert.deepEqual([...other.state["mean/bias"].dataSync()], [1, 1]);
  assert.deepEqual([...Deno.readDirSync(run.path)].map(({ name }) => name), ["last.safetensors"]);
});

Deno.test("RunFolder.readLast() finds nothing in a new run", () => {
  assert.equal(new RunFolder(temporaryFolder()).readLast("a"), undefined);
});

Deno.test("RunFolder.readLast() refuses other data or settings", async () => {
  const run = await writtenRun();
  assert.throws(() => run.readLast("b"), {
    message: `Cannot resume from "${
      run.file("last.safetensors")
    }": it was written with other images or settings; give the ones in config.json, or another output folder`,
  });
});

Deno.test("RunFolder.readLast() refuses another model", async () => {
  const run = await writtenRun();
  const path = run.file("last.safetensors");
  assert.throws(() => run.readLast("a")!.restore(trained(2, { outputs: 4 })), {
    name: "TypeError",
    message:
      `Cannot load "${path}" into Linear: 2 keys misshapen (first "weight": 2x3 found, 4x3 wanted)`,
  });
});

Deno.test("RunFolder.readLast() refuses another optimiser before it changes anything", async () => {
  const run = await writtenRun();
  const { model } = trained(2);
  const state = {
    "mean/bias": tf.variable(tf.zeros([2])),
    "square/bias": tf.variable(tf.ones([2])),
  };
  assert.throws(() => run.readLast("a")!.restore({ model, state }), {
    message: `Cannot resume from "${
      run.file("last.safetensors")
    }": it holds no "square/bias" of the optimiser; resume with the optimiser of that run`,
  });
  assert.deepEqual(model.stateDict(), trained(2).model.stateDict());
  assert.deepEqual([...state["mean/bias"].dataSync()], [0, 0]);
});

Deno.test("RunFolder.readLast() refuses a file cut short", async () => {
  const run = await writtenRun();
  const path = run.file("last.safetensors");
  Deno.truncateSync(path, Deno.statSync(path).size - 4);
  assert.throws(() => run.readLast("a"), /last\.safetensors/);
});

Deno.test("RunFolder.readLast() refuses a file without a position, or with a damaged one", async () => {
  const { writeSafetensors } = await import("galaxykit/weights");
  const run = new RunFolder(temporaryFolder());
  const path = run.file("last.safetensors");
  for (const metadata of [undefined, { position: "{" }, { position: "3" }]) {
    writeSafetensors(path, trained(1).model.stateDict(), { metadata });
    assert.throws(() => run.readLast("a"), {
      message: `Cannot resume from "${path}": it holds no position; remove it to start anew`,
    });
  }
});

Deno.test("RunFolder.readConfig() gives what writeConfig() got, with the versions", () => {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  assert.equal(run.exists, false);
  run.writeConfig({ seed: 3, classes: ["é", "中"] });
  assert.equal(run.exists, true);
  const { versions, ...config } = run.readConfig();
  assert.deepEqual(config, { seed: 3, classes: ["é", "中"] });
  assert.deepEqual(Object.keys(versions as object), ["galaxykit", "deno", "tfjs", "tensorflow"]);
});

Deno.test("RunFolder.readConfig() says when there is no run", () => {
  assert.throws(() => new RunFolder("nowhere").readConfig(), {
    message: 'Cannot find a run in "nowhere": it has no config.json; name the folder of a run',
  });
});

Deno.test("RunFolder.readConfig() refuses a config.json that is not JSON", () => {
  const run = new RunFolder(temporaryFolder());
  Deno.writeTextFileSync(run.file("config.json"), '{ "seed": 3');
  assert.throws(() => run.readConfig(), {
    message: `Cannot read "${
      run.file("config.json")
    }": it is not JSON (Expected ',' or '}' after property value in JSON at position 11 (line 1 column 12))`,
  });
});

for (const text of ["null", "5", "[]", '"a"']) {
  Deno.test(`RunFolder.readConfig() and openRun() refuse a config.json of ${text}`, () => {
    const run = new RunFolder(temporaryFolder());
    Deno.writeTextFileSync(run.file("config.json"), text);
    const message = `Cannot read "${
      run.file("config.json")
    }": the settings of a run are wanted, an object, found ${text}`;
    assert.throws(() => run.readConfig(), { message });
    assert.throws(() => openRun(run.path), { message });
  });
}

Deno.test("openRun() refuses a config.json whose parts are null, and says what a recipe made", () => {
  const run = new RunFolder(temporaryFolder());
  const write = (config: unknown) =>
    Deno.writeTextFileSync(run.file("config.json"), JSON.stringify(config));
  write({ training: null, model: null, objective: null });
  assert.throws(() => openRun(run.path), /its network, of no name, is not one of the kit's/);
  write({ recipe: "threshold", settings: {} });
  assert.throws(() => openRun(run.path), {
    message:
      `Cannot open "${run.path}": it is no training, but what the recipe "threshold" made, ` +
      "and holds none; name the folder of a training",
  });
});

Deno.test("RunFolder.readLast() refuses best weights that are missing or damaged", async () => {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  const best = { epoch: 1, column: "train_loss", value: 2 } as unknown as Position["best"];
  await run.writeModel(trained(1).model, best);
  await run.writeLast(trained(1), { ...POSITION, best });
  const path = run.file("model.safetensors");
  const whole = Deno.readFileSync(path);
  run.readLast("a");
  const refused = (reason: RegExp | string) =>
    assert.throws(() => new RunFolder(run.path).readLast("a"), {
      message: typeof reason === "string"
        ? `Cannot resume from "${path}": the best weights ${reason}; name another folder, or begin ` +
          "anew (overwrite: true)"
        : reason,
    });
  Deno.writeFileSync(path, whole.with(whole.length - 1, whole.at(-1)! ^ 1)); // One bit
  refused("are damaged");
  Deno.writeFileSync(path, whole.subarray(0, -4));
  refused(/the best weights are damaged \(Cannot read .+: the file is cut\); name another/);
  Deno.removeSync(path);
  refused("are missing");
  // Better ones that came after the last checkpoint are no damage
  await run.writeModel(trained(2).model, { ...best!, epoch: 2 });
  new RunFolder(run.path).readLast("a");
});

Deno.test("RunFolder.readModel() says when there are no weights yet", () => {
  const run = new RunFolder(temporaryFolder());
  assert.throws(() => run.readModel(trained(1).model), {
    message: `Cannot load "${
      run.file("model.safetensors")
    }": the run has not finished an epoch yet`,
  });
});

Deno.test("RunFolder.readModel() refuses the weights of another model", async () => {
  const run = new RunFolder(temporaryFolder());
  await run.writeModel(trained(1).model);
  assert.throws(() => run.readModel(trained(1, { outputs: 4 }).model), {
    name: "TypeError",
    message: `Cannot load "${
      run.file("model.safetensors")
    }" into Linear: 2 keys misshapen (first "weight": 2x3 found, 4x3 wanted)`,
  });
});

Deno.test("RunFolder.writeHistory() writes a row for each epoch", () => {
  const run = new RunFolder(temporaryFolder());
  const row: Epoch = {
    epoch: 1,
    train_loss: 0.5,
    validation_loss: 0.25,
    train_accuracy: 0.75,
    validation_accuracy: 1,
    learning_rate: 0.125,
    seconds: 1.5,
  };
  run.writeHistory([row, { ...row, epoch: 2 }]);
  assert.equal(
    Deno.readTextFileSync(run.file("history.csv")),
    "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy,learning_rate,seconds\n" +
      "1,0.5,0.25,0.75,1.0,0.125,1.5\n2,0.5,0.25,0.75,1.0,0.125,1.5\n",
  );
});

Deno.test("RunFolder.removeLeftovers() removes what killed writers left, and nothing else", async () => {
  const run = await writtenRun();
  Deno.mkdirSync(run.file("figures"));
  const living = `.last.safetensors.${Deno.ppid}.0123abcd`;
  const kept = ["last.safetensors", living, ".notes", ".last.safetensors.old", "figures/.a.png"];
  const left = [
    ".last.safetensors.4194398.0123abcd",
    ".model.safetensors.4194399.89abcdef",
    "figures/.a.png.4194398.0123abcd",
  ];
  for (const name of [...kept.slice(1), ...left]) Deno.writeTextFileSync(run.file(name), "half");
  run.removeLeftovers();
  assert.deepEqual(kept.filter((name) => !existsSync(run.file(name))), []);
  assert.deepEqual(left.filter((name) => existsSync(run.file(name))), []);
  new RunFolder(join(run.path, "gone")).removeLeftovers();
});

Deno.test("RunFolder.begin() goes on where only settings differ that may, single ones or groups", () => {
  const run = new RunFolder(join(temporaryFolder(), "run"));
  const config = (ways: string[], steps = 3) => ({
    settings: { steps, beside: { networks: ["a"], ways }, besides: { ways: ["x"] } },
  });
  const mayDiffer = ["settings.beside"];
  const first = run.begin(config(["one"]), { mayDiffer });
  assert.equal(run.begin(config(["two", "three"]), { resume: true, mayDiffer }), first);
  assert.deepEqual(run.readConfig().settings, config(["two", "three"]).settings);
  for (
    const [other, name] of [
      [config(["one"], 4), "settings.steps 3, 4"],
      // A longer word that begins alike is another setting
      [
        { settings: { ...config(["one"]).settings, besides: { ways: ["y"] } } },
        "settings.besides.ways",
      ],
    ] as const
  ) {
    assert.throws(
      () => run.begin(other, { resume: true, mayDiffer }),
      new RegExp(`a run with ${name}`),
    );
  }
});
