import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { columnValues, readTable, writeTable } from "galaxykit/data";
import { fitTemperature, scaleByTemperature } from "galaxykit/metrics";
import { orientation } from "galaxykit/augment";
import { openTrainedRun, predictImages, type PredictOptions } from "galaxykit/jobs";
import { writeGalaxyFolder, writeSky } from "galaxykit/sky";
import { tf } from "galaxykit/tensorflow";
import sharp from "sharp";
import { temporaryFolder } from "../../temporary.ts";
import { trainedRun } from "../../trained_run.ts";

const { folder, images, run } = await trainedRun({ count: 60, epochs: 2 });

async function predicted(
  options: Partial<PredictOptions>,
  out = join(temporaryFolder(), "table.parquet"),
): Promise<Record<string, ArrayLike<unknown>>> {
  await predictImages(run, { images, out, ...options });
  const table = readTable(out);
  return Object.fromEntries(table.columns.map((name) => [name, columnValues(table, name)]));
}

/** The table in parts of a folder, row by row. */
function partsOf(out: string): Record<string, unknown>[] {
  return [...Deno.readDirSync(out)].map(({ name }) => name).filter((name) => /^part-/.test(name))
    .sort().flatMap((name) => readTable(join(out, name)).toRecords());
}

Deno.test("predictImages() in parts, stopped and resumed, gives the same bits as in one", async () => {
  const whole = readTable(await one({})).toRecords();
  async function one(options: Partial<PredictOptions>): Promise<string> {
    const out = join(temporaryFolder(), "table.parquet");
    await predictImages(run, { images, out, ...options });
    return out;
  }
  assert.equal(whole.length, 60);
  const out = join(temporaryFolder(), "parts");
  const controller = new AbortController();
  await assert.rejects(
    predictImages(run, {
      ...{ images, out, shard: 25, signal: controller.signal },
      onProgress: (report) => void ("done" in report && report.done >= 50 && controller.abort()),
    }),
    { name: "AbortError" },
  );
  assert.deepEqual(partsOf(out), whole.slice(0, 50));
  // The first part is damaged meanwhile
  Deno.writeTextFileSync(join(out, "part-00000.parquet"), "no table");
  assert.deepEqual(await predictImages(run, { images, out, shard: 25 }), {
    ...{ count: 60, kept: 25, bad: [], missing: [], temperature: undefined },
  });
  assert.deepEqual(partsOf(out), whole);
  assert.equal((await predictImages(run, { images, out, shard: 25 })).kept, 60);

  // In one file the parts wait beside it, and go in the end
  const file = join(temporaryFolder(), "table.csv");
  const stop = new AbortController();
  await assert.rejects(predictImages(run, {
    ...{ images, out: file, shard: 25, signal: stop.signal },
    onProgress: (report) => void ("done" in report && report.done >= 25 && stop.abort()),
  }));
  assert.ok(existsSync(`${file}.parts`) && !existsSync(file));
  assert.equal((await predictImages(run, { images, out: file, shard: 25 })).kept, 25);
  assert.ok(!existsSync(`${file}.parts`));
  assert.deepEqual(readTable(file).getColumn("id").toArray(), whole.map(({ id }) => id));

  // Other options are other predictions
  await assert.rejects(predictImages(run, { images, out, shard: 25, views: 2 }), {
    message:
      `Cannot write predictions to "${out}": it holds some of another run or other options; remove it, or name another place (out)`,
  });
});

Deno.test("predictImages() makes a part anew whose images changed, and drops surplus parts", async () => {
  const own = join(temporaryFolder(), "images");
  await writeGalaxyFolder(own, { count: 12, size: 32, seed: 3 });
  const out = join(temporaryFolder(), "parts");
  await predictImages(run, { images: own, out, shard: 5 });
  assert.equal(partsOf(out).length, 12);
  const last = readTable(join(out, "part-00002.parquet")).getColumn("id").toArray() as string[];
  for (const id of last) Deno.removeSync(join(own, id));
  const [first] = partsOf(out);
  await sharp({ create: { width: 40, height: 40, channels: 3, background: "white" } })
    .png().toFile(join(own, first!.id as string));
  assert.deepEqual((await predictImages(run, { images: own, out, shard: 5 })).kept, 5);
  assert.equal(partsOf(out).length, 10);
  assert.notDeepEqual(partsOf(out)[0], first);
});

