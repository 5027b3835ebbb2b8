/**
 * `deno task models`: the networks of the kit and their published weights.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { formatModelTable, modelTable } from "../lib/models/mod.ts";

await runCommand({
  name: "models",
  summary: "List the networks: parameters, size of the images in pixels, weights, licence.",
  options: {
    json: { type: "boolean", description: "print it as JSON" },
    markdown: { type: "boolean", description: "print it as the README has it" },
  },
}, ({ json, markdown }) => {
  const rows = modelTable();
  console.log(json ? JSON.stringify(rows, null, 2) : formatModelTable(rows, { markdown }));
});
