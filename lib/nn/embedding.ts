/**
 * Embedding tables.
 *
 * @module
 */

import { embedding, type Key, normal, type tf } from "../tensorflow/mod.ts";
import { initialize, type Initializer } from "./init.ts";
import { Layer } from "./module.ts";

/** A row of a table for each index: int32 [...] to [..., dimension]. */
export class Embedding extends Layer {
  /** [rows, dimension]. */
  readonly weight: tf.Variable;

  constructor(rows: number, dimension: number, { init = standardNormal, key }: {
    /** @default {normal, of variance 1} */
    init?: Initializer;
    /** Where the first values come from. @default {none: they are to be loaded} */
    key?: Key;
  } = {}) {
    super();
    const weight = { shape: [rows, dimension], fanIn: rows, fanOut: dimension };
    this.weight = this.parameter(initialize(init, key, weight));
  }

  call(indices: tf.Tensor): tf.Tensor {
    return embedding(this.weight, indices);
  }
}

const standardNormal: Initializer = (key, { shape }) => normal(key, [...shape]);
