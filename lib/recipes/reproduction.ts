/**
 * Reproducing a recipe: its run, its items, and the page that shows them beside what was published.
 *
 * @module
 */

import { join } from "node:path";
import { isFile } from "../files.ts";
import { interruptible } from "../interrupt.ts";
import { lockFolder } from "../lock.ts";
import { nearestName } from "../nearest.ts";
import { type GivenOf, type Schema, type SettingsOf, settingsOf } from "../settings.ts";
import { type ItemResult, REPORT, writeReport } from "../jobs/report.ts";
import type { Item, Preparation, Prepared, Recipe } from "./recipe.ts";

/** What a reproduction came to. */
export type Reproduction<Job extends Schema = Schema, Run = unknown> = {
  /** Path of the page. */
  page: string;
  /** Other pages that the run wrote, by what they are. */
  pages: Record<string, string>;
  /** Each item's result by its name. */
  results: Record<string, ItemResult>;
  /** What the page says, without its figures. */
  text: string;
  settings: SettingsOf<Job>;
  /** What the items were drawn from. */
  run: Run;
};

/** Options of {@linkcode reproduce}. */
export type ReproduceOptions<Job extends Schema> =
  & Omit<Preparation<Job>, "settings" | "items">
  & {
    /** What differs from the profile. @default {nothing} */
    settings?: GivenOf<Job>;
    /** Names of items; those that the folder's report has already stay in it. @default {all} */
    items?: readonly string[];
  };

/**
 * Reproduces a paper or experiment, or some of its items: does what they need, and writes
 * `figures/*.png` (and `.svg`), `tables/*.csv`, `report.json`, `report.txt` and one page,
 * `report.html`.
 *
 * @param out The folder of the run. The same call goes on with it, whatever items it names: the
 * report's other items are drawn anew beside them, finished parts are not made again
 * @throws {RangeError} When an item or setting is unknown, an item that is named cannot be drawn, or a
 * setting is out of its limits
 * @throws {Error} When the data cannot be used, weights are missing, `out` holds a run of other
 * settings or data, or another process reproduces into it
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { efficientnet, reproduce } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * const { results, page } = await reproduce(efficientnet, `${Deno.makeTempDirSync()}/run`, {
 *   data: "data/sky",
 *   settings: { profile: "tiny" },
 *   items: ["table1", "fig1"],
 * });
 * assert.equal(results.table1.table?.rows[0][1], "19,942"); // published
 * assert.match(Deno.readTextFileSync(page), /Vote fractions/);
 * ```
 */
export async function reproduce<Job extends Schema, Run>(
  recipe: Recipe<Job, Run>,
  out: string,
  options: ReproduceOptions<Job> = {},
): Promise<Reproduction<Job, Run>> {
  const items = chosenItems(recipe, options.items, drawnItems(out));
  const settings = settingsOf(recipe.settings, options.settings ?? {} as GivenOf<Job>);
  using work = interruptible(options.signal);
  using _lock = lockFolder(out, { what: "reproduce into", name: ".reproduction" });
  const prepared = await recipe.prepare(out, {
    ...options,
    signal: work.signal,
    settings,
    items: Object.keys(items),
  });
  const report = await writeItems(out, { title: recipe.title, items, ...prepared });
  return { ...report, pages: prepared.pages ?? {}, settings, run: prepared.run };
}

/** The names that a report has. */
function drawnItems(out: string): string[] {
  const path = join(out, REPORT);
  if (!isFile(path)) return [];
  try {
    return Object.keys(JSON.parse(Deno.readTextFileSync(path)) ?? {});
  } catch (error) {
    if (error instanceof SyntaxError) return []; // It is written anew
    throw error;
  }
}

/** The items of some names, and those drawn before, in their order; of no names, all there are. */
function chosenItems<Run>(
  { name: recipe, items }: Pick<Recipe<Schema, Run>, "name" | "items">,
  names: readonly string[] = [],
  drawn: readonly string[] = [],
): Record<string, Item<Run>> {
  const known = Object.keys(items);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, known);
    throw new RangeError(
      `Cannot reproduce "${unknown}" of ${recipe}: ${
        near ? `nearest is "${near}", ` : ""
      }the items are ${known.join(", ")}`,
    );
  }
  const undrawn = names.find((name) => items[name]!.draw === undefined);
  if (undrawn !== undefined) {
    throw new RangeError(`Cannot reproduce "${undrawn}" of ${recipe}: nothing draws it yet`);
  }
  const wanted = known.filter((name) =>
    items[name]!.draw !== undefined &&
    (names.length === 0 || names.includes(name) || drawn.includes(name))
  );
  return Object.fromEntries(wanted.map((name) => [name, items[name]]));
}

/** Draws items and writes them into a folder, as files and as one page. */
async function writeItems<Run>(
  out: string,
  { run, items, title, text }: Prepared<Run> & {
    items: Readonly<Record<string, Item<Run>>>;
    title: string;
  },
): Promise<Pick<Reproduction, "page" | "results" | "text">> {
  async function* drawn() {
    for (const [name, item] of Object.entries(items)) {
      yield { name, heading: item.title, headNotes: item.notes, result: await item.draw!(run) };
    }
  }
  return await writeReport(out, { title, text, items: drawn() });
}
