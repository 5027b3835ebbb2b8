/**
 * Tokens that textual inversion learned (Gal et al. 2022, "An image is worth one word",
 * arXiv:2208.01618), in the files of diffusers, of AUTOMATIC1111's web UI and of HCP-Diffusion.
 *
 * @module
 */

import { basename } from "node:path";
import { type OpenOptions, openWeights, toFloat32, writeSafetensors } from "../weights/mod.ts";
import type { ClipTokenizer } from "./clip_tokenizer.ts";

/** A word with vectors of its own. */
export type LearnedToken = {
  /** Such as "<ring>". */
  readonly token: string;
  /** [vectors, width], one after the other. */
  readonly values: Float32Array;
  /** How wide a vector is: as a token of the text encoder. */
  readonly width: number;
};

/** Under which files hold vectors without their word. */
const NAMELESS = ["*", "emb_params"];

/**
 * Reads learned tokens.
 *
 * @param source A file, or what else `openWeights` takes
 * @param options `token`: the word, where the file holds one. @default {the file's, or its name}
 * @throws {RangeError} When the file does not hold vectors, or several words where one is named
 *
 * @example
 * ```ts
 * import { openTextualInversion, saveTextualInversion } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/learned_embeds.safetensors`;
 * saveTextualInversion(path, [{ token: "<ring>", values: Float32Array.of(1, 2, 3, 4), width: 2 }]);
 * const [{ token, values, width }] = await openTextualInversion(path);
 * assert.deepEqual([token, values.length / width], ["<ring>", 2]);
 * ```
 */
export async function openTextualInversion(
  source: string,
  { token, ...options }: OpenOptions & { token?: string } = {},
): Promise<LearnedToken[]> {
  using file = await openWeights(source, options);
  if (token !== undefined && file.names.length !== 1) {
    throw new RangeError(
      `Cannot call the tokens of "${source}" "${token}": it holds ${file.names.length} (${
        file.names.slice(0, 3).join(", ")
      })`,
    );
  }
  const called = basename(source).replace(/\.[^.]+$/, "");
  return file.names.map((name) => {
    const { shape } = file.info(name);
    const width = shape.at(-1) ?? 0;
    if (shape.length < 1 || shape.length > 2 || width === 0) {
      throw new RangeError(
        `Cannot read learned tokens in "${source}": "${name}" is [${shape}], wanted [width] or [vectors, width]`,
      );
    }
    const values = toFloat32(file.get(name));
    return { token: token ?? (NAMELESS.includes(name) ? called : name), values, width };
  });
}

/** Writes learned tokens, as diffusers reads them. */
export function saveTextualInversion(path: string, tokens: readonly LearnedToken[]): void {
  const tensors = tokens.map(({ token, values, width }) =>
    [token, { dtype: "F32", shape: [values.length / width, width], data: values }] as const
  );
  writeSafetensors(path, Object.fromEntries(tensors));
}

/**
 * A tokenizer with learned tokens, and the vectors that its text encoder is to be given for them:
 * `added` of `ClipTextModel.encode`, after those that were there before.
 *
 * @throws {RangeError} When the vectors are of different widths, or a word is in the vocabulary
 *
 * @example
 * ```ts
 * import { byteVocabulary, ClipTokenizer, withLearnedTokens } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * const plain = new ClipTokenizer(byteVocabulary([]));
 * const learned = { token: "<ring>", values: Float32Array.of(1, 2, 3, 4), width: 2 };
 * const { tokenizer, vectors, shape } = withLearnedTokens(plain, [learned]);
 * assert.deepEqual(tokenizer.encode("<ring>"), [514, 515]);
 * assert.deepEqual([shape, vectors], [[2, 2], Float32Array.of(1, 2, 3, 4)]);
 * ```
 */
export function withLearnedTokens(
  tokenizer: ClipTokenizer,
  learned: readonly LearnedToken[],
): { tokenizer: ClipTokenizer; vectors: Float32Array; shape: [vectors: number, width: number] } {
  const [first] = learned;
  const other = learned.find(({ width }) => width !== first?.width);
  if (first === undefined || other !== undefined) {
    throw new RangeError(
      `Cannot add learned tokens: ${
        other === undefined
          ? "there are none"
          : `"${other.token}" has vectors of ${other.width} numbers, "${first!.token}" of ${
            first!.width
          }`
      }`,
    );
  }
  const counts = learned.map(({ token, values, width }) => [token, values.length / width] as const);
  const vectors = Float32Array.from(learned.flatMap(({ values }) => [...values]));
  return {
    tokenizer: tokenizer.withTokens(Object.fromEntries(counts)),
    vectors,
    shape: [vectors.length / first.width, first.width],
  };
}
