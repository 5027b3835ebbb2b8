/**
 * `deno task status`: what is installed, and what is missing.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { runCommand } from "../lib/cli.ts";
import { megabytes } from "../lib/text.ts";
import { formatReport, statusReport } from "../lib/tensorflow/report.ts";
import { listCachedModels, listKitWeights, listPypiWeights, pypiPath } from "../lib/weights/mod.ts";

await runCommand({
  name: "status",
  summary: "Print what the kit runs on; the exit code is 1 when something is missing.",
  options: { json: { type: "boolean", description: "print it as JSON" } },
}, async ({ json }) => {
  const report = await statusReport();
  const weights = weightsHere();
  console.log(
    json
      ? JSON.stringify({ ...report, weights }, null, 2)
      : formatReport(report, weightRows(weights)),
  );
  for (const problem of report.problems) console.error(problem);
  return report.problems.length > 0 ? 1 : 0;
});

type WeightsHere = { kit: string[]; packages: string[]; hub: string[]; bytes: number };

/** The weights on this machine, and the bytes that those of others take. */
function weightsHere(): WeightsHere {
  const packages = listPypiWeights().filter((weights) => existsSync(pypiPath(weights)));
  const models = listCachedModels();
  const files = [...packages, ...models.flatMap(({ files }) => files)];
  return {
    kit: listKitWeights().map(({ source }) => source),
    packages: packages.map(({ source }) => source),
    hub: models.map(({ repository, commit }) => `hf:${repository}@${commit}`),
    bytes: files.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

function weightRows({ kit, packages, hub, bytes }: WeightsHere): [string, string][] {
  const of = `${packages.length} of packages, ${hub.length} of the hub`;
  return [["Weights", `${kit.length} of the kit, ${of}, ${megabytes(bytes)}; deno task weights`]];
}
