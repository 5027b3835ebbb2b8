/**
 * Layers one after the other.
 *
 * @module
 */

import { foldIn, type tf } from "../tensorflow/mod.ts";
import { Conv2d } from "./conv.ts";
import { type CallOptions, Layer } from "./module.ts";
import { BatchNorm2d } from "./normalization.ts";

/**
 * Applies layers in order. Their names are their positions, or those of the record.
 *
 * @example
 * ```ts
 * import { Linear, ReLU, Sequential } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const head = new Sequential([new Linear(4, 3, { key: key(1) }), new ReLU()]);
 * assert.deepEqual(Object.keys(head.stateDict()), ["0.weight", "0.bias"]);
 * assert.deepEqual(head.call(tf.ones([2, 4])).shape, [2, 3]);
 *
 * const named = new Sequential({ fc: new Linear(4, 3, { key: key(1) }), act: new ReLU() });
 * assert.deepEqual(Object.keys(named.stateDict()), ["fc.weight", "fc.bias"]);
 * ```
 */
export class Sequential extends Layer {
  readonly #layers: [name: string, layer: Layer][];

  constructor(layers: readonly Layer[] | Readonly<Record<string, Layer>>) {
    super();
    this.#layers = Object.entries(layers);
  }

  /** The layers, in order. */
  get layers(): Layer[] {
    return this.#layers.map(([, layer]) => layer);
  }

  protected override members(): [string, Layer][] {
    return this.#layers;
  }

  call(x: tf.Tensor, { training = false, key }: CallOptions = {}): tf.Tensor {
    const { layers } = this;
    let value = x;
    for (let index = 0; index < layers.length; index++) {
      const [layer, next] = [layers[index]!, layers[index + 1]];
      const own = key && training ? foldIn(key, index) : undefined;
      if (layer instanceof Conv2d && next instanceof BatchNorm2d) {
        value = next.callAfter(layer, value, { training, key: own });
        index++;
      } else {
        value = layer.call(value, { training, key: own });
      }
    }
    return value;
  }
}
