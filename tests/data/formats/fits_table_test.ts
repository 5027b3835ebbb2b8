import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readTable } from "galaxykit/data";
import { assertAsAstropy, cells, file, fits, referenceBytes, referencePath } from "./_tables.ts";

Deno.test("readTable() equals astropy on a FITS table of every TFORM", () => {
  const frame = assertAsAstropy("kinds.fits.gz");
  assert.deepEqual(frame.getColumn("objid").toArray(), [
    "587722952231026744",
    "-9223372036854775807",
    "9007199254740993",
  ]);
  const types = (name: string) => String(frame.getColumn(name).dtype);
  assert.equal(types("short"), "DataType(Int16)");
  assert.equal(types("ushort"), "DataType(UInt16)");
  assert.equal(types("sbyte"), "DataType(Int8)");
  assert.equal(types("float"), "DataType(Float32)");
  assertAsAstropy("kinds.fits.gz", { path: file("kinds.fits", referenceBytes("kinds.fits.gz")) });
});

Deno.test("readTable() equals astropy on a FITS table of text", () => {
  assertAsAstropy("ascii.fits.gz");
});

Deno.test("readTable() takes one of several FITS tables by name or number, and guesses none", () => {
  const path = referencePath("several.fits.gz");
  assert.throws(() => readTable(path), {
    message: `Cannot read "${path}": it holds 2 tables, "CATALOGUE" (2), "ASCII" (3); ` +
      'choose one, as table: "CATALOGUE"',
  });
  assertAsAstropy("ascii.fits.gz", { path, table: "ascii" });
  assertAsAstropy("ascii.fits.gz", { path, table: 3 });
  assert.equal(readTable(path, { table: "CATALOGUE", columns: ["ra", "objid"] }).width, 2);
  assert.throws(() => readTable(path, { table: "CATALOG" }), {
    message: /it has no table "CATALOG" among .*, did you mean "CATALOGUE"\?$/,
  });
});

const table = {
  ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 2, NAXIS2: 3 },
  ...{ PCOUNT: 0, GCOUNT: 1, TFIELDS: 1, TTYPE1: "n", TFORM1: "I" },
};

Deno.test("readTable() gives null by TNULL and blank fields in FITS, never 0", () => {
  const data = Uint8Array.of(0, 1, 0xff, 0x9d, 0, 3);
  const binary = file("null.fits", fits({ ...table, TNULL1: -99 }, data));
  assert.deepEqual(cells(readTable(binary), "n"), [1, null, 3]);
  const scaled = file("scaled.fits", fits({ ...table, TNULL1: -99, TSCAL1: 0.5 }, data));
  assert.deepEqual(cells(readTable(scaled), "n"), [0.5, null, 1.5]);
  const text = fits(
    { ...table, XTENSION: "TABLE", NAXIS1: 4, TBCOL1: 1, TFORM1: "I4", TNULL1: "-99" },
    new TextEncoder().encode("   1 -99    "),
  );
  assert.deepEqual(cells(readTable(file("text.fits", text)), "n"), [1, null, null]);
});

Deno.test("readTable() refuses a FITS table whose header does not fit, at once", () => {
  const good = fits(table, new Uint8Array(6));
  assert.equal(readTable(file("good.fits", good)).height, 3);
  const cases: [string, Uint8Array, RegExp][] = [
    ["TFORM", fits({ ...table, TFORM1: "9Z" }, new Uint8Array(6)), /TFORM of column "n" must be/],
    ["NAXIS1", fits({ ...table, NAXIS1: 3 }, new Uint8Array(9)), /NAXIS1 of HDU 1 must be the/],
    ["NAXIS2", fits({ ...table, NAXIS2: 1e12 }, new Uint8Array(6)), /truncated/],
    ["negative", fits({ ...table, NAXIS2: -3 }, new Uint8Array(6)), /NAXIS2 of HDU 1 must be/],
    ["fields", fits({ ...table, TFIELDS: 1e9 }, new Uint8Array(6)), /TFIELDS of HDU 1 must be 999/],
    ["repeat", fits({ ...table, TFORM1: "99999999I" }, new Uint8Array(6)), /NAXIS1 of HDU 1/],
    ["scale", fits({ ...table, TSCAL1: "one" }, new Uint8Array(6)), /TSCAL and TZERO of column/],
    ["cut", good.subarray(0, 2880 * 2 + 2), /truncated/],
    ["header cut", good.subarray(0, 2880 + 400), /no END card/],
    ["no table", good.subarray(0, 2880), /it holds no table/],
    ["no FITS", new TextEncoder().encode("hello"), /it is not FITS/],
  ];
  for (const [name, bytes, message] of cases) {
    const path = file("bad.fits", bytes);
    assert.throws(() => readTable(path), { name: "Error", message }, name);
    assert.throws(() => readTable(file("bad.fits.gz", gzipSync(bytes))), { message }, name);
  }
});

Deno.test("readTable() refuses variable-length arrays that point out of their heap", () => {
  const descriptor = (length: number, offset: number) => {
    const bytes = new Uint8Array(8 + 4);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, length);
    view.setInt32(4, offset);
    view.setInt16(8, 7);
    view.setInt16(10, -2);
    return fits({ ...table, NAXIS1: 8, NAXIS2: 1, PCOUNT: 4, TFORM1: "PI(2)" }, bytes);
  };
  assert.deepEqual(cells(readTable(file("heap.fits", descriptor(2, 0))), "n"), [[7, -2]]);
  assert.deepEqual(cells(readTable(file("heap.fits", descriptor(0, 9))), "n"), [[]]);
  for (const [length, offset] of [[3, 0], [2, 2], [2 ** 31 - 1, 0], [-1, 0], [1, -8]]) {
    const path = file("heap.fits", descriptor(length, offset));
    assert.throws(() => readTable(path), {
      message: `Cannot read "${path}": row 1 of column "n" names ${length} items at ${offset}, ` +
        "beyond the 4 bytes of its heap; the file is damaged",
    });
  }
});
