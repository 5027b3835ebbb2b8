/**
 * Folders that one process at a time works in.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { isAtWork, isFile, isFolder } from "./files.ts";
import { checkWritable } from "./writable.ts";

/** Who holds a lock, as its file says. */
type Owner = { pid: number; host: string; since: string };

/** What a lock is for. */
type Purpose = {
  /** What is refused to others, for the message: `use the run`. */
  what: string;
  /** The name of its file. @default {".process"} */
  name?: string;
};

/** The locks of this process, by the paths of their files. */
const held = new Set<string>();

/**
 * Takes a folder, until it is disposed of or the process ends, however it ends: the system frees the
 * lock of a process that was killed, so that no number of a process, none of another machine's and none
 * that was given again after a restart, has to be believed. The folder is made when it is missing.
 *
 * @throws {Error} When another work has it, naming its process; or it cannot be written
 *
 * @example
 * ```ts
 * import { lockFolder } from "./lock.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/run`;
 * {
 *   using _lock = lockFolder(folder, { what: "use the run" });
 *   assert.throws(() => lockFolder(folder, { what: "use the run" }), {
 *     message: /^Cannot use the run ".+": process \d+, this one, is at work in it/,
 *   });
 * }
 * lockFolder(folder, { what: "use the run" })[Symbol.dispose]();
 * ```
 */
export function lockFolder(folder: string, purpose: Purpose): Disposable {
  const path = fileOf(folder, purpose);
  if (held.has(path)) throw refusal(folder, purpose);
  checkWritable(folder);
  Deno.mkdirSync(folder, { recursive: true });
  const file = lockedFile(path);
  if (file === undefined) throw refusal(folder, purpose);
  const owner: Owner = { pid: Deno.pid, host: hostname(), since: new Date().toISOString() };
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(JSON.stringify(owner)));
  held.add(path);
  return {
    [Symbol.dispose]() {
      if (!held.delete(path)) return;
      if (isFile(path)) Deno.removeSync(path); // While it is held: who opened it sees that it is gone
      file.close();
      if (isFolder(folder) && readdirSync(folder).length === 0) Deno.removeSync(folder);
    },
  };
}

/**
 * Refuses a folder that another process has; one's own is free.
 *
 * @throws {Error} Naming the process
 */
export function assertFree(folder: string, purpose: Purpose): void {
  const path = fileOf(folder, purpose);
  if (held.has(path) || !isFile(path)) return;
  const file = lockedFile(path);
  if (file === undefined) throw refusal(folder, purpose);
  file.close();
}

/**
 * Stops the work in a folder as Ctrl-C does: it writes its checkpoint and ends, a notebook's cell alone.
 *
 * @returns The number of the process that was told
 * @throws {Error} When nothing is at work there, or it is on another machine
 */
export function stopWork(folder: string): number {
  const path = fileOf(folder, { what: "stop" });
  const file = isFile(path) ? lockedFile(path) : undefined;
  file?.close();
  const owner = isFile(path) && file === undefined ? ownerIn(path) : undefined;
  const refuse = (reason: string) => new Error(`Cannot stop the work in "${folder}": ${reason}`);
  if (!isFolder(folder)) throw refuse("there is no such folder");
  if (owner === undefined) throw refuse("nothing is at work in it");
  if (owner.host !== hostname()) {
    throw refuse(`process ${owner.pid} is on ${owner.host}; stop it there`);
  }
  Deno.kill(owner.pid, "SIGINT");
  return owner.pid;
}

function fileOf(folder: string, { name = ".process" }: Purpose): string {
  return resolve(join(folder, name));
}

/** The file, locked; undefined when another has it. */
function lockedFile(path: string): Deno.FsFile | undefined {
  while (true) {
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    if (!isLocked(file, path)) {
      file.close();
      return undefined;
    }
    // It may have been removed by its last owner before it was locked here
    if (isFile(path) && Deno.statSync(path).ino === file.statSync().ino) return file;
    file.close();
  }
}

/** Locks a file, where the system can; where it cannot, its owner is asked for by number. */
function isLocked(file: Deno.FsFile, path: string): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    const owner = ownerIn(path);
    return owner === undefined || owner.host === hostname() && !isAtWork(owner.pid);
  }
}

function ownerIn(path: string): Owner | undefined {
  try {
    const { pid, host, since } = JSON.parse(Deno.readTextFileSync(path));
    return Number.isInteger(pid) ? { pid, host, since } : undefined;
  } catch {
    return undefined; // It is just being written
  }
}

function refusal(folder: string, purpose: Purpose): Error {
  const owner = ownerIn(fileOf(folder, purpose));
  const isOwn = owner?.pid === Deno.pid && owner.host === hostname();
  const name = owner === undefined
    ? "another process"
    : `process ${owner.pid}${isOwn ? ", this one," : ""}${
      owner.host === hostname() ? "" : ` on ${owner.host}`
    }`;
  return new Error(
    `Cannot ${purpose.what} "${folder}": ${name} is at work in it; wait for it, or name another folder`,
  );
}
