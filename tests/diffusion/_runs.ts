/**
 * Runs of samplers to compare with: diffusers' (`tests/reference/schedulers.py`), and exact ones.
 *
 * @module
 */

import type { Plan, Randomness, SamplerState } from "galaxykit/diffusion";
import { tf } from "galaxykit/tensorflow";

/** What a network gives, value by value: x at a place of an image, at a time or a call. */
export type Network = (input: Float32Array, at: { timestep: number; index: number }) => number[];

/**
 * A run to its end.
 *
 * @returns All states but the first, the samples as arrays
 */
export function samplesOf(plan: Plan, first: SamplerState, { network, random }: {
  network: Network;
  random?: (index: number) => Randomness;
}): Float32Array[] {
  const samples: Float32Array[] = [];
  let state = first;
  for (const [index, { timestep }] of plan.calls.entries()) {
    const next = tf.tidy(() => {
      const input = plan.input(state).dataSync() as Float32Array;
      const output = tf.tensor(network(input, { timestep, index }), state.sample.shape, "float32");
      return plan.step(state, output, random?.(index));
    });
    tf.dispose(state);
    state = next;
    samples.push(Float32Array.from(state.sample.dataSync()));
  }
  tf.dispose(state);
  return samples;
}

/** The largest difference, relative to the largest value or to 1 if that is larger. */
export function difference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [error, largest] = [0, 1];
  for (let i = 0; i < wanted.length; i++) {
    error = Math.max(error, Math.abs(found[i]! - wanted[i]!));
    largest = Math.max(largest, Math.abs(wanted[i]!));
  }
  return error / largest;
}
