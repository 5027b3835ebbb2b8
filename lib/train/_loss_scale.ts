/**
 * Dynamic loss scaling (Micikevicius et al. 2017, arXiv:1710.03740, section 3.2), as PyTorch's
 * `GradScaler`: gradients too small for half precision are computed of a larger loss.
 *
 * @module
 */

import { type JitOptions, tf } from "../tensorflow/mod.ts";
import type { Named } from "./optimizers.ts";

/** Steps without an overflow after which the factor doubles. */
const GROWTH_INTERVAL = 2000;

/** A factor that finds its size by itself. */
export class LossScale {
  readonly #factor = tf.tidy(() => tf.variable(tf.scalar(2 ** 16), false));
  readonly #good = tf.tidy(() => tf.variable(tf.scalar(0), false));

  /** What the next step depends on. */
  readonly state: Named<tf.Variable> = { "scale/factor": this.#factor, "scale/good": this.#good };

  /** The loss, scaled. */
  up(loss: tf.Tensor): tf.Tensor {
    return tf.mul(loss, this.#factor);
  }

  /** Gradients of the scaled loss as those of the loss. */
  down(gradients: Named<tf.Tensor>): Record<string, tf.Tensor> {
    return Object.fromEntries(
      Object.entries(gradients).map(([name, g]) => [name, tf.div(g, this.#factor)]),
    );
  }

  /**
   * Does `move`, or leaves the variables as they were where the gradients' norm is not finite.
   *
   * @returns The norm; 0 for a step that was left out, as long as a smaller factor may help
   */
  unlessOverflown(norm: tf.Tensor, move: () => void, moved: readonly tf.Variable[]): tf.Tensor {
    const before = moved.map((variable) => tf.clone(variable));
    const isGood = tf.isFinite(norm);
    move();
    moved.forEach((variable, at) =>
      variable.assign(tf.where(isGood, variable as tf.Tensor, before[at]!))
    );
    const canShrink = tf.greater(this.#factor, 1);
    const grows = tf.greaterEqual(this.#good, GROWTH_INTERVAL - 1);
    const good = tf.mul(this.#factor, tf.where(grows, tf.scalar(2), tf.scalar(1)));
    const steps = tf.where(grows, tf.scalar(0), tf.add(this.#good, 1));
    this.#factor.assign(
      tf.where(isGood, good, tf.maximum(tf.div(this.#factor, 2), 1)) as tf.Scalar,
    );
    this.#good.assign(tf.where(isGood, steps, tf.scalar(0)) as tf.Scalar);
    const leftOut = tf.logicalAnd(tf.logicalNot(isGood), canShrink);
    return tf.where(leftOut, tf.zerosLike(norm), norm);
  }

  /** Frees the state. */
  [Symbol.dispose](): void {
    for (const variable of Object.values(this.state)) variable.dispose();
  }
}

type Scaling = Pick<JitOptions, "precision"> & { lossScale?: "dynamic" | "none" };

/** How a training scales its loss: as it is told, or as its precision needs it. */
export function scalingOf({ precision, lossScale }: Scaling): "dynamic" | "none" {
  return lossScale ?? (precision === "float16" ? "dynamic" : "none");
}

/** The scale of a training, where it wants one. */
export function lossScaleOf(options: Scaling): LossScale | undefined {
  return scalingOf(options) === "dynamic" ? new LossScale() : undefined;
}
