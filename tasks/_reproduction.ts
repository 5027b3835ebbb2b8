/**
 * What `reproduce` and `demo` share: progress, and what came out.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { reporter } from "../lib/plot/mod.ts";
import {
  type EfficientnetSettings,
  type ItemResult,
  itemStates,
  PAPERS,
  reproduceEfficientnet,
} from "../lib/recipes/mod.ts";

/** Runs the recipe, showing progress, and prints what each item came to. */
export async function reproduce(
  out: string,
  options: {
    settings: EfficientnetSettings;
    data?: string;
    items?: readonly string[];
    skipMissing?: boolean;
    signal: AbortSignal;
  },
): Promise<void> {
  using report = reporter();
  try {
    const { page, results } = await reproduceEfficientnet(out, {
      ...options,
      onProgress: report,
      onSample({ source, labels, parts }) {
        const count = (part: string) => parts.filter((name) => name === part).length;
        report({
          message: `${
            labels.length.toLocaleString("en")
          } galaxies of ${source.table} (${source.kind}): ${count("train")} to train on, ${
            count("validation")
          } for validation`,
        });
      },
      onEpoch({ training, epoch }) {
        report({
          message: `${training}, epoch ${epoch.epoch}: loss ${
            epoch.train_loss.toFixed(4)
          }, validation ${epoch.validation_loss.toFixed(4)}; accuracy ${
            epoch.validation_accuracy.toFixed(4)
          } (${epoch.seconds.toFixed(1)} s)`,
        });
      },
    });
    report.done();
    for (const [name, result] of Object.entries(results)) console.log(textOf(name, result));
    console.log(`\nReport: ${page}`);
  } catch (error) {
    report.done();
    if (options.signal.aborted && existsSync(join(out, "config.json"))) {
      console.error("Stopped. To go on, give the same command again");
    }
    throw error;
  }
}

/** The table of an item and what is to be said of this run; "" where there is none. */
function textOf(name: string, { table, notes = [], figures = {} }: ItemResult): string {
  const lines = table ? [table.columns, ...table.rows] : [];
  const widths = (table?.columns ?? []).map((_, at) =>
    Math.max(...lines.map((line) => line[at].length))
  );
  const drawn = Object.keys(figures).map((file) => `figures/${file}.png`).join(", ");
  return [
    `\n${name}${drawn ? `: ${drawn}` : ""}`,
    ...lines.map((line) =>
      `  ${line.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd()}`
    ),
    ...notes.map((note) => `  ${note}`),
  ].join("\n");
}

/** Every item of every paper with its state. */
export function listItems(): string {
  const states = itemStates();
  const width = Math.max(...states.map(({ id }) => id.length));
  const done = states.filter(({ command }) => command !== undefined).length;
  return [
    ...Object.entries(PAPERS).flatMap(([paper, { title }]) => [
      title,
      ...states.filter(({ id }) => id.startsWith(`${paper}/`)).map(({ id, title, command }) =>
        `  ${id.padEnd(width)}  ${title}: ${command ?? "not yet"}`
      ),
      "",
    ]),
    `${done} of ${states.length} items are reproduced`,
  ].join("\n");
}
