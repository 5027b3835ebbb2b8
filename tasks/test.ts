/**
 * `deno task test`: all tests and the examples of the documentation, ending in a line
 * `N passed, N failed, N skipped`.
 *
 * Processes share the work, a folder at a time. So a crash ends one of them alone, and counts as a
 * failure.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { requireLibrary } from "../lib/tensorflow/install/library.ts";
import { runParts, type Tally } from "./_test_parts.ts";

/** The tests, and what has documentation with examples that run. */
const ALL = ["tests", "mod.ts", "README.md", "lib"];

/** What takes longest, to be begun first. */
const LONG = [
  "train",
  "sky",
  "recipes",
  "notebooks",
  "tensorflow",
  "tasks",
  "models",
  "data",
  "jobs",
]
  .map((name) => `tests/${name}`);

await runCommand({
  name: "test",
  summary: "Run the tests and the examples of the documentation.",
  options: {
    filter: { type: "string", description: "only tests whose name holds this text" },
    jobs: {
      type: "integer",
      minimum: 1,
      description: "processes at a time (one for each core if not given)",
    },
  },
  words: { value: "FILES", description: `files or folders (all if not given: ${ALL.join(" ")})` },
}, async ({ filter, jobs = navigator.hardwareConcurrency }, { words, signal }) => {
  requireLibrary(); // installs it with a progress line, so that no test has to wait for it
  const root = new URL("..", import.meta.url);
  // Once for all processes.
  const check = new Deno.Command(Deno.execPath(), {
    args: ["check", "--doc", "--quiet", ...words],
    cwd: root,
    stdout: "inherit",
    stderr: "inherit",
    signal,
  });
  const { success } = await check.output();
  signal.throwIfAborted();
  if (!success) {
    console.log(inWords({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  }
  const tally = await runParts(words.length > 0 ? dealt(words, jobs) : folders(root), {
    root,
    jobs,
    filter,
    signal,
  });
  signal.throwIfAborted();
  console.log(inWords(tally));
  return tally.failed > 0 ? 1 : 0;
});

/** Every folder of tests or documentation, and the files beside them. */
function folders(root: URL): string[][] {
  const files: string[] = [];
  const folders: string[] = [];
  for (const path of ALL) {
    if (Deno.statSync(new URL(path, root)).isFile) files.push(path);
    else {
      files.push(`${path}/*`);
      for (const { name, isDirectory } of Deno.readDirSync(new URL(path, root))) {
        if (isDirectory) folders.push(`${path}/${name}`);
      }
    }
  }
  return [...LONG, ...folders.filter((path) => !LONG.includes(path)).sort()]
    .map((path) => [path]).concat([files]);
}

/** What was named, in as many heaps as there are processes. */
function dealt(words: readonly string[], jobs: number): string[][] {
  const heaps = Array.from({ length: Math.min(jobs, words.length) }, (): string[] => []);
  words.forEach((word, index) => heaps[index % heaps.length].push(word));
  return heaps;
}

function inWords({ passed, failed, skipped }: Tally): string {
  const rest = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${passed} passed, ${failed} failed${rest}`;
}
