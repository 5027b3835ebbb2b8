import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import pl from "nodejs-polars";
import { readTable } from "galaxykit/data";
import { cells, file } from "./_tables.ts";

const text = (...words: string[]) => new TextEncoder().encode(words.join(""));
const latin = (words: string) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));

Deno.test("readTable() says what a file is that is no table", () => {
  const cases: [string, Uint8Array, RegExp][] = [
    [
      "a.csv",
      text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
      /Git LFS pointer/,
    ],
    ["a.csv", text("<!DOCTYPE html><html><body>Sign in</body></html>"), /HTML page/],
    ["a.parquet", text("<html><body>404</body></html>"), /HTML page/],
    [
      "a.vot",
      text('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'),
      /XML but no VOTable/,
    ],
    ["a.hdf5", latin("\x89HDF\r\n\x1a\n\0\0\0"), /HDF5 file/],
    ["a.feather", latin("FEA1\0\0\0\0"), /Feather file of version 1/],
    ["a.xlsx", latin("PK\x03\x04\x14\0\0\0[Content_Types].xml"), /Excel workbook \(xlsx\)/],
    ["a.xls", latin("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), /old Excel workbook/],
    [
      "a.ods",
      latin("PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
      /OpenDocument/,
    ],
    ["a.npz", latin("PK\x03\x04\x14\0\0\0arr_0.npy"), /NumPy archive/],
    ["a.zip", latin("PK\x03\x04\x14\0\0\0table.csv"), /zip archive/],
    ["a.npy", latin("\x93NUMPY\x01\0v\0{'descr': '<f8'"), /NumPy array/],
    ["a.db", text("SQLite format 3\0", "\x10"), /SQLite database/],
    ["a.pkl", latin("\x80\x04\x95\x1e\0\0\0\0\0\0\0\x8c"), /Python pickle/],
    ["a.xz", latin("\xfd7zXZ\0\0"), /packed with xz/],
    ["a.zst", latin("\x28\xb5\x2f\xfd\0"), /packed with Zstandard/],
    ["a.tar", latin("table.csv".padEnd(257, "\0") + "ustar\x0000"), /tar archive/],
    ["a.avro", latin("Obj\x01\x04"), /Avro file/],
    ["a.sav", latin("SR\0\x04\0\0"), /IDL save file/],
    ["a.pdf", text("%PDF-1.7\n"), /PDF page/],
    ["a.png", latin("\x89PNG\r\n\x1a\n"), /it is an image, not a table/],
    ["a.json", text('[{"a": 1}]'), /it is JSON/],
    ["a.jsonl", text('{"a": 1}\n{"a": 2}\n'), /it is JSON/],
    ["a.tbl", text("\\catalog = x\n|  ra | dec |\n|double|double|\n  1  2\n"), /IPAC table/],
    [
      "a.txt",
      text("Title: x\n", "=".repeat(80), "\nByte-by-byte Description of file: t.txt\n"),
      /its own/,
    ],
    ["a.safetensors", latin('\x10\0\0\0\0\0\0\0{"a":{}}'), /weights \(safetensors\)/],
    ["a.bin", latin("\x01\x02\0\0\x03"), /bytes that are no text/],
    ["a.csv", new Uint8Array(), /the file is empty/],
    ["a.csv", text("\n\n"), /the file is empty/],
    ["a.csv.gz", gzipSync("a\n1\n").subarray(0, 15), /gzip data ends too early/],
    ["a.csv.gz", gzipSync(gzipSync("a\n1\n")), /packed twice with gzip/],
    ["a.csv.gz", gzipSync(""), /the file is empty/],
    ["a.csv.bz2", latin("BZh91AY&SY123"), /packed with bzip2/],
    ["a.fits", text("no fits"), /it is not FITS/],
  ];
  for (const [name, bytes, message] of cases) {
    const path = file(name, bytes);
    assert.throws(() => readTable(path), (error: Error) => {
      assert.match(error.message, message, name);
      assert.ok(error.message.startsWith(`Cannot read "${path}": `));
      return true;
    });
  }
  const folder = Deno.makeTempDirSync();
  assert.throws(() => readTable(folder), { message: /it is a folder; name the table in it/ });
  Deno.removeSync(folder);
});

Deno.test("readTable() tells the format by the content, not by the name", () => {
  const frame = pl.DataFrame({ a: [1, 2], b: ["x", "y"] });
  frame.writeParquet(file("really.parquet", "").replace("really.parquet", "parquet.csv"));
  const path = file("parquet.csv", frame.writeParquet() as unknown as Uint8Array);
  assert.deepEqual(readTable(path).toRecords(), frame.toRecords());
  const packed = gzipSync("a,b\n1,x\n2,y\n");
  for (const name of ["plain.csv", "packed.CSV.GZ", "none"]) {
    assert.deepEqual(readTable(file(name, packed)).toRecords(), frame.toRecords(), name);
  }
});

Deno.test("readTable() reads Arrow files (Feather 2)", () => {
  const frame = pl.DataFrame({ a: [1, 2], b: ["x", null] });
  const path = file("a.feather", frame.writeIPC() as unknown as Uint8Array);
  assert.deepEqual(readTable(path).toRecords(), frame.toRecords());
  assert.deepEqual(cells(readTable(path, { columns: ["b"] }), "b"), ["x", null]);
});

Deno.test("readTable() reads UTF-16 of both orders, and UTF-8 with a mark", () => {
  const content = "id,név\n587722952231026744,é\n2,☃\n";
  const utf16 = (little: boolean) => {
    const bytes = new Uint8Array(2 + 2 * content.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xfeff, little);
    [...content].forEach((letter, i) => view.setUint16(2 + 2 * i, letter.charCodeAt(0), little));
    return bytes;
  };
  for (const bytes of [utf16(true), utf16(false), text("\ufeff", content)]) {
    const frame = readTable(file("utf.csv", bytes));
    assert.deepEqual(frame.columns, ["id", "név"]);
    assert.deepEqual(cells(frame, "id"), ["587722952231026744", "2"]);
    assert.deepEqual(cells(frame, "név"), ["é", "☃"]);
    assert.deepEqual(
      cells(readTable(file("utf.csv.gz", gzipSync(bytes))), "id"),
      cells(frame, "id"),
    );
  }
  assert.throws(() => readTable(file("half.csv", utf16(true).subarray(0, -1))), {
    message: /the UTF-16 text ends in half a character/,
  });
});
