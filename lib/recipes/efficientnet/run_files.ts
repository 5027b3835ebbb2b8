/**
 * What the reproduction keeps in its folder, and how its items read it.
 *
 * - `config.json`: all settings, what the data is, the versions
 * - `galaxies.parquet`: votes, volunteers' class, true class, image and part of each galaxy
 * - `sky/`: the simulated sky, where no data was given
 * - `NETWORK/WAY/seed_N/`: a run folder for each training, with `predictions.parquet`
 * - `maps/`: `maps.parquet`, `mean_maps.safetensors` and `examples.safetensors`
 * - `figures/`, `tables/`, `report.json`, `report.html`
 *
 * @module
 */

import { join } from "node:path";
import { columnValues, readTable, writeTable } from "../../data/mod.ts";
import { RunFolder } from "../../train/mod.ts";
import type { Label, Sample, TrueClass } from "./galaxies.ts";
import { MapFiles } from "./map_files.ts";
import { type Network, networksOf, seedsOf, type Training } from "./networks.ts";
import type { EfficientnetSettings } from "./settings.ts";

/** A validation galaxy and what a network says of it. */
export type Prediction = {
  id: string;
  /** The volunteers' class. */
  target: string;
  prediction: string;
  confidence: number;
  p_featured: number;
};

/** A galaxy as it was labelled. */
export type GalaxyTable = {
  id: string[];
  smooth: number[];
  featured: number[];
  artifact: number[];
  /** The volunteers' class. */
  label: Label[];
  /** What was drawn, where the sky is a simulated one. */
  truth: (TrueClass | null)[];
  image: (string | null)[];
  part: Sample["parts"];
};

/** A reproduction's folder. */
export class EfficientnetRun {
  readonly path: string;
  readonly settings: EfficientnetSettings;

  constructor(path: string, settings: EfficientnetSettings) {
    this.path = path;
    this.settings = settings;
  }

  /** The networks of this run, the article's first. */
  get networks(): Network[] {
    return networksOf(this.settings);
  }

  /** The article's network. */
  get article(): Network {
    return this.networks[0]!;
  }

  /** Galaxies that each training sees. */
  get trained(): number {
    const all = this.galaxies().part.filter((part) => part === "train").length;
    return Math.min(all, this.settings.galaxies);
  }

  /** The article's training of the first seed, whose curves and maps are shown. */
  get first(): Training {
    return { network: this.article, way: "two_phases", seed: this.settings.seed };
  }

  /** The folder of a training. */
  training({ network, way, seed }: Training): RunFolder {
    const folder = network.name.replace(/[^\w.-]+/g, "_");
    return new RunFolder(join(this.path, folder, way, `seed_${seed}`));
  }

  get maps(): MapFiles {
    return new MapFiles(join(this.path, "maps"));
  }

  writeGalaxies({ ids, votes, labels, truth, images, parts }: Sample): void {
    writeTable(join(this.path, "galaxies.parquet"), {
      id: ids,
      ...votes,
      label: labels,
      // A column of nulls alone has no type to be written as.
      ...(truth ? { truth } : {}),
      ...(images.some((path) => path !== null) ? { image: images, part: parts } : {}),
    });
  }

  galaxies(): GalaxyTable {
    const frame = readTable(join(this.path, "galaxies.parquet"), { text: ["id"] });
    const column = (name: string) =>
      frame.columns.includes(name) ? Array.from(columnValues(frame, name)) : undefined;
    const none = new Array(frame.height).fill(null);
    return Object.fromEntries(
      ["id", "smooth", "featured", "artifact", "label", "truth", "image", "part"]
        .map((name) => [name, column(name) ?? none]),
    ) as GalaxyTable;
  }

  /** One row an epoch, its phase by name. */
  history(training: Training): (Record<string, number> & { phase: string })[] {
    return readTable(this.training(training).file("history.csv"))
      .toRecords() as (Record<string, number> & { phase: string })[];
  }

  predictions(training: Training): Prediction[] {
    const path = this.training(training).file("predictions.parquet");
    return readTable(path, { text: ["id"] }).toRecords() as unknown as Prediction[];
  }

  /** The predictions of each seed, the same galaxies in the same order. */
  bySeed(network: Network, way: Training["way"]): Prediction[][] {
    return seedsOf(this.settings, way).map((seed) => this.predictions({ network, way, seed }));
  }
}