Deno.test("predictImages() with views gives the mean over images that are turned beforehand", async () => {
  const [some, turned] = [temporaryFolder(), temporaryFolder()];
  const names = [...Deno.readDirSync(join(images, "smooth"))].map(({ name }) => name).sort();
  for (const name of names.slice(0, 6)) {
    const path = join(images, "smooth", name);
    Deno.copyFileSync(path, join(some, name));
    const pixels = new Uint8Array(await sharp(path).removeAlpha().raw().toBuffer());
    for (let view = 0; view < 8; view++) {
      Deno.mkdirSync(join(turned, `${view}`), { recursive: true });
      const view4d = orientation(tf.tensor4d(pixels, [1, 32, 32, 3]), view);
      await sharp(Uint8Array.from(view4d.dataSync()), {
        raw: { width: 32, height: 32, channels: 3 },
      })
        .png().toFile(join(turned, `${view}`, name));
    }
  }
  const mean = await predicted({ images: some, views: 8 });
  const each = await predicted({ images: turned });
  for (const column of ["p_edge-on", "p_smooth", "p_spiral"]) {
    for (let row = 0; row < 6; row++) {
      const values = Array.from({ length: 8 }, (_, view) => Number(each[column]![6 * view + row]));
      const wanted = values.reduce((sum, value) => sum + value) / 8;
      assert.ok(Math.abs(Number(mean[column]![row]) - wanted) < 1e-6, `${column} of ${row}`);
      assert.ok(Math.max(...values) - Math.min(...values) > 1e-4);
    }
  }
});

Deno.test("predictImages() calibrates by the temperature of the run's validation images", async () => {
  const table = readTable(join(run, "predictions.parquet"));
  const classes = table.columns.filter((name) => name.startsWith("p_"));
  const values = classes.map((name) => columnValues(table, name) as number[]);
  const target = Array.from(
    columnValues(table, "target"),
    (name) => classes.indexOf(`p_${name}`),
  );
  const logits = target.map((_, row) => values.map((column) => Math.log(column[row]!)));
  const temperature = fitTemperature({ target, logits });
  const out = join(temporaryFolder(), "table.parquet");
  const result = await predictImages(run, { images, out, calibrated: true });
  assert.ok(Math.abs(result.temperature! - temperature) < 1e-9);
  const [plain, calibrated] = [await predicted({}), await predicted({ calibrated: true })];
  const row = (of: typeof plain) => classes.map((name) => Number(of[name]![7]));
  const [wanted] = scaleByTemperature([row(plain).map(Math.log)], { temperature });
  row(calibrated).forEach((value, at) => assert.ok(Math.abs(value - wanted![at]!) < 1e-5));
  assert.deepEqual(calibrated.prediction, plain.prediction);
  assert.notDeepEqual(row(calibrated), row(plain));
});

Deno.test("predictImages() keeps a table's order and 64-bit ids, as text", async () => {
  const files = [...Deno.readDirSync(join(images, "smooth"))].map(({ name }) => name).sort();
  const ids = ["587722981736120347", "587722981736120345", "587722981736120346"];
  const file_loc = [files[2]!, files[0]!, files[1]!].map((name) => join("smooth", name));
  const data = join(temporaryFolder(), "galaxies.csv");
  writeTable(data, { objid: BigInt64Array.from(ids, BigInt) as unknown as bigint[], file_loc });
  const table = await predicted({ data });
  assert.deepEqual(Array.from(table.objid!), ids);
  const alone = await predicted({});
  const place = Array.from(alone.id!).indexOf(file_loc[0]);
  assert.ok(Math.abs(Number(table.p_smooth![0]) - Number(alone.p_smooth![place])) < 1e-6);

  // Without file_loc, images are called by ids
  const named = temporaryFolder();
  for (const [row, id] of ids.entries()) {
    Deno.copyFileSync(join(images, file_loc[row]!), join(named, `${id}.png`));
  }
  const bare = join(temporaryFolder(), "galaxies.parquet");
  writeTable(bare, { id_str: ids });
  const again = await predicted({ data: bare, images: named });
  assert.deepEqual([...Array.from(again.id_str!)], ids);
  assert.deepEqual(again.p_smooth, table.p_smooth);
});

