/**
 * Surveys: a table of galaxies and their pictures, under whatever names, as one thing.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { isFile } from "../files.ts";
import { inspect, someOf } from "../inspect.ts";
import { refuseUnknown } from "../options.ts";
import { count as number } from "../text.ts";
import { withImages } from "./catalogues/images.ts";
import { misspelt } from "./catalogues/incomplete.ts";
import type { CatalogueKind } from "./catalogues/kinds.ts";
import { CatalogueError } from "./catalogues/problems.ts";
import { type Catalogue, readCatalogue, tableKind } from "./catalogues/read.ts";
import { answerColumns, type Quantity } from "./catalogues/tree.ts";
import { holdsFitsTable } from "./formats/fits_table.ts";
import { checkCrop } from "./images/decode.ts";
import { type ImageFile, listFiles, sortOut } from "./images/image_folder.ts";
import type { ImageSet } from "./images/image_set.ts";
import { loadImages, type LoadOptions, loadOptions } from "./images/load_images.ts";
import type { EncodedLabels } from "./samples/labels.ts";
import { type VoteLabelOptions, voteLabels } from "./samples/vote_labels.ts";
import { columnValues } from "./tables.ts";

/** How the images of a survey are labelled, and which of them are taken. */
export type SurveyImageOptions = LoadOptions & {
  /** Classes, by a rule or row by row; galaxies without one are left out. @default {none} */
  labels?: VoteLabelOptions | EncodedLabels;
  /** Columns of numbers to predict. @default {the label columns, where there are no classes} */
  targets?: readonly string[];
  /** What to do with galaxies that have no image: stop, or leave them out. @default {"error"} */
  missing?: "error" | "drop";
};

type Fields = {
  folder: string;
  table: string;
  catalogue: Catalogue;
  frame: DataFrame;
  /** Images, and of those with the name of another one the other one. */
  files: ReadonlyMap<string, string>;
  twice: ReadonlyMap<string, string>;
};

/**
 * Galaxies of a survey, row by row; see {@linkcode openSurvey}. It is a catalogue, too: what takes
 * one takes a survey.
 */
export class GalaxySurvey<Path extends string | null = string | null> implements Catalogue {
  /** Folder of the table. */
  readonly folder: string;
  /** Path of the table. */
  readonly table: string;
  /** What the table is. */
  readonly kind: CatalogueKind;
  /** What is wrong with the table. */
  readonly problems: Catalogue["problems"];
  /** The column of ids, whatever the survey calls it. */
  readonly id: string;
  /** The table, and for every survey `id_str` and `file_loc`, the path of the image or null. */
  readonly frame: DataFrame;
  /**
   * The columns that can be learnt, by the table's names: counts of the votes for each answer where
   * it has them, else fractions; of a table without votes its classes.
   */
  readonly labelColumns: readonly string[];
  readonly ids: readonly string[];
  /** Paths of the images; null where there is none. */
  readonly paths: readonly Path[];
  readonly #fields: Fields;

  constructor(fields: Fields) {
    const { folder, table, catalogue, frame } = fields;
    this.#fields = fields;
    this.folder = folder;
    this.table = table;
    this.kind = catalogue.kind;
    this.problems = catalogue.problems;
    this.id = catalogue.id!;
    this.frame = frame;
    this.labelColumns = labelColumns(catalogue);
    this.ids = frame.getColumn("id_str").toArray() as string[];
    this.paths = frame.getColumn("file_loc").toArray() as Path[];
  }

  /** What a console and a notebook show of it. */
  [inspect](): string {
    const [count, missing] = [this.ids.length, this.missing.length];
    return [
      `GalaxySurvey: ${number(count)} galaxies, ${number(count - missing)} of them with an image`,
      `"${this.table}": ${this.kind.name}, ${this.kind.title}`,
      `ids: ${this.id}; labelColumns: ${someOf(this.labelColumns, 3)}`,
      ...(this.problems.length === 0 ? [] : [`problems: ${number(this.problems.length)}`]),
    ].join("\n  ");
  }

