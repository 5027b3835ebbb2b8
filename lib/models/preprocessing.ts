/**
 * How images become a network's input.
 *
 * @module
 */

import { tf, toFloat } from "../tensorflow/mod.ts";

/** Means and standard deviations of the channels, of values in [0, 1]. */
export type Normalization = {
  /** Subtracted. */
  mean: readonly number[];
  /** Divided by; above 0. */
  std: readonly number[];
};

/** How images become a model's input. */
export type Preprocessing = Normalization & {
  /** Side of the images that the weights were trained on, in pixels. */
  size: number;
  /** Share of the image's shorter side that the centred crop of `size` takes. */
  cropFraction: number;
  /** The resampling filter. */
  filter: "lanczos" | "bicubic" | "bilinear";
};

/**
 * Checks a normalisation.
 *
 * @param what What it is for, for the message
 * @throws {RangeError} When a mean is not finite, a deviation not above 0, or their number is not
 * that of the channels
 *
 * @example
 * ```ts
 * import { checkNormalization } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => checkNormalization({ mean: [0.5], std: [0] }, { what: "normalise" }), {
 *   message: "Cannot normalise: std must hold numbers above 0, found [0]",
 * });
 * ```
 */
export function checkNormalization(
  { mean, std }: Normalization,
  { channels, what }: { channels?: number; what: string },
): void {
  const refuse = (wanted: string, found: unknown) =>
    new RangeError(`Cannot ${what}: ${wanted}, found ${JSON.stringify(found)}`);
  if (!Array.isArray(mean) || !Array.isArray(std)) {
    throw refuse("a normalisation must have mean and std, lists of numbers", { mean, std });
  }
  // What is computed is float32
  const isNumber = (value: number) => Number.isFinite(value) && Number.isFinite(Math.fround(value));
  if (!mean.every(isNumber)) throw refuse("mean must hold finite numbers", mean);
  const isScale = (value: number) => isNumber(value) && value > 0 && isNumber(1 / (255 * value));
  if (!std.every(isScale)) {
    throw new RangeError(`Cannot ${what}: std must hold numbers above 0, found [${std}]`);
  }
  const wanted = channels ?? mean.length;
  if (mean.length !== wanted || std.length !== wanted) {
    throw new RangeError(
      `Cannot ${what}: mean and std must have a number for each of ${wanted} channels, found ${mean.length} and ${std.length}`,
    );
  }
}

/**
 * Checks what is said of how images become input.
 *
 * @returns A copy, of this alone
 * @throws {RangeError} When something is out of range
 */
export function checkPreprocessing(
  { size, cropFraction, filter, mean, std }: Partial<Preprocessing>,
  { channels, what }: { channels: number; what: string },
): Partial<Preprocessing> {
  const refuse = (wanted: string, found: unknown) =>
    new RangeError(`Cannot ${what}: ${wanted}, found ${found}`);
  if (size !== undefined && !(Number.isInteger(size) && size > 0)) {
    throw refuse("size must be a whole number of pixels, at least 1", size);
  }
  if (cropFraction !== undefined && !(cropFraction > 0 && cropFraction <= 1)) {
    throw refuse("cropFraction must be in (0, 1]", cropFraction);
  }
  if (filter !== undefined && !["lanczos", "bicubic", "bilinear"].includes(filter)) {
    throw refuse("filter must be lanczos, bicubic or bilinear", filter);
  }
  if (mean !== undefined || std !== undefined) {
    checkNormalization({ mean, std } as Normalization, { channels, what });
  }
  const given = Object.entries({ size, cropFraction, filter, mean, std })
    .filter(([, value]) => value !== undefined);
  return structuredClone(Object.fromEntries(given));
}

/**
 * Bytes in [0, 255] to numbers of about unit size: (x / 255 - mean) / std for each channel. For a
 * normalisation of one channel the colours are averaged first: grey is read as three equal ones.
 *
 * @param images [batch, height, width, channels], bytes (`uint8Tensor`) or numbers
 * @throws {RangeError} When the normalisation is not one of these channels
 *
 * @example
 * ```ts
 * import { normalizeImages } from "galaxykit/models";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const white = tf.fill([1, 2, 2, 1], 255) as tf.Tensor4D;
 * const found = normalizeImages(white, { mean: [0.5], std: [0.25] });
 * assert.deepEqual([...found.dataSync()], [2, 2, 2, 2]);
 * ```
 */
export function normalizeImages(images: tf.Tensor4D, normalization: Normalization): tf.Tensor4D {
  const { mean, std } = normalization;
  const isGrey = mean?.length === 1 && images.shape[3] === 3;
  const channels = isGrey ? 1 : images.shape[3];
  checkNormalization(normalization, { channels, what: "normalise images" });
  return tf.tidy(() => {
    const factor = tf.tensor1d(std.map((value) => 1 / (255 * value)));
    const offset = tf.tensor1d(mean.map((value, channel) => -value / std[channel]!));
    const values = toFloat(images);
    return tf.add(tf.mul(isGrey ? tf.mean(values, 3, true) : values, factor), offset);
  });
}
