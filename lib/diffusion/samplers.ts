/**
 * All samplers, by name.
 *
 * @module
 */

import { nearestName } from "../nearest.ts";
import { ddim } from "./ddim.ts";
import { ddimInverse } from "./ddim_inverse.ts";
import { ddpm } from "./ddpm.ts";
import { dpmSolver } from "./dpm_solver.ts";
import { euler } from "./euler.ts";
import { eulerAncestral } from "./euler_ancestral.ts";
import { flowMatchEuler } from "./flow_match_euler.ts";
import { flowMatchHeun } from "./flow_match_heun.ts";
import { heun } from "./heun.ts";
import { pndm } from "./pndm.ts";
import type { Sampler, SamplerDefinition, SamplerMaker } from "./sampler.ts";
import type { SamplerSettings } from "./settings.ts";
import { unipc } from "./unipc.ts";

/** What makes a sampler of each kind; a new one is a file beside these and a name here. */
export const samplers = {
  ddpm,
  ddim,
  ddimInverse,
  euler,
  eulerAncestral,
  heun,
  dpmSolver,
  pndm,
  unipc,
  flowMatchEuler,
  flowMatchHeun,
};

/** What a sampler is called. */
export type SamplerName = keyof typeof samplers;

/** Their definitions, whatever their settings. */
export const definitions: readonly SamplerDefinition[] = Object.values(samplers).map(
  ({ definition }) => definition as unknown as SamplerDefinition,
);

/**
 * The sampler of that name.
 *
 * @throws {RangeError} For another name, naming the nearest; for a setting that it has not, or one out
 * of its range
 *
 * @example
 * ```ts
 * import { samplerNamed } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * assert.equal(samplerNamed("euler").settings.timestepSpacing, "linspace");
 * assert.throws(() => samplerNamed("oiler"), {
 *   message: 'Cannot make a sampler: there is no "oiler", nearest is "euler"',
 * });
 * ```
 */
export function samplerNamed(name: string, settings: Partial<SamplerSettings> = {}): Sampler {
  checkName(name);
  return (samplers[name] as unknown as SamplerMaker)(settings);
}

/** Refuses what is no sampler's name. */
export function checkName(name: string): asserts name is SamplerName {
  if (Object.hasOwn(samplers, name)) return;
  const names = Object.keys(samplers);
  const nearest = nearestName(name, names);
  throw new RangeError(
    `Cannot make a sampler: there is no "${name}", ${
      nearest === undefined ? `there are ${names.join(", ")}` : `nearest is "${nearest}"`
    }`,
  );
}
