/**
 * Tables of all formats, beside pandas, polars of Python and astropy: 250,000 galaxies with the 228
 * columns of Galaxy Zoo 2 as CSV, 200,000 with 27 of them in each of the other formats.
 *
 * `deno run -A bench/tables.ts` makes the tables in a temporary folder, decimals as SkyServer writes
 * them and ids of 18 digits, reads each in processes of its own, the sides in turns, and prints the
 * least seconds by the clock and of the processor, the ratio to the reference, and peak memory. All
 * threads are as they come. $GALAXYKIT_BENCH_PYTHON names an interpreter with pandas, pyarrow, polars
 * and astropy (default: python3); a reference that cannot be imported is left out.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { catalogueKind, Prng, readCatalogue, readTable } from "galaxykit/data";
import { runCommand } from "../lib/cli.ts";
import { textTable } from "../lib/text.ts";

const LARGE = 250_000;
const SMALL = 200_000;
/** Rows that differ; they are repeated with new ids. */
const DISTINCT = 5_000;

/** What is read, and by whom. */
const JOBS: Record<string, { file: string; kit: readonly Reader[]; others: readonly string[] }> = {
  csv: { file: "large.csv", kit: ["readTable", "readCatalogue"], others: ["pandas", "polars"] },
  "small csv": { file: "small.csv", kit: ["readTable"], others: ["pandas", "polars"] },
  tsv: { file: "small.tsv", kit: ["readTable"], others: ["pandas", "polars"] },
  "csv.gz": { file: "small.csv.gz", kit: ["readTable"], others: ["pandas", "polars"] },
  parquet: { file: "small.parquet", kit: ["readTable"], others: ["pandas", "polars"] },
  fits: { file: "small.fits", kit: ["readTable"], others: ["astropy"] },
  ecsv: { file: "small.ecsv", kit: ["readTable"], others: ["astropy"] },
  votable: { file: "small.vot", kit: ["readTable"], others: ["astropy"] },
  "votable, binary": { file: "small_binary.vot", kit: ["readTable"], others: ["astropy"] },
};

type Reader = "readTable" | "readCatalogue";

/** What one process took: seconds, MiB, and what was read. */
type Reading = { clock: number; cpu: number; peak: number; rows: number; columns: number };

if (import.meta.main) {
  await runCommand({
    name: "bench tables",
    summary: "Time reading tables of all formats beside pandas, polars and astropy.",
    options: {
      rounds: { type: "integer", default: 3, minimum: 1, description: "processes of each side" },
      job: {
        type: "string",
        default: "all",
        choices: ["all", ...Object.keys(JOBS)],
        description: "what is read",
      },
      folder: { type: "string", value: "DIR", description: "make the tables here, and leave them" },
      child: { type: "string", value: "FILE", description: "read this file once, as JSON" },
      reader: {
        type: "string",
        default: "readTable",
        choices: ["readTable", "readCatalogue"],
        description: "by what the child reads",
      },
    },
  }, ({ rounds, job, folder, child, reader }) => {
    if (child !== undefined) {
      console.log(JSON.stringify(read(child, reader as Reader)));
      return;
    }
    const place = folder ?? Deno.makeTempDirSync();
    try {
      makeTables(place);
      const rows = Object.keys(JOBS).filter((name) => job === "all" || job === name)
        .flatMap((name) => compare(name, place, rounds));
      console.log(textTable(
        ["", "by", "s", "processor", "MiB", "beside", "s", "processor", "MiB", "ratio", "cpu"],
        rows,
        { align: ["left", "left", "right", "right", "right", "left", "right"] },
      ));
    } finally {
      if (folder === undefined) Deno.removeSync(place, { recursive: true });
    }
  });
}

function read(path: string, reader: Reader): Reading {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const frame = reader === "readTable"
    ? readTable(path)
    : readCatalogue(path, { bad: "report" }).frame;
  const { user, system } = process.cpuUsage(before);
  const clock = (performance.now() - start) / 1e3;
  const status = Deno.readTextFileSync("/proc/self/status");
  return {
    clock,
    cpu: (user + system) / 1e6,
    peak: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024),
    rows: frame.height,
    columns: frame.width,
  };
}

