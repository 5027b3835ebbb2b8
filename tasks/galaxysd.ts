/**
 * `deno task galaxysd train | adapt | generate | publish`: learn galaxies from captions and votes,
 * fine-tune what has learnt them, generate others, and make a model small to be given away.
 */

import { join } from "node:path";
import sharp from "sharp";
import { runCommand } from "../lib/cli.ts";
import { gz2Tree, requestedCondition } from "../lib/data/mod.ts";
import { isFile, writeFileAtomic, writeJson } from "../lib/files.ts";
import { type SamplerName, samplers } from "../lib/diffusion/mod.ts";
import { gridOf } from "../lib/generation/generation.ts";
import { type Pipeline, textToImage, withWords } from "../lib/generation/mod.ts";
import { openDiffusionLora } from "../lib/models/mod.ts";
import { openTextualInversion } from "../lib/prompts/mod.ts";
import {
  ADAPT_SETTINGS,
  adaptGalaxies,
  galaxysd,
  openGalaxyPipeline,
  OWN_PIPELINE,
  publishGalaxies,
} from "../lib/recipes/mod.ts";
import { settingsOf } from "../lib/settings.ts";
import { runRecipe } from "./_recipes.ts";
import { reporting } from "./_reports.ts";

const [verb, ...rest] = Deno.args;
if (verb === "train") await runRecipe(galaxysd, { task: "galaxysd train", args: rest });

/** What was asked for, and which images there are. */
const RECORD = "generation.json";

/** The pipeline of a model, as every verb but `train` takes it. */
const MODEL = {
  type: "string",
  value: "DIR",
  default: OWN_PIPELINE,
  description: "folder of a pipeline: diffusers', or what train leaves in OUT/pipeline",
} as const;

if (verb === "adapt") {
  await runCommand({
    name: "galaxysd adapt",
    summary:
      "Fine-tune a pipeline on the galaxies of a survey: as a whole, by LoRA, or by a new word.",
    options: {
      model: MODEL,
      data: { type: "string", value: "DIR", required: true, description: "folder of a survey" },
      out: {
        type: "string",
        value: "DIR",
        required: true,
        description: "new folder for the run and what has learnt; an old one goes on",
      },
    },
    settings: ADAPT_SETTINGS,
  }, async ({ model, data, out }, { settings: given, signal }) => {
    const settings = settingsOf(ADAPT_SETTINGS, given);
    await reporting({ signal, kept: join(out, "model") }, async (onProgress) => {
      const { written } = await adaptGalaxies(model, { data, out, settings, signal, onProgress });
      const how = {
        lora: `--model ${model} --lora ${written}`,
        word: `--model ${model} --words ${written} --prompt "sdss, ${settings.word}"`,
        whole: `--model ${written}`,
      }[settings.learns as "lora" | "word" | "whole"];
      console.log(`Written: ${written}; deno task galaxysd generate ${how} --out IMAGES`);
    });
  }, { args: rest });
}

if (verb === "publish") {
  await runCommand({
    name: "galaxysd publish",
    summary: "Write the model of a run in half precision, with the record of what it came from.",
    options: {
      run: { type: "string", value: "DIR", required: true, description: "folder of train" },
      out: { type: "string", value: "DIR", required: true, description: "folder for the model" },
      command: {
        type: "string",
        value: "TEXT",
        required: true,
        description: "what made the run, as it stands in the record",
      },
    },
  }, async ({ run, out, command }, { signal }) => {
    await publishGalaxies(run, out, { command, signal });
    console.log(`Written: ${out}; deno task galaxysd generate --model ${out} --out IMAGES`);
  }, { args: rest });
}

