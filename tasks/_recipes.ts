/**
 * Recipes on the command line: their settings are its options, their items its words.
 *
 * @module
 */

import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { itemStates, type Recipe, RECIPES, reproduce } from "../lib/recipes/mod.ts";
import { type Schema, usualProfile } from "../lib/settings.ts";
import { textTable } from "../lib/text.ts";
import { reporting } from "./_reports.ts";

/**
 * Runs a recipe as the command line says, and leaves the process.
 *
 * @param options `task`: what the task is called; `args`: its arguments
 */
export async function runRecipe<Job extends Schema, Run>(
  recipe: Recipe<Job, Run>,
  { task = recipe.name, args }: { task?: string; args?: readonly string[] } = {},
): Promise<never> {
  const { name, summary, items, settings: schema } = recipe;
  return await runCommand({
    name: task,
    summary: `${summary} Leaves tables, figures and one HTML page.`,
    words: {
      value: "ITEM …",
      description: `which items (all if none is given): ${Object.keys(items).join(", ")}`,
    },
    options: {
      data: { type: "string", value: "DIR", description: recipe.data },
      out: {
        type: "string",
        value: "DIR",
        defaultText: `runs/${name}-PROFILE`,
        description: "where everything is kept",
      },
    },
    settings: schema,
  }, async ({ data, out }, { settings, words, signal }) => {
    const { profile = usualProfile(schema) } = settings as { profile?: string };
    await show(recipe, out ?? `runs/${name}-${profile}`, { settings, data, items: words, signal });
  }, { args });
}

/** Reproduces a recipe, showing progress, and prints what came out. */
export async function show<Job extends Schema, Run>(
  recipe: Recipe<Job, Run>,
  out: string,
  options: Parameters<typeof reproduce<Job, Run>>[2] & { signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  await reporting({ signal, kept: join(out, "config.json") }, async (onProgress) => {
    const { page, pages, text } = await reproduce(recipe, out, { ...options, onProgress });
    const others = Object.entries(pages).map(([what, path]) => `; ${what}: ${path}`);
    console.log(`\n${text}\n\nReport: ${page}${others.join("")}`);
  });
}

/** Every item of every paper and experiment with its state. */
export function listItems(): string {
  const states = itemStates();
  const lines = textTable(
    [],
    states.map(({ id, title, isOwn, command = "not yet" }) => [
      id,
      `${title}${isOwn ? " (the kit's own)" : ""}: ${command}`,
    ]),
    { indent: 2 },
  ).split("\n");
  const done = states.filter(({ command }) => command !== undefined).length;
  return [
    ...RECIPES.flatMap(({ name, title }) => [
      title,
      ...lines.filter((_, at) => states[at]!.id.startsWith(`${name}/`)),
      "",
    ]),
    `${done} of ${states.length} items are reproduced`,
  ].join("\n");
}
