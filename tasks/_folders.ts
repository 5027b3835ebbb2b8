/**
 * Where runs go that nobody named.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

/** `runs/classify-1`, or the first number that is free. */
export function freeFolder(parent: string, name: string): string {
  for (let number = 1;; number++) {
    const folder = join(parent, `${name}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}
