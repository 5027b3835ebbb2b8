/**
 * Vision transformers as transformers and facebook publish them, under their names. `stateDict()` is
 * what is in their files, whose layers `query`, `key`, `value` and `dense` have adapters of their own.
 *
 * @module
 */

import { ViT, type VitNetwork, type ViTOptions } from "./vit.ts";

const SMALL = { width: 384, depth: 12, heads: 6 };
const BASE = { width: 768, depth: 12, heads: 12 };
const LARGE = { width: 1024, depth: 24, heads: 16 };
const HUGE = { width: 1280, depth: 32, heads: 16 };
const GIANT = { width: 1536, depth: 40, heads: 24, feedForward: "swiglu" } as const;

const DINOV2 = { patch: 14, size: 518, layerScale: 1, names: "dinov2" } as const;
const REGISTERS = { ...DINOV2, registers: 4 };
const FACEBOOK = { ...DINOV2, names: "facebook" } as const;
const MSN = { patch: 16, size: 224, names: "vit" } as const;
/** transformers' own default, where timm has 1e-6. */
const HF_VIT = { ...MSN, epsilon: 1e-12 };
const MAE = { ...HF_VIT, fixedPositions: true };

const NETWORKS: Readonly<Record<string, Omit<VitNetwork, "name">>> = {
  dinov2_small: { ...SMALL, ...DINOV2 },
  dinov2_base: { ...BASE, ...DINOV2 },
  dinov2_large: { ...LARGE, ...DINOV2 },
  dinov2_giant: { ...GIANT, ...DINOV2 },
  dinov2_with_registers_small: { ...SMALL, ...REGISTERS },
  dinov2_with_registers_base: { ...BASE, ...REGISTERS },
  dinov2_with_registers_large: { ...LARGE, ...REGISTERS },
  dinov2_with_registers_giant: { ...GIANT, ...REGISTERS },

  dinov2_vits14: { ...SMALL, ...FACEBOOK },
  dinov2_vitb14: { ...BASE, ...FACEBOOK },
  dinov2_vitl14: { ...LARGE, ...FACEBOOK },
  dinov2_vitg14: { ...GIANT, ...FACEBOOK },
  dinov2_vits14_reg: { ...SMALL, ...FACEBOOK, registers: 4 },
  dinov2_vitb14_reg: { ...BASE, ...FACEBOOK, registers: 4 },
  dinov2_vitl14_reg: { ...LARGE, ...FACEBOOK, registers: 4 },
  dinov2_vitg14_reg: { ...GIANT, ...FACEBOOK, registers: 4 },

  vit_mae_base: { ...BASE, ...MAE },
  vit_mae_large: { ...LARGE, ...MAE },
  vit_mae_huge: { ...HUGE, ...MAE, patch: 14 },

  vit_msn_small: { ...SMALL, ...MSN },
  vit_msn_base: { ...BASE, ...MSN },
  vit_msn_large: { ...LARGE, ...MSN },

  hf_vit_base_patch16_224: { ...BASE, ...HF_VIT },
  hf_vit_large_patch16_224: { ...LARGE, ...HF_VIT },
};

/** How each is made, by name. */
export const VIT_NETWORKS: Readonly<Record<string, (options: ViTOptions) => ViT>> = Object
  .fromEntries(
    Object.entries(NETWORKS).map((
      [name, network],
    ) => [name, (options) => new ViT({ name, ...network }, options)]),
  );
