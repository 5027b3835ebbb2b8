/**
 * Runs the bundled specs in a process of their own, so that a crash is seen and told.
 *
 * @module
 */

import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireLibrary } from "../../lib/tensorflow/install/library.ts";
import { runBundler } from "./bundle.ts";
import { type Outcome, Tally } from "./outcome.ts";
import type { Mode, SuiteEvent, SuiteOptions } from "./suite.ts";

/** A folder with the bundle, in which the specs run. Dispose of it. */
export class Workplace implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Bundles the specs, with the files that they read. */
  static async create(): Promise<Workplace> {
    const workplace = new Workplace(await mkdtemp(join(tmpdir(), "conformance-")));
    const { folder, script } = workplace;
    const objects = fileURLToPath(import.meta.resolve("../reference/tfjs_objects"));
    await cp(objects, join(folder, "test_objects"), { recursive: true });
    await writeFile(join(folder, "package.json"), "{}"); // read as a file that is no image
    await runBundler("suites.ts", [script]);
    return workplace;
  }

  /** The bundle. */
  get script(): string {
    return join(this.folder, "suite.cjs");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/**
 * Runs the specs.
 *
 * @param script The bundle, run in its folder
 * @param options.filter Only specs with this in their names. @default {""}
 * @param options.onEvent Called for each event
 */
export async function runSuites(
  { script, folder }: { script: string; folder: string },
  { mode, filter = "", signal, onEvent }: {
    mode: Mode;
    filter?: string;
    signal?: AbortSignal;
    onEvent?: (event: SuiteEvent) => void;
  },
): Promise<Outcome> {
  const options: SuiteOptions = { mode, filter };
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-config",
      "--v8-flags=--expose-gc",
      script,
      JSON.stringify(options),
    ],
    cwd: folder,
    env: { GALAXYKIT_TENSORFLOW: requireLibrary().folder },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const printed = lastPart(child.stderr);
  const tally = new Tally(mode);
  for await (const event of events(child.stdout)) {
    tally.add(event);
    onEvent?.(event);
  }
  const { code, signal: killer } = await child.status;
  signal?.throwIfAborted();
  if (tally.isEmpty) throw new RangeError(`Cannot run the specs: none has "${filter}" in its name`);
  const how = killer ?? `exit code ${code}`;
  return tally.outcome({
    how,
    printed: await printed,
    seconds: (performance.now() - start) / 1000,
  });
}

async function* events(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<SuiteEvent> {
  let rest = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith('{"event":')) yield JSON.parse(line);
  }
}

/** The last 4,000 characters of a stream. */
async function lastPart(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    text = (text + chunk).slice(-4000);
  }
  return text.trim();
}
