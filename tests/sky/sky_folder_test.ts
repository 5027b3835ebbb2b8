import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import { decodeImage, readTable } from "galaxykit/data";
import {
  classify,
  drawGalaxy,
  renderGalaxy,
  skyCatalogue,
  SkyWorkers,
  writeSky,
} from "galaxykit/sky";

const settings = { count: 5, seed: 3, size: 32, workers: 1 } as const;

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("writeSky() writes the pictures, votes and truth that one thread computes", async () => {
  const root = Deno.makeTempDirSync();
  const folder = join(root, "sky");
  const seen: number[] = [];
  const { drawn, kept } = await writeSky(folder, {
    ...settings,
    format: "png",
    onProgress: (report) => "done" in report && seen.push(report.done / report.total),
  });
  assert.deepEqual([drawn, kept], [5, 0]);
  assert.deepEqual(seen, [0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(names(folder), [
    "README.md",
    "catalogue.parquet",
    "expected_votes.parquet",
    "gz2_filename_mapping.csv",
    "images",
    "sky.json",
    "truth.parquet",
  ]);
  const galaxies = [0, 1, 2, 3, 4].map((index) => drawGalaxy({ seed: 3, index }));
  const picture = await decodeImage(join(folder, "images", "4.png"), { size: 32 });
  assert.deepEqual(picture, renderGalaxy(galaxies[4], { size: 32 }).pixels);
  const expected = skyCatalogue(galaxies.map((galaxy) => ({ galaxy, votes: classify(galaxy) })));
  const id = pl.col("objid").cast(pl.Utf8); // past what a double holds
  const counts = (table: ReturnType<typeof readTable>) =>
    table.select(id, "total_votes", "t01_smooth_or_features_a01_smooth_debiased").toRecords();
  assert.deepEqual(counts(readTable(join(folder, "catalogue.parquet"))), counts(expected));
  const mapping = readTable(join(folder, "gz2_filename_mapping.csv")).toRecords();
  assert.deepEqual(mapping[4], { objid: "900000300000000004", sample: "simulated", asset_id: 4 });
  Deno.removeSync(root, { recursive: true });
});

Deno.test("writeSky() goes on where it was stopped, and keeps what is there", async () => {
  const root = Deno.makeTempDirSync();
  const [folder, whole] = [join(root, "stopped"), join(root, "whole")];
  const controller = new AbortController();
  await assert.rejects(
    writeSky(folder, {
      ...settings,
      signal: controller.signal,
      onProgress: (report) => "done" in report && report.done === 2 && controller.abort(),
    }),
    { name: "AbortError" },
  );
  const there = names(join(folder, "images"));
  assert.ok(there.length >= 2 && there.length < 5, `${there}`);
  assert.ok(there.every((name) => /^\d\.jpg$/.test(name)), `${there}`);
  assert.deepEqual(names(folder), ["images", "sky.json"]);

  const { drawn, kept } = await writeSky(folder, settings);
  assert.deepEqual([drawn, kept], [5 - there.length, there.length]);
  await writeSky(whole, settings);
  for (const name of ["catalogue.parquet", "truth.parquet", "images/0.jpg", "images/4.jpg"]) {
    assert.deepEqual(Deno.readFileSync(join(folder, name)), Deno.readFileSync(join(whole, name)));
  }
  const more = await writeSky(folder, { ...settings, count: 6 });
  assert.deepEqual(more, { drawn: 1, kept: 5 });
  Deno.removeSync(root, { recursive: true });
});

Deno.test("writeSky() refuses other folders, other settings and wrong options", async () => {
  const root = Deno.makeTempDirSync();
  const folder = join(root, "sky");
  await writeSky(folder, { ...settings, count: 1 });
  await assert.rejects(writeSky(folder, { ...settings, seed: 4 }), {
    message:
      `Cannot write a sky to "${folder}": it holds one of seed 3, 4 wanted; name another folder`,
  });
  await assert.rejects(writeSky(root, settings), {
    message:
      `Cannot write a sky to "${root}": the folder is not empty (it holds "sky"); name another`,
  });
  const inFile = join(folder, "sky.json", "inside");
  await assert.rejects(writeSky(inFile, settings), {
    message: `Cannot write to "${inFile}": "${join(folder, "sky.json")}" is no folder; ` +
      "name another place (out)",
  });
  await assert.rejects(writeSky(join(root, "new"), { ...settings, count: 0 }), {
    name: "RangeError",
    message: "Cannot write a sky: count must be a positive integer, 0 found",
  });
  await assert.rejects(writeSky(join(root, "new"), { ...settings, size: 7 }), {
    name: "RangeError",
    message: "Cannot write a sky: size must be an integer from 8 to 2048, 7 found",
  });
  assert.deepEqual(names(root), ["sky"]);
  Deno.removeSync(root, { recursive: true });
});

Deno.test("SkyWorkers says which galaxy cannot be drawn, and goes on", async () => {
  using workers = new SkyWorkers({ workers: 1 });
  const request = { seed: 1, survey: "sdss", size: 0 } as const;
  await assert.rejects(workers.draw({ ...request, index: -1 }), {
    message: "Cannot draw galaxy -1 of seed 1: " +
      "Cannot draw a galaxy: index must be an integer from 0, -1 found",
  });
  const { galaxy, pixels } = await workers.draw({ ...request, index: 2 });
  assert.equal(galaxy.index, 2);
  assert.equal(pixels.length, 0);
});

Deno.test("writeSky() refuses options that it does not know", async () => {
  const slip = { count: 3, seed: 1, sise: 32 };
  await assert.rejects(writeSky(join(Deno.makeTempDirSync(), "new"), slip), {
    name: "RangeError",
    message: 'Cannot write a sky: there is no option "sise", nearest is "size"',
  });
});