Deno.test("predictImages() takes a survey: its folder, or catalogue, mapping and images", async () => {
  const sky = join(temporaryFolder(), "sky");
  await writeSky(sky, { count: 5, seed: 1, size: 32 });
  const whole = await predicted({ images: undefined, data: sky });
  const [name] = Object.keys(whole);
  const catalogue = join(sky, "catalogue.parquet");
  assert.deepEqual(
    Array.from(whole[name!]!),
    Array.from(columnValues(readTable(catalogue), name!)),
  );
  const options = {
    data: catalogue,
    images: join(sky, "images"),
    mapping: join(sky, "gz2_filename_mapping.csv"),
  };
  assert.deepEqual(await predicted(options), whole);
  Deno.removeSync(join(sky, "images", "2.jpg"));
  const id = whole[name!]![2] as string;
  await assert.rejects(predicted(options), {
    message:
      `Cannot use "${join(sky, "images")}": 1 of 5 galaxies have no image (${name} ${id}); ` +
      'add the images, or skip these galaxies (missing: "drop")',
  });
  const out = join(temporaryFolder(), "table.parquet");
  const { count, missing } = await predictImages(run, { ...options, out, skipBad: true });
  assert.deepEqual([count, missing], [4, [id]]);
});

Deno.test("predictImages() gives the fractions of a network that learnt votes", async () => {
  const network = openTrainedRun(run);
  const out = join(temporaryFolder(), "table.parquet");
  const names = ["smooth_fraction", "featured_fraction", "artifact_fraction"];
  await predictImages({ ...network, outputs: { fractions: names } }, { images, out });
  network.model.dispose();
  const table = readTable(out);
  assert.deepEqual(table.columns, ["id", ...names]);
  const [probabilities, row] = [await predicted({}), table.row(3) as number[]];
  // softmax of x is in proportion to exp(x) = s / (1 - s) of s = sigmoid(x)
  const odds = row.slice(1).map((share) => share / (1 - share));
  const sum = odds.reduce((total, value) => total + value);
  const wanted = Object.keys(probabilities).filter((name) => name.startsWith("p_"))
    .map((name) => Number(probabilities[name]![3]));
  wanted.forEach((value, at) => assert.ok(Math.abs(value - odds[at]! / sum) < 1e-5));
});

Deno.test("predictImages() skips bad images, also a part of nothing else, and knows them after a stop", async () => {
  const own = temporaryFolder();
  await writeGalaxyFolder(join(own, "a"), { count: 6, size: 32, seed: 1 });
  const files = readTable(await oneTable(own)).getColumn("id").toArray() as string[];
  for (const id of files.slice(2, 4)) Deno.truncateSync(join(own, id), 600);
  async function oneTable(images: string): Promise<string> {
    const out = join(temporaryFolder(), "table.parquet");
    await predictImages(run, { images, out });
    return out;
  }
  const out = join(temporaryFolder(), "parts");
  await assert.rejects(
    predictImages(run, { images: own, out, shard: 2 }),
    (error: Error) =>
      error.message.startsWith(
        `Cannot decode 2 of 2 images of "${own}": "${join(own, files[2]!)}" (`,
      ) &&
      error.message.endsWith("remove them or skip bad files"),
  );
  const parts = join(temporaryFolder(), "parts");
  for (const kept of [0, 4]) {
    const result = await predictImages(run, { images: own, out: parts, shard: 2, skipBad: true });
    assert.deepEqual([result.count, result.kept], [4, kept]);
    assert.deepEqual(
      result.bad.map(({ path }) => path),
      files.slice(2, 4).map((id) => join(own, id)),
    );
  }
});

Deno.test("predictImages() tells what is wrong before it predicts", async () => {
  const out = join(folder, "never.parquet");
  const data = join(folder, "data.csv");
  writeTable(data, { name: ["a"], value: [1] });
  const full = join(folder, "full");
  Deno.mkdirSync(full);
  Deno.writeTextFileSync(join(full, "notes.txt"), "");
  const cases: [Partial<PredictOptions>, string][] = [
    [{ images: undefined }, "Cannot predict: name a folder of images, or a table of galaxies"],
    [{ views: 9 }, "Cannot predict: views must be an integer, at least 1, at most 8, 9 found"],
    [{ shard: 0 }, "Cannot predict: shard must be an integer, at least 1, 0 found"],
    [
      { data },
      `Cannot open "${data}": it has no column of ids, one of id_str, id, objid, dr7objid, iauname, GalaxyID, asset_id is wanted`,
    ],
    [
      { out: "table.tsv" },
      'Cannot write "table.tsv": the extension must be .parquet or .csv, or none for a folder',
    ],
    [
      { out: full },
      `Cannot write predictions to "${full}": the folder is not empty (it holds "notes.txt"); name another (out)`,
    ],
  ];
  for (const [options, message] of cases) {
    await assert.rejects(predictImages(run, { images, out, ...options }), { message });
  }
  assert.ok(!existsSync(out));
});
