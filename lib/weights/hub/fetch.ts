/**
 * Weights of the hub as files on this machine, in the cache that Hugging Face's libraries share.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Environment } from "../../cache.ts";
import type { OnProgress } from "../../progress.ts";
import { listShards } from "../shards.ts";
import { CachedRepository } from "./cache.ts";
import { askFile, askRevision, type HubRequest } from "./client.ts";
import { downloadBlob } from "./download.ts";
import { HubError } from "./error.ts";
import { formatHubReference, type HubReference, parseHubReference } from "./reference.ts";
import { hubSettings } from "./settings.ts";

/** Options of {@linkcode fetchWeights}. */
export type FetchOptions = {
  /**
   * Told of each piece of a file that is downloaded, in MB with those of an earlier attempt, and once
   * of each file that another process downloads.
   */
  onProgress?: OnProgress;
  /** Stops it; what came is kept for the next time. */
  signal?: AbortSignal;
  /** The environment, see {@linkcode hubSettings}. @default {this process's} */
  env?: Environment;
  /** Milliseconds until the hub must have answered, or sent more. @default {30000} */
  timeout?: number;
  /** Milliseconds before a server that broke off is asked again. @default {1000} */
  retryDelay?: number;
};

/** Files of the hub, here. */
export type FetchedWeights = {
  /** What was fetched, with the commit as revision: it names the same bytes for ever. */
  reference: HubReference & { file: string };
  /** The weights, or the index of their shards, on this machine. */
  path: string;
  /** The weights themselves: paths in the repository. */
  files: string[];
  /** Whether the hub was asked which commit the revision is now; a commit needs no asking. */
  upToDate: boolean;
};

/** Names of a repository's weights, the best first. */
const customaryNames = [
  "model.safetensors",
  "model.safetensors.index.json",
  "diffusion_pytorch_model.safetensors",
  "open_clip_model.safetensors",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];

/**
 * Fetches weights from the Hugging Face hub, or finds them in its cache. All shards are fetched
 * when the weights are several files, and the repository's README for its licence.
 *
 * - A commit whose files are in the cache is used without asking anybody. For a branch or tag the
 *   hub is asked what it points to; when the hub is not reached, the last commit seen is used, and
 *   `upToDate` is false.
 * - A download that broke off goes on where it ended. Files are checked by length and by the hash
 *   that the hub announces.
 * - The cache is that of Python's huggingface_hub: what one of them has fetched the other finds.
 *
 * @param source `hf:organisation/name[@revision][/file]`
 * @throws {HubError} When it cannot be fetched; the code tells why
 * @throws {SyntaxError} When the source is not of that form
 *
 * @example
 * ```ts
 * import { fetchWeights } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const env = { HF_HOME: Deno.makeTempDirSync(), HF_HUB_OFFLINE: "1" };
 * await assert.rejects(fetchWeights("hf:timm/resnet18.tv_in1k", { env }), {
 *   name: "HubError",
 *   code: "offline",
 *   message: 'Cannot fetch "hf:timm/resnet18.tv_in1k@main": HF_HUB_OFFLINE is set, and the cache ' +
 *     `"${env.HF_HOME}/hub" has no such weights`,
 * });
 * ```
 */
export function fetchWeights(
  source: string,
  options: FetchOptions = {},
): Promise<FetchedWeights> {
  return cachedOrFetched(source, {
    options,
    find: findCached,
    fetch: (cached, reference, request) => fetchOnline({ cached, reference, request, options }),
  });
}

/** What the cache has of a source, if it is up to date or the hub is not reached; else what is fetched. */
async function cachedOrFetched<F extends { upToDate: boolean }>(
  source: string,
  { options, find, fetch }: {
    options: FetchOptions;
    find: (cached: CachedRepository, reference: HubReference) => F | undefined;
    fetch: (cached: CachedRepository, reference: HubReference, request: HubRequest) => Promise<F>;
  },
): Promise<F> {
  const reference = parseHubReference(source);
  const settings = hubSettings({ env: options.env });
  const cached = new CachedRepository(settings.cache, reference.repository);
  const local = find(cached, reference);
  if (local && (local.upToDate || settings.offline)) return local;
  if (settings.offline) {
    throw new HubError(
      "offline",
      formatHubReference(reference),
      `HF_HUB_OFFLINE is set, and the cache "${settings.cache}" has no such weights`,
    );
  }
  const { timeout = 30_000, retryDelay = 1000 } = options;
  const request = { ...settings, timeout, retryDelay, signal: options.signal };
  try {
    return await fetch(cached, reference, request);
  } catch (error) {
    const unreachable = error instanceof HubError && ["network", "server"].includes(error.code);
    if (local && unreachable) return local;
    throw error;
  }
}

/** A folder of the hub, here. */
export type FetchedFolder = {
  /** On this machine. */
  folder: string;
  /** What was fetched, with the commit as revision. */
  reference: HubReference;
  /** Whether the hub was asked which commit the revision is now; a commit needs no asking. */
  upToDate: boolean;
};

/**
 * Fetches several files of a repository, as {@linkcode fetchWeights} fetches one of weights: a whole model
 * with its settings.
 *
 * @param source `hf:organisation/name[@revision]`
 * @param options `choose`: the files that are wanted of those that there are; throws where one is missing
 * @throws {HubError} When they cannot be fetched; the code tells why
 * @throws {SyntaxError} When the source is not of that form
 */
