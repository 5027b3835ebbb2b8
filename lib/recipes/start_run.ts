/**
 * The folder of a recipe, taken or taken up again.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { removeLeftovers } from "../files.ts";
import { configOf, type Schema, type SettingsOf } from "../settings.ts";
import { RunFolder } from "../train/mod.ts";
import { checkWritable } from "../writable.ts";

/**
 * Writes `config.json` into a new folder, or makes sure that the folder's is the same, versions
 * apart.
 *
 * @param options `data`: what the data is; `free`: names of settings that may differ from those of the
 * run that is there, beside the profile
 * @throws {Error} When the folder holds something else, or a run of another configuration, naming
 * the first difference
 */
export function startRun<Job extends Schema>(
  out: string,
  { name, schema, settings, data, free = [] }: {
    name: string;
    schema: Job;
    settings: SettingsOf<Job>;
    data?: unknown;
    free?: readonly string[];
  },
): void {
  checkWritable(out);
  const folder = new RunFolder(out);
  const config = { recipe: name, settings: configOf(schema, settings as never), data };
  if (folder.exists) {
    checkSame(folder, config, new Set(["profile", ...free].map((name) => `settings.${name}`)));
    removeLeftovers(out);
  } else {
    const found = existsSync(out) ? [...Deno.readDirSync(out)][0]?.name : undefined;
    if (found !== undefined) {
      throw new Error(
        `Cannot start in "${out}": the folder is not empty (it holds "${found}"); name another (out)`,
      );
    }
  }
  folder.writeConfig(config);
}

function checkSame(
  folder: RunFolder,
  config: Record<string, unknown>,
  free: ReadonlySet<string>,
): void {
  const { versions: _, ...present } = folder.readConfig();
  const [found, wanted] = [flattened(present), flattened(config)];
  const differing = [...new Set([...wanted.keys(), ...found.keys()])]
    .find((name) => !free.has(name) && found.get(name) !== wanted.get(name));
  if (differing === undefined) return;
  throw new Error(
    `Cannot go on in "${folder.path}": it holds a run with ${differing} ${
      found.get(differing) ?? "not set"
    }, ${wanted.get(differing) ?? "none"} wanted; name another folder (out)`,
  );
}

/** Values by their dotted names, as JSON; without those that are not set. */
function flattened(config: Record<string, unknown>, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(config).filter(([, value]) => value !== undefined && value !== null)
      .flatMap(([name, value]) =>
        typeof value === "object" && !Array.isArray(value)
          ? [...flattened(value as Record<string, unknown>, `${prefix}${name}.`)]
          : [[prefix + name, JSON.stringify(value)] as const]
      ),
  );
}
