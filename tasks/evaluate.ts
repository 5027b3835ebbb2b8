/** `deno task evaluate`: judges predicted vote fractions. */

import { basename, join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { EVALUATE, evaluatePredictions } from "../lib/jobs/mod.ts";
import { reporting } from "./_reports.ts";

await runCommand({
  name: "evaluate",
  summary:
    "Judge predicted vote fractions, whoever made them. Leaves tables, figures and one HTML page.",
  options: {
    out: {
      type: "string",
      value: "DIR",
      defaultText: "runs/evaluate-NAME",
      description: "where everything is kept",
    },
  },
  settings: EVALUATE,
}, async ({ out }, { settings, signal }) => {
  const name = basename(settings.predictions ?? "").replace(/\.[a-z]+$/i, "");
  const folder = out ?? join("runs", `evaluate-${name}`);
  await reporting({ signal, kept: join(folder, "report.json") }, async (onProgress) => {
    const { page, text } = await evaluatePredictions(folder, { ...settings, signal, onProgress });
    onProgress.done();
    console.log(`${text}\n\nReport: ${page}`);
  });
});
