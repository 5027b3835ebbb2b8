/**
 * Where TensorFlow's C library is on this machine.
 *
 * It is looked for, in this order, in the folder that GALAXYKIT_TENSORFLOW names, in the GPU
 * installation that `deno task setup --gpu` made, among the packages of `python3`, and in the kit's
 * cache. Nothing is loaded here.
 *
 * Only the 2.21 series is taken: the eager part of the C API (`TFE_…`) carries no promise from one
 * release to the next, and the kit's conformance was shown on this one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { cacheFolder, type Environment } from "../../cache.ts";
import { libraryArchitectures } from "./architecture.ts";
import { findPython } from "../../python.ts";

/** The release that the kit installs. */
export const TENSORFLOW_VERSION = "2.21.0";

/** What a usable release looks like, in words. */
export const WANTED_VERSION = "2.21.x";

/** A copy of TensorFlow's C library. */
export type Library = {
  /** Path of `libtensorflow_cc.so.2` (macOS: `libtensorflow_cc.2.dylib`). */
  cc: string;
  /** Path of the framework library that it needs. */
  framework: string;
  /** For example "2.21.0"; "unknown" for a folder that is not part of a Python package. */
  version: string;
  source: "environment" | "python" | "cache";
  /** The folder that holds both. */
  folder: string;
};

/** What a look-up saw. */
export type LookUp = {
  library?: Library;
  /** One phrase for each place that was passed over. */
  passed: string[];
};

/** File names of the two libraries on this system. */
export function libraryNames(): { cc: string; framework: string } {
  const suffix = Deno.build.os === "darwin" ? "2.dylib" : "so.2";
  return { cc: `libtensorflow_cc.${suffix}`, framework: `libtensorflow_framework.${suffix}` };
}

/** Where the kit's own installation lies, laid out as Python's `site-packages`. */
export function installationFolder(
  options: { gpu?: boolean; env?: Environment } = {},
): string {
  const { gpu = false, env } = options;
  const { os, arch } = Deno.build;
  const name = `${TENSORFLOW_VERSION}-${os}-${arch}${gpu ? "-gpu" : ""}`;
  return join(cacheFolder({ env }), "tensorflow", name);
}

/**
 * Looks for TensorFlow and tells what was passed over on the way.
 *
 * @param options.env The environment. @default {this process's}
 * @throws {Error} When GALAXYKIT_TENSORFLOW names a folder that cannot be used
 */
export function lookUp(options: { env?: Environment } = {}): LookUp {
  const { env = Deno.env.toObject() } = options;
  if (env.GALAXYKIT_TENSORFLOW) {
    return { library: namedLibrary(resolve(env.GALAXYKIT_TENSORFLOW)), passed: [] };
  }
  const passed = ["GALAXYKIT_TENSORFLOW is not set"];
  const gpu = inspectInstallation(installationFolder({ gpu: true, env }));
  if (typeof gpu === "object") return { library: gpu, passed };
  if (gpu) passed.push(gpu);

  const python = findPython(env);
  if (typeof python === "string") {
    passed.push(python);
  } else {
    const sites = python.paths.filter((path) => packageVersion(path) !== undefined);
    if (sites.length === 0) {
      passed.push(`python3 ${python.version} (${python.executable}) has no tensorflow`);
    }
    for (const site of sites) {
      const found = inspect(join(site, "tensorflow"), "python");
      if (typeof found === "object") return { library: found, passed };
      passed.push(found);
    }
  }

  const folder = installationFolder({ env });
  const cached = inspectInstallation(folder);
  if (typeof cached === "object") return { library: cached, passed };
  passed.push(cached ?? `the cache "${cacheFolder({ env })}" holds none`);
  return { passed };
}

/**
 * Looks for TensorFlow.
 *
 * @param options.env The environment. @default {this process's}
 * @returns The first usable library, or undefined
 * @throws {Error} When GALAXYKIT_TENSORFLOW names a folder that cannot be used
 *
 * @example
 * ```ts
 * import { findLibrary } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const library = findLibrary();
 * if (library) assert.ok(library.cc.startsWith(library.folder));
 * ```
 */
export function findLibrary(options: { env?: Environment } = {}): Library | undefined {
  return lookUp(options).library;
}

/**
 * Finds TensorFlow, or installs it into the kit's cache, with its progress on the terminal. The
 * call waits for the installation, since the first tfjs op is one that cannot wait otherwise; where
 * waiting is possible, `installLibrary` does the same with a promise.
 *
 * @param options.env The environment. @default {this process's}
 * @throws {Error} When there is none and it cannot be installed; the message tells each place
 * looked at, what was found there, and the two ways out
 */
