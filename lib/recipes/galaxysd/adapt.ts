/**
 * A pipeline that generates, fine-tuned on a survey: as a whole, by adapters, or by a new word.
 *
 * @module
 */

import { join } from "node:path";
import {
  captionAnswers,
  captions,
  gz2Tree,
  loadImages,
  openSurvey,
  voteConditions,
} from "../../data/mod.ts";
import { answerNamed } from "../../data/samples/vote_conditions.ts";
import { zeroTerminalSnr } from "../../diffusion/mod.ts";
import {
  type Adaptation,
  adaptByLora,
  adaptByToken,
  adaptWhole,
  type Pipeline,
  type PipelinePart,
  trainPipeline,
} from "../../generation/mod.ts";
import { COMMON } from "../../jobs/common_settings.ts";
import { saveDiffusionLora } from "../../models/mod.ts";
import { type OnProgress, within } from "../../progress.ts";
import { saveTextualInversion } from "../../prompts/mod.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";
import { foldIn, key } from "../../tensorflow/mod.ts";
import { type Epoch, oneCycle, RunFolder } from "../../train/mod.ts";
import { openGalaxyPipeline, saveGalaxyPipeline } from "./pipeline.ts";

/** Everything that an adaptation depends on, but the pipeline and the data. */
export const ADAPT_SETTINGS = defineSettings({
  refusal: "Cannot adapt a pipeline",
  table: {
    learns: {
      type: "string",
      choices: ["lora", "word", "whole"],
      default: "lora",
      description: "what learns: adapters beside the networks, a new word, or the networks",
    },
    parts: {
      type: "strings",
      choices: ["unet", "textEncoder"],
      default: ["unet"],
      description: "which networks learn, as a whole or by adapters",
    },
    rank: { type: "integer", minimum: 1, default: 4, description: "of adapters" },
    dialect: {
      type: "string",
      choices: ["diffusers", "kohya", "peft"],
      default: "diffusers",
      description: "in which form adapters are written",
    },
    word: { type: "string", default: "<new>", description: "the word that is learnt" },
    near: {
      type: "string",
      value: "WORDS",
      default: "galaxy",
      description: "words with a meaning near to that of the new one, to begin with",
    },
    vectors: { type: "integer", minimum: 1, default: 1, description: "vectors of the new word" },
    showing: {
      type: "strings",
      value: "ANSWER,…",
      default: [],
      description: "learn from galaxies of which the volunteers are sure of these answers",
    },
    caption: {
      type: "string",
      defaultText: "of each galaxy what its votes say; of a new word: sdss, WORD",
      description: "what all galaxies are said to be",
    },
    size: {
      type: "integer",
      minimum: 8,
      defaultText: "the one that the U-Net has learnt",
      description: "side of the images, in pixels",
    },
    crop: {
      ...COMMON.crop,
      default: 0.5,
      description: "share of an image's side that is learnt, about its centre",
    },
    epochs: { ...COMMON.epochs, default: 10, description: "passes over the galaxies" },
    batch: { ...COMMON.batch, default: 8, minimum: 1 },
    rate: { ...COMMON.rate, default: 1e-3, description: "highest learning rate, under one cycle" },
    minSnr: {
      type: "number",
      above: 0,
      defaultText: "all noise levels count alike",
      description: "signal-to-noise ratio above which noise levels count the same (min-SNR)",
    },
    noiseOffset: {
      type: "number",
      minimum: 0,
      default: 0,
      description: "noise that is one number for each whole channel, against wrong brightness",
    },
    zeroSnr: {
      type: "boolean",
      description: "a noise schedule that ends in pure noise, and a U-Net that predicts velocity",
    },
    untold: {
      type: "number",
      minimum: 0,
      below: 1,
      default: 0.1,
      description: "share of the galaxies whose captions and votes are not told, for guidance",
    },
    precision: COMMON.precision,
    compiler: COMMON.compiler,
    tensorBoard: COMMON.tensorBoard,
    seed: { ...COMMON.seed, default: 1 },
  },
});

type AdaptSettings = SettingsOf<typeof ADAPT_SETTINGS>;

/**
 * Fine-tunes a pipeline on the galaxies of a survey, or goes on where that was stopped.
 *
 * @param source The pipeline: a folder, or `hf:organisation/name`
 * @returns The history, and what was written: a file or folder
 * @throws {RangeError} When no galaxy shows what is wanted, and as `trainPipeline` does
 * @throws {DOMException} When the signal aborts; the same call goes on
 */
