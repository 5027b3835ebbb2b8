/**
 * What Galaxy Sommelier has published (README of its repository, June 2025).
 *
 * @module
 */

/** r, the square of r (called R² there) and the mean absolute error, after each stage. */
export const PUBLISHED_STAGES = {
  pretrained: [0.116, 0.013, 0.403],
  head: [0.759, 0.576, 0.153],
  full: [0.850, 0.722, 0.106],
} as const;

/** Key features: the answer, and r of the published network. */
export const FEATURES = [
  { name: "disk", answer: "a02", full: 0.968 },
  { name: "edge-on", answer: "a04", full: 0.935 },
  { name: "odd", answer: "a14", full: 0.932 },
  { name: "spiral", answer: "a08", full: 0.857 },
  { name: "bar", answer: "a06", full: 0.772 },
  { name: "bulge dominance", answer: "a13", full: 0.506 },
] as const;

/** r of three features after each stage: figure 2. */
export const PUBLISHED_FEATURES_BY_STAGE = {
  a02: [0.257, 0.880, 0.968],
  a08: [-0.143, 0.699, 0.857],
  a06: [0.067, 0.400, 0.772],
} as const;

/** On SDSS and UKIDSS: all outputs of the one beside eleven of the other. */
export const PUBLISHED_CHANGE = {
  pearson: [0.893, 0.839],
  squaredPearson: [0.797, 0.704],
  meanAbsoluteError: [0.085, 0.141],
} as const;

/** r by feature, on SDSS and UKIDSS. */
export const PUBLISHED_FEATURE_CHANGE = {
  a02: [0.986, 0.829],
  a04: [0.856, 0.754],
  a14: [0.928, 0.773],
  a08: [0.963, 0.655],
  a06: [0.913, 0.521],
} as const;

/** The network of SDSS and that of a mixture, on UKIDSS. */
export const PUBLISHED_MIXED = {
  pearson: [0.819, 0.857],
  squaredPearson: [0.671, 0.735],
  meanAbsoluteError: [0.153, 0.126],
  meanSquaredError: [0.051, 0.039],
} as const;

/** r on UKIDSS by answer, of both networks: figure 4. */
export const PUBLISHED_MIXED_FEATURES = {
  a06: [0.505, 0.590],
  a09: [0.472, 0.555],
  a07: [0.358, 0.426],
  a08: [0.663, 0.730],
  a03: [0.471, 0.535],
  a02: [0.831, 0.894],
  a01: [0.806, 0.865],
  a04: [0.748, 0.801],
  a05: [0.659, 0.699],
} as const;

/** r on UKIDSS of a network of galaxies in both surveys, and of the mixture beside it. */
export const PUBLISHED_OVERLAP = { overlap: 0.796, mixed: 0.810 } as const;
/** r on UKIDSS where the SDSS galaxies are those with most votes, and of the mixture beside it. */
export const PUBLISHED_MOST_VOTES = { "most votes": 0.855, mixed: 0.857 } as const;
