/**
 * The kit's own backbones: small networks trained on simulated skies.
 *
 * @module
 */

import { within } from "../../text.ts";
import { commandLine } from "../../settings.ts";
import type { Epoch } from "../../train/mod.ts";
import type { Item, Preparation, Prepared, Recipe } from "../recipe.ts";
import { startRun } from "../start_run.ts";
import { probeBackbone, type Probed } from "./probe.ts";
import { writeBackboneRecord } from "./publish.ts";
import { type Backbone, BACKBONE_SETTINGS, BACKBONES } from "./settings.ts";
import { trainBackbone } from "./train.ts";

/** What became of a network: its weights, its best epoch, and how linear probes do on it. */
type Trained = { path: string; best: Epoch; probes: Probed[] };

type Outcome = Partial<Record<Backbone, Trained>>;

/** The networks, each an item. */
export const backbones: Recipe<typeof BACKBONE_SETTINGS, Outcome> = {
  name: "backbones",
  title: "The kit's own small networks, trained on simulated skies",
  summary: "Train the kit's own small networks on simulated skies, to be fine-tuned later.",
  data: "a GZ2 table and its images: real galaxies to try the networks on, too",
  settings: BACKBONE_SETTINGS,
  items: Object.fromEntries(BACKBONES.map((name) => [name, itemOf(name)])),
  prepare,
};

async function prepare(
  out: string,
  { data, settings, items, signal, onProgress }: Preparation<typeof BACKBONE_SETTINGS>,
): Promise<Prepared<Outcome>> {
  const schema = BACKBONE_SETTINGS;
  startRun(out, { name: "backbones", schema, settings });
  const run: Outcome = {};
  for (const name of items as Backbone[]) {
    const own = { out, settings, signal, onProgress };
    const { path, best } = await trainBackbone(name, own);
    const probes = await probeBackbone(name, { ...own, path, data });
    const command = ["deno task backbones", name, ...commandLine(schema, settings)].join(" ");
    await writeBackboneRecord(path, { name, command, training: { settings, best, probes } });
    run[name] = { path, best, probes };
  }
  return {
    run,
    text: `Learnt: ${settings.fractions} vote fractions; labels of the probes are of the same\n` +
      "Linear probes tell smooth from featured galaxies by frozen features",
  };
}

function itemOf(name: Backbone): Item<Outcome> {
  return {
    title: "balanced accuracy of a linear probe, 95 % intervals",
    isOwn: true,
    draw(run) {
      const { path, best, probes } = run[name]!;
      return {
        table: {
          columns: ["galaxies of", "number", "trained", "with random values"],
          rows: probes.map(({ on, galaxies, trained, random }) => [
            ...[on, `${galaxies}`, within(trained), within(random)],
          ]),
        },
        values: { best, probes },
        notes: [
          `${path}: epoch ${best.epoch}, mean absolute error of vote fractions ${
            best.validation_mean_absolute_error.toFixed(4)
          }`,
        ],
      };
    },
  };
}
