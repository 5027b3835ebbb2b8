/**
 * What a console and a notebook write of a value.
 *
 * @module
 */

/**
 * The method by which `Deno.inspect`, and with it `console.log` and a notebook's cell, asks a value
 * for its text. Defined as not enumerable it changes nothing of the value else.
 */
export const inspect: unique symbol = Symbol.for("Deno.customInspect") as never;

/** The first of some names, and how many there are where those are not all. */
export function someOf(names: readonly string[], most = 6): string {
  return names.length <= most
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")}, … (${names.length})`;
}
