/**
 * CLIP's text encoder (Radford et al. 2021, "Learning transferable visual models from natural language
 * supervision", arXiv:2103.00020; OpenAI's code, MIT), under the names and with the configuration of
 * transformers' `CLIPTextModel` and `CLIPTextModelWithProjection` (Apache-2.0): what tells Stable
 * Diffusion the prompt.
 *
 * @module
 */

import {
  Embedding,
  GELU,
  type Initializer,
  LayerNorm,
  Linear,
  Mlp,
  Module,
  QuickGELU,
  splitKey,
  zeros,
} from "../nn/mod.ts";
import { type OptionNames, refuseOther, refuseOutside, refuseUnknown } from "../options.ts";
import {
  batchGather,
  embedding,
  type Key,
  scaledDotProductAttention,
  tf,
} from "../tensorflow/mod.ts";
import { normalOf } from "./_init.ts";

/** Settings of {@linkcode ClipTextModel}, by transformers' names: what a `config.json` holds. */
export type ClipTextConfig = {
  /** Tokens. @default {49,408} */
  vocab_size: number;
  /** Width of a token. @default {512} */
  hidden_size: number;
  /** Width inside the layers that see a token alone. @default {2048} */
  intermediate_size: number;
  /** @default {12} */
  num_hidden_layers: number;
  /** @default {8} */
  num_attention_heads: number;
  /** The longest text, in tokens. @default {77} */
  max_position_embeddings: number;
  /**
   * `"quick_gelu"` of OpenAI's weights (Stable Diffusion 1), `"gelu"` of LAION's (Stable Diffusion 2).
   *
   * @default {"quick_gelu"}
   */
  hidden_act: "quick_gelu" | "gelu";
  /** Added to the variance in normalisations. @default {1e-5} */
  layer_norm_eps: number;
  /** Width of the projection, where there is one. @default {512} */
  projection_dim: number;
  /**
   * The token whose place the pooled text is taken from. 2 is what files of before July 2023 say: then
   * it is the place of the largest number, which in CLIP's vocabulary is the end of the text.
   *
   * @default {49,407}
   */
  eos_token_id: number;
  /** Whether a projection of the pooled text belongs to it. @default {false} */
  with_projection: boolean;
};

const DEFAULTS: ClipTextConfig = {
  ...{ vocab_size: 49_408, hidden_size: 512, intermediate_size: 2048, num_hidden_layers: 12 },
  ...{ num_attention_heads: 8, max_position_embeddings: 77, hidden_act: "quick_gelu" },
  ...{ layer_norm_eps: 1e-5, projection_dim: 512, eos_token_id: 49_407, with_projection: false },
};

/** The names of all settings. */
export const clipTextSettings = Object.keys(DEFAULTS) as readonly (keyof ClipTextConfig)[];

/**
 * Configurations by name: the text encoders of Stable Diffusion 1.5 (OpenAI's ViT-L/14; 123 million
 * parameters) and 2.1 (LAION's ViT-H/14 without its last layer; 340 million), `small` for two cores,
 * `tiny` for tests.
 */
export const clipTextConfigs = {
  sd15: {
    ...{ hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12 },
    ...{ projection_dim: 768, eos_token_id: 2 },
  },
  sd21: {
    ...{ hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16 },
    ...{ num_hidden_layers: 23, hidden_act: "gelu", eos_token_id: 2 },
  },
  small: {
    ...{ hidden_size: 128, intermediate_size: 512, num_hidden_layers: 2, num_attention_heads: 4 },
    ...{ max_position_embeddings: 32, projection_dim: 128 },
  },
  tiny: {
    ...{ vocab_size: 1000, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, max_position_embeddings: 16, projection_dim: 24 },
    eos_token_id: 999,
  },
} as const satisfies Readonly<Record<string, Partial<ClipTextConfig>>>;

/** What a text becomes. */
export type EncodedText = {
  /** [batch, tokens, width], after the last normalisation. */
  tokens: tf.Tensor3D;
  /** [batch, width]: the token at the end of the text, of all layers. */
  pooled: tf.Tensor2D;
  /** [batch, projection]: the pooled text's projection, where the encoder has one. */
  projected?: tf.Tensor2D;
  /**
   * Before the first layer and after each, before the last normalisation, where they were asked for.
   */
  hiddenStates?: tf.Tensor3D[];
};

