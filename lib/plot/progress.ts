/**
 * How far long work is: a line that rewrites itself in a terminal, now and then a line in a log,
 * one display that updates in a notebook.
 *
 * @module
 */

import { escapeXml } from "./_escape.ts";
import { type ProgressOutput, standardOutput } from "./progress_output.ts";

/** Options of {@linkcode progress}. */
export type ProgressOptions = {
  /** What is being done, in a word or two. */
  label: string;
  /** Steps in all. @default {unknown: no bar and no time left} */
  total?: number;
  /** Steps that were done before, when work resumes. @default {0} */
  start?: number;
  /** What a step is, in the plural. @default {""} */
  unit?: string;
  /** @default {the notebook, or else stderr: a terminal or a log, without colour under NO_COLOR} */
  output?: ProgressOutput;
  /** Milliseconds of a clock that never runs back. @default {performance.now} */
  now?: () => number;
};

/** Milliseconds between two states that are shown. */
const interval = { terminal: 100, log: 5000, notebook: 250 };

/** Milliseconds over which the rate is taken: the present one, not that of a slow start. */
const rateWindow = 30_000;

/**
 * Starts to show progress.
 *
 * @throws {RangeError} When the total is not a positive number
 *
 * @example
 * ```ts
 * import { progress } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * let text = "";
 * const output = { kind: "log" as const, write: (line: string) => void (text += line) };
 * {
 *   using bar = progress({ label: "decoding", total: 3, unit: "images", output });
 *   for (let i = 1; i <= 3; i++) bar.update(i);
 *   bar.done();
 * }
 * assert.match(text, /^decoding: 3 of 3 images in 0:00/);
 * ```
 */
export function progress(options: ProgressOptions): ProgressBar {
  const { total, start = 0 } = options;
  if (total !== undefined && !(Number.isFinite(total) && total > 0)) {
    throw new RangeError(`Cannot show progress: total must be a positive number: ${total}`);
  }
  return new ProgressBar({ ...options, start, output: options.output ?? standardOutput() });
}

/** Progress being shown. Made by {@linkcode progress}. */
export class ProgressBar {
  readonly #options: ProgressOptions & { start: number; output: ProgressOutput };
  readonly #now: () => number;
  readonly #began: number;
  /** Some of the past states, the oldest at the beginning of the rate's window. */
  #marks: { time: number; done: number }[];
  #done: number;
  #message = "";
  #shown = -Infinity;
  #ended = false;

