/**
 * Prompts: from what a person writes to the numbers that a text encoder takes.
 *
 * ```ts
 * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * // Or await fetchClipTokenizer(), or openTokenizer("stable-diffusion-v1-5/tokenizer")
 * const tokenizer = new ClipTokenizer(byteVocabulary([["a", "r"], ["ar", "m</w>"]]));
 * assert.deepEqual(tokenizer.tokens("Arm"), ["arm</w>"]);
 * ```
 *
 * @module
 */

export { type BytePairs, byteVocabulary } from "./byte_pairs.ts";
export { type Cleaning, type CleaningName, cleanings } from "./cleaning.ts";
export {
  type AddedToken,
  ClipTokenizer,
  type Padding,
  type TokenizedTexts,
  type TokenizerOptions,
} from "./clip_tokenizer.ts";
export {
  clipVocabularyPath,
  clipVocabularySource,
  fetchClipTokenizer,
  openTokenizer,
  readClipMerges,
  saveTokenizer,
} from "./tokenizer_folder.ts";
export { trainBytePairs } from "./train_byte_pairs.ts";
export { type WeighedPrompt, weighEmbeddings, weighPrompt } from "./prompt_weights.ts";
export {
  type LearnedToken,
  openTextualInversion,
  saveTextualInversion,
  withLearnedTokens,
} from "./textual_inversion.ts";
