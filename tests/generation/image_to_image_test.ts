import assert from "node:assert/strict";
import {
  imageToImage,
  type ImageToImageOptions,
  inpaint,
  type InpaintOptions,
  interpolate,
  type InterpolateOptions,
  invert,
  slerp,
  textToImage,
} from "galaxykit/generation";
import { key, normal, tf } from "galaxykit/tensorflow";
import { autoencoderPipeline, tinyPipeline } from "./_pipelines.ts";

const pipeline = tinyPipeline();
const [width, height] = [12, 8];

/** A picture of columns that become brighter. */
const ramp = {
  ...{ width, height },
  pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => 20 * (Math.floor(i / 3) % 12)),
};
const grey = { ...ramp, pixels: new Uint8Array(width * height * 3).fill(90) };
const quick = { prompt: "arm", steps: 4, guidance: 2, image: ramp } as const;

/** The mean difference of bytes. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
}

Deno.test("the less strength, the nearer an image stays to what it began with", async () => {
  const changed = async (strength: number) =>
    (await imageToImage(pipeline, { ...quick, steps: 10, strength })).images[0]!.pixels;
  const distances = [
    distance(await changed(0.1), ramp.pixels),
    distance(await changed(0.4), ramp.pixels),
    distance(await changed(1), ramp.pixels),
  ];
  assert.ok(distances[0]! < distances[1]! && distances[1]! < distances[2]!, `${distances}`);
});

Deno.test("each image begins with its own, drawn by its own seed", async () => {
  const parts = autoencoderPipeline();
  const options = { ...quick, seeds: [1, 2], image: [ramp, grey], strength: 0.5 };
  const both = await imageToImage(parts, { ...options, batchSize: 2 });
  const alone = await imageToImage(parts, { ...options, seeds: [2], image: grey });
  assert.ok(distance(both.images[1]!.latents, alone.images[0]!.latents) < 1e-4);
  const other = await imageToImage(parts, { ...options, encoding: "mode" });
  assert.ok(distance(both.images[1]!.latents, other.images[1]!.latents) > 1e-3);
});

Deno.test("what is not painted is kept, what is painted depends on it", async () => {
  const mask = Array.from({ length: width * height }, (_, at) => at % width >= 6); // The right half
  const { images: [image] } = await inpaint(pipeline, { ...quick, mask });
  const { images: [again] } = await inpaint(pipeline, { ...quick, image: grey, mask });
  const half = (pixels: ArrayLike<number>, isRight: boolean) =>
    Array.from(pixels).filter((_, at) => Math.floor(at / 3) % width >= 6 === isRight);
  const means = (pixels: ArrayLike<number>) =>
    half(pixels, false).map((_, at, all) => {
      const column = Math.floor(at / 3) % 6;
      return (all[at - 3 * (column % 2)]! + all[at + 3 * (1 - column % 2)]!) / 2;
    });
  assert.ok(distance(half(image!.pixels, false), means(ramp.pixels)) < 1);
  assert.ok(distance(half(again!.pixels, false), means(grey.pixels)) < 1);
  const painted = (latents: Float32Array) => latents.filter((_, at) => Math.floor(at / 4) % 6 >= 3);
  assert.ok(distance(painted(image!.latents), painted(again!.latents)) > 1e-4);
});

Deno.test("interpolation begins and ends with the images of its stations", async () => {
  const size = { steps: 2, width, height };
  const { images } = await interpolate(pipeline, {
    ...{ ...size, prompt: ["arm", "ring"], seeds: [1, 2], frames: 3 },
    classLabels: { values: [...new Float32Array(74), ...new Float32Array(74).fill(1)], width: 74 },
  });
  const one = (prompt: string, seed: number, vote: number) =>
    textToImage(pipeline, {
      ...{ ...size, prompt, seeds: [seed] },
      classLabels: { values: new Float32Array(74).fill(vote), width: 74 },
    });
  const ends = [await one("arm", 1, 0), await one("ring", 2, 1)].map(({ images }) => images[0]!);
  assert.ok(distance(images[0]!.latents, ends[0]!.latents) < 1e-4);
  assert.ok(distance(images[2]!.latents, ends[1]!.latents) < 1e-4);
  assert.ok(distance(images[1]!.latents, ends[0]!.latents) > 0.01);
  assert.deepEqual(images.map(({ prompt }) => prompt), ["arm", "arm to ring, 0.50", "ring"]);
});

Deno.test("slerp() of noise is noise", () => {
  const [first, second] = [normal(key(1), [64, 64]), normal(key(2), [64, 64])];
  const lengthOf = (share: number) => tf.norm(slerp(first, second, { share })).dataSync()[0]!;
  for (const share of [0, 0.3, 0.5, 1]) assert.ok(Math.abs(lengthOf(share) - 64) < 2);
  const same = slerp(first, first, { share: 0.3 });
  assert.ok(tf.max(tf.abs(tf.sub(same, first))).dataSync()[0]! < 1e-6);
});

Deno.test("no tensor is left", async () => {
  const mask = new Float32Array(width * height).fill(1);
  const run = async () => {
    await imageToImage(pipeline, { ...quick, seeds: [1, 2], batchSize: 1 });
    await inpaint(pipeline, { ...quick, mask, sampler: "euler" });
    await interpolate(pipeline, {
      steps: 1,
      seeds: [1, 2],
      prompt: ["a", "b"],
      frames: 2,
      width,
      height,
    });
    (await invert(pipeline, { image: ramp, steps: 1 })).dispose();
    await assert.rejects(invert(pipeline, { image: ramp, steps: 1, signal: AbortSignal.abort() }), {
      name: "AbortError",
    });
  };
  await run();
  const before = tf.memory().numTensors;
  await run();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("what cannot be changed is refused in a sentence", async () => {
  const other = { pixels: new Uint8Array(4 * 4 * 3), width: 4 };
  const cases: [Partial<ImageToImageOptions>, string, string][] = [
    [
      { strength: 0 },
      "RangeError",
      "Cannot plan a run of ddim: strength must be in (0, 1], found 0",
    ],
    [
      { strength: 1.2 },
      "RangeError",
      "Cannot plan a run of ddim: strength must be in (0, 1], found 1.2",
    ],
    [{ image: [] }, "RangeError", "Cannot change images: at least one image is wanted, found 0"],
    [
      { image: [ramp, other] },
      "RangeError",
      "Cannot change images: all images must be of one size, found 4x4 beside 12x8",
    ],
    [
      { image: { ...ramp, width: 13 } },
      "TypeError",
      "Cannot change images: image 0 must be { pixels, width, height } with three bytes a pixel, found 288 bytes for 13x8",
    ],
    [
      { image: { pixels: new Uint8Array(27), width: 3 } },
      "RangeError",
      "Cannot change images: width and height must be multiples of 2 pixels, found 3x3; nearest is 4x4",
    ],
    [
      { image: [ramp, grey], seeds: [1, 2, 3] },
      "RangeError",
      "Cannot change images: there must be one for all images or one an image of each, found 3 seeds and 2 image",
    ],
    [
      { encoding: "mean" as never },
      "RangeError",
      'Cannot change images: encoding must be one of sample, mode, "mean" found',
    ],
  ];
  for (const [options, name, message] of cases) {
    await assert.rejects(imageToImage(pipeline, { ...quick, ...options }), { name, message });
  }
  const inpaintings: [Partial<InpaintOptions>, string][] = [
    [{ mask: [1, 0] }, "Cannot inpaint images: mask must have 96 values, one a pixel, found 2"],
    [
      { mask: new Float32Array(96) },
      "Cannot inpaint images: the mask must not be 0 for at least one latent of 2 x 2 pixels, found that all are kept",
    ],
  ];
  for (const [options, message] of inpaintings) {
    await assert.rejects(inpaint(pipeline, { ...quick, mask: [], ...options }), {
      ...{ name: "RangeError", message },
    });
  }
  const series: [InterpolateOptions, string][] = [
    [
      { seeds: [1, 2], frames: 1 },
      "Cannot interpolate images: frames must be a whole number in [2, ∞), found 1",
    ],
    [
      { seeds: [1, 2], prompt: ["a", "b", "c"] },
      "Cannot interpolate images: prompt, seeds or classLabels must have at least two stations, and as many as each other, found 3 prompt and 2 seeds",
    ],
    [
      { prompt: "a" },
      "Cannot interpolate images: prompt, seeds or classLabels must have at least two stations, and as many as each other, found 1 prompt and 1 seeds",
    ],
  ];
  for (const [options, message] of series) {
    await assert.rejects(interpolate(pipeline, options), { name: "RangeError", message });
  }
});
