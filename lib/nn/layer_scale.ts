/**
 * Layer scale.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";
import { Layer } from "./module.ts";

/**
 * A trained factor for each channel of a residual branch, small at first (Touvron et al. 2021,
 * arXiv:2103.17239).
 */
export class LayerScale extends Layer {
  /** [channels]. */
  readonly gamma: tf.Variable;

  constructor(channels: number, { initial = 1e-5 }: {
    /** The first value of every factor. @default {1e-5} */
    initial?: number;
  } = {}) {
    super();
    this.gamma = this.parameter(tf.fill([channels], initial));
  }

  /** @param x [..., channels] */
  call(x: tf.Tensor): tf.Tensor {
    return tf.mul(x, this.gamma);
  }
}
