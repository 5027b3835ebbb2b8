/** All of tests/reference/votes.py. */

import reference from "../reference/votes.json" with { type: "json" };

export { reference };

/** A column of the fixture; null is NaN. */
export function withNaN(values: readonly (number | null)[]): number[] {
  return values.map((value) => value ?? NaN);
}
