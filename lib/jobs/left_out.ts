/**
 * What is said of files that are left out.
 *
 * @module
 */

import type { BadFile } from "../data/mod.ts";

/** Says that files were left out, and why. */
export function leftOut(bad: readonly BadFile[]): string {
  const [first] = bad;
  return `${bad.length} ${bad.length === 1 ? "file" : "files"} left out: ${first!.path} (${
    first!.reason
  })${bad.length > 1 ? " and others" : ""}`;
}
