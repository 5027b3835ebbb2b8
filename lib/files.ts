/**
 * Files that are either whole or absent.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";

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
  const pieces = typeof data === "string"
    ? [new TextEncoder().encode(data)]
    : data instanceof Uint8Array
    ? [data]
    : data;
  using file = new AtomicFile(path);
  for (const piece of pieces) file.write(piece);
  file.commit();
}

/**
 * Writes a value as indented JSON, as {@linkcode writeFileAtomic} does it.
 *
 * @example
 * ```ts
 * import { writeJson } from "./files.ts";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/record.json`;
 * writeJson(path, { galaxies: 2 });
 * assert.equal(Deno.readTextFileSync(path), '{\n  "galaxies": 2\n}\n');
 * ```
 */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * A file that is written piece by piece, as {@linkcode writeFileAtomic} does it: nothing is at its
 * path before {@linkcode commit}, and nothing is left behind when it is disposed of without.
 *
 * @example
 * ```ts
 * import { AtomicFile } from "./files.ts";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/log.txt`;
 * using file = new AtomicFile(path);
 * for (const line of ["a", "b"]) file.write(new TextEncoder().encode(`${line}\n`));
 * file.commit();
 * assert.equal(Deno.readTextFileSync(path), "a\nb\n");
 * ```
 */
export class AtomicFile implements Disposable {
  readonly #path: string;
  readonly #temporary: string;
  #file?: Deno.FsFile;

  /** @throws {Error} When the folder cannot be written */
  constructor(path: string) {
    this.#path = path;
    this.#temporary = temporaryName(path);
    this.#file = this.#attempt(() => {
      Deno.mkdirSync(dirname(path), { recursive: true });
      return Deno.openSync(this.#temporary, { write: true, createNew: true });
    });
  }

  /** Adds bytes to its end. @throws {Error} When the disk is full */
  write(bytes: Uint8Array): void {
    this.#attempt(() => {
      for (let written = 0; written < bytes.byteLength;) {
        written += this.#file!.writeSync(bytes.subarray(written));
      }
    });
  }

  /** Flushes it to disk and gives it its name. */
  commit(): void {
    this.#attempt(() => {
      this.#file!.syncSync();
      this.#file!.close();
      this.#file = undefined;
      Deno.renameSync(this.#temporary, this.#path);
    });
  }

  /** Removes what was written, unless it was committed. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
    removeQuietly(this.#temporary);
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      const reason = (cause as Error).message.replace(/: \w+ '[^]*'$/, ""); // the temporary name
      throw new Error(`Cannot write "${this.#path}": ${reason}`, { cause });
    }
  }
}

/** Whether there is a file; a folder is none. */
export function isFile(path: string): boolean {
  return statOf(path)?.isFile ?? false;
}

/** Whether there is a folder; a file is none. */
export function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory ?? false;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors; // The first, of a path through a file
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
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
    else {
      const pid = name.match(/^\..+\.(\d+)\.[0-9a-f]{8}$/)?.[1];
      if (pid !== undefined && !isAtWork(Number(pid))) removeQuietly(path);
    }
  }
}

/** Whether another process of this number runs. */
export function isAtWork(pid: number): boolean {
  if (pid === Deno.pid) return false;
  try {
    process.kill(pid, 0); // asks only
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
