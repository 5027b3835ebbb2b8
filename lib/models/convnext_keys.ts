/**
 * ConvNeXt's weights under torchvision's names.
 *
 * @module
 */

import type { StateDict } from "../nn/mod.ts";

/** What torchvision calls what stands in a block. */
const BLOCK: Record<string, string> = {
  ...{ "block.0": "conv_dw", "block.2": "norm", "block.3": "mlp.fc1", "block.5": "mlp.fc2" },
};

const OTHERS: Record<string, string> = {
  ...{ "features.0.0": "stem.0", "features.0.1": "stem.1" },
  ...{ "classifier.0": "head.norm", "classifier.2": "head.fc" },
};

/**
 * Gives torchvision's weights of `convnext_tiny`, `_small` and `_base` the names of this kit.
 *
 * @throws {RangeError} For a name that torchvision does not give
 *
 * @example
 * ```ts
 * import { convnextFromTorchvision } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const tensor = { dtype: "F32", shape: [8, 1, 1], data: new Float32Array(8) } as const;
 * const state = convnextFromTorchvision({ "features.3.2.layer_scale": tensor });
 * assert.deepEqual(state["stages.1.blocks.2.gamma"].shape, [8]);
 * ```
 */
export function convnextFromTorchvision(state: Readonly<StateDict>): StateDict {
  return Object.fromEntries(
    Object.entries(state).map(([key, tensor]) => {
      const at = key.lastIndexOf(".");
      const [layer, variable] = [key.slice(0, at), key.slice(at + 1)];
      // Blocks and what halves the image take turns: features.1, .3 … and features.2, .4 …
      const [, part, index, inside] = /^features\.([1-7])\.(\d+)(?:\.(.+))?$/.exec(layer) ?? [];
      const stage = `stages.${Math.floor((Number(part) - 1) / 2)}`;
      const isBlock = Number(part) % 2 === 1;
      if (isBlock && inside === undefined && variable === "layer_scale") {
        return [`${stage}.blocks.${index}.gamma`, { ...tensor, shape: [tensor.shape[0]!] }];
      }
      const name = part === undefined
        ? OTHERS[layer]
        : isBlock
        ? BLOCK[inside ?? ""] && `${stage}.blocks.${index}.${BLOCK[inside!]}`
        : inside === undefined
        ? `stages.${Number(part) / 2}.downsample.${index}`
        : undefined;
      if (name === undefined) {
        throw new RangeError(`Cannot rename "${key}": it is no weight of torchvision's ConvNeXt`);
      }
      return [`${name}.${variable}`, tensor];
    }),
  );
}
