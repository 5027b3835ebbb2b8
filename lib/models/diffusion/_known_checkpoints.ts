/**
 * Which published network a file of weights is of, told by names and shapes: such a file has no
 * configuration.
 *
 * @module
 */

import type { AutoencoderConfig } from "./autoencoder.ts";
import { autoencoderConfigs, unetConfigs } from "./configs.ts";
import type { UNetConfig } from "./unet_config.ts";

/** Weights without their values. */
export type NamedShapes = Readonly<Record<string, { readonly shape: readonly number[] }>>;

/** The architectures of Stable Diffusion: 1.1 to 1.5, and 2.0 to 2.1. */
export type StableDiffusionName = "sd15" | "sd21";

/** Channels of the U-Net's first convolution, and widths of the text encoders' tokens. */
const [FIRST_CHANNELS, SDXL_WIDTH] = [320, 2048];
const WIDTHS: Readonly<Record<number, StableDiffusionName>> = {
  [unetConfigs.sd15.cross_attention_dim]: "sd15",
  [unetConfigs.sd21.cross_attention_dim]: "sd21",
};

/** The name of the U-Net's first convolution, under whichever beginning. */
const FIRST = /(^|:|diffusion_model\.)(input_blocks\.0\.0|conv_in)\.weight$/;

/** What else files hold, by a name in them; the first that is there says it. */
const OTHERS: readonly [sign: RegExp, what: string][] = [
  [
    /^lora_(unet|te)|\.lora_(A|B|up|down)\.|_lora\.(up|down)\./,
    "LoRA; openDiffusionLora lays it over models",
  ],
  [/^conditioner\.embedders\./, "SDXL"],
  [/(^|\.)joint_blocks\./, "Stable Diffusion 3"],
  [/(^|\.)(double|single)_blocks\./, "Flux"],
  [
    /^(control_model\.|controlnet_|input_hint_block)/,
    "ControlNet, without the network that it steers",
  ],
  [
    /^(emb_params|string_to_param)/,
    "learned tokens; openTextualInversion of galaxykit/prompts reads them",
  ],
  [/^((transformer|model\.diffusion_model)\.)?transformer_blocks\./, "a transformer, and no U-Net"],
];

/** The configuration of the U-Net that weights are of, if it is Stable Diffusion's. */
export function knownUNet(weights: NamedShapes): Partial<UNetConfig> | undefined {
  const name = stableDiffusionOf(weights);
  const channels = shapeOf(weights, FIRST)?.[1];
  return name === undefined || channels === undefined
    ? undefined
    : { ...unetConfigs[name], in_channels: channels };
}

/** The configuration of the autoencoder that weights are of, if it is Stable Diffusion's. */
export function knownAutoencoder(weights: NamedShapes): Partial<AutoencoderConfig> | undefined {
  const [outermost] = autoencoderConfigs.sd.block_out_channels;
  const [out, images] = shapeOf(weights, /(^|\.)encoder\.conv_in\.weight$/) ?? [];
  const [moments] = shapeOf(weights, /(^|\.)encoder\.conv_out\.weight$/) ?? [];
  return out === outermost && images === 3 && moments === 8 ? autoencoderConfigs.sd : undefined;
}

/** Which Stable Diffusion the U-Net among weights is of. */
export function stableDiffusionOf(weights: NamedShapes): StableDiffusionName | undefined {
  const [first] = shapeOf(weights, FIRST) ?? [];
  const width = contextOf(weights);
  return first === FIRST_CHANNELS && width !== undefined ? WIDTHS[width] : undefined;
}

/** What the file holds in place of Stable Diffusion, as far as its names and shapes say. */
export function whatElse(weights: NamedShapes): string {
  const names = Object.keys(weights);
  const found = OTHERS.find(([sign]) => names.some((name) => sign.test(name)))?.[1];
  if (found !== undefined) return `it is ${found}`;
  const width = contextOf(weights);
  if (width === SDXL_WIDTH) return "it is SDXL";
  if (width !== undefined) return `its U-Net looks at tokens of width ${width}, wanted 768 or 1024`;
  return names.length === 0
    ? "it holds no weights"
    : `none of its ${names.length} names is of a U-Net that looks at texts (first "${names[0]}")`;
}

function contextOf(weights: NamedShapes): number | undefined {
  return shapeOf(
    weights,
    /(^|:|diffusion_model\.)(input_blocks|down_blocks)\..*\.attn2\.to_k\.weight$/,
  )?.[1];
}

function shapeOf(weights: NamedShapes, name: RegExp): readonly number[] | undefined {
  const found = Object.keys(weights).find((key) => name.test(key));
  return found === undefined ? undefined : weights[found]!.shape;
}
