/**
 * A table of 243,500 galaxies and 228 columns, as large as the main sample of Galaxy Zoo 2, beside
 * pandas: read and checked, selected by the cuts of Willett et al. 2013 for every question, labelled
 * smooth or featured, and split.
 *
 * `deno run -A bench/catalogues.ts` makes the table (the Stripe 82 one repeated with new ids) as CSV,
 * as gzip and as Parquet, runs each side in processes of its own, in turns, and prints seconds and
 * peak memory.
 * $GALAXYKIT_BENCH_PYTHON names an interpreter with pandas (default: python3).
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import {
  answerColumn,
  encodeLabels,
  gz2Tree,
  readCatalogue,
  selectRows,
  stratifiedSplit,
  voteLabels,
  wellSampledCuts,
  willettThresholds,
} from "galaxykit/data";
import pl from "nodejs-polars";
import { runCommand } from "../lib/cli.ts";
import { median } from "../lib/statistics.ts";

const ROWS = 243_500;
const FORMS: readonly string[] = ["csv", "csv.gz", "parquet"];
const SOURCE = join(import.meta.dirname!, "../../shared/data/gz2_stripe82_coadd.csv.gz");

/** What one process took. */
export interface CatalogueRun {
  /** Seconds of each step, in order. */
  readonly steps: Record<string, number>;
  /** Processor seconds of the whole process, which other work on the machine hardly changes. */
  readonly cpu: number;
  /** Highest resident memory, in MiB. */
  readonly peak: number;
  /** What the sides must agree on. */
  readonly results: Record<string, number>;
}

if (import.meta.main) {
  await runCommand({
    name: "bench catalogues",
    summary: "Time reading, checking, selecting, labelling and splitting beside pandas.",
    options: {
      rounds: { type: "integer", default: 3, minimum: 1, description: "processes of each side" },
      form: {
        type: "string",
        default: "all",
        choices: ["all", ...FORMS],
        description: "how the table is stored",
      },
      child: { type: "string", value: "FILE", description: "one run on this file, as JSON" },
    },
  }, async ({ rounds, form, child }) => {
    if (child !== undefined) console.log(JSON.stringify(run(child)));
    else await compare(rounds, form === "all" ? FORMS : [form]);
  });
}

/** One run of this side. */
function run(path: string): CatalogueRun {
  const steps: Record<string, number> = {};
  const results: Record<string, number> = {};
  const timed = <T>(name: string, work: () => T): T => {
    const start = performance.now();
    const value = work();
    steps[name] = (performance.now() - start) / 1000;
    return value;
  };
  const { frame, problems } = timed(
    "read and check",
    () => readCatalogue(path, { kind: "gz2_stripe82" }),
  );
  Object.assign(results, { rows: frame.height, columns: frame.width, problems: problems.length });
  timed("select", () => {
    for (const { id } of gz2Tree.questions) {
      const options = { thresholds: willettThresholds[20], minimumVotes: 20 };
      results[id] = selectRows(frame, wellSampledCuts(gz2Tree, id, options)).count;
    }
  });
  const labelled = timed("label", () => {
    const { names } = voteLabels(frame, {
      classes: {
        smooth: answerColumn(gz2Tree, "a01", "weighted_fraction"),
        featured: answerColumn(gz2Tree, "a02", "weighted_fraction"),
      },
      threshold: 0.6,
    });
    return frame.withColumns(pl.Series("label", names, pl.Utf8))
      .filter(pl.col("label").neq(pl.lit("ambiguous")));
  });
  const parts = timed("split", () => {
    const { labels } = encodeLabels(labelled.getColumn("label"));
    const fractions = { train: 0.8, validation: 0.1, test: 0.1 };
    return stratifiedSplit({ labels, fractions, seed: 1 });
  });
  results.labelled = labelled.height;
  for (const [name, rows] of Object.entries(parts)) results[name] = rows.length;
  return { steps, cpu: cpuSeconds(), peak: peakMemory(), results };
}

