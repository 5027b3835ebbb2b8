/**
 * The network that a perfect training would come to, in closed form: of what samplers and noise schedules
 * do to images it shows everything, and nothing of what a network failed to learn.
 *
 * @module
 */

import { noiseOf, type Plan, type SamplerState } from "../../diffusion/mod.ts";
import { key, tf } from "../../tensorflow/mod.ts";

/**
 * Tells the image in a noisy one with the least mean squared error, where images are one of n alike: their
 * mean, weighed by how likely each is behind the noise (Karras et al. 2022, arXiv:2206.00364, equation 57).
 *
 * | here       | there                                                           |
 * | ---------- | --------------------------------------------------------------- |
 * | `#images`  | y_i, [n, rows · columns · channels]                             |
 * | `#looks`   | y_i as they are compared: see `#comparable`                     |
 * | `image`    | D(x; σ)                                                         |
 */
export class IdealDenoiser implements Disposable {
  readonly #images: tf.Tensor2D;
  readonly #looks: tf.Tensor2D;
  readonly #squares: tf.Tensor2D;
  readonly #shape: readonly [rows: number, columns: number, channels: number];
  readonly #offset: number;

  /**
   * @param images [n, rows, columns, channels]
   * @param options `noiseOffset`: of the noise that was trained with. @default {0}
   */
  constructor(images: tf.Tensor4D, { noiseOffset = 0 }: { noiseOffset?: number } = {}) {
    const [count, ...shape] = images.shape;
    [this.#shape, this.#offset] = [shape, noiseOffset];
    [this.#images, this.#looks, this.#squares] = tf.tidy(() => {
      const rows = images.reshape([count, -1]) as tf.Tensor2D;
      const looks = this.#comparable(rows);
      return [rows.clone(), looks, tf.sum(tf.square(looks), 1).reshape([1, count]) as tf.Tensor2D];
    });
  }

  /** What a network that predicts the noise, or the velocity, gives of `signal · image + noise · ε`. */
  predict(
    noisy: tf.Tensor,
    { signal, noise, type }: { signal: number; noise: number; type: "epsilon" | "v_prediction" },
  ): tf.Tensor {
    return tf.tidy(() => {
      const image = this.#image(noisy, { signal, noise });
      const epsilon = tf.div(tf.sub(noisy, tf.mul(signal, image)), noise);
      if (type === "epsilon") return epsilon;
      return tf.sub(tf.mul(signal, epsilon), tf.mul(noise, image));
    });
  }

  /** A run of a sampler with it; after each call of the network others have their turn. */
  async run(
    plan: Plan,
    { seeds, start, signal }: {
      seeds: readonly number[];
      /** Images that it begins with, beside the noise. @default {none} */
      start?: tf.Tensor;
      signal?: AbortSignal;
    },
  ): Promise<Float32Array> {
    const keys = tf.tidy(() => seeds.map(key));
    let state: SamplerState = tf.tidy(() =>
      plan.begin({
        noise: noiseOf(keys, this.#shape),
        ...(start && { image: tf.tile(start, [seeds.length / start.shape[0]!, 1, 1, 1]) }),
      })
    );
    try {
      while (state.index < plan.calls.length) {
        signal?.throwIfAborted();
        const { level: { signal: left, noise, scale } } = plan.calls[state.index]!;
        const next = tf.tidy(() => {
          const type = plan.predictionType as "epsilon" | "v_prediction";
          const given = { signal: left * scale, noise: noise * scale, type };
          return plan.step(state, this.predict(plan.input(state), given), { keys });
        });
        tf.dispose(state);
        state = next;
        await new Promise((resolve) => setTimeout(resolve));
      }
      return await state.sample.data() as Float32Array;
    } finally {
      tf.dispose([state, keys]);
    }
  }

  [Symbol.dispose](): void {
    tf.dispose([this.#images, this.#looks, this.#squares]);
  }

  #image(noisy: tf.Tensor, { signal, noise }: { signal: number; noise: number }): tf.Tensor {
    const look = this.#comparable(noisy.reshape([noisy.shape[0]!, -1]) as tf.Tensor2D);
    const agreement = tf.matMul(look, this.#looks, false, true);
    const likely = tf.softmax(
      tf.div(
        tf.sub(tf.mul(signal, agreement), tf.mul(signal ** 2 / 2, this.#squares)),
        noise ** 2,
      ),
    );
    return tf.matMul(likely, this.#images).reshape(noisy.shape);
  }

  /** Where noise is one number for each channel, too, differences of channels' means count less. */
  #comparable(rows: tf.Tensor2D): tf.Tensor2D {
    if (this.#offset === 0) return rows.clone();
    const [height, width, channels] = this.#shape;
    const deviation = Math.sqrt(1 + this.#offset ** 2 * height * width);
    const split = rows.reshape([-1, height * width, channels]);
    const means = tf.mean(split, 1, true);
    return tf.add(split, tf.mul(1 / deviation - 1, means)).reshape(rows.shape) as tf.Tensor2D;
  }
}
