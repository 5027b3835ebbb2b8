/**
 * Downloading one file of the hub as a blob of the cache: what was there of it is kept, what comes
 * is checked by length and hash, and its name appears when it is whole.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { CachedRepository } from "./cache.ts";
import {
  type FileMetadata,
  type HubRequest,
  isBusy,
  MAX_RETRIES,
  pause,
  refusal,
  requestHeaders,
} from "./client.ts";
import { HubError } from "./error.ts";
import { formatHubReference, type HubReference } from "./reference.ts";

/** A download: what, from where, how, and who is told. */
export type Download = HubRequest & {
  reference: HubReference;
  metadata: FileMetadata;
  /** Called for each piece with the bytes that are there now. */
  onBytes?: (done: number) => void;
  /** Called once when another process downloads the same file, before waiting for it. */
  onWait?: () => void;
};

const CHUNK_BYTES = 2 ** 20;

/**
 * Makes sure that the blob is there.
 *
 * @throws {HubError} `network`, `server`, `length-mismatch`, `hash-mismatch` …
 */
export async function downloadBlob(
  repository: CachedRepository,
  download: Download,
): Promise<void> {
  const { hash } = download.metadata;
  const blob = repository.blob(hash);
  if (existsSync(blob)) return;
  Deno.mkdirSync(dirname(blob), { recursive: true });
  using _turn = await takeTurn(repository.lock(hash), download);
  if (existsSync(blob)) return; // Another process was faster
  const partial = `${blob}.incomplete`;
  const resumed = sizeOf(partial) > 0;
  try {
    await fill(partial, download);
  } catch (error) {
    // What an earlier process left may have been damaged: once more from the beginning
    if (!resumed || !(error instanceof HubError) || error.code !== "hash-mismatch") throw error;
    await fill(partial, download);
  }
  Deno.renameSync(partial, blob);
}

/** The hash of a blob, as the hub names it: of 64 digits SHA-256, of 40 git's SHA-1. */
export function blobHash(
  name: string,
  byteLength: number,
): { update: (bytes: Uint8Array) => void; digest: () => string } {
  const hash: Hash = createHash(name.length === 64 ? "sha256" : "sha1");
  if (name.length === 40) hash.update(`blob ${byteLength}\0`);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}

/** Hashes a file as the hub does for a hash of this length. */
export async function hashFile(
  path: string,
  name: string,
  options: { signal?: AbortSignal; onBytes?: (done: number) => void } = {},
): Promise<string> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const hash = blobHash(name, size);
  await readInto(hash, file, options);
  return hash.digest();
}

async function readInto(
  hash: { update: (bytes: Uint8Array) => void },
  file: Deno.FsFile,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: (done: number) => void },
): Promise<number> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let done = 0;
  for (let count; (count = await file.read(buffer)) !== null;) {
    signal?.throwIfAborted();
    hash.update(buffer.subarray(0, count));
    onBytes?.(done += count);
  }
  return done;
}

/** Completes the partial file and checks it; a wrong one is removed. */
async function fill(partial: string, download: Download): Promise<void> {
  const { metadata: { hash: wanted, byteLength }, reference } = download;
  using file = await Deno.open(partial, { read: true, write: true, create: true });
  if ((await file.stat()).size > byteLength) await file.truncate(0);
  const start = (await file.stat()).size;
  requireSpace(dirname(partial), byteLength - start, reference);
  const state = { done: 0, hash: blobHash(wanted, byteLength) };
  state.done = await readInto(state.hash, file, download);
  for (let retries = 0; state.done < byteLength;) {
    const before = state.done;
    const problem = await append(file, state, download);
    if (problem === undefined) continue;
    if (state.done > before) retries = 0; // Something came: the next break is a new one
    if (retries >= MAX_RETRIES) throw problem;
    await pause(retries++, download);
  }
  await file.sync();
  const found = state.hash.digest();
  if (found === wanted) return;
  Deno.removeSync(partial);
  throw new HubError(
    "hash-mismatch",
    formatHubReference(reference),
    `its hash is ${found}, the hub announced ${wanted}: it was changed on the way and is removed`,
  );
}

