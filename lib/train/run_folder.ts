/**
 * Run folders: everything that a training run leaves behind, each file whole or absent.
 *
 * - `config.json`: all settings, the classes, the versions, the seed
 * - `history.csv`: a row for each epoch
 * - `model.safetensors`: the weights of the best epoch
 * - `last.safetensors`: where training stands, to go on from
 * - `tensorboard/`: where it is wanted, the history as event files
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import kit from "../../deno.json" with { type: "json" };
import { writeTable } from "../data/mod.ts";
import { isFile, isFolder, removeLeftovers, writeJson } from "../files.ts";
import { assertFree, lockFolder } from "../lock.ts";
import { saveModel } from "../models/mod.ts";
import { loadVariables, type Module, streamVariables } from "../nn/mod.ts";
import { findLibrary, tf } from "../tensorflow/mod.ts";
import { openSafetensors, stateDictOf, streamSafetensors } from "../weights/mod.ts";
import { checkWritable } from "../writable.ts";
import { digestOfFile } from "../digest.ts";
import { foreignTo, removeEvents } from "./_events.ts";
import type { Best, Epoch } from "./history.ts";
import { type Named, prefixed } from "./optimizers.ts";

/** Where a run stands between two steps. */
export type Position = {
  /** Number of the phase, from 0. */
  phase: number;
  /** Epochs that were over when the phase began. */
  start: number;
  /** Epochs that are over. */
  epoch: number;
  /** Steps taken in the present epoch. */
  step: number;
  /** Sums over the steps of the present epoch. */
  sums: Record<string, number>;
  history: Epoch[];
  /** The best epoch so far. */
  best?: Best;
  /** The best epoch of the phase so far. */
  phaseBest?: Best;
  /** What must agree for the run to go on: the data and the settings, as a hash. */
  fingerprint: string;
};

/** The parts of a run whose values the next step depends on. */
export type Trained = {
  model: Module;
  /** The state of optimiser and averages, by name. */
  state: Named<tf.Variable>;
};

/** The file that makes a folder a run. */
const CONFIG = "config.json";

/** What a run that is trained refuses to others. */
const TRAINING = { what: "use the run" };

/** The file of the best weights. */
const MODEL = "model.safetensors";

/** The file that tells where training stands. */
const LAST = "last.safetensors";

/** The folder of a run. */
export class RunFolder {
  /** Its path. */
  readonly path: string;
  /** The digest of the best weights, as they were written. */
  #bestDigest?: string;

