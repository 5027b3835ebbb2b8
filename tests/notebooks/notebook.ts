/**
 * Notebook files (nbformat 4.5): reading, running and writing them.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { writeFileAtomic } from "../../lib/files.ts";
import { Kernel, type Output } from "./kernel.ts";

/** A notebook file; text stands in it whole or as a list of lines. */
export type Notebook = {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
};

export type Cell = MarkdownCell | CodeCell;
type MarkdownCell = { cell_type: "markdown"; id: string; metadata: object; source: Text };
export type CodeCell = {
  cell_type: "code";
  id: string;
  metadata: object;
  source: Text;
  execution_count: number | null;
  outputs: Output[];
};
type Text = string | string[];

/** The paths of all notebooks of the project. */
export function notebookPaths(): string[] {
  const folder = new URL("../../notebooks/", import.meta.url).pathname;
  return [...Deno.readDirSync(folder)].map(({ name }) => folder + name)
    .filter((path) => path.endsWith(".ipynb")).sort();
}

export function readNotebook(path: string): Notebook {
  return JSON.parse(Deno.readTextFileSync(path));
}

/** The code cells, in order. */
export function codeCells({ cells }: Notebook): CodeCell[] {
  return cells.filter((cell) => cell.cell_type === "code");
}

/** The text of a cell. */
export function sourceOf({ source }: Cell): string {
  return typeof source === "string" ? source : source.join("");
}

/**
 * Runs a notebook in a new kernel, in its folder.
 *
 * @returns The notebook with what its cells put out
 * @throws {Error} When a cell throws, naming the cell
 */
export async function runNotebook(
  path: string,
  { onCell }: { onCell?: (number: number, total: number) => void } = {},
): Promise<Notebook> {
  const notebook = structuredClone(readNotebook(path));
  const cells = codeCells(notebook);
  await using kernel = await Kernel.start(dirname(path));
  for (const [index, cell] of cells.entries()) {
    onCell?.(index + 1, cells.length);
    cell.outputs = await kernel.execute(sourceOf(cell));
    cell.execution_count = index + 1;
    const failed = cell.outputs.find((output) => output.output_type === "error");
    if (failed !== undefined) {
      throw new Error(
        `Cannot run ${basename(path)}: cell ${
          index + 1
        } of ${cells.length} throws ${failed.ename}: ${failed.evalue}`,
      );
    }
    for (const output of cell.outputs) {
      if (output.output_type === "execute_result") output.execution_count = index + 1;
    }
  }
  return notebook;
}

/** Writes a notebook as Jupyter does. */
export function writeNotebook(path: string, notebook: Notebook): void {
  writeFileAtomic(path, `${JSON.stringify(notebook, null, 1)}\n`);
}
