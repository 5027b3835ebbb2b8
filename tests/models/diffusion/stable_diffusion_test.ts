import assert from "node:assert/strict";
import { join } from "node:path";
import {
  autoencoderConfigs,
  AutoencoderKL,
  clipTextConfigs,
  ClipTextModel,
  ldmNames,
  openClipText,
  openDiffusionModel,
  openStableDiffusion,
  UNet2DConditionModel,
  unetConfigs,
} from "galaxykit/models";
import type { Module, StateDict } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { type StoredTensor, writeSafetensors } from "galaxykit/weights";
import {
  knownAutoencoder,
  knownUNet,
  stableDiffusionOf,
  whatElse,
} from "../../../lib/models/diffusion/_known_checkpoints.ts";
import { knownClipText } from "../../../lib/models/clip_text_keys.ts";
import { temporaryFolder } from "../../temporary.ts";

const CONFIGS = {
  unet: unetConfigs.tiny,
  autoencoder: autoencoderConfigs.tiny,
  textEncoder: clipTextConfigs.tiny,
};
const NUMBER: StoredTensor = { dtype: "F32", shape: [1], data: Float32Array.of(1) };

const tiny = () => ({
  unet: new UNet2DConditionModel(CONFIGS.unet, { key: key(1) }),
  autoencoder: new AutoencoderKL(CONFIGS.autoencoder, { key: key(2) }),
  textEncoder: new ClipTextModel(CONFIGS.textEncoder, { key: key(3) }),
});

/** Under the names of a checkpoint, with what else published ones have. */
function checkpoint({ unet, autoencoder, textEncoder }: ReturnType<typeof tiny>): StateDict {
  const under = (start: string, model: UNet2DConditionModel | AutoencoderKL) => {
    const state = model.stateDict();
    return Array.from(ldmNames(model), ([name, own]) => [start + name, state[own]!]);
  };
  return Object.fromEntries([
    ...under("model.diffusion_model.", unet),
    ...under("first_stage_model.", autoencoder),
    ...Object.entries(textEncoder.stateDict())
      .map(([name, tensor]) => [`cond_stage_model.transformer.${name}`, tensor]),
    ["cond_stage_model.transformer.text_model.embeddings.position_ids", NUMBER],
    ["alphas_cumprod", NUMBER],
    ["model_ema.decay", NUMBER],
  ]);
}

const prefixed = (prefix: string, state: StateDict) =>
  Object.fromEntries(Object.entries(state).map(([name, tensor]) => [prefix + name, tensor]));

Deno.test("openStableDiffusion() opens the three models of a checkpoint, or its averaged U-Net", async () => {
  const models = tiny();
  const averaged = new UNet2DConditionModel(CONFIGS.unet, { key: key(4) });
  const state = averaged.stateDict();
  const path = join(temporaryFolder(), "v1.safetensors");
  writeSafetensors(path, {
    ...checkpoint(models),
    ...Object.fromEntries(
      Array.from(ldmNames(averaged), ([name, own]) => [
        `model_ema.diffusion_model${name.replaceAll(".", "")}`,
        state[own]!,
      ]),
    ),
  });
  const { name, ...opened } = await openStableDiffusion(path, { configs: CONFIGS });
  assert.equal(name, undefined);
  for (const [part, model] of Object.entries<Module>(opened)) {
    assert.deepEqual(model.stateDict(), models[part as keyof typeof models].stateDict());
  }
  const { unet } = await openStableDiffusion(path, { configs: CONFIGS, ema: true });
  assert.deepEqual(unet.stateDict(), state);
});

Deno.test("openStableDiffusion() refuses, in one sentence, what it is not, and leaves nothing", async () => {
  const models = tiny();
  const folder = temporaryFolder();
  const path = join(folder, "model.safetensors");
  const whole = checkpoint(models);
  const before = tf.memory().numTensors;
  const refused = async (state: StateDict, reason: string, options = {}) => {
    writeSafetensors(path, state);
    await assert.rejects(openStableDiffusion(path, options), {
      name: "RangeError",
      message: `Cannot open "${path}" as Stable Diffusion: ${reason}`,
    });
    assert.equal(tf.memory().numTensors, before);
  };
  await refused(whole, "its U-Net looks at tokens of width 32, wanted 768 or 1024");
  const without = (start: string) =>
    Object.fromEntries(Object.entries(whole).filter(([name]) => !name.startsWith(start)));
  const configs = { configs: CONFIGS };
  await refused(
    without("cond_stage_model."),
    'it has no text encoder ("cond_stage_model.…"); open what it has with openDiffusionModel or openClipText',
    configs,
  );
  await refused(
    { "fc.weight": NUMBER, "fc.bias": NUMBER },
    "none of its 2 names is of a U-Net " +
      'that looks at texts (first "fc.bias")',
  );
  await refused(
    { "lora_unet_mid_block_attentions_0_proj_in.lora_up.weight": NUMBER },
    "it is LoRA; openDiffusionLora lays it over models",
  );
  // The text encoder, the last to be opened, does not fit
  writeSafetensors(path, whole);
  const wider = { ...CONFIGS, textEncoder: { ...CONFIGS.textEncoder, intermediate_size: 8 } };
  await assert.rejects(openStableDiffusion(path, { configs: wider }), {
    name: "TypeError",
    message: /into CLIPTextModel: 6 keys misshapen/,
  });
  assert.equal(tf.memory().numTensors, before);
  await assert.rejects(openStableDiffusion(folder), {
    name: "RangeError",
    message:
      `Cannot open "${folder}" as one checkpoint: it is a folder; openDiffusionModel and openClipText open those in it`,
  });
});

