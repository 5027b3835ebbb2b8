/**
 * What an enriched sky holds, for those who asked for it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  galaxyPrompts,
  type GalaxySurvey,
  promptCuts,
  type PromptLetter,
  readTable,
  selectRows,
} from "../lib/data/mod.ts";
import type { ImageGrid } from "../lib/plot/mod.ts";
import { galaxiesOfKind, type KindFound } from "../lib/sky/mod.ts";
import { count, percent, textTable } from "../lib/text.ts";

/** Kinds, how many galaxies of each were looked for, and how rare they are. */
export function kindTable(folder: string, kinds: readonly KindFound[]): string {
  const table = readTable(join(folder, "catalogue.parquet"));
  const rows = kinds.map(({ kind, indices: { length }, among }) => [
    ...[nameOf(kind), count(length)],
    isPrompt(kind) ? count(selectRows(table, promptCuts(kind)).count) : "",
    ...[count(among), `1 in ${count(Math.round(among / length))}`],
  ]);
  return textTable(["kind", "chosen", "by votes in all", "searched", "in nature"], rows, {
    align: ["left", "right"],
  });
}

/** Early types with dust lanes, by truth and by votes. */
export function laneLine(folder: string): string {
  const [votes, truth] = ["catalogue", "truth"].map((name) =>
    readTable(join(folder, `${name}.parquet`))
  );
  const flags = votes.getColumn("t08_odd_feature_a38_dust_lane_flag").toArray();
  const classes = truth.getColumn("class").toArray();
  const depths = truth.getColumn("dust_optical_depth").toArray();
  const early = [...classes.keys()].filter((row) =>
    classes[row] === "elliptical" || classes[row] === "lenticular"
  );
  const laned = early.filter((row) => depths[row] !== null);
  const voted = early.filter((row) => flags[row] === 1);
  return `${count(early.length)} early types: ${count(laned.length)} have a dust lane (${
    percent(laned.length / early.length)
  }), volunteers agree on ${count(voted.length)} (${percent(voted.length / early.length)}), ${
    count(voted.filter((row) => depths[row] === null).length)
  } of them wrongly`;
}

/** Twelve pictures of each kind; with real galaxies, below them twelve of the same kind. */
export async function sheetOf(
  folder: string,
  { kinds, real }: { kinds: readonly KindFound[]; real?: GalaxySurvey<string> },
): Promise<ImageGrid> {
  const { sampleGrid } = await import("../lib/plot/mod.ts");
  const rows = kinds.flatMap(({ kind, indices }) => {
    const drawn = {
      label: nameOf(kind),
      paths: indices.map((index) => {
        const path = join(folder, "images", `${index}.`);
        return path + (existsSync(`${path}jpg`) ? "jpg" : "png");
      }),
    };
    return real === undefined ? [drawn] : [drawn, realRow(kind, real)];
  });
  return await sampleGrid({
    title: real && "Simulated galaxies, and real ones below them",
    paths: rows.flatMap(({ paths }) => paths),
    labels: rows.flatMap(({ label, paths }) => paths.map(() => label)),
    classes: rows.map(({ label }) => label),
    perClass: ON_SHEET,
    tileSize: 96,
  });
}

/** Pictures of each kind on a sheet. */
const ON_SHEET = 12;

/** Real galaxies of a kind, and how near they come to it. */
function realRow(kind: string, { frame, paths }: GalaxySurvey<string>) {
  const { rows, pass } = galaxiesOfKind(frame, kind, { most: ON_SHEET });
  const label = pass
    ? "real galaxies that pass the rule"
    : `none of ${count(frame.height)} real galaxies passes the rule; the nearest`;
  return { label: `${kind}: ${label}`, paths: rows.map((row) => paths[row]) };
}

function isPrompt(kind: string): kind is PromptLetter {
  return Object.hasOwn(galaxyPrompts, kind);
}

/** "ring", "F  spiral galaxy with 4 spiral arms"; of words with a weight just the words. */
function nameOf(kind: string): string {
  if (!isPrompt(kind)) return kind;
  return `${kind}  ${galaxyPrompts[kind].text.replace(/\{(.+?):[\d.]+\}/g, "$1")}`;
}
