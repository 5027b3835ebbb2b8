import assert from "node:assert/strict";
import { readTable } from "galaxykit/data";
import { assertAsAstropy, cells, file, referenceBytes } from "./_tables.ts";

for (const form of ["tabledata", "binary", "binary2"]) {
  Deno.test(`readTable() equals astropy on a VOTable: ${form}`, () => {
    assertAsAstropy(`${form}.vot`);
  });
}

/** A document of tables, each its fields and its data. */
function document(...tables: [fields: string, data: string, attributes?: string][]): string {
  return `<?xml version="1.0"?>\n<VOTABLE version="1.4"><RESOURCE>` +
    tables.map(([fields, data, attributes = ""]) =>
      `<TABLE ${attributes}>${fields}<DATA>${data}</DATA></TABLE>`
    ).join("") + "</RESOURCE></VOTABLE>";
}

/** Rows of cells. */
function rows(...all: string[][]): string {
  const cell = (text: string) => `<TD>${text}</TD>`;
  return `<TABLEDATA>${
    all.map((cells) => `<TR>${cells.map(cell).join("")}</TR>`).join("")
  }</TABLEDATA>`;
}

const field = (name: string, rest: string) => `<FIELD name="${name}" ${rest}/>`;

Deno.test("readTable() reads what else VOTables hold: prefixes, CDATA, nulls, arrays, hexadecimals", () => {
  const text = document([
    `<FIELD name="n" datatype="int"><VALUES null="-1"/></FIELD>` +
    field("hex", 'datatype="short"') + field("open", 'datatype="long" arraysize="*"') +
    field("bits", 'datatype="bit" arraysize="4"') + field("truth", 'datatype="boolean"') +
    field("words", 'datatype="char" arraysize="3x*"') +
    field("text", 'datatype="char" arraysize="*"'),
    rows(
      ["-1", "0x1F", "587722952231026744 1", "1010", "?", "ab cd ", "<![CDATA[a < b]]>"],
      [" 7 ", "-2", "", "0 1 1 0", "T", "", "&lt;&#233;"],
    ),
  ]).replaceAll("<FIELD", "<vo:FIELD").replaceAll("</FIELD", "</vo:FIELD")
    .replace("<VOTABLE", '<vo:VOTABLE xmlns:vo="x"').replace("</VOTABLE", "</vo:VOTABLE");
  const frame = readTable(file("other.xml", text));
  assert.deepEqual(cells(frame, "n"), [null, 7]);
  assert.deepEqual(cells(frame, "hex"), [31, -2]);
  assert.deepEqual(cells(frame, "open"), [["587722952231026744", "1"], null]);
  assert.deepEqual(cells(frame, "bits"), [[true, false, true, false], [false, true, true, false]]);
  assert.deepEqual(cells(frame, "truth"), [null, true]);
  assert.deepEqual(cells(frame, "words"), [["ab", "cd"], null]);
  assert.deepEqual(cells(frame, "text"), ["a < b", "<é"]);
});

Deno.test("readTable() takes one of several tables of a VOTable", () => {
  const text = document(
    [field("a", 'datatype="int"'), rows(["1"]), 'name="first"'],
    [field("b", 'datatype="int"'), rows(["2"]), 'name="second"'],
  );
  const path = file("two.vot", text);
  assert.throws(() => readTable(path), { message: /it holds 2 tables, "first" \(0\), "second"/ });
  assert.deepEqual(cells(readTable(path, { table: "second" }), "b"), [2]);
  assert.deepEqual(cells(readTable(path, { table: 0 }), "a"), [1]);
});

Deno.test("readTable() reads a VOTable without rows, and one in Latin-1", () => {
  assert.equal(
    readTable(file("none.vot", document([field("a", 'datatype="int"'), rows()]))).height,
    0,
  );
  const latin = document([field("a", 'datatype="char" arraysize="*"'), rows(["\xe9"])])
    .replace('version="1.0"', 'version="1.0" encoding="ISO-8859-1"');
  const bytes = Uint8Array.from(latin, (character) => character.charCodeAt(0));
  assert.deepEqual(cells(readTable(file("latin.vot", bytes)), "a"), ["é"]);
});

Deno.test("readTable() refuses a VOTable that is damaged, of errors, or has its data elsewhere", () => {
  const good = document([field("a", 'datatype="int"'), rows(["1"], ["2"])]);
  const binary = new TextDecoder().decode(referenceBytes("binary.vot"));
  const cases: [string, RegExp][] = [
    [good.slice(0, -30), /the XML is damaged or cut/],
    [good.replace("<TD>2</TD>", ""), /row 2 must have as many cells as there are FIELDs, 1: 0/],
    [good.replace(">2<", ">2.5<"), /row 2 of column "a" must hold a whole number, "2.5" found/],
    [good.replace(">2<", ">4294967296<"), /must hold a number of int32, "4294967296" found/],
    [good.replace('"int"', '"integer"'), /column "a" has the unknown datatype "integer"/],
    [good.replace('"int"', '"int" arraysize="x"'), /has the arraysize "x", which is none/],
    [document(), /it is a VOTable without a table/],
    [
      good.replace(
        "<TABLE ",
        '<INFO name="QUERY_STATUS" value="ERROR">no such column</INFO><TABLE ',
      ),
      /its service reports an error: no such column/,
    ],
    [
      document([field("a", 'datatype="int"'), '<BINARY><STREAM href="http://x/y"/></BINARY>']),
      /its data are elsewhere \(http:\/\/x\/y\)/,
    ],
    [binary.replace(/[A-Za-z0-9/+]{8}\s*<\/STREAM>/, "</STREAM>"), /its data end within row 3/],
    [
      document([
        field("a", 'datatype="long" arraysize="*"'),
        '<BINARY><STREAM encoding="base64">/////w==</STREAM></BINARY>',
      ]),
      /its data end within row 1/,
    ],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => readTable(file("bad.vot", text)), { name: "Error", message });
  }
});
