import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { attentionMaps, createModel, modelCard, type ViT, type ViTOptions } from "galaxykit/models";
import { addLora, type StateDict } from "galaxykit/nn";
import { jit, key, normal, tf } from "galaxykit/tensorflow";
import reference from "../reference/vit_published_sizes.json" with { type: "json" };
import {
  assertClose,
  asTensor,
  type FixtureCase,
  readFixture,
  valuesOf,
  withPrefix,
} from "../nn/reference.ts";

/** A tiny network of elsewhere and what it made of images of three sizes, two with gradients. */
type Published = FixtureCase<{ model: string; options: ViTOptions; sizes: [number, number][] }>;

/** Where 4.8e-6 is reached. */
const TOLERANCE = 1e-5;

const published = readFixture<Published>("vit_published.safetensors");

for (const { name, model: registered, options, sizes, tensors } of published) {
  Deno.test(`${registered} computes what ${name} did, at three sizes, and its gradients`, () => {
    const state = withPrefix(tensors, "state/") as StateDict;
    const model = createModel({ name: registered, options: { ...options, classes: 3 } }) as ViT;
    const own = model.adapt(state);
    const isClassifier = `${model.headName}.weight` in own;
    const names = Object.keys(model.stateShapes())
      .filter((name) => isClassifier || !name.startsWith(`${model.headName}.`));
    assert.deepEqual(Object.keys(own).sort(), names.sort());
    model.loadStateDict(own, { strict: isClassifier });
    const run = (x: tf.Tensor) => isClassifier ? model.call(x) : model.features(x);
    const variables = Object.entries(model.namedParameters());
    const trained = variables.filter(([name]) => names.includes(name));
    const learn = jit((images: tf.Tensor, cotangent: tf.Tensor) => {
      const outputs: tf.Tensor[] = [];
      const { grads } = tf.variableGrads(() => {
        const output = run(images);
        outputs.push(tf.keep(output.clone()));
        return tf.sum(tf.mul(output, cotangent)) as tf.Scalar;
      }, trained.map(([, variable]) => variable));
      const gradients = trained.map(([, { name }]) => grads[name]!);
      return { output: outputs[0]!, gradients };
    });
    for (const [index] of sizes.entries()) {
      const part = withPrefix(tensors, `${index}/`);
      const compare = (found: tf.Tensor, wanted: string) =>
        assertClose(valuesOf(found), part[wanted]!, {
          ...{ tolerance: TOLERANCE, what: `${wanted} of ${sizes[index]}` },
        });
      const images = asTensor(part["images"]!);
      if (part["cotangent"] === undefined) {
        compare(tf.tidy(() => run(images)), "output");
        continue;
      }
      const { output, gradients } = learn(images, asTensor(part["cotangent"]));
      compare(output, "output");
      const wanted = model.adapt(withPrefix(part, "gradient/") as StateDict);
      assert.deepEqual(Object.keys(wanted).sort(), trained.map(([name]) => name).sort());
      for (const [at, [name]] of trained.entries()) {
        const { shape } = wanted[name]!;
        const axes = gradients[at]!.rank === 4 ? [3, 2, 0, 1] : shape.length === 2 ? [1, 0] : [];
        const found = axes.length === 0 ? gradients[at]! : tf.transpose(gradients[at]!, axes);
        assertClose(valuesOf(found), wanted[name] as never, {
          ...{ tolerance: TOLERANCE, what: `gradient of ${name} at ${sizes[index]}` },
        });
      }
    }
    learn.dispose();
    model.dispose();
  });
}

Deno.test("networks of transformers and facebook have their keys and shapes at full size", () => {
  for (const [name, wanted] of Object.entries(reference.sizes)) {
    const model = createModel({ name });
    const shapes = Object.entries(model.stateShapes())
      .filter(([name]) => !name.startsWith(`${model.headName}.`));
    const lines = shapes.map(([name, shape]) => `${name}[${shape}]`).sort();
    const found = {
      keys: lines.length,
      values: shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0),
      sha256: createHash("sha256").update(lines.join("\n")).digest("hex"),
    };
    assert.deepEqual(found, wanted, name);
    model.dispose();
  }
});

Deno.test("cards say how positions are resampled", () => {
  const ways = ["vit_base_patch14_dinov2", "dinov2_base", "dinov2_vitb14", "dinov2_vitb14_reg"]
    .map((name) => modelCard(name).positions);
  assert.deepEqual(ways, ["antialias", "size", "offset", "antialias"]);
});

const TINY = { ...{ width: 12, heads: 3, depth: 2, size: 16, patch: 4 }, classes: 3 };

Deno.test("positions of MAE are its sines and cosines, and are not trained", () => {
  const model = createModel({ name: "vit_mae_base", options: TINY }, { key: key(1) });
  const { tensors } = published.find(({ name }) => name === "ViTMAEModel")!;
  const found = model.stateDict()["embeddings.position_embeddings"]!;
  assertClose(found as never, tensors["sines"]!, { tolerance: 1e-6, what: "positions" });
  assert.ok(!("embeddings.position_embeddings" in model.namedParameters()));
  model.dispose();
});

Deno.test("files of a task of transformers open without what is another's", () => {
  const model = createModel({ name: "vit_mae_base", options: TINY }, { key: key(1) }) as ViT;
  const state = model.stateDict();
  const of = (name: string) => ["decoder.mask_token", "pooler.dense.bias"].includes(name);
  const written = Object.entries(state).map(([name, tensor]) => [`vit.${name}`, tensor] as const);
  const more = {
    "decoder.mask_token": state["layernorm.bias"]!,
    "pooler.dense.bias": state["layernorm.bias"]!,
  };
  const adapted = model.adapt({ ...Object.fromEntries(written), ...more });
  assert.deepEqual(adapted, state);
  assert.ok(!Object.keys(adapted).some(of));
  // Positions of another size
  const small = createModel({ name: "vit_mae_base", options: { ...TINY, size: 8 } }) as ViT;
  small.loadStateDict(small.adapt(state));
  assert.deepEqual(small.pos_embed.shape, [1, 5, 12]);
  for (const one of [model, small]) one.dispose();
});

