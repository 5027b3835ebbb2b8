/**
 * Options that nothing would read.
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
