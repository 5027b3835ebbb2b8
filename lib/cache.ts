/**
 * The folder where the kit keeps what it downloads.
 *
 * @module
 */

import { join, resolve } from "node:path";

/** Environment variables by name. */
export type Environment = Record<string, string>;

/**
 * The kit's cache: `$GALAXYKIT_CACHE`, else `$XDG_CACHE_HOME/galaxykit`, else the user's cache
 * folder (`~/.cache/galaxykit`; macOS `~/Library/Caches/galaxykit`). It need not exist.
 *
 * @param options.env The environment. @default {this process's}
 * @throws {Error} When neither variable is set and the home folder is unknown
 */
export function cacheFolder(options: { env?: Environment } = {}): string {
  const { env = Deno.env.toObject() } = options;
  if (env.GALAXYKIT_CACHE) return resolve(env.GALAXYKIT_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, "galaxykit");
  if (env.HOME) {
    const shared = Deno.build.os === "darwin" ? ["Library", "Caches"] : [".cache"];
    return join(env.HOME, ...shared, "galaxykit");
  }
  throw new Error(
    "Cannot find the cache folder: neither GALAXYKIT_CACHE nor HOME is set; set GALAXYKIT_CACHE",
  );
}

/** Bytes in a folder and below, also while others write there; 0 when it is absent. */
export function folderSize(folder: string): number {
  let bytes = 0;
  try {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      if (isDirectory) bytes += folderSize(path);
      else if (isFile) bytes += Deno.statSync(path).size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}
