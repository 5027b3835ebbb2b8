/**
 * `deno task test`: types, all tests and the examples of the documentation, ending in a line
 * `N passed, N failed, N skipped`.
 *
 * Processes share the work, a folder at a time. So a crash ends one of them alone, and counts as a
 * failure. The files of some folders have the modules in common that they import; a file or folder
 * that is named is tested file by file, as each example of the documentation always is.
 *
 * @module
 */

import { globSync } from "node:fs";
import { runCommand } from "../lib/cli.ts";
import { requireLibrary } from "../lib/tensorflow/install/library.ts";
import { type Part, runParts, type Tally } from "./_test_parts.ts";

/** What the pages and the root have for examples. */
const DOCUMENTATION = "the documentation";

/** What takes longest, to be begun first. */
const LONG = [
  ...testFolders("train sky recipes notebooks tensorflow tasks models data jobs"),
  DOCUMENTATION,
  ...testFolders("generation prompts"),
];

/**
 * Folders whose tests run file by file: they watch over what a process has or end it, or fill much
 * memory with large tables.
 */
const APART = testFolders("tensorflow data");

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
  words: { value: "FILES", description: "files or folders (all if not given)" },
}, async ({ filter, jobs = navigator.hardwareConcurrency }, { words, signal }) => {
  // Installs it with a progress line, so that no test has to wait for it, or look for it
  const { folder: library } = requireLibrary();
  const root = new URL("..", import.meta.url);
  const tally = await runParts(words.length > 0 ? dealt(words, jobs) : parts(root, jobs), {
    root,
    library,
    checked: words,
    jobs,
    filter,
    signal,
  });
  signal.throwIfAborted();
  console.log(inWords(tally));
  return tally.failed > 0 ? 1 : 0;
});

function testFolders(names: string): string[] {
  return names.split(" ").map((name) => `tests/${name}`);
}

/** Every folder of tests, the files beside them, and the examples of the documentation. */
function parts(root: URL, jobs: number): Part[] {
  const found = (pattern: string) => globSync(pattern, { cwd: root }).sort();
  const tests = Map.groupBy(found("tests/**/*_test.ts"), (path) => {
    const [, folder, ...file] = path.split("/");
    return file.length > 0 ? `tests/${folder}` : "tests";
  });
  const documented = ["mod.ts", "README.md", ...found("docs/*.md"), ...found("lib/**/*.ts")];
  return [
    ...[...tests].map(([name, paths]) => ({ name, paths, together: !APART.includes(name) })),
    ...dealt(documented, jobs).map(({ paths }) => ({ name: DOCUMENTATION, paths, together: true })),
  ].sort((a, b) => rank(a.name) - rank(b.name));
}

/** What takes long first. */
function rank(name: string): number {
  const place = LONG.indexOf(name);
  return place < 0 ? LONG.length : place;
}

/** What was named, in as many heaps as there are processes. */
function dealt(words: readonly string[], jobs: number): Part[] {
  const heaps = Array.from({ length: Math.min(jobs, words.length) }, (): string[] => []);
  words.forEach((word, index) => heaps[index % heaps.length].push(word));
  return heaps.map((paths) => ({ name: paths.join(" "), paths }));
}

function inWords({ passed, failed, skipped }: Tally): string {
  const rest = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${passed} passed, ${failed} failed${rest}`;
}
