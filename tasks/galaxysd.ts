/** `deno task galaxysd train | generate`: learn galaxies from captions and votes, and generate others. */

import { join } from "node:path";
import sharp from "sharp";
import { runCommand } from "../lib/cli.ts";
import { gz2Tree, requestedCondition } from "../lib/data/mod.ts";
import { writeFileAtomic } from "../lib/files.ts";
import { type SamplerName, samplers } from "../lib/diffusion/mod.ts";
import { type GeneratedImage, textToImage } from "../lib/generation/mod.ts";
import { galaxysd, openGalaxyPipeline } from "../lib/recipes/mod.ts";
import { runRecipe } from "./_recipes.ts";
import { reporting } from "./_reports.ts";

const [verb, ...rest] = Deno.args;
if (verb === "train") await runRecipe(galaxysd, { task: "galaxysd train", args: rest });

await runCommand(
  {
    name: "galaxysd",
    summary: "Generate galaxies from words, votes, or both; or learn to: galaxysd train --help.",
    words: { value: "generate", description: "what to do; train has its own options" },
    options: {
      model: {
        type: "string",
        value: "DIR",
        required: true,
        description: "folder of a pipeline: diffusers', or what train leaves in OUT/pipeline",
      },
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
        default: 2,
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
        description: "new folder for the images, a grid of them, and generation.json",
      },
    },
  },
  async (
    { out, model, prompt, negative, votes, count, seed, size, ...options },
    { words, signal },
  ) => {
    if (words.length !== 1 || words[0] !== "generate") {
      throw new SyntaxError(
        `Cannot run galaxysd: wanted train or generate, found ${words.join(" ") || "nothing"}`,
      );
    }
    Deno.mkdirSync(out, { recursive: true });
    const { pipeline, layout, restoreMean } = await openGalaxyPipeline(model);
    const done: GeneratedImage[] = [];
    const note = () =>
      writeFileAtomic(
        join(out, "generation.json"),
        `${
          JSON.stringify(
            {
              ...{ model, prompt, negative, votes, ...options },
              images: done.map(({ seed, width, height }) => ({
                file: `${seed}.png`,
                seed,
                width,
                height,
              })),
            },
            null,
            2,
          )
        }\n`,
      );
    await reporting({ signal, kept: join(out, "generation.json") }, async (onProgress) => {
      const generation = await textToImage(pipeline, {
        ...(prompt !== undefined && { prompt, restoreMean }),
        ...(negative !== undefined && { negativePrompt: negative }),
        ...(votes !== undefined && {
          classLabels: requestedCondition(votesOf(votes), { tree: gz2Tree, layout }),
        }),
        ...(size !== undefined && { width: size, height: size }),
        seeds: Array.from({ length: count }, (_, at) => seed + at),
        ...{ steps: options.steps, guidance: options.guidance, guidanceRescale: options.rescale },
        ...(options.sampler !== undefined && { sampler: options.sampler }),
        async onImages(images) {
          for (const image of images) {
            const { width, height, pixels } = image;
            const raw = { width, height, channels: 3 } as const;
            const png = await sharp(pixels, { raw }).png().toBuffer();
            writeFileAtomic(join(out, `${image.seed}.png`), png);
            done.push(image);
          }
          note();
        },
        signal,
        onProgress,
      });
      if (generation.images.length > 0) await generation.grid().save(join(out, "grid.png"));
      console.log(`${done.length} images in ${out}: grid.png, generation.json with their seeds`);
      if (generation.isStopped) signal.throwIfAborted();
    });
  },
);

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
