/**
 * The one loop: from noise to latents, a call of the network at a time.
 *
 * @module
 */

import type { Plan, Randomness, SamplerState } from "../diffusion/mod.ts";
import type { UNetInputs } from "../models/mod.ts";
import { tf } from "../tensorflow/mod.ts";
import type { Guidance, GuidedUNet } from "./_guided_unet.ts";

/** A part of latents that is not to change. */
export type Kept = {
  /** [batch, rows, columns, channels]. */
  latents: tf.Tensor;
  /** [1 or batch, rows, columns, 1]: 1 where it is kept, 0 elsewhere. */
  mask: tf.Tensor;
  /** What it is noised with, of unit variance. */
  noise: tf.Tensor;
};

/** A batch of images to be denoised. */
export type Denoising = {
  network: GuidedUNet;
  plan: Plan;
  /** As `Plan.begin` takes them. */
  noise?: tf.Tensor;
  image?: tf.Tensor;
  conditions: Omit<UNetInputs, "timestep">;
  guidance?: Guidance;
  /** The noise that a call draws; tensors made for it are disposed of here. */
  random(index: number): Randomness;
  kept?: Kept;
  /** Told of each call when it is done. */
  onCall?(call: DoneCall): void | Promise<void>;
  signal?: AbortSignal;
};

/** A call of the network that is done, and what it was given. */
export type DoneCall = { before: SamplerState; output: tf.Tensor; after: SamplerState };

/**
 * Runs a plan to its end.
 *
 * @returns Latents without noise
 * @throws {DOMException} When the signal aborts
 * @throws {RangeError} When latents become NaN or infinite, naming the call
 */
export async function denoise(
  { network, plan, noise, image, conditions, guidance, random, kept, onCall, signal }: Denoising,
): Promise<tf.Tensor4D> {
  let before = plan.begin({ noise, image });
  try {
    for (const { timestep } of plan.calls) {
      signal?.throwIfAborted();
      const [input, time] = [plan.input(before), tf.scalar(timestep)];
      let output: tf.Tensor | undefined;
      try {
        output = await network.async(input, { ...conditions, timestep: time }, guidance);
        const after = stepped(plan, before, { output, random, kept });
        try {
          await onCall?.({ before, output, after });
        } catch (error) {
          disposeState(after);
          throw error;
        }
        disposeState(before);
        before = after;
      } finally {
        tf.dispose([input, time, ...output ? [output] : []]);
      }
    }
    return before.sample.clone() as tf.Tensor4D;
  } finally {
    disposeState(before);
  }
}

function stepped(plan: Plan, before: SamplerState, { output, random, kept }: {
  output: tf.Tensor;
  random: Denoising["random"];
  kept: Kept | undefined;
}): SamplerState {
  return tf.tidy(() => {
    const after = plan.step(before, output, random(before.index));
    if (kept === undefined) return after;
    const { mask, latents, noise } = kept;
    const known = plan.noised(latents, { noise, index: after.index });
    const sample = tf.add(tf.mul(mask, known), tf.mul(tf.sub(1, mask), after.sample));
    return { ...after, sample };
  });
}

function disposeState({ sample, memory }: SamplerState): void {
  tf.dispose([sample, ...Object.values(memory)]);
}
