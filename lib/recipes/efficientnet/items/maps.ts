/**
 * Items of class activation maps.
 *
 * @module
 */

import { bootstrapInterval, type Interval } from "../../../metrics/mod.ts";
import {
  type ImageGrid,
  imageGrid,
  intervalPlot,
  type IntervalRow,
  overlay,
  overlayGrid,
} from "../../../plot/mod.ts";
import { mean } from "../../../statistics.ts";
import { within } from "../../../text.ts";
import type { Item, ItemResult } from "../../recipe.ts";
import type { Example, Mapped, MapRow, MeanMap } from "../map_files.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { CLASSES, type Method } from "../settings.ts";

type RunItem = Item<EfficientnetRun>;

const METHOD_NAMES: Record<Method, string> = {
  gradCam: "Grad-CAM",
  gradCamPlusPlus: "Grad-CAM++",
  hiResCam: "HiRes-CAM",
  layerCam: "Layer-CAM",
  eigenCam: "Eigen-CAM",
  scoreCam: "Score-CAM",
};

const MAPPED_NAMES: Record<Mapped, string> = {
  trained: "trained",
  shuffled: "shuffled labels",
  random: "random weights",
};

const NOTES = [
  "Maps are of what speaks for the predicted class against the other one, the log of its odds; negative parts cut off, stretched to the image",
  "Left open: which convolution is meant by the final one, how many galaxies, and which",
];

/** Maps of right predictions. */
export const fig6: RunItem = {
  title: "Grad-CAM of right predictions",
  notes: [
    "Published: on smooth galaxies the bright core, on featured ones the disk and the arms as well",
    ...NOTES,
    "Here up to six of each volunteers' class, drawn at random by the seed",
  ],
  draw: (run) => panels(run, { name: "fig6", what: "right predictions", right: true }),
};

/** Maps of wrong predictions. */
export const fig7: RunItem = {
  title: "Grad-CAM of wrong predictions",
  notes: [
    "Published: sometimes attention on a foreground star, or on the core of a featured galaxy",
    ...NOTES,
    "Here up to six of each volunteers' class, those of which the network is surest",
  ],
  draw: (run) => panels(run, { name: "fig7", what: "wrong predictions", right: false }),
};

function panels(
  run: EfficientnetRun,
  { name, what, right }: { name: string; what: string; right: boolean },
): ItemResult {
  const examples = run.maps.examples()
    .filter(({ target, prediction }) => (target === prediction) === right);
  if (examples.length === 0) {
    return { notes: [`No prediction of this run is ${right ? "right" : "wrong"}`] };
  }
  const [method] = run.settings.mapping.methods;
  return {
    figures: { [name]: overlays(examples, `${METHOD_NAMES[method]}, ${what}`) },
    notes: [`${headline(run)} of ${run.article.name}`],
  };
}

/** "Grad-CAM at the last convolution". */
function headline({ settings: { mapping: { layers, methods } } }: EfficientnetRun): string {
  return `${METHOD_NAMES[methods[0]]} at ${layerName(layers[0])}`;
}

