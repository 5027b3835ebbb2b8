/**
 * Randomness from keys: the same key gives the same numbers, eager or traced. (XLA turns the same
 * random bits into other fractions: keys, permutations and splits agree there too, normal and
 * uniform numbers do not.) A key is used once; for more, split it.
 *
 * The generator is Philox, counter-based (Salmon et al. 2011), as in TensorFlow's stateless ops.
 *
 * @module
 */

import { refuseOutside } from "../options.ts";
import { tf } from "./engine.ts";
import { attribute, rawOp } from "./raw.ts";
import { activeGraph } from "./trace.ts";

/** Where random numbers come from: two 32-bit integers. */
export type Key = tf.Tensor1D;

/** Number of TensorFlow's generator algorithm: Philox, on every device and under XLA alike. */
const PHILOX = 1;

/**
 * The key of a seed.
 *
 * @param seed A whole number from 0 to 2^53 - 1
 * @throws {RangeError} For any other number
 *
 * @example
 * ```ts
 * import { key, normal } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(normal(key(1), [3]).dataSync(), normal(key(1), [3]).dataSync());
 * ```
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `Cannot make a key: the seed must be a whole number from 0 to 2^53 - 1, found ${seed}`,
    );
  }
  return tf.tensor1d([Math.floor(seed / 2 ** 32) | 0, seed | 0], "int32");
}

/**
 * Several keys out of one, each independent of the others.
 *
 * @param n How many
 *
 * @example
 * ```ts
 * import { key, split } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [forWeights, forDropout] = split(key(7));
 * assert.notDeepEqual(forWeights.dataSync(), forDropout.dataSync());
 * ```
 */
export function split(key: Key, n = 2): Key[] {
  return tf.tidy(() => tf.unstack(bits(key, [n, 2])) as Key[]);
}

/**
 * The key of an item: independent keys for the steps of a loop or the images of a batch.
 *
 * @param data The item's number, or an int32 scalar that holds it
 *
 * @example
 * ```ts
 * import { foldIn, key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * assert.notDeepEqual(foldIn(key(7), 0).dataSync(), foldIn(key(7), 1).dataSync());
 * ```
 */
export function foldIn(key: Key, data: number | tf.Scalar): Key {
  return tf.tidy(() => {
    const item = typeof data === "number" ? tf.scalar(data, "int32") : data;
    const [mixed] = tf.unstack(bits(key, [2]));
    return bits(tf.stack([mixed!, item]) as Key, [2]) as Key;
  });
}

/** Numbers of the normal distribution with mean 0 and standard deviation 1. */
export function normal<R extends tf.Rank>(key: Key, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  return draw("StatelessRandomNormalV2", key, shape) as tf.Tensor<R>;
}

/** Numbers of the normal distribution, drawn again where they lie outside two deviations. */
export function truncatedNormal<R extends tf.Rank>(key: Key, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  return draw("StatelessTruncatedNormalV2", key, shape) as tf.Tensor<R>;
}

/** Numbers evenly distributed over [minimum, maximum). */
export function uniform<R extends tf.Rank>(
  key: Key,
  shape: tf.ShapeMap[R],
  { minimum = 0, maximum = 1 }: {
    /** @default {0} */
    minimum?: number;
    /** @default {1} */
    maximum?: number;
  } = {},
): tf.Tensor<R> {
  refuseOutside({ minimum, maximum }, { minimum: "(-∞, ∞)", maximum: "(-∞, ∞)" }, {
    what: "draw uniform numbers",
  });
  return tf.tidy(() => {
    const unit = draw("StatelessRandomUniformV2", key, shape) as tf.Tensor<R>;
    return minimum === 0 && maximum === 1 ? unit : unit.mul(maximum - minimum).add(minimum);
  });
}

/**
 * Class numbers drawn with the probabilities softmax(logits), by the Gumbel-max method.
 *
 * @param logits [batch, classes]
 * @returns int32 [batch]
 */
