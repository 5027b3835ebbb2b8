/**
 * What long work reports, shown: one bar after another, and the lines that stay.
 *
 * @module
 */

import type { OnProgress, ProgressReport, Report } from "../progress.ts";
import { escapeXml } from "./_escape.ts";
import { progress, type ProgressBar } from "./progress.ts";
import { type ProgressOutput, standardOutput } from "./progress_output.ts";

/** Options of {@linkcode reporter}. */
export type ReporterOptions = {
  /** @default {the notebook, or else stderr: a terminal or a log, without colour under NO_COLOR} */
  output?: ProgressOutput;
  /** Takes the messages, outside of a notebook. @default {console.log} */
  print?: (line: string) => void;
  /** Milliseconds of a clock that never runs back. @default {performance.now} */
  now?: () => number;
};

/** Shows reports: the `onProgress` of what takes long. Disposing of it is being done. */
export type Reporter = OnProgress & Disposable & {
  /** Ends the bar that is shown, as when work is given up. Another report begins another. */
  done(): void;
};

/**
 * Makes what shows reports: a bar for each piece of work, from its first report to its last, and
 * each message as a line that stays. A notebook has all of it in one display, where the message that
 * says what a piece of work came to takes the place of its bar.
 *
 * The first report of a piece of work tells where it begins, so that the time left is right for
 * work that goes on from before.
 *
 * @throws {RangeError} By the reporter, when a report's numbers are negative or not finite
 *
 * @example
 * ```ts
 * import { reporter } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const output = { kind: "log" as const, write: (text: string) => void lines.push(text) };
 * {
 *   using report = reporter({ output, print: (line) => void lines.push(line) });
 *   for (let done = 1; done <= 3; done++) {
 *     report({ what: "epoch 1", done, total: 3, unit: "steps" });
 *   }
 *   report({ message: "epoch 1: loss 0.531" });
 * }
 * assert.match(lines[0], /^epoch 1: 3 of 3 steps in 0:00/);
 * assert.equal(lines[1], "epoch 1: loss 0.531");
 * ```
 */
export function reporter(
  { output = standardOutput(), print = console.log, now }: ReporterOptions = {},
): Reporter {
  const display = output.kind === "notebook" ? keepingLines(output) : undefined;
  let bar: ProgressBar | undefined;
  let last: ProgressReport | undefined;

  function done(): void {
    bar?.done();
    bar = undefined;
  }

  function show(report: ProgressReport): void {
    const { what, done: steps, total, unit, note } = report;
    const isLast = steps === total;
    const goesOn = last?.what === what && last.total === total;
    if (total === 0 || goesOn && !bar && isLast) return; // nothing to do, or said already
    if (!goesOn) done();
    last = report;
    if (!bar) {
      display?.begin();
      bar = progress({ label: what, total, start: steps, unit, output: display ?? output, now });
    }
    bar.update(steps, note);
    if (isLast) done();
  }

  function say(message: string): void {
    if (display) display.keep(message, { besideBar: bar !== undefined });
    else if (bar) bar.interrupt(() => print(message));
    else print(message);
  }

  function take(report: Report): void {
    if ("message" in report) say(report.message);
    else show(report);
  }

  return Object.assign(take, { done, [Symbol.dispose]: done });
}

/** A notebook's display of one bar, with what was said and the bars that ended above it. */
function keepingLines({ write }: ProgressOutput) {
  const lines: string[] = [];
  let bar: string | undefined;
  const send = () => write([...lines, ...(bar === undefined ? [] : [bar])].join("<br>\n"));
  return {
    kind: "notebook" as const,
    write(html: string) {
      bar = html;
      send();
    },
    /** Another bar begins; the one that ended stays. */
    begin() {
      if (bar !== undefined) lines.push(bar);
      bar = undefined;
    },
    /** Keeps a message: above the bar that is at work, in the place of the one that has ended. */
    keep(message: string, { besideBar }: { besideBar: boolean }) {
      lines.push(escapeXml(message).replaceAll("\n", "<br>\n"));
      if (!besideBar) bar = undefined;
      send();
    },
  };
}
