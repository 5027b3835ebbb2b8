/**
 * Image folders, sets in memory, splits and batches.
 *
 * ```ts
 * import { batches, loadImageFolder, stratifiedSplit } from "galaxykit/data";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 30, size: 48, seed: 1 });
 * const set = await loadImageFolder(folder, { size: 32 });
 * const fractions = { train: 0.8, validation: 0.2 };
 * const { train } = stratifiedSplit({ labels: set.labels, fractions, seed: 1 });
 * for await (const batch of batches(set, { batchSize: 8, indices: train, shuffle: true })) {
 *   assert.equal(batch.images.length, 8 * 32 * 32 * 3);
 * }
 * ```
 *
 * @module
 */

export { batches, type BatchOptions, countBatches } from "./batches.ts";
export * from "./catalogues/mod.ts";
export * from "./images/mod.ts";
export { Prng, streams } from "../prng.ts";
export * from "./samples/mod.ts";
export { idValues } from "./ids.ts";
export {
  assertPositions,
  type Batched,
  type FieldBatch,
  type Fields,
  memorySource,
  type Source,
} from "./source.ts";
export { type TableBatch, tableSource } from "./table_source.ts";
export { GalaxySurvey, openSurvey, type SurveyImageOptions } from "./survey.ts";
export type { MissingValues } from "./formats/missing.ts";
export { type NumpyArchive, type NumpyArray, openNpz } from "./formats/npz.ts";
export {
  type Column,
  columnNames,
  columnUnits,
  columnValues,
  numberColumn,
  readTable,
  type Table,
  type TableOptions,
  writeTable,
} from "./tables.ts";
