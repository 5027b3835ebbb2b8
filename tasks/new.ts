/**
 * `deno task new DIR`: a folder for one's own work with the kit, with a notebook and a script.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../lib/cli.ts";
import { writeFileAtomic, writeJson } from "../lib/files.ts";

const KIT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const TEMPLATES = join(KIT, "tasks", "new");

/** The package in whose place the kit stands, as scripts and notebooks import it. */
const TFJS_NODE = ["@tensorflow/tfjs-node-gpu", "npm:@tensorflow/tfjs-node-gpu"];

await runCommand({
  name: "new",
  summary: "Write a folder for your own work: settings, a notebook and a script that run at once.",
  options: {},
  words: { value: "DIR", description: "a new or empty folder" },
}, (_options, { words }) => {
  if (words.length !== 1) {
    throw new RangeError(`Cannot write a folder: one name is wanted, ${words.length} found`);
  }
  const folder = resolve(words[0]!);
  const [found] = existsSync(folder) ? Deno.readDirSync(folder) : [];
  if (found !== undefined) {
    throw new Error(
      `Cannot write into "${folder}": the folder is not empty (it holds "${found.name}"); name another`,
    );
  }
  writeJson(join(folder, "deno.json"), settings());
  for (const { name } of Deno.readDirSync(TEMPLATES)) {
    writeFileAtomic(join(folder, name), Deno.readTextFileSync(join(TEMPLATES, name)));
  }
  console.log(`Written: ${folder}
The script runs there, the notebook from here:
  deno run -A main.ts
  deno task runs
  deno task lab --dir "${folder}"`);
});

/** The link to the kit, what a folder does not take over through it, and tasks for its runs. */
function settings(): Record<string, unknown> {
  const manifest = JSON.parse(Deno.readTextFileSync(join(KIT, "deno.json")));
  const { allowScripts } = manifest;
  const task = (name: string, description: string) => ({
    [name]: { description, command: `deno run -A "${join(KIT, "tasks", `${name}.ts`)}"` },
  });
  return {
    links: [KIT],
    imports: Object.fromEntries(
      TFJS_NODE.map((name) => [name, join(KIT, manifest.imports[name])]),
    ),
    allowScripts,
    tasks: {
      ...task("runs", "List the runs below runs/ and their best values"),
      ...task("predict", "Predict galaxies with one of them"),
    },
  };
}
