/**
 * Networks beside those of diffusers that they follow (`tests/reference/diffusion.py`).
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { LoadableTensor, Module } from "galaxykit/nn";
import { jit, tf } from "galaxykit/tensorflow";
import {
  assertClose,
  asTensor,
  type FixtureCase,
  type Values,
  valuesOf,
  withPrefix,
} from "../../nn/reference.ts";

/** A tiny network of diffusers: its weights, inputs, outputs and gradients. */
export type DiffusersNetwork<Config> = FixtureCase<{ config: Partial<Config> }>;

/** The largest relative error that is let pass: small enough for an epsilon of 1e-5 in place of 1e-6. */
export const TOLERANCE = 2e-5;

/** Compares with a tensor of the fixture. */
export function assertNear(found: tf.Tensor, wanted: Values, what: string): void {
  assertClose(valuesOf(found), wanted, { tolerance: TOLERANCE, what });
}

/**
 * The model, loaded, gives diffusers' output, eager and traced, and the gradients of its product with
 * a cotangent, summed; and leaves no tensor behind.
 *
 * @param run The output that is differentiated
 */
export function assertAgrees<Names extends string>(
  model: Module,
  { tensors }: FixtureCase<unknown>,
  { inputs: names, output, run }: {
    inputs: readonly Names[];
    /** Its name in the fixture. */
    output: string;
    run: (inputs: { [name in Names]: tf.Tensor }) => tf.Tensor;
  },
): void {
  const state = withPrefix<LoadableTensor>(tensors, "state/");
  model.loadStateDict(state);
  const inputs = Object.fromEntries(
    names.filter((name) => tensors[name]).map((name) => [name, asTensor(tensors[name]!)]),
  ) as { [name in Names]: tf.Tensor };
  const cotangent = asTensor(tensors["cotangent"]!);
  const parameters = model.namedParameters();
  const floats = Object.keys(inputs).filter((name) => `gradient/${name}` in tensors) as Names[];
  const traced = jit(run);

  const before = tf.memory().numTensors;
  tf.tidy(() => {
    assertNear(run(inputs), tensors[output]!, "output");
    assertNear(traced(inputs), tensors[output]!, "output, traced");
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(run(inputs), cotangent)) as tf.Scalar);
    const ofInputs = tf.grads((...values: tf.Tensor[]) => {
      const own = Object.fromEntries(floats.map((name, at) => [name, values[at]]));
      return tf.sum(tf.mul(run({ ...inputs, ...own }), cotangent));
    })(floats.map((name) => inputs[name]));
    for (const [at, name] of floats.entries()) {
      assertNear(ofInputs[at]!, tensors[`gradient/${name}`]!, `gradient of ${name}`);
    }
    for (const [name, wanted] of Object.entries(withPrefix(tensors, "gradient/"))) {
      if (floats.includes(name as Names)) continue;
      const found = grads[parameters[name]!.name]!;
      const axes = found.rank === 4 ? [3, 2, 0, 1] : wanted.shape.length === 2 ? [1, 0] : undefined;
      const isTable = name === "class_embedding.weight" && found.shape[0] === wanted.shape[0];
      assertNear(
        axes && !isTable ? tf.transpose(found, axes) : found,
        wanted,
        `gradient of ${name}`,
      );
    }
  });
  assert.equal(tf.memory().numTensors, before, "tensors are left");
  traced.dispose();
  tf.dispose([inputs, cotangent]);
}

/** What a network of full size comes to. */
export type DiffusersSize = {
  keys: number;
  first: string;
  last: string;
  sha256: string;
  parameters: number;
};

/** A model has the keys and shapes of diffusers', sorted, and as many parameters. */
export function assertSize(model: Module, wanted: DiffusersSize): void {
  const lines = Object.entries(model.stateShapes())
    .map(([key, shape]) => `${key} [${shape.join(", ")}]`)
    .sort();
  assert.deepEqual({
    keys: lines.length,
    first: lines[0],
    last: lines.at(-1),
    sha256: createHash("sha256").update(lines.join("\n").replaceAll(", ", ",")).digest("hex"),
    parameters: model.parameterCount(),
  }, wanted);
}
