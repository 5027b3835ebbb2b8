/**
 * Exponential moving averages of parameters: often better than the last values.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";
import type { Named } from "./optimizers.ts";

/** Settings of {@linkcode Ema}. */
export type EmaOptions = {
  /** d, usually 0.99 to 0.9999: about 1 / (1 - d) steps count. */
  decay: number;
  /**
   * The first steps, whose parameters are still poor, count less: after n of them, d is
   * 1 - (1 + n / inverseGamma)^-power, or `decay` once that is less. For a million steps and more,
   * `power` 2/3 reaches 0.999 at 31,600 steps and 0.9999 at a million; 3/4 at 10,000 and 215,400.
   *
   * @default {none: d is `decay` from the first step on}
   */
  warmup?: {
    /** @default {1} */
    inverseGamma?: number;
    /** @default {2 / 3} */
    power?: number;
    /** Steps in which the averages are the parameters. @default {0} */
    after?: number;
  };
};

/**
 * A running average of parameters: a ← d · a + (1 - d) · p after each step. The warm-up is that of
 * diffusers' `EMAModel` with `use_ema_warmup`.
 */
export class Ema {
  /** The averages by parameter name, and, with a warm-up, the number of steps. */
  readonly state: Named<tf.Variable>;
  /** What `config.json` says of it. */
  readonly config: EmaOptions;
  readonly #averages: Named<tf.Variable>;
  readonly #parameters: Named<tf.Variable>;
  readonly #steps?: tf.Variable;

  /**
   * Starts at the parameters' present values.
   *
   * @throws {RangeError} When the decay is not in [0, 1)
   */
  constructor(parameters: Named<tf.Variable>, options: EmaOptions) {
    const { decay, warmup } = options;
    if (!(decay >= 0 && decay < 1)) {
      throw new RangeError(
        `Cannot average parameters: the decay must be in [0, 1), found ${decay}`,
      );
    }
    for (const [name, value] of Object.entries(warmup ?? {})) {
      if (value > 0 || name === "after" && value === 0) continue;
      throw new RangeError(
        `Cannot average parameters: ${name} of the warm-up must be positive, found ${value}`,
      );
    }
    this.config = options;
    this.#parameters = parameters;
    this.#averages = Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [name, tf.variable(parameter, false)]),
    );
    if (warmup) this.#steps = tf.tidy(() => tf.variable(tf.scalar(0), false));
    this.state = this.#steps ? { ...this.#averages, "warmup/steps": this.#steps } : this.#averages;
  }

  /** The names of the parameters. */
  get names(): string[] {
    return Object.keys(this.#averages);
  }

  /**
   * Takes the parameters' present values into the averages.
   *
   * @param part Of these parameters alone; the steps are counted in the first part. @default {of all}
   */
  update({ names = this.names, isFirst = true }: {
    names?: readonly string[];
    isFirst?: boolean;
  } = {}): void {
    tf.tidy(() => {
      const decay = this.#decay(isFirst);
      for (const name of names) {
        const average = this.#averages[name]!;
        const kept = tf.mul(average, decay);
        average.assign(tf.add(kept, tf.mul(this.#parameters[name]!, tf.sub(1, decay))));
      }
    });
  }

  /** The d of the step that is being taken. */
  #decay(isFirst: boolean): tf.Tensor {
    const { decay, warmup } = this.config;
    if (warmup === undefined) return tf.scalar(decay);
    const { inverseGamma = 1, power = 2 / 3, after = 0 } = warmup;
    if (isFirst) this.#steps!.assign(tf.add(this.#steps!, 1));
    const counted = tf.maximum(tf.sub(this.#steps!, after + 1), 0);
    const rising = tf.sub(1, tf.pow(tf.add(1, tf.div(counted, inverseGamma)), -power));
    return tf.minimum(rising, decay);
  }

  /** Runs `body` with the averages in place of the parameters. */
  async during<T>(body: () => Promise<T>): Promise<T> {
    const names = Object.keys(this.#averages);
    const present = names.map((name) => this.#parameters[name]!.clone());
    names.forEach((name) => this.#parameters[name]!.assign(this.#averages[name]!));
    try {
      return await body();
    } finally {
      names.forEach((name, index) => this.#parameters[name]!.assign(present[index] as never));
      tf.dispose(present);
    }
  }

  /** Frees the averages. */
  dispose(): void {
    for (const average of Object.values(this.state)) average.dispose();
  }
}
