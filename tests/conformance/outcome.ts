/**
 * What came of a run of the suites.
 *
 * @module
 */

import { EXCEPTIONS } from "./exceptions.ts";
import type { Mode, SuiteEvent } from "./suite.ts";

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
};

/** Counts events into an {@linkcode Outcome}. */
export class Tally {
  readonly #outcome: Outcome;
  #spec = "";
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
    const exception = EXCEPTIONS.find(({ spec, modes }) =>
      spec === event.name && modes.includes(outcome.mode)
    );
    switch (event.event) {
      case "started":
        this.#spec = event.name;
        break;
      case "failed":
        if (exception === undefined) {
          outcome.failed.push({ name: event.name, message: event.message });
        } else {
          outcome.excepted.push({ name: event.name, reason: exception.reason });
        }
        break;
      case "passed":
        outcome.passed++;
        if (exception && !exception.sometimes) outcome.resolved.push(event.name);
        break;
      default:
        outcome[event.event]++;
    }
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
