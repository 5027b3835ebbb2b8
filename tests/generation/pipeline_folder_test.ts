import assert from "node:assert/strict";
import { join } from "node:path";
import { ddim, eulerAncestral, flowMatchHeun } from "galaxykit/diffusion";
import {
  AutoencoderCodec,
  openPipeline,
  type Pipeline,
  savePipeline,
  textToImage,
} from "galaxykit/generation";
import { fitPatchCodec, PatchCodec } from "galaxykit/models";
import { tf } from "galaxykit/tensorflow";
import { temporaryFolder } from "../temporary.ts";
import { Hub } from "../weights/hub/_hub.ts";
import { autoencoderPipeline, meanCodec, tinyPipeline, tinyUNet } from "./_pipelines.ts";

const pipeline = autoencoderPipeline();
const quick = { prompt: "arm", steps: 2, width: 12, height: 8, seeds: [3] };

/** Paths of the files below a folder. */
function filesIn(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(join(folder, name), `${prefix}${name}/`) : [`${prefix}${name}`]
  ).sort();
}

function dispose({ unet, codec, textEncoder }: Pipeline): void {
  unet.dispose();
  textEncoder?.dispose();
  if (codec instanceof AutoencoderCodec) codec.model.dispose();
}

Deno.test("openPipeline() opens what savePipeline() wrote", async () => {
  const folder = join(temporaryFolder(), "pipeline");
  const sampler = eulerAncestral({ timestepSpacing: "trailing" });
  await savePipeline(folder, { ...pipeline, sampler });
  assert.deepEqual(filesIn(folder), [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    ...["merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json"]
      .map((name) => `tokenizer/${name}`),
    ...["unet", "vae"].flatMap((model) =>
      ["config.json", "diffusion_pytorch_model.safetensors"].map((name) => `${model}/${name}`)
    ),
  ]);
  const before = tf.memory().numTensors;
  const again = await openPipeline(folder);
  assert.deepEqual(again.sampler.settings, sampler.settings);
  assert.deepEqual(again.unet.stateDict(), pipeline.unet.stateDict());
  const [wanted, found] = [
    await textToImage({ ...pipeline, sampler }, quick),
    await textToImage(again, quick),
  ].map(({ images }) => images[0]!);
  assert.deepEqual(found!.pixels, wanted!.pixels);
  dispose(again);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a pipeline of patches is written and opened with its codec", async () => {
  const { codec } = fitPatchCodec(
    Uint8Array.from({ length: 64 * 16 * 16 * 3 }, (_, at) => (at * at) % 251),
    { size: 16 },
  );
  const unet = tinyUNet({ in_channels: 12, out_channels: 12 });
  const { textEncoder, tokenizer } = tinyPipeline();
  const folder = temporaryFolder();
  await savePipeline(folder, { unet, codec, textEncoder, tokenizer, sampler: flowMatchHeun() });
  const index = JSON.parse(Deno.readTextFileSync(join(folder, "model_index.json")));
  assert.deepEqual(index.vae, ["galaxykit", "PatchCodec"]);
  const again = await openPipeline(folder);
  assert.equal(again.sampler.name, "flowMatchHeun");
  assert.ok(again.codec instanceof PatchCodec);
  assert.deepEqual(again.codec.stateDict(), codec.stateDict());
});

Deno.test("parts may be given in place of the folder's, in half precision too", async () => {
  const folder = temporaryFolder();
  await savePipeline(folder, { ...pipeline, codec: meanCodec }, { variant: "fp16" });
  const index = JSON.parse(Deno.readTextFileSync(join(folder, "model_index.json")));
  assert.deepEqual(index.vae, [null, null]);
  await assert.rejects(openPipeline(folder, { variant: "fp16" }), {
    name: "RangeError",
    message: `Cannot open the pipeline "${folder}": it has no vae; give a codec`,
  });
  const before = tf.memory().numTensors;
  await assert.rejects(openPipeline(folder, { codec: meanCodec }), {
    name: "RangeError",
    message: /it has no model.safetensors, but model.fp16.safetensors; give the variant/,
  });
  assert.equal(tf.memory().numTensors, before);
  const sampler = ddim({ clipSample: false });
  const again = await openPipeline(folder, { variant: "fp16", codec: meanCodec, sampler });
  assert.equal(again.codec, meanCodec);
  assert.equal(again.sampler, sampler);
  const [name, { data }] = Object.entries(again.unet.stateDict())[0]!;
  const wanted = pipeline.unet.stateDict()[name]!.data as Float32Array;
  assert.deepEqual([...data as Float32Array], [...wanted].map(Math.f16round));
  dispose(again);
});

