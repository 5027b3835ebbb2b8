/**
 * What the cache holds, and whether it is still what was fetched.
 *
 * @module
 */

import type { Environment } from "../../cache.ts";
import { cardLicence } from "../record.ts";
import { cachedRepositories, type CachedRepository } from "./cache.ts";
import { hashFile } from "./download.ts";
import { hubSettings } from "./settings.ts";

/** One commit of a repository in the cache, fetched by this kit or by Python. */
export type CachedModel = {
  /** `organisation/name`. */
  repository: string;
  commit: string;
  /** Branches and tags that pointed to it when they were last seen. */
  revisions: string[];
  /** What its model card says; undefined without one. */
  licence?: string;
  files: CachedFile[];
};

/** A file of a commit. */
export type CachedFile = {
  /** Path in the repository. */
  name: string;
  /** Where it is on this machine. */
  path: string;
  byteLength: number;
  /** SHA-256 (64 digits) or git's SHA-1 (40); undefined for a file that is no link to a blob. */
  hash?: string;
};

/**
 * Lists the models in the Hugging Face cache, by name.
 *
 * @param options.env The environment, for HF_HOME. @default {this process's}
 *
 * @example
 * ```ts
 * import { listCachedModels } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(listCachedModels({ env: { HF_HOME: Deno.makeTempDirSync() } }), []);
 * ```
 */
export function listCachedModels(options: { env?: Environment } = {}): CachedModel[] {
  return cachedRepositories(hubSettings(options).cache).flatMap((cached) => {
    const refs = Object.entries(cached.refs());
    return cached.commits().map((commit) => {
      const licence = cardLicence(cached.path(commit, "README.md"));
      return {
        repository: cached.repository,
        commit,
        revisions: refs.filter(([, seen]) => seen === commit).map(([name]) => name),
        ...(licence === undefined ? {} : { licence }),
        files: cached.files(commit).map((name) => describeFile(cached, commit, name)),
      };
    });
  });
}

function describeFile(cached: CachedRepository, commit: string, name: string): CachedFile {
  const path = cached.path(commit, name);
  const hash = cached.hash(commit, name);
  return {
    name,
    path,
    byteLength: Deno.statSync(path).size,
    ...(hash === undefined ? {} : { hash }),
  };
}

/**
 * Hashes a file of the cache anew: true when it is what was fetched, undefined when the cache does
 * not say what that was.
 *
 * @param options.signal Stops it
 * @param options.onBytes Called with the bytes read so far
 */
export async function verifyCachedFile(
  { path, hash }: CachedFile,
  options: { signal?: AbortSignal; onBytes?: (done: number) => void } = {},
): Promise<boolean | undefined> {
  if (hash === undefined) return undefined;
  return await hashFile(path, hash, options) === hash;
}

/** Removes a file and its content, so that the next fetch gets it anew. */
export function removeCachedFile({ path }: CachedFile): void {
  const blob = Deno.realPathSync(path);
  Deno.removeSync(path);
  if (blob !== path) Deno.removeSync(blob);
}
