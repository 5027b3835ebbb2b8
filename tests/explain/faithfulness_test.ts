import assert from "node:assert/strict";
import { deletionAndInsertion, output, shareInside } from "galaxykit/explain";
import { resnet18 } from "galaxykit/models";
import { key, normal, tf } from "galaxykit/tensorflow";

Deno.test("deletionAndInsertion() goes from the image to the baseline and back", async () => {
  const model = resnet18({ classes: 2, width: 4, key: key(1) });
  const image = normal(key(2), [32, 32, 3]) as tf.Tensor3D;
  const target = output(1);
  const map = tf.tidy(() => tf.sum(tf.abs(image), 2));
  const { deletion, insertion } = await deletionAndInsertion(model, image, {
    map,
    target,
    steps: 5,
  });
  const [full, empty] = tf.tidy(() =>
    [image, tf.zerosLike(image)].map((x) => target(model.call(tf.expandDims(x))).dataSync()[0]!)
  );
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-5, `${a} ${b}`);
  close(deletion.values[0]!, full!);
  close(deletion.values[5]!, empty!);
  close(insertion.values[0]!, empty!);
  close(insertion.values[5]!, full!);
});

Deno.test("deletionAndInsertion() takes the most important pixels first", async () => {
  // A model that only adds pixels up: what has been inserted is the sum of the first ones.
  const model = resnet18({ classes: 1, width: 4, key: key(1) });
  model.call = (x: tf.Tensor) => tf.sum(x, [1, 2, 3]).reshape([-1, 1]);
  const image = tf.tensor3d([4, 1, 3, 2], [2, 2, 1]);
  const options = { map: tf.tensor2d([40, 10, 30, 20], [2, 2]), target: output(0), steps: 4 };
  const { deletion, insertion } = await deletionAndInsertion(model, image, options);
  assert.deepEqual([...insertion.values], [0, 4, 7, 9, 10]);
  assert.deepEqual([...deletion.values], [10, 6, 3, 1, 0]);
  assert.equal(insertion.area, 6.25);
  assert.equal(deletion.area, 3.75);
  await assert.rejects(
    () => deletionAndInsertion(model, image, { map: tf.zeros([3, 2]) }),
    { message: "Cannot test a map: it must have the size of the image, 2 x 2, found [3,2]" },
  );
});

Deno.test("shareInside() counts what lies in the mask, and refuses what has no sum", () => {
  assert.equal(shareInside(new Float32Array([1, 1, 1, 1]), [1, 0, 0, 0]), 0.25);
  assert.throws(() => shareInside([0, 0], [1, 0]), {
    message: "Cannot take the share of a map inside a mask: its sum must be positive: 0",
  });
  assert.throws(() => shareInside([NaN, 1], [1, 0]), { message: /its sum must be positive: NaN/ });
  assert.throws(() => shareInside([1], [1, 0]), { message: /sizes must agree/ });
});

Deno.test("deletionAndInsertion() refuses maps without an order, and what is not finite", async () => {
  const model = resnet18({ classes: 1, width: 4, key: key(1) });
  model.call = (x: tf.Tensor) => tf.sum(x, [1, 2, 3]).reshape([-1, 1]);
  const image = tf.tensor3d([4, 1, 3, 2], [2, 2, 1]);
  const map = tf.tensor2d([40, 10, 30, 20], [2, 2]);
  const cases: [object, string][] = [
    [
      { map: tf.tensor2d([1, NaN, 2, 3], [2, 2]) },
      "its values must be finite, NaN found at pixel 1",
    ],
    [{ map: tf.zeros([2, 2]) }, "it must put pixels before others, all found are 0"],
    [{}, "map must be a tensor of 2 x 2, none found"],
    [{ map, steps: 5 }, "steps must be a whole number in [1, 4], found 5"],
    [{ map, steps: 1.5 }, "steps must be a whole number in [1, 4], found 1.5"],
    [{ map, step: 2 }, 'there is no option "step", nearest is "steps"'],
    [
      { map, baseline: tf.zeros([3, 2, 1]) },
      "the baseline must be broadcast to [2,2,1], [3,2,1] found",
    ],
    [
      { map, steps: 2, baseline: tf.fill([1], NaN) },
      "the target must be finite, NaN found at share 0.5; look at the image, the baseline and the weights",
    ],
  ];
  for (const [options, reason] of cases) {
    await assert.rejects(deletionAndInsertion(model, image, options as { map: tf.Tensor }), {
      message: `Cannot test a map: ${reason}`,
    });
  }
});

Deno.test("shareInside() refuses negative parts, and a mask that is no number", () => {
  for (const [map, mask] of [[[1, -2, 3], [1, 1, 0]], [[1, 2], [NaN, 1]]]) {
    assert.throws(() => shareInside(map, mask), {
      name: "RangeError",
      message:
        /^Cannot take the share of a map inside a mask: numbers are wanted, from 0 in the map; /,
    });
  }
});
