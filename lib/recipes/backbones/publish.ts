/**
 * The record beside a backbone's weights.
 *
 * @module
 */

import { basename } from "node:path";
import kit from "../../../deno.json" with { type: "json" };
import { writeJson } from "../../files.ts";
import { ownWeights } from "../../models/cards.ts";
import { modelCard } from "../../models/mod.ts";
import { findLibrary } from "../../tensorflow/mod.ts";
import { type KitWeights, openWeights } from "../../weights/mod.ts";
import type { Backbone } from "./settings.ts";

/**
 * Writes `NAME.json` beside `NAME.safetensors`: what the kit's own weights say of themselves.
 *
 * @param path The weights
 * @param options `command`: what made them; `training`: its settings, and what it came to
 */
export async function writeBackboneRecord(
  path: string,
  { name, command, answers, training }: {
    name: Backbone;
    command: string;
    /** What the outputs are. */
    answers: readonly string[];
    training: Record<string, unknown>;
  },
): Promise<void> {
  using weights = await openWeights(path);
  const { files } = await weights.record();
  const { size, cropFraction, mean, std } = modelCard(name);
  const called = basename(path, ".safetensors");
  const { source, licence } = ownWeights(called);
  const versions = { galaxykit: kit.version, tensorflow: findLibrary()?.version };
  const record: Omit<KitWeights, "name" | "path"> = {
    source: `kit:${called}`,
    model: name,
    licence,
    files: files.map((file) => ({ ...file, name: basename(file.name) })),
    about: source,
    command,
    training: {
      ...training,
      images: { size, cropFraction, mean, std },
      outputs: answers,
      versions,
    },
  };
  writeJson(path.replace(/\.safetensors$/, ".json"), record);
}
