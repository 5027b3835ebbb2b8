/**
 * Diffusion: from noise to images. Noise schedules, what a network predicts, and samplers, which are
 * swapped at call time and read from diffusers' configurations.
 *
 * ```ts
 * import { samplerNamed, swapSampler } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const published = samplerNamed("pndm", { predictionType: "v_prediction", stepsOffset: 1 });
 * const plan = swapSampler(published, { to: "dpmSolver" }).plan({ steps: 20 });
 * assert.equal(plan.calls.length, 20);
 * ```
 *
 * @module
 */

export { ddim } from "./ddim.ts";
export { ddimInverse } from "./ddim_inverse.ts";
export { ddpm } from "./ddpm.ts";
export { dpmSolver } from "./dpm_solver.ts";
export { euler } from "./euler.ts";
export { eulerAncestral } from "./euler_ancestral.ts";
export { flowMatchEuler } from "./flow_match_euler.ts";
export { flowMatchHeun } from "./flow_match_heun.ts";
export { heun } from "./heun.ts";
export {
  type BetaSchedule,
  type NoiseSchedule,
  noiseSchedule,
  type NoiseScheduleOptions,
} from "./noise_schedule.ts";
export * from "./noising.ts";
export { type Call, noiseOf, Plan, type Randomness, type SamplerState } from "./plan.ts";
export { pndm } from "./pndm.ts";
export type { Level, PredictionType } from "./prediction.ts";
export type { PlanOptions, Sampler } from "./sampler.ts";
export { type SamplerName, samplerNamed, samplers } from "./samplers.ts";
export {
  configOf,
  readSchedulerConfig,
  samplerOfConfig,
  type SchedulerConfig,
  swapSampler,
  writeSchedulerConfig,
  zeroTerminalSnr,
} from "./scheduler_config.ts";
export type { SamplerSettings } from "./settings.ts";
export { unipc } from "./unipc.ts";
