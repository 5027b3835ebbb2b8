/**
 * The tiny models that the files in `tests/reference/diffusion_lora` adapt.
 *
 * @module
 */

import {
  type ClipTextConfig,
  ClipTextModel,
  clipTextState,
  UNet2DConditionModel,
  type UNetConfig,
} from "galaxykit/models";
import { tf } from "galaxykit/tensorflow";
import { asTensor, type FixtureCase, readFixture, withPrefix } from "../../nn/reference.ts";

type Base = { unet: Partial<UNetConfig>; text: Partial<ClipTextConfig> };

/** What diffusers computes with each file; first without any. */
export const CASES = readFixture<Partial<Base> & { strengths?: number[]; files?: string[] }>(
  "diffusion_lora.safetensors",
);
const BASE = CASES.find(({ name }) => name === "base") as FixtureCase<Base>;

/** The models without LoRA. */
export function tinyModels(): { unet: UNet2DConditionModel; textEncoder: ClipTextModel } {
  const unet = new UNet2DConditionModel(BASE.unet);
  unet.loadStateDict(withPrefix(BASE.tensors, "unet/"));
  const textEncoder = new ClipTextModel(BASE.text);
  textEncoder.loadStateDict(clipTextState(withPrefix(BASE.tensors, "text_encoder/")));
  return { unet, textEncoder };
}

/** The text encoder's tokens, and the U-Net's noise under them. */
export function outputsOf(
  { unet, textEncoder }: ReturnType<typeof tinyModels>,
): { tokens: tf.Tensor; noise: tf.Tensor } {
  return tf.tidy(() => {
    const { tokens } = textEncoder.encode(asTensor(BASE.tensors.ids!));
    const [sample, timestep] = [asTensor(BASE.tensors.sample!), asTensor(BASE.tensors.timestep!)];
    return { tokens, noise: unet.call(sample, { timestep, encoderHiddenStates: tokens }) };
  });
}
