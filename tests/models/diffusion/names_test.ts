import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  autoencoderConfigs,
  AutoencoderKL,
  diffusionState,
  ldmNames,
  UNet2DConditionModel,
  type UNetConfig,
  unetConfigs,
} from "galaxykit/models";
import type { LoadableTensor, StateDict } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";
import reference from "../../reference/diffusion_ldm.json" with { type: "json" };

const NETWORKS = {
  sd15: () => new UNet2DConditionModel(unetConfigs.sd15),
  sd21: () => new UNet2DConditionModel(unetConfigs.sd21),
  projection: () =>
    new UNet2DConditionModel({
      ...{ class_embed_type: "projection", projection_class_embeddings_input_dim: 74 },
    }),
  autoencoder: () => new AutoencoderKL(autoencoderConfigs.sd),
};

for (const [name, create] of Object.entries(NETWORKS)) {
  Deno.test(`ldmNames() are those that diffusers converts: ${name}`, () => {
    const names = ldmNames(create());
    const text = Array.from(names, ([theirs, own]) => `${theirs} ${own}`).sort().join("\n");
    const sha256 = createHash("sha256").update(text).digest("hex");
    const wanted = reference.names[name as keyof typeof NETWORKS];
    assert.deepEqual({ keys: names.size, sha256 }, wanted);
  });
}

Deno.test("ldmNames() of averaged weights, which have no dots, stay apart", () => {
  const names = ldmNames(NETWORKS.sd15());
  const bare = new Set([...names.keys()].map((name) => name.replaceAll(".", "")));
  assert.equal(bare.size, names.size);
});

const TINY: Partial<UNetConfig> = {
  ...{ block_out_channels: [4, 8], norm_num_groups: 2, attention_head_dim: 2, layers_per_block: 1 },
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
  ...{ cross_attention_dim: 6, num_class_embeds: 3 },
};
const TINY_AUTOENCODER = { block_out_channels: [4], norm_num_groups: 2, latent_channels: 1 };

/** As a checkpoint of the whole has the values, with another model's beside them. */
function checkpoint(
  model: UNet2DConditionModel | AutoencoderKL,
  rename: (theirs: string) => string,
): StateDict {
  const state = model.stateDict();
  const renamed = Array.from(ldmNames(model), ([theirs, own]) => [rename(theirs), state[own]!]);
  return Object.fromEntries([...renamed, ["cond_stage_model.x", state[Object.keys(state)[0]!]]]);
}

function prefixed(prefix: string, state: StateDict): StateDict {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [prefix + name, tensor]),
  );
}

Deno.test("diffusionState() makes a U-Net of each form of its weights what it was", () => {
  const model = new UNet2DConditionModel(TINY, { key: key(1) });
  const state = model.stateDict();
  const { "cond_stage_model.x": _, ...bare } = checkpoint(model, (name) => name);
  const forms: [Record<string, LoadableTensor>, { ema?: boolean }][] = [
    [state, {}],
    [bare, {}],
    [checkpoint(model, (name) => `model.diffusion_model.${name}`), {}],
    [
      checkpoint(model, (name) => `model_ema.diffusion_model${name.replaceAll(".", "")}`),
      { ema: true },
    ],
    [{ ...prefixed("base:", state), ...prefixed("base_ema:", { x: state["conv_in.bias"]! }) }, {}],
    [prefixed("base_ema:", state), { ema: true }],
  ];
  for (const [given, options] of forms) {
    const again = new UNet2DConditionModel(TINY);
    again.loadStateDict(diffusionState(model, given, options));
    assert.deepEqual(again.stateDict(), state);
  }
});

Deno.test("diffusionState() makes an autoencoder of each form of its weights what it was", () => {
  const model = new AutoencoderKL(TINY_AUTOENCODER, { key: key(1) });
  const state = model.stateDict();
  const old = (name: string) =>
    /attentions/.test(name)
      ? name.replace("to_q", "query").replace("to_k", "key").replace("to_v", "value")
        .replace("to_out.0", "proj_attn")
      : name;
  const convolved = ({ shape, ...tensor }: StateDict[string]) =>
    ({ ...tensor, shape: shape.length === 2 ? [...shape, 1, 1] : shape }) as StateDict[string];
  const changed = (state: StateDict, change: (entry: [string, StateDict[string]]) => unknown[]) =>
    Object.fromEntries(Object.entries(state).map((entry) => change(entry)));
  const whole = checkpoint(model, (name) => `first_stage_model.${name}`);
  const forms = [
    changed(state, ([name, tensor]) => [old(name), tensor]),
    changed(state, ([name, tensor]) => [old(name), convolved(tensor)]),
    changed(whole, ([name, tensor]) => [name, convolved(tensor)]),
  ];
  assert.ok("encoder.mid_block.attentions.0.proj_attn.bias" in forms[0]!);
  assert.deepEqual(whole["first_stage_model.decoder.mid.attn_1.q.weight"]!.shape, [4, 4]);
  for (const form of forms) {
    const again = new AutoencoderKL(TINY_AUTOENCODER);
    again.loadStateDict(diffusionState(model, form));
    assert.deepEqual(again.stateDict(), state);
  }
});

Deno.test("diffusionState() reads no value, and names what it does not know", () => {
  const model = new UNet2DConditionModel(TINY);
  const tensor = {
    dtype: "F32",
    shape: [4, 4, 1, 1],
    get data(): Float32Array {
      throw new Error("read");
    },
  };
  const name = "model.diffusion_model.input_blocks.1.1.proj_out.weight";
  const state = diffusionState(model, { [name]: tensor });
  assert.throws(() => state["down_blocks.0.attentions.0.proj_out.weight"]!.data, {
    message: "read",
  });
  const unknown = "model.diffusion_model.input_blocks.9.0.in_layers.0.weight";
  assert.throws(() => diffusionState(model, { [unknown]: tensor }), {
    name: "RangeError",
    message: `Cannot rename "${unknown}": it is no weight of this UNet2DConditionModel`,
  });
  assert.throws(() => diffusionState(model, { [name]: tensor }, { ema: true }), {
    name: "RangeError",
    message:
      'Cannot find weights of UNet2DConditionModel: none of 1 names begins with "base_ema:" or "model_ema.diffusion_model"',
  });
  const bare = { "conv_in.weight": tensor, "input_blocks.0.0.weight": tensor };
  assert.throws(() => diffusionState(model, bare), {
    name: "RangeError",
    message: 'Cannot rename "input_blocks.0.0.weight": "conv_in.weight" is the same weight',
  });
  const autoencoder = new AutoencoderKL(TINY_AUTOENCODER);
  assert.throws(() => diffusionState(autoencoder, {}, { ema: true }), {
    name: "RangeError",
    message: 'Cannot find weights of AutoencoderKL: none of 0 names begins with "base_ema:"',
  });
  const selfish = new UNet2DConditionModel({
    ...TINY,
    ...{ down_block_types: ["DownBlock2D", "AttnDownBlock2D"], mid_block_type: null },
    up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
  });
  assert.throws(() => ldmNames(selfish), {
    name: "RangeError",
    message:
      'Cannot name "down_blocks.1.attentions.0.to_q.weight" of UNet2DConditionModel as the authors\' checkpoints do: they have no such part',
  });
});