function layerName(layer: string): string {
  return layer === "last" ? "the last convolution" : layer;
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
        Array.from(
          { length: rows[place] },
          (_, row) => row === 0 ? `volunteers' class: ${name}` : "",
        )
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

const INSIDE_NOTES = [
  "Inside: the share of a map within the true extent of the simulated galaxy. Chance: the galaxy's share of the image, which a map without preference would have; times chance is the one over the other, means over the galaxies of a class, with 95 % intervals of the galaxies",
  "Every galaxy is in the middle of its picture: the mean map of the other galaxies, which knows nothing of the one that it is laid on, tells what a liking for the middle alone comes to",
];

const CONTROL_NOTE =
  "Shuffled labels: trained in the same way on labels dealt out at random among the training galaxies. Random weights: the same network without any training";

/** The shown maps in numbers, beside networks that know nothing of the question. */
export const attention: RunItem = {
  title: "where the maps lie, beside networks that know nothing of the question",
  isOwn: true,
  notes: ["Not in the article, which looks at examples", ...INSIDE_NOTES, CONTROL_NOTE],
  draw(run) {
    const { seed, mapping } = run.settings;
    const rows = run.maps.rows()
      .filter(({ layer, method }) => layer === mapping.layers[0] && method === mapping.methods[0]);
    const groups = (Object.keys(MAPPED_NAMES) as Mapped[]).flatMap((network) =>
      CLASSES.map((target) => {
        const all = rows.filter((row) => row.network === network && row.target === target);
        const maps = all.filter(({ blank }) => !blank);
        return {
          ...{ network, target, galaxies: maps.length, blank: all.length - maps.length },
          radius: meanInterval(maps.map(({ radius }) => radius), seed),
          inside: meanInterval(maps.map(({ inside }) => inside), seed),
          area: meanInterval(maps.map(({ area }) => area), seed),
          times: timesChance(maps, { of: "inside", seed }),
          prior: timesChance(maps, { of: "prior", seed }),
        };
      })
    ).filter(({ galaxies }) => galaxies > 0);
    const isKnown = groups.some(({ inside }) => inside !== undefined);
    const figures: ItemResult["figures"] = { mean_maps: meanGrid(run.maps.means(), headline(run)) };
    const bars = groups.flatMap(({ network, target, times, prior }): IntervalRow[] => [
      ...(times ? [{ name: MAPPED_NAMES[network], group: target, ...times }] : []),
      ...(prior && network === "trained"
        ? [{ name: "its mean map of the others", group: target, ...prior }]
        : []),
    ]);
    if (bars.length > 0) figures.attention = insidePlot(bars, "Maps inside the true galaxy");
    return {
      figures,
      table: {
        columns: [
          ...["network", "volunteers' class", "galaxies", "blank", "inside", "chance"],
          ...["times chance", "mean map of the others, times chance", "radius"],
        ],
        rows: groups.map((
          { network, target, galaxies, blank, inside, area, times, prior, radius },
        ) => [
          ...[MAPPED_NAMES[network], target, `${galaxies}`, `${blank}`, told(inside)],
          ...[told(area), told(times), told(prior), told(radius)],
        ]),
      },
      values: { rows: groups },
      notes: [
        `${headline(run)} of ${run.article.name}`,
        "Radius: root mean square distance of the map from the image's centre, in sides of the image",
        "Blank: nothing at this layer speaks for the predicted class",
        ...(isKnown ? [] : ["The galaxies are real: where they end is not known"]),
      ],
    };
  },
};

/** Shares of maps inside the galaxies, beside chance. */
function insidePlot(bars: readonly IntervalRow[], title: string) {
  return intervalPlot(bars, {
    title,
    label: "share of the map, times the galaxy's share of the image",
    format: ".2f",
    reference: { at: 1, label: "chance" },
  });
}

function told(interval: Interval | undefined): string {
  return interval ? within(interval, 2) : "unknown";
}

/** Every method at every layer. */
export const methods: RunItem = {
  title: "layers and methods: what lies inside, and what counts",
  isOwn: true,
  notes: [
    "Times chance as in the item above, for each volunteers' class; of the networks that know nothing, over both classes",
    "Deletion and insertion (Petsiuk et al. 2018): the probability of the predicted class while the pixels that the map holds for important are replaced by sky, or come first on sky, mean over the shares of pixels; small is good for deletion, large for insertion. Sky is the median of the image's border",
    CONTROL_NOTE,
    "At the last convolution of a network that takes the mean and one linear layer after it, Grad-CAM and HiRes-CAM are the same map",
  ],
  draw(run) {
    const { seed, mapping } = run.settings;
    const all = run.maps.rows().filter(({ blank }) => !blank);
    const kinds = mapping.layers.flatMap((layer) =>
      mapping.methods.map((method) => {
        const own = all.filter((row) => row.layer === layer && row.method === method);
        const of = (network: Mapped, target?: string) =>
          timesChance(
            own.filter((row) => row.network === network && (!target || row.target === target)),
            { of: "inside", seed },
          );
        const tested = own.filter(({ deletion }) => !Number.isNaN(deletion));
        return {
          ...{ layer, method, tested: tested.length },
          ...{ smooth: of("trained", "smooth"), featured: of("trained", "featured") },
          ...{ shuffled: of("shuffled"), random: of("random") },
          deletion: meanInterval(tested.map(({ deletion }) => deletion), seed),
          insertion: meanInterval(tested.map(({ insertion }) => insertion), seed),
        };
      })
    );
    const bars = kinds.flatMap(({ layer, method, smooth, featured }) =>
      Object.entries({ smooth, featured }).flatMap(([group, times]) =>
        times ? [{ name: `${METHOD_NAMES[method]}, ${layerName(layer)}`, group, ...times }] : []
      )
    );
    const figures: ItemResult["figures"] = {};
    if (bars.length > 0) {
      figures.methods = insidePlot(bars, "Maps inside the true galaxy, by layer and method");
    }
    return {
      figures,
      table: {
        columns: [
          ...["layer", "method", "smooth: times chance", "featured", "shuffled labels"],
          ...["random weights", "deletion", "insertion"],
        ],
        rows: kinds.map((kind) => [
          ...[layerName(kind.layer), METHOD_NAMES[kind.method], told(kind.smooth)],
          ...[told(kind.featured), told(kind.shuffled), told(kind.random)],
          ...[told(kind.deletion), told(kind.insertion)],
        ]),
      },
      values: { kinds },
      notes: [
        `Deletion and insertion are of ${Math.max(...kinds.map(({ tested }) => tested))} galaxies`,
      ],
    };
  },
};

/** Mean maps: a row for each class, a column for each network, the mean galaxy last. */
function meanGrid(means: readonly MeanMap[], title: string): ImageGrid {
  const columns = [...new Set(["galaxies" as const, ...means.map(({ of }) => of)])];
  const name = (of: MeanMap["of"]) => of === "galaxies" ? "brightness" : MAPPED_NAMES[of];
  return imageGrid(
    CLASSES.flatMap((target) =>
      columns.map((of) => {
        const mean = means.find((own) => own.of === of && own.target === target);
        const size = mean?.size ?? means[0].size;
        const map = mean?.map ?? new Float32Array(size ** 2);
        const top = Math.max(...map) || 1;
        return {
          // Each from 0 to its own largest value
          pixels: overlay(new Uint8Array(3 * map.length), map.map((v) => v / top), { opacity: 1 }),
          width: size,
          caption: mean ? `${name(of)}, of ${mean.galaxies}` : `${name(of)}: none`,
        };
      })
    ),
    {
      title: `Mean maps, ${title}`,
      columns: columns.length,
      rows: CLASSES.map((target) => `volunteers' class: ${target}`),
    },
  );
}

function meanInterval(values: readonly number[], seed: number): Interval | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return undefined;
  return bootstrapInterval({ known }, { seed, metric: ({ known }) => mean(known) });
}

/** How many times the share of the image the share of the maps is, by their means. */
function timesChance(
  maps: readonly MapRow[],
  { of, seed }: { of: "inside" | "prior"; seed: number },
): Interval | undefined {
  const known = maps.filter((row) => !Number.isNaN(row[of]));
  if (known.length === 0) return undefined;
  const columns = { inside: known.map((row) => row[of]), area: known.map(({ area }) => area) };
  return bootstrapInterval(columns, {
    seed,
    metric: ({ inside, area }) => mean(inside) / mean(area),
  });
}
