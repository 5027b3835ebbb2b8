/**
 * Real data beside the repository, and tests that are skipped where something is missing.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of real samples; see the README there. */
export const shared = join(import.meta.dirname!, "../../shared/data");

/** The name of a test; where there is a reason to skip it, that is done, and stands in the name. */
export function skippedIf(
  reason: string | undefined | false,
  name: string,
): { name: string; ignore: boolean } {
  return reason ? { name: `${name} (skipped: ${reason})`, ignore: true } : { name, ignore: false };
}

/** The name of a test that wants something of {@linkcode shared}. */
export function onShared(path: string, name: string): { name: string; ignore: boolean } {
  const missing = !existsSync(join(shared, path)) && `no ${join("../shared/data", path)}`;
  return skippedIf(missing, name);
}
