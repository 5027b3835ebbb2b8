/** `deno task runs`: the runs of a folder and their best values. */

import { runCommand } from "../lib/cli.ts";
import { isFolder } from "../lib/files.ts";
import { stopWork } from "../lib/lock.ts";
import { textTable } from "../lib/text.ts";
import { listRuns, type RunSummary } from "../lib/train/mod.ts";

await runCommand({
  name: "runs",
  summary: "List runs and their best values, the newest first.",
  options: {
    json: { type: "boolean", description: "print JSON" },
    stop: {
      type: "string",
      value: "RUN",
      description: "stop the training of a run, as Ctrl-C would: it writes a checkpoint first",
    },
  },
  words: { value: "DIR…", description: "folders to look in (runs)" },
}, ({ json, stop }, { words }) => {
  if (stop !== undefined) {
    return console.log(`Process ${stopWork(stop)} was told to stop; ${stop} can be resumed`);
  }
  const usual = isFolder("runs") ? ["runs"] : [];
  const found = (words.length > 0 ? words : usual).flatMap(listRuns);
  if (json) return console.log(JSON.stringify(found, null, 2));
  if (found.length === 0) return console.log("There are no runs");
  const columns = ["run", "of", "network", "epochs", "best", "loss", "values"];
  console.log(textTable(columns, found.map(rowOf)));
});

function rowOf(
  { path, of, model, epochs, plannedEpochs, best, values, problem }: RunSummary,
): string[] {
  const measured = Object.entries(values ?? {}).filter(([name]) =>
    /^validation_(?!loss)/.test(name)
  )
    .map(([name, value]) => `${name.slice("validation_".length)} ${Number(value).toFixed(4)}`);
  const loss = values?.validation_loss ?? values?.train_loss;
  return [
    ...[path, of ?? "", model, `${epochs} of ${plannedEpochs}`],
    ...[best ? `${best.epoch}` : "", loss?.toFixed(4) ?? "", problem ?? measured.join(", ")],
  ];
}