export async function fetchFolder(
  source: string,
  { choose, ...options }: FetchOptions & {
    choose: (files: readonly string[]) => readonly string[];
  },
): Promise<FetchedFolder> {
  if (parseHubReference(source).file !== undefined) {
    throw new SyntaxError(
      `Cannot fetch a folder of "${source}": wanted hf:organisation/name@revision, without a file`,
    );
  }
  return await cachedOrFetched(source, {
    options,
    find: (cached, reference) => findFolder(cached, { reference, choose }),
    async fetch(cached, reference, request) {
      const { commit, files } = await askRevision(reference, request);
      const pinned = { ...reference, revision: commit };
      for (const file of choose(files)) {
        const path = await fetchFile(cached, { ...pinned, file }, { request, options });
        for (const shard of listShards(path)) {
          await fetchFile(cached, { ...pinned, file: beside(file, shard) }, { request, options });
        }
      }
      cached.rememberCommit(reference.revision, commit);
      return { folder: cached.path(commit, "."), reference: pinned, upToDate: true };
    },
  });
}

/** The folder as the cache has it, when it has all that is wanted. */
function findFolder(cached: CachedRepository, { reference, choose }: {
  reference: HubReference;
  choose: (files: readonly string[]) => readonly string[];
}): FetchedFolder | undefined {
  const commit = cached.commit(reference.revision);
  if (commit === undefined) return undefined;
  try {
    const wanted = choose(cached.files(commit));
    const shards = wanted.flatMap((file) =>
      listShards(cached.path(commit, file)).map((shard) => beside(file, shard))
    );
    if (!shards.every((shard) => cached.has(commit, shard))) return undefined;
  } catch {
    return undefined; // Some are missing
  }
  return {
    folder: cached.path(commit, "."),
    reference: { ...reference, revision: commit },
    upToDate: commit === reference.revision,
  };
}

async function fetchOnline(
  { cached, reference, request, options }: {
    cached: CachedRepository;
    reference: HubReference;
    request: HubRequest;
    options: FetchOptions;
  },
): Promise<FetchedWeights> {
  const { commit, files } = await askRevision(reference, request);
  const file = reference.file ?? chooseFile(reference, files);
  const pinned = { ...reference, revision: commit, file };
  const path = await fetchFile(cached, pinned, { request, options });
  const shards = listShards(path);
  for (const shard of shards) {
    await fetchFile(cached, { ...pinned, file: beside(file, shard) }, { request, options });
  }
  if (files.includes("README.md")) {
    await fetchFile(cached, { ...pinned, file: "README.md" }, { request, options: {} });
  }
  cached.rememberCommit(reference.revision, commit); // Last, when all of it is here
  return {
    reference: pinned,
    path,
    files: shards.length > 0 ? shards.map((shard) => beside(file, shard)) : [file],
    upToDate: true,
  };
}

/** Fetches one file of a commit, unless it is there. */
async function fetchFile(
  cached: CachedRepository,
  reference: HubReference & { file: string },
  { request, options }: { request: HubRequest; options: FetchOptions },
): Promise<string> {
  const { revision: commit, file } = reference;
  if (cached.has(commit, file)) return cached.path(commit, file);
  const metadata = await askFile(reference, request);
  await downloadBlob(cached, {
    ...request,
    reference,
    metadata,
    onBytes: (done) =>
      options.onProgress?.({
        what: file,
        done: done / 1e6,
        total: metadata.byteLength / 1e6,
        unit: "MB",
      }),
    onWait: () =>
      options.onProgress?.({ message: `Waiting for another process that fetches ${file}` }),
  });
  return cached.link(commit, file, metadata.hash);
}

/** The weights as the cache has them, when it has all of them. */
function findCached(
  cached: CachedRepository,
  reference: HubReference,
): FetchedWeights | undefined {
  const commit = cached.commit(reference.revision);
  if (commit === undefined) return undefined;
  const file = reference.file ??
    customaryNames.find((name) => cached.has(commit, name)) ??
    onlyWeights(cached.files(commit));
  if (file === undefined || !cached.has(commit, file)) return undefined;
  const path = cached.path(commit, file);
  const shards = listShards(path).map((shard) => beside(file, shard));
  if (!shards.every((shard) => cached.has(commit, shard))) return undefined;
  return {
    reference: { ...reference, revision: commit, file },
    path,
    files: shards.length > 0 ? shards : [file],
    upToDate: commit === reference.revision,
  };
}

function chooseFile(reference: HubReference, files: string[]): string {
  const found = customaryNames.find((name) => files.includes(name)) ?? onlyWeights(files);
  if (found !== undefined) return found;
  const weights = files.filter(isWeights);
  const source = formatHubReference(reference);
  if (weights.length === 0) {
    const some = files.slice(0, 8).join(", ") + (files.length > 8 ? ", …" : "");
    throw new HubError(
      "no-weights",
      source,
      `the repository has no .safetensors, .bin, .pt or .pth file (it has ${some || "no file"})`,
    );
  }
  const some = weights.slice(0, 8).join(", ") + (weights.length > 8 ? ", …" : "");
  throw new HubError(
    "several-weights",
    source,
    `the repository has several files of weights, name one of them: ${some}`,
  );
}

function onlyWeights(files: string[]): string | undefined {
  const weights = files.filter(isWeights);
  return weights.length === 1 ? weights[0] : undefined;
}

function isWeights(file: string): boolean {
  return /\.(safetensors|bin|pt|pth)$/.test(file);
}

function beside(file: string, shard: string): string {
  const folder = dirname(file);
  return folder === "." ? shard : `${folder}/${shard}`;
}
