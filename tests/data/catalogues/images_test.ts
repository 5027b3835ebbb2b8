import assert from "node:assert/strict";
import { attachImages, readCatalogue } from "galaxykit/data";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const id = (row: number) => `${587722981736120347n + BigInt(row)}`;

function table(name: string, text: string) {
  const path = `${folder}/${name}.csv`;
  Deno.writeTextFileSync(path, text);
  return readCatalogue(path);
}

const votes = table(
  "votes",
  `objid,sample,t06_odd_a14_yes_fraction
${id(0)},original,0.1
${id(1)},extra,0.2
${id(2)},stripe82,0.3
`,
);
for (const asset of [10, 12, 22]) Deno.writeTextFileSync(`${folder}/${asset}.jpg`, "");

Deno.test("attachImages() joins by object id, and by sample where an object has two", () => {
  const mapping = table(
    "mapping",
    `objid,sample,asset_id
${id(2)},stripe82,22
${id(0)},original,10
${id(1)},stripe82,11
${id(1)},extra,12
`,
  );
  const { frame, missing } = attachImages(votes, { folder, mapping });
  assert.deepEqual(missing, []);
  assert.deepEqual(frame.getColumn("asset_id").toArray(), ["10", "12", "22"]);
  assert.equal(frame.getColumn("file_loc").toArray()[1], `${folder}/12.jpg`);
});

Deno.test("attachImages() stops for galaxies without an image, or leaves them out", () => {
  const mapping = table(
    "sparse",
    `objid,sample,asset_id\n${id(0)},original,10\n${id(1)},extra,11\n`,
  );
  assert.throws(() => attachImages(votes, { folder, mapping }), {
    name: "RangeError",
    message: `Cannot attach images from "${folder}": 2 of 3 galaxies have none ` +
      `(objid ${id(1)}, ${id(2)}); pass missing: "drop" to leave them out`,
  });
  const { frame, missing } = attachImages(votes, { folder, mapping, missing: "drop" });
  assert.deepEqual([frame.height, missing], [1, [id(1), id(2)]]);
});

Deno.test("attachImages() refuses an object with two images of one sample", () => {
  const mapping = table(
    "twice",
    `objid,sample,asset_id\n${id(0)},original,10\n${id(0)},original,12\n`,
  );
  assert.throws(() => attachImages(votes, { folder, mapping }), {
    name: "RangeError",
    message: `Cannot tell the image of objid ${id(0)}: ` +
      "the mapping has 2 assets (10 of original, 12 of original)",
  });
});
