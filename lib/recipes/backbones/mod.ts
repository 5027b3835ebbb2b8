/**
 * The kit's own backbones: small networks trained on simulated skies, and how well they read.
 *
 * @module
 */

import { modelCard } from "../../models/mod.ts";
import { commandLine } from "../../settings.ts";
import { count } from "../../text.ts";
import type { Epoch } from "../../train/mod.ts";
import { listKitWeights } from "../../weights/mod.ts";
import type { Item, Preparation, Prepared, Recipe } from "../recipe.ts";
import { startRun } from "../start_run.ts";
import { writeBackboneRecord } from "./publish.ts";
import { type Read, type Reader, readPages } from "./read_pages.ts";
import { type Backbone, BACKBONE_SETTINGS, BACKBONES, type BackboneSettings } from "./settings.ts";
import { answersLearnt } from "./sky.ts";
import { trainBackbone } from "./train.ts";

/** What became of a network: its weights, its best epoch, and how it reads. */
type Trained = { path: string; best: Epoch; reading: Read[] };

type Outcome = Partial<Record<Backbone, Trained>> & { reading?: Read[] };

/** The networks, each an item, and the test of them all. */
export const backbones: Recipe<typeof BACKBONE_SETTINGS, Outcome> = {
  name: "backbones",
  title: "The kit's own small networks, trained on simulated skies",
  summary: "Train the kit's own small networks on simulated skies, and test how well they read.",
  data: "a GZ2 table and its images: real galaxies to read, too",
  settings: BACKBONE_SETTINGS,
  items: {
    ...Object.fromEntries(BACKBONES.map((name) => [name, itemOf(name)])),
    reading: {
      title: "what frozen features tell of vote fractions, by question",
      isOwn: true,
      draw: ({ reading }) => ({
        ...{ table: tableOf(reading!), values: { reading }, notes: normsOf(reading!) },
      }),
    },
  },
  prepare,
};

async function prepare(
  out: string,
  { data, settings, items, signal, onProgress }: Preparation<typeof BACKBONE_SETTINGS>,
): Promise<Prepared<Outcome>> {
  const schema = BACKBONE_SETTINGS;
  startRun(out, { name: "backbones", schema, settings, free: ["reading"] });
  const run: Outcome = {};
  const own = { out, settings, signal, onProgress };
  for (const name of BACKBONES.filter((name) => items.includes(name))) {
    const { path, best } = await trainBackbone(name, own);
    const answers = answersLearnt(settings);
    const reading = await readPages([
      { label: name, name, source: path, answers },
      { label: "random values", name, source: null, sizes: [modelCard(name).size] },
    ], { ...own, data });
    const command = ["deno task backbones", name, ...commandLine(schema, settings)].join(" ");
    const training = { settings, best, reading };
    await writeBackboneRecord(path, { name, command, answers, training });
    run[name] = { path, best, reading };
  }
  if (items.includes("reading")) {
    run.reading = await readPages(kitReaders(settings), { ...own, data });
  }
  return {
    run,
    text: `Learnt: ${settings.targets} vote fractions\n` +
      "Read: correlation of what a ridge regression from frozen features predicts with weighted vote\n" +
      "fractions, of galaxies that it has not seen; ceiling: that of an endless crowd",
  };
}

/** The kit's weights, one of their networks with random values, and what the settings name. */
function kitReaders({ reading }: BackboneSettings): Reader[] {
  const own = listKitWeights().map(({ name, model, source, training }) => ({
    ...{ label: name, name: model, source, answers: training.outputs as string[] },
  }));
  const random = { label: "random values", name: own[0].name, source: null };
  return [...own, random, ...reading.others.map((name) => ({ label: name, name }))];
}

function itemOf(name: Backbone): Item<Outcome> {
  return {
    title: "what its frozen features tell of vote fractions, by question",
    isOwn: true,
    draw(run) {
      const { path, best, reading } = run[name]!;
      return {
        table: tableOf(reading),
        values: { best, reading },
        notes: [
          `${path}: epoch ${best.epoch}, mean absolute error of vote fractions ${
            best.validation_mean_absolute_error.toFixed(4)
          }`,
          ...normsOf(reading),
        ],
      };
    },
  };
}

/** A row a question, a column a network and a size. */
function tableOf(reading: readonly Read[]): { columns: string[]; rows: string[][] } {
  const [{ readers }] = reading;
  const columns = readers.flatMap(({ label, readings }) =>
    readings.flatMap(({ size, outputs }) => [
      `${label}, ${size} px`,
      ...(outputs ? [`its outputs, ${size} px`] : []),
    ])
  );
  const digits = (r: number | undefined) => r === undefined ? "" : r.toFixed(2);
  return {
    columns: ["galaxies of", "question", "number", "ceiling", ...columns],
    rows: reading.flatMap(({ on, questions, readers }) =>
      questions.map(({ id, about, galaxies, ceiling }) => [
        ...[on, `${id} ${about}`, count(galaxies), digits(ceiling)],
        ...readers.flatMap(({ readings }) =>
          readings.flatMap(({ probe, outputs }) => [
            digits(probe[id]),
            ...(outputs ? [digits(outputs[id])] : []),
          ])
        ),
      ])
    ),
  };
}

/** How far the largest features are from the middle ones. */
function normsOf(reading: readonly Read[]): string[] {
  return reading.map(({ on, readers }) =>
    `Largest norm of features, in medians, ${on}: ${
      readers.flatMap(({ label, readings }) =>
        readings.map(({ size, norm }) =>
          `${label}, ${size} px ${(norm.largest / norm.median).toFixed(1)}`
        )
      ).join("; ")
    }`
  );
}