/** All sides of one job, in turns: a row for each pair. */
function compare(name: string, folder: string, rounds: number): string[][] {
  const { file, kit, others } = JOBS[name];
  const path = join(folder, file);
  const sides = [
    ...kit.map((reader) => ({
      side: reader as string,
      command: [
        Deno.execPath(),
        ...["run", "-A", import.meta.filename!, "--child", path, "--reader", reader],
      ],
    })),
    ...others.filter(isThere).map((side) => ({ side, command: [...python("read"), side, path] })),
  ];
  const best = new Map<string, Reading>();
  for (let round = 0; round < rounds; round++) {
    for (const { side, command } of sides) {
      const one: Reading = JSON.parse(output(command));
      const before = best.get(side) ?? one;
      best.set(side, {
        ...one,
        clock: Math.min(one.clock, before.clock),
        cpu: Math.min(one.cpu, before.cpu),
      });
    }
  }
  const size = [...best.values()].map(({ rows, columns }) => `${rows} x ${columns}`);
  if (new Set(size).size > 1) throw new Error(`Cannot compare ${name}: ${size.join(", ")} read`);
  const shown = ({ clock, cpu, peak }: Reading) => [clock.toFixed(2), cpu.toFixed(2), `${peak}`];
  return kit.flatMap((reader) =>
    others.filter((side) => best.has(side)).map((side) => {
      const [ours, theirs] = [best.get(reader)!, best.get(side)!];
      const ratios = [ours.clock / theirs.clock, ours.cpu / theirs.cpu].map((r) => r.toFixed(2));
      return [name, reader, ...shown(ours), side, ...shown(theirs), ...ratios];
    })
  );
}

function python(...args: string[]): string[] {
  const program = Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3";
  return [program, join(import.meta.dirname!, "reference/tables.py"), ...args];
}

function isThere(library: string): boolean {
  const [program] = python();
  return new Deno.Command(program, { args: ["-c", `import ${library}`] }).outputSync().success;
}

function output([program, ...args]: string[]): string {
  const { success, stdout } = new Deno.Command(program, { args, stderr: "inherit" }).outputSync();
  if (!success) throw new Error(`Cannot bench tables: ${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

/** Writes every table that is not there yet. */
function makeTables(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  const required = Object.keys(catalogueKind("gz2_stripe82").required).slice(0, 228);
  const names = [...required.slice(0, 6), ...required.slice(6).toSorted()];
  const large = join(folder, "large.csv");
  const small = join(folder, "small.csv");
  if (!isFile(large)) writeRows(large, names, LARGE);
  if (!isFile(small)) writeRows(small, names.slice(0, 27), SMALL);
  const text = Deno.readTextFileSync(small);
  Deno.writeTextFileSync(join(folder, "small.tsv"), text.replaceAll(",", "\t"));
  if (!isFile(`${small}.gz`)) Deno.writeFileSync(`${small}.gz`, gzipSync(text));
  if (!isFile(join(folder, "small_binary.vot"))) output(python("make", folder));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function writeRows(path: string, names: readonly string[], rows: number): void {
  const random = new Prng(1);
  const rest = Array.from(
    { length: DISTINCT },
    () => names.slice(1).map((name) => `,${cell(name, random)}`).join("") + "\n",
  );
  using file = Deno.openSync(path, { write: true, create: true });
  let text = `${names.join(",")}\n`;
  for (let row = 0; row < rows; row++) {
    text += `${587722981736120347n + 7n * BigInt(row)}${rest[row % DISTINCT]}`;
    if (text.length < 1 << 22 && row < rows - 1) continue;
    const piece = new TextEncoder().encode(text);
    for (let done = 0; done < piece.length;) done += file.writeSync(piece.subarray(done));
    text = "";
  }
}

/** A value as SkyServer writes it: a float of 32 bits in the 15 digits of one of 64. */
function cell(name: string, random: Prng): string {
  if (name === "sample") return "original";
  if (name === "ra") return (random.uniform() * 360).toPrecision(15);
  if (name === "dec") return (random.uniform() * 60).toPrecision(15);
  if (/fraction$|debiased$/.test(name)) {
    const zero = random.uniform() < 0.3;
    return zero ? "0" : `${Number(Math.fround(random.uniform()).toPrecision(15))}`;
  }
  if (/weight$/.test(name)) return `${Number(Math.fround(40 * random.uniform()).toPrecision(15))}`;
  return `${random.integer(/flag$/.test(name) ? 2 : 50)}`;
}
