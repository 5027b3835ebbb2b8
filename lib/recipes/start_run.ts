/**
 * The folder of a job of several parts, taken or taken up again.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { removeLeftovers } from "../files.ts";
import { RunFolder } from "../train/mod.ts";

/**
 * Writes `config.json` into a new folder, or makes sure that the folder's is the same, versions
 * apart.
 *
 * @throws {Error} When the folder holds something else, or a run of another configuration, naming
 * the first difference
 */
export function startRun(out: string, config: Record<string, unknown>): void {
  const folder = new RunFolder(out);
  if (!folder.exists) {
    const found = existsSync(out) ? [...Deno.readDirSync(out)][0]?.name : undefined;
    if (found === undefined) return folder.writeConfig(config);
    throw new Error(
      `Cannot start in "${out}": the folder is not empty (it holds "${found}"); name another with --out`,
    );
  }
  const { versions: _, ...present } = folder.readConfig();
  const [found, wanted] = [flattened(present), flattened(config)];
  const differing = [...new Set([...wanted.keys(), ...found.keys()])]
    .find((name) => found.get(name) !== wanted.get(name));
  if (differing !== undefined) {
    throw new Error(
      `Cannot go on in "${out}": it holds a run with ${differing} ${
        found.get(differing) ?? "not set"
      }, ${wanted.get(differing) ?? "none"} wanted; name another folder with --out`,
    );
  }
  removeLeftovers(out);
}

/** Values by their dotted names, as JSON. */
function flattened(config: Record<string, unknown>, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(config).filter(([, value]) => value !== undefined).flatMap(([name, value]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? [...flattened(value as Record<string, unknown>, `${prefix}${name}.`)]
        : [[prefix + name, JSON.stringify(value)] as const]
    ),
  );
}
