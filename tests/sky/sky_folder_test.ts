import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import { decodeImage, openSurvey, readTable } from "galaxykit/data";
import {
  classify,
  drawGalaxy,
  type Galaxy,
  objectId,
  renderGalaxy,
  skyCatalogue,
  SkyWorkers,
  writeSky,
} from "galaxykit/sky";
import { trueMask } from "../../lib/recipes/efficientnet/true_mask.ts";
import { checkGalaxies } from "../../lib/sky/_check_galaxies.ts";
import { temporaryFolder } from "../temporary.ts";

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
  // A finished sky is left alone, whatever the kit would write now; not where a picture is gone
  const path = join(folder, "catalogue.parquet");
  Deno.writeTextFileSync(path, "older");
  assert.deepEqual(await writeSky(folder, settings), { drawn: 0, kept: 5, kinds: [] });
  assert.equal(Deno.readTextFileSync(path), "older");
  Deno.removeSync(join(folder, "images/3.jpg"));
  assert.deepEqual(await writeSky(folder, settings), { drawn: 1, kept: 4, kinds: [] });
  assert.equal(readTable(path).height, 5);
  const more = await writeSky(folder, { ...settings, count: 6 });
  assert.deepEqual(more, { drawn: 1, kept: 5, kinds: [] });
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
    message: "Cannot draw a sky: count must be a positive integer, 0 found",
  });
  await assert.rejects(writeSky(join(root, "new"), { ...settings, size: 7 }), {
    name: "RangeError",
    message: "Cannot write a sky: size must be a whole number in [8, 2048], found 7",
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
  const chunk = { seed: 1, survey: "sdss", start: 0, end: 40 } as const;
  await assert.rejects(workers.search({ ...chunk, kinds: ["a01"] }), {
    message: "Cannot draw galaxies 0 to 39 of seed 1: it is not known what votes are reduced by; " +
      "call reduceBy() first",
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

/** Galaxies of one's own: drawn ones, changed. */
function own(): Galaxy[] {
  return [3, 70].map((index) => ({ ...drawGalaxy({ seed: 8, index }), petroR90: 9 }));
}

Deno.test("writeSky() takes galaxies of one's own, and only those when it goes on", async () => {
  const folder = join(temporaryFolder(), "sky");
  const galaxies = own();
  const options = { size: 24, format: "png", galaxies } as const;
  assert.equal((await writeSky(folder, options)).drawn, 2);
  const picture = await decodeImage(join(folder, "images", "70.png"), { size: 24 });
  assert.deepEqual(picture, renderGalaxy(galaxies[1], { size: 24 }).pixels);
  assert.deepEqual(openSurvey(folder).pictured().ids, galaxies.map((g) => `${objectId(g)}`));
  assert.equal((await writeSky(folder, options)).kept, 2);
  const others = galaxies.map((galaxy) => ({ ...galaxy, petroR90: 8 }));
  await assert.rejects(writeSky(folder, { ...options, galaxies: others }), {
    message: `Cannot write a sky to "${folder}": it holds other galaxies; name another folder`,
  });
  // The true extent is theirs, not that of the natural sky's galaxy
  const mask = trueMask(folder, { size: 24, crop: 1 })!(`${objectId(galaxies[1])}`);
  const { mask: expected } = renderGalaxy(galaxies[1], { size: 24, mask: true });
  assert.deepEqual([...mask], [...expected!].map((value) => value >= 128 ? 1 : 0));
});

Deno.test("writeSky() names the field of a galaxy that is wrong", async () => {
  const [first, second] = own();
  const wrong: [unknown, string][] = [
    [[], "a list of at least one is wanted"],
    [
      [first, { ...second, petroR90: NaN }],
      "galaxies[1].petroR90 must be in (0, 10000], found NaN",
    ],
    [
      [{ ...first, bulge: { ...first.bulge, fraction: "a" } }],
      "galaxies[0].bulge.fraction must be in [0, 1], found string a",
    ],
    [[{ ...first, klass: "spiral" }], 'galaxies[0] has no field "klass", nearest is "class"'],
    [
      [{ ...first, class: "ring" }],
      'galaxies[0].class must be one of elliptical, lenticular, spiral, irregular, "ring" found',
    ],
    [
      [{ ...first, disc: 3 }],
      "galaxies[0].disc must be a group of scaleLength, inclination, thickness, truncation, 3 found",
    ],
    [[{ ...first, stars: {} }], "galaxies[0].stars must be a list, {} found"],
    [
      [first, { ...second, index: 3 }],
      "each has an index of its own, galaxies[0] and galaxies[1] have 3",
    ],
  ];
  for (const [galaxies, message] of wrong) {
    await assert.rejects(writeSky("unused", { galaxies: galaxies as Galaxy[], size: 8 }), {
      name: "RangeError",
      message: `Cannot draw galaxies: ${message}`,
    });
  }
  await assert.rejects(writeSky("unused", { galaxies: own(), count: 2 }), {
    message: "Cannot write a sky: galaxies of one's own come without count, each and population",
  });
  const drawn = Array.from({ length: 300 }, (_, index) => drawGalaxy({ seed: 2, index }));
  checkGalaxies(JSON.parse(JSON.stringify(drawn))); // what is drawn is sound
});

Deno.test("writeSky() shows the same galaxies in several surveys", async () => {
  const folder = join(temporaryFolder(), "sky");
  const survey = ["decals", "ukidss"] as const;
  const { drawn } = await writeSky(folder, {
    ...{ survey, population: ["a04"], each: 2, seed: 4, size: 16, reference: 20 },
  });
  assert.equal(drawn, 4);
  const [decals, ukidss] = survey.map((name) => openSurvey(join(folder, name)).pictured());
  assert.deepEqual(decals.ids, ukidss.ids);
  const [a, b] = survey.map((name) => Deno.readFileSync(join(folder, name, "truth.parquet")));
  assert.deepEqual(a, b);
  const [first, second] = [decals, ukidss].map(({ paths }) => Deno.readFileSync(paths[0]));
  assert.notDeepEqual(first, second);
  await assert.rejects(writeSky(folder, { survey: ["sdss", "decals"], count: 2, size: 16 }), {
    message: `Cannot write a sky to "${folder}": the folder is not empty (it holds "ukidss"); ` +
      "name another",
  });
});
