/**
 * EfficientNet's weights under other names than timm's: torchvision's, and those of Keras.
 *
 * @module
 */

import type { StateDict, StateTensor } from "../nn/mod.ts";
import { tf } from "../tensorflow/mod.ts";

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
 * @param state By Keras' paths, such as `block1a_dwconv/depthwise_kernel` or, in a file,
 * `block1a_dwconv/block1a_dwconv/depthwise_kernel:0`, in Keras' layout
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
 * ```
 */
export function efficientnetFromKeras(state: Readonly<StateDict>): StateDict {
  const { expanding, plain, others } = KERAS;
  const renamed: StateDict = {};
  for (const [key, tensor] of Object.entries(state)) {
    const path = key.replace(/:\d+$/, "").split("/");
    const [layer, variable] = [path[0]!, KERAS_VARIABLES[path.at(-1)!]];
    if (/^(normalization|rescaling)(_\d+)?$/.test(layer)) continue;
    const [, stage, block, inside] = /^block(\d)([a-z])_(.+)$/.exec(layer) ?? [];
    const name = inside === undefined ? others[layer] : place(
      Number(stage) - 1,
      `${block!.charCodeAt(0) - "a".charCodeAt(0)}`,
      (stage === "1" ? plain : expanding)[inside],
    );
    if (name === undefined || variable === undefined) throw unknownKey(key, "Keras");
    const isDepthwise = name.endsWith("conv_dw");
    renamed[`${name}.${variable}`] = variable === "weight" ? layOut(tensor, isDepthwise) : tensor;
    if (variable === "running_var") {
      const count: StateTensor = { dtype: "I64", shape: [], data: new BigInt64Array(1) };
      renamed[`${name}.num_batches_tracked`] = count;
    }
  }
  return renamed;
}

function place(stage: number, block: string, inside: string | undefined): string | undefined {
  return inside === undefined ? undefined : `blocks.${stage}.${block}.${inside}`;
}

/** From [height, width, in, out], or [in, out], to PyTorch's layout. */
function layOut(tensor: StateTensor, isDepthwise: boolean): StateTensor {
  const { shape } = tensor;
  if (shape.length < 2) return tensor;
  const axes = shape.length === 2 ? [1, 0] : isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1];
  const data = tf.tidy(() =>
    tf.transpose(tf.tensor(tensor.data as Float32Array, [...shape]), axes).dataSync()
  );
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
