/** Small tables of each kind, made up but consistent, to be damaged by the tests. */

import {
  answersOf,
  catalogueKinds,
  decals5Tree,
  gz2Tree,
  kaggleTree,
} from "../../../lib/data/catalogues/mod.ts";
import { Prng } from "../../../lib/prng.ts";

/** A table as text: the header and the cells of each row. */
export interface TextTable {
  header: string[];
  rows: string[][];
}

/** The votes of 40 volunteers who walk the tree with a galaxy's own fractions. */
function walk(tree: typeof gz2Tree, prng: Prng): Map<string, number> {
  const counts = new Map<string, number>();
  for (const question of tree.questions) {
    const asked = question.after.length === 0
      ? 40
      : question.after.reduce((sum, id) => sum + counts.get(id)!, 0);
    const weights = question.answers.map(() => prng.uniform());
    const total = weights.reduce((a, b) => a + b);
    for (const { id } of question.answers) counts.set(id, 0);
    for (let vote = 0; vote < asked; vote++) {
      let left = prng.uniform() * total;
      const chosen = weights.findIndex((weight) => (left -= weight) < 0);
      const { id } = question.answers[Math.max(chosen, 0)];
      counts.set(id, counts.get(id)! + 1);
    }
  }
  return counts;
}

/** A table in the form of Hart et al. 2016: 231 columns. */
export function gz2Table(rows: number, seed: number): TextTable {
  const prng = new Prng(seed);
  const header = Object.keys(catalogueKinds.gz2_hart2016.required);
  const table: TextTable = { header, rows: [] };
  for (let row = 0; row < rows; row++) {
    const counts = walk(gz2Tree, prng);
    const total = (id: string) => {
      const question = gz2Tree.questions.find((q) => q.answers.some((a) => a.id === id))!;
      return question.answers.reduce((sum, answer) => sum + counts.get(answer.id)!, 0);
    };
    const cells: Record<string, string> = {
      dr7objid: `${587722981736120347n + BigInt(row)}`,
      ra: prng.uniform(0, 360).toFixed(5),
      dec: prng.uniform(-90, 90).toFixed(5),
      sample: "original",
      total_classifications: "40",
      total_votes: `${[...counts.values()].reduce((a, b) => a + b)}`,
    };
    for (const { id, stem } of answersOf(gz2Tree)) {
      const count = counts.get(id)!;
      const share = total(id) > 0 ? (count / total(id)).toFixed(3) : "0.0";
      Object.assign(cells, {
        [`${stem}_count`]: `${count}`,
        [`${stem}_weight`]: `${count}.0`,
        [`${stem}_fraction`]: share,
        [`${stem}_weighted_fraction`]: share,
        [`${stem}_debiased`]: share,
        [`${stem}_flag`]: Number(share) > 0.8 ? "1" : "0",
      });
    }
    table.rows.push(header.map((name) => cells[name]));
  }
  return table;
}

/** Kaggle's solutions, with their header. */
export function kaggleTable(rows: number, seed: number): TextTable {
  const prng = new Prng(seed);
  const table: TextTable = { header: Object.keys(catalogueKinds.kaggle.required), rows: [] };
  for (let row = 0; row < rows; row++) {
    const counts = walk(kaggleTree, prng);
    const shares = answersOf(kaggleTree).map(({ id }) => (counts.get(id)! / 40).toFixed(6));
    table.rows.push([`${100008 + row}`, ...shares]);
  }
  return table;
}

/** A table of GZ DECaLS, campaign 5. */
export function decalsTable(rows: number, seed: number): TextTable {
  const prng = new Prng(seed);
  const { required, optional } = catalogueKinds.gz_decals5;
  const totals = Object.keys(optional).filter((name) => name.endsWith("_total-votes"));
  const table: TextTable = { header: [...Object.keys(required), ...totals], rows: [] };
  for (let row = 0; row < rows; row++) {
    const counts = walk(decals5Tree, prng);
    const cells: Record<string, string> = {
      iauname: `J${(100000 + row * 7).toFixed(2)}+0${(10000 + row).toFixed(1)}`,
      ra: prng.uniform(0, 360).toFixed(6),
      dec: prng.uniform(-30, 30).toFixed(6),
    };
    for (const { stem, answers } of decals5Tree.questions) {
      const total = answers.reduce((sum, { id }) => sum + counts.get(id)!, 0);
      cells[`${stem}_total-votes`] = `${total}`;
      for (const { id } of answers) {
        cells[id] = `${counts.get(id)!}`;
        cells[`${id}_fraction`] = total > 0 ? `${counts.get(id)! / total}` : "";
      }
    }
    table.rows.push(table.header.map((name) => cells[name]));
  }
  return table;
}

/** The mapping of object ids to image files. */
export function mappingTable(rows: number): TextTable {
  return {
    header: ["objid", "sample", "asset_id"],
    rows: Array.from(
      { length: rows },
      (_, row) => [`${587722981736120347n + BigInt(row)}`, "original", `${row + 1}`],
    ),
  };
}

/** A dust-lane table, with its prose. */
export function dustLaneText(rows: number, seed: number): string {
  const prng = new Prng(seed);
  const line = "-".repeat(89);
  const head = `${line}\nDust Lane Spheroidal Galaxies- Basic Information\n${line}\n\n` +
    `Columns: [We assign value -999]\n(1) Sloan Digital Sky Survey ID\n\n${line}\n\n`;
  const lines = Array.from({ length: rows }, (_, row) =>
    [
      `${587722981736120347n + BigInt(row)}`,
      prng.uniform(100, 250).toFixed(3).padStart(13),
      prng.uniform(1, 9).toFixed(5).padStart(13),
      prng.uniform(0.01, 0.07).toFixed(7).padStart(13),
      `${1 + prng.integer(4)}`.padStart(12),
      `${1 + prng.integer(3)}`.padStart(12),
      (row % 2 ? "-999.000" : prng.uniform(11, 14).toFixed(4)).padStart(13),
      prng.uniform(0, 1).toFixed(6).padStart(13),
    ].join(""));
  return `${head}${lines.join("\n")}\n`;
}

/** The table as CSV. */
export function csv({ header, rows }: TextTable): string {
  return [header, ...rows].map((cells) => cells.join(",")).join("\n") + "\n";
}

/** The same table with one cell changed; rows count from 0. */
export function withCell(table: TextTable, row: number, column: string, value: string): TextTable {
  const index = table.header.indexOf(column);
  if (index < 0) throw new RangeError(`no column ${column}`);
  const rows = table.rows.map((cells, i) => i === row ? cells.with(index, value) : cells);
  return { header: table.header, rows };
}
