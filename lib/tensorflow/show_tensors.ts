/**
 * What a console and a notebook show of a tensor: its type, shape, and its values where they are few.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { inspect } from "../inspect.ts";

/** Values that are shown, at most. */
const MOST = 100;

Object.defineProperty(tf.Tensor.prototype, inspect, {
  value: function (this: tf.Tensor): string {
    const kind = this instanceof tf.Variable ? "Variable" : "Tensor";
    const shape = this.shape.length === 0 ? "scalar" : this.shape.join(" x ");
    const head = `${kind} ${this.dtype}, ${shape}`;
    if (this.isDisposed) return `${head}, disposed of`;
    const values = this.size > 0 && this.size <= MOST ? valuesOf(this) : undefined;
    return values === undefined ? head : `${head}\n${values}`;
  },
  configurable: true,
  writable: true,
});

/** The values as nested lists, without their type; none while a function is traced. */
function valuesOf(tensor: tf.Tensor): string | undefined {
  try {
    return tensor.toString().replace(/^(Tensor|Variable)\n/, "");
  } catch {
    return undefined;
  }
}
