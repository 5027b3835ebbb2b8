/**
 * Specs that fail for a reason outside the kit. What is said of TensorFlow 2.21 was seen in Python's
 * TensorFlow 2.21 too, by running the same op there.
 *
 * @module
 */

import type { Mode } from "./suite.ts";

/** A spec that is expected to fail, and why. */
export type Exception = {
  spec: string;
  modes: readonly Mode[];
  reason: string;
  /** It depends on the machine, such as its processor: then it may as well pass. */
  sometimes?: boolean;
};

const BOTH = ["eager", "traced"] as const;

const SHAPES_FIRST =
  "while tracing, TensorFlow finds the error already in the shapes, and says it in other words";

/** All of them. One that passes, though not `sometimes`, is an error: it has to go from here. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    spec: "depthwiseConv2d gradients test-tensorflow {} throws error on dilations > 1",
    modes: BOTH,
    reason: "the kit gives dilated convolutions their gradient, as PyTorch does",
  },
  {
    spec: "gradients test-tensorflow {} errors if relevant ops are missing grads",
    modes: BOTH,
    reason:
      "its example is LogicalAnd, which the kit gives the gradient 0: a condition of several comparisons may stand inside a gradient, as in TensorFlow, which throws nothing either",
  },
  {
    spec: "mirrorPad test-tensorflow {} gradient with clones",
    modes: BOTH,
    reason:
      "it leaves out what flows back from the reflections: TensorFlow's gradient is 30, 120, 60, and so is the kit's",
  },
  {
    spec: "conv3d dilations CPU should throw error on dilations >1",
    modes: BOTH,
    reason: "with oneDNN, TensorFlow's Conv3D takes dilations on a CPU too",
    sometimes: true,
  },
  {
    spec: "softmax test-tensorflow {} Propagates NaNs",
    modes: ["traced"],
    reason:
      "with oneDNN, TensorFlow's Softmax gives 0 in place of NaN, beside the element that is NaN",
    sometimes: true,
  },
  {
    spec: "decode images decode jpeg node bindings do not leak",
    modes: BOTH,
    reason:
      "it allows 1 MB from the 10,000th call on, and V8 compiles until about the 40,000th; from there on memory is flat, as tests/tensorflow/memory_test.ts shows",
    sometimes: true,
  },
  {
    spec: "einsum test-tensorflow {} mismatched dimensions throws error",
    modes: ["traced"],
    reason: SHAPES_FIRST,
  },
  {
    spec: "einsum test-tensorflow {} incorrect number of tensors throws error",
    modes: ["traced"],
    reason: SHAPES_FIRST,
  },
];