export function requireLibrary(options: { env?: Environment } = {}): Library {
  const { env = Deno.env.toObject() } = options;
  const { library, passed } = lookUp({ env });
  if (library) return library;
  const problem = installInChild(env);
  const installed = problem === undefined ? lookUp({ env }).library : undefined;
  if (installed) return installed;
  const { cc, framework } = libraryNames();
  throw new Error(
    `Cannot load TensorFlow ${WANTED_VERSION}: ${[...passed, problem].join("; ")}; ` +
      `run deno task setup, or set GALAXYKIT_TENSORFLOW to a folder holding ${cc} and ${framework}`,
  );
}

/**
 * Refuses a library of another release, once it is loaded and has told its version.
 *
 * @param found What `TF_Version` answered
 * @param library The library it came from
 * @throws {Error} When the version is outside the supported range
 */
export function checkVersion(found: string, library: Pick<Library, "cc" | "source">): void {
  if (isSupported(found)) return;
  const way = library.source === "environment"
    ? "set GALAXYKIT_TENSORFLOW to another folder, or unset it and run deno task setup"
    : "run deno task setup";
  throw new Error(
    `Cannot use "${library.cc}": TensorFlow ${found} found, ${WANTED_VERSION} wanted; ${way}`,
  );
}

/** The kit's own installation in a folder; a phrase when it is damaged, undefined when absent. */
export function inspectInstallation(folder: string): Library | string | undefined {
  return existsSync(folder) ? inspect(join(folder, "tensorflow"), "cache") : undefined;
}

/** The library that the environment names, or an error: what was asked for is never passed over. */
function namedLibrary(named: string): Library {
  const { cc, framework } = libraryNames();
  const inside = join(named, "tensorflow");
  const found = existsSync(named)
    ? inspect(existsSync(join(inside, cc)) ? inside : named, "environment")
    : "there is no such folder";
  if (typeof found === "object") return found;
  throw new Error(
    `Cannot load TensorFlow from GALAXYKIT_TENSORFLOW="${named}": ${found}; ` +
      `name a folder holding ${cc} and ${framework}, or unset the variable`,
  );
}

/** A folder's library when it can be used, else a phrase saying why not. */
function inspect(folder: string, source: Library["source"]): Library | string {
  const names = libraryNames();
  const site = basename(folder) === "tensorflow" ? dirname(folder) : undefined;
  const version = site === undefined ? undefined : packageVersion(site);
  if (version !== undefined && !isSupported(version)) {
    return `"${folder}" holds TensorFlow ${version}, ${WANTED_VERSION} wanted`;
  }
  const sizes = site === undefined ? "" : packageRecord(site);
  const wanted = `${Deno.build.os} ${Deno.build.arch}`;
  for (const name of [names.cc, names.framework]) {
    const path = join(folder, name);
    if (!existsSync(path)) return `"${folder}" holds no ${name}`;
    const found = Deno.statSync(path).size;
    const size = sizes.match(RegExp(`^tensorflow/${RegExp.escape(name)},[^,]*,(\\d+)`, "m"))?.[1];
    if (size !== undefined && Number(size) !== found) {
      return `"${path}" is damaged, ${found} bytes found, ${size} wanted`;
    }
    const architectures = libraryArchitectures(path);
    if (!architectures.includes(wanted)) {
      const built = architectures.join(" and ") || "no processor";
      return `"${path}" is built for ${built}, ${wanted} wanted`;
    }
  }
  return {
    cc: join(folder, names.cc),
    framework: join(folder, names.framework),
    version: version ?? "unknown",
    source,
    folder,
  };
}

function isSupported(version: string): boolean {
  return /^2\.21\.\d+(\+\S*)?$/.test(version);
}

/** The version of the TensorFlow package in a `site-packages` folder, by its metadata's name. */
function packageVersion(site: string): string | undefined {
  return metadataFolder(site)?.match(/-([^-]+)\.dist-info$/)?.[1];
}

/** The package's list of files with their hashes and sizes; empty when it has none. */
function packageRecord(site: string): string {
  const path = join(site, metadataFolder(site) ?? "", "RECORD");
  return existsSync(path) ? Deno.readTextFileSync(path) : "";
}

function metadataFolder(site: string): string | undefined {
  try {
    for (const { name } of Deno.readDirSync(site)) {
      if (/^tensorflow([_-]cpu)?-[^-]+\.dist-info$/i.test(name)) return name;
    }
  } catch (error) {
    // An entry of Python's path may be missing, a file (a zip), or closed to us.
    if (!isUnreadable(error)) throw error;
  }
  return undefined;
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.PermissionDenied;
}

/** Runs the installer and waits for it; returns why it failed, or undefined. */
function installInChild(env: Environment): string | undefined {
  const { success, stdout } = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-config", import.meta.resolve("./installer.ts")],
    env,
    clearEnv: true,
    stdin: "null",
    stderr: "inherit",
  }).outputSync();
  if (success) return undefined;
  const reason = new TextDecoder().decode(stdout).trim() || "the installer was ended";
  return reason.replace(/^Cannot install TensorFlow \S+:/, "it cannot be installed:");
}
