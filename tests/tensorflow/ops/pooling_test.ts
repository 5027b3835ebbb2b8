import { adaptiveAveragePool2d, averagePool2d, maxPool2d } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_pooling.safetensors", {
  max_pool2d: ({ input }, { kernel_size, stride, padding }) =>
    maxPool2d(input!, { size: kernel_size, strides: stride, padding }),
  avg_pool2d: ({ input }, { kernel_size, stride, padding, count_include_pad }) =>
    averagePool2d(input!, {
      size: kernel_size,
      strides: stride,
      padding,
      countIncludePad: count_include_pad,
    }),
  adaptive_avg_pool2d: ({ input }, { output_size }) => adaptiveAveragePool2d(input!, output_size),
});
