/**
 * Real data beside the repository, for the tests that want it.
 *
 * @module
 */

import { join } from "node:path";

/** The folder of real samples; see the README there. */
export const shared = join(import.meta.dirname!, "../../shared/data");

/** Whether real data lies beside the repository; says so where it does not. */
export function missing(path: string): boolean {
  try {
    Deno.statSync(join(shared, path));
    return false;
  } catch {
    console.log(`skipped: no ../shared/data/${path} beside the repository`);
    return true;
  }
}
