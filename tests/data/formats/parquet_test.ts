import assert from "node:assert/strict";
import { readTable } from "galaxykit/data";
import { file, referenceBytes, referencePath } from "./_tables.ts";

Deno.test("readTable() reads Parquet with images inside: paths, lists, exact ids, no bytes", () => {
  const frame = readTable(referencePath("images.parquet"));
  assert.deepEqual(frame.columns, [
    ...["image", "id_str", "objid", "label", "smooth-or-featured-gz2_smooth", "embedding"],
  ]);
  assert.deepEqual(frame.toRecords()[2], {
    image: null,
    id_str: "587722952231026746",
    objid: "587722952231026746",
    label: 0,
    "smooth-or-featured-gz2_smooth": 0,
    embedding: [0.5, 1.5],
  });
  assert.equal(frame.toRecords()[0].image, "0.png");
  assert.equal(frame.getColumn("label").toArray()[4], null);
});

Deno.test("readTable() refuses Parquet of which nothing but bytes is wanted, and damaged Parquet", () => {
  const path = referencePath("images.parquet");
  for (const columns of [["thumbnail"], ["id_str", "thumbnail"]]) {
    assert.throws(() => readTable(path, { columns }), {
      message: `Cannot read "${path}": "thumbnail" holds bytes, which no table shows; leave it out`,
    });
  }
  const bytes = referenceBytes("images.parquet");
  const footer = new Uint8Array(bytes);
  new DataView(footer.buffer).setUint32(footer.length - 8, 2 ** 31, true);
  for (const damaged of [bytes.subarray(0, -9), footer, bytes.subarray(0, 4)]) {
    assert.throws(() => readTable(file("damaged.parquet", damaged)), { message: /parquet: / });
  }
});
