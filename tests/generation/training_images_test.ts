import assert from "node:assert/strict";
import { join } from "node:path";
import { memorySource } from "galaxykit/data";
import {
  Denoiser,
  denoisingLoss,
  type Pipeline,
  textToImage,
  TrainingImages,
} from "galaxykit/generation";
import { euler, noiseSchedule } from "galaxykit/diffusion";
import type { MediaBundle } from "galaxykit/plot";
import { tf } from "galaxykit/tensorflow";
import { Ema, train } from "galaxykit/train";
import sharp from "sharp";
import { temporaryFolder } from "../temporary.ts";
import { tinyUNet } from "./_pipelines.ts";

/** The smallest that there is: no text, and latents are pixels. */
function smallestPipeline(): Pipeline {
  return {
    unet: tinyUNet({
      ...{ in_channels: 3, out_channels: 3, block_out_channels: [4], norm_num_groups: 2 },
      ...{ down_block_types: ["DownBlock2D"], mid_block_type: null, up_block_types: ["UpBlock2D"] },
      ...{ class_embed_type: null, projection_class_embeddings_input_dim: null },
    }),
    codec: {
      ...{ latentChannels: 3, factor: 1 },
      encode: (x) => x.clone() as tf.Tensor4D,
      decode: (x) => x.clone() as tf.Tensor4D,
    },
    sampler: euler(),
  };
}

const asked = { seeds: [3, 4], steps: 2, width: 16, height: 8 };

Deno.test("TrainingImages keeps a row each time, shows all, and goes on with what is there", async () => {
  const folder = join(temporaryFolder(), "images");
  const pipeline = smallestPipeline();
  const shown: MediaBundle[] = [];
  const display = { show: (content: MediaBundle) => void shown.push(content) };
  const first = new TrainingImages(pipeline, { ...asked, folder, display });
  assert.equal(await first.grid(), undefined);
  await first.add(50);
  const { images } = await textToImage(pipeline, asked);
  const { data, info } = await sharp(join(folder, "step-000050.png")).raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [32, 8]);
  for (const [at, { pixels }] of images.entries()) {
    const last = data.subarray(3 * (7 * 32 + 16 * at), 3 * (7 * 32 + 16 * (at + 1)));
    assert.deepEqual([...last], [...pixels.subarray(-3 * 16)]);
  }

  const again = new TrainingImages(pipeline, { ...asked, folder, display });
  await again.add(100);
  assert.deepEqual(
    [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
    ["all.png", "step-000050.png", "step-000100.png"],
  );
  assert.deepEqual(shown.map((content) => content["text/plain"]), [
    "ImageGrid: no title, 2 images",
    "ImageGrid: no title, 4 images",
  ]);
  const stopped = new TrainingImages(pipeline, { ...asked, folder, signal: AbortSignal.abort() });
  await stopped.add(150);
  assert.equal(String(await stopped.grid()), "ImageGrid: no title, 4 images");

  const narrow = { width: 8, height: 8, channels: 3, background: "black" } as const;
  await sharp({ create: narrow }).png().toFile(join(folder, "step-000070.png"));
  await assert.rejects(new TrainingImages(pipeline, { ...asked, folder }).add(200), {
    message:
      `Cannot go on with the images in "${folder}": its rows must be 32x8 pixels, found 8x8; give the same prompts and seeds, or name another folder`,
  });
});

Deno.test("TrainingImages changes nothing of what is learnt, and shows the weights of the time", async () => {
  const set = memorySource({ latents: Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)) }, {
    length: 4,
  });
  async function learn(folder?: string): Promise<Float32Array> {
    const pipeline = smallestPipeline();
    const denoiser = new Denoiser(pipeline);
    const parameters = denoiser.namedParameters();
    const ema = new Ema(parameters, { decay: 0.5 });
    const images = folder &&
      new TrainingImages(pipeline, { folder, steps: 2, width: 8 });
    const loss = denoisingLoss(denoiser, { schedule: noiseSchedule() });
    await train({
      inputs: ({ latents }: { latents: Float32Array; indices: Int32Array }) => ({
        latents: tf.tensor4d(latents, [2, 4, 4, 3]),
      }),
      loss: (inputs, at) => loss(inputs, at),
    }, {
      ...{ model: denoiser, train: { set }, batchSize: 2, epochs: 2, rate: 1e-2, seed: 1, ema },
      compiler: "none", // To trace so few steps would take longer
      onEpoch: async ({ epoch }) => {
        if (images) await ema.during(() => images.add(epoch));
      },
    });
    return Object.values(parameters)[0].dataSync() as Float32Array;
  }
  const folder = join(temporaryFolder(), "images");
  assert.deepEqual(await learn(folder), await learn());
  const rows = [1, 2].map((step) => Deno.readFileSync(join(folder, `step-00000${step}.png`)));
  assert.notDeepEqual(rows[0], rows[1]);
});
