/**
 * Images per second from 424-pixel JPEGs, beside PyTorch's DataLoader with PIL: the same files, crop,
 * size, filter, batches and number of workers, in turns; decoded anew, and from the cache.
 *
 * `deno run -A bench/loading.ts [COUNT]` prints a table; bench/main.ts takes its rows from
 * `loadingRow()`. $GALAXYKIT_BENCH_PYTHON names the interpreter with torch and pillow (python3).
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { batches, type Filter, listImages, loadImages, streamImages } from "galaxykit/data";
import { writeGalaxyFolder } from "galaxykit/sky";
import { median } from "../lib/statistics.ts";

const WORKERS = navigator.hardwareConcurrency;
const BATCH = 32;
/** 2,400 real images, where they are. */
const REAL = ["kaggle_spirals/train", "gz2_hart16_sample/images"]
  .map((folder) => join(import.meta.dirname!, "../../shared/data", folder));

/** The speeds of both sides, one number a round. */
export interface LoadingRow {
  name: string;
  oursImagesPerSecond: number[];
  /** Undefined where torch or pillow is not installed. */
  torchImagesPerSecond: number[] | undefined;
  /** From the cache on disk, opened and checked in each round. */
  cachedImagesPerSecond: number[];
  /** Processor time, all threads and processes together, the smallest of the rounds. */
  oursCpuMilliseconds: number;
  /** As for ours; NaN without /proc. */
  torchCpuMilliseconds: number | undefined;
}

/** What is timed. */
export interface LoadingOptions {
  /** Side of the decoded images, in pixels. @default {224} */
  size?: number;
  /** Timed passes of each side, after one that is not counted. @default {10} */
  rounds?: number;
  /** Files in a pass. @default {256} */
  count?: number;
  /** The filter of both sides. @default {"lanczos"} */
  filter?: Filter;
  /** Whether PIL may reduce while it decodes, which ImageFolder does not ask for. @default {false} */
  draft?: boolean;
}

/** Times both sides in turns. */
export async function loadingRow(options: LoadingOptions = {}): Promise<LoadingRow> {
  const { size = 224, rounds = 10, count = 256, filter = "lanczos", draft = false } = options;
  const folder = Deno.makeTempDirSync();
  try {
    const paths = await findFiles(folder, count);
    const list = join(folder, "files.txt");
    Deno.writeTextFileSync(list, paths.join("\n"));
    await using torch = await startTorch(list, { size, filter, draft });
    const items = paths.map((image, index) => ({ id: `${index}`, image }));
    const stream = streamImages(items, { size, filter });
    const cache = join(folder, "cache");
    (await loadImages(items, { size, filter, cache }))[Symbol.dispose]();
    const speeds = { ours: [] as number[], torch: [] as number[], cached: [] as number[] };
    const cpu = { ours: Infinity, torch: Infinity };
    for (let round = -1; round < rounds; round++) { // round -1 warms both sides up
      const before = cpuMilliseconds();
      const ours = await seconds(() => walk(stream, count));
      const spent = cpuMilliseconds() - before;
      const cached = await seconds(async () => {
        using set = await loadImages(items, { size, filter, cache });
        await walk(set, count);
      });
      const theirs = await torch?.round();
      if (round < 0) continue;
      speeds.ours.push(count / ours);
      speeds.cached.push(count / cached);
      cpu.ours = Math.min(cpu.ours, spent / count);
      if (!theirs) continue;
      speeds.torch.push(count / theirs.seconds);
      cpu.torch = Math.min(cpu.torch, theirs.cpuSeconds * 1000 / count);
    }
    return {
      name: `folder loading 424² to ${size}², ${WORKERS} workers, ` +
        `${filter}${draft ? ", PIL draft" : ""}`,
      oursImagesPerSecond: speeds.ours,
      torchImagesPerSecond: torch && speeds.torch,
      cachedImagesPerSecond: speeds.cached,
      oursCpuMilliseconds: cpu.ours,
      torchCpuMilliseconds: torch && cpu.torch,
    };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** One epoch in shuffled batches. */
async function walk(set: Parameters<typeof batches>[0], count: number): Promise<void> {
  let seen = 0;
  for await (const { indices } of batches(set, { batchSize: BATCH, shuffle: true })) {
    seen += indices.length;
  }
  if (seen !== count) throw new Error(`Cannot time loading: ${seen} of ${count} images came`);
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function findFiles(folder: string, count: number): Promise<string[]> {
  let paths: string[];
  try {
    paths = REAL.flatMap((real) => listImages(real).files.map(({ path }) => path));
  } catch {
    const generated = join(folder, "galaxies");
    await writeGalaxyFolder(generated, { count: 48, size: 424, seed: 1, format: "jpeg" });
    paths = listImages(generated).files.map(({ path }) => path);
  }
  return Array.from({ length: count }, (_, index) => paths[index % paths.length]);
}

async function startTorch(
  files: string,
  { size, filter, draft }: { size: number; filter: Filter; draft: boolean },
) {
  const python = Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3";
  try {
    const probe = new Deno.Command(python, { args: ["-c", "import torch, PIL"], stderr: "null" });
    if (!(await probe.output()).success) return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const process = new Deno.Command(python, {
    args: [
      join(import.meta.dirname!, "reference/loading.py"),
      String(size),
      String(WORKERS),
      filter,
      draft ? "draft" : "full",
    ],
    env: {
      GALAXYKIT_FILES: files,
      // As the engine sets it in our process, when it is loaded.
      GLIBC_TUNABLES:
        "glibc.malloc.mmap_threshold=2147483647:glibc.malloc.trim_threshold=2147483647",
    },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const commands = process.stdin.getWriter();
  const answers = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  async function readLine(): Promise<string> {
    let line = "";
    while (!line.endsWith("\n")) {
      const { value, done } = await answers.read();
      if (done) throw new Error("Cannot time PyTorch: bench/reference/loading.py ended early");
      line += value;
    }
    return line;
  }
  return {
    async round(): Promise<{ seconds: number; cpuSeconds: number }> {
      await commands.write(new TextEncoder().encode("\n"));
      const [seconds, cpuSeconds] = (await readLine()).split(" ").map(Number);
      return { seconds, cpuSeconds };
    },
    async [Symbol.asyncDispose]() {
      await commands.close();
      await answers.cancel();
      await process.status;
    },
  };
}

if (import.meta.main) {
  const count = Number(Deno.args[0] ?? 256);
  const variants: LoadingOptions[] = [
    { size: 224 },
    { size: 64 },
    { size: 224, filter: "bilinear" },
    { size: 64, filter: "bilinear" },
    { size: 64, draft: true },
  ];
  for (const variant of variants) {
    const row = await loadingRow({ count, ...variant });
    const { oursImagesPerSecond: ours, torchImagesPerSecond: torch } = row;
    const cached = median(row.cachedImagesPerSecond);
    console.log(
      `${row.name}: ours ${median(ours).toFixed(0)} images/s (best ${
        Math.max(...ours).toFixed(0)
      }, ` +
        `${row.oursCpuMilliseconds.toFixed(2)} ms CPU an image), cached ${cached.toFixed(0)}` +
        (torch
          ? `, torch ${median(torch).toFixed(0)} (best ${Math.max(...torch).toFixed(0)}, ` +
            `${row.torchCpuMilliseconds!.toFixed(2)} ms CPU); ratio of medians ${
              (median(ours) / median(torch)).toFixed(2)
            }, cached ${(cached / median(torch)).toFixed(1)}`
          : ", torch not installed"),
    );
  }
}
