import assert from "node:assert/strict";
import { join } from "node:path";
import { findSurvey, picturedGalaxies, readTable, writeTable } from "galaxykit/data";
import { writeSky } from "galaxykit/sky";
import { missing, shared } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";

/** A small sky. */
async function sky(): Promise<string> {
  const folder = join(temporaryFolder(), "sky");
  await writeSky(folder, { count: 3, seed: 1, size: 16, workers: 1 });
  return folder;
}

Deno.test("findSurvey() finds table, mapping and images under any names", async () => {
  const folder = await sky();
  Deno.renameSync(join(folder, "catalogue.parquet"), join(folder, "votes of ours.parquet"));
  Deno.mkdirSync(join(folder, "a/b"), { recursive: true });
  Deno.renameSync(join(folder, "images"), join(folder, "a/b/pictures"));
  Deno.renameSync(join(folder, "a/b/pictures/2.jpg"), join(folder, "2.jpeg"));
  Deno.writeTextFileSync(join(folder, "a/1.jpg"), "no image");
  const survey = findSurvey(folder);
  assert.equal(survey.table, join(folder, "votes of ours.parquet"));
  assert.equal(survey.mapping?.kind.name, "gz2_filename_mapping");
  assert.equal(survey.images.length, 3);
  const { frame, paths, ids } = picturedGalaxies(survey);
  assert.deepEqual(ids, ["0", "1", "2"]);
  assert.deepEqual(paths.map((path) => path.slice(folder.length)), [
    "/a/b/pictures/0.jpg",
    "/a/b/pictures/1.jpg",
    "/2.jpeg",
  ]);
  assert.equal(frame.getColumn("objid").toArray()[2], "900000100000000002");
});

Deno.test("findSurvey() takes Kaggle's solutions without a header", () => {
  if (missing("kaggle_sample")) return;
  const survey = findSurvey(join(shared, "kaggle_sample"));
  assert.equal(survey.catalogue.kind.name, "kaggle");
  const { frame, paths, ids } = picturedGalaxies(survey);
  assert.equal(ids.length, 100);
  assert.deepEqual(ids, frame.getColumn("GalaxyID").toArray());
  assert.ok(paths[0].endsWith(`${ids[0]}.jpg`));
});

Deno.test("findSurvey() says which files it cannot take for votes, or choose between", async () => {
  const folder = await sky();
  const [votes, truth] = ["catalogue.parquet", "truth.parquet"].map((name) => join(folder, name));
  const other = join(folder, "other.parquet");
  writeTable(other, readTable(votes, { text: ["objid"] }));
  assert.throws(() => findSurvey(folder), {
    message: `Cannot tell which table of "${folder}" has the votes: "${votes}" and "${other}" ` +
      "could be it; give the path of one instead of the folder",
  });
  assert.equal(findSurvey(other).table, other);
  assert.equal(findSurvey(other).folder, folder);
  Deno.removeSync(other);
  Deno.removeSync(votes);
  Deno.removeSync(truth);
  assert.throws(() => findSurvey(folder), {
    message: `Cannot find votes in "${folder}": none of its 6 files is a table of Galaxy Zoo ` +
      `("${join(folder, "gz2_filename_mapping.csv")}" is gz2_filename_mapping)`,
  });
  assert.throws(() => findSurvey(join(folder, "nowhere")), /no such folder/);
});

Deno.test("picturedGalaxies() names galaxies without an image, and those with two", async () => {
  const folder = await sky();
  Deno.removeSync(join(folder, "images/1.jpg"));
  assert.throws(() => picturedGalaxies(findSurvey(folder)), {
    message: `Cannot attach images from "${folder}": 1 of 3 galaxies have none ` +
      '(objid 900000100000000001); pass missing: "drop" to leave them out',
  });
  const { ids, missing } = picturedGalaxies(findSurvey(folder), { missing: "drop" });
  assert.deepEqual([ids, missing], [["0", "2"], ["900000100000000001"]]);
  Deno.copyFileSync(join(folder, "images/0.jpg"), join(folder, "0.jpg"));
  assert.throws(() => picturedGalaxies(findSurvey(folder), { missing: "drop" }), {
    message: `Cannot tell the image of 0: "${join(folder, "0.jpg")}" and "${
      join(folder, "images/0.jpg")
    }" have its name; keep one`,
  });
});
