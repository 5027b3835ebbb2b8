/**
 * The threshold trade-off from votes and images to what its tables and figures show.
 *
 * @module
 */

import { join } from "node:path";
import { writeTable } from "../../data/mod.ts";
import { removeLeftovers } from "../../files.ts";
import { configOf } from "../../settings.ts";
import { writeSky } from "../../sky/mod.ts";
import { RunFolder } from "../../train/mod.ts";
import { checkWritable } from "../../writable.ts";
import type { Preparation, Prepared } from "../recipe.ts";
import { abstain } from "./abstention.ts";
import { openBackbone } from "./backbone.ts";
import { keptFeatures } from "./features.ts";
import { tradeoffFigure } from "./figures.ts";
import { readGalaxies } from "./galaxies.ts";
import { summary } from "./items.ts";
import type { ThresholdOutcome } from "./outcome.ts";
import { recommend } from "./recommendation.ts";
import { THRESHOLD, type ThresholdSettings } from "./settings.ts";
import { type Sweep, sweepThresholds } from "./sweep.ts";
import { writeRows } from "./tables.ts";
import { sweepVolunteers } from "./volunteers.ts";

/**
 * Sweeps the label threshold: what is kept, how wrong labels are, how well a linear probe on a frozen
 * network's features learns from them, and from soft labels instead; which threshold is best; then the
 * same for fewer volunteers, and what abstaining buys.
 *
 * Leaves in `out`: `sweep.parquet` and `.csv`, `volunteers.csv`, `coverage.csv`, `targets.csv`,
 * `predictions.parquet` and `threshold_tradeoff.html` (with its slider). The sky and features are kept
 * there, too: the same call goes on where it was stopped, and one with other thresholds starts at
 * once.
 */
export async function prepare(
  out: string,
  { data, settings, items, signal, onProgress }: Preparation<typeof THRESHOLD>,
): Promise<Prepared<ThresholdOutcome>> {
  // 1. Everything that can be wrong, before any work.
  checkWritable(out);
  const given = data === undefined ? undefined : readGalaxies(data, settings);
  const backbone = settings.votesOnly ? null : await openBackbone(settings, { signal });
  const source = backbone?.source ?? "votes alone";
  removeLeftovers(out);
  new RunFolder(out).writeConfig({
    recipe: "threshold",
    settings: configOf(THRESHOLD, settings),
    ...{ data: data ?? null, weights: source },
    labels: given ? { fractions: given.kind } : null,
  });

  // 2. Galaxies.
  const place = data ?? join(out, "sky");
  if (data === undefined) {
    await writeSky(place, { ...settings.sky, format: "png", signal, onProgress });
  }
  const galaxies = given ?? readGalaxies(place, settings);

  // 3. Features.
  const { paths, ids } = galaxies;
  const features = backbone && await keptFeatures(backbone, {
    ...{ paths, folder: join(out, "features"), signal, onProgress },
  }).finally(() => backbone.model.dispose());

  // 4. Sweeps.
  const started = performance.now();
  const sample = { galaxies, features };
  const sweep = await sweepThresholds(sample, { settings, signal, onProgress });
  const seconds = (performance.now() - started) / 1000;
  const volunteers = items.includes("volunteers")
    ? await sweepVolunteers({ ...sample, judge: sweep.judge }, { settings, signal, onProgress })
    : [];
  const featured = nearestPredictions(sweep, settings);
  const abstention = featured && abstain(sweep.judge.labels, featured, settings);
  const recommendations = recommend(sweep, { galaxies, settings });
  const measured = { sweep, recommendations, volunteers, abstention, seconds };
  const outcome = { settings, galaxies, features, source, ...measured };

  // 5. Tables, and the page with the slider.
  for (const name of ["sweep.parquet", "sweep.csv"]) writeRows(join(out, name), sweep.rows);
  if (volunteers.length > 0) writeRows(join(out, "volunteers.csv"), volunteers);
  if (abstention) {
    writeRows(join(out, "coverage.csv"), abstention.curve);
    writeRows(join(out, "targets.csv"), abstention.targets);
  }
  writeTable(join(out, "predictions.parquet"), {
    id: ids,
    ...galaxies.shares,
    volunteers_class: sweep.judge.labels,
    ...(galaxies.truth ? { truth: galaxies.truth } : {}),
    ...(featured ? { p_featured: featured } : {}),
  });
  const slider = tradeoffFigure(outcome);
  const page = join(out, "threshold_tradeoff.html");
  await slider.save(page);
  await slider.save(join(out, "threshold_tradeoff.json"));
  return { run: outcome, text: summary(outcome), pages: { "with a slider": page } };
}

/** What the probe at the threshold nearest to the settings' says of galaxies it has not seen. */
function nearestPredictions(
  { passing }: Sweep,
  { thresholds, at }: ThresholdSettings,
): Float64Array | null {
  const distance = (i: number) => Math.abs(thresholds[i] - at);
  const order = [...thresholds.keys()].sort((a, b) => distance(a) - distance(b));
  return passing[order[0]]?.[0].featured ?? null;
}