  /** Ids of the galaxies without an image. */
  get missing(): string[] {
    return this.ids.filter((_, row) => this.paths[row] === null);
  }

  /** The galaxies of some rows, in their order. */
  filter(keep: (row: number) => boolean): GalaxySurvey<Path> {
    const mask = pl.Series("keep", this.ids.map((_, row) => keep(row)), pl.Bool);
    return new GalaxySurvey<Path>({ ...this.#fields, frame: this.frame.filter(mask) });
  }

  /**
   * The galaxies that have an image.
   *
   * @param options `missing`: what to do with the others: stop, or leave them out. Default "error"
   * @throws {RangeError} When galaxies have none and `missing` is "error", or no galaxy has one, or
   * two images have the name of one
   * @throws {CatalogueError} When ids repeat or are missing
   */
  pictured({ missing = "error" }: Pick<SurveyImageOptions, "missing"> = {}): GalaxySurvey<string> {
    const { folder, table, files, twice } = this.#fields;
    const bad = this.problems.filter(({ column }) => column === this.id);
    if (bad.length > 0) throw new CatalogueError(table, this.kind.name, bad);
    const [count, without] = [this.ids.length, this.missing];
    if (without.length > 0 && (missing === "error" || without.length === count)) {
      const some = (n: number) =>
        without.slice(0, n).join(", ") + (without.length > n ? ", …" : "");
      const reason = without.length < count
        ? `${without.length} of ${count} galaxies have no image (${this.id} ${
          some(5)
        }); add the images, or skip these galaxies (missing: "drop")`
        : (files.size === 0
          ? `it has the table "${table}" and no image`
          : `none of its ${files.size} images is of a galaxy of "${table}" (${this.id} ${
            some(2)
          }; images "${files.values().next().value}", …)`) +
          "; put the images, named by their galaxies, into the folder or one below";
      throw new RangeError(`Cannot use "${folder}": ${reason}`);
    }
    const doubtful = this.paths.find((path) => path !== null && twice.has(nameOf(path)));
    if (doubtful) {
      const name = nameOf(doubtful);
      throw new RangeError(
        `Cannot tell the image of ${name}: "${files.get(name)}" and "${
          twice.get(name)
        }" have its name; keep one`,
      );
    }
    return this.filter((row) => this.paths[row] !== null) as GalaxySurvey<string>;
  }

  /**
   * Decodes the images, with classes or numbers to predict.
   *
   * @throws {RangeError} As {@linkcode GalaxySurvey.pictured}, {@linkcode voteLabels} and
   * {@linkcode loadImages} do
   *
   * @example
   * ```ts
   * import { openSurvey } from "galaxykit/data";
   * import assert from "node:assert/strict";
   *
   * const survey = openSurvey("data/sky");
   * const votes = await survey.images({ size: 32 });
   * assert.equal(votes.targets?.names.length, 37);
   * const classes = await survey.images({ size: 32, labels: { threshold: 0.6 } });
   * assert.deepEqual(classes.classes, ["smooth", "featured"]);
   * ```
   */
  async images(options: SurveyImageOptions): Promise<ImageSet> {
    refuseUnknown(options, { ...loadOptions, labels: true, targets: true, missing: true }, {
      what: "load images of a survey",
    });
    checkCrop(options);
    const { labels: wanted, missing, targets, ...decoding } = options;
    const labels = wanted && ("labels" in wanted ? wanted : voteLabels(this, wanted));
    if (labels && labels.labels.length !== this.ids.length) {
      throw new RangeError(
        `Cannot label ${this.ids.length} galaxies: there are ${labels.labels.length} labels`,
      );
    }
    const names = targets ?? (labels ? [] : this.labelColumns);
    const kept = this.filter((row) => !labels || labels.labels[row] >= 0).pictured({ missing });
    if (kept.ids.length === 0) {
      throw new RangeError(`Cannot load images of "${this.table}": no galaxy in it has a label`);
    }
    const columns = names.map((name) => numbersOf(kept.frame, name));
    const classes = new Map(this.ids.map((id, row) => [id, labels?.classes[labels.labels[row]]]));
    const items = kept.ids.map((id, row) => ({
      id,
      image: kept.paths[row],
      class: classes.get(id),
      targets: columns.map((values) => values[row]),
    }));
    return await loadImages(items, { ...decoding, classes: labels?.classes, targetNames: names });
  }
}

/**
 * Opens a survey: its table, the columns to learn, and which image is of which galaxy.
 *
 * In a folder the table is the one whose columns are those of a known survey, in any format that
 * {@linkcode readTable} reads, or the dust-lane tables' text; images are found by their first bytes, in any subfolder, and called by asset ids (of the table, or of a mapping beside it) or by
 * the galaxies' own. A table that is named may also be of one's own: a column of ids, and images in
 * its column `file_loc`, relative to the folder, or called by the ids.
 *
 * @param path A folder, or the table in it where there are several
 * @throws {Error} When there is no such folder, or no table of a survey in it, or more than one
 * @throws {RangeError} When the table has no column of ids
 *
 * @example From a folder to images with labels
 * ```ts
 * import { openSurvey } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const { frame, ids, labelColumns, kind } = openSurvey("data/sky");
 * assert.equal(kind.name, "gz2_stripe82");
 * assert.equal(labelColumns[0], "t01_smooth_or_features_a01_smooth_count");
 * assert.equal(frame.getColumn("file_loc").toArray()[0], "data/sky/images/0.jpg");
 * assert.equal(ids.length, 64);
 * ```
 */
export function openSurvey(path: string, options: {
  /** Folder of the images. @default {the table's} */
  images?: string;
  /** The table of `gz2_filename_mapping`. @default {the one in the folder, if there is one} */
  mapping?: string;
  /** What a table that is named must be: a kind's name, or a kind of one's own. @default {told} */
  kind?: string | CatalogueKind;
} = {}): GalaxySurvey {
  const names = { images: true, mapping: true, kind: true } as const;
  refuseUnknown(options, names, { what: "open a survey" });
  const named = isFile(path) ? path : undefined;
  const folder = named === undefined ? path : dirname(path);
  const { kind } = options;
  if (kind !== undefined && named === undefined) {
    throw new RangeError(
      `Cannot open "${path}" as a kind of table: name the table, not its folder`,
    );
  }
  const own = named === undefined ? undefined : readAny(named, kind);
  const isLocated = own?.frame.columns.includes("file_loc");
  const listed = isLocated ? [] : listFiles(folder);
  const known = knownTables(listed.filter(isTable));
  const table = named ?? tableOf(folder, { known, count: listed.length });
  const catalogue = own ?? readAny(table);
  const gone = catalogue.problems.filter(({ check }) => check === "missing column");
  if (named === undefined && gone.length > 0) {
    throw new CatalogueError(table, catalogue.kind.name, gone);
  }
  if (catalogue.id === undefined) {
    throw new RangeError(
      `Cannot open "${table}": it has no column of ids, one of ${
        catalogue.kind.ids.join(", ")
      } is wanted`,
    );
  }
  const around = options.images ?? folder;
  const mapping = options.mapping ??
    known.find(({ kind }) => kind?.name === "gz2_filename_mapping")?.path;
  const files = new Map<string, string>();
  const twice = new Map<string, string>();
  const others = around === folder || isLocated ? listed : listFiles(around);
  for (const { path } of sortOut(others.filter((file) => !isTable(file))).images) {
    const name = nameOf(path);
    (files.has(name) ? twice : files).set(name, path);
  }
  const frame = isLocated
    ? located(own!.frame, around)
    : withImages({ frame: catalogue.frame, id: catalogue.id }, {
      files,
      mapping: mapping === undefined ? undefined : readCatalogue(mapping),
    });
  return new GalaxySurvey({
    ...{ folder: around, table, catalogue, files, twice },
    frame: frame.withColumns(pl.col(catalogue.id).cast(pl.Utf8).alias("id_str")),
  });
}

/** Whether a file may be a table: by its name, FITS by what it holds. */
function isTable({ id, path }: ImageFile): boolean {
  if (/\.(csv|tsv|tab|txt|dat|cat|ecsv|vot|votable|xml)(\.gz)?$/i.test(id)) return true;
  if (/\.(parquet|feather|arrow)$/i.test(id)) return true;
  return /\.(fits?|fits?\.gz)$/i.test(id) && !id.includes("/") && holdsFitsTable(path);
}

/** Small samples of the public tables have empty cells, and columns of their makers. */
function readAny(path: string, kind?: string | CatalogueKind): Catalogue {
  return readCatalogue(path, { bad: "report", extra: "keep", unknown: "take", kind });
}

type KnownTable = { path: string; kind?: CatalogueKind; reason: string };

/** What the tables of a folder are, by their columns. */
function knownTables(tables: readonly ImageFile[]): KnownTable[] {
  return tables.flatMap(({ path }) => {
    try {
      const kind = tableKind(path);
      return { path, kind, reason: `"${path}" is ${kind.name}` };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // A read-me is no table
      return /\.(txt|dat|cat|xml)$/i.test(path) ? [] : { path, reason: error.message };
    }
  });
}

/** The table of a folder that has votes, or for want of votes classes. */
function tableOf(
  folder: string,
  { known, count }: { known: readonly KnownTable[]; count: number },
): string {
  const votes = known.filter(({ kind }) => kind && kind.tree !== null);
  const found = votes.length > 0 ? votes : known.filter(({ kind }) => kind?.labels);
  if (found.length === 1) return found[0].path;
  if (found.length > 1) {
    throw new Error(
      `Cannot tell which table of "${folder}" has the votes: ${
        found.map(({ path }) => `"${path}"`).join(" and ")
      } could be it; give the path of one instead of the folder`,
    );
  }
  const reasons = known.slice(0, 3).map(({ reason }) => reason).join("; ");
  throw new Error(
    `Cannot find votes in "${folder}": none of its ${count} files is a table of Galaxy Zoo` +
      (reasons === "" ? "" : ` (${reasons})`),
  );
}

/** A table whose `file_loc` says where the images are: paths that lead to a file, others null. */
function located(frame: DataFrame, folder: string): DataFrame {
  const paths = (columnValues(frame, "file_loc") as (string | null)[]).map((file) => {
    const path = file === null || isAbsolute(file) ? file : join(folder, file);
    return path !== null && isFile(path) ? path : null;
  });
  return frame.withColumns(pl.Series("file_loc", paths, pl.Utf8));
}

const LABELS: readonly Quantity[] = [
  "count",
  "fraction",
  "cumulative",
  "weighted_fraction",
  "debiased",
];

/**
 * Of the quantities that a table has of most answers, the first. A column whose name is misspelt
 * counts, and is refused where it is read: without it another quantity could be the first.
 */
function labelColumns({ kind, frame }: Catalogue): string[] {
  const { tree, labels = [] } = kind;
  const found = new Set(frame.columns);
  for (const { expected } of misspelt(kind, frame.columns)) found.add(expected);
  const present = (names: readonly string[]) => names.filter((name) => found.has(name));
  if (tree === null) return present(labels);
  return LABELS.filter((quantity) => tree.suffixes[quantity] !== undefined)
    .map((quantity) => present(answerColumns(tree, quantity)))
    .reduce((most, names) => names.length > most.length ? names : most, []);
}

function numbersOf(frame: DataFrame, name: string): number[] {
  const values = Array.from(columnValues(frame, name) as ArrayLike<unknown>);
  const wrong = values.find((value) => value !== null && typeof value !== "number");
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot predict column "${name}": it must hold numbers, "${wrong}" found; give it as labels`,
    );
  }
  return values.map((value) => value === null ? NaN : value as number);
}

/** The name of a file without folder and extension. */
function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
}
