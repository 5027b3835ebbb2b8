/**
 * Exponential moving averages of parameters: often better than the last values.
 *
 * @module
 */

import { tf } from "../tensorflow/mod.ts";
import type { Named } from "./optimizers.ts";

/** A running average of parameters: a ← d · a + (1 - d) · p after each step. */
export class Ema {
  /** The averages by parameter name. */
  readonly state: Named<tf.Variable>;
  readonly #parameters: Named<tf.Variable>;
  readonly #decay: number;

  /**
   * Starts at the parameters' present values.
   *
   * @throws {RangeError} When the decay is not in [0, 1)
   */
  constructor(parameters: Named<tf.Variable>, { decay }: {
    /** d, usually 0.99 to 0.9999: about 1 / (1 - d) steps count. */
    decay: number;
  }) {
    if (!(decay >= 0 && decay < 1)) {
      throw new RangeError(
        `Cannot average parameters: the decay must be in [0, 1), found ${decay}`,
      );
    }
    this.#parameters = parameters;
    this.#decay = decay;
    this.state = Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [name, tf.variable(parameter, false)]),
    );
  }

  /** Takes the parameters' present values into the averages. */
  update(): void {
    tf.tidy(() => {
      for (const [name, average] of Object.entries(this.state)) {
        const kept = tf.mul(average, this.#decay);
        average.assign(tf.add(kept, tf.mul(this.#parameters[name]!, 1 - this.#decay)));
      }
    });
  }

  /** Runs `body` with the averages in place of the parameters. */
  async during<T>(body: () => Promise<T>): Promise<T> {
    const names = Object.keys(this.state);
    const present = names.map((name) => this.#parameters[name]!.clone());
    names.forEach((name) => this.#parameters[name]!.assign(this.state[name]!));
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
