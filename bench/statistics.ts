/**
 * Metrics and matches at the size of a catalogue, beside scikit-learn, SciPy, NumPy and astropy: on
 * the same numbers, in turns, each side in a process of its own.
 *
 * `deno run -A bench/statistics.ts` prints the least milliseconds of each side, by the clock and of
 * the processor, their ratio, and what both found. $GALAXYKIT_BENCH_PYTHON names an interpreter with
 * scikit-learn, SciPy and astropy (default: python3).
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { crossMatch, Prng } from "galaxykit/data";
import {
  accuracy,
  bootstrapInterval,
  fitTemperature,
  precisionRecallCurve,
  rocCurve,
  spearmanCorrelation,
} from "galaxykit/metrics";
import { runCommand } from "../lib/cli.ts";
import { textTable } from "../lib/text.ts";

const COUNT = 1_000_000;

/** What is timed, by the reference's name of it: gives a number to compare. */
const JOBS: Record<string, (sample: Sample) => () => number> = {
  roc: ({ target, score }) => () => rocCurve({ target, score }).area,
  precision_recall: ({ target, score }) => () => precisionRecallCurve({ target, score }).area,
  spearman: ({ score, other }) => () => spearmanCorrelation({ target: score, prediction: other }),
  temperature: ({ target, score }) => {
    const labels = target.slice(0, 100_000);
    const logits = Array.from(labels, (_, i) => [-2 * score[i], 2 * score[i]]);
    return () => fitTemperature({ target: labels, logits });
  },
  bootstrap: ({ target, prediction }) => {
    const pair = { target: target.slice(0, 31_191), prediction: prediction.slice(0, 31_191) };
    return () => bootstrapInterval(pair, { metric: accuracy, seed: 1 }).low;
  },
  cross_match: () => {
    const same = { ra: new Float64Array(20_000).fill(10), dec: new Float64Array(20_000).fill(-5) };
    return () => crossMatch(same, same, { radius: 1 }).left.length;
  },
};

type Sample = ReturnType<typeof draw>;

/** A score that tells two classes apart, one that goes with it, and a prediction. */
function draw() {
  const random = new Prng(1);
  const target = Int32Array.from({ length: COUNT }, () => random.integer(2));
  const score = Float64Array.from(target, (label) => random.normal() + label);
  const other = Float64Array.from(score, (value) => value + random.normal());
  const prediction = Int32Array.from(target, (t) => random.uniform() < 0.9 ? t : 1 - t);
  return { target, score, other, prediction };
}

type Timing = { clock: number; cpu: number; result: number };

/** The least of some rounds. */
function timed(run: () => number, rounds: number): Timing {
  const best: Timing = { clock: Infinity, cpu: Infinity, result: NaN };
  for (let round = 0; round < rounds; round++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    best.result = run();
    const { user, system } = process.cpuUsage(before);
    best.clock = Math.min(best.clock, performance.now() - start);
    best.cpu = Math.min(best.cpu, (user + system) / 1000);
  }
  return best;
}

function output(command: string, args: string[]): string {
  const { success, stdout } = new Deno.Command(command, { args, stderr: "inherit" }).outputSync();
  if (!success) throw new Error(`Cannot run "${command} ${args.join(" ")}"`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  await runCommand({
    name: "bench statistics",
    summary: "Time metrics and matches of a million galaxies beside scikit-learn and SciPy.",
    options: {
      rounds: { type: "integer", default: 5, minimum: 1, description: "how often each is run" },
      job: {
        type: "string",
        default: "all",
        choices: ["all", ...Object.keys(JOBS)],
        description: "what is timed",
      },
      child: { type: "boolean", description: "this side of one job, as JSON" },
    },
  }, ({ rounds, job, child }) => {
    if (child) {
      console.log(JSON.stringify(timed(JOBS[job](draw()), rounds)));
      return;
    }
    const folder = Deno.makeTempDirSync();
    try {
      for (const [name, column] of Object.entries(draw())) {
        Deno.writeFileSync(join(folder, `${name}.bin`), new Uint8Array(column.buffer));
      }
      const python = Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3";
      const script = join(import.meta.dirname!, "reference/galaxy_statistics.py");
      const rows = Object.keys(JOBS).filter((name) => job === "all" || job === name)
        .map((name) => {
          const own = ["run", "-A", import.meta.filename!, "--child", "--job", name];
          const kit: Timing = JSON.parse(
            output(Deno.execPath(), [...own, "--rounds", `${rounds}`]),
          );
          const [clock, cpu, result] = output(python, [script, name, folder, `${rounds}`])
            .trim().split(" ").map(Number);
          const pair = (a: number, b: number) =>
            [a, b].map((ms) => ms.toFixed(0)).concat((a / b).toFixed(2));
          return [
            name,
            ...pair(kit.clock, clock),
            ...pair(kit.cpu, cpu),
            `${kit.result.toPrecision(6)}, ${result.toPrecision(6)}`,
          ];
        });
      console.log(textTable(
        ["", "kit, ms", "reference", "ratio", "processor", "reference", "ratio", "results"],
        rows,
        { align: ["left", "right"] },
      ));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}
