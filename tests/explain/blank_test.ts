import assert from "node:assert/strict";
import { activationMaps, attentionRollout, BlankMapError, output } from "galaxykit/explain";
import { createModel, resnet18, vitMini } from "galaxykit/models";
import { SelfAttention } from "galaxykit/nn";
import { key, normal, tf } from "galaxykit/tensorflow";
import { firstComponent, stretch } from "../../lib/explain/_cam_methods.ts";

const model = resnet18({ classes: 3, width: 4, key: key(1) });
const noise = normal(key(2), [3, 64, 64, 3]) as tf.Tensor4D;

function range(maps: tf.Tensor, image: number): [number, number] {
  return tf.tidy(() => {
    const one = tf.gather(maps, [image]);
    return [tf.min(one).dataSync()[0]!, tf.max(one).dataSync()[0]!];
  });
}

for (const smooth of ["none", "eigen", "augment"] as const) {
  Deno.test(`activationMaps() makes the maps beside one that is blank or not finite: ${smooth}`, async () => {
    const before = tf.memory().numTensors;
    const spoiled = tf.tidy(() =>
      tf.concat([tf.slice(noise, [0, 0, 0, 0], [2, -1, -1, -1]), tf.fill([1, 64, 64, 3], Infinity)])
    ) as tf.Tensor4D;
    // Nothing speaks for the second image's class.
    const explain = activationMaps(model, {
      ...{ smooth, layers: ["layer2"] },
      target: (outputs) => tf.tidy(() => tf.mul(tf.sum(outputs, 1), [1, 0, 1])),
    });
    const maps = await explain(spoiled);
    assert.deepEqual(maps.failed.map(({ image }) => image), [1, 2]);
    assert.match(maps.failed[0]!.reason, /^the map is blank, nothing in these layers speaks for/);
    assert.match(maps.failed[1]!.reason, /^the map is not finite; look for values/);
    assert.deepEqual(range(maps, 0), [0, 1]);
    for (const image of [1, 2]) assert.deepEqual(range(maps, image), [0, 0]);
    tf.dispose([maps, spoiled]);
    explain.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

Deno.test("activationMaps() takes the rounding of an even image for no map", async () => {
  // Patches, so that no border makes a map of a constant image.
  const convnext = createModel(
    { name: "convnext_nano", options: { classes: 2, width: 16 } },
    { key: key(3) },
  );
  const even = tf.fill([1, 64, 64, 3], 0.7) as tf.Tensor4D;
  for (const method of ["eigenCam", "gradCam"] as const) {
    const explain = activationMaps(convnext, { method, target: output(0), layers: ["stages.2"] });
    await assert.rejects(explain(even), BlankMapError, method);
    const both = tf.concat([even, tf.slice(noise, [0, 0, 0, 0], [1, -1, -1, -1])]) as tf.Tensor4D;
    const maps = await explain(both);
    assert.deepEqual(maps.failed.map(({ image }) => image), [0]);
    assert.deepEqual(range(maps, 1), [0, 1]);
    tf.dispose([maps, both]);
    explain.dispose();
  }
});

Deno.test("stretch() measures a range against what the map was made of", () => {
  const faint = tf.tensor3d([[[1], [1 + 1e-6]], [[0], [1e-6]]].flat(2), [2, 2, 1]);
  assert.deepEqual(stretch(faint).maps.arraySync(), [[[0], [0]], [[0], [1]]]);
  const { maps, ranges } = stretch(faint, tf.fill([2, 1, 1], 0.1));
  assert.deepEqual(maps.arraySync(), [[[0], [0]], [[0], [0]]]);
  assert.deepEqual([...ranges.dataSync()], [0, 0]);
});

Deno.test("firstComponent() keeps its sign under rounding, mirrors and exchanged channels", () => {
  const side = 6;
  const spot = tf.tidy(() => {
    const at = tf.sub(tf.range(0, side), 1.5);
    const radius = tf.add(tf.reshape(tf.square(at), [-1, 1]), tf.square(at));
    return tf.exp(tf.neg(radius)); // one corner
  });
  // Two channels that cancel: the sum of the activations says nothing of the sign.
  const cancelling = tf.tidy(() =>
    tf.reshape(tf.stack([spot, tf.neg(spot)], 2), [1, side, side, 2])
  );
  const wanted = firstComponent(cancelling);
  assert.ok(tf.max(wanted).dataSync()[0]! > -tf.min(wanted).dataSync()[0]!, "the spot is positive");
  for (let seed = 0; seed < 8; seed++) {
    const shaken = tf.tidy(() =>
      tf.add(cancelling, tf.mul(normal(key(seed), cancelling.shape), 1e-7))
    );
    for (const changed of [shaken, tf.reverse(shaken, 3)]) {
      const close = tf.max(tf.abs(tf.sub(firstComponent(changed), wanted))).dataSync()[0]!;
      assert.ok(close < 1e-4, `seed ${seed}: ${close}`);
    }
    const mirrored = tf.reverse(firstComponent(tf.reverse(shaken, 2)), 2);
    assert.ok(tf.max(tf.abs(tf.sub(mirrored, wanted))).dataSync()[0]! < 1e-4, `seed ${seed}`);
  }
});

Deno.test("activationMaps() looks by itself at the last layer whose map is 4 x 4 or more", async () => {
  const cases: [string, number, string][] = [
    ["resnet18", 64, "layer3"],
    ["resnet18", 128, "layer4"],
    ["resnet18", 32, "layer2"],
    ["convnext_nano", 64, "stages.2"],
    ["efficientnet_b0", 64, "blocks.4"],
    ["efficientnet_b0", 128, "act2"],
  ];
  for (const [name, side, layer] of cases) {
    const own = createModel({ name, options: { classes: 2, width: 8 } }, { key: key(5) });
    const explain = activationMaps(own);
    assert.deepEqual(explain.layersFor({ height: side, width: side }), [layer], `${name}, ${side}`);
    explain.dispose();
    own.dispose();
  }
  const vit = vitMini({ size: 32, classes: 2, key: key(1) });
  const explain = activationMaps(vit);
  assert.deepEqual(explain.layersFor({ height: 32, width: 32 }), [vit.mapLayer]);
  const small = tf.slice(noise, [0, 0, 0, 0], [1, 32, 32, 3]) as tf.Tensor4D;
  assert.deepEqual((await explain(small)).shape, [1, 32, 32]);
  explain.dispose();
  // Another size, another layer, by the same maps.
  const maps = activationMaps(model, { target: output(0) });
  const named = activationMaps(model, { target: output(0), layers: ["layer3"] });
  const found = await maps(noise);
  const wanted = await named(noise);
  assert.ok(tf.max(tf.abs(tf.sub(found, wanted))).dataSync()[0]! < 1e-6);
  assert.deepEqual((await maps(small)).shape, [1, 32, 32]);
  maps.dispose();
  named.dispose();
});

Deno.test("attentionRollout() is 0 where all tokens count alike", () => {
  const vit = vitMini({ size: 32, classes: 2, key: key(1) });
  for (const layer of Object.values(vit.namedLayers())) {
    if (layer instanceof SelfAttention) {
      for (const weight of layer.qkv.parameters()) weight.assign(tf.zerosLike(weight));
    }
  }
  const map = attentionRollout(vit, tf.slice(noise, [0, 0, 0, 0], [1, 32, 32, 3]) as tf.Tensor4D);
  assert.deepEqual(range(map, 0), [0, 0]);
});
