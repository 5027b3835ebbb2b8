/**
 * Weights of diffusion models under the names of elsewhere: those of the authors' checkpoints (LDM's),
 * and older ones of diffusers. All names are made of the modules that a model has; none is taken apart.
 *
 * @module
 */

import { Embedding, Linear, type LoadableTensor } from "../../nn/mod.ts";
import { ImageAttention } from "./_attention.ts";
import { AutoencoderKL } from "./autoencoder.ts";
import type { UNet2DConditionModel } from "./unet.ts";

/** What every tensor of a checkpoint of whole Stable Diffusion begins with, if it is of this model. */
const PREFIXES = {
  UNet2DConditionModel: "model.diffusion_model.",
  AutoencoderKL: "first_stage_model.",
};

/** What the averaged weights of LDM's checkpoints begin with; their names have no dots. */
const AVERAGED = "model_ema.diffusion_model";

/** The layers of a residual block, as LDM's U-Net has them. */
const RESNET = {
  norm1: "in_layers.0",
  conv1: "in_layers.2",
  time_emb_proj: "emb_layers.1",
  norm2: "out_layers.0",
  conv2: "out_layers.3",
  conv_shortcut: "skip_connection",
};

/** The layers of an attention, as LDM's autoencoder has them. */
const ATTENTION = { group_norm: "norm", to_q: "q", to_k: "k", to_v: "v", "to_out.0": "proj_out" };

