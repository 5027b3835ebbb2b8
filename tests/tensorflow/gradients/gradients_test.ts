import assert from "node:assert/strict";
import { jit, tf } from "galaxykit/tensorflow";
import { CASES, WITHOUT } from "./cases.ts";
import { checkGradients } from "./finite_differences.ts";

for (const [kernel, cases] of Object.entries(CASES)) {
  for (const { name, ...rest } of cases) {
    const told = name === undefined ? "" : `: ${name}`;
    Deno.test(`${kernel} has the gradients that finite differences show${told}`, async () => {
      let failure: unknown;
      const { kernelNames } = await tf.profile(() => {
        try {
          checkGradients(rest);
        } catch (error) {
          failure = error;
        }
        return [];
      });
      if (failure !== undefined) throw failure;
      assert.ok(kernelNames.includes(kernel), `${kernel} was not run, but ${kernelNames}`);
    });
  }
}

Deno.test("Every kernel that tfjs names has a case, or a reason why it has no gradient", () => {
  const names = Object.values(tf as unknown as Record<string, unknown>)
    .filter((name) => typeof name === "string" && tf.getKernelsForBackend !== undefined)
    .filter((name) => /^_?[A-Z]/.test(String(name))) as string[];
  const told = [...Object.keys(CASES), ...Object.values(WITHOUT).flat()];
  assert.deepEqual(names.filter((name) => !told.includes(name)), []);
  assert.deepEqual(told.filter((name) => !names.includes(name)), []);
  assert.equal(new Set(told).size, told.length);
});

Deno.test("A second gradient sees outputs that were kept for the first", () => {
  // f = x tanh x: tfjs takes tanh x for a constant in f' = tanh x + x (1 - tanh² x).
  const second = tf.grad(tf.grad((x) => tf.mul(x, tf.tanh(x))));
  const t = Math.tanh(0.7);
  const wanted = 2 * (1 - t * t) - 2 * 0.7 * t * (1 - t * t);
  assert.ok(Math.abs(second(tf.scalar(0.7)).dataSync()[0]! - wanted) < 1e-6);
  const third = tf.grad(tf.grad(tf.grad((x) => tf.exp(x))));
  assert.ok(Math.abs(third(tf.scalar(0.5)).dataSync()[0]! - Math.exp(0.5)) < 1e-6);
});

Deno.test("A condition inside a gradient is a constant", () => {
  const f = (x: tf.Tensor) =>
    tf.where(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 2)), tf.square(x), x);
  const x = tf.tensor1d([-1, 1.5, 3]);
  assert.deepEqual([...tf.grad(f)(x).dataSync()], [1, 3, 1]);
  assert.deepEqual([...jit((x: tf.Tensor) => tf.grad(f)(x))(x).dataSync()], [1, 3, 1]);
});

Deno.test("A function that throws inside a gradient leaves nothing behind", () => {
  const x = tf.tensor1d([1, 2]);
  const before = tf.memory().numTensors;
  const fails = () =>
    tf.tidy(() =>
      tf.grad((x) => {
        tf.exp(tf.mul(x, x));
        throw new RangeError("no");
      })(x)
    );
  assert.throws(fails, { message: "no" });
  assert.throws(() => jit(fails)(), { message: "no" });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([...tf.grad((x) => tf.square(x))(x).dataSync()], [2, 4]);
});
