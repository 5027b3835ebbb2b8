/**
 * Samplers from and to diffusers' `scheduler_config.json`, and in place of each other.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { writeJson } from "../files.ts";
import { nearestName } from "../nearest.ts";
import { makeSampler, type Sampler, type SamplerDefinition } from "./sampler.ts";
import { checkName, definitions } from "./samplers.ts";

/** What a `scheduler_config.json` says. */
export type SchedulerConfig = Readonly<Record<string, unknown>>;

/** Fields of diffusers that change nothing where those of `fixed` are as they must be. */
const WITHOUT_EFFECT = [
  ...["flow_shift", "time_shift_type", "base_shift", "max_shift"],
  ...["base_image_seq_len", "max_image_seq_len", "noise_sampler_seed"],
];

/**
 * The sampler that a configuration of diffusers means. Fields of its other samplers are kept, for one
 * that takes this one's place.
 *
 * @throws {RangeError} For a class that there is not here; for a field, named, that is unknown, out of
 * its range, or means something that there is not here
 *
 * @example Stable Diffusion 1.5
 * ```ts
 * import { samplerOfConfig } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const sampler = samplerOfConfig({
 *   _class_name: "PNDMScheduler",
 *   beta_start: 0.00085,
 *   beta_end: 0.012,
 *   beta_schedule: "scaled_linear",
 *   skip_prk_steps: true,
 *   steps_offset: 1,
 *   clip_sample: false,
 * });
 * assert.equal(sampler.name, "pndm");
 * assert.equal(sampler.settings.stepsOffset, 1);
 * ```
 */
export function samplerOfConfig(config: SchedulerConfig): Sampler {
  const { _class_name: className } = config;
  const definition = definitions.find((known) => known.className === className);
  if (definition === undefined) {
    throw new RangeError(
      `Cannot make a sampler of a configuration: _class_name must be one of ${
        definitions.map((known) => known.className).join(", ")
      }, found ${JSON.stringify(className)}`,
    );
  }
  const fields = Object.entries(config).filter(([name]) => !name.startsWith("_"));
  return samplerSaid(
    definition,
    Object.fromEntries(fields.map(([name, value]) => [camel(name), value])),
  );
}

/**
 * A sampler as diffusers' configuration, all its settings told.
 *
 * @example
 * ```ts
 * import { configOf, euler } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const { _class_name, use_karras_sigmas } = configOf(euler({ useKarrasSigmas: true }));
 * assert.deepEqual([_class_name, use_karras_sigmas], ["EulerDiscreteScheduler", true]);
 * ```
 */
export function configOf(sampler: Sampler): SchedulerConfig {
  const { className, unsaved = [] } = definitionNamed(sampler.name);
  const fields = Object.entries({ ...sampler.said, ...sampler.settings })
    .filter(([name, value]) =>
      !(unsaved as readonly string[]).includes(name) &&
      !(typeof value === "number" && !Number.isFinite(value)) // JSON has none; they are the defaults
    )
    .map(([name, value]) => [snake(name), value] as const)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return { _class_name: className, ...Object.fromEntries(fields) };
}

/**
 * Reads a `scheduler_config.json`.
 *
 * @throws {RangeError} As {@linkcode samplerOfConfig}
 * @throws {SyntaxError} For a file that is no JSON, or holds something else than an object
 */
export function readSchedulerConfig(path: string): Sampler {
  const text = readFileSync(path, "utf8");
  // Python writes infinite numbers, which JSON does not know
  const quoted = text.replaceAll(/([:,[]\s*)(-?Infinity|NaN)(?=\s*[,}\]])/g, '$1"$2"');
  const config = (() => {
    try {
      return JSON.parse(
        quoted,
        (_, value) => ["Infinity", "-Infinity", "NaN"].includes(value) ? Number(value) : value,
      );
    } catch (error) {
      throw new SyntaxError(`Cannot read "${path}": it is no JSON`, { cause: error });
    }
  })();
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new SyntaxError(
      `Cannot read "${path}": an object is wanted, found ${quoted.slice(0, 40)}`,
    );
  }
  return samplerOfConfig(config);
}

/** Writes a sampler as `scheduler_config.json`, which diffusers reads. */
export function writeSchedulerConfig(path: string, sampler: Sampler): void {
  writeJson(path, configOf(sampler));
}

