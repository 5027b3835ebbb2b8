/**
 * What of a pipeline learns: its networks, adapters beside them, or the vectors of a new word.
 *
 * @module
 */

import type { DiffusionLora } from "../models/mod.ts";
import { addLora, type Lora, type LoraOptions, type LoraTargets, Module } from "../nn/mod.ts";
import { refuseOutside, refuseUnknown } from "../options.ts";
import { type LearnedToken, withLearnedTokens } from "../prompts/mod.ts";
import { foldIn, type Key, tf } from "../tensorflow/mod.ts";
import { checkPipeline, type Pipeline } from "./pipeline.ts";

/** Some parameters of a pipeline that learn, while the others stay: what `trainPipeline` takes. */
export type Adaptation = {
  /** What generates, as far as it has learnt. */
  readonly pipeline: Pipeline;
  /** What is trained, and nothing else: what the checkpoints of a run hold. */
  readonly model: Module;
  /** A word that captions must have in them for anything to be learnt. */
  readonly word?: string;
};

/** A network of a pipeline that can learn. */
export type PipelinePart = "unet" | "textEncoder";

/** Whatever is trained, under names that tell whose it is. */
class Trained<C> extends Module {
  readonly config: C;
  readonly #parts: Readonly<Record<string, Module | tf.Variable>>;

