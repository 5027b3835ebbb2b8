import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { key } from "galaxykit/tensorflow";
import { modelCard } from "galaxykit/models";
import { type ClassifySettings, predictImages, trainImageFolder } from "galaxykit/jobs";
import { writeGalaxyFolder } from "galaxykit/sky";
import { readSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";

const folder = temporaryFolder();
const images = join(folder, "galaxies");
await writeGalaxyFolder(images, { count: 45, size: 32, seed: 1 });
const settings = { images, width: 4, size: 32, crop: 1, epochs: 2, batch: 9 };

/** A run that the tests read, and copy before they damage it. */
const finished = join(folder, "finished");
const trained = await trainImageFolder(finished, { settings });

function train(out: string, changes: Partial<ClassifySettings> = {}) {
  return trainImageFolder(join(folder, out), { settings: { ...settings, ...changes } });
}

function predict(run: string, changes: { images?: string; skipBad?: boolean; out?: string } = {}) {
  return predictImages(run, { images, out: join(temporaryFolder(), "table.parquet"), ...changes });
}

function weights(run: string): Uint8Array {
  return Deno.readFileSync(join(run, "model.safetensors"));
}

/** A copy of the finished run without its figures. */
function copyOfRun(): string {
  const copy = temporaryFolder();
  for (const name of ["config.json", "last.safetensors", "model.safetensors"]) {
    Deno.copyFileSync(join(finished, name), join(copy, name));
  }
  return copy;
}

/** Changes what a run's config.json says of its settings, or of its model. */
function edit(run: string, part: "settings" | "model", changes: Record<string, unknown>): void {
  const path = join(run, "config.json");
  const config = JSON.parse(Deno.readTextFileSync(path));
  Object.assign(config[part], changes);
  Deno.writeTextFileSync(path, JSON.stringify(config));
}

/** A folder of two classes of four images each. */
function smallFolder(): string {
  const small = temporaryFolder();
  for (const kind of ["smooth", "spiral"]) {
    Deno.mkdirSync(join(small, kind));
    const files = [...Deno.readDirSync(join(images, kind))].map(({ name }) => name).sort();
    for (const name of files.slice(0, 4)) {
      Deno.copyFileSync(join(images, kind, name), join(small, kind, name));
    }
  }
  return small;
}

/** The column p_smooth of a table of predictions. */
function smoothById(path: string): Map<string, number> {
  const rows = readTable(path).toRecords() as { id: string; p_smooth: number }[];
  return new Map(rows.map(({ id, p_smooth }) => [id, p_smooth]));
}

function truncate(path: string): string {
  Deno.truncateSync(path, 700);
  return path;
}

Deno.test("trainImageFolder() leaves a complete run folder", () => {
  assert.deepEqual([...Deno.readDirSync(finished)].map(({ name }) => name).sort(), [
    "config.json",
    "figures",
    "history.csv",
    "last.safetensors",
    "metrics.txt",
    "model.safetensors",
    "predictions.parquet",
  ]);
  const config = JSON.parse(Deno.readTextFileSync(join(finished, "config.json")));
  const { seed, epochs, model } = config.settings;
  assert.deepEqual([config.job, seed, epochs, model], ["classify", 0, 2, "resnet18"]);
  assert.deepEqual(config.objective.outputs, { classes: ["edge-on", "smooth", "spiral"] });
  const { width, preprocessing } = config.model.options;
  assert.deepEqual([config.model.name, width, preprocessing.size], ["resnet18", 4, 32]);
  assert.match(config.data.fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(Object.keys(config.versions), ["galaxykit", "deno", "tfjs", "tensorflow"]);
  assert.ok(Object.values(config.versions).every((version) => /^\d+\.\d+/.test(version as string)));

  const history = readTable(join(finished, "history.csv"));
  assert.deepEqual(history.getColumn("epoch").toArray(), [1, 2]);
  assert.match(Deno.readTextFileSync(join(finished, "metrics.txt")), /\naccuracy 0\.\d{3}, /);
  const predictions = readTable(join(finished, "predictions.parquet"));
  assert.deepEqual(predictions.columns, [
    "id",
    "target",
    "prediction",
    "p_edge-on",
    "p_smooth",
    "p_spiral",
  ]);
  assert.equal(predictions.height, 9);
});

Deno.test("trainImageFolder() saves both figures as PNG and SVG", () => {
  for (const name of ["confusion_matrix", "learning_curves"]) {
    const png = Deno.readFileSync(join(finished, `figures/${name}.png`));
    assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.match(Deno.readTextFileSync(join(finished, `figures/${name}.svg`)), /^<svg[^]*<\/svg>/);
  }
  assert.equal(trained.figure, join(finished, "figures/confusion_matrix.png"));
});

Deno.test("trainImageFolder() writes the weights under torchvision's names", () => {
  const weights = key(0);
  const model = modelCard("resnet18").create({ classes: 3, width: 4, key: weights });
  weights.dispose();
  const { tensors } = readSafetensors(join(finished, "model.safetensors"));
  assert.deepEqual(Object.keys(tensors).sort(), Object.keys(model.stateDict()).sort());
  assert.ok("layer4.1.bn2.running_var" in tensors);
  assert.deepEqual(tensors["fc.weight"]!.shape, [3, 32]);
  model.dispose();
});

Deno.test("trainImageFolder() gives the same weights for the same seed, others for another", async () => {
  await train("again");
  assert.deepEqual(weights(join(folder, "again")), weights(finished));
  await train("other", { seed: 1, epochs: 1 });
  assert.notDeepEqual(weights(join(folder, "other")), weights(finished));
});

Deno.test("trainImageFolder() begins with given weights", async () => {
  const source = join(finished, "model.safetensors");
  const { run } = await train("begun", { weights: source, epochs: 1, rate: 1e-9, weightDecay: 0 });
  const [before, after] = [source, run.file("model.safetensors")].map((path) =>
    readSafetensors(path).tensors
  );
  for (const name of ["conv1.weight", "layer4.1.conv2.weight", "fc.weight"]) {
    const [a, b] = [before, after].map((tensors) => tensors[name]!.data as Float32Array);
    assert.ok(a!.every((value, i) => Math.abs(value - b![i]!) < 1e-6), name);
  }
  assert.equal((run.readConfig().settings as { weights: string }).weights, source);
  await assert.rejects(train("misfit", { weights: source, width: 8 }), {
    name: "TypeError",
    message:
      `Cannot load "${source}" into resnet18: 101 keys misshapen (first "conv1.weight": 4x3x7x7 found, 8x3x7x7 wanted)`,
  });
});

Deno.test("trainImageFolder() resumes a stopped run to the same weights", async () => {
  const out = join(folder, "stopped");
  const controller = new AbortController();
  await assert.rejects(
    trainImageFolder(out, {
      settings,
      signal: controller.signal,
      onProgress(report) {
        if ("what" in report && report.what === "epoch 2" && report.done === 2) controller.abort();
      },
    }),
    { name: "AbortError" },
  );
  assert.ok(!existsSync(join(out, "metrics.txt")));
  const steps: [string, number][] = [];
  const { history } = await trainImageFolder(out, {
    resume: true,
    onProgress(report) {
      if ("what" in report && report.unit === "steps") steps.push([report.what, report.done]);
    },
  });
  assert.deepEqual(steps, [["epoch 2", 3], ["epoch 2", 4]]);
  assert.equal(history.length, 2);
  assert.deepEqual(weights(out), weights(finished));
});

Deno.test("trainImageFolder() leaves nothing when it stops before training", async () => {
  const out = join(folder, "nothing");
  const controller = new AbortController();
  const onProgress = () => controller.abort(); // While the images are read
  await assert.rejects(
    trainImageFolder(out, { settings, signal: controller.signal, onProgress }),
    { name: "AbortError" },
  );
  assert.ok(!existsSync(out));
});

Deno.test("trainImageFolder() refuses images and places it cannot use, and leaves nothing", async () => {
  const empty = temporaryFolder();
  const one = smallFolder();
  Deno.removeSync(join(one, "smooth"), { recursive: true });
  const text = smallFolder();
  Deno.writeTextFileSync(join(text, "smooth", "notes.txt"), "seen on Monday");
  const damaged = smallFolder();
  const cut = truncate(join(damaged, "smooth", "000001.png"));
  const small = smallFolder();
  const file = join(small, "smooth", "000001.png");
  const message = "name another place (out)";
  const cases: [string, Partial<ClassifySettings>, string][] = [
    [
      "a",
      { images: join(folder, "gone") },
      `Cannot read image folder "${folder}/gone": no such folder`,
    ],
    [
      "a",
      { images: empty },
      `Cannot find classes in "${empty}": one subfolder of images per class is wanted, no image found`,
    ],
    [
      "a",
      { images: one },
      `Cannot classify the images of "${one}": at least 2 class folders are wanted, 1 found ("spiral")`,
    ],
    [
      "a",
      { images: text },
      `Cannot use "${text}": 1 of its files is not usable: "${text}/smooth/notes.txt" (not a JPEG, PNG, WebP, TIFF, GIF, AVIF or FITS file); remove them or skip bad files`,
    ],
    [
      "a",
      { images: damaged },
      `Cannot decode 1 of the 8 images of "${damaged}": "${cut}" (the PNG is damaged or cut); remove them or skip bad files`,
    ],
    [
      "a",
      { images: small },
      `Cannot train on "${small}": a batch holds 9 images, and only 6 are left for training; lower it (batch) or add images`,
    ],
    [
      "finished",
      {},
      `Cannot start a run in "${finished}": it holds one already; resume it (resume: true), lose it (overwrite: true), or name another folder`,
    ],
    [
      "galaxies",
      {},
      `Cannot start a run in "${images}": the folder is not empty (it holds "edge-on"); name another`,
    ],
  ];
  for (const [out, changes, expected] of cases) {
    await assert.rejects(train(out, changes), { message: expected });
  }
  assert.ok(!existsSync(join(folder, "a")));
  for (const out of [file, join(file, "run")]) {
    await assert.rejects(trainImageFolder(out, { settings }), {
      message: `Cannot write to "${out}": "${file}" is no folder; ${message}`,
    });
  }
  assert.ok(!existsSync(join(images, "config.json")));
});

Deno.test("trainImageFolder() leaves out damaged files when told to, and says which", async () => {
  const damaged = smallFolder();
  const cut = truncate(join(damaged, "smooth", "000001.png"));
  Deno.writeTextFileSync(join(damaged, "spiral", "notes.txt"), "seen on Monday");
  const told: string[] = [];
  const { bad } = await trainImageFolder(join(folder, "skipping"), {
    settings: { ...settings, images: damaged, skipBad: true, batch: 2, epochs: 1 },
    onProgress: (report) => void ("message" in report && told.push(report.message)),
  });
  const left = bad.map(({ path }) => path);
  assert.deepEqual(left, [join(damaged, "spiral", "notes.txt"), cut]);
  assert.match(told[0]!, /^2 files left out: .*notes.txt \(not a JPEG.*\) and others$/);
});

Deno.test("trainImageFolder() resumes only what it can go on with", async () => {
  const empty = temporaryFolder();
  await assert.rejects(trainImageFolder(empty, { resume: true }), {
    message: `Cannot find a run in "${empty}": it has no config.json; name the folder of a run`,
  });

  const changed = copyOfRun();
  edit(changed, "settings", { seed: 5 });
  await assert.rejects(trainImageFolder(changed, { resume: true }), {
    message:
      `Cannot go on in "${changed}": it was trained on other examples, or on others of them; give the same, or name another folder`,
  });
  const faster = copyOfRun();
  edit(faster, "settings", { rate: 0.5 });
  await assert.rejects(trainImageFolder(faster, { resume: true }), {
    message:
      /^Cannot go on in ".*": it holds a run with training\.phases\.0\.rate\.some \[.*0\.001,/,
  });

  const cut = copyOfRun();
  Deno.truncateSync(join(cut, "last.safetensors"), 40_000);
  await assert.rejects(
    trainImageFolder(cut, { resume: true }),
    RegExp(`^SafetensorsError: Cannot read "${cut}/last.safetensors": its tensors take \\d+ bytes`),
  );

  const bare = copyOfRun();
  Deno.writeTextFileSync(join(bare, "config.json"), "{}");
  await assert.rejects(trainImageFolder(bare, { resume: true }), {
    message:
      `Cannot use "${bare}/config.json": profile must be one of tiny, small, undefined found`,
  });
});

Deno.test("trainImageFolder() keeps a finished run as it is when resumed", async () => {
  const copy = copyOfRun();
  const { history, best } = await trainImageFolder(copy, { resume: true });
  assert.deepEqual(history, trained.history);
  assert.deepEqual(best, trained.best);
  assert.deepEqual(weights(copy), weights(finished));
});

Deno.test("predictImages() writes a row for each image, with probabilities", async () => {
  const out = join(temporaryFolder(), "new", "table.parquet");
  const { count, bad } = await predict(finished, { out });
  assert.deepEqual([count, bad], [45, []]);
  const table = readTable(out);
  assert.deepEqual(table.columns, ["id", "prediction", "p_edge-on", "p_smooth", "p_spiral"]);
  assert.equal(table.height, 45);
  for (const row of table.toRecords() as Record<string, number | string>[]) {
    assert.ok(existsSync(join(images, row.id as string)));
    const shares = ["edge-on", "smooth", "spiral"].map((name) => row[`p_${name}`] as number);
    assert.ok(Math.abs(shares[0]! + shares[1]! + shares[2]! - 1) < 1e-5);
    assert.equal(row[`p_${row.prediction}`], Math.max(...shares));
  }
});

Deno.test("predictImages() agrees with the run's own predictions", async () => {
  const out = join(temporaryFolder(), "table.parquet");
  await predict(finished, { out });
  const all = smoothById(out);
  for (const [id, share] of smoothById(join(finished, "predictions.parquet"))) {
    assert.ok(Math.abs(all.get(id)! - share) < 1e-5, id);
  }
});

Deno.test("predictImages() refuses damaged images, or leaves them out when told to", async () => {
  const damaged = smallFolder();
  const cut = truncate(join(damaged, "smooth", "000001.png"));
  const out = join(temporaryFolder(), "table.csv");
  await assert.rejects(predict(finished, { images: damaged, out }), {
    message:
      `Cannot decode 1 of 8 images of "${damaged}": "${cut}" (the PNG is damaged or cut); remove them or skip bad files`,
  });
  assert.ok(!existsSync(out));
  const { count, bad } = await predict(finished, { images: damaged, out, skipBad: true });
  assert.deepEqual([count, bad.map(({ path }) => path)], [7, [cut]]);
  // Each row still belongs to its id.
  const whole = join(temporaryFolder(), "whole.csv");
  await predict(finished, { out: whole });
  const all = smoothById(whole);
  for (const [id, share] of smoothById(out)) {
    assert.ok(Math.abs(all.get(id)! - share) < 1e-5, id);
  }

  const worse = temporaryFolder();
  Deno.copyFileSync(cut, join(worse, "a.png"));
  await assert.rejects(predict(finished, { images: worse, skipBad: true }), {
    message:
      `Cannot predict the images of "${worse}": "${worse}/a.png" (the PNG is damaged or cut)`,
  });
});

Deno.test("trainImageFolder() trains the named network at its own width", async () => {
  const { run } = await train("mini", { model: "resnet18_mini", width: undefined, epochs: 1 });
  const config = JSON.parse(Deno.readTextFileSync(run.file("config.json")));
  assert.equal(config.model.options.width, 16);
});

Deno.test("predictImages() refuses runs that are damaged or of another model", async () => {
  const other = copyOfRun();
  edit(other, "model", { name: "resnet34" });
  const fewer = copyOfRun();
  edit(fewer, "model", { options: { width: 4, size: 32, classes: 2 } });
  const cut = copyOfRun();
  Deno.truncateSync(join(cut, "model.safetensors"), 5);
  const begun = copyOfRun();
  Deno.removeSync(join(begun, "model.safetensors"));
  const broken = copyOfRun();
  Deno.writeTextFileSync(join(broken, "config.json"), '{"model": ');
  const cases: [string, RegExp][] = [
    [
      other,
      /: Cannot load ".*model\.safetensors" into resnet34: 80 keys missing \(first "layer1\.2/,
    ],
    [fewer, /into resnet18: 2 keys misshapen \(first "fc\.weight": 3x32 found, 2x32 wanted\)$/],
    [cut, /: Cannot read ".*model\.safetensors": it has 5 bytes, a safetensors file at least 8$/],
    [begun, /: Cannot load ".*model\.safetensors": the run has not finished an epoch yet$/],
    [broken, /: Cannot read ".*config\.json": it is not JSON \(/],
  ];
  for (const [run, message] of cases) await assert.rejects(predict(run), message);
});

Deno.test("predictImages() refuses a table it cannot write before it predicts", async () => {
  await assert.rejects(predict(finished, { out: "table.txt" }), {
    message:
      'Cannot write "table.txt": the extension must be .parquet or .csv, or none for a folder',
  });
  const file = join(finished, "metrics.txt");
  await assert.rejects(predict(finished, { out: join(file, "table.csv") }), {
    message: `Cannot write to "${file}": "${file}" is no folder; name another place (out)`,
  });
});
