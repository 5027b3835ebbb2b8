/**
 * What came of a run of the suites.
 *
 * @module
 */

import { EXCEPTIONS } from "./exceptions.ts";
import type { Mode, SuiteEvent } from "./suite.ts";
import type { Run } from "./whole_graphs.ts";

/** A spec that has run more functions than this goes on op by op: it looks for leaks. */
export const MANY_FUNCTIONS = 100;

/** What came of a run. */
export type Outcome = {
  mode: Mode;
  passed: number;
  /** Left out by the specs' authors. */
  pending: number;
  /** Failures that are not listed. */
  failed: { name: string; message: string }[];
  /** Failures that are listed. */
  excepted: { name: string; reason: string }[];
  /** Listed to fail always, but passed. */
  resolved: string[];
  /** How the process ended before its time, in which spec, and what it printed last. */
  crash?: { how: string; spec: string; printed: string };
  seconds: number;
  /** What the specs were traced into, where they were. */
  traced: Traced;
};

/** Specs that were traced: counts. */
export type Traced = {
  /** Specs whose ops were all one function. */
  whole: number;
  /** Specs whose ops were several functions, or were not all traced together. */
  cut: number;
  /** Specs that ran so many functions that they went on op by op. */
  long: number;
  functions: number;
  /** Ops in functions. */
  ops: number;
  /** Ops that ran alone, such as those whose outputs have lengths that depend on values. */
  alone: number;
};

/** Counts events into an {@linkcode Outcome}. */
export class Tally {
  readonly #outcome: Outcome;
  #spec = "";
  /** Functions and lone ops of the spec that runs. */
  #pieces = { functions: 0, alone: 0, long: 0 };
  #ended = false;

  constructor(mode: Mode) {
    this.#outcome = {
      mode,
      passed: 0,
      pending: 0,
      failed: [],
      excepted: [],
      resolved: [],
      seconds: 0,
      traced: { whole: 0, cut: 0, long: 0, functions: 0, ops: 0, alone: 0 },
    };
  }

  /** Whether the process ended without having met any spec. */
  get isEmpty(): boolean {
    const { passed, pending, failed, excepted } = this.#outcome;
    return this.#ended && passed + pending + failed.length + excepted.length === 0;
  }

  /** Takes an event in. */
  add(event: SuiteEvent): void {
    const outcome = this.#outcome;
    if (event.event === "ended") {
      this.#ended = true;
      return;
    }
    if (event.event === "function" || event.event === "alone" || event.event === "long") {
      return this.#addRun(event);
    }
    const exception = EXCEPTIONS.find(({ spec, modes }) =>
      spec === event.name && modes.includes(outcome.mode)
    );
    switch (event.event) {
      case "started":
        this.#spec = event.name;
        this.#pieces = { functions: 0, alone: 0, long: 0 };
        break;
      case "failed":
        this.#endSpec();
        if (exception === undefined) {
          outcome.failed.push({ name: event.name, message: event.message });
        } else {
          outcome.excepted.push({ name: event.name, reason: exception.reason });
        }
        break;
      case "passed":
        this.#endSpec();
        outcome.passed++;
        if (exception && !exception.sometimes) outcome.resolved.push(event.name);
        break;
      default:
        outcome[event.event]++;
    }
  }

  #addRun(run: Run): void {
    const { traced } = this.#outcome;
    if (run.event === "function") {
      this.#pieces.functions++;
      traced.functions++;
      traced.ops += run.ops;
    } else {
      this.#pieces[run.event]++;
      if (run.event === "alone") traced.alone++;
    }
  }

  #endSpec(): void {
    const { functions, alone, long } = this.#pieces;
    if (functions + alone + long === 0) return;
    const kind = long > 0 ? "long" : functions === 1 && alone === 0 ? "whole" : "cut";
    this.#outcome.traced[kind]++;
  }

  /** The outcome, once the process has ended. */
  outcome(
    { how, printed, seconds }: { how: string; printed: string; seconds: number },
  ): Outcome {
    const crash = this.#ended ? undefined : { how, spec: this.#spec, printed };
    return { ...this.#outcome, seconds, crash };
  }
}

/** Whether everything is as it should be. */
export function isGood({ failed, resolved, crash }: Outcome): boolean {
  return failed.length === 0 && resolved.length === 0 && crash === undefined;
}
