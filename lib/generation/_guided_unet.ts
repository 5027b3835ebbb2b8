/**
 * The call of the U-Net, with guidance in it, traced once for each size.
 *
 * Classifier-free guidance: Ho and Salimans 2022, arXiv:2207.12598, equation 6, whose w is `guidance` - 1.
 * Rescaling: Lin et al. 2024, arXiv:2305.08891, equations 15 and 16, φ being `rescale`.
 *
 * @module
 */

import type { UNet2DConditionModel, UNetInputs } from "../models/mod.ts";
import { jit, type Jitted, tf } from "../tensorflow/mod.ts";

/** How strongly an image is led to its conditions, as scalars. */
export type Guidance = { readonly scale: tf.Tensor; readonly rescale?: tf.Tensor };

/** [batch, …] to what the U-Net predicts; inputs are of twice the batch where it is guided. */
export type GuidedUNet = Jitted<
  [sample: tf.Tensor, inputs: UNetInputs, guidance: Guidance | undefined],
  tf.Tensor
>;

const traced = new WeakMap<UNet2DConditionModel, { of: string; call: GuidedUNet }>();

/** The U-Net's guided call; the same again, and so its traces, while the U-Net has the same parameters. */
export function guidedUNet(unet: UNet2DConditionModel): GuidedUNet {
  // Adapters that are added, or removed, are parameters, which a trace does not know of
  const of = unet.parameters().map(({ id }) => id).join();
  const known = traced.get(unet);
  if (known?.of === of) return known.call;
  known?.call.dispose();
  const call: GuidedUNet = jit(
    (sample, inputs, guidance) => guided(unet, { sample, inputs, guidance }),
    { name: "guidedUNet" },
  );
  traced.set(unet, { of, call });
  return call;
}

function guided(
  unet: UNet2DConditionModel,
  { sample, inputs, guidance }: {
    sample: tf.Tensor;
    inputs: UNetInputs;
    guidance: Guidance | undefined;
  },
): tf.Tensor {
  if (guidance === undefined) return unet.call(sample, inputs);
  const both = unet.call(tf.concat([sample, sample]), inputs);
  const [away, own] = tf.split(both, 2) as [tf.Tensor, tf.Tensor];
  const led = tf.add(away, tf.mul(guidance.scale, tf.sub(own, away)));
  if (guidance.rescale === undefined) return led;
  const ratio = tf.divNoNan(deviation(own), deviation(led));
  const rescaled = tf.mul(led, ratio);
  return tf.add(led, tf.mul(guidance.rescale, tf.sub(rescaled, led)));
}

/** Of all numbers of an image. */
function deviation(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.moments(x, [1, 2, 3], true).variance);
}
