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

/** Where each pixel came from is read off an image of the pixels' numbers, moved alike. */
function back(dy: tf.Tensor, image: tf.Tensor, move: (image: tf.Tensor4D) => tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const pixels = height * width;
  const numbers = tf.reshape(tf.range(1, pixels + 1), [1, height, width, 1]);
  // 0, the filling, becomes -1: a number that sums leave out.
  const moved = tf.sub(tf.round(move(tf.tile(numbers, [batch, 1, 1, 1]) as tf.Tensor4D)), 1);
  const starts = tf.reshape(tf.mul(tf.range(0, batch), pixels), [batch, 1, 1, 1]);
  const places = tf.where(tf.less(moved, 0), -1, tf.add(moved, starts));
  const sums = tf.unsortedSegmentSum(
    tf.reshape(dy, [-1, channels]),
    tf.reshape(tf.cast(places, "int32"), [-1]) as tf.Tensor1D,
    batch * pixels,
  );
  return tf.reshape(sums, image.shape);
}

registerGradient({
  kernel: tf.RotateWithOffset,
  inputs: ["image"],
  of: (dy, [image], { radians, center }) => ({
    image: () => back(dy, image, (image) => tf.image.rotateWithOffset(image, radians, 0, center)),
  }),
});

registerGradient({
  kernel: tf.Transform,
  inputs: ["image", "transforms"],
  of: (dy, [image, transforms], { interpolation, fillMode, outputShape }) => ({
    image: () => {
      if (interpolation !== "nearest") {
        throw new TypeError(
          `Cannot take the gradient of transform: its interpolation must be "nearest", found "${interpolation}"`,
        );
      }
      return back(
        dy,
        image,
        (image) => tf.image.transform(image, transforms, "nearest", fillMode, 0, outputShape),
      );
    },
    transforms: () => none(transforms),
  }),
});
