/**
 * Options that nothing would read, and numbers out of their range.
 *
 * @module
 */

import { nearestName } from "./nearest.ts";

/** The names of all options of a type: one more or less is an error of types. */
export type OptionNames<O> = Readonly<Record<O extends unknown ? keyof O : never, true>>;

/**
 * Refuses an option that is not known, so that a slip of the pen is not taken for the default: not
 * everybody's editor checks types.
 *
 * @param known The names of all options, such as `{ size: true, seed: true }`
 * @param settings `what` is done with them, for the message: "load images"
 * @throws {RangeError} Naming the option, and the nearest known one
 *
 * @example
 * ```ts
 * import { refuseUnknown } from "./options.ts";
 * import assert from "node:assert/strict";
 *
 * type Options = { size?: number; seed?: number };
 * const draw = (options: Options) => refuseUnknown(options, { size: true, seed: true }, { what: "draw" });
 * draw({ size: 3 });
 * const slip: object = { sise: 3 };
 * assert.throws(() => draw(slip), {
 *   message: 'Cannot draw: there is no option "sise", nearest is "size"',
 * });
 * ```
 */
export function refuseUnknown<O extends object>(
  options: O,
  known: OptionNames<O>,
  { what }: { what: string },
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const names = Object.keys(known);
  const nearest = nearestName(unknown, names);
  throw new RangeError(
    `Cannot ${what}: there is no option "${unknown}", ${
      nearest === undefined ? `there are ${names.join(", ")}` : `nearest is "${nearest}"`
    }`,
  );
}

/** A range such as `"[0, 1)"` or `"(0, ∞)"`; `"whole [1, ∞)"` of whole numbers. */
export type Interval = `${"" | "whole "}${"[" | "("}${string}, ${string}${"]" | ")"}`;

/**
 * Refuses numbers out of their range, and what is no number. Those left out pass.
 *
 * @param intervals By the names of the numbers
 * @param settings `what` is done with them, for the message: "make Adam"
 * @throws {RangeError} Naming the number, its range, and what was found
 *
 * @example
 * ```ts
 * import { refuseOutside } from "./options.ts";
 * import assert from "node:assert/strict";
 *
 * const make = (beta: unknown) => refuseOutside({ beta }, { beta: "[0, 1)" }, { what: "make Adam" });
 * make(0.9);
 * assert.throws(() => make(1.5), { message: "Cannot make Adam: beta must be in [0, 1), found 1.5" });
 * ```
 */
export function refuseOutside<N extends string>(
  numbers: { readonly [name in NoInfer<N>]?: unknown },
  intervals: { readonly [name in N]: Interval },
  { what }: { what: string },
): void {
  for (const [name, interval] of Object.entries<Interval>(intervals)) {
    const value = numbers[name as N];
    if (value === undefined || isIn(value, interval)) continue;
    const found = typeof value === "number" || value === null || Array.isArray(value)
      ? value
      : `${typeof value} ${String(value)}`;
    const wanted = interval.startsWith("whole ")
      ? `a whole number in ${interval.slice(6)}`
      : `in ${interval}`;
    throw new RangeError(`Cannot ${what}: ${name} must be ${wanted}, found ${found}`);
  }
}

/**
 * Refuses what is none of the words that it may be.
 *
 * @param words By the names of the options
 * @param settings `what` is done with them, for the message: "decode images"
 * @throws {RangeError} Naming the option, its words, and what was found
 *
 * @example
 * ```ts
 * import { refuseOther } from "./options.ts";
 * import assert from "node:assert/strict";
 *
 * const draw = (side: string) => refuseOther({ side }, { side: ["left", "right"] }, { what: "draw" });
 * draw("left");
 * assert.throws(() => draw("up"), {
 *   message: 'Cannot draw: side must be one of left, right, "up" found',
 * });
 * ```
 */
export function refuseOther<N extends string>(
  options: { readonly [name in NoInfer<N>]: unknown },
  words: { readonly [name in N]: readonly string[] },
  { what }: { what: string },
): void {
  for (const [name, known] of Object.entries<readonly string[]>(words)) {
    const value = options[name as N];
    if (known.includes(value as string)) continue;
    throw new RangeError(
      `Cannot ${what}: ${name} must be one of ${known.join(", ")}, ${JSON.stringify(value)} found`,
    );
  }
}

function isIn(value: unknown, interval: Interval): boolean {
  if (typeof value !== "number") return false;
  const [, whole, open, low, high, close] = /^(whole )?([[(])(.+), (.+)([\])])$/.exec(interval)!;
  const [from, to] = [low!, high!].map((end) => Number(end.replace("∞", "Infinity")));
  return (whole === undefined || Number.isInteger(value)) &&
    (open === "[" ? value >= from! : value > from!) &&
    (close === "]" ? value <= to! : value < to!);
}
