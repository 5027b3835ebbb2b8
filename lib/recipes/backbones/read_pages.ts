/**
 * The reading test of several networks: on a sky of its own, and on real galaxies where there are any.
 *
 * @module
 */

import { join } from "node:path";
import { type ImageModel, loadPretrained, modelCard } from "../../models/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { key } from "../../tensorflow/mod.ts";
import { type Legible, pageOf, read, type Reading } from "./reading.ts";
import { BACKBONES, type BackboneSettings } from "./settings.ts";
import { drawSky } from "./sky.ts";

/** A network that is tested. */
export type Reader = {
  /** What it is called. */
  label: string;
  /** A model of the registry. */
  name: string;
  /** Its weights; `null`: random values. @default {those of its card} */
  source?: string | null;
  /** The answers that its outputs are. @default {nothing that could be compared} */
  answers?: readonly string[];
  /** Sides of the images, in pixels. @default {those of the settings} */
  sizes?: readonly number[];
};

/** How networks read some galaxies. Plain data, for a record. */
export type Read = {
  on: string;
  questions: Legible[];
  readers: { label: string; readings: Reading[] }[];
};

/**
 * Lets networks read.
 *
 * @param options `out`: folder for the sky and decoded images; `data`: folder of a GZ2 table and its
 * images
 */
export async function readPages(
  readers: readonly Reader[],
  { out, settings, data, signal, onProgress }: {
    out: string;
    settings: BackboneSettings;
    data?: string;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<Read[]> {
  const { minimumVotes: _, sizes, others: __, ...sky } = settings.reading;
  const folder = join(out, "sky", "reading");
  await drawSky(folder, {
    ...sky,
    signal,
    onProgress: within(onProgress, "Drawing what is read"),
  });
  const pages = [pageOf(folder, { on: "another sky", settings })];
  if (data !== undefined) pages.push(pageOf(data, { settings }));
  const results: Read[] = pages.map(({ on, questions }) => ({ on, questions, readers: [] }));
  for (const reader of readers) {
    const readings = pages.map((): Reading[] => []);
    for (const size of reader.sizes ?? sizes) {
      const model = await open(reader, { size, seed: settings.seed });
      try {
        for (const [at, page] of pages.entries()) {
          readings[at].push(
            await read(model, page, {
              ...{ answers: reader.answers, size, seed: settings.seed },
              ...{ cropFraction: modelCard(BACKBONES[0]).cropFraction },
              ...{ cache: join(out, "images"), signal },
              onProgress: within(onProgress, `${reader.label}, ${size} px, ${page.on}`),
            }),
          );
        }
      } finally {
        model.dispose();
      }
    }
    results.forEach(({ readers }, at) =>
      readers.push({ label: reader.label, readings: readings[at] })
    );
  }
  return results;
}

/** A network for images of a size. */
async function open(
  { name, source }: Reader,
  { size, seed }: { size: number; seed: number },
): Promise<ImageModel> {
  if (source !== null) return (await loadPretrained(name, { source, size })).model;
  const random = key(seed);
  const model = modelCard(name).create({ classes: 1, size, key: random });
  random.dispose();
  return model;
}
