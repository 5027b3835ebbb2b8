import assert from "node:assert/strict";
import { openSurvey } from "galaxykit/data";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const id = (row: number) => `${587722981736120347n + BigInt(row)}`;

function table(name: string, text: string) {
  const path = `${folder}/${name}.csv`;
  Deno.writeTextFileSync(path, text);
  return path;
}

const votes = table(
  "votes",
  `objid,sample,t06_odd_a14_yes_fraction
${id(0)},original,0.1
${id(1)},extra,0.2
${id(2)},stripe82,0.3
`,
);
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff);
for (const asset of [10, 12, 22]) Deno.writeFileSync(`${folder}/${asset}.jpg`, jpeg);

Deno.test("openSurvey() joins images by object id, and by sample where an object has two", () => {
  const mapping = table(
    "mapping",
    `objid,sample,asset_id
${id(2)},stripe82,22
${id(0)},original,10
${id(1)},stripe82,11
${id(1)},extra,12
`,
  );
  const { frame, missing } = openSurvey(votes, { mapping });
  assert.deepEqual(missing, []);
  assert.deepEqual(frame.getColumn("asset_id").toArray(), ["10", "12", "22"]);
  assert.equal(frame.getColumn("file_loc").toArray()[1], `${folder}/12.jpg`);
});

Deno.test("openSurvey() knows the galaxies that the mapping gives no image, or none that is there", () => {
  const mapping = table(
    "sparse",
    `objid,sample,asset_id\n${id(0)},original,10\n${id(1)},extra,11\n`,
  );
  const survey = openSurvey(votes, { mapping });
  assert.deepEqual([survey.ids.length, survey.missing], [3, [id(1), id(2)]]);
  assert.throws(() => survey.pictured(), {
    name: "RangeError",
    message: `Cannot use "${folder}": 2 of 3 galaxies have no image (objid ${id(1)}, ${id(2)}); ` +
      'add the images, or skip these galaxies (missing: "drop")',
  });
  assert.deepEqual(survey.pictured({ missing: "drop" }).ids, [id(0)]);
});

Deno.test("openSurvey() refuses an object with two images of one sample", () => {
  const mapping = table(
    "twice",
    `objid,sample,asset_id\n${id(0)},original,10\n${id(0)},original,12\n`,
  );
  assert.throws(() => openSurvey(votes, { mapping }), {
    name: "RangeError",
    message: `Cannot tell the image of objid ${id(0)}: ` +
      "the mapping has 2 assets (10 of original, 12 of original)",
  });
});