async function compare(rounds: number, forms: readonly string[]): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const csv = await largeTable(folder);
    for (const form of forms) {
      const path = storedAs(form, csv);
      const sides = {
        galaxykit: [Deno.execPath(), "run", "-A", import.meta.filename!, "--child", path],
        pandas: [
          Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3",
          join(import.meta.dirname!, "reference/catalogues.py"),
          path,
        ],
      };
      const runs: Record<string, CatalogueRun[]> = { galaxykit: [], pandas: [] };
      for (let round = -1; round < rounds; round++) { // round -1 brings the file into memory
        for (const [side, command] of Object.entries(sides)) {
          const result = await runProcess(command);
          if (round >= 0) runs[side].push(result);
        }
      }
      console.log(`\n${form}, ${(Deno.statSync(path).size / 1e6).toFixed(0)} MB`);
      report(runs);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The same table, compressed by gzip or as pandas writes Parquet (int64, float64, snappy). */
function storedAs(form: string, csv: string): string {
  const path = csv.replace(/csv$/, form);
  if (form === "csv.gz") Deno.writeFileSync(path, gzipSync(Deno.readFileSync(csv)));
  else if (form === "parquet") pl.readCSV(csv).writeParquet(path, { compression: "snappy" });
  return path;
}

/** Writes the Stripe 82 table, repeated, with ids that do not repeat. */
async function largeTable(folder: string): Promise<string> {
  const bytes = Deno.readFileSync(SOURCE);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const [header, ...lines] = (await new Response(stream).text()).trimEnd().split("\n");
  const rest = lines.map((line) => line.slice(line.indexOf(",")));
  const path = join(folder, "gz2.csv");
  using file = Deno.openSync(path, { write: true, create: true });
  const writer = new TextEncoder();
  let text = `${header}\n`;
  for (let row = 0; row < ROWS; row++) {
    text += `${587722981736120347n + 7n * BigInt(row)}${rest[row % rest.length]}\n`;
    if (text.length < 1 << 22 && row < ROWS - 1) continue;
    const piece = writer.encode(text);
    for (let done = 0; done < piece.length;) done += file.writeSync(piece.subarray(done));
    text = "";
  }
  return path;
}

async function runProcess([program, ...args]: string[]): Promise<CatalogueRun> {
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`Cannot bench catalogues: ${program} ${args.join(" ")} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function report({ galaxykit, pandas }: Record<string, CatalogueRun[]>): void {
  const expected = JSON.stringify(galaxykit[0].results);
  for (const { results } of pandas) {
    if (JSON.stringify(results) === expected) continue;
    throw new Error(`Cannot compare: pandas found ${JSON.stringify(results)}, not ${expected}`);
  }
  console.log(`${expected}; medians of ${galaxykit.length} processes each, in turns\n`);
  console.log("| step | galaxykit, s | pandas, s | ratio |\n| --- | --- | --- | --- |");
  for (const step of [...Object.keys(galaxykit[0].steps), "all"]) {
    const seconds = ({ steps }: CatalogueRun) =>
      step === "all" ? Object.values(steps).reduce((a, b) => a + b) : steps[step];
    const [ours, theirs] = [median(galaxykit.map(seconds)), median(pandas.map(seconds))];
    const ratio = (ours / theirs).toFixed(2);
    console.log(`| ${step} | ${ours.toFixed(2)} | ${theirs.toFixed(2)} | ${ratio} |`);
  }
  for (const [name, label] of [["cpu", "processor, s"], ["peak", "peak memory, MiB"]] as const) {
    const [ours, theirs] = [galaxykit, pandas].map((runs) => median(runs.map((run) => run[name])));
    const ratio = (ours / theirs).toFixed(2);
    console.log(`| ${label} | ${ours.toFixed(1)} | ${theirs.toFixed(1)} | ${ratio} |`);
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function peakMemory(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