  /** @ignore */
  constructor(options: ProgressOptions & { start: number; output: ProgressOutput }) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#began = this.#now();
    this.#done = options.start;
    this.#marks = [{ time: this.#began, done: options.start }];
    if (options.output.kind === "log") this.#shown = this.#began; // first after the interval
    else this.#show(this.#began);
  }

  /**
   * Tells how many steps are done, and what there is to say about the last.
   *
   * @throws {RangeError} When the number is negative or not finite
   */
  update(done: number, message = ""): void {
    if (!(Number.isFinite(done) && done >= 0)) {
      throw new RangeError(`Cannot show progress: steps done must be 0 or more: ${done}`);
    }
    if (this.#ended) return;
    const time = this.#now();
    if (done < this.#done) this.#marks = [];
    this.#done = done;
    this.#message = message.replaceAll("\n", " ");
    if (this.#marks.length === 0 || time - this.#marks.at(-1)!.time >= 250) {
      this.#marks.push({ time, done });
    }
    while (this.#marks.length > 1 && this.#marks[1].time <= time - rateWindow) this.#marks.shift();
    if (time - this.#shown >= interval[this.#options.output.kind]) this.#show(time);
  }

  /** Shows the last state with the time it took. Further calls do nothing. */
  done(message?: string): void {
    if (this.#ended) return;
    if (message !== undefined) this.#message = message;
    this.#ended = true;
    this.#show(this.#now());
  }

  /** Lets something be printed where the terminal's line is, and shows the line again below. */
  interrupt(print: () => void): void {
    const { output } = this.#options;
    if (output.kind === "terminal" && !this.#ended) output.write("\r\x1b[K");
    print();
    if (output.kind === "terminal" && !this.#ended) this.#show(this.#now());
  }

  /** Leaves the line as it stands when work ends early, so that what follows has its own. */
  [Symbol.dispose](): void {
    this.done();
  }

  #show(time: number): void {
    this.#shown = time;
    const { output } = this.#options;
    const { kind } = output;
    if (kind === "log") output.write(this.#line(time) + "\n");
    else if (kind === "notebook") output.write(this.#html(time));
    else output.write(`\r${this.#bar(time)}\x1b[K${this.#ended ? "\n" : ""}`);
  }

  /** "decoding: 120 of 1,400 images, 560 images/s, 0:02 left, message" */
  #line(time: number): string {
    const { label, total, unit = "" } = this.#options;
    const count = counted(this.#done) +
      (total === undefined ? "" : ` of ${counted(total)}`) + (unit && ` ${unit}`);
    const rate = this.#rate(time);
    const parts = this.#ended
      ? [`${count} in ${clock(time - this.#began)}`, rate > 0 ? rateText(rate, unit) : ""]
      : [count, rate > 0 ? rateText(rate, unit) : "", this.#left(rate)];
    return `${label}: ${[...parts, this.#message].filter((part) => part !== "").join(", ")}`;
  }

  /** The line with a bar before it, cut to the width of the terminal. */
  #bar(time: number): string {
    const { output: { columns = 80, color = false } } = this.#options;
    const share = this.#share();
    const line = this.#line(time);
    const room = columns - 1;
    const width = 20;
    if (share === undefined || line.length + width + 1 > room) {
      return line.length <= room ? line : `${line.slice(0, room - 1)}…`;
    }
    const full = Math.round(share * width);
    const [filled, empty] = ["━".repeat(full), "─".repeat(width - full)];
    return `${color ? `\x1b[34m${filled}\x1b[90m${empty}\x1b[0m` : filled + empty} ${line}`;
  }

  #html(time: number): string {
    const share = this.#share();
    const line = escapeXml(this.#line(time));
    if (share === undefined) return line;
    const style = "width: 14em; vertical-align: middle";
    return `<progress max="1" value="${share.toFixed(3)}" style="${style}"></progress> ${line}`;
  }

  #share(): number | undefined {
    const { total } = this.#options;
    return total === undefined ? undefined : Math.min(1, this.#done / total);
  }

  /** Steps a second: lately, or over the whole when it has ended. */
  #rate(time: number): number {
    const since = this.#ended
      ? { time: this.#began, done: this.#options.start }
      : this.#marks[0] ?? { time, done: this.#done };
    const seconds = (time - since.time) / 1000;
    return seconds > 0 ? (this.#done - since.done) / seconds : 0;
  }

  #left(rate: number): string {
    const { total } = this.#options;
    if (total === undefined || !(rate > 0) || this.#done >= total) return "";
    return `${clock((total - this.#done) / rate * 1000)} left`;
  }
}

/** "1,204", or for what is no whole number, such as megabytes, "3.7". */
function counted(steps: number): string {
  return steps.toLocaleString("en", { maximumFractionDigits: 1 });
}

/** "560 images/s", or for slow steps "2.5 s each". */
function rateText(rate: number, unit: string): string {
  if (rate < 1) return `${Number((1 / rate).toPrecision(3)).toLocaleString("en")} s each`;
  const number = Number(rate.toPrecision(3)).toLocaleString("en");
  return unit ? `${number} ${unit}/s` : `${number}/s`;
}

/** "0:07", "12:34", "1:02:03" */
function clock(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = h > 0 ? [h, m, s] : [m, s];
  return parts.map((part, i) => i === 0 ? `${part}` : `${part}`.padStart(2, "0")).join(":");
}
