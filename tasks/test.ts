/**
 * `deno task test`: all tests and the examples of the documentation, ending in a line
 * `N passed, N failed`.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { requireLibrary } from "../lib/tensorflow/install/library.ts";

/** The tests, and what has documentation with examples that run. */
const ALL = ["tests", "mod.ts", "README.md", "lib"];

await runCommand({
  name: "test",
  summary: "Run the tests and the examples of the documentation.",
  options: {
    filter: { type: "string", description: "only tests whose name holds this text" },
  },
  words: { value: "FILES", description: `files or folders (all if not given: ${ALL.join(" ")})` },
}, async ({ filter }, { words }) => {
  requireLibrary(); // installs it with a progress line, so that no test has to wait for it
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--allow-all", "--doc", "--quiet", "--permit-no-files"],
      ...(filter === undefined ? [] : ["--filter", filter]),
      ...(words.length > 0 ? words : ALL),
    ],
    cwd: new URL("..", import.meta.url),
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
  return broken ? 1 : code;
});