  constructor(parts: Readonly<Record<string, Module | tf.Variable>>, config: C) {
    super();
    [this.#parts, this.config] = [parts, config];
  }

  override get modelName(): string {
    return "the trained part of the pipeline";
  }

  protected override members(): [string, unknown][] {
    return Object.entries(this.#parts);
  }
}

/** What files call the parts. */
const NAMES = { unet: "unet", textEncoder: "text_encoder" } as const;

/**
 * All parameters of the U-Net, of the text encoder, or of both learn. Save what they come to with
 * `savePipeline`.
 *
 * @param options `parts`. @default {["unet"]}
 * @throws {RangeError} When there is no such part
 *
 * @example
 * ```ts
 * import { adaptWhole, AutoencoderCodec } from "galaxykit/generation";
 * import { autoencoderConfigs, AutoencoderKL, UNet2DConditionModel, unetConfigs } from "galaxykit/models";
 * import { ddim } from "galaxykit/diffusion";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const unet = new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) });
 * const { model } = adaptWhole({
 *   unet,
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   sampler: ddim({ clipSample: false }),
 * });
 * assert.equal(model.parameterCount(), unet.parameterCount());
 * ```
 */
export function adaptWhole(
  pipeline: Pipeline,
  { parts = ["unet"] }: { parts?: readonly PipelinePart[] } = {},
): Adaptation {
  const networks = networksOf(pipeline, parts, { what: "train a pipeline" });
  const config = Object.fromEntries(
    Object.entries(networks).map(([part, { config }]) => [NAMES[part as PipelinePart], config]),
  );
  return { pipeline, model: new Trained(named(networks), config) };
}

/** Options of {@linkcode adaptByLora}. */
export type LoraAdaptationOptions = Pick<LoraOptions, "rank" | "alpha" | "name"> & {
  /** Whose layers are adapted. @default {["unet"]} */
  parts?: readonly PipelinePart[];
  /** Which layers. @default {the four of every attention} */
  targets?: { readonly [part in PipelinePart]?: LoraTargets };
  /** Where the first values come from. */
  key: Key;
};

/** The linear layers of attentions, by the ends of their names. */
const ATTENTION: Record<PipelinePart, LoraTargets> = {
  unet: ["to_q", "to_k", "to_v", "to_out.0"],
  textEncoder: ["q_proj", "k_proj", "v_proj", "out_proj"],
};

/**
 * Adapters beside the layers of a pipeline learn (LoRA: Hu et al. 2021, arXiv:2106.09685), and nothing
 * else. Write them with `saveDiffusionLora`, in the dialect that is wanted; `remove()` of each takes them
 * off again.
 *
 * @returns Also `loras`, the adapters
 * @throws {RangeError} When there is no such part or layer, or an option is out of its range; the
 * pipeline is then as it was
 *
 * @example
 * ```ts
 * import { adaptByLora, AutoencoderCodec } from "galaxykit/generation";
 * import {
 *   autoencoderConfigs,
 *   AutoencoderKL,
 *   saveDiffusionLora,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { ddim } from "galaxykit/diffusion";
 * import { key } from "galaxykit/tensorflow";
 *
 * const { loras } = adaptByLora({
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   sampler: ddim({ clipSample: false }),
 * }, { rank: 4, key: key(3) });
 * saveDiffusionLora(`${Deno.makeTempDirSync()}/style.safetensors`, loras, { dialect: "kohya" });
 * ```
 */
export function adaptByLora(
  pipeline: Pipeline,
  options: LoraAdaptationOptions,
): Adaptation & { readonly loras: DiffusionLora } {
  const what = "adapt a pipeline";
  refuseUnknown(options, {
    ...{ rank: true, alpha: true, name: true, parts: true, targets: true, key: true },
  }, { what });
  const { parts = ["unet"], rank = 4, alpha = rank, name, key } = options;
  refuseUnknown(options.targets ?? {}, { unet: true, textEncoder: true }, { what });
  const networks = networksOf(pipeline, parts, { what });
  const loras: { [part in PipelinePart]?: Lora } = {};
  try {
    for (const [at, [part, network]] of Object.entries(networks).entries()) {
      const own = foldIn(key, at);
      const targets = options.targets?.[part as PipelinePart] ?? ATTENTION[part as PipelinePart];
      loras[part as PipelinePart] = addLora(network, {
        ...{ targets, rank, alpha, key: own },
        ...(name !== undefined && { name }),
      });
      own.dispose();
    }
  } catch (error) {
    for (const lora of Object.values(loras)) lora.remove();
    throw error;
  }
  const config = Object.fromEntries(
    Object.entries(loras).map(([part, { config }]) => [NAMES[part as PipelinePart], config]),
  );
  return { pipeline, model: new Trained(named(loras), { lora: config }), loras };
}

/** Options of {@linkcode adaptByToken}. */
export type TokenAdaptationOptions = {
  /** The new word, such as "<ring>": captions and prompts have it in them. */
  token: string;
  /** A text that means something near: the mean of its tokens is what learning begins with. */
  from: string;
  /** How many vectors the word has. @default {1} */
  vectors?: number;
};

/**
 * The vectors of a new word learn, and nothing else (textual inversion: Gal et al. 2022,
 * arXiv:2208.01618). The pipeline that is returned knows the word. Write it with `saveTextualInversion`.
 *
 * @returns Also `learned()`, the word as it is now
 * @throws {RangeError} When the tokenizer knows the word, or has learnt others; when `from` is empty
 * @throws {TypeError} When the pipeline reads no text
 *
 * @example
 * ```ts
 * import { adaptByToken, AutoencoderCodec } from "galaxykit/generation";
 * import {
 *   autoencoderConfigs,
 *   AutoencoderKL,
 *   clipTextConfigs,
 *   ClipTextModel,
 *   UNet2DConditionModel,
 *   unetConfigs,
 * } from "galaxykit/models";
 * import { ddim } from "galaxykit/diffusion";
 * import { byteVocabulary, ClipTokenizer, saveTextualInversion } from "galaxykit/prompts";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const { learned, model } = adaptByToken({
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   textEncoder: new ClipTextModel({ ...clipTextConfigs.tiny, vocab_size: 514 }, { key: key(3) }),
 *   tokenizer: new ClipTokenizer(byteVocabulary([]), { contextLength: 16 }),
 *   sampler: ddim({ clipSample: false }),
 * }, { token: "<ring>", from: "ring", vectors: 2 });
 * assert.equal(model.parameterCount(), 2 * 32);
 * saveTextualInversion(`${Deno.makeTempDirSync()}/ring.safetensors`, [learned()]);
 * ```
 */
export function adaptByToken(
  pipeline: Pipeline,
  options: TokenAdaptationOptions,
): Adaptation & { learned(): LearnedToken } {
  const what = "learn a word";
  refuseUnknown(options, { token: true, from: true, vectors: true }, { what });
  const { token, from, vectors = 1 } = options;
  refuseOutside({ vectors }, { vectors: "whole [1, ∞)" }, { what });
  checkPipeline(pipeline);
  const { textEncoder, tokenizer, width } = readerOf(pipeline, { what });
  const near = tokenizer.encode(from);
  if (near.length === 0) {
    throw new RangeError(
      `Cannot ${what}: from must be a text that means something near, found "${from}"`,
    );
  }
  const { weight } = textEncoder.text_model.embeddings.token_embedding;
  const first = tf.tidy(() => tf.mean(tf.gather(weight, tf.tensor1d(near, "int32")), 0));
  const row = first.dataSync() as Float32Array;
  first.dispose();
  const values = new Float32Array(vectors * width);
  for (let at = 0; at < vectors; at++) values.set(row, at * width);
  const { tokenizer: extended } = withLearnedTokens(tokenizer, [{ token, values, width }]);
  const learned = tf.tidy(() => tf.variable(tf.tensor2d(values, [vectors, width])));
  return {
    pipeline: { ...pipeline, tokenizer: extended, learned },
    model: new Trained({ learned }, { ...options, vectors }),
    word: token,
    learned: () => ({ token, values: learned.dataSync() as Float32Array, width }),
  };
}

/**
 * The pipeline with words that were learnt before, such as `openTextualInversion` gives. Dispose of
 * `learned` with the pipeline.
 *
 * @throws {RangeError} When a word is known, or is learnt for a text encoder of another width
 * @throws {TypeError} When the pipeline reads no text
 *
 * @example
 * ```ts
 * import { AutoencoderCodec, encodePrompts, withWords } from "galaxykit/generation";
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
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pipeline = withWords({
 *   unet: new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   textEncoder: new ClipTextModel({ ...clipTextConfigs.tiny, vocab_size: 514 }, { key: key(3) }),
 *   tokenizer: new ClipTokenizer(byteVocabulary([]), { contextLength: 16 }),
 *   sampler: ddim({ clipSample: false }),
 * }, [{ token: "<ring>", values: new Float32Array(32).fill(0.1), width: 32 }]);
 * assert.deepEqual(encodePrompts(pipeline, ["a <ring>"]).embeddings.shape, [1, 16, 32]);
 * ```
 */
export function withWords(pipeline: Pipeline, words: readonly LearnedToken[]): Pipeline {
  const what = "add words";
  const { tokenizer, width } = readerOf(pipeline, { what });
  const other = words.find((word) => word.width !== width);
  if (other !== undefined) {
    throw new RangeError(
      `Cannot ${what}: vectors of "${other.token}" must be ${width} numbers, found ${other.width}; it was learnt for another text encoder`,
    );
  }
  const { tokenizer: extended, vectors, shape } = withLearnedTokens(tokenizer, words);
  return { ...pipeline, tokenizer: extended, learned: tf.tensor2d(vectors, shape) };
}

/** What reads text, and has learnt no word yet. */
function readerOf(pipeline: Pipeline, { what }: { what: string }) {
  const { textEncoder, tokenizer } = pipeline;
  if (textEncoder === undefined || tokenizer === undefined) {
    throw new TypeError(`Cannot ${what}: the pipeline has no text encoder that could read it`);
  }
  const { hidden_size: width, vocab_size: known } = textEncoder.config;
  if (pipeline.learned !== undefined) {
    throw new RangeError(`Cannot ${what}: the pipeline has learnt words before; take it without`);
  }
  if (tokenizer.size !== known) {
    throw new RangeError(
      `Cannot ${what}: its tokenizer has ${tokenizer.size} tokens, its text encoder knows ${known}; wanted as many, for new ones to come after`,
    );
  }
  return { textEncoder, tokenizer, width };
}

function networksOf(
  pipeline: Pipeline,
  parts: readonly PipelinePart[],
  { what }: { what: string },
) {
  checkPipeline(pipeline);
  if (parts.length === 0) {
    throw new RangeError(`Cannot ${what}: parts must be of unet and textEncoder, found none`);
  }
  return Object.fromEntries(parts.map((part) => {
    const network = Object.hasOwn(NAMES, part) ? pipeline[part] : undefined;
    if (network !== undefined) return [part, network];
    throw new RangeError(
      `Cannot ${what}: ${
        Object.hasOwn(NAMES, part)
          ? `it has no ${part}`
          : `parts must be of unet and textEncoder, found "${part}"`
      }`,
    );
  }));
}

/** By the names of files. */
function named<T>(parts: { readonly [part in PipelinePart]?: T }): Record<string, T> {
  return Object.fromEntries(
    Object.entries(parts).map(([part, value]) => [NAMES[part as PipelinePart], value]),
  );
}
