/**
 * What generates images: its parts, and whether they fit each other.
 *
 * @module
 */

import { type Sampler, type SamplerName, samplerNamed, swapSampler } from "../diffusion/mod.ts";
import type { ClipTextModel, UNet2DConditionModel } from "../models/mod.ts";
import { attendsToContext } from "../models/diffusion/unet_config.ts";
import type { ClipTokenizer } from "../prompts/mod.ts";
import type { tf } from "../tensorflow/mod.ts";
import type { LatentCodec } from "./latent_codec.ts";

/**
 * The parts that generate images: plain values, of which each may be taken from elsewhere. The
 * functions of this room take it first.
 */
export type Pipeline = {
  /** What removes noise. */
  readonly unet: UNet2DConditionModel;
  /** What makes images of its latents: {@linkcode AutoencoderCodec}, or one of your own. */
  readonly codec: LatentCodec;
  /** What reads prompts, where the U-Net looks at them. */
  readonly textEncoder?: ClipTextModel;
  /** What makes the text encoder's numbers of prompts. */
  readonly tokenizer?: ClipTokenizer;
  /**
   * Vectors of tokens beyond the text encoder's vocabulary, [n, width]: what `withLearnedTokens` gives
   * for its tokenizer. @default {none}
   */
  readonly learned?: tf.Tensor;
  /** How noise is removed, unless a call takes another. */
  readonly sampler: Sampler;
};

/** Whether the U-Net looks at the tokens of a prompt. */
export function takesText({ unet }: Pipeline): boolean {
  return attendsToContext(unet.config);
}

/**
 * Refuses parts that do not fit each other.
 *
 * @throws {TypeError} Naming both, and what each wants
 */
export function checkPipeline(pipeline: Pipeline): void {
  const { unet, codec, textEncoder, tokenizer } = pipeline;
  const { in_channels, out_channels, cross_attention_dim } = unet.config;
  const refuse = (reason: string): never => {
    throw new TypeError(`Cannot use the pipeline: ${reason}`);
  };
  if (in_channels !== codec.latentChannels) {
    refuse(
      `its U-Net takes latents of ${in_channels} channels, its codec has ${codec.latentChannels}`,
    );
  }
  if (out_channels !== in_channels) {
    refuse(`its U-Net gives ${out_channels} channels for ${in_channels}, wanted as many`);
  }
  if (!takesText(pipeline)) return;
  if ((textEncoder === undefined) !== (tokenizer === undefined)) {
    refuse(
      `it has a ${textEncoder ? "textEncoder" : "tokenizer"} without a ${
        textEncoder ? "tokenizer" : "textEncoder"
      }`,
    );
  }
  if (textEncoder === undefined) return;
  const { hidden_size, max_position_embeddings, vocab_size } = textEncoder.config;
  const widths = [cross_attention_dim].flat();
  if (!widths.includes(hidden_size)) {
    refuse(
      `its U-Net looks at tokens of width ${
        widths[0]
      }, those of its text encoder are ${hidden_size} wide`,
    );
  }
  const { contextLength } = tokenizer!.options;
  if (contextLength > max_position_embeddings) {
    refuse(
      `its tokenizer gives ${contextLength} tokens, its text encoder reads ${max_position_embeddings}`,
    );
  }
  const known = vocab_size + (pipeline.learned?.shape[0] ?? 0);
  if (tokenizer!.size > known) {
    refuse(
      `its tokenizer has ${
        tokenizer!.size
      } tokens, its text encoder knows ${known}; vectors of learned tokens belong in learned`,
    );
  }
}

/**
 * The sampler of a run: the pipeline's own, another, or one by name in the place of its own.
 *
 * @throws {RangeError} For a name that there is not, with the nearest; for a sampler that would cut latents off as
 * if they were pixels
 */
export function samplerOf(
  { sampler, codec }: Pipeline,
  chosen: Sampler | SamplerName | undefined = sampler,
): Sampler {
  const isPixels = codec.factor === 1;
  const swapped = typeof chosen === "string" ? swapSampler(sampler, { to: chosen }) : undefined;
  if (swapped !== undefined) return isPixels ? swapped : latentSampler(swapped);
  const found = chosen as Sampler;
  const cut = (["clipSample", "thresholding"] as const).find((name) => found.settings[name]);
  if (cut === undefined || isPixels) return found;
  throw new RangeError(
    `Cannot use the sampler ${found.name}: its ${cut} must be false, as latents are no pixels, to be cut off at their range; found true`,
  );
}

/** The sampler without cutting off at ±1, which is for pixels: as diffusers' pipelines of latents have it. */
export function latentSampler(sampler: Sampler): Sampler {
  if (sampler.settings.clipSample !== true) return sampler;
  return samplerNamed(sampler.name, { ...sampler.settings, clipSample: false });
}
