/**
 * What a sampler is: an algorithm with its settings, which plans a run.
 *
 * @module
 */

import { type OptionNames, refuseOutside, refuseUnknown } from "../options.ts";
import { noiseSchedule, type NoiseScheduleOptions } from "./noise_schedule.ts";
import { Plan, type PlanParts } from "./plan.ts";
import { checkSettings, type SamplerSettings, type SettingName } from "./settings.ts";

/** How long a run is to be. */
export type PlanOptions = {
  /** At how many noise levels the network is called (by some samplers more than once). */
  steps: number;
  /**
   * For runs that begin with an image: how much of the way into noise to go first, in (0, 1]. The last
   * ⌊steps · strength⌋ steps remain.
   *
   * @default {1}
   */
  strength?: number;
};

/** Some settings. */
type Some<K extends SettingName> = Pick<SamplerSettings, K>;

/** An algorithm. */
export type SamplerDefinition<K extends SettingName = SettingName> = {
  /** What it is called here. */
  readonly name: string;
  /** What diffusers calls it. */
  readonly className: string;
  /** Its settings, as they are unless told otherwise. */
  readonly defaults: Some<K>;
  /** Of settings that may be fewer things, or others, than usual. */
  readonly words?: { readonly [name in NoInfer<K>]?: readonly string[] };
  /** Words of other samplers' files that mean one of its own. */
  readonly synonyms?: { readonly [name in NoInfer<K>]?: Readonly<Record<string, string>> };
  /** Settings that diffusers' files do not tell. */
  readonly unsaved?: readonly NoInfer<K>[];
  /** Fields of diffusers' class that can be nothing else here. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** The run whose first `skipped` of so many steps are left out. */
  plan(settings: Some<NoInfer<K>>, run: { steps: number; skipped: number }): PlanParts;
  /** Refuses settings that do not go together. */
  check?(settings: Some<NoInfer<K>>): void;
};

/** A sampler, with its settings. */
export type Sampler = {
  /** What the algorithm is called, such as "euler". */
  readonly name: string;
  /** All its settings. */
  readonly settings: Readonly<Partial<SamplerSettings>>;
  /**
   * Those that were said, also what another sampler's file says that this one has no use for: another
   * that takes this one's place takes them over.
   */
  readonly said: Readonly<Record<string, unknown>>;
  /**
   * A run of so many steps.
   *
   * @throws {RangeError} When there are no steps, or more than the network has timesteps; for a strength
   * outside (0, 1], or one that leaves no step
   */
  plan(options: PlanOptions): Plan;
};

/** Makes a sampler of an algorithm. */
export type SamplerMaker<K extends SettingName = SettingName> =
  & ((settings?: Partial<Some<K>>) => Sampler)
  & { readonly definition: SamplerDefinition<K> };

/** An algorithm as a function that makes samplers of it. */
export function samplerMaker<K extends SettingName>(
  definition: SamplerDefinition<K>,
): SamplerMaker<K> {
  const make = (settings: Partial<Some<K>> = {}) => makeSampler(definition, { settings });
  return Object.assign(make, { definition });
}

/**
 * A sampler.
 *
 * @param options `said`: what is to be kept for those who take its place
 * @throws {RangeError} For a setting that it has not, or one out of its range
 */
export function makeSampler<K extends SettingName>(
  definition: SamplerDefinition<K>,
  { settings: given, said = given }: {
    settings: Partial<Some<K>>;
    said?: Readonly<Record<string, unknown>>;
  },
): Sampler {
  const { name, defaults, words } = definition;
  const what = `make a ${name} sampler`;
  const names = Object.fromEntries(Object.keys(defaults).map((key) => [key, true]));
  refuseUnknown<Partial<Some<K>>>(given, names as OptionNames<Partial<Some<K>>>, { what });
  const settings: Some<K> & Partial<SamplerSettings> = { ...defaults, ...given };
  checkSettings(settings, { what, defaults: defaults as Partial<SamplerSettings>, ...{ words } });
  if ("betaSchedule" in settings) noiseSchedule(scheduleOptions(settings));
  definition.check?.(settings);
  const trained = (settings as Partial<SamplerSettings>).numTrainTimesteps!;
  return Object.freeze({
    name,
    settings: Object.freeze(settings),
    said: Object.freeze({ ...said }),
    plan(options: PlanOptions): Plan {
      const planning = `plan a run of ${name}`;
      refuseUnknown(options, { steps: true, strength: true }, { what: planning });
      const { steps, strength = 1 } = options;
      refuseOutside({ steps: steps ?? null, strength }, {
        steps: `whole [1, ${trained}]`,
        strength: "(0, 1]",
      }, { what: planning });
      const kept = Math.trunc(steps * strength);
      if (kept === 0) {
        throw new RangeError(
          `Cannot plan a run of ${name}: strength ${strength} of ${steps} steps leaves none, at least ${
            Math.ceil(1 / strength)
          } steps are wanted`,
        );
      }
      const parts = definition.plan(settings, { steps, skipped: steps - kept });
      return new Plan(kept < steps ? { ...parts, noiseScale: 0 } : parts);
    },
  });
}

/** The settings that a noise schedule is made of. */
export function scheduleOptions(settings: NoiseScheduleOptions): NoiseScheduleOptions {
  const { numTrainTimesteps, betaStart, betaEnd, betaSchedule } = settings;
  const { trainedBetas = null, rescaleBetasZeroSnr = false } = settings;
  return {
    numTrainTimesteps,
    betaStart,
    betaEnd,
    betaSchedule,
    trainedBetas,
    rescaleBetasZeroSnr,
  } as NoiseScheduleOptions;
}
