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

const ALL = ["eager", "traced", "jit"] as const;

const IN_GRAPHS = ["traced", "jit"] as const;

const SHAPES_FIRST =
  "while tracing, TensorFlow finds the error already in the shapes, and says it in other words";

const TEXT_HAS_NO_ORDER =
  "TensorFlow orders no texts: its Greater, Less and their like refuse them, in Python too";

const SIGN_OF_NAN = "TensorFlow's sign of NaN is NaN, not 0";

const SEGMENTS_IN_OTHER_WORDS =
  "TensorFlow says 'segment_ids' where tfjs's own backends say segmentIds";

const ONE_PIXEL =
  "tfjs's own backends take a window of one pixel for the identity, and so pass over padding and strides; of the four windows three see only padding, whose mean TensorFlow finds to be 0, and whose maximum it refuses";

const MODULE_EXPORT =
  "left out by its authors; it replaces an export of a module, which the language forbids";

const REFLECTIONS =
  "it leaves out what flows back from the reflections: TensorFlow's gradient is 30, 120, 60, and so is the kit's";

const NAN_IS_KEPT = "the kit keeps NaN, as PyTorch does; TensorFlow's own maximum passes over it";

/** All of them. One that passes, though not `sometimes`, is an error: it has to go from here. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    spec: "depthwiseConv2d gradients test-tensorflow {} throws error on dilations > 1",
    modes: ALL,
    reason: "the kit gives dilated convolutions their gradient, as PyTorch does",
  },
  {
    spec: "gradients test-tensorflow {} errors if relevant ops are missing grads",
    modes: ALL,
    reason:
      "its example is LogicalAnd, which the kit gives the gradient 0: a condition of several comparisons may stand inside a gradient, as in TensorFlow, which throws nothing either",
  },
  ...["mirrorPad test-tensorflow {} grad", "mirrorPad test-tensorflow {} gradient with clones"]
    .map((spec) => ({ spec, modes: ALL, reason: REFLECTIONS })),
  {
    spec: "conv3d dilations CPU should throw error on dilations >1",
    modes: ALL,
    reason: "with oneDNN, TensorFlow's Conv3D takes dilations on a CPU too",
    sometimes: true,
  },
  {
    spec: "softmax test-tensorflow {} Propagates NaNs",
    modes: IN_GRAPHS,
    reason:
      "with oneDNN, TensorFlow's Softmax gives 0 in place of NaN, beside the element that is NaN",
    sometimes: true,
  },
  {
    spec: "decode images decode jpeg node bindings do not leak",
    modes: ALL,
    reason:
      "it allows 1 MB from the 10,000th call on, and V8 compiles until about the 40,000th; from there on memory is flat, as tests/tensorflow/memory_test.ts shows",
    sometimes: true,
  },
  ...[
    "greaterEqual test-tensorflow {} should support string comparison",
    "greater test-tensorflow {} should support string comparison",
    "lessEqual test-tensorflow {} should support string comparison",
    "less test-tensorflow {} should support string comparison",
  ].map((spec) => ({ spec, modes: ALL, reason: TEXT_HAS_NO_ORDER })),
  ...[
    "sign test-tensorflow {} basic",
    "sign test-tensorflow {} does not propagate NaNs",
    "sign test-tensorflow {} accepts a tensor-like object",
  ].map((spec) => ({ spec, modes: ALL, reason: SIGN_OF_NAN })),
  {
    spec: "unique test-tensorflow {} 1d tensor with NaN and Infinity",
    modes: ALL,
    reason: "TensorFlow's unique keeps each NaN, as none equals another",
  },
  {
    spec: "tan test-tensorflow {} numbers exceed float32 precision",
    modes: ALL,
    reason:
      "for -470910673.97 TensorFlow's tan is 30144.1777, and the nearest float32 to the truth, which the spec wants, 30144.1758",
    sometimes: true,
  },
  ...[
    "maxPool test-tensorflow {} [x=[3,3,1] f=[2,2] s=1 ignores NaNs",
    "maxPool3d test-tensorflow {} x=[1,3,3,3,1] f=[2,2,2] s=1 p=valid, ignores NaNs",
  ].map((spec) => ({ spec, modes: ALL, reason: NAN_IS_KEPT })),
  {
    spec: "maxPoolWithArgmax test-tensorflow {} [x=[1,3,3,1] f=[2,2] s=1 ignores NaNs",
    modes: ALL,
    reason:
      "TensorFlow's MaxPoolWithArgmax gives NaN where NaN is the first value of a window, and passes over it elsewhere",
  },
  ...[
    "pool test-tensorflow {} max x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding",
    "pool test-tensorflow {} avg x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding",
  ].map((spec) => ({ spec, modes: ALL, reason: ONE_PIXEL })),
  {
    spec: "avgPool test-tensorflow {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit",
    modes: ALL,
    reason:
      "it wants the gradient of a mean over padding, too, though the mean itself, as the specs beside it want, is over the image; TensorFlow's gradient of that mean is 1.75, 4 and 9.25",
  },
  {
    spec: "avgPool3d test-tensorflow {} x=[1,1,1,1,1] f=[1,1,3] s=1 p=valid",
    modes: ALL,
    reason: "TensorFlow refuses a window that is larger than the image",
  },
  {
    spec:
      "conv2dTranspose test-tensorflow {} input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4",
    modes: ALL,
    reason:
      'with padding "same" and stride 1 an input of 8x8 has no output of 4x4: TensorFlow refuses it',
  },
  {
    spec: "einsum test-tensorflow {} 2d matrix calculate trace: duplicate axes not implemented yet",
    modes: ALL,
    reason: "TensorFlow's Einsum takes traces",
  },
  {
    spec: "raggedGather  test-tensorflow {} InvalidSplitsNotSorted",
    modes: ALL,
    reason: 'TensorFlow says "Ragged splits must be sorted", and no more',
  },
  {
    spec: "sparseFillEmptyRows test-tensorflow {} throw error if negative row",
    modes: ALL,
    reason: "TensorFlow says that -1 >= 5, the number of rows, where the spec wants that -1 < 0",
  },
  ...[
    "sparseSegmentMean test-tensorflow {} throw error if segment id is out of range",
    "sparseSegmentMean test-tensorflow {} throw error if segment id is out of range and negative",
    "sparseSegmentSum test-tensorflow {} segments invalid 3",
    "sparseSegmentSum test-tensorflow {} segments invalid 4",
  ].map((spec) => ({ spec, modes: ALL, reason: SEGMENTS_IN_OTHER_WORDS })),
  ...["IS_BROWSER isBrowser: true", "IS_BROWSER isBrowser: false"]
    .map((spec) => ({ spec, modes: ALL, reason: MODULE_EXPORT })),
  {
    spec: "kernel_registry test-tensorflow {} errors when registering the same kernel twice",
    modes: ALL,
    reason: "left out by its authors; tfjs warns of it now, and goes on",
  },
  ...[
    "raggedGather  test-tensorflow {} BadValuesShape",
    "raggedRange  test-tensorflow {} InvalidArgsStarts",
    "raggedRange  test-tensorflow {} InvalidArgsLimits",
    "raggedRange  test-tensorflow {} InvalidArgsDeltas",
    "raggedRange  test-tensorflow {} InvalidArgsShapeMismatch",
  ].map((spec) => ({ spec, modes: IN_GRAPHS, reason: SHAPES_FIRST })),
  {
    spec: "gather test-tensorflow {} throws when index is out of bound",
    modes: ["jit"],
    reason:
      "inside a function TensorFlow refuses the index only when it runs, and in its own words",
  },
  {
    spec: "einsum test-tensorflow {} mismatched dimensions throws error",
    modes: IN_GRAPHS,
    reason: SHAPES_FIRST,
  },
  {
    spec: "einsum test-tensorflow {} incorrect number of tensors throws error",
    modes: IN_GRAPHS,
    reason: SHAPES_FIRST,
  },
];
