/**
 * The two layers of a transformer that look at each token alone.
 *
 * @module
 */

import { type Key, linear, tf } from "../tensorflow/mod.ts";
import { GELU } from "./activation.ts";
import { Conv2d } from "./conv.ts";
import { type Initializer, splitKey } from "./init.ts";
import { Linear } from "./linear.ts";
import { type CallOptions, Layer } from "./module.ts";

/** A 1x1 convolution as a matrix product, which TensorFlow fuses with the GELU after it. */
class PointwiseConv2d extends Conv2d {
  override call(x: tf.Tensor): tf.Tensor {
    const [, , inputs, outputs] = this.weight.shape as tf.Tensor4D["shape"];
    return linear(x, tf.reshape(this.weight, [inputs, outputs]), this.bias);
  }
}

/** A linear layer, an activation, and a linear layer back, under timm's names. */
export class Mlp extends Layer {
  readonly fc1: Linear | Conv2d;
  readonly act: Layer;
  readonly fc2: Linear | Conv2d;

  constructor(features: number, options: {
    /** Values between the two layers. */
    hidden: number;
    /** Between the two layers. @default {GELU} */
    activation?: Layer;
    /** Whether files hold 1x1 convolutions, [out, in, 1, 1]: the same sums. @default {false} */
    convolutions?: boolean;
    /** @default {kaimingUniform} */
    init?: Initializer;
    /** @default {kaimingUniform} */
    biasInit?: Initializer;
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
  }) {
    super();
    const { hidden, activation = new GELU(), convolutions = false, key, ...inits } = options;
    this.act = activation;
    const [first, second] = splitKey(key);
    this.fc1 = convolutions
      ? new PointwiseConv2d(features, hidden, { kernelSize: 1, ...inits, key: first })
      : new Linear(features, hidden, { ...inits, key: first });
    this.fc2 = convolutions
      ? new Conv2d(hidden, features, { kernelSize: 1, ...inits, key: second })
      : new Linear(hidden, features, { ...inits, key: second });
    tf.dispose([first, second]);
  }

  /** @param x [..., features] */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return this.fc2.call(this.act.call(this.fc1.call(x, options)), options);
  }
}
