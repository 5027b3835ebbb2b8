/**
 * Prompts as the U-Net looks at them.
 *
 * @module
 */

import {
  type ClipTokenizer,
  type TokenizedTexts,
  weighEmbeddings,
  weighPrompt,
} from "../prompts/mod.ts";
import { tf } from "../tensorflow/mod.ts";
import type { Pipeline } from "./pipeline.ts";

/** How prompts are read. */
export type PromptOptions = {
  /** How many of the text encoder's last layers are left out ("clip skip"). @default {0} */
  clipSkip?: number;
  /**
   * Whether a prompt that is too long loses its end. @default {false: it is refused, told what would be
   * cut}
   */
  truncate?: boolean;
  /**
   * Whether a prompt with weights in it keeps its mean, as in GalaxySD. Not for a text encoder whose
   * means are nearly 0. @default {true}
   */
  restoreMean?: boolean;
};

/** Prompts as tensors. */
export type PromptEmbeddings = {
  /** [prompts, tokens, width]. */
  readonly embeddings: tf.Tensor3D;
  /** int32 [prompts, tokens]: 0 where padding is. */
  readonly mask: tf.Tensor2D;
};

/** Prompts that the text encoder reads at once. */
const AT_ONCE = 16;

/**
 * Encodes prompts, with the weights in them: `{dust lane:1.2}`.
 *
 * @throws {TypeError} When the pipeline reads no text
 * @throws {RangeError} For a prompt that is too long, told what would be cut
 * @throws {SyntaxError} For braces that are not balanced, with their place
 *
 * @example The prompt between two
 * ```ts
 * import { AutoencoderCodec, encodePrompts, textToImage } from "galaxykit/generation";
 * import {
 *   autoencoderConfigs,
 *   AutoencoderKL,
 *   clipTextConfigs,
 *   ClipTextModel,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { ddim } from "galaxykit/diffusion";
 * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pipeline = {
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   textEncoder: new ClipTextModel(clipTextConfigs.tiny, { key: key(3) }),
 *   tokenizer: new ClipTokenizer(byteVocabulary([]), { contextLength: 16 }),
 *   sampler: ddim({ clipSample: false }),
 * };
 * const { embeddings } = encodePrompts(pipeline, ["a ring", "two arms"]);
 * const promptEmbeddings = tf.mean(embeddings, 0, true) as tf.Tensor3D;
 * const { images } = await textToImage(pipeline, { promptEmbeddings, steps: 2 });
 * assert.equal(images.length, 1);
 * ```
 */
export function encodePrompts(
  { textEncoder, tokenizer, learned }: Pipeline,
  prompts: readonly string[],
  { clipSkip = 0, truncate = false, restoreMean = true }: PromptOptions = {},
): PromptEmbeddings {
  if (textEncoder === undefined || tokenizer === undefined) {
    throw new TypeError(
      `Cannot encode prompts: the pipeline has no ${
        textEncoder === undefined ? "text encoder" : "tokenizer"
      }; give promptEmbeddings, and negativeEmbeddings for guidance`,
    );
  }
  const weighed = prompts.map((prompt) => weighPrompt(prompt, tokenizer));
  const { ids, mask, shape } = tokensOf(tokenizer, weighed.map(({ text }) => text), {
    ...{ truncate, written: prompts },
  });
  return tf.tidy(() => {
    const all = tf.tensor2d(ids, [...shape], "int32");
    const parts = [];
    for (let from = 0; from < prompts.length; from += AT_ONCE) {
      const count = Math.min(AT_ONCE, prompts.length - from);
      const encoded = textEncoder.encode(tf.slice(all, [from, 0], [count, -1]), {
        skip: clipSkip,
        ...learned && { added: learned },
      });
      const weights = weighed.slice(from, from + count).map(({ weights }) => weights);
      const isWeighed = weights.some(({ length }) => length > 0);
      parts.push(
        isWeighed ? weighEmbeddings(encoded.tokens, weights, { restoreMean }) : encoded.tokens,
      );
    }
    return {
      embeddings: tf.concat(parts) as tf.Tensor3D,
      mask: tf.tensor2d(mask, [...shape], "int32"),
    };
  });
}

/**
 * The tokens of texts, none of which may be too long unless its end may be cut.
 *
 * @param options `written`: the texts as they were given
 */
export function tokensOf(
  tokenizer: ClipTokenizer,
  texts: readonly string[],
  { truncate, written = texts }: { truncate: boolean; written?: readonly string[] },
): TokenizedTexts {
  const found = tokenizer.call(texts);
  const at = truncate ? -1 : found.cut.findIndex((rest) => rest !== "");
  if (at < 0) return found;
  const count = tokenizer.encode(texts[at]!).length + 2;
  throw new RangeError(
    `Cannot encode the prompt "${written[at]}": it has ${count} tokens with start and end, and ${
      found.shape[1]
    } are read, so that "${
      found.cut[at]
    }" would be cut; shorten it, or let it be cut (truncate: true)`,
  );
}
