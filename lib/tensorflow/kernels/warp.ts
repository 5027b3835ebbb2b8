/**
 * Images turned and warped.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, integers, rawOp } from "../raw.ts";
import { checkChoice, registerKernel } from "./kernel.ts";

const INTERPOLATIONS = ["nearest", "bilinear"] as const;
const FILL_MODES = ["constant", "reflect", "wrap", "nearest"] as const;

type Warp = {
  interpolation: typeof INTERPOLATIONS[number];
  fillMode: typeof FILL_MODES[number];
  fillValue: number;
  outputShape?: [number, number];
};

type Rotation = {
  radians: number;
  /** For all channels, or for red, green and blue; alpha is then opaque. */
  fillValue: number | number[];
  /** As a share of the size, for both axes or [x, y]. */
  center: number | [number, number];
};

/** tfjs's value of a channel that lets nothing through. */
const OPAQUE = 255;

/** Registers the kernels of this file. */
export function registerWarp(): void {
  registerKernel<{ image: tf.Tensor; transforms: tf.Tensor }, Warp>(
    tf.Transform,
    ({ inputs: { image, transforms }, attrs }) => {
      // TensorFlow leaves its output as it was in memory.
      checkChoice("transform", { interpolation: attrs.interpolation }, INTERPOLATIONS);
      checkChoice("transform", { fillMode: attrs.fillMode }, FILL_MODES);
      return warp(image, transforms, attrs);
    },
  );

  registerKernel<{ image: tf.Tensor }, Rotation>(
    tf.RotateWithOffset,
    ({ inputs: { image }, attrs }) => {
      const turn = tf.tensor2d([rotation(image.shape, attrs)], [1, 8]);
      const { fillValue } = attrs;
      const settings = { interpolation: "nearest", fillMode: "constant", fillValue: 0 } as const;
      if (typeof fillValue === "number") {
        return warp(image, turn, { ...settings, fillValue });
      }
      const fill = fillOf(fillValue, image.shape[3]!);
      const isInside = warp(tf.onesLike(image), turn, settings);
      return tf.where(tf.cast(isInside, "bool"), warp(image, turn, settings), fill);
    },
  );
}

function warp(
  image: tf.Tensor,
  transforms: tf.Tensor,
  { interpolation, fillMode, fillValue, outputShape }: Warp,
): tf.Tensor {
  const size = outputShape ?? [image.shape[1]!, image.shape[2]!];
  const inputs = [image, transforms, integers(size), tf.scalar(fillValue)];
  return rawOp("ImageProjectiveTransformV3", inputs, {
    attributes: {
      interpolation: attribute.string(interpolation.toUpperCase()),
      fill_mode: attribute.string(fillMode.toUpperCase()),
    },
  })[0];
}

/** Where each pixel comes from: x = a0 x + a1 y + a2, y = b0 x + b1 y + b2. */
function rotation([, height, width]: number[], { radians, center }: Rotation): number[] {
  const [x, y] = tf.backend_util.getImageCenter(center, height!, width!);
  for (const [name, value] of Object.entries({ radians, "center x": x, "center y": y })) {
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `Cannot run rotateWithOffset: ${name} must be a finite number, found ${value}`,
      );
    }
  }
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  return [
    ...[cosine, -sine, x - x * cosine + y * sine],
    ...[sine, cosine, y - x * sine - y * cosine],
    ...[0, 0],
  ];
}

/** The colour of what lies outside, a value for each channel. */
function fillOf(colour: number[], channels: number): tf.Tensor {
  const fill: (number | undefined)[] = Array.from(
    { length: channels },
    (_, channel) => channel === 3 ? OPAQUE : colour[channel],
  );
  if (fill.includes(undefined)) {
    throw new RangeError(
      `Cannot run rotateWithOffset: fillValue must be a number, or one for each of ${channels} channels, found [${colour}]`,
    );
  }
  return tf.tensor1d(fill as number[]);
}
