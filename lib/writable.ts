/**
 * Finds out before the long work whether its results can be written.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Tries to write in a folder, or where it will be made; leaves nothing behind.
 *
 * @throws {Error} When that fails
 */
export function checkWritable(folder: string): void {
  let existing = resolve(folder);
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: existing, prefix: ".galaxykit_" }));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = Deno.statSync(existing).isDirectory
      ? (cause as Error).message.replace(/ \(os error.*/s, "")
      : `"${existing}" is no folder`;
    throw new Error(`Cannot write to "${folder}": ${reason}; name another place (out)`, {
      cause,
    });
  }
}
