/**
 * Maps as they are kept.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable, writeTable } from "../../data/mod.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../weights/mod.ts";
import type { Method } from "./settings.ts";

/** The network whose maps are measured, and two that know nothing of the question. */
export type Mapped = "trained" | "shuffled" | "random";

/** What a map is like. */
export type MapRow = {
  network: Mapped;
  /** As the setting has it. */
  layer: string;
  method: Method;
  id: string;
  /** The volunteers' class. */
  target: string;
  /** Whether no map could be made: nothing speaks for the class. */
  blank: boolean;
  /** Root mean square distance of the map from the image's centre, in sides of the image. */
  radius: number;
  /** Share of the map inside the galaxy; NaN where the truth is not known. */
  inside: number;
  /** The same of the mean map of the other galaxies, which knows nothing of this one. */
  prior: number;
  /** Share of the image inside the galaxy: what a map without preference would have. */
  area: number;
  /** Areas under the curves of deletion and insertion; NaN where it was not tested. */
  deletion: number;
  insertion: number;
};

/** A galaxy to show. */
export type Example = {
  id: string;
  /** The volunteers' class. */
  target: string;
  prediction: string;
  confidence: number;
  /** size x size x 3 values in [0, 255]. */
  pixels: Uint8Array;
  /** size x size values in [0, 1]. */
  map: Float32Array;
  size: number;
};

/** Means over the galaxies of a class. */
export type MeanMap = {
  /** Whose map; "galaxies" are the pictures themselves, as brightness. */
  of: Mapped | "galaxies";
  /** The volunteers' class. */
  target: string;
  galaxies: number;
  /** size x size values in [0, 1]. */
  map: Float32Array;
  size: number;
};

/** The folder of a run's maps. */
export class MapFiles {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether all is there. */
  get isWhole(): boolean {
    return existsSync(join(this.path, "maps.parquet"));
  }

  write(
    { rows, examples, means }: { rows: MapRow[]; examples: Example[]; means: MeanMap[] },
  ): void {
    writeMaps(join(this.path, "examples.safetensors"), examples);
    writeMaps(join(this.path, "mean_maps.safetensors"), means);
    const columns = Object.keys(rows[0]) as (keyof MapRow)[];
    // Written last: what has it is whole.
    writeTable(
      join(this.path, "maps.parquet"),
      Object.fromEntries(columns.map((name) => [name, rows.map((row) => row[name])])),
    );
  }

  rows(): MapRow[] {
    return readTable(join(this.path, "maps.parquet"), { text: ["id"] })
      .toRecords() as unknown as MapRow[];
  }

  examples(): Example[] {
    return readMaps(join(this.path, "examples.safetensors"));
  }

  means(): MeanMap[] {
    return readMaps(join(this.path, "mean_maps.safetensors"));
  }
}

type Kept = { map: Float32Array; size: number; pixels?: Uint8Array };

function writeMaps(path: string, kept: readonly Kept[]): void {
  const tensors: Record<string, StoredTensor> = {};
  for (const [i, { pixels, map, size }] of kept.entries()) {
    tensors[`${i}.map`] = { dtype: "F32", shape: [size, size], data: map };
    if (pixels) tensors[`${i}.pixels`] = { dtype: "U8", shape: [size, size, 3], data: pixels };
  }
  const rows = kept.map(({ pixels: _, map: __, ...row }) => row);
  writeSafetensors(path, tensors, { metadata: { rows: JSON.stringify(rows) } });
}

function readMaps<T extends Kept>(path: string): T[] {
  const { tensors, metadata } = readSafetensors(path);
  return (JSON.parse(metadata.rows!) as Omit<T, "map" | "pixels">[]).map((row, i) => {
    const pixels = tensors[`${i}.pixels`];
    const map = tensors[`${i}.map`]!.data;
    return { ...row, map, ...(pixels && { pixels: pixels.data }) } as T;
  });
}
