/**
 * Kernels beside what other implementations gave for the same inputs: tests/reference/kernels.json
 * and windows.json.
 *
 * @module
 */

import { backend, jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";

/** A tensor as JSON has it: numbers that are none as texts. */
export type Stored = { dtype?: tf.DataType; shape: number[]; values: (number | string)[] };

type Inputs = Record<string, Stored | Stored[]>;

type Case = {
  kernel: string;
  inputs: Inputs;
  // deno-lint-ignore no-explicit-any -- as the generators write them
  options: any;
  outputs?: Stored[];
  error?: string;
};

/** What runs a kernel, through tfjs's own function. */
export type Run = (
  // deno-lint-ignore no-explicit-any -- a tensor, or a list of them
  inputs: Record<string, any>,
  options: Case["options"],
) => tf.Tensor | tf.Tensor[];

/** The cases of a file of tests/reference. */
export async function readCases<T = Case>(name: string): Promise<T[]> {
  const path = new URL(`../../reference/${name}`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(path)).cases;
}

/** The tensor that was stored. */
export function restore({ dtype = "float32", shape, values }: Stored): tf.Tensor {
  const plain = dtype === "string" ? values : values.map(Number);
  return tf.tensor(plain as number[], shape, dtype);
}

/** Asserts that a tensor is the stored one, within 3e-6 of the largest number, or of 1. */
export function assertStored(actual: tf.Tensor, wanted: Stored, message: string): void {
  const { dtype = "float32", shape, values } = wanted;
  assert.deepEqual([actual.dtype, actual.shape], [dtype, shape], message);
  const found = [...actual.dataSync() as Iterable<number | string>];
  assert.equal(found.length, values.length, message);
  const largest = Math.max(1, ...values.map((value) => Math.abs(Number(value))).filter(isFinite));
  found.forEach((value, index) => {
    const target = dtype === "string" ? values[index]! : Number(values[index]);
    if (dtype !== "float32") {
      assert.equal(Number(target) === target ? Number(value) : value, target);
    } else if (!Object.is(value, target) && value !== target) {
      const error = Math.abs(value as number - (target as number));
      assert.ok(
        error <= 3e-6 * largest,
        `${message}: found ${value} at ${index}, ${target} wanted`,
      );
    }
  });
}

/**
 * Tests kernels at once and inside `jit`, and that they leave no tensor behind. Those whose outputs
 * have lengths that depend on values must say so inside `jit`.
 */
export async function testKernels(
  kernels: Record<string, Run>,
  { openShapes = [] }: { openShapes?: string[] } = {},
): Promise<void> {
  const cases = await readCases("kernels.json");
  for (const [kernel, run] of Object.entries(kernels)) {
    const own = cases.filter((one) => one.kernel === kernel);
    Deno.test(`${kernel} gives what Python's TensorFlow gives, at once and traced`, () => {
      assert.ok(own.length >= 2, `${own.length} cases`);
      for (const one of own) {
        const before = backend().binding.getNumOfTensors();
        tf.tidy(() => testCase(one, run, openShapes.includes(kernel)));
        assert.equal(backend().binding.getNumOfTensors(), before, "tensors are left behind");
      }
    });
  }
}

function testCase({ inputs, options, outputs, error }: Case, run: Run, isOpen: boolean): void {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, stored]) =>
      [name, Array.isArray(stored) ? stored.map(restore) : restore(stored)] as const
    ),
  );
  const label = JSON.stringify({ inputs, options }).slice(0, 300);
  if (error !== undefined) {
    assert.throws(() => run(tensors, options), ({ name, message }: Error) => {
      assert.equal(name, "TensorFlowError");
      assert.match(message, /^Cannot run "\w+" on .+: /);
      assert.ok(message.endsWith(`: ${error}`), message);
      return true;
    });
    return;
  }
  [run(tensors, options)].flat().forEach((output, index) =>
    assertStored(output, outputs![index]!, label)
  );
  const traced = jit((given: typeof tensors) => [run(given, options)].flat());
  if (isOpen) {
    assert.throws(() => traced(tensors), { name: "TypeError", message: /depends on values/ });
    return;
  }
  traced(tensors).forEach((output, index) => assertStored(output, outputs![index]!, label));
  traced.dispose();
}
