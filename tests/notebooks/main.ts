/**
 * `deno task notebooks`: runs all notebooks in Deno's Jupyter kernel.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import { runCommand } from "../../lib/cli.ts";
import { notebookPaths, PROFILES, runNotebook, writeNotebook } from "./notebook.ts";

await runCommand({
  name: "notebooks",
  summary: "Run the notebooks in Deno's Jupyter kernel; fail when a cell does.",
  options: {
    profile: {
      type: "string",
      default: "tiny",
      choices: PROFILES,
      description: "how much to spend: seconds each, or minutes, and then their outputs are kept",
    },
  },
  words: { value: "FILES", description: "notebooks (all of the folder notebooks if not given)" },
}, async ({ profile }, { words, signal }) => {
  for (const path of words.length > 0 ? words.map((word) => resolve(word)) : notebookPaths()) {
    const start = performance.now();
    const notebook = await runNotebook(path, { profile, signal });
    if (profile === "small") writeNotebook(path, notebook);
    console.log(`${basename(path)}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
});
