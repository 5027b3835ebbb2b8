import assert from "node:assert/strict";
import { createModel, resnet18 } from "galaxykit/models";
import { MlpHead } from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import { trainedParameters } from "galaxykit/train";

Deno.test("MlpHead has the paper's layers and names, and starts as Glorot's", () => {
  const head = new MlpHead(768, 74, { key: key(1) });
  const shapes = Object.fromEntries(
    Object.entries(head.stateDict()).map(([name, { shape }]) => [name, [...shape]]),
  );
  assert.deepEqual(
    [shapes["0.weight"], shapes["4.weight"], shapes["8.weight"]],
    [[512, 768], [256, 512], [74, 256]],
  );
  assert.deepEqual(Object.keys(shapes).filter((name) => /^[15]\./.test(name)), [
    ...["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map((of) =>
      `1.${of}`
    ),
    ...["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map((of) =>
      `5.${of}`
    ),
  ]);
  const weights = Array.from(head.weight.dataSync());
  const bound = Math.sqrt(6 / (256 + 74));
  const most = weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(most < bound && most > 0.99 * bound, `${most} of ${bound}`);
  assert.throws(() => new MlpHead(4, 2, { hidden: [] }), {
    name: "RangeError",
    message: "Cannot make a head: sizes of hidden layers are wanted, such as [512, 256], found []",
  });
});

Deno.test("a network with several last layers is made again from its config", () => {
  const model = resnet18({ classes: 2, width: 4, key: key(1) });
  model.resetHead({ classes: 5, key: key(2), head: { hidden: [6, 3], dropRate: 0.5 } });
  const images = tf.randomUniform([2, 32, 32, 3], 0, 1, "float32", 1);
  model.call(images, { training: true, key: key(3) });
  const again = createModel(JSON.parse(JSON.stringify(model.config)));
  again.loadStateDict(model.stateDict());
  assert.deepEqual(again.config.head, { hidden: [6, 3], dropRate: 0.5 });
  assert.deepEqual(again.call(images).arraySync(), model.call(images).arraySync());
  const names = trainedParameters(model, "head");
  assert.deepEqual(names.length, 2 * 3 + 2 * 2);
  assert.ok(names.every((name) => name.startsWith("fc.")));
  model.resetHead({ classes: 3, key: key(4) });
  assert.equal(model.config.head, undefined);
  assert.deepEqual(model.call(images).shape, [2, 3]);
});
