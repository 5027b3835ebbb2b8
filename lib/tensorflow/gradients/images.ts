/**
 * Gradients of resizing, cropping and turning images.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { integers, linear, none, registerGradient } from "./register.ts";

for (const kernel of [tf.ResizeBilinear, tf.ResizeNearestNeighbor]) {
  registerGradient({
    kernel,
    inputs: ["images"],
    of: (dy, [images], attributes) => ({
      images: () =>
        linear(
          dy,
          (dy) => {
            const size = kernel === tf.ResizeBilinear ? images : integers(images.shape.slice(1, 3));
            return rawOp(`${kernel}Grad`, [dy, size], {
              attributes: {
                ...FLOAT,
                align_corners: attribute.bool(attributes.alignCorners),
                half_pixel_centers: attribute.bool(attributes.halfPixelCenters),
              },
            })[0];
          },
          (images) => tf.engine().runKernel(kernel, { images }, attributes),
        ),
    }),
  });
}

registerGradient({
  kernel: tf.CropAndResize,
  inputs: ["image", "boxes", "boxInd"],
  of: (dy, [image, boxes, boxInd], attributes) => {
    const method = { ...FLOAT, method: attribute.string(attributes.method) };
    return {
      image: () =>
        linear(
          dy,
          (dy) =>
            rawOp("CropAndResizeGradImage", [dy, boxes, boxInd, integers(image.shape)], {
              attributes: method,
            })[0],
          (image) => tf.engine().runKernel(tf.CropAndResize, { image, boxes, boxInd }, attributes),
        ),
      boxes: () =>
        rawOp("CropAndResizeGradBoxes", [dy, image, boxes, boxInd], { attributes: method })[0],
      boxInd: () => none(boxInd),
    };
  },
});

registerGradient({
  kernel: tf.FlipLeftRight,
  of: (dy) => ({ image: () => tf.image.flipLeftRight(dy) }),
});
