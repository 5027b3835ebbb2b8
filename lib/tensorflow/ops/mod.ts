/**
 * Ops that tfjs lacks or does slowly, each with its gradient, eager and inside `jit`. Images are
 * NHWC: [batch, height, width, channels].
 *
 * @module
 */

export * from "./activation.ts";
export * from "./attention.ts";
export * from "./batch_norm.ts";
export * from "./checkpoint.ts";
export * from "./clipping.ts";
export * from "./convolution.ts";
export * from "./cross_entropy.ts";
export * from "./gather.ts";
export * from "./log_rising_factorial.ts";
export { linear } from "./linear.ts";
export * from "./normalization.ts";
export * from "./pooling.ts";
export * from "./resize.ts";
export * from "./uint8.ts";
export type { Padding, Pair } from "./window.ts";
