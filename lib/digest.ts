/**
 * What tells texts, and files, of a run from others.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The first twelve digits of a text's SHA-256. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The SHA-256 of a file, read piece by piece. */
export function digestOfFile(path: string): string {
  const hash = createHash("sha256");
  using file = Deno.openSync(path);
  const piece = new Uint8Array(2 ** 20);
  for (let length; (length = file.readSync(piece)) !== null;) {
    hash.update(piece.subarray(0, length));
  }
  return hash.digest("hex");
}