/** How texts are encoded. */
export type EncodeOptions = {
  /**
   * [batch, tokens], 1 for what may be looked at and 0 for padding. Stable Diffusion has none: its
   * tokens look at the padding, too.
   *
   * @default {none}
   */
  mask?: tf.Tensor;
  /**
   * How many of the last layers the tokens are taken before ("clip skip"); the last normalisation is
   * applied all the same.
   *
   * @default {0}
   */
  skip?: number;
  /** Whether `hiddenStates` are wanted. @default {false} */
  hiddenStates?: boolean;
  /**
   * [n, width], vectors of tokens beyond the vocabulary, such as textual inversion learns: number
   * `vocab_size` is the first. Gradients reach them.
   *
   * @default {none}
   */
  added?: tf.Tensor;
};

/** Attention of tokens to those before them. */
class Attention extends Module {
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly q_proj: Linear;
  readonly out_proj: Linear;
  readonly #heads: number;

  constructor(width: number, { heads, init, outInit, key }: {
    heads: number;
    init: Initializer;
    outInit: Initializer;
    key?: Key;
  }) {
    super();
    const keys = splitKey(key, 4);
    const linear = (at: number) =>
      new Linear(width, width, { init, biasInit: zeros, key: keys[at] });
    this.k_proj = linear(0);
    this.v_proj = linear(1);
    this.q_proj = linear(2);
    this.out_proj = new Linear(width, width, { init: outInit, biasInit: zeros, key: keys[3] });
    this.#heads = heads;
    tf.dispose(keys);
  }