Deno.test("ViT with checkpointing computes the same, with frozen blocks, adapters and drawn paths", () => {
  const results = [false, true].map((checkpointing) => {
    const options = { ...TINY, dropPathRate: 0.5, checkpointing };
    const model = createModel({ name: "dinov2_base", options }, { key: key(1) }) as ViT;
    assert.ok(!("checkpointing" in model.config.options));
    const lora = addLora(model, {
      ...{ targets: ["query", "key", "value", "attention.output.dense"], rank: 2, key: key(2) },
      modulesToSave: ["classifier"],
    });
    assert.deepEqual(lora.targets.slice(0, 4), [
      "encoder.layer.0.attention.attention.query",
      "encoder.layer.0.attention.attention.key",
      "encoder.layer.0.attention.attention.value",
      "encoder.layer.0.attention.output.dense",
    ]);
    // Of usual size: attention that larger ones fill up has gradients of rounding errors
    for (const [at, variable] of lora.parameters().entries()) {
      variable.assign(tf.mul(0.1, normal(key(5 + at), variable.shape)));
    }
    const trained = model.parameters().filter(({ trainable }) => trainable);
    const step = jit((images: tf.Tensor) => {
      const loss = () =>
        tf.sum(tf.square(model.call(images, { training: true, key: key(3) }))) as tf.Scalar;
      const { value, grads } = tf.variableGrads(loss, trained);
      return [value, ...trained.map(({ name }) => grads[name]!)];
    });
    const images = normal(key(4), [4, 16, 16, 3]);
    const again = step.lower(images).text.match(/ = Softmax\(/g)!.length;
    assert.equal(again, checkpointing ? 4 : 2, "softmaxes of two blocks");
    const values = step(images).map((value) => valuesOf(value));
    step.dispose();
    model.dispose();
    return values;
  });
  assert.equal(results[0]!.length, 1 + 2 * 8 + 2);
  for (const [at, value] of results[0]!.entries()) {
    assertClose(results[1]![at]!, value, { tolerance: 1e-5, what: `gradient ${at}` });
  }
});

Deno.test("ViT pools the class token, the mean of the patches, or both", () => {
  const images = normal(key(2), [2, 16, 16, 3]);
  const pooled = (["class", "mean", "class_and_mean"] as const).map((pooling) => {
    const options = { ...TINY, registers: 4, pooling };
    const model = createModel({ name: "dinov2_base", options }, { key: key(1) }) as ViT;
    assert.deepEqual(model.call(images).shape, [2, 3]);
    const { class: first, patches, registers } = model.tokens(model.features(images));
    assert.deepEqual([first.shape, patches.shape, registers.shape], [[2, 12], [2, 16, 12], [
      2,
      4,
      12,
    ]]);
    const values = model.pooled(images);
    model.dispose();
    return values;
  });
  assert.deepEqual(pooled.map(({ shape }) => shape[1]), [12, 12, 24]);
  assert.deepEqual(tf.concat(pooled.slice(0, 2), 1).arraySync(), pooled[2]!.arraySync());
});

Deno.test("attentionMaps() gives what layers mix their values by, and refuses other layers", () => {
  const model = createModel({ name: "dinov2_base", options: TINY }, { key: key(1) }) as ViT;
  const images = normal(key(2), [1, 16, 16, 3]);
  const before = tf.memory().numTensors;
  const maps = attentionMaps(model, images);
  const layers = ["encoder.layer.0.attention", "encoder.layer.1.attention"];
  assert.deepEqual(Object.keys(maps), layers);
  assert.equal(tf.memory().numTensors, before + 2);
  // Mixed by hand, the values give what the layer did
  const { outputs } = model.inspect(images, {
    layers: ["encoder.layer.0.attention.attention.value", "encoder.layer.0.attention"],
  });
  const values = tf.transpose(
    outputs["encoder.layer.0.attention.attention.value"]!.reshape([1, 17, 3, 4]),
    [0, 2, 1, 3],
  );
  const mixed = tf.transpose(tf.matMul(maps[layers[0]!]!, values), [0, 2, 1, 3]).reshape([
    1,
    17,
    12,
  ]);
  assertClose(valuesOf(model.body[0]!.attn.proj.call(mixed)), valuesOf(outputs[layers[0]!]!), {
    ...{ tolerance: 1e-6, what: "attention" },
  });
  const mean = attentionMaps(model, images, { layers: [layers[0]!], average: true })[layers[0]!]!;
  assert.deepEqual(mean.shape, [1, 1, 17, 17]);
  assertClose(valuesOf(mean), valuesOf(tf.mean(maps[layers[0]!]!, 1, true)), {
    ...{ tolerance: 1e-6, what: "mean" },
  });
  assert.throws(() => attentionMaps(model, images, { layers: ["layernorm"] }), {
    name: "RangeError",
    message:
      'Cannot look at the attention of dinov2_base: "layernorm" is no self-attention, but encoder.layer.0.attention is',
  });
  const other = createModel({ name: "resnet18", options: { width: 4 } });
  assert.throws(() => attentionMaps(other, images), {
    message: "Cannot look at the attention of resnet18: it has none",
  });
  for (const one of [model, other]) one.dispose();
});
