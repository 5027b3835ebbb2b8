/**
 * A simulated survey on disk: pictures, catalogue, truth.
 *
 * @module
 */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { forEachConcurrent } from "../data/images/concurrency.ts";
import { writeTable } from "../data/tables.ts";
import { writeFileAtomic } from "../files.ts";
import { interruptible } from "../interrupt.ts";
import { type OptionNames, refuseUnknown } from "../options.ts";
import type { OnProgress } from "../progress.ts";
import { count as number } from "../text.ts";
import { checkWritable } from "../writable.ts";
import {
  type ClassifiedGalaxy,
  expectedTable,
  objectId,
  SIMULATED_SAMPLE,
  skyCatalogue,
  truthTable,
} from "./sky_catalogue.ts";
import { SkyWorkers } from "./sky_workers.ts";
import { type SurveyName, surveyNamed } from "./survey.ts";

/** What a simulated survey consists of. */
export type SkyOptions = {
  /** Number of galaxies. */
  count: number;
  /** Any safe integer: the same one gives the same galaxies, pictures and votes. @default {0} */
  seed?: number;
  /** Side of the pictures in pixels, 8 to 2048. @default {424, GZ2's} */
  size?: number;
  /** Whose pictures they look like. @default {"sdss"} */
  survey?: SurveyName;
  /** JPEG of quality 90, as surveys serve, or PNG, which keeps pixels exactly. @default {"jpeg"} */
  format?: "jpeg" | "png";
};

const SKY_OPTIONS: OptionNames<SkyOptions> = {
  count: true,
  seed: true,
  size: true,
  survey: true,
  format: true,
};

/**
 * Writes a simulated survey:
 *
 * - `images/0.jpg` …: the pictures, named by `asset_id`;
 * - `catalogue.parquet`: votes in the 228 columns of GZ2, see {@linkcode skyCatalogue};
 * - `gz2_filename_mapping.csv`: object id, sample and `asset_id`, as GZ2 has it;
 * - `truth.parquet`: what was drawn, see {@linkcode truthTable};
 * - `expected_votes.parquet`: what an endless crowd would say, see {@linkcode expectedTable};
 * - `README.md`, `sky.json`: what it is, and how it was made.
 *
 * Stopped work goes on where it was when the same call is made again: pictures that are there are
 * kept. Tables are written at the end.
 *
 * @param folder Empty, missing, or left by the same call
 * @returns How many pictures were drawn, and how many were there
 * @throws {RangeError} When an option is out of range
 * @throws {Error} When the folder holds something else, or a survey of other settings
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { writeSky } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/sky`;
 * assert.deepEqual(await writeSky(folder, { count: 3, seed: 1, size: 32 }), { drawn: 3, kept: 0 });
 * assert.deepEqual(await writeSky(folder, { count: 3, seed: 1, size: 32 }), { drawn: 0, kept: 3 });
 * ```
 */
export async function writeSky(
  folder: string,
  options: SkyOptions & {
    /** Worker threads. @default {one a core} */
    workers?: number;
    /** Stops between two pictures. */
    signal?: AbortSignal;
    /** Told of each galaxy, those included that had their picture already. */
    onProgress?: OnProgress;
  },
): Promise<{ drawn: number; kept: number }> {
  refuseUnknown(options, { ...SKY_OPTIONS, workers: true, signal: true, onProgress: true }, {
    what: "write a sky",
  });
  const { workers: threads, signal: given, onProgress, ...drawn } = options;
  using work = interruptible(given);
  const settings = settingsOf(drawn);
  const { count, seed, size, survey, format } = settings;
  begin(folder, settings);
  const extension = format === "jpeg" ? "jpg" : "png";
  const sky: ClassifiedGalaxy[] = new Array(count);
  let [done, kept] = [0, 0];
  using workers = new SkyWorkers({ workers: threads });
  await forEachConcurrent(count, {
    limit: 3 * workers.count, // one drawn, one waiting, one encoded
    signal: work.signal,
    async task(index) {
      const path = join(folder, "images", `${index}.${extension}`);
      const there = isFile(path);
      const { pixels, ...drawn } = await workers.draw({
        seed,
        index,
        survey,
        size: there ? 0 : size,
      });
      if (there) kept++;
      else writeFileAtomic(path, await encode(pixels, { size, format }));
      sky[index] = drawn;
      onProgress?.({ what: "Drawing galaxies", done: ++done, total: count, unit: "galaxies" });
    },
  });
  writeTable(join(folder, "catalogue.parquet"), skyCatalogue(sky));
  writeTable(join(folder, "truth.parquet"), truthTable(sky.map(({ galaxy }) => galaxy)));
  writeTable(join(folder, "expected_votes.parquet"), expectedTable(sky));
  writeTable(join(folder, "gz2_filename_mapping.csv"), {
    objid: BigInt64Array.from(sky, ({ galaxy }) => objectId(galaxy)) as unknown as bigint[],
    sample: sky.map(() => SIMULATED_SAMPLE),
    asset_id: Int32Array.from(sky, ({ galaxy }) => galaxy.index),
  });
  writeFileAtomic(join(folder, "README.md"), readme(settings));
  return { drawn: count - kept, kept };
}

