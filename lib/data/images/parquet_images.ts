/**
 * Images inside of Parquet files, as data sets of Hugging Face have them: a column of bytes, or of
 * bytes with a path.
 *
 * @module
 */

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { nearestName } from "../../nearest.ts";
import { type OptionNames, refuseUnknown } from "../../options.ts";
import { idValues } from "../ids.ts";
import { columnValues, numberColumn, readTable } from "../tables.ts";
import { checkCrop } from "./decode.ts";
import { type ImageItem, type ImageList, itemList, stampOf } from "./image_list.ts";
import type { ImageSet } from "./image_set.ts";
import { loadList, type LoadOptions, loadOptions } from "./load_images.ts";

/** Which columns of a Parquet file are what. */
export type ParquetLayout = {
  /** The images. @default {"image"} */
  image?: string;
  /** Ids of the images. @default {"id_str" where there is one, else the place in the file} */
  id?: string;
  /** Classes: their names, or their numbers. @default {none} */
  label?: string;
  /** Names of the classes, in the order of their numbers. @default {those that occur} */
  classes?: readonly string[];
  /** Columns of numbers to predict. @default {none} */
  targets?: readonly string[];
};

const layoutNames: OptionNames<ParquetLayout> = {
  ...{ image: true, id: true, label: true, classes: true, targets: true },
};

/**
 * Decodes the images that a Parquet file holds, such as a file of Galaxy Zoo Evo on Hugging Face. It
 * is never held whole: a group of its rows at a time goes to memory or, with `cache`, to a file.
 *
 * @throws {Error} When the file is missing or damaged, or images do not decode
 * @throws {RangeError} When a column or an option is unknown, ids repeat, or a row has no class
 *
 * @example
 * ```ts
 * import { loadParquetImages } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(loadParquetImages("missing.parquet", { size: 64 }), {
 *   message: 'Cannot read "missing.parquet": there is no such file',
 * });
 * ```
 */
export async function loadParquetImages(
  path: string,
  options: LoadOptions & ParquetLayout,
): Promise<ImageSet> {
  refuseUnknown(options, { ...loadOptions, ...layoutNames }, { what: "load images" });
  checkCrop(options);
  return await loadList(await parquetList(path, options), options);
}

/** Bytes that stand for images which are read later. */
const later = new Uint8Array();

async function parquetList(
  path: string,
  { image = "image", id, label, classes, targets = [], bad }:
    & ParquetLayout
    & Pick<LoadOptions, "bad">,
): Promise<ImageList> {
  readTable(path, { columns: [] }); // says what is wrong with the file
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  const file = asyncFile(path);
  const metadata = parquetMetadata(await footer(file));
  const names = topColumns(metadata);
  requireImages(path, { image, metadata, names });
  const key = id ?? (names.includes("id_str") ? "id_str" : undefined);
  const columns = [key, label, ...targets].filter((name) => name !== undefined);
  const table = readTable(path, { columns: [...new Set(columns)] });
  const count = Number(metadata.num_rows);
  const ids = key === undefined
    ? Array.from({ length: count }, (_, row) => `${row}`)
    : idValues(table, key);
  const labels = label === undefined ? undefined : columnValues(table, label);
  const numbers = targets.map((name) => numberColumn(table, name));
  const items = ids.map((id, row): ImageItem => ({
    id,
    image: later,
    class: labels && className(labels[row], { row, label: label!, classes }),
    targets: targets.length > 0 ? numbers.map((values) => values[row]) : undefined,
  }));
  const list = itemList(items, { bad, classes, targetNames: targets });
  const groups = metadata.row_groups.map((group) => Number(group.num_rows));
  return {
    ...list,
    name: `"${path}"`,
    block: Math.max(2, ...groups),
    async read(rowStart, rowEnd) {
      const rows = await parquetReadObjects({
        ...{ file, metadata, columns: [image], rowStart, rowEnd, compressors, utf8: false },
      });
      return rows.map((row) => bytesOf(row[image]));
    },
    stamps: () => Array(count).fill(`${stampOf(path)} ${image}`),
  };
}

const compressors = {
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes)),
  GZIP: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliDecompressSync(bytes)),
};

/** The bytes of a cell; none where it has none, which does not decode. */
function bytesOf(cell: unknown): Uint8Array {
  const bytes = cell instanceof Uint8Array ? cell : (cell as { bytes?: unknown } | null)?.bytes;
  return bytes instanceof Uint8Array ? bytes : later;
}

function className(
  value: unknown,
  { row, label, classes }: { row: number; label: string; classes?: readonly string[] },
): string {
  const name = typeof value === "number" ? classes ? classes[value] : `${value}` : value;
  if (typeof name === "string" && name !== "") return name;
  throw new RangeError(
    `Cannot use column "${label}" as classes: row ${row} holds ${value ?? "none"}` +
      (classes && typeof value === "number" ? `, there are ${classes.length} classes` : ""),
  );
}

/** The names of the columns. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  for (let at = 1; at < schema.length; at = after(schema, at)) names.push(schema[at].name);
  return names;
}

/** Where the next element beside one begins. */
function after(schema: FileMetaData["schema"], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at].num_children ?? 0); child++) next = after(schema, next);
  return next;
}

function requireImages(
  path: string,
  { image, metadata: { schema }, names }: {
    image: string;
    metadata: FileMetaData;
    names: readonly string[];
  },
): void {
  const nearest = nearestName(image, names);
  const hint = nearest === undefined || nearest === image ? "" : `, did you mean "${nearest}"?`;
  if (!names.includes(image)) {
    throw new RangeError(
      `Cannot read "${path}": no column "${image}" of images among ${
        names.slice(0, 12).join(", ")
      }${names.length > 12 ? ", …" : ""}${hint}`,
    );
  }
  const at = schema.findIndex(({ name }, i) => i > 0 && name === image);
  const inside = schema.slice(at, after(schema, at));
  const isBytes = inside.length === 1
    ? inside[0].type === "BYTE_ARRAY" && inside[0].converted_type !== "UTF8"
    : inside.some(({ name, type }) => name === "bytes" && type === "BYTE_ARRAY");
  if (isBytes) return;
  throw new RangeError(
    `Cannot read "${path}": column "${image}" must hold the bytes of images, or a structure with ` +
      "them; paths of files are for loadImages",
  );
}

/** A file as the reader of Parquet asks for it. */
function asyncFile(path: string): AsyncBuffer {
  const byteLength = Deno.statSync(path).size;
  return {
    byteLength,
    async slice(start, end = byteLength) {
      using file = await Deno.open(path);
      await file.seek(start, Deno.SeekMode.Start);
      const bytes = new Uint8Array(end - start);
      for (let done = 0; done < bytes.length;) {
        const count = await file.read(bytes.subarray(done));
        if (count === null) throw new Error(`Cannot read "${path}": it ends too early`);
        done += count;
      }
      return bytes.buffer;
    },
  };
}

/** The end of a file, which says what is in it; polars has found it whole. */
async function footer(file: AsyncBuffer): Promise<ArrayBuffer> {
  const end = await file.slice(file.byteLength - 8);
  const length = new DataView(end).getUint32(0, true) + 8;
  return await file.slice(Math.max(0, file.byteLength - length));
}
