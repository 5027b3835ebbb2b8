/**
 * What tells texts from others in a run's `config.json`.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The first twelve digits of a text's SHA-256. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
