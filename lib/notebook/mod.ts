/**
 * What `galaxykit` gives to those whose editor checks no types: the rooms of the kit, whose functions
 * tell what they miss, and help.
 *
 * @module
 */

import { keepKernel } from "../interrupt.ts";

keepKernel(); // The stop button of a notebook stops what runs, and not the kernel

export { Help, help } from "./help.ts";
// @ts-types="./_rooms.ts"
export {
  augment,
  data,
  diffusion,
  explain,
  generation,
  jit,
  jobs,
  key,
  metrics,
  models,
  nn,
  plot,
  prompts,
  random,
  recipes,
  sky,
  tensorflow,
  train,
  weights,
  writeFileAtomic,
} from "./told.ts";