export function categorical(key: Key, logits: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    // The smallest number above 0 that `uniform` gives is 2^-23: keep log finite.
    const u = uniform(key, logits.shape, { minimum: 2 ** -24 });
    return tf.argMax(tf.sub(logits, tf.log(tf.neg(tf.log(u)))), -1) as tf.Tensor1D;
  });
}

/** The numbers 0 to n - 1 in random order: int32 [n]. */
export function permutation(key: Key, n: number): tf.Tensor1D {
  return tf.tidy(() => {
    const [, order] = rawOp("TopKV2", [bits(key, [n]), tf.scalar(n, "int32")], {
      attributes: { T: attribute.type("int32"), sorted: attribute.bool(true) },
      outputs: 2,
    });
    return order as tf.Tensor1D;
  });
}

/**
 * Sets a share of the values to zero and scales the others up, so that the mean stays.
 *
 * @param rate The share to drop, in [0, 1)
 * @throws {RangeError} For another rate
 */
export function dropout<T extends tf.Tensor>(key: Key, x: T, { rate }: { rate: number }): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`Cannot drop values: the rate must be in [0, 1), found ${rate}`);
  }
  if (rate === 0) return x.clone() as T;
  return tf.tidy(() => {
    const kept = tf.greaterEqual(uniform(key, x.shape), rate);
    return tf.mul(x, tf.div(tf.cast(kept, "float32"), 1 - rate)) as T;
  });
}

/** Random bits as int32. */
function bits(key: Key, shape: readonly number[]): tf.Tensor {
  return draw("StatelessRandomUniformFullIntV2", key, shape, "int32");
}

function draw(
  op: string,
  seed: Key,
  shape: readonly number[],
  dtype: "float32" | "int32" = "float32",
): tf.Tensor {
  if (!(seed instanceof tf.Tensor)) {
    throw new TypeError(
      `Cannot draw random numbers: a key is wanted, such as key(1), found ${typeof seed} ${seed}`,
    );
  }
  return tf.tidy(() => {
    const [philoxKey, counter] = activeGraph()?.xla
      ? scrambled(seed)
      : rawOp("StatelessRandomGetKeyCounter", [seed], {
        attributes: { Tseed: attribute.type("int32") },
        outputs: 2,
      });
    const lengths = tf.tensor1d([...shape], "int32");
    const inputs = [lengths, philoxKey, counter!, tf.scalar(PHILOX, "int32")];
    return rawOp(op, inputs, {
      attributes: { dtype: attribute.type(dtype), Tshape: attribute.type("int32") },
    })[0];
  });
}

/** The key that TensorFlow's StatelessRandomGetKeyCounter scrambles seeds with. */
const SCRAMBLE = Int32Array.of(0x3ec8f720, 0x02461e29);

/**
 * As StatelessRandomGetKeyCounter, which XLA's cuts off above 32 bits, so that it knows no negative
 * number: one block of Philox at the place that the seed names is the key, and the place to begin.
 */
function scrambled(seed: Key): [tf.Tensor, tf.Tensor] {
  const place = bitcast(
    rawOp("Cast", [seed], { attributes: { DstT: attribute.type("int64") } })[0],
  );
  const key = bitcast(tf.tensor2d(SCRAMBLE, [1, 2], "int32"));
  const inputs = [tf.tensor1d([4], "int32"), key, place, tf.scalar(PHILOX, "int32")];
  const [block] = rawOp("StatelessRandomUniformFullIntV2", inputs, {
    attributes: { dtype: attribute.type("int32"), Tshape: attribute.type("int32") },
  });
  const [first, second] = tf.split(tf.reshape(block, [2, 2]), 2);
  return [bitcast(first!), bitcast(tf.concat([tf.zeros([1, 2], "int32"), second!]))];
}

/** Pairs of 32-bit numbers, or 64-bit ones, as unsigned numbers of 64 bits. */
function bitcast(x: tf.Tensor): tf.Tensor {
  return rawOp("Bitcast", [x], { attributes: { type: attribute.type("uint64") } })[0];
}
