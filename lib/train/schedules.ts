/**
 * Learning rates by step. A schedule is a function of the step's number, from 0, so that a resumed
 * run needs nothing but that number.
 *
 * @module
 */

import { type Interval, refuseOutside, refuseUnknown } from "../options.ts";

/** The learning rate of a step. */
export type Schedule = (step: number) => number;

/**
 * The same rate throughout.
 *
 * @throws {RangeError} When the rate is negative, or no number
 */
export function constant(rate: number): Schedule {
  refuseOutside({ rate }, { rate: "[0, ∞)" }, { what: "make a constant schedule" });
  return () => rate;
}

/**
 * The schedule of a rate, or the one that is given.
 *
 * @throws {RangeError} When the rate is negative, or no number
 */
export function scheduleOf(rate: number | Schedule): Schedule {
  if (typeof rate === "function") return rate;
  if (rate >= 0 && rate < Infinity) return constant(rate);
  throw new RangeError(
    `Cannot train: the rate must be a number from 0, or a schedule, found ${rate}`,
  );
}

/**
 * Half a cosine from the highest rate down to `final`, after a linear rise (Loshchilov and Hutter
 * 2016, arXiv:1608.03983, equation 5, without restarts). The first step of the rise has rate
 * 1/`warmup` of the highest.
 *
 * @throws {RangeError} When the rise is not shorter than the whole; for an option out of its range,
 * or one that there is not
 *
 * @example
 * ```ts
 * import { cosine } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const schedule = cosine({ rate: 0.1, steps: 102, warmup: 2 });
 * assert.deepEqual([0, 1, 2].map(schedule), [0.05, 0.1, 0.1]);
 * assert.ok(Math.abs(schedule(52) - 0.05) < 1e-9);
 * ```
 */
export function cosine(
  options: {
    /** The highest rate. */
    rate: number;
    /** Steps of the whole run. */
    steps: number;
    /** Steps of the linear rise. @default {0} */
    warmup?: number;
    /** The rate that the cosine ends in. @default {0} */
    final?: number;
  },
): Schedule {
  check("a cosine schedule", options, {
    rate: "[0, ∞)",
    steps: "whole [1, ∞)",
    warmup: "[0, ∞)",
    final: "[0, ∞)",
  });
  const { rate, steps, warmup = 0, final = 0 } = options;
  if (warmup >= steps) {
    throw new RangeError(
      `Cannot make a cosine schedule: warmup must be in [0, steps), found ${warmup} of ${steps} steps`,
    );
  }
  return function rateOf(step: number): number {
    if (step < warmup) return rate * (step + 1) / warmup;
    const progress = Math.min((step - warmup) / (steps - warmup), 1);
    return final + (rate - final) * (1 + Math.cos(Math.PI * progress)) / 2;
  };
}

/**
 * A rise by half a cosine to the highest rate, and a fall by another one far below the first
 * (Smith and Topin 2017, arXiv:1708.07120); PyTorch's `OneCycleLR` with its defaults.
 *
 * @throws {RangeError} For an option out of its range, or one that there is not
 */
export function oneCycle(
  options: {
    /** The highest rate. */
    rate: number;
    /** Steps of the whole run. */
    steps: number;
    /** The share of the steps in which the rate rises. @default {0.3} */
    rise?: number;
    /** The first rate is the highest divided by this. @default {25} */
    startFactor?: number;
    /** The last rate is the first one divided by this. @default {1e4} */
    endFactor?: number;
  },
): Schedule {
  check("a one-cycle schedule", options, {
    rate: "[0, ∞)",
    steps: "whole [1, ∞)",
    rise: "[0, 1]",
    startFactor: "(0, ∞)",
    endFactor: "(0, ∞)",
  });
  const { rate, steps, rise = 0.3, startFactor = 25, endFactor = 1e4 } = options;
  const start = rate / startFactor;
  const end = start / endFactor;
  const top = rise * steps - 1;
  return function rateOf(step: number): number {
    if (step < top) return between(start, rate, step / top);
    if (step === top) return rate;
    return between(rate, end, Math.min((step - top) / Math.max(steps - 1 - top, 0), 1));
  };
}

/**
 * The rate times `factor` after every `every` steps.
 *
 * @throws {RangeError} For an option out of its range, or one that there is not
 */
export function stepDecay(
  options: {
    rate: number;
    /** Steps between two drops. */
    every: number;
    /** @default {0.1} */
    factor?: number;
  },
): Schedule {
  check("a schedule of steps", options, {
    rate: "[0, ∞)",
    every: "whole [1, ∞)",
    factor: "(0, 1]",
  });
  const { rate, every, factor = 0.1 } = options;
  return (step) => rate * factor ** Math.floor(step / every);
}

/** Refuses what is missing, not known, or out of its range. */
function check<O extends { rate: number }>(
  schedule: string,
  options: O,
  intervals: { readonly [name in keyof O & string]-?: Interval },
): void {
  const what = `make ${schedule}`;
  refuseUnknown<object>(options, Object.fromEntries(Object.keys(intervals).map((n) => [n, true])), {
    what,
  });
  for (const needed of ["rate", "steps", "every"] as (keyof O & string)[]) {
    if (needed in intervals && options[needed] === undefined) {
      throw new TypeError(`Cannot ${what}: it needs ${needed}, found none`);
    }
  }
  refuseOutside(options, intervals, { what });
}

/** From `from` to `to` along half a cosine. */
function between(from: number, to: number, progress: number): number {
  return to + (from - to) * (1 + Math.cos(Math.PI * progress)) / 2;
}
