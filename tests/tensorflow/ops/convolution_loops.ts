/** What convolutions and their gradients are, in loops and double precision. */

import type { Prng } from "galaxykit/data";

/** A convolution at random: shapes, strides, padding, values. */
export type Convolution = ReturnType<typeof randomConvolution>;

/** Any that the kit takes, a third of them with filters of one pixel. */
export function randomConvolution(random: Prng) {
  const between = (low: number, high: number) => low + random.integer(high - low + 1);
  const groups = random.integer(5) === 0 ? between(2, 4) : 1;
  const [inputs, outputs] = [between(1, 24), between(1, 40)];
  const filter = random.integer(3) === 0 ? [1, 1] : [between(1, 4), between(1, 4)];
  const strides = [[1, 1], [2, 2], [between(1, 3), between(1, 3)]][random.integer(3)]!;
  const sides = () => [between(0, 2), between(0, 2)];
  const padding = [[[0, 0], [0, 0]], [[1, 1], [1, 1]], [sides(), sides()]][random.integer(3)]!;
  const image = [between(4, 17), between(4, 17)];
  const size = [0, 1].map((axis) =>
    Math.floor(
      (image[axis]! + padding[axis]![0]! + padding[axis]![1]! - filter[axis]!) / strides[axis]!,
    ) + 1
  );
  const batch = between(1, 4);
  const shapes = {
    x: [batch, ...image, inputs * groups],
    filter: [...filter, inputs, outputs * groups],
    bias: [outputs * groups],
    dy: [batch, ...size, outputs * groups],
  } as {
    x: [number, number, number, number];
    filter: [number, number, number, number];
    bias: [number];
    dy: [number, number, number, number];
  };
  const values = (shape: number[]) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform() - 0.5);
  return {
    shapes,
    groups,
    strides: strides as [number, number],
    padding: padding as [[number, number], [number, number]],
    x: values(shapes.x),
    filter: values(shapes.filter),
    bias: values(shapes.bias),
    dy: values(shapes.dy),
  };
}

/** The convolution, and the gradients of its sum weighted with `dy`. */
export function inLoops({ shapes, groups, strides, padding, x, filter, bias, dy }: Convolution) {
  const [, height, width, channels] = shapes.x;
  const [windowHeight, windowWidth, inputs, all] = shapes.filter;
  const [, rows, columns] = shapes.dy;
  const [y, ofX, ofFilter, ofBias] = [dy, x, filter, bias].map((like) =>
    new Float64Array(like.length)
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let at = 0; at < dy.length; at++) {
    const output = at % all;
    const column = Math.floor(at / all) % columns;
    const row = Math.floor(at / (all * columns)) % rows;
    const image = Math.floor(at / (all * columns * rows));
    const firstInput = Math.floor(output / (all / groups)) * inputs;
    y[at]! += bias[output]!;
    ofBias[output]! += dy[at]!;
    for (let i = 0; i < windowHeight; i++) {
      for (let j = 0; j < windowWidth; j++) {
        const [top, left] = [
          row * strides[0] + i - padding[0][0],
          column * strides[1] + j - padding[1][0],
        ];
        if (top < 0 || left < 0 || top >= height || left >= width) continue;
        const pixel = ((image * height + top) * width + left) * channels + firstInput;
        const weight = (i * windowWidth + j) * inputs * all + output;
        for (let input = 0; input < inputs; input++) {
          const [ofPixel, ofWeight] = [pixel + input, weight + input * all];
          y[at]! += x[ofPixel]! * filter[ofWeight]!;
          ofX[ofPixel]! += dy[at]! * filter[ofWeight]!;
          ofFilter[ofWeight]! += dy[at]! * x[ofPixel]!;
        }
      }
    }
  }
  return [y, ofX, ofFilter, ofBias];
}
