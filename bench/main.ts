/**
 * `deno task bench`: the speed of the engine beside PyTorch's, on the same weights and inputs.
 *
 * Both sides run in this one program, step by step in turns, on all cores and with the same
 * allocator settings; PyTorch in each of its modes, in processes of their own. Before anything is
 * timed the engine's outputs, losses and updated weights must equal PyTorch's.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { runCommand } from "../lib/cli.ts";
import { loadingRow } from "./loading.ts";
import { addOverhead } from "./overhead.ts";
import { type Row, type Series, summarize, table } from "./report.ts";
import { TorchServer } from "./torch.ts";
import { prepare, type Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads/mod.ts";

const ROWS = [...WORKLOADS.map(({ name }) => name), "add", "loading"];

await runCommand({
  name: "bench",
  summary: "Time training and inference steps beside PyTorch's, on the same weights.",
  options: {
    only: { type: "string", value: "NAMES", description: `of ${ROWS.join(", ")}` },
    steps: { type: "integer", default: 12, minimum: 1, description: "timed steps of each side" },
    modes: { type: "string", value: "NAMES", description: "of PyTorch's, such as eager,compile" },
    json: { type: "string", value: "FILE", description: "also write every time to this file" },
  },
}, async ({ only, steps, modes: chosen, json }, { signal }) => {
  const names = only?.split(",") ?? ROWS;
  const unknown = names.find((name) => !ROWS.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot bench "${unknown}": known are ${ROWS.join(", ")}`);
  }
  const probe = await TorchServer.start();
  const all = await probe?.modes() ?? {};
  await probe?.quit();
  const modes = chosenModes(all, chosen?.split(","));
  if (probe === undefined) {
    console.log("PyTorch is not installed (python3, or $GALAXYKIT_BENCH_PYTHON): no comparison");
  }
  const rows: Row[] = [];
  for (const name of names) {
    if (signal.aborted) return;
    const workload = WORKLOADS.find((workload) => workload.name === name);
    if (workload !== undefined && only === undefined && modes[name] === undefined) {
      console.log(`${name}: Python has not what it is compared with`);
      continue;
    }
    const row = workload !== undefined
      ? await timeWorkload(workload, { modes: modes[name] ?? [], steps })
      : name === "add"
      ? await timeAdd(modes[name] ?? [], steps)
      : await timeLoading(steps);
    rows.push(row);
    console.log(summarize(row));
  }
  console.log(`\n${table(rows)}`);
  if (json !== undefined) Deno.writeTextFileSync(json, JSON.stringify(rows, null, 1));
});

/** Of the modes that each workload has, those that are wanted. */
function chosenModes(
  all: Record<string, string[]>,
  wanted: readonly string[] | undefined,
): Record<string, string[]> {
  if (wanted === undefined) return all;
  const known = new Set(Object.values(all).flat());
  const unknown = wanted.find((mode) => !known.has(mode));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot bench mode "${unknown}": known are ${[...known].join(", ")}`);
  }
  return Object.fromEntries(
    Object.entries(all).map((
      [name, modes],
    ) => [name, modes.filter((mode) => wanted.includes(mode))]),
  );
}

async function timeWorkload(
  workload: Workload,
  { modes, steps }: { modes: readonly string[]; steps: number },
): Promise<Row> {
  if (modes.length === 0) {
    throw new Error(`Cannot bench ${workload.name}: its weights and inputs come from PyTorch`);
  }
  const folder = Deno.makeTempDirSync();
  const servers: TorchServer[] = [];
  try {
    const path = join(folder, "export.safetensors");
    for (const mode of modes) {
      const server = (await TorchServer.start())!;
      servers.push(server);
      if (servers.length === 1) await server.export(workload.name, path);
      await server.prepare(workload.name, mode);
    }
    const ours = prepare(workload, path);
    const series: Series[] = ["galaxykit", ...modes]
      .map((side) => ({ side, times: [], processor: [] }));
    ours.step();
    for (let step = 0; step < steps; step++) {
      const [start, before] = [performance.now(), process.cpuUsage()];
      ours.step();
      const { user, system } = process.cpuUsage(before);
      series[0]!.times.push(performance.now() - start);
      series[0]!.processor.push((user + system) / 1000);
      for (const [index, server] of servers.entries()) {
        const { ms, processor } = await server.step();
        series[index + 1]!.times.push(ms);
        series[index + 1]!.processor.push(processor!);
      }
    }
    ours.dispose();
    return { name: workload.name, unit: "ms", series };
  } finally {
    for (const server of servers) await server.quit();
    Deno.removeSync(folder, { recursive: true });
  }
}

async function timeAdd(modes: readonly string[], steps: number): Promise<Row> {
  const server = modes.length > 0 ? await TorchServer.start() : undefined;
  try {
    await server?.prepare("add", modes[0]!);
    const ours: Series = { side: "galaxykit", times: [], processor: [] };
    const theirs: Series = { side: modes[0]!, times: [], processor: [] };
    for (let step = 0; step < steps; step++) {
      ours.times.push(addOverhead());
      const answer = await server?.step();
      if (answer !== undefined) theirs.times.push(answer.ms * 1000 / answer.ops!);
    }
    return { name: "add", unit: "µs", series: server === undefined ? [ours] : [ours, theirs] };
  } finally {
    await server?.quit();
  }
}

/** As times for one image, so that a ratio reads as in the other rows. */
async function timeLoading(rounds: number): Promise<Row> {
  const { oursImagesPerSecond, torchImagesPerSecond } = await loadingRow({ rounds });
  const perImage = (speeds: number[]) => speeds.map((speed) => 1000 / speed);
  const series: Series[] = [
    { side: "galaxykit", times: perImage(oursImagesPerSecond), processor: [] },
  ];
  if (torchImagesPerSecond !== undefined) {
    series.push({ side: "DataLoader", times: perImage(torchImagesPerSecond), processor: [] });
  }
  return { name: "loading", unit: "ms", series };
}
