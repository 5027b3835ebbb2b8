/**
 * `deno task conformance`: the test suites that tfjs-core and tfjs-node publish, run on the kit's
 * engine: each op at once, each op as a traced graph, and whole specs up to a reading as one.
 *
 * @module
 */

import { runCommand } from "../../lib/cli.ts";
import { isGood, MANY_FUNCTIONS, type Outcome } from "./outcome.ts";
import { runSuites, Workplace } from "./run.ts";
import type { Mode, SuiteEvent } from "./suite.ts";

const MODES = ["eager", "traced", "jit"] as const;

await runCommand({
  name: "conformance",
  summary: "Run the test suites of tfjs on this engine; the exit code is 1 when a spec fails.",
  options: {
    mode: {
      type: "string",
      default: "all",
      choices: [...MODES, "all"],
      description: "how ops run: each at once, each as a graph, or all up to a reading as one",
    },
    filter: { type: "string", description: "only specs with this text in their names" },
  },
}, async ({ mode, filter }, { signal }) => {
  console.error("Bundling the specs");
  await using workplace = await Workplace.create();
  let good = true;
  for (const chosen of mode === "all" ? MODES : [mode as Mode]) {
    const onEvent = progress(chosen);
    const outcome = await runSuites(workplace, { mode: chosen, filter, signal, onEvent });
    console.log(summary(outcome));
    good &&= isGood(outcome);
  }
  return good ? 0 : 1;
});

/** One line on a terminal, otherwise a line for each thousand specs. */
function progress(mode: Mode): (event: SuiteEvent) => void {
  const terminal = Deno.stderr.isTerminal();
  let specs = 0;
  let failures = 0;
  let shown = 0;
  return (event) => {
    if (event.event === "passed" || event.event === "failed") specs++;
    if (event.event === "failed") failures++;
    const counts = `${mode}: ${specs} specs, ${failures} failures`;
    if (terminal && performance.now() - shown > 100) {
      shown = performance.now();
      const name = "name" in event ? event.name.slice(0, 60) : "";
      write(`\r\x1b[K${counts} ${name}`);
    } else if (!terminal && event.event === "passed" && specs % 1000 === 0) write(`${counts}\n`);
    if (terminal && event.event === "ended") write("\r\x1b[K");
  };
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function summary(outcome: Outcome): string {
  const { mode, passed, pending, failed, excepted, resolved, crash, seconds, traced } = outcome;
  const run = passed + failed.length + excepted.length;
  const lines = [
    `${mode}: ${run} specs run in ${Math.round(seconds)} s`,
    `  ${passed} passed`,
    `  ${failed.length} failed`,
    ...failed.flatMap(({ name, message }) => [`    ${name}`, `      ${message}`]),
    `  ${excepted.length} failed as listed in tests/conformance/exceptions.ts`,
    ...excepted.flatMap(({ name, reason }) => [`    ${name}`, `      ${reason}`]),
    `  ${pending} left out by their authors`,
    ...resolved.map((name) => `  Passed, though listed to fail; take it off the list: ${name}`),
  ];
  if (mode === "jit") {
    const { whole, cut, long, functions, ops, alone } = traced;
    lines.push(
      `  ${whole} specs were one function each, ${cut} several, for a reading lay between`,
      `  ${long} went on op by op after ${MANY_FUNCTIONS} functions; the others run no op`,
      `  ${functions} functions of ${ops} ops; ${alone} ops ran alone: lengths that depend on values, or no output`,
    );
  }
  if (crash !== undefined) {
    lines.push(`  The process crashed (${crash.how}) in: ${crash.spec}`, crash.printed);
  }
  return lines.join("\n");
}
