/**
 * The cache of Hugging Face's libraries, shared with them:
 *
 * ```txt
 * models--timm--resnet18.tv_in1k/
 *   refs/main                    the commit that the branch was last seen at
 *   blobs/HASH                   contents, by SHA-256 (large files) or git's SHA-1 (small ones)
 *   snapshots/COMMIT/FILE        links to the blobs
 * .locks/models--…/HASH.lock     who downloads
 * ```
 *
 * Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { temporaryName, writeFileAtomic } from "../../files.ts";
import { isCommit } from "./reference.ts";

/** One repository in the cache; nothing need be there. */
export class CachedRepository {
  readonly folder: string;

  constructor(readonly cache: string, readonly repository: string) {
    this.folder = join(cache, folderName(repository));
  }

  /** The commit of a revision, as last seen; undefined when it never was. */
  commit(revision: string): string | undefined {
    if (isCommit(revision)) return revision;
    try {
      const commit = Deno.readTextFileSync(join(this.folder, "refs", revision)).trim();
      return isCommit(commit) ? commit : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Remembers what a branch or tag points to. */
  rememberCommit(revision: string, commit: string): void {
    if (revision === commit || this.commit(revision) === commit) return;
    writeFileAtomic(join(this.folder, "refs", revision), commit);
  }

  /** Branches and tags that were seen, with their commits. */
  refs(): Record<string, string> {
    const names = filesBelow(join(this.folder, "refs"));
    return Object.fromEntries(
      names.map((name) => [name, this.commit(name)]).filter(([, commit]) => commit !== undefined),
    );
  }

  /** Commits of which there are files. */
  commits(): string[] {
    return foldersIn(join(this.folder, "snapshots")).filter(isCommit);
  }

  /** The files of a commit that are there, their targets too. */
  files(commit: string): string[] {
    const folder = join(this.folder, "snapshots", commit);
    return filesBelow(folder).filter((name) => existsSync(join(folder, name)));
  }

  /** Where a file of a commit is, or would be. */
  path(commit: string, file: string): string {
    return join(this.folder, "snapshots", commit, file);
  }

  has(commit: string, file: string): boolean {
    return existsSync(this.path(commit, file));
  }

  blob(hash: string): string {
    return join(this.folder, "blobs", hash);
  }

  /** The hash of a file: the name of the blob that it links to; undefined for a plain file. */
  hash(commit: string, file: string): string | undefined {
    try {
      const target = Deno.readLinkSync(this.path(commit, file));
      return target.match(/(?:^|[/\\])blobs[/\\]([0-9a-f]{40}|[0-9a-f]{64})$/)?.[1];
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  lock(hash: string): string {
    return join(this.cache, ".locks", folderName(this.repository), `${hash}.lock`);
  }

  /** Makes a file of a commit a link to a blob, in one step. */
  link(commit: string, file: string, hash: string): string {
    const path = this.path(commit, file);
    Deno.mkdirSync(dirname(path), { recursive: true });
    const temporary = temporaryName(path);
    Deno.symlinkSync(relative(dirname(path), this.blob(hash)), temporary);
    Deno.renameSync(temporary, path);
    return path;
  }
}

/** The model repositories that a cache holds, by name. */
export function cachedRepositories(cache: string): CachedRepository[] {
  return foldersIn(cache)
    .filter((name) => /^models--[^-].*--/.test(name))
    .sort()
    .map((name) => new CachedRepository(cache, name.split("--").slice(1).join("/")));
}

function folderName(repository: string): string {
  return ["models", ...repository.split("/")].join("--");
}

function foldersIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Paths of the files in a folder and below it, with "/", in order; those of writers at work not. */
function filesBelow(folder: string, prefix = ""): string[] {
  if (!existsSync(folder)) return [];
  return [...Deno.readDirSync(folder)]
    .filter(({ name }) => !/^\..+\.\d+\.[0-9a-f]{8}$/.test(name))
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? filesBelow(join(folder, name), `${prefix}${name}/`) : [`${prefix}${name}`]
    ).sort();
}

function isAbsent(error: unknown): boolean {
  // InvalidInput: readLink of what is no link
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    (error as { code?: string }).code === "EINVAL";
}
