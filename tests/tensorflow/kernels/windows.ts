/**
 * Pooling and convolution beside PyTorch's: values and gradients.
 *
 * @module
 */

import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { assertStored, readCases, restore, type Stored } from "./reference.ts";

type Case = {
  kernel: string;
  inputs: Record<string, Stored>;
  // deno-lint-ignore no-explicit-any -- as the generator writes them
  options: any;
  output: Stored;
  cotangent: Stored;
  gradients: Record<string, Stored>;
};

type Run = (inputs: Record<string, tf.Tensor>, options: Case["options"]) => tf.Tensor;

/** Tests ops on the cases of windows.json, at once and inside `jit`. */
export async function testWindows(ops: Record<string, Run>): Promise<void> {
  const cases = await readCases<Case>("windows.json");
  for (const [kernel, run] of Object.entries(ops)) {
    const own = cases.filter((one) => one.kernel === kernel);
    Deno.test(`${kernel}() with padding by numbers agrees with PyTorch, gradients too`, () => {
      assert.ok(own.length > 0);
      for (const one of own) tf.tidy(() => testCase(one, run));
    });
  }
}

function testCase({ inputs, options, output, cotangent, gradients }: Case, run: Run): void {
  const names = Object.keys(inputs);
  const tensors = names.map((name) => restore(inputs[name]!));
  const compute = (...given: tf.Tensor[]) =>
    run(Object.fromEntries(names.map((name, index) => [name, given[index]!])), options);
  const dy = restore(cotangent);
  const both = (...given: tf.Tensor[]) => {
    const { value, grads } = tf.valueAndGrads(compute)(given, dy);
    return [value, ...grads];
  };
  for (const [mode, call] of Object.entries({ "at once": both, traced: jit(both) })) {
    const label = `${mode}: ${JSON.stringify(options)}`;
    const [value, ...found] = call(...tensors);
    assertStored(value!, output, label);
    names.forEach((name, index) => assertStored(found[index]!, gradients[name]!, label));
  }
}
