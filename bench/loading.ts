/**
 * Images per second from a folder of 424-pixel JPEGs, beside PyTorch's DataLoader with PIL: the same
 * files, crop, size, filter and number of workers, in turns.
 *
 * `deno run -A bench/loading.ts` prints a table; bench/main.ts takes its rows from `loadingRow()`.
 * $GALAXYKIT_BENCH_PYTHON names the interpreter with torch and pillow (default: python3).
 *
 * @module
 */

import { join } from "node:path";
import { decodeImages, type Filter, listImages } from "galaxykit/data";
import { writeGalaxyFolder } from "galaxykit/sky";

const WORKERS = navigator.hardwareConcurrency;
const REAL = join(import.meta.dirname!, "../../shared/data/kaggle_spirals/train");

/** The speeds of both sides, one number a round. */
export interface LoadingRow {
  name: string;
  oursImagesPerSecond: number[];
  /** Undefined where torch or pillow is not installed. */
  torchImagesPerSecond: number[] | undefined;
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
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = -1; round < rounds; round++) { // round -1 warms both sides up
      const start = performance.now();
      await decodeImages(paths, { size, filter });
      const speed = paths.length / (performance.now() - start) * 1000;
      const torchSeconds = await torch?.round();
      if (round < 0) continue;
      ours.push(speed);
      if (torchSeconds !== undefined) theirs.push(paths.length / torchSeconds);
    }
    return {
      name: `folder loading 424² to ${size}², ${WORKERS} workers, ` +
        `${filter}${draft ? ", PIL draft" : ""}`,
      oursImagesPerSecond: ours,
      torchImagesPerSecond: torch && theirs,
    };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function findFiles(folder: string, count: number): Promise<string[]> {
  let source = REAL;
  try {
    Deno.statSync(REAL);
  } catch {
    source = join(folder, "galaxies");
    await writeGalaxyFolder(source, { count: 48, size: 424, seed: 1, format: "jpeg" });
  }
  const paths = listImages(source).files.map(({ path }) => path);
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
    async round(): Promise<number> {
      await commands.write(new TextEncoder().encode("\n"));
      return Number(await readLine());
    },
    async [Symbol.asyncDispose]() {
      await commands.close();
      await answers.cancel();
      await process.status;
    },
  };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

if (import.meta.main) {
  const variants: LoadingOptions[] = [
    { size: 224 },
    { size: 64 },
    { size: 224, filter: "bilinear" },
    { size: 64, filter: "bilinear" },
    { size: 64, draft: true },
  ];
  for (const variant of variants) {
    const { name, oursImagesPerSecond: ours, torchImagesPerSecond: torch } = await loadingRow(
      variant,
    );
    console.log(
      `${name}: ours ${median(ours).toFixed(0)} images/s (best ${Math.max(...ours).toFixed(0)})` +
        (torch
          ? `, torch ${median(torch).toFixed(0)} (best ${Math.max(...torch).toFixed(0)}), ` +
            `ratio of medians ${(median(ours) / median(torch)).toFixed(2)}`
          : ", torch not installed"),
    );
  }
}
