import assert from "node:assert/strict";
import { usesOneDnnAlone } from "../../../lib/tensorflow/c/runtime.ts";
import { geglu, gelu, groupNorm, jit, key, normal, silu, tf } from "galaxykit/tensorflow";

/** Values of a tensor that is large enough, when it has one row for each of these. */
const ROWS = 2 ** 12, CHANNELS = 64;

/** Whether there is a compiler for it. */
const isCompiled = () => Deno.build.arch === "x86_64" && usesOneDnnAlone();

/** Gradients of the sum of y · dy by all inputs but dy, which is the first. */
type Gradients = (dy: tf.Tensor, ...inputs: tf.Tensor[]) => tf.Tensor[];

function gradientsOf(f: (...inputs: tf.Tensor[]) => tf.Tensor): Gradients {
  return (dy, ...inputs) =>
    tf.grads((...all) => tf.sum(tf.mul(f(...all), dy)) as tf.Scalar)(inputs);
}

for (
  const { name, f, shapes, calls } of [
    { name: "silu", f: silu, shapes: [[ROWS, CHANNELS]], calls: 1 },
    { name: "gelu", f: gelu, shapes: [[ROWS, CHANNELS]], calls: 1 },
    { name: "geglu", f: geglu, shapes: [[ROWS, 2 * CHANNELS]], calls: 2 },
    {
      name: "groupNorm",
      f: (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
        groupNorm(x, { groups: 4, scale, offset }),
      shapes: [[4, ROWS / 4, CHANNELS], [CHANNELS], [CHANNELS]],
      calls: 1,
    },
  ] as {
    name: string;
    f: (...inputs: tf.Tensor[]) => tf.Tensor;
    shapes: number[][];
    calls: number;
  }[]
) {
  Deno.test(`${name}() of a large tensor, in fewer passes, is what it is op by op`, () => {
    tf.tidy(() => {
      const inputs = shapes.map((shape, at) => normal(key(at), shape as [number, number]));
      const dy = normal(key(9), f(...inputs).shape as [number, number]);
      const eager = gradientsOf(f);
      const jitted = jit(eager, { name });
      const wanted = eager(dy, ...inputs);
      for (const [at, found] of jitted(dy, ...inputs).entries()) {
        const [error, size] = [tf.sub(found, wanted[at]!), wanted[at]!].map((x) =>
          tf.norm(x).dataSync()[0]!
        );
        assert.ok(error! <= 2e-6 * size!, `gradient ${at}: off by ${error! / size!}`);
      }
      const { text } = jitted.lower(dy, ...inputs);
      assert.equal(text.match(/= PartitionedCall\(/g)?.length, isCompiled() ? calls : undefined);
      jitted.dispose();
    });
  });
}
