/**
 * Tests in several processes, a part of the files in each.
 *
 * @module
 */

/** Counts of tests. */
export type Tally = { passed: number; failed: number; skipped: number };

/** Settings of {@linkcode runParts}. */
export type PartsOptions = {
  /** The project's folder. */
  root: URL;
  /** Processes at a time. */
  jobs: number;
  /** Only tests whose name holds this text. */
  filter?: string;
  /** Ends all processes. */
  signal: AbortSignal;
};

/**
 * Runs every part in a process of its own, the first ones first. The output of the one that began
 * first is shown as it comes, that of the others as soon as it is their turn; what failed is told
 * again at the end.
 *
 * @returns The tests counted; a process that ends without its counts is one that failed
 */
export async function runParts(
  parts: readonly (readonly string[])[],
  options: PartsOptions,
): Promise<Tally> {
  const { jobs, signal } = options;
  const waiting = [...parts.entries()];
  const shown = turns(parts.length);
  const outcomes: Outcome[] = [];
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let next; !signal.aborted && (next = waiting.shift()) !== undefined;) {
      const [index, part] = next;
      outcomes.push(await runPart(part, { ...options, show: shown[index] }));
      shown[index].end();
    }
  }));
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

async function runPart(
  part: readonly string[],
  { root, jobs, filter, signal, show }: PartsOptions & { show: Show },
): Promise<Outcome> {
  const threads = Math.max(1, Math.floor(navigator.hardwareConcurrency / jobs));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--allow-all", "--doc", "--no-check", "--quiet", "--permit-no-files"],
      ...(filter === undefined ? [] : ["--filter", filter]),
      ...part,
    ],
    cwd: root,
    // As many threads in all as there are cores; what is set already stands.
    env: { TF_NUM_INTRAOP_THREADS: String(threads), ...Deno.env.toObject(), NO_COLOR: "1" },
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
    failures: [`${part.join(" ")} => ended without a result (${how})`],
  };
}

/** Ends a process and all that it started, where something is left of them. */
function endGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGTERM");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
