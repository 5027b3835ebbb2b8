/**
 * The blocks of a U-Net, under diffusers' names.
 *
 * @module
 */

import { type Layer, Module, splitKey, zeros } from "../../nn/mod.ts";
import { checkpoint, type Key, tf } from "../../tensorflow/mod.ts";
import { childOptions } from "../image_model.ts";
import { ImageAttention, Transformer } from "./_attention.ts";
import {
  type Conditions,
  Downsample,
  ResnetBlock,
  type ResnetBlockOptions,
  Upsample,
} from "./_resnet_block.ts";

/** What the blocks of a U-Net are told. */
export type BlockConditions = Conditions & {
  /** Whether the gradient computes each layer again, and nothing inside it is kept. */
  checkpointing?: boolean;
};

/** What follows a residual block: nothing, pixels that look at each other, or at a context, too. */
export type AttentionOptions =
  | { kind: "none" }
  | { kind: "self"; heads: number }
  | { kind: "cross"; heads: number; context: number; depth: number; linear: boolean };

/** What a block is made of. */
export type BlockOptions = {
  /** Channels that each residual block is given. */
  inputs: readonly number[];
  /** Channels that each gives. */
  channels: number;
  attention: AttentionOptions;
  resnet: Omit<ResnetBlockOptions, "key" | "lastInit">;
  key?: Key;
};

/** Residual blocks, and what follows them. */
abstract class Block extends Module {
  readonly resnets: readonly ResnetBlock[];
  readonly attentions: readonly Layer[];

  constructor(
    { inputs, channels, attention, resnet, key }: BlockOptions,
    { attentions }: { attentions: number },
  ) {
    super();
    const keys = splitKey(key, inputs.length + attentions);
    const { groups, epsilon } = resnet;
    this.resnets = inputs.map((width, at) =>
      new ResnetBlock(width, channels, { ...resnet, lastInit: zeros, key: keys[at] })
    );
    this.attentions = attention.kind === "none"
      ? []
      : keys.slice(inputs.length).map((key) =>
        attention.kind === "self"
          ? new ImageAttention(channels, { groups, epsilon, heads: attention.heads, key })
          : new Transformer(channels, { groups, ...attention, key })
      );
    tf.dispose(keys);
  }

  /** Runs a residual block. */
  protected resnet(at: number, x: tf.Tensor, conditions: BlockConditions): tf.Tensor {
    return run(this.resnets[at]!, x, { ...conditions, ...childOptions(conditions, at) });
  }

  /** Runs what follows a residual block. */
  protected attention(at: number, x: tf.Tensor, conditions: BlockConditions): tf.Tensor {
    const layer = this.attentions[at];
    return layer === undefined ? x : run(layer, x, { ...conditions, key: undefined });
  }
}

/** Residual blocks with attention; half the size at the end, in all but the last. */
export class DownBlock extends Block {
  readonly downsamplers?: readonly [Downsample];

  constructor({ isLast, ...options }: BlockOptions & { isLast: boolean }) {
    const [forLayers, forConv] = splitKey(options.key);
    super({ ...options, key: forLayers }, { attentions: options.inputs.length });
    if (!isLast) {
      this.downsamplers = [new Downsample(options.channels, { padding: 1, key: forConv })];
    }
    tf.dispose([forLayers, forConv]);
  }

  /** What each layer gives: the last goes on, all are skipped to the other side. */
  call(x: tf.Tensor, conditions: BlockConditions): tf.Tensor[] {
    const outputs: tf.Tensor[] = [];
    for (const at of this.resnets.keys()) {
      const changed = this.resnet(at, outputs.at(-1) ?? x, conditions);
      outputs.push(this.attention(at, changed, conditions));
    }
    const [conv] = this.downsamplers ?? [];
    return conv === undefined ? outputs : [...outputs, conv.call(outputs.at(-1)!)];
  }
}

/** Residual blocks with attention between them. */
export class MidBlock extends Block {
  constructor(options: BlockOptions) {
    super(options, { attentions: options.inputs.length - 1 });
  }

  call(x: tf.Tensor, conditions: BlockConditions): tf.Tensor {
    return [...this.resnets.keys()].reduce((value, at) => {
      const before = at === 0 ? value : this.attention(at - 1, value, conditions);
      return this.resnet(at, before, conditions);
    }, x);
  }
}

/** Residual blocks that are given skipped outputs, too; twice the size at the end, in all but the last. */
export class UpBlock extends Block {
  readonly upsamplers?: readonly [Upsample];

  constructor({ isLast, ...options }: BlockOptions & { isLast: boolean }) {
    const [forLayers, forConv] = splitKey(options.key);
    super({ ...options, key: forLayers }, { attentions: options.inputs.length });
    if (!isLast) this.upsamplers = [new Upsample(options.channels, { key: forConv })];
    tf.dispose([forLayers, forConv]);
  }

  /**
   * @param x What came from below
   * @param skips As many as there are residual blocks, in their order
   * @param conditions `size` of the output: that of the next skip, which may be odd
   */
  call(
    x: tf.Tensor,
    skips: readonly tf.Tensor[],
    { size, ...conditions }: BlockConditions & { size?: readonly [number, number] },
  ): tf.Tensor {
    const y = skips.reduce((value, skip, at) => {
      const changed = this.resnet(at, tf.concat([value, skip], -1), conditions);
      return this.attention(at, changed, conditions);
    }, x);
    return this.upsamplers?.[0].call(y, { size }) ?? y;
  }
}

/** Runs a layer; with checkpointing its gradient runs it again. */
function run(layer: Layer, x: tf.Tensor, conditions: BlockConditions): tf.Tensor {
  const { checkpointing = false, ...options } = conditions;
  if (!checkpointing) return layer.call(x, options);
  const { embedding, context, bias } = options;
  const given = Object.entries({ embedding, context, bias }).filter(([, value]) => value);
  return checkpoint(
    ([x, ...values]) => {
      const own = Object.fromEntries(given.map(([name], at) => [name, values[at]]));
      return layer.call(x!, { ...options, ...own });
    },
    [x, ...given.map(([, value]) => value!)],
    { variables: layer.parameters() },
  );
}