await runCommand(
  {
    name: "galaxysd",
    summary:
      "Generate galaxies from words, votes, or both; or learn to: galaxysd train --help, adapt, publish.",
    words: { value: "generate", description: "what to do; the other verbs have their own options" },
    options: {
      model: MODEL,
      lora: {
        type: "strings",
        value: "FILE=STRENGTH,…",
        description: "adapters to lay over it, as strong as is said, or 1",
      },
      words: { type: "strings", value: "FILE,…", description: "files of words that were learnt" },
      prompt: {
        type: "string",
        value: "TEXT",
        description: 'what it shows, such as "sdss, ring galaxy"; {dust lane:1.3} weighs words',
      },
      negative: { type: "string", value: "TEXT", description: "what it is led away from" },
      votes: {
        type: "strings",
        value: "ANSWER=SHARE,…",
        description: "what volunteers would say: bar=0.7,spiral=0.9",
      },
      count: { type: "integer", default: 8, minimum: 1, description: "images" },
      seed: {
        type: "integer",
        default: 1,
        minimum: 0,
        description: "the first image's; others follow",
      },
      steps: { type: "integer", default: 20, minimum: 1, description: "noise levels of a run" },
      guidance: {
        type: "number",
        default: 4,
        minimum: 1,
        description: "how strongly it is led to what it should show",
      },
      rescale: {
        type: "number",
        default: 0,
        minimum: 0,
        maximum: 1,
        description: "how far guided images are brought back to their usual contrast",
      },
      sampler: {
        type: "string",
        choices: Object.keys(samplers) as SamplerName[],
        description: "how noise is removed",
      },
      size: { type: "integer", minimum: 8, description: "side of the images, in pixels" },
      out: {
        type: "string",
        value: "DIR",
        required: true,
        description:
          "folder for the images, a grid of them, and generation.json; a stopped one goes on",
      },
    },
  },
  async (
    { out, model, lora, words: files, prompt, negative, votes, count, seed, size, ...options },
    { words, signal },
  ) => {
    if (words.length !== 1 || words[0] !== "generate") {
      throw new SyntaxError(
        `Cannot run galaxysd: wanted train, adapt, generate or publish, found ${
          words.join(" ") || "nothing"
        }`,
      );
    }
    Deno.mkdirSync(out, { recursive: true });
    const { pipeline: plain, layout, restoreMean } = await openGalaxyPipeline(model);
    const pipeline = await withFiles(plain, { lora, files });
    const asked = { model, lora, words: files, prompt, negative, votes, size, ...options };
    const done = madeBefore(out, asked);
    const seeds = Array.from({ length: count }, (_, at) => seed + at);
    const missing = seeds.filter((one) => !done.some((image) => image.seed === one));
    await reporting({ signal, kept: join(out, RECORD) }, async (onProgress) => {
      const { isStopped } = missing.length === 0 ? { isStopped: false } : await textToImage(
        pipeline,
        {
          ...(prompt !== undefined && { prompt, restoreMean }),
          ...(negative !== undefined && { negativePrompt: negative }),
          ...(votes !== undefined && {
            classLabels: requestedCondition(votesOf(votes), { tree: gz2Tree, layout }),
          }),
          ...(size !== undefined && { width: size, height: size }),
          seeds: missing,
          ...{ steps: options.steps, guidance: options.guidance, guidanceRescale: options.rescale },
          ...(options.sampler !== undefined && { sampler: options.sampler }),
          async onImages(images) {
            for (const { seed, width, height, pixels } of images) {
              const raw = { width, height, channels: 3 } as const;
              const file = `${seed}.png`;
              writeFileAtomic(join(out, file), await sharp(pixels, { raw }).png().toBuffer());
              done.push({ file, seed, width, height });
            }
            done.sort((a, b) => a.seed - b.seed);
            writeJson(join(out, RECORD), { ...asked, images: done });
          },
          signal,
          onProgress,
        },
      );
      if (done.length > 0) {
        await (await gridOfFiles(out, done, { prompt })).save(join(out, "grid.png"));
        console.log(`${done.length} images in ${out}: grid.png, ${RECORD} with their seeds`);
      } else console.log("No image was finished");
      if (isStopped) signal.throwIfAborted();
    });
  },
);

/** An image that is finished, as the record notes it. */
type Done = { file: string; seed: number; width: number; height: number };

/**
 * The images that a stopped run has left in a folder.
 *
 * @throws {Error} When something else was asked for there
 */
function madeBefore(out: string, asked: Readonly<Record<string, unknown>>): Done[] {
  const path = join(out, RECORD);
  if (!isFile(path)) return [];
  const { images, ...before } = JSON.parse(Deno.readTextFileSync(path)) as { images: Done[] };
  const plain = JSON.parse(JSON.stringify(asked)) as Record<string, unknown>;
  const names = new Set([...Object.keys(before), ...Object.keys(plain)]);
  for (const name of names) {
    const [there, wanted] = [before, plain].map((some) =>
      JSON.stringify((some as Record<string, unknown>)[name])
    );
    if (there === wanted) continue;
    throw new Error(
      `Cannot generate images in "${out}": those in it were made with ${name} ${there}, ${wanted} wanted; name another folder`,
    );
  }
  return images.filter(({ file }) => isFile(join(out, file)));
}

/** Images of files with their seeds. */
async function gridOfFiles(
  out: string,
  images: readonly Done[],
  { prompt }: { prompt?: string },
) {
  return gridOf(
    await Promise.all(images.map(async ({ file, ...image }) => ({
      ...{ ...image, prompt },
      pixels: new Uint8Array(await sharp(join(out, file)).removeAlpha().raw().toBuffer()),
    }))),
  );
}

/** The pipeline with adapters and words of files. */
async function withFiles(
  pipeline: Pipeline,
  { lora = [], files = [] }: { lora?: readonly string[]; files?: readonly string[] },
): Promise<Pipeline> {
  const { unet, textEncoder } = pipeline;
  for (const [at, text] of lora.entries()) {
    const [, path, strength] = /^(.+?)(?:=(-?[0-9.]+))?$/.exec(text)!;
    await openDiffusionLora({ unet, ...(textEncoder && { textEncoder }) }, path!, {
      ...{ name: `adapter${at}`, strength: Number(strength ?? 1) },
    });
  }
  if (files.length === 0) return pipeline;
  const words = await Promise.all(files.map((file) => openTextualInversion(file)));
  return withWords(pipeline, words.flat());
}

/** `["bar=0.7"]` as numbers by answer. */
function votesOf(votes: readonly string[]): Record<string, number> {
  return Object.fromEntries(votes.map((vote) => {
    const [, name, share] = /^(.+)=([0-9.]+)$/.exec(vote) ?? [];
    if (name !== undefined && Number.isFinite(Number(share))) return [name, Number(share)];
    throw new SyntaxError(
      `Cannot run galaxysd: --votes wants ANSWER=SHARE such as bar=0.7, found "${vote}"`,
    );
  }));
}
