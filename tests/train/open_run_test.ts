import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { memorySource } from "galaxykit/data";
import { Linear } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { adamw, constant, fit, fractions, listRuns, openRun, train } from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

const folder = temporaryFolder();
const set = galaxySet({ count: 24 });

/** A run of three classes, kept under a name. */
async function classesRun(name: string, epochs = 2): Promise<string> {
  const path = join(folder, name);
  const model = tinyModel();
  await fit(model, {
    ...{ train: { set }, validation: { set }, batchSize: 8, seed: 1, epochs, normalization },
    optimizer: adamw(model.namedParameters()),
    schedule: constant(1e-3),
    run: path,
    config: { job: "a test" },
  });
  return path;
}

const first = await classesRun("first");

/** A line through points, a module of one's own. */
async function lineRun(name: string): Promise<{ path: string; model: Linear }> {
  const path = join(folder, "deep", name);
  const model = new Linear(1, 1, { key: key(1) });
  const points = memorySource({ x: Float32Array.of(0, 1, 2, 3) }, { length: 4 });
  await train({
    inputs: ({ x }: { x: Float32Array; indices: Int32Array }) => tf.tensor2d(x, [x.length, 1]),
    loss: (x) => ({ loss: tf.mean(tf.abs(tf.sub(model.call(x), tf.mul(x, 2)))) }),
  }, { model, train: { set: points }, batchSize: 2, epochs: 3, rate: 0.1, seed: 1, run: path });
  return { path, model };
}

const line = await lineRun("line");

Deno.test("openRun() makes the network again, with its best weights and what it knows", () => {
  const { model, outputs, config, fingerprint } = openRun(first);
  assert.equal(model.modelName, "resnet18");
  assert.equal(model.config.options.width, 4);
  assert.deepEqual(model.normalization, normalization);
  assert.equal(model.preprocessing.size, 32);
  assert.deepEqual(outputs, { classes: ["edge-on", "smooth", "spiral"] });
  assert.equal(config.job, "a test");
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  const x = tf.zeros([1, 32, 32, 3]);
  assert.deepEqual(model.call(x).shape, [1, 3]);
  model.dispose();
});

Deno.test("openRun() shows a run in a few lines, and not all of its settings", () => {
  const opened = openRun(first);
  const shown = Deno.inspect(opened);
  assert.ok(shown.startsWith(`Run ${first}\n  resnet18: `), shown);
  assert.match(shown, /\n {2}classes edge-on, smooth, spiral\n {2}seed \d+$/);
  assert.ok(Object.keys(opened).includes("config"));
  opened.model.dispose();
});

Deno.test("openRun() of a network of one's own wants one, and loads it", () => {
  assert.throws(() => openRun(line.path), {
    message:
      `Cannot open the run "${line.path}": its network, Linear, is not one of the kit's; in code, give one as \`model\``,
  });
  const { model } = openRun(line.path, { model: new Linear(1, 1, {}) });
  assert.deepEqual(model.stateDict(), line.model.stateDict());
});

Deno.test("openRun() tells the vote fractions that a network learnt", async () => {
  const path = join(folder, "fractions");
  const model = tinyModel();
  const names = ["smooth", "featured", "artifact"];
  const values = new Float32Array(24 * 3).fill(1 / 3);
  const { relabel } = await import("galaxykit/data");
  const voted = relabel(set, { targets: { names, values } });
  await fit(model, {
    ...{ train: { set: voted }, validation: { set: voted }, batchSize: 8, seed: 1, epochs: 1 },
    ...{ normalization, loss: fractions(), run: path },
    optimizer: adamw(model.namedParameters()),
    schedule: constant(1e-3),
  });
  const opened = openRun(path);
  assert.deepEqual(opened.outputs, { fractions: names });
  opened.model.dispose();
});

Deno.test("listRuns() finds the runs of a folder and below, the newest first", () => {
  const runs = listRuns(folder);
  assert.deepEqual(
    runs.map(({ path }) => path).sort(),
    [first, join(folder, "fractions"), line.path].sort(),
  );
  const own = runs.find(({ path }) => path === first)!;
  assert.deepEqual([own.of, own.model, own.epochs, own.plannedEpochs], [
    "a test",
    "resnet18",
    2,
    2,
  ]);
  assert.equal(own.values!.epoch, own.best!.epoch);
  assert.equal(own.values!.validation_loss, own.best!.value);
  const times = runs.map(({ started }) => started.getTime());
  assert.deepEqual(times, times.toSorted((a, b) => b - a));
  const ofLine = runs.find(({ path }) => path === line.path)!;
  assert.deepEqual([ofLine.best?.epoch, ofLine.of], [3, undefined]);
});

Deno.test("train() refuses a folder that holds a run, and leaves its files", async () => {
  const path = join(folder, "first", "history.csv");
  assert.ok(existsSync(path));
  const before = Deno.readTextFileSync(path);
  await assert.rejects(classesRun("first"), /it holds one already/);
  assert.equal(Deno.readTextFileSync(path), before);
});

Deno.test("openRun() tells what the loss made of the outputs, whatever else is known of images", async () => {
  const path = join(temporaryFolder(), "run");
  const model = tinyModel();
  const { relabel } = await import("galaxykit/data");
  const values = new Float32Array(24).fill(0.5);
  const rated = relabel(set, { targets: { names: ["smooth"], values } });
  await fit(model, {
    ...{ train: { set: rated }, batchSize: 8, seed: 1, epochs: 1, normalization, run: path },
    optimizer: adamw(model.namedParameters()),
    schedule: constant(1e-3),
  });
  const opened = openRun(path);
  assert.deepEqual(opened.outputs, { classes: set.classes });
  // Whole images were seen, whatever the architecture's own preset cuts off
  assert.equal(opened.model.preprocessing.cropFraction, 1);
  opened.model.dispose();
});

Deno.test("listRuns() passes over what is no run, and tells what is wrong with one", () => {
  const root = temporaryFolder();
  const foreign = ["null", "5", '{"training": {"epochs": 3}}', "// comment\n{}"];
  const put = (name: string, file: string, text: string) => {
    Deno.mkdirSync(join(root, name), { recursive: true });
    Deno.writeTextFileSync(join(root, name, file), text);
  };
  foreign.forEach((text, at) => put(`foreign ${at}`, "config.json", text));
  const config = Deno.readTextFileSync(join(first, "config.json"));
  put("damaged", "config.json", config);
  put("damaged", "model.safetensors", "no weights");
  put("damaged", "history.csv", "");
  Deno.symlinkSync(first, join(root, "link"));
  const [damaged, linked, ...others] = listRuns(root)
    .toSorted((a, b) => a.path.localeCompare(b.path));
  assert.deepEqual([damaged!.path, damaged!.model, damaged!.epochs], [
    ...[join(root, "damaged"), "resnet18", 0],
  ]);
  assert.match(damaged!.problem!, /history\.csv.*; .*model\.safetensors/);
  assert.deepEqual([linked!.path, linked!.epochs, linked!.problem, others], [
    ...[join(root, "link"), 2, undefined, []],
  ]);
});
