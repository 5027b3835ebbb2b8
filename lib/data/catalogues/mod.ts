/**
 * Galaxy Zoo catalogues: decision trees, readers and checks.
 *
 * @module
 */

export * from "./tree.ts";
export * from "./trees.ts";
export * from "./fractions.ts";
export * from "./matching.ts";
