/**
 * A run of GalaxySD: the galaxies, the model that has learnt them, and what it generates.
 *
 * @module
 */

import { join } from "node:path";
import { type GalaxySurvey, openSurvey } from "../../data/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { count } from "../../text.ts";
import type { Preparation, Prepared } from "../recipe.ts";
import { readSafetensors } from "../../weights/mod.ts";
import { startRun } from "../start_run.ts";
import { galaxiesOf, type LearntGalaxies } from "./galaxies.ts";
import { generated } from "./generated.ts";
import { isGalaxyPipeline, saveGalaxyPipeline } from "./pipeline.ts";
import { type Answers, type Bytes, Reader } from "./reader.ts";
import type { GalaxyRequest, Told } from "./requests.ts";
import { GALAXYSD_SETTINGS, type GalaxysdSettings, type Work } from "./settings.ts";
import { checkpointPath, type TrainedModel, trainGalaxies } from "./train.ts";

/** What galaxies are from where no folder is named, as runs write it down. */
export const SIMULATED = "a simulated sky";

/** Items that tables alone are drawn from. */
const OF_TABLES = ["selection", "fig2", "table1", "figb3"];

/** Items that galaxies are enough for, without a model. */
const OF_GALAXIES = ["brightness"];

/** What the items read. */
export type GalaxysdRun = {
  settings: GalaxysdSettings;
  /** Galaxies with their votes. */
  survey: GalaxySurvey;
  /** Where they come from: a folder, or "simulated sky". */
  data: string;
  /** Their pictures, where an item wants them. */
  galaxies?: LearntGalaxies;
  /** The model, where an item wants it. */
  made?: Made;
  /** Stops an item that takes long. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** A model that has learnt galaxies. */
export type Made = TrainedModel & {
  galaxies: LearntGalaxies;
  /** Generates galaxies, or takes them from the folder where they were generated before. */
  generate(name: string, order: {
    requests: readonly GalaxyRequest[];
    each?: number;
    seed?: number;
    told?: Told;
    guidance?: number;
  }): Promise<Bytes>;
  /** Does something with the weights that there were after an epoch. */
  asAfter<T>(epoch: number, body: () => Promise<T>): Promise<T>;
  /** What the reader makes of pictures. */
  read(pictures: Bytes): Promise<Answers>;
};

/** Draws the sky where there is no data, and trains where an item wants a model. */
export async function prepare(
  out: string,
  { data, settings, items, signal, onProgress }: Preparation<typeof GALAXYSD_SETTINGS>,
): Promise<Prepared<GalaxysdRun>> {
  const found = data === undefined ? undefined : openSurvey(data);
  startRun(out, {
    ...{ name: "galaxysd", schema: GALAXYSD_SETTINGS, settings },
    data: data ?? SIMULATED,
    free: ["each", "sampling", "imagesEvery"],
  });
  const own = { out, data, settings, signal, onProgress };
  const ofPictures = items.filter((item) => !OF_TABLES.includes(item));
  const wantsModel = ofPictures.some((item) => !OF_GALAXIES.includes(item));
  const galaxies = ofPictures.length > 0 || found === undefined ? await galaxiesOf(own) : undefined;
  const made = wantsModel ? await makeOf(galaxies!, own) : undefined;
  const survey = found ?? galaxies!.survey;
  const learnt = made === undefined
    ? ""
    : `; ${count(settings.steps * settings.batch)} pictures of ${
      count(galaxies!.survey.ids.length)
    } galaxies learnt`;
  return {
    run: { settings, survey, data: data ?? "simulated sky", galaxies, made, signal, onProgress },
    text: `${count(survey.ids.length)} galaxies of ${data ?? "the simulated sky"}${learnt}`,
  };
}

async function makeOf(
  galaxies: LearntGalaxies,
  { out, settings, signal, onProgress }: Work,
): Promise<Made> {
  const trained = await trainGalaxies(galaxies, { out, settings, signal, onProgress });
  const reader = await Reader.open({ crop: settings.crop });
  const { layout } = galaxies.conditions;
  const pipeline = join(out, "pipeline");
  if (!isGalaxyPipeline(pipeline)) {
    await saveGalaxyPipeline(pipeline, trained.model, { layout, signal });
  }
  return {
    ...trained,
    galaxies,
    generate: (
      name,
      { each = settings.each, seed = 1, told = settings.told, guidance, ...order },
    ) =>
      generated(join(out, "generated", `${name}.safetensors`), {
        ...{ ...order, each, seed, told },
        sampling: { ...settings.sampling, ...(guidance && { guidance }) },
      }, {
        ...{ model: trained.model, layout, signal },
        onProgress: within(onProgress, `Generating ${name}`),
      }),
    async asAfter(epoch, body) {
      const { denoiser } = trained;
      const now = denoiser.stateDict();
      denoiser.loadStateDict(readSafetensors(checkpointPath(out, epoch)).tensors);
      try {
        return await body();
      } finally {
        denoiser.loadStateDict(now);
      }
    },
    read: (pictures) => reader.read(pictures),
  };
}
