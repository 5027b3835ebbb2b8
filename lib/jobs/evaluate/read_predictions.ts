/**
 * Predictions of any network, and the truth beside them: arrays of NumPy, or a table.
 *
 * @module
 */

import {
  columnNames,
  idValues,
  numberColumn,
  type NumpyArray,
  openNpz,
  PREDICTION_SUFFIXES,
  readTable,
  type Table,
  type VoteColumns,
  voteColumns,
} from "../../data/mod.ts";
import { isFile } from "../../files.ts";
import { readHead } from "../../data/formats/identify.ts";
import { someOf } from "../../inspect.ts";
import { count } from "../../text.ts";

/** Predictions and truth of the same galaxies, in the order of the predictions. */
export type JudgedPredictions = {
  ids: string[];
  columns: string[];
  /** NaN where the truth is not known. */
  target: Float64Array[];
  prediction: Float64Array[];
  /** What the columns mean, where a decision tree knows them. */
  votes?: VoteColumns;
  /** Dirichlet concentrations of the columns, of a network that tells them. */
  concentrations?: Float64Array[];
  /** Votes for the answers of the columns, where the catalogue counts them. */
  counts?: (Float64Array | undefined)[];
  /** Features of the galaxies, a row each. */
  features?: Float64Array[];
  /** Columns of the catalogue, for the same galaxies, NaN where there is none. */
  property(name: string): Float64Array;
  /** The names of those. */
  properties: string[];
  /** What was left out and found, in lines. */
  notes: string[];
};

/** Names under which people save arrays, the first that is there. */
const NAMES = {
  predictions: ["predictions", "prediction", "pred", "preds", "y_pred"],
  truth: ["true_labels", "targets", "target", "labels", "true", "truth", "y_true"],
  ids: ["objids", "ids", "id_str", "id", "objid", "object_ids", "galaxy_ids"],
  columns: ["label_columns", "columns", "label_cols", "column_names", "names"],
  features: ["features", "embeddings", "representations"],
} as const;

/** Ids of tables, the first that is there. */
const ID_COLUMNS = [
  ...[
    "id_str",
    "id",
    "objid",
    "objids",
    "dr7objid",
    "iauname",
    "asset_id",
    "galaxy_id",
    "GalaxyID",
  ],
  ...["dr8_id", "object_id", "objID", "ID"],
];

/** How the same quantity is named as truth and as prediction in one table. */
const PAIRS = [
  { truth: /^(.+)_true$/, prediction: (name: string) => [`${name}_predicted`, `${name}_pred`] },
  { truth: /^true_(.+)$/, prediction: (name: string) => [`predicted_${name}`, `pred_${name}`] },
];

/**
 * Reads predictions: an archive of NumPy with predictions and labels, galaxies by columns, or a table.
 *
 * A table holds predictions under the names that the catalogue has for the truth, as `deno task predict`
 * writes them, or `X_dirichlet`, or both truth and prediction as `X_true` and `X_predicted`. With a
 * catalogue the truth is taken from there, by id: a column of the same name, or for a fraction of an
 * answer its votes over those of its question.
 *
 * @throws {Error} When a file cannot be read, or has not what is wanted
 * @throws {RangeError} When ids do not match, or there is no truth
 */
