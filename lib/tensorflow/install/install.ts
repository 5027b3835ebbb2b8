/**
 * TensorFlow's C library, fetched by pip from the official wheel into the kit's cache.
 *
 * Everything happens in a temporary folder beside the final one, which appears in one rename, so
 * that it is whole or absent. Installers take turns through a lock that the system gives back when
 * its holder ends, however that ends; what an ended one left is removed by the next.
 *
 * @module
 */

import { existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Environment, folderSize } from "../../cache.ts";
import { temporaryName } from "../../files.ts";
import type { OnProgress } from "../../progress.ts";
import { megabytes } from "../../text.ts";
import {
  inspectInstallation,
  installationFolder,
  type Library,
  TENSORFLOW_VERSION,
} from "./library.ts";
import { findPython, hasPip } from "./python.ts";
import {
  PIP_ENVIRONMENT,
  pipArguments,
  pipFailure,
  UNPACK,
  type Wheel,
  wheelFor,
} from "./wheel.ts";

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
  const { gpu = false, force = false, signal, env = Deno.env.toObject() } = options;
  const wheel = wheelFor({ gpu });
  const folder = installationFolder({ gpu, env });
  const shelf = dirname(folder);
  try {
    using turn = await takeTurn(openLock(shelf), options);
    if (turn) removeLeftovers(shelf);
    const present = inspectInstallation(folder);
    if (typeof present === "object" && !force) return present;
    const temporary = temporaryName(folder);
    Deno.mkdirSync(temporary);
    try {
      const site = await fill(temporary, wheel, { ...options, env });
      const made = inspectInstallation(site);
      if (typeof made !== "object") {
        throw new Error(`its wheel cannot be used, ${made?.replace(`${site}/`, "")}`);
      }
      putInPlace(site, folder);
    } finally {
      Deno.removeSync(temporary, { recursive: true });
    }
    return wholeInstallation(folder);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const { message } = cause as Error;
    throw new Error(`Cannot install TensorFlow ${TENSORFLOW_VERSION}: ${message}`, { cause });
  }
}

/** Downloads and unpacks into `temporary`; returns the folder in it that is the result. */
async function fill(
  temporary: string,
  wheel: Wheel,
  options: InstallOptions & { env: Environment },
): Promise<string> {
  const python = findPython(options.env);
  if (typeof python === "string") {
    throw new Error(`${python}; install Python 3.8 or newer with pip`);
  }
  if (!hasPip(python)) {
    throw new Error(
      `python3 ${python.version} (${python.executable}) has no pip; install it (Debian and Ubuntu: apt install python3-pip)`,
    );
  }
  const wheels = join(temporary, "wheels");
  const scratch = join(temporary, "scratch");
  const site = join(temporary, "site");
  for (const path of [wheels, scratch, site]) Deno.mkdirSync(path);
  requireSpace(dirname(temporary), wheel.download + wheel.unpacked);

  const run = { ...options, python: python.executable, scratch };
  const downloaded = await runPython(
    pipArguments(wheel, { python: python.version, folder: wheels }),
    {
      ...run,
      what: `Downloading TensorFlow ${TENSORFLOW_VERSION}`,
      total: wheel.download,
      measure: () => Math.max(folderSize(wheels), folderSize(scratch)),
    },
  );
  if (!downloaded.success) throw new Error(pipFailure(downloaded.output, wheel.requirement));

  const files = [...Deno.readDirSync(wheels)].map(({ name }) => join(wheels, name));
  const unpacked = await runPython(["-c", UNPACK, site, ...files], {
    ...run,
    what: `Unpacking TensorFlow ${TENSORFLOW_VERSION}`,
    total: wheel.unpacked,
    measure: () => folderSize(site),
  });
  if (!unpacked.success) throw new Error(unpacked.output.trim().split("\n").at(-1)!);
  return site;
}

type PythonRun = {
  python: string;
  env: Environment;
  /** For its temporary files. */
  scratch: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** What it does, for the reports. */
  what: string;
  /** Bytes in all, close to it: part of it is an estimate. */
  total: number;
  /** Bytes done so far. */
  measure: () => number;
};

async function runPython(
  args: string[],
  options: PythonRun,
): Promise<{ success: boolean; output: string }> {
  const { python, env, scratch, signal, onProgress, what, total, measure } = options;
  signal?.throwIfAborted();
  const child = new Deno.Command(python, {
    args,
    env: { ...env, ...PIP_ENVIRONMENT, TMPDIR: scratch },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const report = (bytes: number) =>
    onProgress?.({ what, done: Math.min(bytes, total) / 1e6, total: total / 1e6, unit: "MB" });
  const watching = setInterval(() => report(measure()), 250);
  try {
    const { success, stdout, stderr } = await child.output();
    signal?.throwIfAborted();
    if (success) report(total);
    const decoder = new TextDecoder();
    return { success, output: `${decoder.decode(stdout)}\n${decoder.decode(stderr)}` };
  } finally {
    clearInterval(watching);
  }
}

function openLock(shelf: string): Deno.FsFile {
  try {
    Deno.mkdirSync(shelf, { recursive: true });
    return Deno.openSync(join(shelf, "install.lock"), { create: true, write: true });
  } catch (cause) {
    throw new Error(
      `"${shelf}" cannot be written (${
        (cause as Error).message
      }); set GALAXYKIT_CACHE to a folder that can`,
      { cause },
    );
  }
}

/**
 * Waits until no other process installs; the lock ends with the file, or with this process. On a
 * file system without locks (some network disks) there is none: both install, one wins.
 */
async function takeTurn(
  file: Deno.FsFile,
  options: InstallOptions,
): Promise<Disposable | undefined> {
  try {
    for (let told = false; !file.tryLockSync(true); told = true) {
      if (!told) {
        options.onProgress?.({ message: "Waiting for another process that installs TensorFlow" });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      options.signal?.throwIfAborted();
    }
    return file;
  } catch (error) {
    file.close();
    if (options.signal?.aborted) throw error;
    return undefined;
  }
}

/** Removes what ended installers left: whoever holds the lock is the only one at work. */
function removeLeftovers(shelf: string): void {
  for (const { name } of Deno.readDirSync(shelf)) {
    if (!name.startsWith(".")) continue;
    try {
      Deno.removeSync(join(shelf, name), { recursive: true });
    } catch {
      // The pip of a killed installer may still write there until it notices; the next one removes it.
    }
  }
}

/** Moves a finished folder to its name, an older one out of the way. */
function putInPlace(finished: string, folder: string): void {
  const old = temporaryName(folder);
  if (existsSync(folder)) Deno.renameSync(folder, old);
  try {
    Deno.renameSync(finished, folder);
  } catch (error) {
    // Without a lock another process may have been faster; its installation is as good.
    if (typeof inspectInstallation(folder) !== "object") throw error;
  }
  if (existsSync(old)) Deno.removeSync(old, { recursive: true });
}

function wholeInstallation(folder: string): Library {
  const found = inspectInstallation(folder);
  if (typeof found === "object") return found;
  throw new Error(found ?? `"${folder}" is gone`);
}

function requireSpace(folder: string, wanted: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= wanted) return;
  throw new Error(
    `${megabytes(wanted)} are wanted in "${folder}", ${megabytes(bavail * bsize)} are free; ` +
      "set GALAXYKIT_CACHE to a folder with more",
  );
}