/** Asks for the rest and writes what comes. Returns why it ended too early, if asking helps. */
async function append(
  file: Deno.FsFile,
  state: { done: number; hash: ReturnType<typeof blobHash> },
  download: Download,
): Promise<HubError | undefined> {
  const { reference, metadata: { url, byteLength, trusted, hash }, signal } = download;
  const source = formatHubReference(reference);
  const stop = new AbortController();
  const watch = new Watch(download.timeout, stop);
  try {
    const headers = requestHeaders(download, trusted);
    if (state.done > 0) headers.set("range", `bytes=${state.done}-`);
    const stops = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const response = await fetch(url, { headers, signal: stops });
    if (!response.ok) {
      const problem = trusted
        ? await refusal(response, reference, download)
        : await storageRefusal(response, source);
      if (isBusy(response)) return problem;
      throw problem;
    }
    if (response.status !== 206 && state.done > 0) { // The server sends it from the beginning
      await file.truncate(0);
      await file.seek(0, Deno.SeekMode.Start);
      state.done = 0;
      state.hash = blobHash(hash, byteLength);
    }
    const total = announcedLength(response, { source, start: state.done });
    if (total !== undefined && total !== byteLength) {
      await response.body?.cancel();
      throw lengthMismatch(source, total, byteLength);
    }
    for await (const bytes of response.body ?? []) {
      watch.restart();
      if (state.done + bytes.length > byteLength) {
        throw lengthMismatch(source, state.done + bytes.length, byteLength);
      }
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      state.hash.update(bytes);
      state.done += bytes.length;
      download.onBytes?.(state.done);
    }
    if (state.done === byteLength) return undefined;
    return broken(source, `the connection ended at byte ${state.done} of ${byteLength}`);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof HubError) throw cause;
    const reason = stop.signal.aborted
      ? `nothing came for ${download.timeout / 1000} s`
      : (cause as Error).message;
    return broken(source, `${reason} at byte ${state.done} of ${byteLength}`, { cause });
  } finally {
    watch.stop();
  }
}

/** The error of a storage host, which knows nothing of repositories. */
async function storageRefusal(response: Response, source: string): Promise<HubError> {
  await response.body?.cancel();
  const { host } = new URL(response.url);
  return new HubError("server", source, `${host} answers ${response.status}; try again later`);
}

function broken(source: string, reason: string, options?: ErrorOptions): HubError {
  return new HubError("network", source, `${reason}; what came is kept, fetch it again`, options);
}

function lengthMismatch(source: string, found: number, wanted: number): HubError {
  return new HubError(
    "length-mismatch",
    source,
    `${found} bytes come, the hub announced ${wanted}`,
  );
}

/** The file's length by an answer that has to begin at byte `start`. */
function announcedLength(
  { status, headers, url }: Response,
  { source, start }: { source: string; start: number },
): number | undefined {
  if (status !== 206) {
    const length = headers.get("content-length");
    return length === null ? undefined : Number(length);
  }
  const range = headers.get("content-range") ?? "";
  const [, from, total] = range.match(/^bytes (\d+)-\d+\/(\d+)$/) ?? [];
  if (Number(from) === start) return Number(total);
  throw new HubError(
    "server",
    source,
    `${new URL(url).host} was asked for byte ${start} on and sends "${range}"`,
  );
}

/** Ends a request when nothing comes for a while. */
class Watch {
  #timer?: ReturnType<typeof setTimeout>;

  constructor(readonly timeout: number, readonly controller: AbortController) {
    this.restart();
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.controller.abort(), this.timeout);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Waits until no other process downloads the file, a Python one included; the lock ends with the
 * process. On a file system without locks both download to one file, and the hash tells.
 */
async function takeTurn(path: string, download: Download): Promise<Disposable> {
  Deno.mkdirSync(dirname(path), { recursive: true });
  const file = Deno.openSync(path, { create: true, write: true });
  try {
    for (let told = false; !file.tryLockSync(true); told = true) {
      if (!told) download.onWait?.();
      await pause(0, { retryDelay: 100, signal: download.signal });
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}

function requireSpace(folder: string, wanted: number, reference: HubReference): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= wanted) return;
  throw new Error(
    `Cannot fetch "${formatHubReference(reference)}": ${wanted} bytes are wanted in "${folder}", ` +
      `${bavail * bsize} are free; set HF_HOME to a folder with more`,
  );
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
