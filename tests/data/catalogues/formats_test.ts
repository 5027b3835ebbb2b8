import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import {
  type Catalogue,
  type CatalogueOptions,
  openSurvey,
  readCatalogue,
  scanCatalogue,
} from "galaxykit/data";
import { file, fits } from "../formats/_tables.ts";
import { csv, gz2Table, mappingTable, type TextTable, withCell } from "./_tables.ts";

const gz2 = gz2Table(6, 1);
const smooth = "t01_smooth_or_features_a01_smooth";

function votable({ header, rows }: TextTable): string {
  const text = new Set(["dr7objid", "sample"]);
  const fields = header.map((name) => {
    const type = name === "dr7objid" ? "long" : text.has(name) ? "char" : "double";
    return `<FIELD name="${name}" datatype="${type}"${type === "char" ? ' arraysize="*"' : ""}/>`;
  });
  const lines = rows.map((cells) => `<TR>${cells.map((cell) => `<TD>${cell}</TD>`).join("")}</TR>`);
  return `<VOTABLE><RESOURCE><TABLE>${fields.join("")}<DATA><TABLEDATA>${
    lines.join("")
  }</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>`;
}

function utf16(text: string): Uint8Array {
  const units = Uint16Array.from(`\ufeff${text}`, (letter) => letter.charCodeAt(0));
  return new Uint8Array(units.buffer);
}

/** A catalogue of two vote columns as a FITS binary table: 64-bit ids and doubles. */
function fitsCatalogue(ids: readonly bigint[]): Uint8Array {
  const names = ["dr7objid", "t06_odd_a14_yes_fraction", "t06_odd_a15_no_fraction"];
  const data = new DataView(new ArrayBuffer(24 * ids.length));
  for (const [row, id] of ids.entries()) {
    data.setBigInt64(24 * row, id);
    data.setFloat64(24 * row + 8, 0.25);
    data.setFloat64(24 * row + 16, row === 1 ? NaN : 0.75);
  }
  return fits({
    ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 24, NAXIS2: ids.length },
    ...{ PCOUNT: 0, GCOUNT: 1, TFIELDS: 3 },
    ...Object.fromEntries(names.map((name, i) => [`TTYPE${i + 1}`, name])),
    ...{ TFORM1: "K", TFORM2: "D", TFORM3: "D" },
  }, new Uint8Array(data.buffer));
}

Deno.test("readCatalogue() reads the same Galaxy Zoo table from every format", () => {
  const { frame, kind } = readCatalogue(file("plain.csv", csv(gz2)));
  assert.equal(kind.name, "gz2_hart2016");
  const with_ = (separator: string) => csv(gz2).replaceAll(",", separator);
  const forms: Record<string, string | Uint8Array> = {
    "semicolons.csv": with_(";"),
    "blanks.csv": with_(", "),
    "tabs.tsv": with_("\t"),
    "tabs.tsv.gz": gzipSync(with_("\t")),
    "skyserver.csv": `#Table1\n${csv(gz2)}`,
    "header.txt": `# ${with_(" ")}`,
    "utf16.csv": utf16(csv(gz2)),
    "table.vot": votable(gz2),
    "table.vot.gz": gzipSync(votable(gz2)),
  };
  for (const [name, content] of Object.entries(forms)) {
    const read = readCatalogue(file(name, content));
    assert.deepEqual([read.kind.name, read.problems], ["gz2_hart2016", []], name);
    assert.ok(read.frame.frameEqual(frame), name);
    if (/gz$/.test(name)) continue;
    assert.ok(scanCatalogue(file(name, content)).frame.collectSync().frameEqual(frame), name);
  }
});

Deno.test("readCatalogue() and openSurvey() take FITS: exact ids, NaN where a cell may be empty", () => {
  const ids = [587722981736120347n, 587722981736120348n];
  const path = file("votes.fits", fitsCatalogue(ids));
  const { frame, kind } = readCatalogue(path);
  assert.equal(kind.name, "gz2_extract");
  assert.deepEqual(frame.rows(), [
    ["587722981736120347", 0.25, 0.75],
    ["587722981736120348", 0.25, null],
  ]);
  const folder = Deno.makeTempDirSync();
  Deno.copyFileSync(path, `${folder}/votes.fits`);
  const survey = openSurvey(folder);
  assert.deepEqual([survey.table, survey.ids], [`${folder}/votes.fits`, ids.map(String)]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("readCatalogue() takes words for no value as empty cells, not as faults", () => {
  const read = (value: string, options?: CatalogueOptions): Catalogue =>
    readCatalogue(file("words.csv", csv(withCell(gz2, 2, `${smooth}_debiased`, value))), {
      bad: "report",
      ...options,
    });
  for (const value of ["null", "NULL", "N/A", "--"]) {
    assert.deepEqual(read(value).problems.map(({ check }) => check), ["empty"], value);
  }
  assert.match(
    read("-99").problems[0].message,
    /_debiased" must be .* \(pass missing where -99 is none\): row 3 /,
  );
  assert.deepEqual(read("-99", { missing: [-99] }).problems.map(({ check }) => check), ["empty"]);
  const own = read("unknown", { missing: { [`${smooth}_debiased`]: "unknown" } });
  assert.deepEqual(own.problems.map(({ check }) => check), ["empty"]);
  assert.deepEqual(read("unknown").problems.map(({ check }) => check), ["type"]);
  assert.equal(own.frame.getColumn(`${smooth}_debiased`).toArray()[2], null);
  const extract = file(
    "mine.csv",
    "objid,t06_odd_a14_yes_fraction,mass,tag\n1,null,-,x\n2,0.5,2,nan\n",
  );
  assert.deepEqual(readCatalogue(extract).frame.rows(), [["1", null, null, "x"], [
    "2",
    0.5,
    2,
    null,
  ]]);
});

Deno.test("readCatalogue() and scanCatalogue() keep columns called by whole numbers in their places", () => {
  const path = file("years.csv", "objid,t06_odd_a14_yes_fraction,2020,7\n12,0.25,1.5,x\n");
  const row = { objid: "12", t06_odd_a14_yes_fraction: 0.25, "2020": 1.5, "7": "x" };
  assert.deepEqual(readCatalogue(path).frame.toRecords(), [row]);
  const renamed = readCatalogue(path, {
    rename: { "2020": "mass" },
    columns: ["mass", "objid", "7"],
  });
  assert.deepEqual(renamed.frame.rows(), [[1.5, "12", "x"]]);
  const { frame } = scanCatalogue(path);
  assert.deepEqual(frame.select("objid", "7").collectSync().rows(), [["12", "x"]]);
});

Deno.test("readCatalogue() and scanCatalogue() refuse options that they do not know", () => {
  const path = file("mapping.csv", csv(mappingTable(2)));
  const slip: object = { knd: "gz1" };
  assert.throws(() => readCatalogue(path, slip), {
    message: 'Cannot read a catalogue: there is no option "knd", nearest is "kind"',
  });
  assert.throws(() => scanCatalogue(path, slip), {
    message: 'Cannot scan a catalogue: there is no option "knd", nearest is "kind"',
  });
});
