/**
 * A table in parts, each of which is written once: what is finished survives a kill.
 *
 * - `part-00000.parquet` …: the rows, in order
 * - `shards.json`: what each part was made of, and its checksum
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { DataFrame } from "nodejs-polars";
import { type BadFile, type Column, readTable, writeTable } from "../../data/mod.ts";
import { isFile, removeLeftovers, writeJson } from "../../files.ts";

/** What is known of a part. */
type Shard = {
  /** Of what it was made from. */
  input: string;
  /** Of the file. */
  sha256: string;
  rows: number;
  /** Images that it leaves out. */
  bad: BadFile[];
};

/** The folder of the parts. */
export class Shards {
  readonly #folder: string;
  readonly #fingerprint: string;
  #shards: Record<string, Shard>;

  /**
   * @param folder Missing, empty, or left by the same work
   * @param fingerprint Of what all parts have in common
   * @throws {Error} When the folder holds something else
   */
  constructor(folder: string, fingerprint: string) {
    [this.#folder, this.#fingerprint] = [folder, fingerprint];
    this.#shards = {};
    const path = join(folder, "shards.json");
    removeLeftovers(folder);
    if (existsSync(path)) {
      const found = readManifest(path);
      if (found.fingerprint !== fingerprint) {
        throw new Error(
          `Cannot write predictions to "${folder}": it holds some of another run or other options; remove it, or name another place (out)`,
        );
      }
      this.#shards = found.shards;
    } else if (existsSync(folder)) {
      const first = readdirSync(folder).find((name) => !name.startsWith("."));
      if (first !== undefined) {
        throw new Error(
          `Cannot write predictions to "${folder}": the folder is not empty (it holds "${first}"); name another (out)`,
        );
      }
    }
  }

  /** A part that is there, whole, and was made of this. */
  find(index: number, input: string): Shard | undefined {
    const shard = this.#shards[nameOf(index)];
    const path = join(this.#folder, nameOf(index));
    if (shard?.input !== input || !isFile(path)) return undefined;
    return digest(Deno.readFileSync(path)) === shard.sha256 ? shard : undefined;
  }

  /** Writes a part; it counts as soon as the list of parts names it. */
  write(
    index: number,
    { table, input, bad }: { table: Record<string, Column>; input: string; bad: BadFile[] },
  ): void {
    const path = join(this.#folder, nameOf(index));
    writeTable(path, table);
    const rows = Object.values(table)[0]!.length;
    this.#shards[nameOf(index)] = { input, sha256: digest(Deno.readFileSync(path)), rows, bad };
    this.#save();
  }

  /** Removes parts that are left from more galaxies. */
  finish(count: number): void {
    const wanted = new Set(Array.from({ length: count }, (_, index) => nameOf(index)));
    const surplus = Object.keys(this.#shards).filter((name) => !wanted.has(name));
    for (const name of surplus) {
      delete this.#shards[name];
      this.#save();
      Deno.removeSync(join(this.#folder, name));
    }
  }

  /** All parts as one table. */
  read(): DataFrame {
    const frames = Object.keys(this.#shards).sort()
      .filter((name) => this.#shards[name]!.rows > 0)
      .map((name) => readTable(join(this.#folder, name)));
    return frames.reduce((all, frame) => all.vstack(frame));
  }

  #save(): void {
    const content = { fingerprint: this.#fingerprint, shards: this.#shards };
    writeJson(join(this.#folder, "shards.json"), content);
  }
}

function nameOf(index: number): string {
  return `part-${String(index).padStart(5, "0")}.parquet`;
}

function readManifest(path: string): { fingerprint: string; shards: Record<string, Shard> } {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is not JSON (${(cause as Error).message})`, {
      cause,
    });
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
