/**
 * Values that are no numbers: where a training has broken, whatever made it.
 *
 * @module
 */

import type { Module } from "../nn/mod.ts";
import { tf } from "../tensorflow/mod.ts";
import { type Named, prefixed } from "./optimizers.ts";

/** All that a training changes, or computes with. */
type Trained = { model: Module; state?: Named<tf.Variable> };

/** The first of a training's variables that holds NaN or infinite values, as messages call it. */
export async function firstNotFinite(
  { model, state = {} }: Trained,
): Promise<string | undefined> {
  const variables = Object.entries({
    ...model.namedParameters(),
    ...model.namedBuffers(),
    ...prefixed("state/", state),
  }).filter(([, { dtype }]) => dtype === "float32");
  if (variables.length === 0) return undefined;
  const all = tf.tidy(() =>
    tf.stack(
      variables.map(([, value]) => tf.tidy(() => tf.cast(tf.all(tf.isFinite(value)), "float32"))),
    )
  );
  const wrong = (await all.data()).indexOf(0);
  all.dispose();
  if (wrong < 0) return undefined;
  const [name] = variables[wrong]!;
  return name.startsWith("state/")
    ? `"${name.slice("state/".length)}" of the optimiser or the averages`
    : `"${name}" of ${model.modelName}`;
}
