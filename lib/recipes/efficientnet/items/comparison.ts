/**
 * Two phases against other ways to train, on the same galaxies.
 *
 * @module
 */

import type { Interval } from "../../../metrics/mod.ts";
import { intervalPlot } from "../../../plot/mod.ts";
import { count, percentWithin } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import { gainOf, INTERVAL_NOTE, type Measure, MEASURE_NAMES, measureOf } from "../measures.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { seedsOf } from "../networks.ts";
import { WAY_NAMES } from "../ways.ts";

const MEASURES: readonly Measure[] = ["accuracy", "balanced", "mixture", "smooth", "featured"];

/** How each network does, trained in each way. */
export const comparison: Item<EfficientnetRun> = {
  title: "two phases, one, all layers at once, from scratch",
  isOwn: true,
  notes: [
    "Not in the article, which says that training from scratch would take far more data and compute, without a number",
    "All trainings of a seed see the same galaxies; the head alone as often as both phases together. The trainings of all layers see them less often where the profile says so: what is frozen is computed once, they pay for each pass",
    "Right is what agrees with the volunteers' class. Balanced: the mean of what is found of each class. At 41.1/58.9: classes weighed as they are mixed in the article",
    INTERVAL_NOTE,
  ],
  draw(run) {
    const { seed, head, last, all } = run.settings;
    const rows = run.networks.flatMap((network) =>
      network.ways.map((way) => {
        const own = run.bySeed(network, way);
        const seconds = seedsOf(run.settings, way).map((seed) =>
          run.history({ network, way, seed }).reduce((sum, { seconds }) => sum + seconds, 0)
        );
        const measures = Object.fromEntries(
          MEASURES.map((measure) => [measure, measureOf(own, { measure, seed })]),
        ) as Record<Measure, Interval>;
        return { network, way, galaxies: own[0].length, seconds, measures };
      })
    );
    const figure = intervalPlot(
      rows.map(({ network, way, measures: { balanced } }) => ({
        ...{ name: WAY_NAMES[way], group: network.name, ...balanced },
      })),
      {
        title: "Balanced accuracy by training",
        label: `of ${count(rows[0].galaxies)} galaxies, ${run.settings.seeds} seeds; 95 % interval`,
      },
    );
    return {
      figures: { comparison: figure },
      table: {
        columns: [
          ...["network", "training", ...MEASURES.map((name) => MEASURE_NAMES[name])],
          "seconds a training",
        ],
        rows: rows.map(({ network, way, measures, seconds }) => [
          ...[
            network.name,
            WAY_NAMES[way],
            ...MEASURES.map((name) => percentWithin(measures[name])),
          ],
          (seconds.reduce((a, b) => a + b, 0) / seconds.length).toFixed(0),
        ]),
      },
      values: {
        rows: rows.map(({ network, way, measures, seconds }) => ({
          ...{ network: network.name, way, seconds, ...measures },
        })),
      },
      notes: [
        "Seconds are of the epochs; what frozen blocks give is computed once for all seeds, and counts with none",
        `Epochs: two phases ${head.epochs} + ${last.epochs}, head only ${
          head.epochs + last.epochs
        }, all layers at once and from scratch ${all.epochs}, at the rates ${
          [head.rate, last.rate].join(" and ")
        }, ${head.rate}, ${all.rate} and ${all.scratchRate}`,
        ...(run.networks.some(({ ways }) => ways.includes("shuffled"))
          ? ["Shuffled labels, the control of the maps, were trained with the first seed alone"]
          : []),
      ],
    };
  },
};

const GAINED: readonly Measure[] = ["accuracy", "balanced", "mixture"];

/** What two phases bring. */
export const gain: Item<EfficientnetRun> = {
  title: "what two phases gain",
  isOwn: true,
  notes: [
    "Two phases less the other way, of the same galaxies and seeds, so that what both have in common cancels",
    INTERVAL_NOTE,
  ],
  draw(run) {
    const { seed } = run.settings;
    const rows = run.networks.flatMap((network) => {
      const base = run.bySeed(network, "two_phases");
      return network.ways.filter((way) => way !== "two_phases" && way !== "shuffled")
        .map((way) => {
          const other = run.bySeed(network, way);
          const gains = Object.fromEntries(
            GAINED.map((measure) => [measure, gainOf({ base, other, measure, seed })]),
          ) as Record<Measure, Interval>;
          return { network, way, galaxies: base[0].length, ...gains };
        });
    });
    if (rows.length === 0) return { notes: ["Nothing was trained to compare with (compare)"] };
    const figure = intervalPlot(
      rows.map(({ network, way, balanced }) => ({
        ...{ name: `over ${WAY_NAMES[way]}`, group: network.name, ...balanced },
      })),
      {
        title: "What two phases gain",
        label: "balanced accuracy, two phases less the other; 95 % interval",
        reference: { at: 0, label: "nothing" },
      },
    );
    return {
      figures: { gain: figure },
      table: {
        columns: ["network", "two phases over", ...GAINED.map((name) => MEASURE_NAMES[name])],
        rows: rows.map(({ network, way, ...gains }) => [
          ...[network.name, WAY_NAMES[way], ...GAINED.map((name) => points(gains[name]))],
        ]),
      },
      values: {
        rows: rows.map(({ network, ...row }) => ({ ...row, network: network.name })),
      },
      notes: rows.map(({ network, way, accuracy, balanced, galaxies }) =>
        `${network.name}: ${
          sentence({ accuracy, "balanced accuracy": balanced }, WAY_NAMES[way])
        }, on ${count(galaxies)} galaxies and ${run.settings.seeds} seeds`
      ),
    };
  },
};

/** "+2.1 [0.4, 3.8]", in points of a hundred. */
function points({ value, low, high }: Interval): string {
  const [middle, from, to] = [value, low, high].map((end) => (100 * end).toFixed(1));
  return `${value > 0 ? "+" : ""}${middle} [${from}, ${to}]`;
}

/** What the intervals of gains say in words. */
export function sentence(gains: Readonly<Record<string, Interval>>, other: string): string {
  const told = Object.entries(gains).map(([what, gain]) => {
    const found = `${points(gain)} points of ${what}`;
    if (gain.low > 0) return `gain ${found}`;
    return gain.high < 0 ? `lose ${found}` : `gain nothing that can be told, ${found}`;
  });
  return `two phases, compared with ${other}, ${told.join(", and ")}`;
}
