/**
 * Attention and transformers of diffusion models, under diffusers' names.
 *
 * @module
 */

import {
  type CallOptions,
  Conv2d,
  GroupNorm,
  Layer,
  LayerNorm,
  Linear,
  splitKey,
  zeros,
} from "../../nn/mod.ts";
import { gelu, type Key, scaledDotProductAttention, tf } from "../../tensorflow/mod.ts";
import type { Conditions } from "./_resnet_block.ts";

/** Of tokens to each other, or to those of a context. */
class Attention extends Layer {
  readonly to_q: Linear;
  readonly to_k: Linear;
  readonly to_v: Linear;
  readonly to_out: readonly [Linear];
  readonly heads: number;

  constructor(width: number, { heads, context = width, bias = false, key }: {
    heads: number;
    /** Width of the context's tokens. @default {width} */
    context?: number;
    /** Of queries, keys and values. @default {false} */
    bias?: boolean;
    key?: Key;
  }) {
    super();
    const keys = splitKey(key, 4);
    this.to_q = new Linear(width, width, { bias, key: keys[0] });
    this.to_k = new Linear(context, width, { bias, key: keys[1] });
    this.to_v = new Linear(context, width, { bias, key: keys[2] });
    this.to_out = [new Linear(width, width, { key: keys[3] })];
    this.heads = heads;
    tf.dispose(keys);
  }

  call(x: tf.Tensor, { context = x, bias, ...options }: Conditions = {}): tf.Tensor {
    const [q, k, v] = [[this.to_q, x], [this.to_k, context], [this.to_v, context]] as const;
    const split = ([layer, tokens]: readonly [Linear, tf.Tensor]) => {
      const values = layer.call(tokens, options);
      const [batch, count, width] = values.shape as [number, number, number];
      const parts = tf.reshape(values, [batch, count, this.heads, width / this.heads]);
      return tf.transpose(parts, [0, 2, 1, 3]);
    };
    const mixed = scaledDotProductAttention(split(q), split(k), split(v), { mask: bias });
    const together = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape);
    return this.to_out[0].call(together, options);
  }
}

/** Attention of the pixels to each other, after a normalisation and beside the image. */
export class ImageAttention extends Attention {
  readonly group_norm: GroupNorm;

  constructor(channels: number, { groups, epsilon, ...options }: {
    groups: number;
    epsilon: number;
    heads: number;
    key?: Key;
  }) {
    super(channels, { ...options, bias: true });
    this.group_norm = new GroupNorm(groups, channels, { epsilon });
  }

  override call(x: tf.Tensor, { training, key }: Conditions = {}): tf.Tensor {
    return tf.tidy(() => {
      const tokens = asTokens(this.group_norm.call(x));
      return tf.add(x, tf.reshape(super.call(tokens, { training, key }), x.shape));
    });
  }
}

/** A linear layer whose outputs are half values, half gates (Shazeer 2020, arXiv:2002.05202). */
class GEGLU extends Layer {
  readonly proj: Linear;

  constructor(inFeatures: number, outFeatures: number, { key }: { key?: Key }) {
    super();
    this.proj = new Linear(inFeatures, 2 * outFeatures, { key });
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const [values, gates] = tf.split(this.proj.call(x, options), 2, -1);
    return tf.mul(values!, gelu(gates!));
  }
}

/** Attention to the tokens themselves, attention to the context, and two linear layers. */
class TransformerBlock extends Layer {
  readonly norm1: LayerNorm;
  readonly attn1: Attention;
  readonly norm2: LayerNorm;
  readonly attn2: Attention;
  readonly norm3: LayerNorm;
  readonly ff: { net: { 0: GEGLU; 2: Linear } };

  constructor(width: number, { heads, context, key }: {
    heads: number;
    context: number;
    key?: Key;
  }) {
    super();
    const keys = splitKey(key, 4);
    this.norm1 = new LayerNorm(width);
    this.attn1 = new Attention(width, { heads, key: keys[0] });
    this.norm2 = new LayerNorm(width);
    this.attn2 = new Attention(width, { heads, context, key: keys[1] });
    this.norm3 = new LayerNorm(width);
    const [wide, narrow] = [
      new GEGLU(width, 4 * width, { key: keys[2] }),
      new Linear(4 * width, width, { key: keys[3] }),
    ];
    this.ff = { net: { 0: wide, 2: narrow } };
    tf.dispose(keys);
  }

  call(x: tf.Tensor, { context, bias, ...options }: Conditions = {}): tf.Tensor {
    return tf.tidy(() => {
      const { 0: wide, 2: narrow } = this.ff.net;
      const y = tf.add(x, this.attn1.call(this.norm1.call(x), options));
      const z = tf.add(y, this.attn2.call(this.norm2.call(y), { context, bias, ...options }));
      return tf.add(z, narrow.call(wide.call(this.norm3.call(z), options), options));
    });
  }
}

/** Transformer blocks over the pixels of an image, beside it. */
export class Transformer extends Layer {
  readonly norm: GroupNorm;
  readonly proj_in: Linear | Conv2d;
  readonly transformer_blocks: readonly TransformerBlock[];
  readonly proj_out: Linear | Conv2d;

  constructor(channels: number, { groups, depth, linear, key, ...block }: {
    groups: number;
    heads: number;
    context: number;
    depth: number;
    /** Whether the layers at both ends are linear, and not 1x1 convolutions: the same, stored otherwise. */
    linear: boolean;
    key?: Key;
  }) {
    super();
    const keys = splitKey(key, depth + 2);
    this.norm = new GroupNorm(groups, channels, { epsilon: 1e-6 });
    const project = (options: { key?: Key; init?: typeof zeros; biasInit?: typeof zeros }) =>
      linear
        ? new Linear(channels, channels, options)
        : new Conv2d(channels, channels, { kernelSize: 1, ...options });
    this.proj_in = project({ key: keys[0] });
    this.transformer_blocks = keys.slice(2)
      .map((key) => new TransformerBlock(channels, { ...block, key }));
    this.proj_out = project({ key: keys[1], init: zeros, biasInit: zeros });
    tf.dispose(keys);
  }

  call(x: tf.Tensor, conditions: Conditions = {}): tf.Tensor {
    const { training, key } = conditions;
    return tf.tidy(() => {
      const start = asTokens(this.proj_in.call(this.norm.call(x), { training, key }));
      const tokens = this.transformer_blocks
        .reduce((value, block) => block.call(value, conditions), start);
      const image = tf.reshape(tokens, x.shape);
      return tf.add(x, this.proj_out.call(image, { training, key }));
    });
  }
}

/** [batch, height, width, channels] to [batch, pixels, channels]. */
function asTokens(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [x.shape[0]!, -1, x.shape[x.rank - 1]!]);
}
