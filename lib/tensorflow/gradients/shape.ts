/**
 * Gradients of moving values about: parts, tiles, reflections, blocks.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";
import { integers, linear, registerGradient } from "./register.ts";

registerGradient({
  kernel: tf.SplitV,
  of: (dy: tf.Tensor | tf.Tensor[], _saved, { axis }) => ({
    x: () => tf.concat([dy].flat(), axis),
  }),
});

registerGradient({
  kernel: tf.Unpack,
  of: (dy: tf.Tensor | tf.Tensor[], _saved, { axis }) => ({
    value: () => tf.stack([dy].flat(), axis),
  }),
});

registerGradient({
  kernel: tf.Tile,
  inputs: ["x"],
  of: (dy, [x], { reps }) => ({
    x: () => {
      const apart = tf.reshape(
        dy,
        x.shape.flatMap((length: number, at: number) => [reps[at], length]),
      );
      return tf.reshape(tf.sum(apart, x.shape.map((_: number, at: number) => 2 * at)), x.shape);
    },
  }),
});

/** What was reflected comes back upon what it was a reflection of. */
registerGradient({
  kernel: tf.MirrorPad,
  inputs: ["x"],
  of: (dy, [x], { paddings, mode }) => ({
    x: () =>
      (paddings as [number, number][]).reduce((d, [before, after], axis) => {
        const length = x.shape[axis];
        // "reflect" leaves the border itself out.
        const border = mode === "reflect" ? 1 : 0;
        const part = (start: number, size: number) =>
          tf.slice(
            d,
            d.shape.map((_, at) => at === axis ? start : 0),
            d.shape.map((all, at) => at === axis ? size : all),
          );
        const placed = (part: tf.Tensor, start: number) => {
          const end = length - start - part.shape[axis]!;
          const padding = part.shape.map((_, at) => at === axis ? [start, end] : [0, 0]);
          return tf.pad(tf.reverse(part, axis), padding as [number, number][]);
        };
        let sums = part(before, length);
        if (before > 0) sums = tf.add(sums, placed(part(0, before), border));
        if (after > 0) {
          sums = tf.add(sums, placed(part(before + length, after), length - after - border));
        }
        return sums;
      }, dy as tf.Tensor),
  }),
});

registerGradient({
  kernel: tf.StridedSlice,
  inputs: ["x"],
  of: (dy, [x], attributes) => {
    const { begin, end, strides, ...masks } = attributes;
    const bounds = [begin, end, strides];
    return {
      x: () =>
        linear(
          dy,
          (dy) =>
            rawOp("StridedSliceGrad", [integers(x.shape), ...bounds.map(integers), dy], {
              attributes: {
                T: attribute.type("float32"),
                Index: attribute.type("int32"),
                begin_mask: attribute.int(masks.beginMask),
                end_mask: attribute.int(masks.endMask),
                ellipsis_mask: attribute.int(masks.ellipsisMask),
                new_axis_mask: attribute.int(masks.newAxisMask),
                shrink_axis_mask: attribute.int(masks.shrinkAxisMask),
              },
            })[0],
          (d) => tf.engine().runKernel(tf.StridedSlice, { x: d }, attributes),
        ),
    };
  },
});

function spaceToDepth(
  x: tf.Tensor,
  { blockSize, dataFormat }: { blockSize: number; dataFormat: "NHWC" | "NCHW" },
): tf.Tensor {
  if (dataFormat === "NCHW") { // On GPUs alone
    const last = spaceToDepth(tf.transpose(x, [0, 2, 3, 1]), { blockSize, dataFormat: "NHWC" });
    return tf.transpose(last, [0, 3, 1, 2]);
  }
  return rawOp("SpaceToDepth", [x], {
    attributes: { T: attribute.type("float32"), block_size: attribute.int(blockSize) },
  })[0];
}

registerGradient({
  kernel: tf.DepthToSpace,
  inputs: ["x"],
  of: (dy, [x], attributes) => ({
    x: () =>
      linear(
        dy,
        (dy) => spaceToDepth(dy, attributes),
        (d) => tf.engine().runKernel(tf.DepthToSpace, { x: tf.reshape(d, x.shape) }, attributes),
      ),
  }),
});

/** The diagonal of [...shape, ...shape], as tfjs's Diag makes it of a tensor of any shape. */
registerGradient({
  kernel: tf.Diag,
  inputs: ["x"],
  of: (dy, [x]) => ({
    x: () => {
      const diagonal = tf.range(0, x.size, 1, "int32").mul(tf.scalar(x.size + 1, "int32"));
      return tf.reshape(tf.gather(tf.reshape(dy, [-1]), diagonal), x.shape);
    },
  }),
});
