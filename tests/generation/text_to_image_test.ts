import assert from "node:assert/strict";
import { ddim, eulerAncestral } from "galaxykit/diffusion";
import { type GenerationStep, textToImage, type TextToImageOptions } from "galaxykit/generation";
import { addLora } from "galaxykit/nn";
import { key, normal, tf } from "galaxykit/tensorflow";
import { autoencoderPipeline, meanCodec, tinyPipeline, tinyUNet } from "./_pipelines.ts";

const pipeline = tinyPipeline();
const quick = { steps: 3, width: 12, height: 8 } as const;

/** Latents of images, each as an array. */
async function latentsOf(options: TextToImageOptions, of = pipeline): Promise<Float32Array[]> {
  const { images } = await textToImage(of, { ...quick, ...options });
  return images.map(({ latents }) => latents);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return Math.max(...a.map((value, at) => Math.abs(value - b[at]!)));
}

Deno.test("an image is that of its seed, prompt and numbers, whatever its batch", async () => {
  const classLabels = {
    values: Float32Array.from({ length: 3 * 74 }, (_, i) => i % 7 / 7),
    width: 74,
  };
  const options = {
    prompt: ["arm", "ring", "a {bar:1.3}"],
    seeds: [5, 6, 7],
    sampler: eulerAncestral(), // draws noise on the way, too
  };
  const together = await latentsOf({ ...options, classLabels });
  const apart = await latentsOf({ ...options, classLabels, batchSize: 2 });
  const alone = await latentsOf({
    ...{ prompt: options.prompt[2], seeds: [7], sampler: options.sampler },
    classLabels: { values: classLabels.values.slice(2 * 74), width: 74 },
  });
  for (const [at, latents] of together.entries()) {
    assert.ok(largestDifference(latents, apart[at]!) < 1e-4);
  }
  assert.ok(largestDifference(together[2]!, alone[0]!) < 1e-4);
  // And each of the three matters
  const [first] = await latentsOf({ ...options, classLabels, seeds: [8] });
  const [second] = await latentsOf({ ...options, classLabels, prompt: "ring" });
  const [third] = await latentsOf(options);
  for (const other of [first, second, third]) {
    assert.ok(largestDifference(together[0]!, other!) > 1e-3);
  }
});

Deno.test("guidance 1 calls the network once for each image, more twice", async () => {
  const calls: number[] = [];
  const unet = tinyUNet();
  const call = unet.call;
  unet.call = function (sample, ...rest) {
    calls.push(sample.shape[0]!);
    return call.call(this, sample, ...rest);
  };
  const parts = { ...pipeline, unet };
  const options = { ...quick, prompt: "arm", seeds: [1, 2], steps: 4 };
  await textToImage(parts, { ...options, guidance: 1 });
  assert.deepEqual(calls, [2]); // Traced once, run four times
  await textToImage(parts, { ...options, guidance: 3 });
  assert.deepEqual(calls, [2, 4]);
  await textToImage(parts, { ...options, guidance: 5 });
  assert.deepEqual(calls, [2, 4]); // Its strength is no other trace
});

Deno.test("guidance leads from the negative condition over the own one, as far as its strength", async () => {
  const sampler = ddim({ clipSample: false, timestepSpacing: "trailing" }); // One step from noise
  const options = { prompt: "arm", steps: 1, sampler };
  const at = async (guidance: number) => (await latentsOf({ ...options, guidance }))[0]!;
  const [one, two, three] = [await at(1), await at(2), await at(3)];
  const same = await latentsOf({ ...options, negativePrompt: "arm", guidance: 3 });
  assert.ok(largestDifference(one, same[0]!) < 1e-4);
  // A step of DDIM from one noise is linear in what is predicted
  const change = largestDifference(one, two);
  assert.ok(change > 0.1);
  const straight = two.map((value, i) => 2 * value - one[i]!);
  assert.ok(largestDifference(three, straight) < 0.01 * change);
  const half = await latentsOf({ ...options, guidance: 3, guidanceRescale: 0.5 });
  const full = await latentsOf({ ...options, guidance: 3, guidanceRescale: 1 });
  const middle = three.map((value, i) => (value + full[0]![i]!) / 2);
  assert.ok(largestDifference(half[0]!, middle) < 0.01 * largestDifference(three, full[0]!));
});

