import assert from "node:assert/strict";
import { join } from "node:path";
import { imageSet } from "galaxykit/data";
import { ddim, euler, flowMatchEuler, zeroTerminalSnr } from "galaxykit/diffusion";
import {
  type Adaptation,
  adaptByLora,
  adaptByToken,
  adaptWhole,
  cacheLatents,
  openPipeline,
  type Pipeline,
  trainPipeline,
  type TrainPipelineOptions,
  withWords,
} from "galaxykit/generation";
import {
  clipTextConfigs,
  ClipTextModel,
  openDiffusionLora,
  saveDiffusionLora,
} from "galaxykit/models";
import { type Lora, lorasOf } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { oneCycle, sgd } from "galaxykit/train";
import { readSafetensors, type StoredTensor } from "galaxykit/weights";
import { assertClose, asTensor, readFixture, valuesOf, withPrefix } from "../nn/reference.ts";
import { temporaryFolder } from "../temporary.ts";
import { meanCodec, tinyPipeline, tinyUNet } from "./_pipelines.ts";

const SIZE = 8;
const images = imageSet({
  images: Uint8Array.from({ length: 4 * SIZE * SIZE * 3 }, (_, at) => 97 * at % 256),
  size: SIZE,
});
const captions = ["a ring", "a bar", "an arm", "a <ring>"];

/** To trace so few steps would take longer than they do. */
const how = { images, captions, batchSize: 2, epochs: 1, rate: 0.01, compiler: "none" } as const;

/** A U-Net of one block that looks at text. */
const smallUNet = (config = {}) =>
  tinyUNet({
    ...{ block_out_channels: [8], down_block_types: ["CrossAttnDownBlock2D"] },
    ...{ up_block_types: ["CrossAttnUpBlock2D"], layers_per_block: 1, norm_num_groups: 2 },
    ...{ class_embed_type: null, projection_class_embeddings_input_dim: null },
    ...config,
  });
/** With a text encoder of as many words as the tokenizer has. */
const smallPipeline = (parts: Partial<Pipeline> = {}) =>
  tinyPipeline({
    unet: smallUNet(),
    textEncoder: new ClipTextModel(
      { ...clipTextConfigs.tiny, vocab_size: 516, eos_token_id: 515 },
      { key: key(3) },
    ),
    ...parts,
  });

/** The bytes of all parameters, by name. */
function valuesIn(pipeline: Pipeline): Record<string, number[]> {
  const all = { unet: pipeline.unet, text: pipeline.textEncoder! };
  return Object.fromEntries(
    Object.entries(all).flatMap(([part, model]) =>
      Object.entries(model.namedParameters()).map(([name, variable]) => [
        `${part}.${name}`,
        [...variable.dataSync()],
      ])
    ),
  );
}

/** Names of what is not as before. */
function changed(before: Record<string, number[]>, pipeline: Pipeline): string[] {
  const now = valuesIn(pipeline);
  return Object.keys(now).filter((name) =>
    before[name] === undefined || now[name]!.some((value, at) => value !== before[name]![at])
  );
}

Deno.test("LoRA of a pipeline lowers its loss, changes nothing else, and is what its file says", async () => {
  const pipeline = smallPipeline();
  const before = valuesIn(pipeline);
  const adaptation = adaptByLora(pipeline, {
    ...{ parts: ["unet", "textEncoder"], rank: 2, key: key(1) },
  });
  const { history } = await trainPipeline(adaptation, {
    ...{ ...how, epochs: 3, rate: oneCycle({ rate: 0.03, steps: 6 }) },
    validation: Int32Array.of(0, 1, 2, 3),
    loss: { minSnrGamma: 5, noiseOffset: 0.05, untold: { caption: 0.1 } },
  });
  const losses = history.map(({ validation_loss }) => validation_loss!);
  assert.ok(losses[1]! < losses[0]! && losses[2]! < losses[1]!, `${losses}`);
  const names = changed(before, pipeline);
  assert.ok(
    names.length > 0 && names.every((name) => /\.lora_[AB]\.weight$/.test(name)),
    `${names}`,
  );
  assert.deepEqual(
    Object.keys(adaptation.model.namedParameters()).length,
    names.length,
    "all adapters have learnt",
  );
  const path = join(temporaryFolder(), "lora.safetensors");
  saveDiffusionLora(path, adaptation.loras, { dialect: "kohya" });
  const learnt = adaptation.loras.unet!.stateDict();
  for (const lora of Object.values(adaptation.loras) as Lora[]) lora.remove();
  assert.deepEqual(changed(before, pipeline), []);
  const again = await openDiffusionLora(pipeline, path);
  assert.deepEqual(again.unet!.stateDict(), learnt);
});

