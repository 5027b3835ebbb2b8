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

/** How much a notebook spends; as whoever opens it runs it: "small". */
export const PROFILES = ["tiny", "small"] as const;

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
 * Runs a notebook in a new kernel, in its folder. What it leaves in temporary folders is removed.
 *
 * @param options.profile What the notebook finds in `$GALAXYKIT_PROFILE`
 * @returns The notebook with what its cells put out
 * @throws {Error} When a cell throws, naming the cell
 */
export async function runNotebook(
  path: string,
  { profile, signal }: { profile: typeof PROFILES[number]; signal?: AbortSignal },
): Promise<Notebook> {
  const notebook = readNotebook(path);
  const cells = codeCells(notebook);
  const scratch = Deno.makeTempDirSync();
  using _scratch = { [Symbol.dispose]: () => Deno.removeSync(scratch, { recursive: true }) };
  await using kernel = await Kernel.start(dirname(path), {
    GALAXYKIT_PROFILE: profile,
    TMPDIR: scratch,
  });
  for (const [index, cell] of cells.entries()) {
    signal?.throwIfAborted();
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

/** Writes a notebook as Jupyter does, but each specification of a figure in one line. */
export function writeNotebook(path: string, notebook: Notebook): void {
  const lines: string[] = [];
  const text = JSON.stringify(notebook, (key, value) => {
    if (!key.endsWith("+json")) return value;
    return `line ${lines.push(JSON.stringify(value)) - 1} of ${path}`;
  }, 1);
  const whole = lines.reduce(
    (text, line, i) => text.replace(JSON.stringify(`line ${i} of ${path}`), () => line),
    text,
  );
  writeFileAtomic(path, `${whole}\n`);
}
