/**
 * A run of Galaxy Sommelier: networks that have learnt one survey or two, and what they tell of a third.
 *
 * @module
 */

import { answersOf, gz2Tree, numberColumn, openSurvey } from "../../data/mod.ts";
import { checkWeights } from "../../jobs/first_model.ts";
import type { ImageModel } from "../../models/mod.ts";
import { populationOf } from "../../sky/mod.ts";
import { count as number } from "../../text.ts";
import type { Epoch } from "../../train/mod.ts";
import type { Preparation, Prepared } from "../recipe.ts";
import { startRun } from "../start_run.ts";
import { galaxiesOf, OUTPUTS, rowsOf, sizeOf, type SurveyGalaxies } from "./galaxies.ts";
import { SOMMELIER, type SommelierSettings, type Work } from "./settings.ts";
import { predictedOf, predictedRows, type Stage, type Told, trainStages } from "./train.ts";

/** What each network learns: as many pictures each. */
export const MIXES = {
  "SDSS only": "pictures of SDSS alone",
  "mixed": "half of SDSS, half of DECaLS, of other galaxies",
  "overlap": "half of the galaxies, each by SDSS and by DECaLS",
  "most votes": "half of SDSS, those with most votes, half of DECaLS, the others",
} as const;

/** One of them. */
export type Mix = keyof typeof MIXES;

/** What the items read. */
export type SommelierRun = {
  settings: SommelierSettings;
  /** Of galaxies of SDSS that were not learnt, by the network of SDSS after each stage. */
  stages: Record<Stage, Told>;
  /** Of the same galaxies, through the third telescope, by each network. */
  third: Partial<Record<Mix, Told>>;
  /** Of real galaxies, by the network of SDSS. */
  real?: Told;
  history: Partial<Record<Mix, Epoch[]>>;
  galaxies: Record<"train" | "validation" | "test", number>;
};

/** Networks that the others want beside that of SDSS. */
const WANTED: Readonly<Record<string, readonly Mix[]>> = {
  table4: ["mixed"],
  fig4: ["mixed"],
  "max-overlap": ["mixed", "overlap"],
  "high-quality": ["mixed", "most votes"],
};

/** Draws the sky, trains what the items want, and lets it tell of galaxies that were not learnt. */
export async function prepare(
  out: string,
  { data, settings, items, signal, onProgress }: Preparation<typeof SOMMELIER>,
): Promise<Prepared<SommelierRun>> {
  const real = data === undefined ? undefined : openSurvey(data).pictured();
  populationOf(settings.sky.population);
  checkWeights(settings);
  startRun(out, {
    ...{ name: "sommelier", schema: SOMMELIER, settings, free: ["resamples"] },
    data: data ?? "a simulated sky",
  });
  const work: Work = { out, settings, signal, onProgress };
  const galaxies = await galaxiesOf(work);
  using _set = galaxies.set;
  const { parts: { test, train, validation } } = galaxies;
  const wanted = new Set<Mix>(["SDSS only", ...items.flatMap((item) => WANTED[item] ?? [])]);
  const stages: Partial<Record<Stage, Told>> = {};
  const run: Omit<SommelierRun, "stages"> = {
    ...{ settings, third: {}, history: {} },
    galaxies: { train: train.length, validation: validation.length, test: test.length },
  };
  for (const mix of Object.keys(MIXES) as Mix[]) {
    if (!wanted.has(mix)) continue;
    run.history[mix] = await trainStages(mix.replaceAll(" ", "_"), learntBy(mix, galaxies), {
      ...work,
      async atStage(stage, model) {
        const isFirst = mix === "SDSS only";
        if (isFirst) {
          stages[stage] = await predictedOf(model, galaxies, {
            ...{ survey: "sdss", galaxies: test, signal },
          });
        }
        if (stage !== "full") return;
        run.third[mix] = await predictedOf(model, galaxies, {
          ...{ survey: "ukidss", galaxies: test, signal },
        });
        if (isFirst && real !== undefined) run.real = await predictReal(model, real, work);
      },
    });
  }
  const networks = Object.keys(run.third).length;
  return {
    run: { ...run, stages: stages as Record<Stage, Told> },
    text: `${number(galaxies.count)} simulated galaxies (seed ${settings.sky.seed}), each as ` +
      `SDSS, DECaLS and UKIDSS show it; ${networks} ${
        networks === 1 ? "network" : "networks"
      } of ${settings.model} at ${sizeOf(settings)} px learnt ${
        number(train.length)
      } pictures each, and tell of ${number(test.length)} galaxies that none has seen`,
  };
}

/** Which pictures a network learns, and which tell when it has learnt enough. */
function learntBy(
  mix: Mix,
  { set, count, parts, votes }: SurveyGalaxies,
): { set: SurveyGalaxies["set"]; train: Int32Array; validation: Int32Array } {
  const rows = (survey: "sdss" | "decals", galaxies: Int32Array) =>
    rowsOf(survey, { galaxies, count });
  const both = (sdss: Int32Array, decals: Int32Array) =>
    Int32Array.from([...rows("sdss", sdss), ...rows("decals", decals)]);
  const halves = (galaxies: Int32Array) => {
    const half = galaxies.length >> 1;
    return [galaxies.subarray(0, half), galaxies.subarray(half)] as const;
  };
  const split = (galaxies: Int32Array): Int32Array => {
    switch (mix) {
      case "SDSS only":
        return rows("sdss", galaxies);
      case "mixed":
        return both(...halves(galaxies));
      case "overlap": {
        const [half] = halves(galaxies);
        return both(half, half);
      }
      case "most votes":
        return both(...halves(galaxies.toSorted((a, b) => votes[b]! - votes[a]! || a - b)));
    }
  };
  return { set, train: split(parts.train), validation: split(parts.validation) };
}

/** What a network tells of real galaxies, of which a table has the votes; NaN where it has not. */
async function predictReal(
  model: ImageModel,
  survey: ReturnType<ReturnType<typeof openSurvey>["pictured"]>,
  { settings, signal, onProgress }: Work,
): Promise<Told> {
  const { columns } = survey.frame;
  const known = OUTPUTS.map((name) =>
    columns.includes(name) ? numberColumn(survey.frame, name) : undefined
  );
  if (known.every((values) => values === undefined)) {
    throw new RangeError(
      `Cannot test on "${survey.table}": it has none of ${OUTPUTS[0]}, ${OUTPUTS[1]} …, of ${
        answersOf(gz2Tree).length
      } answers; wanted is a table of Galaxy Zoo 2`,
    );
  }
  const set = await survey.images({
    ...{ size: sizeOf(settings), cropFraction: settings.crop, targets: [], signal, onProgress },
  });
  using _set = set;
  return await predictedRows(model, {
    ...{ set, indices: Int32Array.from({ length: set.length }, (_, row) => row), signal },
    target: (row, at) => known[at]?.[row] ?? NaN,
  });
}