type Settings = Required<SkyOptions>;

function settingsOf(
  { count, seed = 0, size = 424, survey = "sdss", format = "jpeg" }: SkyOptions,
): Settings {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`Cannot write a sky: count must be a positive integer, ${count} found`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Cannot write a sky: seed must be an integer, ${seed} found`);
  }
  if (!Number.isInteger(size) || size < 8 || size > 2048) {
    throw new RangeError(
      `Cannot write a sky: size must be an integer from 8 to 2048, ${size} found`,
    );
  }
  surveyNamed(survey);
  return { count, seed, size, survey, format };
}

/** Takes the folder: makes it, or makes sure that it is this very survey's. */
function begin(folder: string, settings: Settings): void {
  const path = join(folder, "sky.json");
  if (existsSync(path)) {
    const found = JSON.parse(Deno.readTextFileSync(path));
    // More or fewer galaxies of the same sky share their pictures.
    const differing = (["seed", "size", "survey", "format"] as const)
      .find((name) => found[name] !== settings[name]);
    if (differing !== undefined) {
      throw new Error(
        `Cannot write a sky to "${folder}": it holds one of ${differing} ${found[differing]}, ${
          settings[differing]
        } wanted; name another folder`,
      );
    }
  } else if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(
      `Cannot write a sky to "${folder}": the folder is not empty (it holds "${
        readdirSync(folder)[0]
      }"); name another`,
    );
  }
  checkWritable(folder);
  Deno.mkdirSync(join(folder, "images"), { recursive: true });
  writeFileAtomic(path, `${JSON.stringify(settings, null, 2)}\n`);
}

/** Encodes a square picture. */
export async function encode(
  pixels: Uint8Array,
  { size, format }: { size: number; format: "jpeg" | "png" },
): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .toFormat(format, format === "jpeg" ? { quality: 90 } : {})
    .toBuffer();
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

function readme({ count, seed, size, survey, format }: Settings): string {
  const command =
    `deno task sky --count ${count} --size ${size} --survey ${survey} --seed ${seed} --format ${format} --out DIR`;
  return `# A simulated sky

${number(count)} galaxies, none of which exists, as ${survey.toUpperCase()} shows them.

\`\`\`sh
${command}
\`\`\`

- \`images/\`: a picture a galaxy, ${size} pixels and 8.48 petroR90 a side, named by \`asset_id\`
- \`catalogue.parquet\`: what simulated volunteers said, in the columns of Galaxy Zoo 2
- \`gz2_filename_mapping.csv\`: object id to \`asset_id\`
- \`truth.parquet\`: what was drawn; magnitudes are AB, sizes in arcsec, angles in degrees
- \`expected_votes.parquet\`: \`_expected\`, the share of each answer that an endless crowd would give
- \`sky.json\`: the settings

Columns of the catalogue, for each answer of the decision tree (Willett et al. 2013):

- \`_count\`, \`_fraction\`: votes, and their share of the question
- \`_weight\`, \`_weighted_fraction\`: the same, volunteers weighted by consistency
- \`_debiased\`: the share corrected for what distance hides (after Hart et al. 2016)
- \`_flag\`: 1 in the clean sample

Object ids have 18 digits: read them as text or 64-bit integers.
`;
}
