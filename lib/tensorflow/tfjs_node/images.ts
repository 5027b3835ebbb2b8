/**
 * tfjs-node's decoders and encoders of images, for what can be one: the encoder of TensorFlow ends the
 * process for an image without pixels, and wraps numbers that are none of a pixel's.
 *
 * @module
 */

import type { Tensor3D } from "@tensorflow/tfjs-core";
import * as images from "@tensorflow/tfjs-node-gpu/dist/image.js";
import { refuseOutside } from "../../options.ts";

type Encoders = Pick<typeof images, "encodeJpeg" | "encodePng">;

/** The tensor of a BMP's pixels. */
export const decodeBmp: typeof images.decodeBmp = ofBytes(images.decodeBmp);

/** The tensor of a GIF's frames. */
export const decodeGif: typeof images.decodeGif = ofBytes(images.decodeGif);

/** The tensor of the pixels of a BMP, GIF, JPEG or PNG. */
export const decodeImage: typeof images.decodeImage = ofBytes(images.decodeImage);

/** The tensor of a JPEG's pixels. */
export const decodeJpeg: typeof images.decodeJpeg = ofBytes(images.decodeJpeg);

/** The tensor of a PNG's pixels. */
export const decodePng: typeof images.decodePng = ofBytes(images.decodePng);

/** A JPEG of pixels from 0 to 255. */
export const encodeJpeg: Encoders["encodeJpeg"] = async (image, format, quality = 95, ...rest) => {
  const what = "encode a JPEG";
  refuseOutside({ quality }, { quality: "[0, 100]" }, { what });
  await checkPixels(image, what);
  return await images.encodeJpeg(image, format, Math.round(quality), ...rest);
};

/** A PNG of pixels from 0 to 255. */
export const encodePng: Encoders["encodePng"] = async (image, compression = 1) => {
  const what = "encode a PNG";
  refuseOutside({ compression }, { compression: "[-1, 9]" }, { what });
  await checkPixels(image, what);
  return await images.encodePng(image, Math.round(compression));
};

function ofBytes<F extends (bytes: Uint8Array, ...rest: never[]) => unknown>(decode: F): F {
  return ((bytes: unknown, ...rest: never[]) => {
    if (bytes instanceof Uint8Array) return decode(bytes, ...rest);
    const found = bytes instanceof Object ? bytes.constructor.name : typeof bytes;
    throw new TypeError(
      `Cannot decode an image: its bytes must be a Uint8Array, found ${found}`,
    );
  }) as F;
}

/** @throws {RangeError} When there are no pixels, or one is no number from 0 to 255 */
async function checkPixels(image: Tensor3D, what: string): Promise<void> {
  if (image.size === 0) {
    throw new RangeError(`Cannot ${what}: it must have pixels, found shape [${image.shape}]`);
  }
  // Fractions are cut off
  const strange = (await image.data()).find((value) => !(value > -1 && value < 256));
  if (strange === undefined) return;
  throw new RangeError(
    `Cannot ${what}: pixels must be numbers from 0 to 255, found ${strange}; clip or scale them`,
  );
}
