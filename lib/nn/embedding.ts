/**
 * Embedding tables.
 *
 * @module
 */

import { embedding, type Key, normal, type tf } from "../tensorflow/mod.ts";
import { unset } from "../tensorflow/unset.ts";
import { Layer } from "./module.ts";

/** A row of a table for each index: int32 [...] to [..., dimension]. */
export class Embedding extends Layer {
  /** [rows, dimension]. */
  readonly weight: tf.Variable;

  constructor(rows: number, dimension: number, { key }: {
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
  } = {}) {
    super();
    const shape = [rows, dimension];
    this.weight = this.parameter(key === undefined ? unset(shape) : normal(key, shape));
  }

  call(indices: tf.Tensor): tf.Tensor {
    return embedding(this.weight, indices);
  }
}
