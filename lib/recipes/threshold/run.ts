/**
 * The threshold trade-off from votes and images to tables and figures.
 *
 * @module
 */

import { join } from "node:path";
import { writeTable } from "../../data/mod.ts";
import { removeLeftovers } from "../../files.ts";
import type { OnProgress } from "../../progress.ts";
import { writeSky } from "../../sky/mod.ts";
import { RunFolder } from "../../train/mod.ts";
import { checkWritable } from "../../writable.ts";
import { abstain } from "./abstention.ts";
import { openBackbone } from "./backbone.ts";
import { keptFeatures } from "./features.ts";
import { readGalaxies } from "./galaxies.ts";
import type { ThresholdOutcome } from "./outcome.ts";
import { writeThresholdReport } from "./report.ts";
import { checkThresholdSettings, type ThresholdSettings } from "./settings.ts";
import { type Sweep, sweepThresholds } from "./sweep.ts";
import { writeRows } from "./tables.ts";
import { sweepVolunteers } from "./volunteers.ts";
import { majorityLabels } from "./votes.ts";

/** What a run tells of its progress. */
export type ThresholdProgress = {
  signal?: AbortSignal;
  /** Called often: what is being done, and how far it is. */
  onProgress?: OnProgress;
};

/**
 * Sweeps the label threshold: what is kept, how wrong labels are, how well a linear probe on a frozen
 * network's features learns from them; then the same for fewer volunteers, and what abstaining buys.
 *
 * Leaves in `out`: `config.json`, `sweep.parquet` and `.csv`, `volunteers.csv`, `coverage.csv`,
 * `targets.csv`, `predictions.parquet`, `figures/`, `threshold_tradeoff.html` (with its slider) and
 * `report.html`. The sky and features are kept there, too: the same call goes on where it was
 * stopped, and one with other thresholds starts at once.
 *
 * @throws {RangeError} When a setting makes no sense, or no threshold leaves both classes
 * @throws {Error} When the data cannot be used, or weights are missing
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { THRESHOLD, thresholdTradeOff } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * const { outcome, page } = await thresholdTradeOff(`${Deno.makeTempDirSync()}/run`, {
 *   data: "data/sky",
 *   settings: { ...THRESHOLD.tiny, model: "resnet18_mini", weights: "none", folds: 3 },
 * });
 * const [lowest, ...higher] = outcome.sweep.rows;
 * assert.ok(higher.every(({ kept }) => kept <= lowest.kept));
 * assert.match(Deno.readTextFileSync(page), /Label noise/);
 * ```
 */
export async function thresholdTradeOff(
  out: string,
  { data, images, skipMissing, settings, signal, onProgress }: ThresholdProgress & {
    /** A folder of a survey, or the table in it. @default {a simulated sky, drawn into `out`} */
    data?: string;
    /** Folder of the images. @default {the table's} */
    images?: string;
    /** Leave out galaxies without an image. @default {false} */
    skipMissing?: boolean;
    settings: ThresholdSettings;
  },
): Promise<{ outcome: ThresholdOutcome; page: string }> {
  const telling = (what: string, unit: string) => (step: { done: number; total: number }) =>
    onProgress?.({ what, unit, ...step });

  // 1. Everything that can be wrong, before any work.
  checkThresholdSettings(settings);
  checkWritable(out);
  if (data !== undefined) readGalaxies(data, { ...settings, images, skipMissing });
  const backbone = await openBackbone(settings, { signal });
  removeLeftovers(out);
  new RunFolder(out).writeConfig({
    recipe: "threshold",
    settings,
    ...{ data: data ?? null, images: images ?? null, weights: backbone.source },
  });

  // 2. Galaxies.
  const place = data ?? join(out, "sky");
  if (data === undefined) {
    await writeSky(place, { ...settings.sky, format: "png", signal, onProgress });
  }
  const galaxies = readGalaxies(place, { ...settings, images, skipMissing });

  // 3. Features.
  const { paths, ids } = galaxies;
  const reading = telling("Computing features", "images");
  const features = await keptFeatures(backbone, {
    ...{ paths, folder: join(out, "features"), signal },
    onProgress: (done) => reading({ done, total: paths.length }),
  }).finally(() => backbone.model.dispose());

  // 4. Sweeps.
  const started = performance.now();
  const sample = { galaxies, features };
  const sweep = await sweepThresholds(sample, {
    ...{ settings, signal, onProgress: telling("Sweeping thresholds", "probes") },
  });
  const seconds = (performance.now() - started) / 1000;
  const volunteers = await sweepVolunteers(sample, {
    ...{ settings, signal, onProgress: telling("Asking fewer volunteers", "probes") },
  });
  const featured = nearestPredictions(sweep, settings);
  const abstention = featured && abstain(majorityLabels(galaxies.shares), featured, settings);
  const { source } = backbone;
  const measured = { sweep, volunteers, abstention, seconds };
  const outcome = { settings, galaxies, features, source, ...measured };

  // 5. Tables, figures and the page.
  for (const name of ["sweep.parquet", "sweep.csv"]) writeRows(join(out, name), sweep.rows);
  writeRows(join(out, "volunteers.csv"), volunteers);
  if (abstention) {
    writeRows(join(out, "coverage.csv"), abstention.curve);
    writeRows(join(out, "targets.csv"), abstention.targets);
  }
  writeTable(join(out, "predictions.parquet"), {
    id: ids,
    ...galaxies.shares,
    ...(galaxies.truth ? { truth: galaxies.truth } : {}),
    ...(featured ? { p_featured: featured } : {}),
  });
  return { outcome, page: await writeThresholdReport(out, outcome) };
}

/** What the probe at the threshold nearest to the settings' says of galaxies it has not seen. */
function nearestPredictions(
  { heldOut: [first] }: Sweep,
  { thresholds, at }: ThresholdSettings,
): Float64Array | null {
  const distance = (i: number) => Math.abs(thresholds[i] - at);
  const order = [...thresholds.keys()].sort((a, b) => distance(a) - distance(b));
  return first[order[0]];
}