  constructor(path: string) {
    if (path === "") throw new RangeError('Cannot keep a run in "": name a folder');
    this.path = path;
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** The folder of its event files. */
  get events(): string {
    return this.file("tensorboard");
  }

  /** Whether there is a run in it. */
  get exists(): boolean {
    return existsSync(this.file(CONFIG));
  }

  /** Removes what a killed process had begun to write. No other process may be at work here. */
  removeLeftovers(): void {
    removeLeftovers(this.path);
  }

  /**
   * Refuses a folder that a new run could not have.
   *
   * @throws {Error} When it holds a run or something else, or cannot be written to
   */
  checkFree(): void {
    const found = isFolder(this.path)
      ? readdirSync(this.path).find((name) => !name.startsWith("."))
      : undefined;
    if (found !== undefined) {
      throw new Error(
        `Cannot start a run in "${this.path}": ${
          this.exists
            ? "it holds one already; resume it (resume: true), lose it (overwrite: true), or name another folder"
            : `the folder is not empty (it holds "${found}"); name another`
        }`,
      );
    }
    checkWritable(this.path);
  }

  /**
   * Takes the folder for a run: a new one, whose settings it writes, or the one that is there, if it
   * may go on and has the same settings, versions apart.
   *
   * @returns A digest of the settings
   * @throws {Error} When the folder holds something else, a run that is not to go on, or one of other
   * settings, naming the first difference
   */
  begin(
    config: Record<string, unknown>,
    { resume = false, overwrite = false, mayDiffer = [] }: {
      resume?: boolean;
      /** Whether a run that is there is removed first, its own files alone. @default {false} */
      overwrite?: boolean;
      /**
       * Dotted names of settings, or of groups of them, that may be others than before; those now given
       * are written.
       */
      mayDiffer?: readonly string[];
    } = {},
  ): string {
    const isFree = (name: string) =>
      mayDiffer.some((free) => name === free || name.startsWith(`${free}.`));
    const wanted = flattened(plain(config));
    const fixed = [...wanted].filter(([name]) => !isFree(name)).sort();
    const fingerprint = createHash("sha256").update(JSON.stringify(fixed)).digest("hex");
    assertFree(this.path, TRAINING);
    if (overwrite && !resume) this.#removeRun();
    if (!resume || !this.exists) {
      this.checkFree();
      this.writeConfig(config);
      return fingerprint;
    }
    const { versions: _, ...present } = this.readConfig();
    const found = flattened(present);
    const differing = [...new Set([...wanted.keys(), ...found.keys()])]
      .find((name) => !isFree(name) && found.get(name) !== wanted.get(name));
    if (differing === "data.fingerprint") {
      throw new Error(
        `Cannot go on in "${this.path}": it was trained on other examples, or on others of them; give the same, or name another folder`,
      );
    }
    if (differing !== undefined) {
      throw new Error(
        `Cannot go on in "${this.path}": it holds a run with ${differing} ${
          found.get(differing) ?? "not set"
        }, ${wanted.get(differing) ?? "none"} wanted; name another folder${
          differing.startsWith("training.") ? ", and begin with its weights (openRun)" : ""
        }`,
      );
    }
    checkWritable(this.path);
    this.removeLeftovers();
    if (mayDiffer.length > 0) this.writeConfig(config);
    return fingerprint;
  }

  /**
   * Takes the folder for a training, until that is disposed of or the process ends.
   *
   * @throws {Error} When another training has it, naming its process
   */
  hold(): Disposable {
    return lockFolder(this.path, TRAINING);
  }

  /** Removes a run, where there is nothing else in the folder. */
  #removeRun(): void {
    if (!this.exists) return;
    const own = [LAST, MODEL, "history.csv", CONFIG]; // What makes it a run, last
    const other =
      readdirSync(this.path).find((name) =>
        !name.startsWith(".") && !own.includes(name) && this.file(name) !== this.events
      ) ?? foreignTo(this.events);
    if (other !== undefined) {
      throw new Error(
        `Cannot overwrite the run in "${this.path}": there is more in the folder ("${other}"); name another`,
      );
    }
    removeEvents(this.events);
    for (const name of own) if (isFile(this.file(name))) Deno.removeSync(this.file(name));
  }

  /** Writes the settings, with the versions of what runs. */
  writeConfig(config: Record<string, unknown>): void {
    const versions = {
      galaxykit: kit.version,
      deno: Deno.version.deno,
      tfjs: tf.version_core,
      tensorflow: findLibrary()?.version,
    };
    writeJson(this.file(CONFIG), { ...plain(config), versions });
  }

  /**
   * The settings.
   *
   * @throws {Error} When there is no run, or its settings cannot be read
   */
  readConfig(): Record<string, unknown> {
    const path = this.file(CONFIG);
    if (!this.exists) {
      throw new Error(
        `Cannot find a run in "${this.path}": it has no config.json; name the folder of a run`,
      );
    }
    let config;
    try {
      config = JSON.parse(Deno.readTextFileSync(path));
    } catch (cause) {
      throw new Error(`Cannot read "${path}": it is not JSON (${(cause as Error).message})`, {
        cause,
      });
    }
    if (typeof config === "object" && config !== null && !Array.isArray(config)) return config;
    throw new Error(
      `Cannot read "${path}": the settings of a run are wanted, an object, found ${
        JSON.stringify(config).slice(0, 80)
      }`,
    );
  }

  /** Writes the history: a row for each epoch. */
  writeHistory(history: readonly Epoch[]): void {
    if (history.length === 0) return;
    // Phases may note different things
    const names = [...new Set(history.flatMap(Object.keys))] as (keyof Epoch)[];
    const last = ["learning_rate", "seconds"] as const;
    const ordered = [...names.filter((name) => !last.some((one) => one === name)), ...last];
    const columns = Object.fromEntries(
      ordered.map((name) => [name, history.map((row) => row[name] ?? null)]),
    );
    const epoch = Int32Array.from(history, (row) => row.epoch);
    writeTable(this.file("history.csv"), { ...columns, epoch });
  }

  /** Writes the model's weights as the best ones. */
  async writeModel(model: Module, best?: Best): Promise<void> {
    await saveModel(this.file(MODEL), model, {
      metadata: best && { best: JSON.stringify(best, withNaN) },
    });
    this.#bestDigest = digestOfFile(this.file(MODEL));
  }

  /**
   * Loads the best weights.
   *
   * @throws {Error} When there are none, or they are of another model
   */
  readModel(model: Module): void {
    const path = this.file(MODEL);
    if (!existsSync(path)) {
      throw new Error(`Cannot load "${path}": the run has not finished an epoch yet`);
    }
    using file = openSafetensors(path);
    model.loadStateDict(stateDictOf(file), { adapters: true, source: `"${path}"` });
  }

