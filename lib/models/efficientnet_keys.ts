/**
 * EfficientNet's weights under other names than timm's: torchvision's, and those of Keras.
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

/** Blocks in each stage of B0 to B7, of which B1 and B2 have the same. */
const DEPTHS = [
  [1, 2, 2, 3, 3, 4, 1],
  [2, 3, 3, 4, 4, 5, 2],
  [2, 3, 3, 5, 5, 6, 2],
  [2, 4, 4, 6, 6, 8, 2],
  [3, 5, 5, 7, 7, 9, 3],
  [3, 6, 6, 8, 8, 11, 3],
  [4, 7, 7, 10, 10, 13, 4],
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
  const depths = DEPTHS.find((depths) => depths.reduce((sum, depth) => sum + depth) === count);
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
    `Cannot rename "${key}": it is no weight of ${source}'s EfficientNet, B0 to B7`,
  );
}
