/**
 * Items of Grad-CAM.
 *
 * @module
 */

import { bootstrapInterval, type Interval } from "../../../metrics/mod.ts";
import { type ImageGrid, intervalPlot, overlayGrid } from "../../../plot/mod.ts";
import { mean } from "../../../statistics.ts";
import { within } from "../../../text.ts";
import type { Item, ItemResult } from "../../recipe.ts";
import type { Example, MapRow } from "../attention.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { CLASSES } from "../settings.ts";

type RunItem = Item<EfficientnetRun>;

const NOTES = [
  "Grad-CAM of the predicted class: channels weighed by their mean gradient, negative parts cut off, stretched to the image",
  "Left open: which convolution is meant by the final one, how many galaxies, and which",
];

/** Grad-CAM of right predictions. */
export const fig6: RunItem = {
  title: "Grad-CAM of right predictions",
  notes: [
    "Published: on smooth galaxies the bright core, on featured ones the disk and the arms as well",
    ...NOTES,
    "Here up to six of each class, drawn at random by the seed",
  ],
  draw: (run) => panels(run, { name: "fig6", title: "Grad-CAM, right predictions", right: true }),
};

/** Grad-CAM of wrong predictions. */
export const fig7: RunItem = {
  title: "Grad-CAM of wrong predictions",
  notes: [
    "Published: sometimes attention on a foreground star, or on the core of a featured galaxy",
    ...NOTES,
    "Here up to six of each class, those of which the network is surest",
  ],
  draw: (run) => panels(run, { name: "fig7", title: "Grad-CAM, wrong predictions", right: false }),
};

function panels(
  run: EfficientnetRun,
  { name, title, right }: { name: string; title: string; right: boolean },
): ItemResult {
  const examples = run.examples("two_phases").filter(({ target, prediction }) =>
    (target === prediction) === right
  );
  if (examples.length === 0) {
    return { notes: [`No prediction of this run is ${right ? "right" : "wrong"}`] };
  }
  return { figures: { [name]: overlays(examples, title) }, notes: layerNote(run) };
}

function layerNote({ settings: { mapLayer, model, size } }: EfficientnetRun): string[] {
  return mapLayer === "last" ? [] : [
    `At layer ${mapLayer} of ${model}: of ${size} pixels the last convolution would have ${
      Math.ceil(size / 32)
    } x ${Math.ceil(size / 32)} places`,
  ];
}

/** Rows of three galaxies, each class beginning a new one. */
function overlays(examples: readonly Example[], title: string): ImageGrid {
  const columns = 3;
  const classes = CLASSES.map((name) => examples.filter(({ target }) => target === name));
  const rows = classes.map(({ length }) => Math.ceil(length / columns));
  return overlayGrid(
    classes.flatMap((own, place) =>
      Array.from({ length: rows[place] * columns }, (_, i) => i < own.length ? panel(own[i]) : null)
    ),
    {
      title,
      columns,
      rows: CLASSES.flatMap((name, place) =>
        Array.from({ length: rows[place] }, (_, row) => row === 0 ? `true class: ${name}` : "")
      ),
    },
  );
}

function panel({ id, prediction, confidence, pixels, map, size }: Example) {
  return {
    ...{ pixels, map, width: size, caption: id },
    mapCaption: `predicted: ${prediction} (${confidence.toFixed(2)})`,
  };
}

/** The maps in numbers, beside those of a network that learnt nothing of the labels. */
export const attention: RunItem = {
  title: "where the maps lie, beside a network of shuffled labels",
  isOwn: true,
  notes: [
    "Not in the article, which looks at examples",
    "Inside: the share of the map within the true extent of the simulated galaxy; without preference it would be the galaxy's share of the image",
    "Radius: root mean square distance of the map from the image's centre, in sides of the image",
    "The control was trained in the same way on labels dealt out at random among the training galaxies",
  ],
  draw(run) {
    const variants = (["two_phases", "shuffled"] as const).filter((name) =>
      run.variants.includes(name)
    );
    const groups = variants.flatMap((variant) =>
      CLASSES.map((name) => ({
        variant,
        class: name,
        maps: run.maps(variant).filter(({ target, blank }) => target === name && !blank),
      }))
    ).filter(({ maps }) => maps.length > 0);
    const { seed } = run.settings;
    const isKnown = groups.some(({ maps }) => maps.some(({ inside }) => !Number.isNaN(inside)));
    const rows = groups.map(({ variant, class: name, maps }) => ({
      variant,
      class: name,
      galaxies: maps.length,
      radius: meanInterval(maps.map(({ radius }) => radius), seed),
      inside: isKnown ? meanInterval(maps.map(({ inside }) => inside), seed) : undefined,
      area: isKnown ? meanInterval(maps.map(({ area }) => area), seed) : undefined,
    }));
    const differences = CLASSES.flatMap((name) => {
      const [a, b] = variants.map((variant) =>
        groups.find((group) => group.variant === variant && group.class === name)?.maps
      );
      return a && b && isKnown ? [{ class: name, difference: paired(a, b, seed) }] : [];
    });
    const figures: ItemResult["figures"] = {};
    if (isKnown) {
      figures.attention = intervalPlot(
        rows.flatMap(({ variant, class: group, inside }) =>
          inside ? [{ name: CONTROL[variant], group, ...inside }] : []
        ),
        {
          title: "Grad-CAM inside the true galaxy",
          label: "share of the map, mean and 95 % interval",
        },
      );
    }
    const blank = variants.map((variant) => ({
      variant,
      count: run.maps(variant).filter(({ blank }) => blank).length,
    })).filter(({ count }) => count > 0);
    return {
      figures,
      table: {
        columns: [
          "network",
          "class",
          "galaxies",
          "inside",
          "galaxy's share of the image",
          "radius",
        ],
        rows: rows.map(({ variant, class: name, galaxies, inside, area, radius }) => [
          CONTROL[variant],
          name,
          `${galaxies}`,
          inside ? within(inside) : "unknown",
          area ? within(area) : "unknown",
          radius ? within(radius) : "unknown",
        ]),
      },
      values: { rows, differences },
      notes: [
        ...layerNote(run),
        ...differences.map(({ class: name, difference }) =>
          `${name}: trained less shuffled labels, inside, on the same galaxies: ${
            difference ? within(difference) : "unknown"
          }`
        ),
        ...blank.map(({ variant, count }) =>
          `${count} maps of the network ${
            CONTROL[variant]
          } are blank: nothing at this layer speaks for the class`
        ),
        ...(isKnown ? [] : ["The galaxies are real: where they end is not known"]),
      ],
    };
  },
};

const CONTROL: Record<"two_phases" | "shuffled", string> = {
  two_phases: "trained",
  shuffled: "shuffled labels",
};

function meanInterval(values: readonly number[], seed: number): Interval | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return undefined;
  return bootstrapInterval({ known }, { seed, metric: ({ known }) => mean(known) });
}

/** The mean difference on the galaxies that both have a map of. */
function paired(a: readonly MapRow[], b: readonly MapRow[], seed: number): Interval | undefined {
  const others = new Map(b.map(({ id, inside }) => [id, inside]));
  return meanInterval(a.map(({ id, inside }) => inside - (others.get(id) ?? NaN)), seed);
}
