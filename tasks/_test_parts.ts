/**
 * Tests in several processes, a part of the files in each, and a check of the types beside them.
 *
 * @module
 */

import { basename, join } from "node:path";
import { examplesOf, testsOf } from "./_examples.ts";

/** Files that one process tests. */
export type Part = {
  /** What a message calls it. */
  name: string;
  /** Files or folders, from the project's folder. */
  paths: readonly string[];
  /**
   * Whether the files, tests or what has examples, have modules in common. Otherwise each test file
   * and example loads all that it imports for itself, which takes longer than most of them.
   */
  together?: boolean;
};

/** Counts of tests. */
export type Tally = { passed: number; failed: number; skipped: number };

/** Settings of {@linkcode runParts}. */
export type PartsOptions = {
  /** The project's folder. */
  root: URL;
  /** The folder of TensorFlow's library. @default {each process looks for it} */
  library?: string;
  /** Processes at a time. */
  jobs: number;
  /** Only tests whose name holds this text. */
  filter?: string;
  /** Ends all processes. */
  signal: AbortSignal;
};

/**
 * Checks the types, and beside it runs every part in a process of its own, the first ones first.
 * The output of the one that began first is shown as it comes, that of the others as soon as it is
 * their turn; what failed is told again at the end.
 *
 * @returns The tests counted; a process that ends without its counts is one that failed. Where the
 * types are wrong, nothing is shown or counted but that
 */
export async function runParts(
  parts: readonly Part[],
  options: PartsOptions & {
    /** Files whose types are checked; all if there are none. */
    checked: readonly string[];
  },
): Promise<Tally> {
  const typesAreWrong = new AbortController();
  const signal = AbortSignal.any([options.signal, typesAreWrong.signal]);
  const shown = turns(1 + parts.length);
  const outcomes: Outcome[] = [];
  const check = async () => {
    if (await typeCheck({ ...options, signal })) shown[0].end();
    else typesAreWrong.abort();
  };
  const waiting = [
    check,
    ...parts.map((part, index) => async () => {
      outcomes.push(await runPart(part, { ...options, signal, show: shown[1 + index] }));
      shown[1 + index].end();
    }),
  ];
  await Promise.all(Array.from({ length: options.jobs }, async () => {
    for (let next; !signal.aborted && (next = waiting.shift()) !== undefined;) await next();
  }));
  if (typesAreWrong.signal.aborted) return { passed: 0, failed: 1, skipped: 0 };
  const failures = outcomes.flatMap(({ failures }) => failures);
  if (failures.length > 0) console.log(`\nFAILED\n\n${failures.join("\n")}\n`);
  const sum = (key: keyof Tally) => outcomes.reduce((sum, { tally }) => sum + tally[key], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

type Outcome = { tally: Tally; failures: string[] };

/** Where the output of a part goes. */
type Show = { write: (text: string) => void; end: () => void };

/** One after the other: what is written out of turn is held back. */
function turns(count: number): Show[] {
  const held = Array.from({ length: count }, () => ({ text: "", isOver: false }));
  let now = 0;
  const show = () => {
    for (; now < count; now++) {
      print(held[now].text);
      held[now].text = "";
      if (!held[now].isOver) return;
    }
  };
  return held.map((own) => ({
    write: (text) => {
      own.text += text;
      show();
    },
    end: () => {
      own.isOver = true;
      show();
    },
  }));
}

function print(text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

async function typeCheck(
  { checked, root, signal }: { checked: readonly string[]; root: URL; signal: AbortSignal },
): Promise<boolean> {
  const check = new Deno.Command(Deno.execPath(), {
    args: ["check", "--doc", "--quiet", ...checked],
    cwd: root,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    signal,
  });
  return (await check.output()).success;
}

async function runPart(
  part: Part,
  { root, library, jobs, filter, signal, show }: PartsOptions & { show: Show },
): Promise<Outcome> {
  const folder = part.together ? Deno.makeTempDirSync({ prefix: "galaxykit_" }) : undefined;
  const threads = Math.max(1, Math.floor(navigator.hardwareConcurrency / jobs));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--allow-all", "--doc", "--no-check", "--quiet", "--permit-no-files"],
      ...(filter === undefined ? [] : ["--filter", filter]),
      ...(folder === undefined ? part.paths : [oneFile(part, { folder, root })]),
    ],
    cwd: root,
    // As many threads in all as there are cores; what is set already stands.
    env: {
      TF_NUM_INTRAOP_THREADS: String(threads),
      ...(library && { GALAXYKIT_TENSORFLOW: library }),
      ...Deno.env.toObject(),
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true, // with all that it starts, a group that can be ended
  }).spawn();
  const end = () => endGroup(child.pid);
  signal.addEventListener("abort", end);
  let output = "";
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      show.write(text);
    }
  };
  const collected = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const status = await child.status;
  if (folder !== undefined) Deno.removeSync(folder, { recursive: true });
  signal.removeEventListener("abort", end);
  end(); // what a crash left
  await collected;
  const summary = output.match(/^(ok|FAILED) \| .*$/gm)?.at(-1) ?? "";
  const count = (word: string) => Number(summary.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  const tally = { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
  const failures = (output.split("\n FAILURES \n")[1] ?? "").match(/^.+ => .+$/gm) ?? [];
  if (tally.failed > 0 || (status.success && summary !== "")) return { tally, failures };
  // Nothing ran, or the process ended before its summary: that is no success.
  const how = status.signal ?? `exit code ${status.code}`;
  return {
    tally: { ...tally, failed: 1 },
    failures: [`${part.name} => ended without a result (${how})`],
  };
}

/** Writes a file that imports the tests of a part, and makes tests of its examples. */
function oneFile(
  { name, paths }: Part,
  { folder, root }: { folder: string; root: URL },
): string {
  const isTest = (path: string) => path.endsWith("_test.ts");
  const tests = paths.filter(isTest);
  const imports = tests.map((path) => `import ${JSON.stringify(new URL(path, root).href)};\n`);
  const examples = paths.filter((path) => !isTest(path)).flatMap((path) => examplesOf(path, root));
  const file = join(folder, `${basename(name)}_test.ts`);
  Deno.writeTextFileSync(file, imports.join("") + testsOf(examples, folder));
  return file;
}

/** Ends a process and all that it started, where something is left of them. */
function endGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGTERM");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
