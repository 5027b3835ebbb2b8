/**
 * Random damage. What a changed digit did cannot be seen in general: 0.25 and 0.26 are both numbers.
 * The property tested is that a reader either refuses the file or gives exactly what stands in it
 * now, cell by cell as an independent reading of the damaged text finds it: nothing shifted, cut,
 * rounded or turned to null. Of a gzip file, and of Parquet that the kit wrote, any change is refused;
 * Parquet from elsewhere has no checksum, so that there only what breaks a rule is found.
 */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type Catalogue, columnSpec, readCatalogue, writeTable } from "galaxykit/data";
import { Prng } from "../../../lib/prng.ts";
import {
  csv,
  decalsTable,
  dustLaneText,
  gz2Table,
  kaggleTable,
  mappingTable,
  type TextTable,
} from "./_tables.ts";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Bytes that mean something to a table, more often than chance would bring them. */
const meaningful = new TextEncoder().encode('0123456789.,-+eE"\n\r \t\0xN#');

/** One to four bytes replaced, inserted or deleted, or the end cut off. */
function damaged(bytes: Uint8Array, prng: Prng): Uint8Array {
  let result = bytes;
  for (let change = 1 + prng.integer(4); change > 0; change--) {
    const at = prng.integer(result.length);
    const byte = prng.integer(2) ? meaningful[prng.integer(meaningful.length)] : prng.integer(256);
    const kind = prng.integer(10);
    if (kind < 6) result = result.with(at, byte);
    else if (kind < 8) {
      result = Uint8Array.from([...result.subarray(0, at), byte, ...result.subarray(at)]);
    } else if (kind < 9) {
      result = Uint8Array.from([...result.subarray(0, at), ...result.subarray(at + 1)]);
    } else result = result.subarray(0, Math.max(1, at));
  }
  return result;
}

/** The catalogue, or undefined when it is refused with one of the reader's own errors. */
function attempt(path: string): Catalogue | undefined {
  try {
    return readCatalogue(path);
  } catch (error) {
    const { name, message } = error as Error;
    assert.match(name, /^(SyntaxError|CatalogueError)$/, `${name}: ${message}`);
    assert.match(message, /^Cannot (read|use|tell what) "/);
    return undefined;
  }
}

/** Records and fields of CSV by a plain state machine (RFC 4180; lenient on line ends). */
function parseCsv(text: string): string[][] {
  const records: string[][] = [[""]];
  let quoted = false;
  for (const character of text.replace(/^\ufeff/, "")) {
    const record = records[records.length - 1];
    if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) record.push("");
    else if (character === "\n" && !quoted) records.push([""]);
    else record[record.length - 1] += character;
  }
  for (const record of records) record.push(record.pop()!.replace(/\r$/, ""));
  while (records.length > 1 && records[records.length - 1].every((cell) => cell === "")) {
    records.pop();
  }
  return records;
}

/** What a cell says, or undefined when it is not of its type. */
function meaning(cell: string, type: string | undefined): string | number | null | undefined {
  if (cell === "") return null;
  const trimmed = cell.replace(/^[ \t]+/, "");
  if (type === "id") {
    return /^[-+]?\d{1,19}$/.test(trimmed)
      ? BigInt(trimmed.replace("+", "")).toString()
      : undefined;
  }
  if (type === "text") return cell;
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
  if (Number.isNaN(number)) return undefined;
  return type === "integer" && !Number.isInteger(number) ? undefined : number;
}

function assertSays(catalogue: Catalogue, records: string[][], header: string[], context: string) {
  const { frame, kind } = catalogue;
  assert.equal(frame.height, records.length, `${context}: rows`);
  for (const name of frame.columns) {
    const column = frame.getColumn(name).toArray();
    const index = header.indexOf(name);
    const type = columnSpec(kind, name)?.type;
    for (const [row, record] of records.entries()) {
      assert.equal(record.length, header.length, `${context}: fields of row ${row}`);
      const stands = type === undefined ? column[row] : meaning(record[index], type);
      assert.deepEqual(
        column[row],
        stands,
        `${context}: ${name}, row ${row}: ${JSON.stringify(record[index])}`,
      );
    }
  }
}