export async function adaptGalaxies(
  source: string,
  { data, out, settings, signal, onProgress }: {
    /** The folder of a survey. */
    data: string;
    out: string;
    settings: AdaptSettings;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<{ history: Epoch[]; written: string }> {
  const { learns, seed, crop, batch, epochs, rate, minSnr, noiseOffset, untold } = settings;
  const opened = await openGalaxyPipeline(source);
  const pipeline: Pipeline = settings.zeroSnr
    ? { ...opened.pipeline, sampler: zeroTerminalSnr(opened.pipeline.sampler) }
    : opened.pipeline;
  const { unet, codec } = pipeline;
  const latents = [unet.config.sample_size ?? []].flat()[0];
  const size = settings.size ?? (latents && latents * codec.factor);
  if (size === undefined) {
    throw new RangeError(
      "Cannot adapt a pipeline: its U-Net does not say which size it has learnt (sample_size); give size",
    );
  }
  const survey = chosen(openSurvey(data), settings.showing).pictured({ missing: "drop" });
  const images = await loadImages(
    survey.paths.map((image, row) => ({ id: survey.ids[row]!, image })),
    { size, cropFraction: crop, signal, onProgress },
  );
  const said = settings.caption ?? (learns === "word" ? `sdss, ${settings.word}` : undefined);
  const takesVotes = unet.config.class_embed_type !== null && learns !== "word";
  const { model, write, ...adaptation } = adapted(pipeline, settings);
  const steps = epochs * Math.floor(images.length / batch);
  const { tensorBoard, dialect: _dialect, ...own } = settings;
  const run = new RunFolder(join(out, "model"));
  const { history } = await trainPipeline({ model, ...adaptation }, {
    images,
    ...(pipeline.textEncoder && {
      captions: said === undefined ? captions(captionAnswers(survey)) : survey.ids.map(() => said),
    }),
    ...(takesVotes && { conditions: voteConditions(survey, { layout: opened.layout }) }),
    loss: {
      ...(minSnr !== undefined && { minSnrGamma: minSnr }),
      ...(settings.zeroSnr && minSnr !== undefined && { weightFloor: 0.1 }),
      noiseOffset,
      untold: learns === "word" ? {} : { both: untold },
    },
    ...{ batchSize: batch, epochs, seed, run, resume: true, tensorBoard },
    ...{ precision: settings.precision, compiler: settings.compiler, clipNorm: 1 },
    rate: oneCycle({ rate, steps: Math.max(1, steps) }),
    config: { adapted: source, settings: own },
    signal,
    onProgress: within(onProgress, "Adapting"),
  });
  run.readModel(model);
  const written = await write(out, opened.layout);
  return { history, written };
}

type Survey = ReturnType<typeof openSurvey>;

/** The galaxies that show all of some answers. */
function chosen(survey: Survey, showing: readonly string[]): Survey {
  if (showing.length === 0) return survey;
  const answers = captionAnswers(survey);
  const wanted = showing.map((name) => answerNamed(name, gz2Tree).id);
  const kept = survey.filter((row) => wanted.every((id) => answers[row]!.includes(id)));
  if (kept.ids.length > 0) return kept;
  throw new RangeError(
    `Cannot adapt a pipeline: of ${survey.ids.length} galaxies none is surely ${
      showing.join(" and ")
    }`,
  );
}

/** What learns, and how it is written. */
function adapted(
  pipeline: Pipeline,
  { learns, parts, rank, dialect, word: token, near: from, vectors, seed }: AdaptSettings,
): Adaptation & { write(out: string, layout: Layout): Promise<string> } {
  const networks = parts as readonly PipelinePart[];
  if (learns === "word") {
    const adaptation = adaptByToken(pipeline, { token, from, vectors });
    return {
      ...adaptation,
      write(out) {
        const path = join(out, "word.safetensors");
        saveTextualInversion(path, [adaptation.learned()]);
        return Promise.resolve(path);
      },
    };
  }
  if (learns === "lora") {
    const random = key(seed);
    const own = foldIn(random, 1);
    const adaptation = adaptByLora(pipeline, { parts: networks, rank, key: own });
    random.dispose();
    own.dispose();
    return {
      ...adaptation,
      write(out) {
        const path = join(out, dialect === "peft" ? "lora" : "lora.safetensors");
        saveDiffusionLora(path, adaptation.loras, { dialect });
        return Promise.resolve(path);
      },
    };
  }
  return {
    ...adaptWhole(pipeline, { parts: networks }),
    async write(out, layout) {
      const path = join(out, "pipeline");
      await saveGalaxyPipeline(path, pipeline, { layout });
      return path;
    },
  };
}

type Layout = Awaited<ReturnType<typeof openGalaxyPipeline>>["layout"];
