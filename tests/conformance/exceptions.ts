/**
 * Specs that fail for a reason outside the kit. Each reason was seen in Python's TensorFlow 2.21
 * too, by running the same op there.
 *
 * @module
 */

import type { Mode } from "./suite.ts";

/** A spec that is expected to fail, and why. */
export type Exception = { spec: string; modes: readonly Mode[]; reason: string };

const BOTH = ["eager", "traced"] as const;

const NO_SCALARS =
  "TensorFlow's Concat takes no scalars any more; tfjs-node joins three of them for a histogram of equal values";

const SHAPES_FIRST =
  "while tracing, TensorFlow finds the error already in the shapes, and says it in other words";

/** All of them. One that passes is an error: then it has to go from here. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    spec: "depthwiseConv2d gradients test-tensorflow {} throws error on dilations > 1",
    modes: BOTH,
    reason:
      "on a CPU, TensorFlow's DepthwiseConv2dNative takes no dilations: it refuses the forward pass, before tfjs can refuse the gradient",
  },
  {
    spec: "tensorboard SummaryFileWriter.histogram Create summaryFileWriter and write tensor",
    modes: BOTH,
    reason: NO_SCALARS,
  },
  {
    spec: "tensorBoard callback fit(): histogramFreq 2, with validation",
    modes: BOTH,
    reason: NO_SCALARS,
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
