/**
 * galaxykit: galaxy morphology in Deno, from notebooks and from the command line.
 *
 * @module
 */

export * from "./lib/files.ts";
export * from "./lib/tensorflow/mod.ts";
