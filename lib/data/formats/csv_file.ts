/**
 * Plain CSV where it is: in memory, or in a file that polars maps into memory by itself.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { extname, resolve } from "node:path";
import { isPlainCsv } from "./delimited.ts";
import type { TableFile } from "./identify.ts";

/** A plain CSV file. */
export type CsvFile = {
  /** Where polars finds it. @default {in memory alone} */
  readonly path?: string;
  readonly size: number;
  /** Some of its bytes. */
  part(start: number, end: number): Uint8Array;
  /** All of its bytes. */
  bytes(): Uint8Array;
  /** Whether a character of ASCII stands anywhere. */
  holds(character: string): boolean;
};

/** How much is looked at at once: what stays in the processor's cache. */
const PIECE = 1 << 18;

const [quote, newline, carriage] = [0x22, 0x0a, 0x0d];

/** Whether polars finds the records by itself: it takes other names for the text of a table. */
export function isMapped({ path, packed, head }: TableFile): boolean {
  const end = head.indexOf(newline);
  const header = head.subarray(0, end);
  return extname(path) === ".csv" && !packed && end > 0 && end < head.length - 1 &&
    header.every((byte) => byte !== quote && byte !== carriage && byte !== 0) &&
    header[0] !== 0xff && header[0] !== 0xfe && isPlainCsv(head);
}

/** A file that is plain CSV as it is. */
export function mappedCsv(table: Pick<TableFile, "path" | "bytes">): CsvFile & Disposable {
  const file = Deno.openSync(table.path);
  const { size } = file.statSync();
  const piece = new Uint8Array(PIECE);
  const fill = (bytes: Uint8Array, start: number) => {
    file.seekSync(start, Deno.SeekMode.Start);
    let length = 0;
    for (let count; length < bytes.length; length += count) {
      if ((count = file.readSync(bytes.subarray(length))) === null) break;
    }
    return bytes.subarray(0, length);
  };
  return {
    path: resolve(table.path),
    size,
    part: (start, end) => fill(new Uint8Array(Math.min(end, size) - start), start),
    bytes: () => table.bytes(),
    holds: (character) => anyPiece(size, (start) => holds(fill(piece, start), character)),
    [Symbol.dispose]: () => file.close(),
  };
}

/** Plain CSV in memory. */
export function csvInMemory(bytes: Uint8Array): CsvFile {
  const part = (start: number, end: number) => bytes.subarray(start, end);
  return {
    size: bytes.length,
    part,
    bytes: () => bytes,
    holds: (character) =>
      anyPiece(bytes.length, (start) => holds(part(start, start + PIECE), character)),
  };
}

function anyPiece(size: number, test: (start: number) => boolean): boolean {
  for (let start = 0; start < size; start += PIECE) if (test(start)) return true;
  return false;
}

/** Whether a character is among bytes; in a string it is found several times as fast. */
function holds(bytes: Uint8Array, character: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
    .includes(character);
}
