/**
 * What is wrong with a table, collected to be told at once.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";

/** How many rows a problem shows. */
export const shownRows = 3;

/** One thing that is wrong with a table. */
export type Problem = {
  /** Sort of problem. */
  readonly check:
    | "missing column"
    | "unknown column"
    | "type"
    | "empty"
    | "range"
    | "duplicate"
    | "sum"
    | "total";
  /** The column, or the columns joined with " + ". */
  readonly column: string;
  /** How many rows have it; 0 where it concerns the whole column. */
  readonly count: number;
  /** The first of these rows, counted from 0 as in the frame. */
  readonly rows: readonly number[];
  /** What is wrong, with the values of the first rows. */
  readonly message: string;
};

/** Thrown for a table that does not pass; `problems` holds all that was found. */
export class CatalogueError extends Error {
  override readonly name = "CatalogueError";
  readonly problems: readonly Problem[];

  constructor(path: string, what: string, problems: readonly Problem[]) {
    const lines = problems.map((problem) => problem.message);
    super(
      lines.length === 1
        ? `Cannot use "${path}" as ${what}: ${lines[0]}`
        : `Cannot use "${path}" as ${what}: ${lines.length} problems\n- ${lines.join("\n- ")}`,
    );
    this.problems = problems;
  }
}

/**
 * Problems as a table: check, column, count (of rows), first_row (from 0; −1 where the whole column
 * is meant) and message.
 */
export function problemTable(problems: readonly Problem[]): DataFrame {
  const table = {
    check: problems.map((problem) => problem.check),
    column: problems.map((problem) => problem.column),
    count: Int32Array.from(problems, (problem) => problem.count),
    first_row: Int32Array.from(problems, (problem) => problem.rows[0] ?? -1),
    message: problems.map((problem) => problem.message),
  };
  return problems.length > 0 ? pl.DataFrame(table) : pl.DataFrame(table, {
    schema: {
      check: pl.Utf8,
      column: pl.Utf8,
      count: pl.Int32,
      first_row: pl.Int32,
      message: pl.Utf8,
    },
  });
}

/** A problem of a whole column. */
export function columnProblem(column: string, message: string): Problem {
  return { check: "type", column, count: 0, rows: [], message };
}

/** A problem of rows, its message ending in the first of them. */
export function rowProblem(problem: {
  check: Problem["check"];
  column: string;
  count: number;
  rows: readonly { row: number; id?: string; value: string }[];
  says: string;
}): Problem {
  const { check, column, count, rows, says } = problem;
  const shown = rows.map(({ row, id, value }) =>
    `row ${row + 1}${id === undefined ? "" : ` (${id})`} ${value}`
  );
  const more = count > rows.length ? `, and ${count - rows.length} more` : "";
  return {
    check,
    column,
    count,
    rows: rows.map(({ row }) => row),
    message: `${says}: ${shown.join(", ")}${more}`,
  };
}