/**
 * The sampler of that name in another's place, for the same network: it takes over all that the other
 * one was told, as diffusers' `from_config` does, and keeps noise schedule and kind of prediction in any
 * case. (A sampler made anew has its own timestep spacing: GalaxySD's is `linspace`, where one in place of
 * Stable Diffusion's own would be `leading`.)
 *
 * @throws {RangeError} For another name; when the other one was told something, named, that there is not
 * for this one
 *
 * @example
 * ```ts
 * import { pndm, swapSampler } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const published = pndm({ timestepSpacing: "leading", stepsOffset: 1 });
 * const euler = swapSampler(published, { to: "euler" });
 * assert.deepEqual(euler.plan({ steps: 4 }).timesteps, [751, 501, 251, 1]);
 * ```
 */
export function swapSampler(sampler: Sampler, { to }: { to: string }): Sampler {
  checkName(to);
  if (to === sampler.name) return sampler;
  const { numTrainTimesteps, betaStart, betaEnd, betaSchedule, predictionType } = sampler.settings;
  const network = { numTrainTimesteps, betaStart, betaEnd, betaSchedule, predictionType };
  const told = Object.entries(network).filter(([, value]) => value !== undefined);
  return samplerSaid(definitionNamed(to), { ...Object.fromEntries(told), ...sampler.said });
}

/**
 * The sampler with a schedule that ends in pure noise, for a network that is trained to predict velocity: what
 * lets images be as dark or bright as they should (Lin et al. 2024, arXiv:2305.08891, sections 3.1 to 3.3).
 * Runs begin at the last timestep (`trailing`).
 *
 * @throws {RangeError} For a sampler that has no such schedule
 *
 * @example
 * ```ts
 * import { ddim, zeroTerminalSnr } from "galaxykit/diffusion";
 * import assert from "node:assert/strict";
 *
 * const { calls, predictionType } = zeroTerminalSnr(ddim()).plan({ steps: 10 });
 * assert.deepEqual([calls[0].timestep, calls[0].level.signal, predictionType], [999, 0, "v_prediction"]);
 * ```
 */
export function zeroTerminalSnr(sampler: Sampler): Sampler {
  const { name, settings } = sampler;
  if (settings.rescaleBetasZeroSnr === undefined) {
    const others = definitions.filter(({ defaults }) => "rescaleBetasZeroSnr" in defaults);
    throw new RangeError(
      `Cannot let the schedule of ${name} end in pure noise: the sampler must be one of ${
        others.map((one) => one.name).join(", ")
      }`,
    );
  }
  return samplerSaid(definitionNamed(name), {
    ...sampler.said,
    ...{ rescaleBetasZeroSnr: true, predictionType: "v_prediction", timestepSpacing: "trailing" },
  });
}

/** A sampler of what was said of it and of others, in camel case. */
function samplerSaid(
  definition: SamplerDefinition,
  said: Readonly<Record<string, unknown>>,
): Sampler {
  const { name: sampler, defaults, synonyms = {}, fixed = {} } = definition;
  const what = `make a ${sampler} sampler`;
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(said)) {
    if (Object.hasOwn(defaults, name)) {
      const words: Readonly<Record<string, string>> = synonyms[name as keyof typeof synonyms] ?? {};
      // In diffusers, None stands for what is not said
      const isUnsaid = value === null && defaults[name as keyof typeof defaults] !== null;
      if (!isUnsaid) settings[name] = words[value as string] ?? value;
    } else if (Object.hasOwn(fixed, snake(name))) {
      if (isDeepStrictEqual(value, fixed[snake(name)])) continue;
      throw new RangeError(
        `Cannot ${what}: ${snake(name)} must be ${told(fixed[snake(name)])} here, found ${
          told(value)
        }`,
      );
    } else if (name === "rescaleBetasZeroSnr" && value === true) {
      throw new RangeError(
        `Cannot ${what}: rescale_betas_zero_snr must be false, as it has no schedule that ends in pure noise, found true`,
      );
    } else if (!isKnown(name)) {
      const nearest = nearestName(snake(name), Object.keys(defaults).map(snake));
      throw new RangeError(
        `Cannot ${what}: there is no field "${snake(name)}"${
          nearest === undefined ? "" : `, nearest is "${nearest}"`
        }`,
      );
    }
  }
  return makeSampler(definition, { settings, said });
}

/** Whether any sampler knows a setting, if only in one form. */
function isKnown(name: string): boolean {
  return WITHOUT_EFFECT.includes(snake(name)) ||
    definitions.some(({ defaults, fixed = {} }) =>
      Object.hasOwn(defaults, name) || Object.hasOwn(fixed, snake(name))
    );
}

function definitionNamed(name: string): SamplerDefinition {
  return definitions.find((definition) => definition.name === name)!;
}

function told(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}
