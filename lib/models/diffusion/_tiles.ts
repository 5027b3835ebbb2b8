/**
 * Images in overlapping tiles, one after the other.
 *
 * @module
 */

import { tf } from "../../tensorflow/mod.ts";

/**
 * Runs `body` on square tiles of an image, and puts what it gives together: where two overlap, one
 * fades into the other.
 *
 * @param x [batch, height, width, channels]
 * @param body Gives a tile of `scale` times the size
 * @param settings `size` of a tile and `overlap` with the next, in pixels of x
 */
export function inTiles(
  x: tf.Tensor,
  body: (tile: tf.Tensor) => tf.Tensor,
  { size, overlap, scale }: { size: number; overlap: number; scale: number },
): tf.Tensor {
  const [batch, height, width, channels] = x.shape as tf.Tensor4D["shape"];
  const step = size - overlap;
  const [fade, limit] = [overlap * scale, step * scale];
  const [tops, lefts] = [height, width].map((side) =>
    // A tile that would lie wholly in the one before is left out
    Array.from({ length: Math.ceil(side / step) }, (_, at) => at * step)
      .filter((start) => start === 0 || start + overlap < side)
  ) as [number[], number[]];
  return tf.tidy(() => {
    let above: tf.Tensor[] = [];
    const rows = tops.map((top) => {
      const row: tf.Tensor[] = [];
      for (const [at, left] of lefts.entries()) {
        row.push(tf.tidy(() => {
          const sides = [Math.min(size, height - top), Math.min(size, width - left)] as const;
          const tile = body(tf.slice(x, [0, top, left, 0], [batch, ...sides, channels]));
          const lower = faded(above[at], tile, { axis: 1, fade });
          return faded(row[at - 1], lower, { axis: 2, fade });
        }));
      }
      above = row;
      const rowLimit = top === tops.at(-1) ? Infinity : limit;
      return tf.concat(
        row.map((tile, at) => cut(tile, [rowLimit, at === row.length - 1 ? Infinity : limit])),
        2,
      );
    });
    return tf.concat(rows, 1);
  });
}

/** The second of two neighbours, its beginning faded in from the end of the first. */
function faded(
  before: tf.Tensor | undefined,
  tile: tf.Tensor,
  { axis, fade }: { axis: 1 | 2; fade: number },
): tf.Tensor {
  const extent = Math.min(fade, tile.shape[axis]!, before?.shape[axis] ?? 0);
  if (before === undefined || extent === 0) return tile;
  const shares = Float32Array.from({ length: extent }, (_, at) => at / extent);
  const weights = tf.tensor(shares, axis === 1 ? [1, extent, 1, 1] : [1, 1, extent, 1]);
  const [, end] = tf.split(before, [before.shape[axis]! - extent, extent], axis);
  const [start, rest] = tf.split(tile, [extent, tile.shape[axis]! - extent], axis);
  return tf.concat([tf.add(end!, tf.mul(tf.sub(start!, end!), weights)), rest!], axis);
}

/** The first rows and columns. */
function cut(tile: tf.Tensor, [rows, columns]: readonly [number, number]): tf.Tensor {
  const [batch, height, width, channels] = tile.shape as tf.Tensor4D["shape"];
  const sides = [Math.min(rows, height), Math.min(columns, width)] as const;
  return tf.slice(tile, [0, 0, 0, 0], [batch, ...sides, channels]);
}