Deno.test("a word that is learnt moves its own vectors alone, by the captions that have it", async () => {
  const pipeline = smallPipeline({ sampler: flowMatchEuler() });
  const before = valuesIn(pipeline);
  const adaptation = adaptByToken(pipeline, { token: "<ring>", from: "arm", vectors: 2 });
  const first = adaptation.learned().values.slice();
  const { weight } = pipeline.textEncoder!.text_model.embeddings.token_embedding;
  const width = weight.shape[1]!;
  const [arm] = pipeline.tokenizer!.encode("arm");
  const row = [...weight.dataSync()].slice(arm! * width, (arm! + 1) * width);
  assert.deepEqual([...first], [...row, ...row]);
  const optimizer = () => sgd(adaptation.model.namedParameters());
  // Latents of picture 1, whose caption does not have it, then of picture 3
  using latents = await cacheLatents(temporaryFolder(), images, {
    ...{ codec: meanCodec, codecName: "means" },
  });
  for (const [picture, isMoved] of [[1, false], [3, true]] as const) {
    await trainPipeline(adaptation, {
      ...{ ...how, images: latents, train: Int32Array.of(picture) },
      optimizer: optimizer(),
    });
    const { values } = adaptation.learned();
    assert.equal(values.some((value, at) => value !== first[at]), isMoved, `picture ${picture}`);
  }
  assert.deepEqual(changed(before, pipeline), []);
});

/** A training of one kind that is stopped in its second epoch, or not. */
async function run(
  adapt: (pipeline: Pipeline) => Adaptation,
  options: { folder: string; isStopped: boolean },
): Promise<void> {
  for (const isLast of options.isStopped ? [false, true] : [true]) {
    const stop = new AbortController();
    const training = trainPipeline(adapt(smallPipeline()), {
      ...{ ...how, epochs: 2, run: options.folder, resume: true, signal: stop.signal },
      onStep: ({ epoch, step }) => void (!isLast && epoch === 2 && step === 1 && stop.abort()),
    });
    if (isLast) await training;
    else await assert.rejects(training, { name: "AbortError" });
  }
}

Deno.test("a stopped training of adapters, or of a word, ends in the same bits", async () => {
  const kinds = {
    lora: (pipeline: Pipeline) => adaptByLora(pipeline, { rank: 2, key: key(1) }),
    word: (pipeline: Pipeline) => adaptByToken(pipeline, { token: "<ring>", from: "arm" }),
  };
  for (const [name, adapt] of Object.entries(kinds)) {
    const [whole, stopped] = [temporaryFolder(), temporaryFolder()];
    await run(adapt, { folder: whole, isStopped: false });
    await run(adapt, { folder: stopped, isStopped: true });
    const [wanted, found] = [whole, stopped].map((folder) =>
      readSafetensors(join(folder, "model.safetensors")).tensors
    );
    assert.deepEqual(found, wanted, name);
    const names = Object.keys(wanted!);
    assert.ok(names.every((one) => name === "word" ? one === "learned" : /lora_[AB]/.test(one)));
  }
});

Deno.test("whole networks learn, a U-Net or a text encoder, also what a schedule ends in noise wants", async () => {
  const sampler = zeroTerminalSnr(ddim({ clipSample: false }));
  for (const [part, start] of [["unet", "unet."], ["textEncoder", "text."]] as const) {
    const pipeline = smallPipeline({ sampler });
    const before = valuesIn(pipeline);
    const adaptation = adaptWhole(pipeline, { parts: [part] });
    await trainPipeline(adaptation, { ...how, loss: { minSnrGamma: 5, weightFloor: 0.1 } });
    const names = changed(before, pipeline);
    assert.ok(names.length > 10 && names.every((name) => name.startsWith(start)), `${names}`);
  }
  assert.throws(() => zeroTerminalSnr(flowMatchEuler()), {
    message: /schedule of flowMatchEuler end in pure noise: the sampler must be one of ddpm, ddim/,
  });
  assert.equal(zeroTerminalSnr(euler({ useKarrasSigmas: true })).settings.useKarrasSigmas, true);
});

