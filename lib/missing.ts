/**
 * What counts as no value: one rule for selections, labels, metrics and figures.
 *
 * @module
 */

/** Whether a cell holds nothing: null, undefined, NaN, a blank text. Infinity is a number. */
export function isMissing(value: unknown): boolean {
  return (value ?? null) === null || Number.isNaN(value) ||
    (typeof value === "string" && value.trim() === "");
}
