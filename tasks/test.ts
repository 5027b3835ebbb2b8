/**
 * `deno task test`: all tests and the examples of the documentation, ending in a line
 * `N passed, N failed`. Words after the command choose among the test files:
 * `deno task test tests/metrics`.
 *
 * @module
 */

import { requireLibrary } from "../lib/tensorflow/install/library.ts";

/** Folders whose documentation has examples that run. */
const DOCUMENTED = ["mod.ts", "README.md", "lib"];

const root = new URL("..", import.meta.url);
const chosen = Deno.args.length > 0 ? Deno.args : ["tests", ...DOCUMENTED];

try {
  requireLibrary(); // installs it with a progress line, so that no test has to wait for it
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}

const child = new Deno.Command(Deno.execPath(), {
  args: ["test", "--allow-all", "--doc", "--quiet", "--permit-no-files", ...chosen],
  cwd: root,
  env: { NO_COLOR: "1" },
  stdout: "piped",
  stderr: "inherit",
}).spawn();

let summary = "";
let rest = "";
for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
  await Deno.stdout.write(new TextEncoder().encode(chunk));
  const lines = (rest + chunk).split("\n");
  rest = lines.pop()!;
  summary = lines.findLast((line) => /^(ok|FAILED) \| /.test(line)) ?? summary;
}
const { code } = await child.status;

const count = (word: string) => Number(summary.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
const failed = count("failed");
// Nothing ran, or the process ended before its summary: that is no success.
const broken = failed === 0 && (code !== 0 || summary === "");
const ignored = count("ignored");
console.log(
  `${count("passed")} passed, ${broken ? 1 : failed} failed${
    ignored > 0 ? `, ${ignored} skipped` : ""
  }`,
);
Deno.exit(broken ? 1 : code);
