/**
 * The two layers of a transformer that look at each token alone.
 *
 * @module
 */

import { type Key, split, tf } from "../tensorflow/mod.ts";
import { GELU } from "./activation.ts";
import { Conv2d } from "./conv.ts";
import { type Initializer, kaimingUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { type CallOptions, Layer } from "./module.ts";

/** A linear layer, a GELU, and a linear layer back, under timm's names. */
export class Mlp extends Layer {
  readonly fc1: Linear | Conv2d;
  readonly act = new GELU();
  readonly fc2: Linear | Conv2d;

  constructor(features: number, { hidden, convolutions = false, init = kaimingUniform, key }: {
    /** Values between the two layers. */
    hidden: number;
    /** Whether files hold 1x1 convolutions, [out, in, 1, 1]: the same sums. @default {false} */
    convolutions?: boolean;
    /** @default {kaimingUniform} */
    init?: Initializer;
    /** Where the first values come from. */
    key: Key;
  }) {
    super();
    const [first, second] = split(key) as [Key, Key];
    function layer(inputs: number, outputs: number, key: Key): Linear | Conv2d {
      return convolutions
        ? new Conv2d(inputs, outputs, { kernelSize: 1, init, key })
        : new Linear(inputs, outputs, { init, key });
    }
    this.fc1 = layer(features, hidden, first);
    this.fc2 = layer(hidden, features, second);
    tf.dispose([first, second]);
  }

  /** @param x [..., features] */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return this.fc2.call(this.act.call(this.fc1.call(x, options)), options);
  }
}