/** Names and shapes without values. */
const shapesOf = (model: Module) =>
  Object.fromEntries(
    Object.entries(model.stateShapes()).map(([name, shape]) => [name, { shape }]),
  );

const underLdm = (start: string, model: UNet2DConditionModel | AutoencoderKL) => {
  const shapes = model.stateShapes();
  return Object.fromEntries(
    Array.from(ldmNames(model), ([name, own]) => [start + name, { shape: shapes[own]! }]),
  );
};

for (const name of ["sd15", "sd21"] as const) {
  Deno.test(`weights of ${name} are known by their shapes, under every name that they have`, () => {
    const inputs = 9; // Of inpainting
    const unet = new UNet2DConditionModel({ ...unetConfigs[name], in_channels: inputs });
    const autoencoder = underLdm("first_stage_model.", new AutoencoderKL(autoencoderConfigs.sd));
    const own = shapesOf(unet);
    const hcp = Object.fromEntries(
      Object.entries(own).map(([key, shape]) => [`base:${key}`, shape]),
    );
    for (const form of [own, hcp, underLdm("", unet), underLdm("model.diffusion_model.", unet)]) {
      const weights = { ...autoencoder, ...form };
      assert.equal(stableDiffusionOf(weights), name);
      assert.deepEqual(knownUNet(weights), { ...unetConfigs[name], in_channels: inputs });
      assert.deepEqual(knownAutoencoder(weights), autoencoderConfigs.sd);
    }
    assert.equal(knownAutoencoder(own), undefined);
    assert.equal(knownUNet(autoencoder), undefined);
    const text = new ClipTextModel({ ...clipTextConfigs[name], vocab_size: 49410 });
    const known = new ClipTextModel(knownClipText(shapesOf(text) as never)!);
    assert.deepEqual(known.config, text.config);
  });
}

Deno.test("files of other architectures are told by their names and shapes", () => {
  const tensor = { shape: [1] };
  const sdxl = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight";
  const first = "model.diffusion_model.input_blocks.0.0.weight";
  const cases: [Record<string, { shape: number[] }>, string][] = [
    [{ [sdxl]: { shape: [640, 2048] }, [first]: { shape: [320, 4, 3, 3] } }, "it is SDXL"],
    [{ "conditioner.embedders.0.transformer.x": tensor }, "it is SDXL"],
    [{ "model.diffusion_model.joint_blocks.0.x": tensor }, "it is Stable Diffusion 3"],
    [{ "double_blocks.0.img_attn.qkv.weight": tensor }, "it is Flux"],
    [{ "transformer_blocks.0.attn.to_q.weight": tensor }, "it is a transformer, and no U-Net"],
    [
      { "control_model.input_hint_block.0.weight": tensor },
      "it is ControlNet, without the network that it steers",
    ],
    [
      { "unet.mid_block.attentions.0.proj_in.lora_A.weight": tensor },
      "it is LoRA; openDiffusionLora lays it over models",
    ],
    [
      { emb_params: tensor },
      "it is learned tokens; openTextualInversion of galaxykit/prompts reads them",
    ],
    [{}, "it holds no weights"],
  ];
  for (const [weights, what] of cases) {
    assert.equal(stableDiffusionOf(weights), undefined);
    assert.equal(whatElse(weights), what);
  }
});

Deno.test("GalaxySD's form opens: a U-Net and a text encoder in a file each, behind base:", async () => {
  const { unet, textEncoder } = tiny();
  const other = new ClipTextModel(CONFIGS.textEncoder, { key: key(5) });
  const folder = temporaryFolder();
  const [ofUNet, ofText] = ["unet-600.safetensors", "text_encoder-600.safetensors"]
    .map((name) => join(folder, name)) as [string, string];
  writeSafetensors(ofUNet, prefixed("base:", unet.stateDict()));
  writeSafetensors(ofText, {
    ...prefixed("base:", textEncoder.stateDict()),
    ...prefixed("base_ema:", other.stateDict()),
  });
  const config = CONFIGS.textEncoder;
  const opened = await openDiffusionModel(UNet2DConditionModel, ofUNet, { config: CONFIGS.unet });
  assert.deepEqual(opened.stateDict(), unet.stateDict());
  assert.deepEqual((await openClipText(ofText, { config })).stateDict(), textEncoder.stateDict());
  const averaged = await openClipText(ofText, { config, ema: true });
  assert.deepEqual(averaged.stateDict(), other.stateDict());
  await assert.rejects(openClipText(ofText), {
    name: "TypeError",
    message:
      `Cannot open "${ofText}" as CLIPTextModel: it is one file of weights, and not of Stable Diffusion 1 or 2 by its shapes; give its config, such as clipTextConfigs.sd15`,
  });
});
