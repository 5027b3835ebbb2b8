/**
 * The folder of a recipe, taken or taken up again.
 *
 * @module
 */

import { configOf, type Schema, type SettingsOf } from "../settings.ts";
import { RunFolder } from "../train/mod.ts";

/**
 * Writes `config.json` into a new folder, or makes sure that the folder's is the same, versions
 * apart.
 *
 * @param options `data`: what the data is; `free`: names of settings that may differ from those of the
 * run that is there, beside the profile and whether TensorBoard is written for
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
  const config = { recipe: name, settings: configOf(schema, settings as never), data };
  const mayDiffer = ["profile", "tensorBoard", ...free].map((name) => `settings.${name}`);
  new RunFolder(out).begin(config, { resume: true, mayDiffer });
}
