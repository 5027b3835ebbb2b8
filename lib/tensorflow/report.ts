/**
 * What `deno task status` tells: what the kit runs on, and what is missing.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { cacheFolder, type Environment, folderSize } from "../cache.ts";
import { megabytes, textTable } from "../text.ts";
import { denoKernel, type Kernel } from "./install/jupyter.ts";
import { type Library, lookUp, TENSORFLOW_VERSION } from "./install/library.ts";
import { nvidiaGpus } from "./install/nvidia.ts";
import { findPython } from "../python.ts";

/** The state of this machine, as plain values. */
export type Report = {
  deno: { version: string; v8: string; typescript: string };
  system: { os: string; arch: string; cores: number; memoryBytes: number };
  /** The library and what it can do, or undefined when it is missing. */
  tensorflow?: {
    version: string;
    folder: string;
    source: Library["source"];
    /** Intel's kernels are in use (on arm64: ARM's). */
    oneDNN: boolean;
    /** The XLA compiler runs. */
    xla: boolean;
  };
  devices: { name: string; type: string; memoryBytes: number }[];
  /** Versions; undefined for a package that does not load. */
  polars?: string;
  sharp?: string;
  /** The Deno kernel, when Jupyter has it. */
  jupyter?: Kernel;
  cache: { folder: string; bytes: number };
  /** One sentence each; empty when nothing is missing. */
  problems: string[];
};

/**
 * Looks at this machine: loads TensorFlow when it is there, installs nothing.
 *
 * @example
 * ```ts
 * import { statusReport } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const report = await statusReport();
 * assert.equal(report.deno.version, Deno.version.deno);
 * ```
 */
export async function statusReport(): Promise<Report> {
  const env = Deno.env.toObject();
  const problems: string[] = [];
  const engine = await attempt(problems, () => inspectEngine(env));
  const devices = engine?.devices ?? [];
  const gpus = nvidiaGpus(env);
  if (engine && gpus.length > 0 && !devices.some(({ type }) => type === "GPU")) {
    problems.push(`TensorFlow does not see the NVIDIA GPU (${gpus[0]}): run deno task setup --gpu`);
  }
  const python = findPython(env);
  const jupyter = denoKernel(env, typeof python === "string" ? {} : python);
  if (jupyter && isAbsolute(jupyter.program) && !existsSync(jupyter.program)) {
    problems.push(
      `Jupyter's Deno kernel starts "${jupyter.program}", which is gone: run deno jupyter --install --force`,
    );
  }
  const folder = cacheFolder({ env });
  return {
    deno: { version: Deno.version.deno, v8: Deno.version.v8, typescript: Deno.version.typescript },
    system: {
      os: Deno.build.os,
      arch: Deno.build.arch,
      cores: navigator.hardwareConcurrency,
      memoryBytes: Deno.systemMemoryInfo().total,
    },
    tensorflow: engine?.tensorflow,
    devices,
    polars: await attempt(problems, async () => (await import("nodejs-polars")).default.version),
    sharp: await attempt(problems, async () => (await import("sharp")).default.versions.sharp),
    jupyter,
    cache: { folder, bytes: folderSize(folder) },
    problems,
  };
}

/** The report as one page of text, with further lines before the last. */
export function formatReport(
  report: Report,
  further: readonly (readonly [name: string, text: string])[] = [],
): string {
  const { deno, system, tensorflow, devices, jupyter, cache } = report;
  const rows: (readonly [string, string])[] = [
    ["Deno", `${deno.version} (V8 ${deno.v8}, TypeScript ${deno.typescript})`],
    [
      "System",
      `${system.os} ${system.arch}, ${system.cores} cores, ${gigabytes(system.memoryBytes)}`,
    ],
    ["TensorFlow", tensorflow ? `${tensorflow.version}, ${SOURCES[tensorflow.source]}` : MISSING],
  ];
  if (tensorflow) {
    rows.push(
      ["", tensorflow.folder],
      ["", `oneDNN ${tensorflow.oneDNN ? "on" : "off"}, XLA ${tensorflow.xla ? "on" : "off"}`],
    );
  }
  for (const { name, memoryBytes } of devices) {
    rows.push(["Device", `${name.replace(/^.*device:/, "")}, ${gigabytes(memoryBytes)}`]);
  }
  rows.push(
    ["polars", report.polars ?? MISSING],
    ["sharp", report.sharp ?? MISSING],
    [
      "Jupyter",
      jupyter
        ? `Deno kernel in ${jupyter.path}`
        : "no Deno kernel (deno jupyter --install adds it)",
    ],
    ...further,
    ["Cache", `${cache.folder}, ${megabytes(cache.bytes)}`],
  );
  return textTable([], rows);
}

const MISSING = "missing";

const SOURCES: Record<Library["source"], string> = {
  environment: "named by GALAXYKIT_TENSORFLOW",
  python: "a package of python3",
  cache: "in the kit's cache",
};

async function attempt<T>(problems: string[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    problems.push((error as Error).message.split("\n")[0]);
    return undefined;
  }
}

/** Loads TensorFlow and tries what it can do. */
async function inspectEngine(env: Environment): Promise<Pick<Report, "tensorflow" | "devices">> {
  const { library, passed } = lookUp({ env });
  if (!library) {
    // deno-lint-ignore galaxykit/error-message -- a line of the report
    throw new Error(
      `TensorFlow ${TENSORFLOW_VERSION} is missing: ${passed.join("; ")}; run deno task setup`,
    );
  }
  // The engine is loaded here and not above, so that a machine without it gets a report too.
  const { tf } = await import("./engine.ts");
  const { jit } = await import("./jit.ts");
  const { listDevices, usesOneDnn } = await import("./c/runtime.ts");
  const devices = listDevices().map((device) =>
    // TensorFlow tells 256 MB for every CPU.
    device.type === "CPU" ? { ...device, memoryBytes: Deno.systemMemoryInfo().total } : device
  );
  const double = jit((x: InstanceType<typeof tf.Tensor>) => tf.add(x, x), { compiler: "xla" });
  let xla = false;
  try {
    xla = double(tf.tensor1d([1, 2])).dataSync()[1] === 4;
  } catch {
    // Told as "off".
  }
  const { version, folder, source } = library;
  return { tensorflow: { version, folder, source, oneDNN: usesOneDnn(), xla }, devices };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
