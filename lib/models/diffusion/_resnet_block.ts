/**
 * The convolutions of diffusion models, under diffusers' names.
 *
 * @module
 */

import {
  type CallOptions,
  Conv2d,
  Dropout,
  GroupNorm,
  Layer,
  Linear,
  splitKey,
} from "../../nn/mod.ts";
import type { Initializer } from "../../nn/mod.ts";
import { type Key, type Padding, resize, silu, tf } from "../../tensorflow/mod.ts";

/** What every layer of a U-Net is told beside its input. */
export type Conditions = CallOptions & {
  /** Of the time and the class, after its activation, [batch, width]. */
  embedding?: tf.Tensor;
  /** What is attended to, such as the tokens of a text, [batch, tokens, width]. */
  context?: tf.Tensor;
  /** Added to the scores of the context's tokens, [batch, 1, 1, tokens]. */
  bias?: tf.Tensor;
};

/** Settings of {@linkcode ResnetBlock}. */
export type ResnetBlockOptions = {
  groups: number;
  epsilon: number;
  /** Width of the embedding; none without. */
  embedding?: number;
  /** Whether the embedding scales and shifts, and not just shifts. @default {false} */
  scaleShift?: boolean;
  /** @default {0} */
  dropout?: number;
  /** First values of the second convolution. @default {kaimingUniform} */
  lastInit?: Initializer;
  key?: Key;
};

/** Two convolutions beside their input, each after a normalisation and SiLU. */
export class ResnetBlock extends Layer {
  readonly norm1: GroupNorm;
  readonly conv1: Conv2d;
  readonly time_emb_proj?: Linear;
  readonly norm2: GroupNorm;
  readonly dropout: Dropout;
  readonly conv2: Conv2d;
  readonly conv_shortcut?: Conv2d;
  readonly #scaleShift: boolean;

  constructor(inChannels: number, outChannels: number, options: ResnetBlockOptions) {
    super();
    const { groups, epsilon, embedding, scaleShift = false, dropout = 0, lastInit } = options;
    const keys = splitKey(options.key, 4);
    const conv = { kernelSize: 3, padding: 1 };
    this.norm1 = new GroupNorm(groups, inChannels, { epsilon });
    this.conv1 = new Conv2d(inChannels, outChannels, { ...conv, key: keys[0] });
    if (embedding !== undefined) {
      const values = scaleShift ? 2 * outChannels : outChannels;
      this.time_emb_proj = new Linear(embedding, values, { key: keys[1] });
    }
    this.norm2 = new GroupNorm(groups, outChannels, { epsilon });
    this.dropout = new Dropout(dropout);
    const last = { init: lastInit, biasInit: lastInit };
    this.conv2 = new Conv2d(outChannels, outChannels, { ...conv, ...last, key: keys[2] });
    if (inChannels !== outChannels) {
      this.conv_shortcut = new Conv2d(inChannels, outChannels, { kernelSize: 1, key: keys[3] });
    }
    this.#scaleShift = scaleShift;
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options: Conditions = {}): tf.Tensor {
    return tf.tidy(() => {
      const first = this.conv1.call(silu(this.norm1.call(x)), options);
      const own = this.#embed(options);
      const changed = this.#scaleShift && own
        ? scaledAndShifted(this.norm2.call(first), own)
        : this.norm2.call(own === undefined ? first : tf.add(first, own));
      const y = this.conv2.call(this.dropout.call(silu(changed), options), options);
      return tf.add(this.conv_shortcut?.call(x, options) ?? x, y);
    });
  }

  /** What the embedding says to each channel, [batch, 1, 1, values]. */
  #embed({ embedding, ...options }: Conditions): tf.Tensor | undefined {
    if (this.time_emb_proj === undefined || embedding === undefined) return undefined;
    const values = this.time_emb_proj.call(embedding, options);
    return tf.reshape(values, [values.shape[0]!, 1, 1, values.shape[1]!]);
  }
}

/** Adaptive group normalisation (Dhariwal and Nichol 2021, arXiv:2105.05233). */
function scaledAndShifted(x: tf.Tensor, values: tf.Tensor): tf.Tensor {
  const [scale, shift] = tf.split(values, 2, -1);
  return tf.add(tf.mul(x, tf.add(scale!, 1)), shift!);
}

/** Half the size, by a convolution of stride 2. */
export class Downsample extends Layer {
  readonly conv: Conv2d;

  constructor(channels: number, { padding, key }: { padding: Padding; key?: Key }) {
    super();
    this.conv = new Conv2d(channels, channels, { kernelSize: 3, stride: 2, padding, key });
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return this.conv.call(x, options);
  }
}

/** Nearest neighbours, twice as large or of a size that is told, and a convolution. */
export class Upsample extends Layer {
  readonly conv: Conv2d;

  constructor(channels: number, { key }: { key?: Key } = {}) {
    super();
    this.conv = new Conv2d(channels, channels, { kernelSize: 3, padding: 1, key });
  }

  call(
    x: tf.Tensor,
    { size, ...options }: CallOptions & { size?: readonly [number, number] } = {},
  ): tf.Tensor {
    const [, height, width] = x.shape as tf.Tensor4D["shape"];
    const wanted = size ?? [2 * height, 2 * width];
    return tf.tidy(() => this.conv.call(resize(x, wanted, { method: "nearest" }), options));
  }
}