  /** Writes where training stands, in one file, so that one rename makes it the present one. */
  async writeLast({ model, state }: Trained, position: Position): Promise<void> {
    const metadata = {
      position: JSON.stringify(position, withNaN),
      ...(this.#bestDigest === undefined ? {} : { bestDigest: this.#bestDigest }),
    };
    await streamSafetensors(this.file(LAST), {
      ...prefixed("model/", model.streamState({ adapters: true })),
      ...prefixed("state/", streamVariables(state)),
    }, { metadata });
  }

  /**
   * Reads where training stood.
   *
   * @returns The position, and how to put everything back there; undefined when the run had not got
   * to its first checkpoint
   * @throws {Error} When the file is damaged, or of another run
   */
  readLast(
    fingerprint: string,
  ): { position: Position; restore: (trained: Trained) => void } | undefined {
    const path = this.file(LAST);
    if (!existsSync(path)) return undefined;
    using file = openSafetensors(path);
    const { metadata } = file;
    const position = parseObject(metadata.position ?? "") as Position | undefined;
    if (position === undefined) {
      throw new Error(
        `Cannot resume from "${path}": it holds no position; remove it to start anew`,
      );
    }
    if (position.fingerprint !== fingerprint) {
      throw new Error(
        `Cannot resume from "${path}": it was written with other images or settings; give the ones in config.json, or another output folder`,
      );
    }
    this.#bestDigest = metadata.bestDigest;
    if (position.best !== undefined) this.#checkBest(position.best);
    function restore({ model, state }: Trained): void {
      using file = openSafetensors(path);
      const saved = stateDictOf(file, { prefix: "state/" });
      const missing = Object.keys(state).find((name) => !(name in saved));
      if (missing !== undefined) {
        throw new Error(
          `Cannot resume from "${path}": it holds no "${missing}" of the optimiser; resume with the optimiser of that run`,
        );
      }
      // Another model is refused here, so that the shapes of the state fit, too.
      const source = `"${path}"`;
      model.loadStateDict(stateDictOf(file, { prefix: "model/" }), { adapters: true, source });
      loadVariables(state, saved, { into: "the optimiser", source });
    }
    return { position, restore };
  }

  /** @throws {Error} When the best weights are not what was written */
  #checkBest(best: Best): void {
    const path = this.file(MODEL);
    const refuse = (reason: string, options?: ErrorOptions) =>
      new Error(
        `Cannot resume from "${path}": the best weights ${reason}; name another folder, or begin anew (overwrite: true)`,
        options,
      );
    if (!isFile(path)) throw refuse("are missing");
    try {
      using file = openSafetensors(path);
      // Better ones may have come after the last checkpoint
      const isSame = file.metadata.best === JSON.stringify(best, withNaN);
      if (!isSame || this.#bestDigest === undefined) return;
    } catch (cause) {
      throw refuse(`are damaged (${(cause as Error).message})`, { cause });
    }
    if (digestOfFile(path) !== this.#bestDigest) throw refuse("are damaged");
  }
}

/** The object that a JSON text holds, or undefined when it holds none. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text, reviveNaN);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Values by their dotted names, as JSON; of lists, those of objects alone are gone into. */
function flattened(config: object, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(config).filter(([, value]) => value !== undefined && value !== null)
      .flatMap(([name, value]) => {
        const isFlat = typeof value !== "object" ||
          Array.isArray(value) && value.every((one) => typeof one !== "object");
        if (isFlat) return [[prefix + name, JSON.stringify(value)] as const];
        return [...flattened(value, `${prefix}${name}.`)];
      }),
  );
}

/** What JSON makes of a configuration, so that it compares with one that was read. */
function plain(config: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(config, (name, value) => {
    if (typeof value === "bigint") {
      throw new TypeError(
        `Cannot keep the setting "${name}": it is the BigInt ${value}, give a text`,
      );
    }
    if (typeof value === "function") {
      throw new TypeError(`Cannot keep the setting "${name}": it is a function, give a text`);
    }
    return withNaN(name, value);
  }));
}

/** Numbers that JSON has no word for. */
function withNaN(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { number: `${value}` } : value;
}

function reviveNaN(_name: string, value: { number?: string } | null): unknown {
  const isNumber = typeof value === "object" && value !== null && typeof value.number === "string";
  return isNumber ? Number(value.number) : value;
}
