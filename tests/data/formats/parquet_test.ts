import assert from "node:assert/strict";
import { numberColumn, readTable } from "galaxykit/data";
import { assertAsAstropy, cells, file, referenceBytes, referencePath } from "./_tables.ts";

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

for (const name of ["types.parquet", "types.arrow"]) {
  Deno.test(`readTable() reads what JavaScript has no type for: ${name}`, () => {
    const frame = readTable(referencePath(name));
    assert.deepEqual(frame.columns, [
      ...["objid", "half", "halves", "mag", "mags", "votes.smooth", "votes.deep.objid"],
      ...["votes.deep.text", "nested", "class"],
    ]);
    const [first, second, third] = frame.toRecords();
    assert.deepEqual(first, {
      ...{
        objid: "587722952231026744",
        half: Math.fround(0.0999755859375),
        halves: [0.5],
        mag: 17.25,
      },
      ...{ mags: [1.5], "votes.smooth": 0.5, "votes.deep.objid": "587722952231026744" },
      ...{ "votes.deep.text": "a", nested: [["587722952231026744"], []], class: "S" },
    });
    assert.deepEqual([second.half, second.halves, second.mag, second.nested], Array(4).fill(null));
    assert.equal(second["votes.deep.objid"], "-9223372036854775807");
    assert.deepEqual([third.half, third.mag, third["votes.smooth"]], [NaN, -0.5, null]);
    assert.deepEqual([...numberColumn(frame, "mag")], [17.25, NaN, -0.5]);
  });
}

Deno.test("readTable() takes fields of structures by name, and refuses lists of them", () => {
  const path = referencePath("types.parquet");
  const columns = ["votes.deep.objid", "mag"];
  assert.deepEqual(readTable(path, { columns }).columns, columns);
  assert.throws(() => readTable(path, { columns: ["objid", "map"] }), {
    message:
      `Cannot read "${path}": "map" holds lists of structures, which no table shows; leave it out`,
  });
});

Deno.test("readTable() leaves out what astropy masked, in Parquet as in ECSV", () => {
  for (const name of ["masked.parquet", "masked.ecsv"]) {
    const frame = assertAsAstropy(name);
    assert.deepEqual(cells(frame, "z"), [0.05, null, null]);
    const path = referencePath(name);
    assert.deepEqual(cells(readTable(path, { columns: ["n"] }), "n"), [1, 2, null]);
  }
});

Deno.test("readTable() says what an Arrow stream is, and that its reader fails of an Arrow file", () => {
  const stream = referencePath("stream.arrow");
  assert.throws(() => readTable(stream), {
    message: /it is an Arrow stream; write it as .* Parquet/,
  });
  const bytes = referenceBytes("types.arrow");
  assert.throws(() => readTable(file("cut.arrow", bytes.subarray(0, bytes.length / 2))), {
    message: /the Arrow file is damaged, or .* write it as Parquet/,
  });
});
