/**
 * `deno task status`: what is installed, and what is missing.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { formatReport, statusReport } from "../lib/tensorflow/report.ts";

await runCommand({
  name: "status",
  summary: "Print what the kit runs on; the exit code is 1 when something is missing.",
  options: { json: { type: "boolean", description: "print it as JSON" } },
}, async ({ json }) => {
  const report = await statusReport();
  console.log(json ? JSON.stringify(report, null, 2) : formatReport(report));
  for (const problem of report.problems) console.error(problem);
  return report.problems.length > 0 ? 1 : 0;
});
