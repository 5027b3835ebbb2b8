/**
 * TensorFlow's C library, fetched by pip from the official wheel into the kit's cache.
 *
 * @module
 */

import type { Environment } from "../../cache.ts";
import type { OnProgress } from "../../progress.ts";
import { fetchWheels } from "../../wheels.ts";
import {
  inspectInstallation,
  installationFolder,
  type Library,
  TENSORFLOW_VERSION,
} from "./library.ts";
import { wheelFor } from "./wheel.ts";

export type InstallOptions = {
  /** With CUDA and cuDNN (Linux x86-64). @default {false} */
  gpu?: boolean;
  /** Replace an installation that is there and whole. @default {false} */
  force?: boolean;
  /** Stops the installation, leaving nothing behind. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** The environment. @default {this process's} */
  env?: Environment;
};

/**
 * Installs TensorFlow into the kit's cache, unless it is there already. About 274 MB are downloaded
 * and 855 MB kept; with `gpu`, some 3.4 and 5.7 GB.
 *
 * @returns The library in the cache
 * @throws {Error} When there is no Python with pip, no wheel for this machine, no network, a corrupt
 * wheel, or too little space; nothing is left behind
 */
export async function installLibrary(options: InstallOptions = {}): Promise<Library> {
  const { gpu = false, force, signal, onProgress, env = Deno.env.toObject() } = options;
  const wheel = wheelFor({ gpu });
  const folder = installationFolder({ gpu, env });
  const problem = (folder: string) => {
    const found = inspectInstallation(folder);
    return typeof found === "object" ? undefined : found ?? `"${folder}" is gone`;
  };
  try {
    await fetchWheels(folder, wheel, { problem, force, signal, onProgress, env });
    return wholeInstallation(folder);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const { message } = cause as Error;
    throw new Error(`Cannot install TensorFlow ${TENSORFLOW_VERSION}: ${message}`, { cause });
  }
}

function wholeInstallation(folder: string): Library {
  const found = inspectInstallation(folder);
  if (typeof found === "object") return found;
  throw new Error(found ?? `"${folder}" is gone`);
}