Deno.test("gradients of adapters of a whole pipeline are those of peft", async () => {
  const [{ rank, alpha, layers, tensors }] = readFixture<{
    rank: number;
    alpha: number;
    layers: { unet: string[]; text_encoder: string[] };
  }>("pipeline_adapters.safetensors");
  const pipeline = await openPipeline(
    new URL("../reference/pipelines", import.meta.url).pathname,
  );
  const { model } = adaptByLora(pipeline, {
    ...{ parts: ["unet", "textEncoder"], rank, alpha, key: key(1) },
    targets: { unet: layers.unet, textEncoder: layers.text_encoder },
  });
  // transformers calls the text encoder's layers without text_model
  const named = (start: string) =>
    Object.fromEntries(
      Object.entries(withPrefix(tensors, start)).map(([name, tensor]) => [
        name.replace("/", ".").replace(/^text_encoder\.(?!text_model)/, "text_encoder.text_model."),
        tensor,
      ]),
    );
  model.loadStateDict(named("state/"), { adapters: true });
  const { value, grads } = tf.variableGrads(() => {
    const { tokens } = pipeline.textEncoder!.encode(asTensor(tensors.ids!));
    const predicted = pipeline.unet.call(asTensor(tensors.sample!), {
      ...{ timestep: asTensor(tensors.timestep!), encoderHiddenStates: tokens },
    });
    return tf.mean(tf.squaredDifference(predicted, asTensor(tensors.target!))) as tf.Scalar;
  }, model.parameters());
  assertClose(valuesOf(value), tensors.loss!, { tolerance: 1e-5, what: "loss" });
  // In the layout of files, as the values of the parameters
  for (const variable of model.parameters()) variable.assign(grads[variable.name]! as tf.Variable);
  const found = model.stateDict({ adapters: true });
  const wanted = named("gradient/");
  assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort());
  for (const [name, gradient] of Object.entries(wanted)) {
    assertClose(found[name] as StoredTensor, gradient, { tolerance: 1e-5, what: name });
  }
});

Deno.test("trainPipeline() and adaptations say what does not fit", async () => {
  const pipeline = smallPipeline();
  const whole = adaptWhole(pipeline);
  const refused = (
    options: Partial<TrainPipelineOptions>,
    message: RegExp,
    adaptation: Adaptation = whole,
  ) => assert.rejects(trainPipeline(adaptation, { ...how, ...options }), { message });
  await refused({ captions: undefined }, /looks at text; give captions, one an image/);
  await refused({ captions: ["one"] }, /one of captions and conditions an image, found 1 captions/);
  await refused(
    { captions: captions.map((text) => `${text} `.repeat(9)) },
    /has \d+ tokens with start and end, and 16 are read, so that ".*" would be cut/,
  );
  await refused({ conditions: { values: [1, 1, 1, 1], width: 1 } }, /takes no numbers/);
  await refused({ loss: { noiseOffsets: 1 } as object }, /noiseOffsets.*nearest is "noiseOffset"/);
  const odd = imageSet({ images: new Uint8Array(4 * 7 * 7 * 3), size: 7 });
  await refused({ images: odd }, /multiples of 2 pixels, found 7x7; nearest is/);
  const voted = adaptWhole(tinyPipeline());
  await refused(
    { conditions: { values: [1, 1, 1, 1], width: 1 } },
    /conditions must be 74 numbers an image, found 1/,
    voted,
  );
  const word = adaptByToken(smallPipeline(), { token: "<lane>", from: "arm" });
  await refused({}, /none of the 4 captions has the new word "<lane>" in it/, word);
  const throws = (body: () => unknown, message: RegExp) => assert.throws(body, { message });
  throws(() => adaptByToken(pipeline, { token: "<a>", from: " " }), /near, found " "/);
  throws(() => adaptByToken(word.pipeline, { token: "<a>", from: "arm" }), /learnt words before/);
  throws(
    () => adaptByToken(tinyPipeline(), { token: "<a>", from: "arm" }),
    /tokenizer has 516 tokens, its text encoder knows 1000; wanted as many/,
  );
  const wide = [{ token: "<a>", values: new Float32Array(4), width: 4 }];
  throws(() => withWords(pipeline, wide), /"<a>" must be 32 numbers, found 4/);
  throws(() => adaptWhole(pipeline, { parts: ["vae" as "unet"] }), /found "vae"/);
  throws(
    () => adaptByLora(pipeline, { targets: { unet: ["to_z"] }, key: key(1) }),
    /no linear or convolutional layer "to_z", nearest is "to_/,
  );
  assert.deepEqual(lorasOf(pipeline.unet), []);
});