Deno.test("a scheduler that would cut latents off does not", async () => {
  const folder = temporaryFolder();
  await savePipeline(folder, { ...pipeline, sampler: ddim() });
  const { sampler } = await openPipeline(folder, { codec: meanCodec });
  assert.equal(sampler.settings.clipSample, false);
  await assert.rejects(textToImage({ ...pipeline, sampler: ddim() }, quick), {
    name: "RangeError",
    message:
      "Cannot use the sampler ddim: its clipSample must be false, as latents are no pixels, to be cut off at their range; found true",
  });
});

Deno.test("openPipeline() says what is wrong with a folder", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "model_index.json");
  const cases: [string | undefined, string, string][] = [
    [
      undefined,
      "RangeError",
      `Cannot open the pipeline "${folder}": there must be a folder with model_index.json, found a folder without`,
    ],
    ["{", "SyntaxError", `Cannot read "${path}": it is not JSON`],
    ["{}", "RangeError", `Cannot open the pipeline "${folder}": it has no unet`],
    [
      '{"text_encoder_2": ["transformers", "CLIPTextModelWithProjection"]}',
      "RangeError",
      `Cannot open the pipeline "${folder}": its text_encoder_2 must be one of Stable Diffusion 1 or 2, found CLIPTextModelWithProjection`,
    ],
    [
      '{"unet": ["diffusers", "UNet3DConditionModel"]}',
      "RangeError",
      `Cannot open the pipeline "${folder}": its unet must be UNet2DConditionModel, found UNet3DConditionModel`,
    ],
  ];
  for (const [text, name, message] of cases) {
    if (text !== undefined) Deno.writeTextFileSync(path, text);
    await assert.rejects(openPipeline(folder), { name, message });
  }
  await assert.rejects(savePipeline(folder, tinyPipeline({ learned: tf.zeros([2, 32]) })), {
    name: "TypeError",
    message:
      /^Cannot save the pipeline: its text encoder does not hold the 2 vectors of learned tokens/,
  });
});

Deno.test("openPipeline() fetches a pipeline from the hub once, in one form", async () => {
  const folder = temporaryFolder();
  await savePipeline(folder, pipeline);
  await savePipeline(folder, pipeline, { variant: "fp16" });
  await using hub = new Hub();
  for (const name of [...filesIn(folder), "v1-5-pruned.ckpt", "README.md"]) {
    const bytes = name in { "v1-5-pruned.ckpt": 1, "README.md": 1 }
      ? new Uint8Array(9)
      : Deno.readFileSync(join(folder, name));
    hub.put(name, bytes, { large: name.endsWith(".safetensors") });
  }
  const env = hub.environment();
  const options = { env, retryDelay: 1, timeout: 5000 };
  const first = await openPipeline("hf:org/model", options);
  assert.deepEqual(first.unet.stateDict(), pipeline.unet.stateDict());
  dispose(first);
  const fetched = hub.seen.map(({ line }) => line).filter((line) => line.startsWith("HEAD"));
  assert.equal(fetched.some((line) => /fp16|ckpt|README/.test(line)), false);
  assert.equal(fetched.length, 12);
  hub.take();
  dispose(await openPipeline("hf:org/model", options));
  assert.deepEqual(hub.take(), ["hub GET /api/models/org/model/revision/main"]);
  dispose(await openPipeline("hf:org/model", { ...options, env: { ...env, HF_HUB_OFFLINE: "1" } }));
  assert.deepEqual(hub.take(), []);
  await assert.rejects(
    openPipeline("hf:org/model", {
      ...options,
      variant: "fp16",
      env: { ...env, HF_HUB_OFFLINE: "1" },
    }),
    { name: "HubError", code: "offline" },
  );
  await assert.rejects(openPipeline("hf:org/model/unet", options), {
    name: "SyntaxError",
    message:
      'Cannot fetch a folder of "hf:org/model/unet": wanted hf:organisation/name@revision, without a file',
  });
  await assert.rejects(openPipeline("hf:org/model", { ...options, variant: "bf16" }), {
    name: "RangeError",
    message:
      /^Cannot find the weights of unet: there must be unet\/diffusion_pytorch_model\.bf16\.safetensors, found unet\/config\.json, /,
  });
});
