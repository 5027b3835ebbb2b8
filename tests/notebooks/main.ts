/**
 * `deno task notebooks`: runs all notebooks in Deno's Jupyter kernel and keeps their outputs.
 *
 * @module
 */

import { basename } from "node:path";
import { runCommand } from "../../lib/cli.ts";
import { notebookPaths, runNotebook, writeNotebook } from "./notebook.ts";

await runCommand({
  name: "notebooks",
  summary: "Run the notebooks in Deno's Jupyter kernel and keep what they put out.",
  options: {},
  words: { value: "FILES", description: "notebooks (all of the folder notebooks if not given)" },
}, async (_options, { words }) => {
  for (const path of words.length > 0 ? words : notebookPaths()) {
    const start = performance.now();
    writeNotebook(path, await runNotebook(path));
    console.log(`${basename(path)}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
});
