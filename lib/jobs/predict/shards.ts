/**
 * A table in parts, each of which is written once: what is finished survives a kill.
 *
 * - `part-00000.parquet` …: the rows, in order
 * - `shards.json`: what each part was made of, and its checksum; in the end, which rows they all are
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { DataFrame } from "nodejs-polars";
import { type BadFile, type Column, readTable, writeTable } from "../../data/mod.ts";
import { isFile, removeLeftovers, writeJson } from "../../files.ts";

/** What all parts together are. */
export type WholeTask = {
  /** Rows of the table that is predicted, from `first` to before `end`, of so many. */
  first: number;
  end: number;
  of: number;
  /** A digest of the ids of that table. */
  ids: string;
};

/** What is known of a part. */
export type Shard = {
  /** Of what it was made from. */
  input: string;
  /** Of the file. */
  sha256: string;
  rows: number;
  /** Images that it leaves out. */
  bad: BadFile[];
  /** What it took. */
  seconds: number;
};

/** What is known of all parts. */
export type Manifest = {
  fingerprint: string;
  shards: Record<string, Shard>;
  /** Once all are there. */
  whole?: WholeTask;
};

/** The folder of the parts. */
export class Shards {
  readonly #folder: string;
  readonly #fingerprint: string;
  #shards: Record<string, Shard>;
  #whole?: WholeTask;

  /**
   * @param folder Missing, empty, or left by the same work
   * @param fingerprint Of what all parts have in common
   * @throws {Error} When the folder holds something else
   */
  constructor(folder: string, fingerprint: string) {
    [this.#folder, this.#fingerprint] = [folder, fingerprint];
    this.#shards = {};
    removeLeftovers(folder);
    const found = readManifest(folder);
    if (found !== undefined) {
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
    return shard?.input === input && isWhole(path, shard) ? shard : undefined;
  }

  /** Writes a part; it counts as soon as the list of parts names it. */
  write(
    index: number,
    { table, ...of }: { table: Record<string, Column> } & Pick<Shard, "input" | "bad" | "seconds">,
  ): void {
    const path = join(this.#folder, nameOf(index));
    writeTable(path, table);
    const rows = Object.values(table)[0]!.length;
    this.#shards[nameOf(index)] = { ...of, sha256: digest(Deno.readFileSync(path)), rows };
    this.#whole = undefined;
    this.#save();
  }

  /** Removes parts that are left from more galaxies, and notes what the others are. */
  finish(count: number, whole: WholeTask): void {
    const wanted = new Set(Array.from({ length: count }, (_, index) => nameOf(index)));
    const surplus = Object.keys(this.#shards).filter((name) => !wanted.has(name));
    for (const name of surplus) {
      delete this.#shards[name];
      this.#save();
      Deno.removeSync(join(this.#folder, name));
    }
    this.#whole = whole;
    this.#save();
  }

  /** All parts as one table. */
  read(): DataFrame {
    return joined(framesOf(this.#folder, this.#shards));
  }

  #save(): void {
    const content: Manifest = {
      fingerprint: this.#fingerprint,
      shards: this.#shards,
      ...(this.#whole && { whole: this.#whole }),
    };
    writeJson(join(this.#folder, MANIFEST), content);
  }
}

const MANIFEST = "shards.json";

/** The tables of parts that have rows, in order. */
export function framesOf(folder: string, shards: Readonly<Record<string, Shard>>): DataFrame[] {
  return Object.keys(shards).sort()
    .filter((name) => shards[name]!.rows > 0)
    .map((name) => readTable(join(folder, name)));
}

/** Tables of the same columns, one below the other. */
export function joined(frames: readonly DataFrame[]): DataFrame {
  return frames.reduce((all, frame) => all.vstack(frame));
}

/** Whether a part is there as it was written. */
export function isWhole(path: string, { sha256 }: Pick<Shard, "sha256">): boolean {
  return isFile(path) && digest(Deno.readFileSync(path)) === sha256;
}

function nameOf(index: number): string {
  return `part-${String(index).padStart(5, "0")}.parquet`;
}

/**
 * What a folder says of its parts; undefined where it says nothing.
 *
 * @throws {SyntaxError} When that cannot be read
 */
export function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return undefined;
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
