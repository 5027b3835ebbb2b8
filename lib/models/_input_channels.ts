/**
 * Weights for three colours in networks for another number of channels.
 *
 * Source: `adapt_input_conv` of timm 1.0.31, timm/models/_manipulate.py.
 *
 * @module
 */

import type { StateTensor } from "../nn/mod.ts";
import { type StoredTensor, toFloat32 } from "../weights/mod.ts";
import type { Normalization } from "./preprocessing.ts";

/**
 * The first convolution for another number of channels. For one, the filters of the colours are
 * added: grey that would stand in all three gives what it gave. For more, they are repeated in turn
 * and scaled, so that channels alike give what three gave.
 *
 * @param weight [out, 3, height, width]
 */
export function adaptChannels(
  weight: StoredTensor,
  { inChannels }: { inChannels: number },
): StateTensor {
  const [out = 0, colours = 0, ...sides] = weight.shape;
  const values = toFloat32(weight);
  const area = sides.reduce((product, side) => product * side, 1);
  const data = new Float32Array(out * inChannels * area);
  for (let filter = 0; filter < out; filter++) {
    for (
      let channel = 0;
      channel < Math.max(inChannels, inChannels === 1 ? colours : 0);
      channel++
    ) {
      const from = (filter * colours + channel % colours) * area;
      const to = inChannels === 1 ? filter * area : (filter * inChannels + channel) * area;
      for (let at = 0; at < area; at++) data[to + at]! += values[from + at]!;
    }
  }
  if (inChannels > 1) {
    for (let at = 0; at < data.length; at++) {
      data[at]! *= colours / inChannels;
    }
  }
  return { dtype: "F32", shape: [out, inChannels, ...sides], data };
}

/** Means and deviations for another number of channels: their averages for one, or repeated in turn. */
export function adaptNormalization(
  { mean, std }: Normalization,
  { inChannels }: { inChannels: number },
): Normalization {
  const adapt = (values: readonly number[]) =>
    inChannels === 1
      ? [values.reduce((sum, value) => sum + value, 0) / values.length]
      : Array.from({ length: inChannels }, (_, channel) => values[channel % values.length]!);
  return { mean: adapt(mean), std: adapt(std) };
}