/** The layers of an attention, as diffusers once had them. */
const OLD_ATTENTION = { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" };

/** Names in the model's terms by those of LDM's, of modules. */
type Modules = [theirs: string, own: string][];

/**
 * The model's own names by those that the authors' checkpoints have, without the part that says of
 * which model of the checkpoint they are.
 *
 * @throws {RangeError} When the checkpoints have no such part, as with attention but no context
 *
 * @example
 * ```ts
 * import { ldmNames, unetConfigs, UNet2DConditionModel } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const names = ldmNames(new UNet2DConditionModel(unetConfigs.sd15));
 * assert.equal(names.get("output_blocks.5.2.conv.weight"), "up_blocks.1.upsamplers.0.conv.weight");
 * ```
 */
export function ldmNames(model: UNet2DConditionModel | AutoencoderKL): Map<string, string> {
  return new Map(
    Object.entries(theirsByOwn(model)).map(([own, theirs]) => {
      if (theirs !== undefined) return [theirs, own];
      throw new RangeError(
        `Cannot name "${own}" of ${model.modelName} as the authors' checkpoints do: they have no such part`,
      );
    }),
  );
}

export function theirsByOwn(
  model: UNet2DConditionModel | AutoencoderKL,
): Record<string, string | undefined> {
  const modules = model instanceof AutoencoderKL ? autoencoderModules(model) : unetModules(model);
  const theirs = new Map(modules.map(([theirs, own]) => [own, theirs]));
  return Object.fromEntries(
    Object.keys(model.stateShapes()).map((name) => {
      let at = name.lastIndexOf(".");
      while (at > 0 && !theirs.has(name.slice(0, at))) at = name.lastIndexOf(".", at - 1);
      const start = theirs.get(name.slice(0, at));
      return [name, start === undefined ? undefined : start + name.slice(at)];
    }),
  );
}

function unetModules(model: UNet2DConditionModel): Modules {
  const label =
    model.class_embedding instanceof Linear || model.class_embedding instanceof Embedding
      ? [["label_emb", "class_embedding"]]
      : [["label_emb.0.0", "class_embedding.linear_1"], [
        "label_emb.0.2",
        "class_embedding.linear_2",
      ]];
  const modules = [
    ...[["time_embed.0", "time_embedding.linear_1"], ["time_embed.2", "time_embedding.linear_2"]],
    ...[["input_blocks.0.0", "conv_in"], ["out.0", "conv_norm_out"], ["out.2", "conv_out"]],
    ...label,
  ] as Modules;
  const add = (theirs: string, block: string, at: number) => {
    modules.push([`${theirs}.0`, `${block}.resnets.${at}`]);
    modules.push(...renamed(RESNET, `${theirs}.0`, `${block}.resnets.${at}`));
  };
  const attend = (theirs: string, block: string, at: number, attention: unknown) => {
    if (attention === undefined || attention instanceof ImageAttention) return false;
    modules.push([theirs, `${block}.attentions.${at}`]);
    return true;
  };
  let input = 1;
  for (const [at, block] of model.down_blocks.entries()) {
    const own = `down_blocks.${at}`;
    for (const layer of block.resnets.keys()) {
      add(`input_blocks.${input}`, own, layer);
      attend(`input_blocks.${input++}.1`, own, layer, block.attentions[layer]);
    }
    if (block.downsamplers) {
      modules.push([`input_blocks.${input++}.0.op`, `${own}.downsamplers.0.conv`]);
    }
  }
  for (const layer of model.mid_block?.resnets.keys() ?? []) {
    modules.push(...renamed(RESNET, `middle_block.${2 * layer}`, `mid_block.resnets.${layer}`));
    attend(`middle_block.${2 * layer + 1}`, "mid_block", layer, model.mid_block!.attentions[layer]);
  }
  let output = 0;
  for (const [at, block] of model.up_blocks.entries()) {
    const own = `up_blocks.${at}`;
    for (const layer of block.resnets.keys()) {
      const theirs = `output_blocks.${output++}`;
      add(theirs, own, layer);
      const attends = attend(`${theirs}.1`, own, layer, block.attentions[layer]);
      if (block.upsamplers && layer === block.resnets.length - 1) {
        modules.push([`${theirs}.${attends ? 2 : 1}.conv`, `${own}.upsamplers.0.conv`]);
      }
    }
  }
  return modules;
}

function autoencoderModules({ encoder, decoder }: AutoencoderKL): Modules {
  const modules: Modules = [["quant_conv", "quant_conv"], ["post_quant_conv", "post_quant_conv"]];
  const resnet = (theirs: string, own: string) =>
    modules.push([`${theirs}.nin_shortcut`, `${own}.conv_shortcut`], [theirs, own]);
  for (const part of ["encoder", "decoder"]) {
    modules.push([`${part}.conv_in`, `${part}.conv_in`], [`${part}.conv_out`, `${part}.conv_out`]);
    modules.push([`${part}.norm_out`, `${part}.conv_norm_out`]);
    for (const at of [0, 1]) {
      resnet(`${part}.mid.block_${at + 1}`, `${part}.mid_block.resnets.${at}`);
    }
    modules.push(...renamed(ATTENTION, `${part}.mid.attn_1`, `${part}.mid_block.attentions.0`));
  }
  for (const [at, { resnets }] of encoder.down_blocks.entries()) {
    const [theirs, own] = [`encoder.down.${at}`, `encoder.down_blocks.${at}`];
    for (const layer of resnets.keys()) {
      resnet(`${theirs}.block.${layer}`, `${own}.resnets.${layer}`);
    }
    modules.push([`${theirs}.downsample.conv`, `${own}.downsamplers.0.conv`]);
  }
  for (const [at, { resnets }] of decoder.up_blocks.entries()) {
    // From the outermost
    const theirs = `decoder.up.${decoder.up_blocks.length - 1 - at}`;
    const own = `decoder.up_blocks.${at}`;
    for (const layer of resnets.keys()) {
      resnet(`${theirs}.block.${layer}`, `${own}.resnets.${layer}`);
    }
    modules.push([`${theirs}.upsample.conv`, `${own}.upsamplers.0.conv`]);
  }
  return modules;
}

function renamed(
  layers: Readonly<Record<string, string>>,
  theirs: string,
  own: string,
): Modules {
  return Object.entries(layers).map(([name, there]) => [`${theirs}.${there}`, `${own}.${name}`]);
}

/** The model's own names by those that diffusers once had, of attention without a context. */
function oldNames(model: UNet2DConditionModel | AutoencoderKL): [string, string][] {
  return Object.entries(model.namedModules())
    .filter(([, module]) => module instanceof ImageAttention)
    .flatMap(([path]) => renamed(OLD_ATTENTION, path, path))
    .flatMap(([theirs, own]) =>
      ["weight", "bias"].map((variable): [string, string] => [
        `${theirs}.${variable}`,
        `${own}.${variable}`,
      ])
    );
}

/**
 * Gives weights the names and shapes of a model, whichever of these they have: its own, diffusers' older
 * ones, or those of the authors' checkpoints, of the model alone or of the whole of Stable Diffusion, of
 * which the other models are left out; or its own behind `base:`, as HCP-Diffusion writes them. Linear
 * layers may be 1x1 convolutions, and the other way round.
 *
 * @param state As `stateDictOf` gives it: no value is read here
 * @throws {RangeError} For a name that the model has under none of them, or two of one weight
 *
 * @example
 * ```ts
 * import { AutoencoderKL, diffusionState } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const model = new AutoencoderKL({ block_out_channels: [4], norm_num_groups: 2 });
 * const query = { dtype: "F32", shape: [4, 4, 1, 1], data: new Float32Array(16) };
 * const state = diffusionState(model, { "first_stage_model.encoder.mid.attn_1.q.weight": query });
 * assert.deepEqual(state["encoder.mid_block.attentions.0.to_q.weight"].shape, [4, 4]);
 * ```
 */
export function diffusionState<T extends LoadableTensor>(
  model: UNet2DConditionModel | AutoencoderKL,
  state: Readonly<Record<string, T>>,
  { ema = false }: {
    /** Take the averaged weights of a checkpoint that has both. @default {false} */
    ema?: boolean;
  } = {},
): Record<string, LoadableTensor> {
  const shapes = model.stateShapes();
  const ldm = Object.entries(theirsByOwn(model))
    .flatMap(([own, theirs]) => theirs === undefined ? [] : [[theirs, own] as const]);
  const averaged = ["base_ema:", ...model instanceof AutoencoderKL ? [] : [AVERAGED]];
  const wanted = ema ? averaged : [PREFIXES[model.modelName as keyof typeof PREFIXES], "base:", ""];
  const given = Object.keys(state);
  const prefix = wanted.find((prefix) => given.some((name) => name.startsWith(prefix)));
  if (prefix === undefined) {
    const starts = wanted.filter((prefix) => prefix !== "").map((prefix) => `"${prefix}"`);
    throw new RangeError(
      `Cannot find weights of ${model.modelName}: none of ${given.length} names begins with ${
        starts.join(" or ")
      }`,
    );
  }
  const own = Object.entries(state).filter(([name]) => name.startsWith(prefix));
  const names = new Map<string, string>(
    prefix === AVERAGED
      ? ldm.map(([theirs, own]) => [theirs.replaceAll(".", ""), own])
      : [...ldm, ...oldNames(model), ...Object.keys(shapes).map((own) => [own, own] as const)],
  );
  const renamed = new Map<string, { name: string; tensor: LoadableTensor }>();
  for (const [name, tensor] of own) {
    const found = names.get(name.slice(prefix.length));
    if (found === undefined) {
      throw new RangeError(`Cannot rename "${name}": it is no weight of this ${model.modelName}`);
    }
    if (renamed.has(found)) {
      throw new RangeError(
        `Cannot rename "${name}": "${renamed.get(found)!.name}" is the same weight`,
      );
    }
    renamed.set(found, { name, tensor: shaped(tensor, shapes[found]!) });
  }
  return Object.fromEntries(Array.from(renamed, ([found, { tensor }]) => [found, tensor]));
}

/** The same values, read as late, in the shape wanted if that differs by axes of length 1 at the end. */
export function shaped(tensor: LoadableTensor, wanted: readonly number[]): LoadableTensor {
  const bare = (shape: readonly number[]) =>
    shape.slice(0, shape.findLastIndex((side) => side !== 1) + 1);
  if (`${bare(tensor.shape)}` !== `${bare(wanted)}`) return tensor;
  return {
    dtype: tensor.dtype,
    shape: wanted,
    get data() {
      return tensor.data;
    },
  };
}