export function readPredictions(
  path: string,
  { catalogue, columns: wanted }: { catalogue?: string; columns?: readonly string[] } = {},
): JudgedPredictions {
  const truth = catalogue === undefined ? undefined : readTable(catalogue);
  const isNumpy = isFile(path) && readHead(path, 4).toHex() === "504b0304";
  const given = isNumpy ? fromNumpy(path) : fromTable(path, truth);
  const chosen = wanted === undefined ? given : restricted(given, { wanted, path });
  const { ids, columns, prediction, concentrations, features } = chosen;
  const notes: string[] = [];
  const votes = voteColumns(columns);
  let { target } = chosen;
  let counts: JudgedPredictions["counts"];
  const place = truth && placesOf(ids, { table: truth, path: catalogue! });
  const aligned = (values: Float64Array) =>
    Float64Array.from(place!, (row) => row < 0 ? NaN : values[row]!);
  if (truth !== undefined) {
    const found = place!.filter((row) => row >= 0).length;
    if (found < ids.length) {
      notes.push(
        `${count(ids.length - found)} of ${count(ids.length)} galaxies are not in the catalogue`,
      );
    }
    const names = new Set(columnNames(truth));
    counts = countsOf(columns, {
      votes,
      names,
      read: (name) => aligned(numberColumn(truth, name)),
    });
    target ??= columns.map((name, at) => {
      if (names.has(name)) return aligned(numberColumn(truth, name));
      return fractionOf(at, { columns, votes, counts: counts!, length: ids.length });
    });
  }
  if (target === undefined) {
    throw new RangeError(
      `Cannot judge "${path}": it holds no truth; name the table that does (catalogue), with the same ids`,
    );
  }
  const blank = columns.filter((_, at) => target!.at(at)!.every((value) => Number.isNaN(value)));
  if (blank.length === columns.length) {
    throw new RangeError(
      `Cannot judge "${path}": ${
        catalogue === undefined ? "it" : `the catalogue "${catalogue}"`
      } has no truth for ${someOf(columns, 3)}`,
    );
  }
  if (blank.length > 0) {
    notes.push(
      `no truth for ${count(blank.length)} of ${count(columns.length)} columns: ${
        someOf(blank, 4)
      }`,
    );
  }
  const kept = [...columns.keys()].filter((at) => !blank.includes(columns[at]!));
  const some = <T>(values: readonly T[]) => kept.map((at) => values[at]!);
  return {
    ids,
    columns: some(columns),
    target: some(target),
    prediction: some(prediction),
    ...(votes && { votes }),
    ...(concentrations && { concentrations: some(concentrations) }),
    ...(counts && { counts: some(counts) }),
    ...(features && { features }),
    property: (name) => aligned(numberColumn(truth!, name)),
    properties: truth === undefined ? [] : columnNames(truth),
    notes,
  };
}

/** Predictions as they are in a file. */
type Read = {
  ids: string[];
  columns: string[];
  prediction: Float64Array[];
  target?: Float64Array[];
  concentrations?: Float64Array[];
  features?: Float64Array[];
};

function fromNumpy(path: string): Read {
  const { names, get } = openNpz(path);
  const find = (what: keyof typeof NAMES) => NAMES[what].find((name) => names.includes(name));
  function required(what: keyof typeof NAMES): string {
    const name = find(what);
    if (name !== undefined) return name;
    throw new RangeError(
      `Cannot judge "${path}": an array of ${what} is wanted, called ${
        NAMES[what].slice(0, 3).join(", ")
      } …, it has ${names.join(", ")}`,
    );
  }
  const [name, columnsName] = [required("predictions"), required("columns")];
  const rows = get(name);
  const columns = Array.from(get(columnsName).values as ArrayLike<unknown>, String);
  const [galaxies, width] = shapeOf(rows, { name, path });
  if (columns.length !== width) {
    throw new RangeError(
      `Cannot judge "${path}": "${name}" has ${width} columns, "${columnsName}" names ${columns.length}`,
    );
  }
  const truth = find("truth");
  const target = truth === undefined ? undefined : get(truth);
  if (target !== undefined && `${target.shape}` !== `${rows.shape}`) {
    throw new RangeError(
      `Cannot judge "${path}": "${name}" is [${rows.shape.join(", ")}], "${truth}" [${
        target.shape.join(", ")
      }]`,
    );
  }
  const idName = find("ids");
  const ids = idName === undefined
    ? Array.from({ length: galaxies }, (_, row) => String(row))
    : Array.from(get(idName).values as ArrayLike<unknown>, String);
  const featureName = find("features");
  const features = featureName === undefined ? undefined : get(featureName);
  for (const [what, found] of [[idName, ids.length], [featureName, features?.shape[0]]] as const) {
    if (what === undefined || found === galaxies) continue;
    throw new RangeError(
      `Cannot judge "${path}": "${what}" is of ${found} galaxies, "${name}" of ${galaxies}`,
    );
  }
  return {
    ...{ ids, columns, prediction: columnsOf(rows) },
    ...(target && { target: columnsOf(target) }),
    ...(features && { features: rowsOf(features, { name: featureName!, path }) }),
  };
}

