import { conv2d, tf } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_convolution.safetensors", {
  conv2d: ({ input, weight, bias }, { stride, padding, dilation, groups }) =>
    conv2d(input!, tf.transpose(weight!, [2, 3, 1, 0]), {
      bias,
      strides: stride,
      padding,
      dilation,
      groups,
    }),
});
