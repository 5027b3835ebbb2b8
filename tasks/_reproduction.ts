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
import { textTable } from "../lib/text.ts";

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
  const drawn = Object.keys(figures).map((file) => `figures/${file}.png`).join(", ");
  return [
    `\n${name}${drawn ? `: ${drawn}` : ""}`,
    ...(table ? [textTable(table.columns, table.rows, { indent: 2 })] : []),
    ...notes.map((note) => `  ${note}`),
  ].join("\n");
}

/** Every item of every paper with its state. */
export function listItems(): string {
  const states = itemStates();
  const lines = textTable(
    [],
    states.map(({ id, title, command }) => [id, `${title}: ${command ?? "not yet"}`]),
    { indent: 2 },
  ).split("\n");
  const done = states.filter(({ command }) => command !== undefined).length;
  return [
    ...Object.entries(PAPERS).flatMap(([paper, { title }]) => [
      title,
      ...lines.filter((_, at) => states[at]!.id.startsWith(`${paper}/`)),
      "",
    ]),
    `${done} of ${states.length} items are reproduced`,
  ].join("\n");
}