function shapeOf(
  { shape, values }: NumpyArray,
  { name, path }: { name: string; path: string },
): [number, number] {
  const isNumbers = ArrayBuffer.isView(values);
  if (shape.length === 2 && isNumbers && shape[0]! > 0) return shape as [number, number];
  throw new RangeError(
    `Cannot judge "${path}": "${name}" must be numbers, galaxies by columns, it is ${
      isNumbers ? "" : "text "
    }[${shape.join(", ")}]`,
  );
}

function columnsOf({ shape: [rows, width], values }: NumpyArray): Float64Array[] {
  return Array.from(
    { length: width! },
    (_, column) =>
      Float64Array.from({ length: rows! }, (_, row) => Number(values[row * width! + column])),
  );
}

function rowsOf(array: NumpyArray, where: { name: string; path: string }): Float64Array[] {
  const [rows, width] = shapeOf(array, where);
  return Array.from(
    { length: rows },
    (_, row) =>
      Float64Array.from({ length: width }, (_, at) => Number(array.values[row * width + at])),
  );
}

function fromTable(path: string, truth: Table | undefined): Read {
  const table = readTable(path);
  const names = columnNames(table);
  const ids = idsOf(table, path);
  const known = new Set(names);
  const pairs = names.flatMap((name) =>
    PAIRS.flatMap(({ truth, prediction }) => {
      const of = truth.exec(name)?.[1];
      const partner = of && prediction(of).find((other) => known.has(other));
      return partner ? [{ column: of!, target: name, prediction: partner }] : [];
    })
  );
  if (pairs.length > 0) {
    return {
      ids,
      columns: pairs.map(({ column }) => column),
      target: pairs.map(({ target }) => numberColumn(table, target)),
      prediction: pairs.map(({ prediction }) => numberColumn(table, prediction)),
    };
  }
  const ending = PREDICTION_SUFFIXES.concentration;
  const stems = names.filter((name) => name.endsWith(ending)).map((name) =>
    name.slice(0, -ending.length)
  );
  if (stems.length > 0) return fromConcentrations(table, { ids, stems, path });
  const others = truth === undefined ? [] : columnNames(truth);
  const votes = voteColumns(names);
  const columns = names.filter((name) =>
    !ID_COLUMNS.includes(name) &&
    (votes?.columns.get(name)?.quantity !== undefined || others.includes(name)) &&
    isNumeric(table, name)
  );
  if (columns.length > 0) {
    return { ids, columns, prediction: columns.map((name) => numberColumn(table, name)) };
  }
  throw new RangeError(
    `Cannot judge "${path}": it has no predictions that are known: columns of votes of a decision tree, columns of the catalogue, or X_true beside X_predicted are wanted, it has ${
      someOf(names, 6)
    }`,
  );
}

function isNumeric(table: Table, name: string): boolean {
  try {
    return numberColumn(table, name).some((value) => !Number.isNaN(value));
  } catch {
    return false; // Text
  }
}

/** Fractions of Dirichlet concentrations, each over the sum of its question's. */
function fromConcentrations(
  table: Table,
  { ids, stems, path }: { ids: string[]; stems: string[]; path: string },
): Read {
  const ending = PREDICTION_SUFFIXES.concentration;
  const meanings = voteColumns(stems.map((stem) => stem + ending));
  const concentrations = stems.map((stem) => numberColumn(table, stem + ending));
  const question = (at: number) => meanings?.columns.get(stems[at]! + ending)?.question.id;
  const lost = stems.find((_, at) => question(at) === undefined);
  if (lost !== undefined) {
    throw new RangeError(
      `Cannot judge "${path}": no decision tree that is known has "${lost}${ending}", so that nothing tells of which question it is`,
    );
  }
  const places = Map.groupBy(stems.keys(), question);
  const prediction = concentrations.map((own, at) =>
    own.map((alpha, row) =>
      alpha /
      places.get(question(at))!.reduce((sum, other) => sum + concentrations[other]![row]!, 0)
    )
  );
  const columns = stems.map((stem) => stem + PREDICTION_SUFFIXES.fraction);
  return { ids, columns, prediction, concentrations };
}

