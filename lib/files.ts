/**
 * Files that are either whole or absent.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file so that a reader, or a crash, never sees half of it: the bytes go to a temporary
 * name in the same folder, are flushed to disk, and take the final name in one rename. The folder
 * is made when it is missing.
 *
 * @param path Where the file ends up
 * @param data Text, or bytes in one or several pieces (written in order, without joining them)
 * @throws {Error} When the disk is full or the folder cannot be written; nothing is left behind
 *
 * @example
 * ```ts
 * import { writeFileAtomic } from "galaxykit";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/votes.csv`;
 * writeFileAtomic(path, "smooth,featured\n12,30\n");
 * assert.equal(Deno.readTextFileSync(path).length, 22);
 * ```
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array>,
): void {
  const folder = dirname(path);
  Deno.mkdirSync(folder, { recursive: true });
  const temporary = temporaryName(path);
  const pieces = typeof data === "string"
    ? [new TextEncoder().encode(data)]
    : data instanceof Uint8Array
    ? [data]
    : data;
  try {
    using file = Deno.openSync(temporary, { write: true, createNew: true });
    for (const piece of pieces) {
      for (let written = 0; written < piece.byteLength;) {
        written += file.writeSync(piece.subarray(written));
      }
    }
    file.syncSync();
  } catch (cause) {
    removeQuietly(temporary);
    throw new Error(`Cannot write "${path}": ${(cause as Error).message}`, { cause });
  }
  Deno.renameSync(temporary, path);
}

/** Whether there is a file; a folder is none. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A name beside `path` that no other process uses, for work that ends in a rename. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${Deno.pid}.${crypto.randomUUID().slice(0, 8)}`);
}

/**
 * Removes what killed writers left in a folder and in those below it: files under
 * {@linkcode temporaryName}s. Only for a folder that no other process writes to.
 */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) removeLeftovers(path);
    else if (/^\..+\.\d+\.[0-9a-f]{8}$/.test(name)) Deno.removeSync(path);
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
