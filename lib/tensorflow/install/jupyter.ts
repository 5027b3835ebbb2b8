/**
 * Whether Jupyter knows Deno.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../cache.ts";

/** A kernel that Jupyter would start. */
export type Kernel = {
  /** Path of its `kernel.json`. */
  path: string;
  /** The program that it starts. */
  program: string;
};

/**
 * Looks for the Deno kernel where Jupyter looks for kernels.
 *
 * @param env The environment
 * @param options.prefix Python's installation, whose `share/jupyter` Jupyter reads too
 */
export function denoKernel(
  env: Environment,
  options: { prefix?: string } = {},
): Kernel | undefined {
  for (const folder of dataFolders(env, options.prefix)) {
    const path = join(folder, "kernels", "deno", "kernel.json");
    if (!existsSync(path)) continue;
    try {
      const { argv } = JSON.parse(Deno.readTextFileSync(path));
      return { path, program: String(argv?.[0]) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { path, program: "undefined" };
    }
  }
  return undefined;
}

/** Jupyter's data path: https://docs.jupyter.org/en/latest/use/jupyter-directories.html */
function dataFolders(env: Environment, prefix?: string): string[] {
  const home = env.HOME ?? "";
  const own = env.JUPYTER_DATA_DIR ??
    (Deno.build.os === "darwin"
      ? join(home, "Library", "Jupyter")
      : join(env.XDG_DATA_HOME ?? join(home, ".local", "share"), "jupyter"));
  return [
    ...(env.JUPYTER_PATH ?? "").split(":").filter((folder) => folder !== ""),
    own,
    ...(prefix ? [join(prefix, "share", "jupyter")] : []),
    "/usr/local/share/jupyter",
    "/usr/share/jupyter",
  ];
}
