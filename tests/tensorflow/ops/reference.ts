/**
 * Compares ops with what PyTorch computed: the fixtures of `tests/reference/ops.py`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { jit, tf } from "galaxykit/tensorflow";
import { readSafetensors, type StoredTensor, toFloat32 } from "galaxykit/weights";

/** The tensors of a case by PyTorch's names. */
export type Tensors = { [name: string]: tf.Tensor };

// deno-lint-ignore no-explicit-any
type Options = any;

/** An op of the kit called with PyTorch's inputs and options; gives its outputs in order. */
export type Adapter = (inputs: Tensors, options: Options) => tf.Tensor | tf.Tensor[];

type Case = {
  name: string;
  op: string;
  options: Options;
  inputs: string[];
  outputs: string[];
  gradients: string[];
  float32Error: number;
};

/** One test for each case of a fixture: outputs and gradients, eager and jitted. */
export function testFixture(file: string, adapters: { [op: string]: Adapter }): void {
  const path = fileURLToPath(new URL(`../../reference/${file}`, import.meta.url));
  const { tensors: stored, metadata } = readSafetensors(path);
  const { cases } = JSON.parse(metadata.fixture!) as { cases: Case[] };
  for (const entry of cases) {
    Deno.test(`${entry.op}() agrees with PyTorch: ${entry.name}`, () => {
      const adapter = adapters[entry.op];
      assert.ok(adapter !== undefined, `no adapter for ${entry.op}`);
      const tensorsBefore = tf.memory().numTensors;
      tf.tidy(() => check(entry, adapter, (role) => stored[`${entry.name}/${role}`]!));
      assert.equal(tf.memory().numTensors, tensorsBefore, "tensors leaked");
    });
  }
}

function check(entry: Case, adapter: Adapter, stored: (role: string) => StoredTensor): void {
  const inputs = Object.fromEntries(entry.inputs.map((name) => [name, asTensor(stored(name))]));
  const differentiated = entry.gradients.map((name) => inputs[name]!);
  const run = (tensors: tf.Tensor[], cotangent?: tf.Tensor) => {
    const given = { ...inputs };
    entry.gradients.forEach((name, index) => given[name] = tensors[index]!);
    const first = () => [adapter(given, entry.options)].flat();
    if (cotangent === undefined) return { outputs: first(), gradients: [] };
    const loss = (...wanted: tf.Tensor[]) => {
      entry.gradients.forEach((name, index) => given[name] = wanted[index]!);
      return tf.sum(tf.mul(first()[0]!, cotangent)) as tf.Scalar;
    };
    return { outputs: first(), gradients: tf.grads(loss)(tensors) };
  };
  const cotangent = entry.gradients.length > 0 ? asTensor(stored("cotangent")) : undefined;
  const tolerance = 1e-5 + 10 * entry.float32Error;
  const jitted = jit(run);
  for (
    const [mode, { outputs, gradients }] of [
      ["eager", run(differentiated, cotangent)],
      ["jit", jitted(differentiated, cotangent)],
    ] as const
  ) {
    entry.outputs.forEach((name, index) =>
      assertClose(outputs[index]!, stored(name), tolerance, `${mode} ${name}`)
    );
    entry.gradients.forEach((name, index) =>
      assertClose(gradients[index]!, stored(`gradient/${name}`), tolerance, `${mode} d${name}`)
    );
  }
  jitted.dispose();
}

function asTensor(stored: StoredTensor): tf.Tensor {
  const shape = [...stored.shape];
  if (stored.dtype === "BOOL") return tf.tensor(stored.data as Uint8Array, shape, "bool");
  if (stored.dtype === "I32") return tf.tensor(stored.data as Int32Array, shape, "int32");
  return tf.tensor(toFloat32(stored), shape);
}

/** The largest error, relative to the largest value or to 1 if that is larger. */
function assertClose(
  found: tf.Tensor,
  stored: StoredTensor,
  tolerance: number,
  what: string,
): void {
  assert.deepEqual(found.shape, [...stored.shape], `shape of ${what}`);
  const [values, wanted] = [found.dataSync(), toFloat32(stored)];
  const size = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const worst = wanted.reduce(
    (largest, value, at) => Math.max(largest, Math.abs(value - values[at]!)),
    0,
  );
  assert.ok(worst <= tolerance * size, `${what}: off by ${worst} at a size of ${size}`);
}