  call(x: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
    const [batch, tokens, width] = x.shape as [number, number, number];
    const split = (layer: Linear) =>
      tf.transpose(
        layer.call(x).reshape([batch, tokens, this.#heads, width / this.#heads]),
        [0, 2, 1, 3],
      );
    const mixed = scaledDotProductAttention(
      split(this.q_proj),
      split(this.k_proj),
      split(this.v_proj),
      { mask, causal: true },
    );
    return this.out_proj.call(tf.transpose(mixed, [0, 2, 1, 3]).reshape(x.shape));
  }
}

/** Attention and two linear layers, each after a normalisation and beside its input. */
class EncoderLayer extends Module {
  readonly self_attn: Attention;
  readonly layer_norm1: LayerNorm;
  readonly mlp: Mlp;
  readonly layer_norm2: LayerNorm;

  constructor(config: ClipTextConfig, { key }: { key?: Key }) {
    super();
    const { hidden_size: width, layer_norm_eps: epsilon, num_hidden_layers: depth } = config;
    const [forAttention, forMlp] = splitKey(key);
    // Less the deeper the encoder is, as its authors start it
    const init = normalOf((2 * width * depth) ** -0.5);
    this.self_attn = new Attention(width, {
      ...{ heads: config.num_attention_heads, init, outInit: normalOf(width ** -0.5) },
      key: forAttention,
    });
    this.layer_norm1 = new LayerNorm(width, { epsilon });
    this.mlp = new Mlp(width, {
      hidden: config.intermediate_size,
      activation: config.hidden_act === "gelu" ? new GELU() : new QuickGELU(),
      init: (key, weight) =>
        weight.fanIn === width ? normalOf((2 * width) ** -0.5)(key, weight) : init(key, weight),
      biasInit: zeros,
      key: forMlp,
    });
    this.layer_norm2 = new LayerNorm(width, { epsilon });
    tf.dispose([forAttention, forMlp]);
  }

  call(x: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor3D {
    const y = tf.add(x, this.self_attn.call(this.layer_norm1.call(x), mask));
    return tf.add(y, this.mlp.call(this.layer_norm2.call(y))) as tf.Tensor3D;
  }
}

/**
 * CLIP's text encoder: each token looks at those before it. Its numbers are those of `ClipTokenizer`
 * of `galaxykit/prompts`.
 *
 * @example
 * ```ts
 * import { clipTextConfigs, ClipTextModel } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = new ClipTextModel(clipTextConfigs.tiny, { key: key(1) });
 * const ids = tf.tensor2d([[998, 5, 7, 999, 999]], [1, 5], "int32");
 * const { tokens, pooled } = model.encode(ids);
 * assert.deepEqual(tokens.shape, [1, 5, 32]);
 * assert.deepEqual(pooled.shape, [1, 32]); // The first 999
 * ```
 */
export class ClipTextModel extends Module {
  readonly text_model: {
    embeddings: { token_embedding: Embedding; position_embedding: Embedding };
    encoder: { layers: readonly EncoderLayer[] };
    final_layer_norm: LayerNorm;
  };
  readonly text_projection?: Linear;
  readonly #config: ClipTextConfig;

  /**
   * @param config What is missing has transformers' default
   * @param options `key`: where first values come from; without, the values are to be loaded
   * @throws {RangeError} For a setting that is unknown or out of range, and where the heads do not
   * divide the width
   */
  constructor(config: Partial<ClipTextConfig> = {}, { key }: { key?: Key } = {}) {
    super();
    const whole = this.#config = completeConfig(config);
    const { hidden_size: width, num_hidden_layers: depth } = whole;
    const keys = splitKey(key, depth + 3);
    const table = (rows: number, key?: Key) =>
      new Embedding(rows, width, { init: normalOf(0.02), key });
    this.text_model = {
      embeddings: {
        token_embedding: table(whole.vocab_size, keys[0]),
        position_embedding: table(whole.max_position_embeddings, keys[1]),
      },
      encoder: { layers: keys.slice(3).map((key) => new EncoderLayer(whole, { key })) },
      final_layer_norm: new LayerNorm(width, { epsilon: whole.layer_norm_eps }),
    };
    if (whole.with_projection) {
      const init = normalOf(width ** -0.5);
      this.text_projection = new Linear(width, whole.projection_dim, {
        ...{ bias: false, init, key: keys[2] },
      });
    }
    tf.dispose(keys);
  }

  override get modelName(): string {
    return this.#config.with_projection ? "CLIPTextModelWithProjection" : "CLIPTextModel";
  }

  /** What it is made from again: all settings, plain JSON, a copy. */
  get config(): ClipTextConfig {
    return structuredClone(this.#config);
  }

  /**
   * Encodes texts.
   *
   * @param ids int32 [batch, tokens], with start, end and padding. The pooled text is that at the
   * first end of text; where a text has none, at its first token
   * @throws {TypeError} When the numbers, the mask or the added vectors are of another shape
   * @throws {RangeError} When texts are too long, or `skip` is more than there are layers
   */
  encode(ids: tf.Tensor, options: EncodeOptions = {}): EncodedText {
    const { mask, skip = 0, hiddenStates = false, added } = options;
    this.#check(ids, options);
    const { layers } = this.text_model.encoder;
    return tf.tidy(() => {
      const bias = mask && tf.mul(tf.sub(1, tf.cast(mask, "float32")), UNSEEN)
        .reshape([mask.shape[0]!, 1, 1, mask.shape[1]!]);
      const states = [this.#embed(ids, added)];
      for (const layer of layers) states.push(layer.call(states.at(-1)!, bias));
      const normed = (state: tf.Tensor) =>
        this.text_model.final_layer_norm.call(state) as tf.Tensor3D;
      const last = normed(states.at(-1)!);
      const pooled = batchGather(last, this.#ends(ids)).reshape([
        ids.shape[0]!,
        this.#config.hidden_size,
      ]) as tf.Tensor2D;
      return {
        tokens: skip === 0 ? last : normed(states.at(-1 - skip)!),
        pooled,
        ...(this.text_projection &&
          { projected: this.text_projection.call(pooled) as tf.Tensor2D }),
        ...(hiddenStates && { hiddenStates: states }),
      };
    });
  }

  /** The vectors of tokens at their places. */
  #embed(ids: tf.Tensor, added: tf.Tensor | undefined): tf.Tensor3D {
    const { token_embedding, position_embedding } = this.text_model.embeddings;
    const [, tokens] = ids.shape as [number, number];
    const known = this.#config.vocab_size;
    let vectors = added === undefined
      ? token_embedding.call(ids)
      : token_embedding.call(tf.minimum(ids, tf.scalar(known - 1, "int32")));
    if (added !== undefined) {
      const rows = tf.maximum(tf.sub(ids, tf.scalar(known, "int32")), tf.scalar(0, "int32"));
      const isAdded = tf.greaterEqual(ids, tf.scalar(known, "int32")).expandDims(2);
      vectors = tf.where(isAdded, embedding(added, rows), vectors);
    }
    const places = tf.slice(position_embedding.weight, [0, 0], [tokens, -1]);
    return tf.add(vectors, places) as tf.Tensor3D;
  }

  /** Where each text ends, [batch, 1]. */
  #ends(ids: tf.Tensor): tf.Tensor {
    const { eos_token_id: end, vocab_size } = this.#config;
    // Among CLIP's own: an added token has a larger number than the end
    const sought = end === LARGEST
      ? tf.where(tf.less(ids, tf.scalar(vocab_size, "int32")), ids, tf.scalar(-1, "int32"))
      : tf.cast(tf.equal(ids, tf.scalar(end, "int32")), "int32");
    return tf.argMax(sought, 1).expandDims(1);
  }

  #check(ids: tf.Tensor, { mask, skip = 0, added }: EncodeOptions): void {
    const { max_position_embeddings: longest, num_hidden_layers, hidden_size } = this.#config;
    const told = (tensor: tf.Tensor) => `${tensor.dtype} [${tensor.shape}]`;
    if (ids.rank !== 2 || ids.dtype !== "int32") {
      throw new TypeError(
        `Cannot encode texts: numbers of tokens must be int32 [batch, tokens], found ${told(ids)}`,
      );
    }
    if (ids.shape[1]! > longest) {
      throw new RangeError(
        `Cannot encode texts: they have ${
          ids.shape[1]
        } tokens, ${longest} at most; the tokenizer cuts them where its contextLength is ${longest}`,
      );
    }
    if (mask !== undefined && `${mask.shape}` !== `${ids.shape}`) {
      throw new TypeError(
        `Cannot encode texts: the mask must be of the numbers' shape [${ids.shape}], found ${
          told(mask)
        }`,
      );
    }
    if (added !== undefined && (added.rank !== 2 || added.shape[1] !== hidden_size)) {
      throw new TypeError(
        `Cannot encode texts: added vectors must be [n, ${hidden_size}], found ${told(added)}`,
      );
    }
    refuseOutside({ skip }, { skip: `whole [0, ${num_hidden_layers}]` }, { what: "encode texts" });
  }
}

/** What files of before transformers 4.31 have for the end: the place of the largest number. */
const LARGEST = 2;

/** Added to the scores of padding: no number for what nobody sees would be NaN where all is padding. */
const UNSEEN = -1e30;

function completeConfig(given: Partial<ClipTextConfig>): ClipTextConfig {
  const what = { what: "make CLIPTextModel" };
  refuseUnknown(
    given,
    DEFAULTS as unknown as OptionNames<Partial<ClipTextConfig>>,
    what,
  );
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const config: ClipTextConfig = { ...DEFAULTS, ...Object.fromEntries(said) };
  const { hidden_act, layer_norm_eps, with_projection, ...sizes } = config;
  refuseOther({ hidden_act }, { hidden_act: ["quick_gelu", "gelu"] }, what);
  refuseOutside({ layer_norm_eps }, { layer_norm_eps: "(0, 1)" }, what);
  refuseOutside(sizes, {
    ...{
      vocab_size: "whole [1, ∞)",
      hidden_size: "whole [1, ∞)",
      intermediate_size: "whole [1, ∞)",
    },
    ...{ num_hidden_layers: "whole [1, ∞)", num_attention_heads: "whole [1, ∞)" },
    ...{ max_position_embeddings: "whole [1, ∞)", projection_dim: "whole [1, ∞)" },
    eos_token_id: "whole [0, ∞)",
  }, what);
  if (typeof with_projection !== "boolean") {
    throw new TypeError(
      `Cannot make CLIPTextModel: with_projection must be true or false, found ${with_projection}`,
    );
  }
  if (sizes.hidden_size % sizes.num_attention_heads !== 0) {
    throw new RangeError(
      `Cannot make CLIPTextModel: num_attention_heads must divide hidden_size, found ${sizes.num_attention_heads} for ${sizes.hidden_size}`,
    );
  }
  return config;
}
