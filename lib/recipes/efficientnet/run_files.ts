/**
 * What the reproduction keeps in its folder, and how its items read it.
 *
 * - `config.json`: all settings, what the data is, the versions
 * - `galaxies.parquet`: votes, label, image and part of each galaxy
 * - `sky/`: the simulated sky, where no data was given
 * - a run folder for each training, with `predictions.parquet`, and of the mapped ones
 *   `maps.parquet` and `examples.safetensors`
 * - `figures/`, `tables/`, `report.json`, `report.html`
 *
 * @module
 */

import { join } from "node:path";
import { columnValues, readTable, writeTable } from "../../data/mod.ts";
import { RunFolder } from "../../train/mod.ts";
import { type Example, type MapRow, readExamples } from "./attention.ts";
import type { Label, Sample } from "./galaxies.ts";
import type { EfficientnetSettings, Variant } from "./settings.ts";

/** A validation galaxy and what a network says of it. */
export type Prediction = {
  id: string;
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
  label: Label[];
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

  /** The folder of a training. */
  training(variant: Variant): RunFolder {
    return new RunFolder(join(this.path, variant));
  }

  /** The trainings of this run, the article's first. */
  get variants(): Variant[] {
    return ["two_phases", ...this.settings.compare];
  }

  writeGalaxies({ ids, votes, labels, images, parts }: Sample): void {
    writeTable(join(this.path, "galaxies.parquet"), {
      id: ids,
      ...votes,
      label: labels,
      // A column of nulls alone has no type to be written as.
      ...(images.some((path) => path !== null) ? { image: images, part: parts } : {}),
    });
  }

  galaxies(): GalaxyTable {
    const frame = readTable(join(this.path, "galaxies.parquet"), { text: ["id"] });
    const column = (name: string) =>
      frame.columns.includes(name) ? Array.from(columnValues(frame, name)) : undefined;
    const none = new Array(frame.height).fill(null);
    return Object.fromEntries(
      ["id", "smooth", "featured", "artifact", "label", "image", "part"]
        .map((name) => [name, column(name) ?? none]),
    ) as GalaxyTable;
  }

  /** One row an epoch, its phase by name. */
  history(variant: Variant): (Record<string, number> & { phase: string })[] {
    return readTable(this.training(variant).file("history.csv"))
      .toRecords() as (Record<string, number> & { phase: string })[];
  }

  predictions(variant: Variant): Prediction[] {
    const path = this.training(variant).file("predictions.parquet");
    return readTable(path, { text: ["id"] }).toRecords() as unknown as Prediction[];
  }

  maps(variant: Variant): MapRow[] {
    const path = this.training(variant).file("maps.parquet");
    return readTable(path, { text: ["id"] }).toRecords() as unknown as MapRow[];
  }

  examples(variant: Variant): Example[] {
    return readExamples(this.training(variant));
  }
}