Deno.test("a U-Net takes text, numbers, both or neither", async () => {
  const blocks = {
    ...{ down_block_types: ["DownBlock2D", "DownBlock2D"], mid_block_type: "UNetMidBlock2D" },
    up_block_types: ["UpBlock2D", "UpBlock2D"],
  };
  const none = { class_embed_type: null, projection_class_embeddings_input_dim: null };
  const votes = { values: new Float32Array(74).fill(0.5), width: 74 };
  const { codec, sampler, textEncoder, tokenizer } = pipeline;
  const ofVotes = { unet: tinyUNet(blocks), codec, sampler };
  const ofText = { unet: tinyUNet(none), codec, sampler, textEncoder, tokenizer };
  const ofNothing = { unet: tinyUNet({ ...blocks, ...none }), codec, sampler };
  for (
    const [parts, options] of [
      [ofVotes, { classLabels: votes }],
      [ofText, { prompt: "arm" }],
      [ofNothing, {}],
    ] as const
  ) {
    const [found] = await latentsOf(options, parts);
    assert.ok(found!.every(Number.isFinite));
  }
  const refused: [typeof ofVotes, TextToImageOptions, string][] = [
    [
      ofVotes,
      { prompt: "arm" },
      "Cannot generate images: the U-Net takes no text, and prompt is given; leave it out",
    ],
    [
      ofText,
      { classLabels: votes },
      "Cannot generate images: the U-Net takes no numbers, and classLabels are given; leave them out",
    ],
    [
      ofNothing,
      { guidance: 2 },
      "Cannot guide (guidance 2): the U-Net takes no condition that it could do without, or take guidance 1, which leads away from nothing",
    ],
  ];
  for (const [parts, options, message] of refused) {
    await assert.rejects(latentsOf(options, parts), { name: "TypeError", message });
  }
});

Deno.test("adapters that come after a first image are in the next", async () => {
  const parts = { ...pipeline, unet: tinyUNet() };
  const [before] = await latentsOf({ prompt: "arm" }, parts);
  const lora = addLora(parts.unet, { targets: ["to_v"], rank: 2, key: key(5) });
  for (const [name, variable] of Object.entries(lora.namedParameters())) {
    if (name.includes("lora_B")) variable.assign(tf.fill(variable.shape, 0.3));
  }
  const [adapted] = await latentsOf({ prompt: "arm" }, parts);
  assert.ok(largestDifference(before!, adapted!) > 1e-3);
  lora.remove();
  const [after] = await latentsOf({ prompt: "arm" }, parts);
  assert.ok(largestDifference(before!, after!) < 1e-5);
});

Deno.test("a signal stops it, and what is finished is there", async () => {
  const controller = new AbortController();
  const options = { ...quick, prompt: "arm", seeds: [1, 2, 3, 4, 5], batchSize: 2 };
  const saved: number[] = [];
  const { images, isStopped } = await textToImage(pipeline, {
    ...options,
    signal: controller.signal,
    onImages: (batch) => void saved.push(...batch.map(({ seed }) => seed)),
    onStep: ({ step, seeds }) => {
      if (step === 2 && seeds.includes(3)) controller.abort();
    },
  });
  assert.equal(isStopped, true);
  assert.deepEqual(images.map(({ seed }) => seed), [1, 2]);
  assert.deepEqual(saved, [1, 2]);
  const whole = await textToImage(pipeline, options);
  assert.equal(whole.isStopped, false);
  assert.deepEqual(whole.images[1]!.pixels, images[1]!.pixels);
});

