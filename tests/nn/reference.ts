/**
 * Fixtures that PyTorch computed (`tests/reference/*.py`), and how close is close.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { tf } from "galaxykit/tensorflow";
import { readSafetensors, type StoredTensor, toFloat32 } from "galaxykit/weights";

/** A case of a fixture with its tensors by role, such as `state/fc.weight`. */
export type FixtureCase<Description> = Description & {
  name: string;
  tensors: Record<string, StoredTensor>;
};

/** Reads the cases of a fixture. */
export function readFixture<Description>(file: string): FixtureCase<Description>[] {
  const path = fileURLToPath(new URL(`../reference/${file}`, import.meta.url));
  const { tensors, metadata } = readSafetensors(path);
  const { cases } = JSON.parse(metadata.fixture!) as { cases: FixtureCase<Description>[] };
  return cases.map((entry) => ({ ...entry, tensors: withPrefix(tensors, `${entry.name}/`) }));
}

/** The tensors whose name begins with a prefix, without it. */
export function withPrefix<T>(tensors: Record<string, T>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** A stored tensor as one of the engine. */
export function asTensor(stored: StoredTensor): tf.Tensor {
  const shape = [...stored.shape];
  if (stored.dtype === "I32") return tf.tensor(stored.data as Int32Array, shape, "int32");
  return tf.tensor(toFloat32(stored), shape);
}

/** What {@linkcode assertClose} compares. */
export type Values = { shape: readonly number[]; data: ArrayLike<number | bigint> };

/** The values of a tensor. */
export function valuesOf(tensor: tf.Tensor): Values {
  return { shape: tensor.shape, data: tensor.dataSync() };
}

/** The largest error, relative to the largest value or to 1 if that is larger, is within bounds. */
export function assertClose(found: Values, wanted: Values, options: {
  tolerance: number;
  /** What is compared, for the message. */
  what: string;
}): void {
  const { tolerance, what } = options;
  assert.deepEqual(found.shape, [...wanted.shape], `shape of ${what}`);
  let [size, worst] = [1, 0];
  for (let index = 0; index < wanted.data.length; index++) {
    const value = Number(wanted.data[index]);
    size = Math.max(size, Math.abs(value));
    const error = Math.abs(value - Number(found.data[index]));
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  assert.ok(worst <= tolerance * size, `${what}: off by ${worst} at a size of ${size}`);
}
