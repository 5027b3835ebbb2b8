/**
 * How a file on the Hugging Face hub is named: `hf:timm/resnet18.tv_in1k@main/model.safetensors`.
 *
 * @module
 */

/** A model repository, and perhaps one file of it. */
export type HubReference = {
  /** `organisation/name`. */
  repository: string;
  /** A branch, a tag or a commit. */
  revision: string;
  /** Path in the repository; undefined to find the weights by their customary names. */
  file?: string;
};

/** Whether a text names something on the hub, rather than a path. */
export function isHubSource(source: string): boolean {
  return source.startsWith("hf:");
}

/**
 * Reads `hf:organisation/name[@revision][/path/to/file]` (`hf://` is the same). A slash in a
 * revision is written `%2F`, but for `refs/pr/N` and `refs/convert/NAME`.
 *
 * @throws {SyntaxError} When it is not of that form
 *
 * @example
 * ```ts
 * import { parseHubReference } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseHubReference("hf:timm/resnet18.tv_in1k@v1/model.safetensors"), {
 *   repository: "timm/resnet18.tv_in1k",
 *   revision: "v1",
 *   file: "model.safetensors",
 * });
 * ```
 */
export function parseHubReference(source: string): HubReference {
  const match = source.match(
    /^hf:(?:\/\/)?([^/@]+\/[^/@]+)(?:@(refs\/(?:pr|convert)\/[^/]+|[^/]+))?(?:\/(.+))?$/,
  );
  const [repository = "", revision = "main", file] = match?.slice(1) ?? [];
  const plain = decode(revision);
  if (!isRepository(repository) || plain === undefined || !isRelative(plain) || !isFile(file)) {
    throw new SyntaxError(
      `Cannot read "${source}" as a model on the hub: wanted hf:organisation/name@revision/file, of which @revision and /file may be left out`,
    );
  }
  return file === undefined
    ? { repository, revision: plain }
    : { repository, revision: plain, file };
}

/** The text that {@linkcode parseHubReference} reads. */
export function formatHubReference({ repository, revision, file }: HubReference): string {
  const at = /^refs\/(pr|convert)\/[^/]+$/.test(revision) ? revision : encode(revision);
  return `hf:${repository}@${at}${file === undefined ? "" : `/${file}`}`;
}

/** Whether a revision is a commit, which never changes. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Whether a path stays below the folder that it starts from, on every system. */
export function isRelative(path: string): boolean {
  return path.split("/").every((part) => /^[^\\:\0]+$/.test(part) && part !== "." && part !== "..");
}

/** The hub's rule: letters, digits, `-`, `_` and `.`, no `--` and no `..`. */
function isRepository(name: string): boolean {
  return name.split("/").every((part) => /^\w([\w.-]{0,94}\w)?$/.test(part)) &&
    !/--|\.\./.test(name);
}

function isFile(file: string | undefined): boolean {
  return file === undefined || isRelative(file);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // A lone "%"
  }
}

/** What a URL's path segment holds, with the slashes. */
export function encode(text: string): string {
  return encodeURIComponent(text);
}