Deno.test("no tensor is left, whether it ends well or not", async () => {
  const parts = autoencoderPipeline();
  const options = {
    ...quick,
    prompt: "{arm} ring",
    seeds: [1, 2],
    guidanceRescale: 0.5,
    maskPadding: true,
  };
  await textToImage(parts, options);
  const before = tf.memory().numTensors;
  await textToImage(parts, { ...options, sampler: "dpmSolver" });
  assert.equal(tf.memory().numTensors, before);
  await assert.rejects(
    textToImage(parts, {
      ...options,
      onStep: ({ step, preview }) => {
        preview();
        if (step === 2) throw new Error("no");
      },
    }),
    { message: "no" },
  );
  assert.equal(tf.memory().numTensors, before);
  for (const wrong of [{ prompt: "a {ring" }, { seeds: [1, -1] }, { guidance: 0 }]) {
    await assert.rejects(textToImage(parts, { ...options, ...wrong }));
  }
  assert.equal(tf.memory().numTensors, before);
  await textToImage(parts, { ...options, signal: AbortSignal.abort() });
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("onStep sees each call, with the image that the network sees", async () => {
  const steps: GenerationStep[] = [];
  const previews: number[][] = [];
  const { images } = await textToImage(pipeline, {
    ...quick,
    prompt: "arm",
    seeds: [1, 2],
    onStep: (step) => {
      steps.push(step);
      previews.push([...step.preview()[1]!.pixels]);
      assert.deepEqual(step.sample.shape, [2, 4, 6, 4]);
    },
  });
  assert.deepEqual(steps.map(({ step, steps, seeds }) => [step, steps, seeds]), [
    ...[1, 2, 3].map((step) => [step, 3, [1, 2]]),
  ]);
  assert.ok(steps[0]!.timestep > steps[2]!.timestep);
  assert.notDeepEqual(previews[0], previews[2]);
  assert.deepEqual(previews[2], [...images[1]!.pixels]); // DDIM's last sample is that image
});

Deno.test("progress counts the calls of all batches", async () => {
  const reports: unknown[] = [];
  await textToImage(pipeline, {
    ...quick,
    ...{ steps: 2, seeds: [1, 2, 3], batchSize: 2 },
    onProgress: (report) => void reports.push(report),
  });
  assert.deepEqual(
    reports,
    [1, 2, 3, 4].map((done) => ({
      ...{ what: "Generating images", done, total: 4, unit: "steps" },
      note: `${done > 2 ? 2 : 0} of 3 images finished`,
    })),
  );
});

Deno.test("noise may be given, also what calls draw", async () => {
  const sampler = eulerAncestral();
  const noise = normal(key(4), [4, 1, 4, 6, 4]);
  const [first] = await latentsOf({ noise, sampler });
  const [again] = await latentsOf({ noise, sampler, seeds: [9] });
  assert.deepEqual(first, again);
  const start = tf.squeeze(tf.slice(noise, 0, 1), [0]);
  const [other] = await latentsOf({ noise: start, sampler, seeds: [9] });
  assert.ok(largestDifference(first!, other!) > 1e-3);
  await assert.rejects(latentsOf({ noise: tf.zeros([1, 4, 4, 4]) }), {
    name: "RangeError",
    message:
      "Cannot generate images: noise must be [images, 4, 6, 4], or [4, images, …] with that of each call, found [1, 4, 4, 4]",
  });
});

Deno.test("startMean is what latents begin with beside the noise", async () => {
  const sampler = ddim({ clipSample: false, timestepSpacing: "trailing" });
  const flow = { sampler, steps: 4, prompt: "arm" };
  const [plain] = await latentsOf({ ...flow, startMean: [0, 0, 0, 0] });
  const [none] = await latentsOf(flow);
  const [dark] = await latentsOf({ ...flow, startMean: [-20, 0, 0, 0] });
  assert.ok(largestDifference(plain!, dark!) > 0.1);
  const first = (latents: Float32Array) => latents.filter((_, at) => at % 4 === 0);
  const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
  assert.ok(mean(first(dark!)) < mean(first(plain!)));
  assert.ok(largestDifference(plain!, none!) < largestDifference(plain!, dark!) / 10);
});

Deno.test("what cannot be generated is refused in a sentence", async () => {
  const cases: [TextToImageOptions, string, string][] = [
    [
      { width: 13 },
      "RangeError",
      "Cannot generate images: width and height must be multiples of 2 pixels, found 13x8; nearest is 14x8",
    ],
    [
      { height: 0 },
      "RangeError",
      "Cannot generate images: width and height must be multiples of 2 pixels, found 12x0",
    ],
    [
      { sampler: "oiler" as never },
      "RangeError",
      'Cannot make a sampler: there is no "oiler", nearest is "euler"',
    ],
    [{ guidance: 0 }, "RangeError", "Cannot generate images: guidance must be in [1, ∞), found 0"],
    [
      { steps: 0 },
      "RangeError",
      "Cannot plan a run of ddim: steps must be a whole number in [1, 1000], found 0",
    ],
    [
      { prompt: "a {ring" },
      "SyntaxError",
      'Cannot read the prompt "a {ring": the brace at character 3 is not closed',
    ],
    [
      { prompt: "arm arm arm arm arm arm arm arm arm arm arm arm arm arm arm ring" },
      "RangeError",
      'Cannot encode the prompt "arm arm arm arm arm arm arm arm arm arm arm arm arm arm arm ring": it has 21 tokens with start and end, and 16 are read, so that "arm ring" would be cut; shorten it, or let it be cut (truncate: true)',
    ],
    [
      { prompt: ["arm", "ring"], seeds: [1, 2, 3] },
      "RangeError",
      "Cannot generate images: there must be one for all images or one an image of each, found 3 seeds and 2 prompt",
    ],
    [
      { seeds: [] },
      "RangeError",
      "Cannot generate images: seeds must be at least one, and whole, found 0",
    ],
    [
      { seeds: [-1] },
      "RangeError",
      "Cannot make a key: the seed must be a whole number from 0 to 2^53 - 1, found -1",
    ],
    [
      { classLabels: { values: [1, 2], width: 2 } },
      "RangeError",
      "Cannot generate images: classLabels must be 74 finite numbers an image, found 2",
    ],
    [
      { classLabels: { values: new Float32Array(74).fill(NaN), width: 74 } },
      "RangeError",
      "Cannot generate images: classLabels must be 74 finite numbers an image, found NaN",
    ],
    [
      { startMean: [1] },
      "RangeError",
      "Cannot generate images: startMean must be 4 numbers, one a channel of the latents, found 1",
    ],
    [
      { prompt: "a", promptEmbeddings: tf.zeros([1, 16, 32]) },
      "TypeError",
      "Cannot generate images: both prompt and promptEmbeddings are given, wanted one",
    ],
    [
      { sise: 3 } as never,
      "RangeError",
      'Cannot generate images: there is no option "sise", nearest is "noise"',
    ],
  ];
  for (const [options, name, message] of cases) {
    await assert.rejects(latentsOf(options), { name, message });
  }
  const noText = { ...pipeline, textEncoder: undefined, tokenizer: undefined };
  await assert.rejects(latentsOf({ promptEmbeddings: tf.zeros([1, 16, 32]) }, noText), {
    name: "TypeError",
    message:
      "Cannot guide (guidance 7.5): there is no text encoder to encode a negative prompt; give negativeEmbeddings, or take guidance 1, which leads away from nothing",
  });
  await assert.rejects(
    latentsOf({}, { ...pipeline, codec: { ...meanCodec, latentChannels: 12 } }),
    {
      name: "TypeError",
      message: "Cannot use the pipeline: its U-Net takes latents of 4 channels, its codec has 12",
    },
  );
});

Deno.test("a prompt that is too long is cut where that is wanted", async () => {
  const long = `${"arm ".repeat(14)}ring`;
  const [cut] = await latentsOf({ prompt: long, truncate: true });
  const [same] = await latentsOf({ prompt: "arm ".repeat(14) });
  assert.deepEqual(cut, same);
});

Deno.test("NaN is refused, naming the call, or the seeds", async () => {
  const unet = tinyUNet();
  const bias = unet.conv_out.bias!;
  bias.assign(tf.fill(bias.shape, NaN));
  await assert.rejects(latentsOf({ prompt: "arm" }, { ...pipeline, unet }), {
    name: "RangeError",
    message: /^Cannot go on after call 1 of 3 \(timestep \d+\): the sample holds NaN/,
  });
  const codec = {
    ...meanCodec,
    decode: (x: tf.Tensor) => tf.mul(meanCodec.decode(x), NaN) as tf.Tensor4D,
  };
  await assert.rejects(latentsOf({ seeds: [3, 4] }, { ...pipeline, codec }), {
    name: "RangeError",
    message:
      "Cannot decode the images of seeds 3, 4: the codec gives NaN or infinite values for finite latents; look at its weights",
  });
});
