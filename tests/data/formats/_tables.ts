/** Tables that astropy wrote, and what it reads in them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { DataFrame } from "nodejs-polars";
import { columnUnits, readTable } from "galaxykit/data";
import reference from "../../reference/tables.json" with { type: "json" };

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** A file of its own for a test. */
export function file(name: string, content: string | Uint8Array): string {
  const path = `${folder}/${name}`;
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
  return path;
}

/** The path of a table of the reference. */
export function referencePath(name: string): string {
  return join(import.meta.dirname!, "../../reference/tables", name);
}

/** The bytes of a table of the reference, unpacked. */
export function referenceBytes(name: string): Uint8Array {
  const bytes = Deno.readFileSync(referencePath(name));
  return name.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes;
}

type Cell = string | number | boolean | null;

/** The values of a column as JSON has them; NaN is missing, as astropy masks it. */
export function cells(frame: DataFrame, name: string): unknown[] {
  return Array.from(frame.getColumn(name).toArray() as ArrayLike<unknown>, plain);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "number") return value;
  return Number.isNaN(value) ? null : value;
}

/** Values of the reference: whole numbers are texts there, infinities words. */
function wanted(value: Cell | Cell[], found: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => wanted(item, (found as unknown[])?.[i]));
  }
  if (typeof value !== "string" || typeof found === "string") return value;
  return value === "nan" ? null : Number(value.replace("inf", "Infinity"));
}

/** A table must be as astropy reads it: columns in order, values, units. */
export function assertAsAstropy(
  name: string,
  { path = referencePath(name), table }: { path?: string; table?: string | number } = {},
): DataFrame {
  const { columns, units } = (reference as unknown as Record<string, {
    columns: Record<string, (Cell | Cell[])[]>;
    units: Record<string, string>;
  }>)[name];
  const frame = readTable(path, { table });
  assert.deepEqual(frame.columns, Object.keys(columns));
  for (const [column, values] of Object.entries(columns)) {
    const found = cells(frame, column);
    assert.deepEqual(found, values.map((value, row) => wanted(value, found[row])), column);
  }
  const found = columnUnits(frame);
  assert.deepEqual(
    Object.fromEntries(Object.entries(found).map(([key, unit]) => [key, unit.replace("/", " / ")])),
    units,
  );
  return frame;
}

/** A FITS file of one table, from its cards. */
export function fits(cards: Record<string, string | number>, data: Uint8Array): Uint8Array {
  const header = (all: [string, string | number][]) =>
    [
      ...all.map(([key, value]) => {
        const text = typeof value === "string" && value !== "T" ? `'${value}'` : `${value}`;
        return `${key.padEnd(8)}= ${text}`;
      }),
      "END",
    ].map((card) => card.padEnd(80)).join("").padEnd(2880);
  const primary = header([["SIMPLE", "T"], ["BITPIX", 8], ["NAXIS", 0]]);
  const extension = header(Object.entries(cards));
  const text = new TextEncoder().encode(primary + extension);
  const bytes = new Uint8Array(text.length + Math.ceil(data.length / 2880) * 2880);
  bytes.set(text);
  bytes.set(data, text.length);
  return bytes;
}
