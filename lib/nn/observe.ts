/**
 * Looking into a network while it runs: what forward hooks are to PyTorch.
 *
 * @module
 */

import type { tf } from "../tensorflow/mod.ts";
import type { CallOptions, Layer } from "./module.ts";

/** Sees what a layer gives. What it returns, if anything, goes on in its place. */
export type Observer = (output: tf.Tensor) => tf.Tensor | void;

/**
 * Runs `body` with observers on layers, and takes them off again. A layer that is called several
 * times is seen each time.
 *
 * A batch normalisation that is folded into its convolution leaves no output of the convolution to
 * see; where one of the two is observed they are computed apart. A function that `jit` traced
 * before does not call its layers any more: observe inside the jitted function.
 *
 * @param body Synchronous
 *
 * @example
 * ```ts
 * import { Linear, observe, ReLU, Sequential } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const hidden = new ReLU();
 * const model = new Sequential([new Linear(4, 8, { key: key(1) }), hidden]);
 * const shapes: number[][] = [];
 * const y = observe(
 *   new Map([[hidden, (output: tf.Tensor) => {
 *     shapes.push(output.shape);
 *     return tf.zerosLike(output);
 *   }]]),
 *   () => model.call(tf.ones([2, 4])),
 * );
 * assert.deepEqual(shapes, [[2, 8]]);
 * assert.equal(y.sum().dataSync()[0], 0);
 * ```
 */
export function observe<T>(observers: ReadonlyMap<Layer, Observer>, body: () => T): T {
  const undo: (() => void)[] = [];
  try {
    for (const [layer, observer] of observers) {
      undo.push(layOver(layer, (call, x, options) => {
        const output = call(x, options);
        return observer(output) ?? output;
      }));
    }
    return body();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

/** Whether somebody looks at what the layer gives, or adapts it. */
export function isObserved(layer: Layer): boolean {
  return Object.hasOwn(layer, "call");
}

/**
 * Lays a `call` over the layer's: what it returns is the layer's output from now on.
 *
 * @param over Is given the layer's own `call`
 * @returns How to take it off, last laid first
 */
export function layOver(
  layer: Layer,
  over: (call: Layer["call"], x: tf.Tensor, options?: CallOptions) => tf.Tensor,
): () => void {
  const before = Object.getOwnPropertyDescriptor(layer, "call");
  const call = layer.call.bind(layer);
  Object.defineProperty(layer, "call", {
    configurable: true,
    value: (x: tf.Tensor, options?: CallOptions) => over(call, x, options),
  });
  return function restore(): void {
    if (before === undefined) Reflect.deleteProperty(layer, "call");
    else Object.defineProperty(layer, "call", before);
  };
}
