import assert from "node:assert/strict";
import { join } from "node:path";
import { columnUnits, loadParquetImages, readTable } from "galaxykit/data";
import { onShared, shared } from "../../shared_data.ts";
import { cells } from "./_tables.ts";

const folder = join(shared, "../cases");
const [first, second] = ["587722952231026744", "587722952231026688"];

/** The tables among the cases, by the columns that they must have. */
const tables: Record<string, Record<string, unknown[]>> = {
  "nan_words.csv": { a: [1.5, 2.5, null], b: [null, 3, 4], c: [1, null, 3] },
  ...Object.fromEntries(
    ["semicolon.csv", "comma_space.csv", "vizier.tsv"].map((name) => [
      name,
      { objid: [first, second], ra: [10.5, 11.5], dec: [-1.25, 1.25] },
    ]),
  ),
  "skyserver.csv": { objID: [first, second], ra: [10.5, 11.5], dec: [-1.25, 1.25] },
  "comment_header.txt": {
    ...{ objid: [first, second], ra: [10.5, 11.5], dec: [-1.25, 1.25], z: [0.1, 0.2] },
  },
  "ids_as_floats.csv": { objid: [first, second], z: [0.1, 0.2] },
  "table.csv.gz": { objid: [first, second], z: [0.1, 0.2] },
  "hf_images.parquet": {
    ...{ image: ["a.jpg", null], id_str: ["a", "b"], "smooth-or-featured-gz2_smooth": [12, 3] },
    embedding: [[1, 2], [3, 4]],
  },
};
const typed = {
  ...{ objid: [first, second], ra: [10.5, 11.5], dec: [-1.25, 1.25] },
  ...{ name: ["NGC 1", "UGC 22"], flag: [true, false] },
};
tables["table.ecsv"] = typed;
tables["table.fits"] = tables["table.vot"] = { ...typed, vec: [[0, 1, 2], [3, 4, 5]] };

for (const [name, columns] of Object.entries(tables)) {
  Deno.test(onShared(`../cases/${name}`, `readTable() reads the shared case ${name}`), () => {
    const frame = readTable(join(folder, name));
    assert.deepEqual(frame.columns, Object.keys(columns));
    for (const [column, values] of Object.entries(columns)) {
      assert.deepEqual(cells(frame, column), values, column);
    }
    if (name === "vizier.tsv") assert.deepEqual(columnUnits(frame), { ra: "deg", dec: "deg" });
  });
}

const refused: Record<string, RegExp> = {
  "lfs_pointer.safetensors": /Git LFS pointer/,
  "login_page.bin": /HTML page/,
  "plain.fits": /FITS image and holds no table/,
  "rice.fits.fz": /FITS image and holds no table/,
  "float.tif": /it is an image/,
  "legacy.pth": /Python pickle/,
  "with_float8.safetensors": /weights \(safetensors\)/,
};

Deno.test(onShared("../cases/plain.fits", "readTable() names the other shared cases"), () => {
  for (const [name, message] of Object.entries(refused)) {
    assert.throws(() => readTable(join(folder, name)), { message }, name);
  }
});

Deno.test(
  onShared("../cases/hf_images.parquet", "loadParquetImages() decodes the shared case"),
  async () => {
    const set = await loadParquetImages(join(folder, "hf_images.parquet"), { size: 16 });
    assert.deepEqual(set.ids, ["a", "b"]);
    assert.ok(set.images!.some((value) => value > 0));
  },
);