function fuzzCsv(table: TextTable, rounds: number, seed: number): string {
  const prng = new Prng(seed);
  const bytes = new TextEncoder().encode(csv(table));
  const path = `${folder}/fuzz.csv`;
  let accepted = 0;
  for (let round = 0; round < rounds; round++) {
    const bad = damaged(bytes, prng);
    Deno.writeFileSync(path, bad);
    const catalogue = attempt(path);
    if (catalogue === undefined) continue;
    accepted++;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bad);
    const [first, ...others] = parseCsv(text);
    const headless = catalogue.kind.name === "kaggle" && /^[\d.]+$/.test(first[0]);
    const header = headless ? Object.keys(catalogue.kind.required) : first;
    assertSays(catalogue, headless ? [first, ...others] : others, header, `round ${round}`);
  }
  return `${rounds - accepted} of ${rounds} refused`;
}

const tables: [string, () => TextTable, number][] = [
  ["gz2_hart2016", () => gz2Table(5, 1), 60],
  ["kaggle", () => kaggleTable(20, 2), 150],
  ["gz_decals5", () => decalsTable(8, 3), 60],
  ["gz2_filename_mapping", () => mappingTable(30), 200],
];
for (const [name, make, rounds] of tables) {
  Deno.test(`readCatalogue() refuses damaged ${name} CSV or reads what stands there`, () => {
    const result = fuzzCsv(make(), rounds, 7);
    assert.ok(Number(result.split(" ")[0]) > rounds * 0.5, result);
  });
}

Deno.test("readCatalogue() refuses damaged dust-lane text or reads what stands there", () => {
  const prng = new Prng(8);
  const bytes = new TextEncoder().encode(dustLaneText(20, 4));
  const path = `${folder}/fuzz.txt`;
  for (let round = 0; round < 300; round++) {
    const bad = damaged(bytes, prng);
    Deno.writeFileSync(path, bad);
    const catalogue = attempt(path);
    if (catalogue === undefined) continue;
    const lines = new TextDecoder().decode(bad).split("\n");
    const start = lines.findLastIndex((line) => /^-{40,}\s*$/.test(line)) + 1;
    const records = lines.slice(start).filter((line) => line.trim() !== "").map((line) =>
      line.trim().split(/ +/).map((cell, i) => i > 0 && Number(cell) === -999 ? "" : cell)
    );
    assertSays(catalogue, records, Object.keys(catalogue.kind.required), `round ${round}`);
  }
});

Deno.test("readCatalogue() refuses any damage to the data of a gzip file", () => {
  const prng = new Prng(9);
  const whole = gzipSync(csv(gz2Table(5, 1)));
  const path = `${folder}/fuzz.csv.gz`;
  Deno.writeFileSync(path, whole);
  const { frame } = readCatalogue(path);
  for (let round = 0; round < 80; round++) {
    const at = prng.integer(whole.length);
    Deno.writeFileSync(path, whole.with(at, whole[at] ^ (1 << prng.integer(8))));
    const catalogue = attempt(path);
    if (catalogue) assert.ok(catalogue.frame.frameEqual(frame), `byte ${at}`);
    // only the header of ten bytes holds what does not matter: a time, a system
    if (at >= 10) assert.equal(catalogue, undefined, `byte ${at}`);
  }
  for (let length = 1; length < whole.length; length += 397) {
    Deno.writeFileSync(path, whole.subarray(0, length));
    assert.equal(attempt(path), undefined, `cut to ${length} bytes`);
  }
});

Deno.test("readCatalogue() refuses a Parquet file that is cut or changed anywhere", () => {
  const path = `${folder}/fuzz.csv`;
  Deno.writeTextFileSync(path, csv(gz2Table(5, 1)));
  const parquet = `${folder}/fuzz.parquet`;
  writeTable(parquet, readCatalogue(path).frame);
  const whole = Deno.readFileSync(parquet);
  for (let length = 1; length < whole.length; length += 1777) {
    Deno.writeFileSync(parquet, whole.subarray(0, length));
    assert.equal(attempt(parquet), undefined, `cut to ${length} bytes`);
  }
  const prng = new Prng(10);
  for (let round = 0; round < 300; round++) {
    const at = prng.integer(whole.length);
    Deno.writeFileSync(parquet, whole.with(at, whole[at] ^ (1 << prng.integer(8))));
    assert.equal(attempt(parquet), undefined, `byte ${at}`);
  }
});