function restricted(
  { columns, prediction, target, concentrations, ...rest }: Read,
  { wanted, path }: { wanted: readonly string[]; path: string },
): Read {
  const places = wanted.map((name) => {
    const at = columns.indexOf(name);
    if (at >= 0) return at;
    throw new RangeError(
      `Cannot judge "${path}": there is no column "${name}" among ${someOf(columns, 6)}`,
    );
  });
  const some = <T>(values: readonly T[]) => places.map((at) => values[at]!);
  return {
    ...{ ...rest, columns: some(columns), prediction: some(prediction) },
    ...(target && { target: some(target) }),
    ...(concentrations && { concentrations: some(concentrations) }),
  };
}

function idsOf(table: Table, path: string): string[] {
  const names = columnNames(table);
  const name = ID_COLUMNS.find((one) => names.includes(one));
  if (name !== undefined) return idValues(table, name);
  throw new RangeError(
    `Cannot judge with "${path}": it has no column of ids, called ${
      ID_COLUMNS.slice(0, 4).join(", ")
    } …; it has ${someOf(names, 6)}`,
  );
}

/** The row of each galaxy in the catalogue, -1 where it is not there. */
function placesOf(
  ids: readonly string[],
  { table, path }: { table: Table; path: string },
): Int32Array {
  const names = columnNames(table);
  const candidates = ID_COLUMNS.filter((name) => names.includes(name));
  if (candidates.length === 0) idsOf(table, path);
  let best = { found: -1, rows: new Map<string, number>(), name: "" };
  for (const name of candidates) { // A catalogue may have several kinds of ids
    let own: string[];
    try {
      own = idValues(table, name);
    } catch (error) {
      if (error instanceof RangeError) continue;
      throw error;
    }
    const rows = new Map(own.map((id, row) => [id, row]));
    const found = ids.filter((id) => rows.has(id)).length;
    if (rows.size === own.length && found > best.found) best = { found, rows, name };
  }
  if (best.found > 0) return Int32Array.from(ids, (id) => best.rows.get(id) ?? -1);
  throw new RangeError(
    `Cannot judge with "${path}": none of ${count(ids.length)} galaxies, first "${
      ids[0]
    }", is in its ids (${candidates.join(", ")}), or they repeat`,
  );
}

/** The votes for the answer of each column, where the catalogue counts them. */
function countsOf(columns: readonly string[], { votes, names, read }: {
  votes?: VoteColumns;
  names: ReadonlySet<string>;
  read: (name: string) => Float64Array;
}): (Float64Array | undefined)[] {
  const suffix = votes?.tree.suffixes.count;
  return columns.map((column) => {
    const stem = votes?.columns.get(column)?.answer.stem;
    if (stem === undefined || suffix === undefined || !names.has(stem + suffix)) return undefined;
    return read(stem + suffix);
  });
}

/** The fraction of a column's answer, of the votes at its question; NaN where it was not asked. */
function fractionOf(at: number, { columns, votes, counts, length }: {
  columns: readonly string[];
  votes?: VoteColumns;
  counts: readonly (Float64Array | undefined)[];
  length: number;
}): Float64Array {
  const meaning = votes?.columns.get(columns[at]!);
  const own = counts[at];
  const isFraction = meaning?.quantity === "fraction" || meaning?.quantity === "concentration";
  const others = [...columns.keys()].filter((other) => {
    const { question, quantity } = votes?.columns.get(columns[other]!) ?? {};
    return question === meaning?.question && quantity === meaning?.quantity;
  });
  if (
    meaning === undefined || own === undefined || !isFraction ||
    others.length < meaning.question.answers.length || others.some((other) => !counts[other])
  ) {
    return new Float64Array(length).fill(NaN);
  }
  return own.map((votes, row) => {
    const total = others.reduce((sum, other) => sum + counts[other]![row]!, 0);
    return total > 0 ? votes / total : NaN;
  });
}
