import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { modelCard, modelNames, resnet18, vitSmallPatch16 } from "galaxykit/models";
import { adaptiveAveragePool2d, jit, type Key, key, normal, split, tf } from "galaxykit/tensorflow";
import { addLora, Conv2d, Layer, Linear, type Lora, lorasOf, observe, ReLU } from "galaxykit/nn";
import { loadLora } from "galaxykit/weights";
import { assertClose, asTensor, readFixture, valuesOf, withPrefix } from "./reference.ts";

/** The network of tests/reference/lora.py. */
class Network extends Layer {
  readonly stem: Conv2d;
  readonly mix: Conv2d;
  readonly fc1: Linear;
  readonly head: Linear;
  readonly relu = new ReLU();

  constructor(from: Key) {
    super();
    this.stem = new Conv2d(3, 4, { kernelSize: 3, stride: 2, padding: 1, key: from });
    this.mix = new Conv2d(4, 6, { kernelSize: 1, bias: false, key: from });
    this.fc1 = new Linear(6, 5, { key: from });
    this.head = new Linear(5, 3, { key: from });
  }

  call(x: tf.Tensor): tf.Tensor {
    const map = this.relu.call(this.mix.call(this.relu.call(this.stem.call(x))));
    const mean = adaptiveAveragePool2d(map, 1).reshape([x.shape[0]!, -1]);
    return this.head.call(this.relu.call(this.fc1.call(mean)));
  }
}

const PEFT = `${dirname(fileURLToPath(import.meta.url))}/../reference/lora`;
const [{ tensors }] = readFixture<Record<never, never>>("lora.safetensors") as [
  ReturnType<typeof readFixture<Record<never, never>>>[number],
];

function network(): Network {
  const model = new Network(key(1));
  model.loadStateDict(withPrefix(tensors, "state/"));
  return model;
}

for (const mode of ["eager", "jit"]) {
  Deno.test(`LoRA agrees with peft: output and gradients, ${mode}`, () => {
    const model = network();
    const lora = loadLora(model, PEFT);
    const parameters = lora.namedParameters();
    const [input, cotangent] = [asTensor(tensors.input!), asTensor(tensors.cotangent!)];
    function run(x: tf.Tensor): tf.Tensor[] {
      let output!: tf.Tensor;
      const { grads } = tf.variableGrads(() => {
        output = tf.keep(model.call(x));
        return tf.sum(tf.mul(output, cotangent)) as tf.Scalar;
      }, Object.values(parameters));
      return [output, ...Object.values(parameters).map(({ name }) => grads[name]!)];
    }
    const [output, ...gradients] = mode === "jit" ? jit(run)(input) : run(input);
    assertClose(valuesOf(output!), valuesOf(asTensor(tensors.output!)), {
      tolerance: 1e-5,
      what: "output",
    });
    const names = Object.keys(parameters);
    assert.deepEqual(names.toSorted(), Object.keys(withPrefix(tensors, "gradient/")).toSorted());
    names.forEach((name, index) => {
      const axes = { 4: [3, 2, 0, 1], 2: [1, 0], 1: [0] }[gradients[index]!.rank]!;
      const found = tf.transpose(gradients[index]!, axes);
      const wanted = valuesOf(asTensor(tensors[`gradient/${name}`]!));
      assertClose(valuesOf(found), wanted, { tolerance: 1e-5, what: `gradient of ${name}` });
    });
  });
}

/** Adapters whose B is not zero. */
function trained(lora: Lora): Lora {
  Object.entries(lora.namedParameters()).forEach(([name, variable], index) => {
    if (name.endsWith("lora_B.weight")) {
      tf.tidy(() => variable.assign(tf.mul(normal(key(index), variable.shape as [1]), 0.1)));
    }
  });
  return lora;
}

Deno.test("merge() gives the same output as the adapters, and unmerge() the weights to the bit", () => {
  const model = network();
  const published = model.stateDict();
  const lora = loadLora(model, PEFT);
  const input = asTensor(tensors.input!);
  const traced = jit((x: tf.Tensor) => model.call(x));
  const wanted = valuesOf(traced(input));
  const state = lora.stateDict();
  lora.merge();
  assert.ok(lora.isMerged);
  assert.deepEqual(Object.keys(model.namedParameters()), Object.keys(published));
  assert.notDeepEqual(model.stateDict()["stem.weight"], published["stem.weight"]);
  assertClose(valuesOf(model.call(input)), wanted, { tolerance: 1e-5, what: "merged" });
  assertClose(valuesOf(traced(input)), wanted, { tolerance: 1e-5, what: "traced before merging" });
  assert.deepEqual(lora.stateDict(), state);
  lora.unmerge();
  for (const name of ["stem.weight", "mix.weight", "fc1.weight"]) {
    assert.deepEqual(model.stateDict()[name], published[name]);
  }
  assert.deepEqual(valuesOf(traced(input)), wanted);
  assert.throws(() => lora.unmerge(), {
    message: "Cannot unmerge the LoRA of Network: it is not merged",
  });
});

Deno.test("remove() leaves the model as it was, and no tensor", () => {
  const model = network();
  model.stem.weight.trainable = false;
  const input = asTensor(tensors.input!);
  const [state, before] = [model.stateDict(), model.call(input).dataSync()];
  const count = tf.memory().numTensors;
  const from = key(3);
  const lora = trained(addLora(model, { targets: /./, rank: 3, key: from }));
  assert.deepEqual(lora.targets, ["stem", "mix", "fc1", "head"]);
  assert.deepEqual(model.stateDict(), state);
  assert.notDeepEqual(tf.tidy(() => model.call(input).dataSync()), before);
  assert.ok("fc1.lora_A.weight" in model.stateDict({ adapters: true }));
  lora.merge();
  lora.unmerge();
  lora.remove();
  from.dispose();
  assert.deepEqual(tf.tidy(() => model.call(input).dataSync()), before);
  assert.deepEqual(model.parameters().map(({ trainable }) => trainable), [
    false,
    ...Array(6).fill(true),
  ]);
  assert.equal(tf.memory().numTensors, count);
});

Deno.test("remove() of merged adapters leaves the sums in the weights", () => {
  const model = network();
  const input = asTensor(tensors.input!);
  const lora = trained(addLora(model, { targets: ["mix"], key: key(3) }));
  const wanted = valuesOf(model.call(input));
  lora.merge();
  lora.remove();
  assertClose(valuesOf(model.call(input)), wanted, { tolerance: 1e-5, what: "removed" });
});

Deno.test("addLora() starts with the model's own output, and freezes all but the adapters", () => {
  const model = vitSmallPatch16({
    width: 32,
    heads: 2,
    depth: 2,
    size: 32,
    classes: 3,
    key: key(1),
  });
  const images = tf.ones([1, 32, 32, 3]);
  const before = model.call(images).dataSync();
  const lora = addLora(model, { targets: ["qkv"], modulesToSave: ["head"], rank: 4, key: key(2) });
  assert.deepEqual(model.call(images).dataSync(), before);
  assert.deepEqual(lora.targets, ["blocks.0.attn.qkv", "blocks.1.attn.qkv"]);
  const names = Object.entries(model.namedParameters())
    .filter(([, { trainable }]) => trainable).map(([name]) => name);
  assert.deepEqual(names, [
    "blocks.0.attn.qkv.lora_A.weight",
    "blocks.0.attn.qkv.lora_B.weight",
    "blocks.1.attn.qkv.lora_A.weight",
    "blocks.1.attn.qkv.lora_B.weight",
    "head.weight",
    "head.bias",
  ]);
  assert.ok(names.every((name) => lora.trains(name)) && !lora.trains("norm.weight"));
  assert.ok("blocks.1.attn.qkv.lora_B.weight" in model.blocks()[2]!.parameters);
});

Deno.test("a convolution under batch normalisation is adapted, too, folded or not", () => {
  const model = resnet18({ classes: 2, width: 4, key: key(1) });
  const images = normal(key(5), [2, 32, 32, 3]);
  const before = model.call(images).dataSync();
  const lora = trained(addLora(model, { targets: ["layer1.0.conv1"], rank: 2, key: key(2) }));
  const adapted = valuesOf(model.call(images));
  assert.notDeepEqual(adapted.data, before);
  lora.merge();
  assertClose(valuesOf(model.call(images)), adapted, { tolerance: 1e-5, what: "folded" });
});

Deno.test("useRsLora scales by the root of the rank", () => {
  const model = network();
  const options = { targets: ["fc1"], rank: 4, alpha: 6, key: key(3) };
  const plain = addLora(model, options);
  assert.equal(plain.scaling, 1.5);
  plain.remove();
  assert.equal(addLora(model, { ...options, useRsLora: true }).scaling, 3);
});

Deno.test("dropout of adapters reaches every layer of every family in training, each its own", () => {
  const families = modelNames().filter((name) => name.endsWith("_mini"));
  assert.ok(families.length >= 4, `${families}`);
  for (const name of families) {
    const [first, second, third] = split(key(1), 3) as [Key, Key, Key];
    const width = name.startsWith("vit") ? 64 : 8;
    const size = name.startsWith("vit") ? modelCard(name).size : 32;
    const model = modelCard(name).create({ classes: 2, width, size, key: first });
    const targets = (_: string, layer: Linear | Conv2d) =>
      !(layer instanceof Conv2d && layer.groups > 1);
    const lora = addLora(model, { targets, rank: 1, dropout: 0.5, key: second });
    const reached = new Set<string>();
    const masks = new Set<string>();
    const droppers = Object.entries(model.namedLayers())
      .filter(([name]) => name.endsWith("lora_dropout"));
    const watch = new Map(droppers.map(([name, layer]) => [layer, (output: tf.Tensor) => {
      const values = output.dataSync() as Float32Array;
      const zeros = values.reduce((sum, value) => sum + Number(value === 0), 0);
      if (zeros > 0) reached.add(name);
      masks.add(values.subarray(0, 200).map((value) => Number(value === 0)).join(""));
    }]));
    tf.tidy(() => {
      const images = normal(third, [6, size, size, 3]);
      observe(watch, () => model.call(images, { training: true, key: third }));
    });
    assert.deepEqual(lora.targets.filter((name) => !reached.has(`${name}.lora_dropout`)), [], name);
    assert.ok(masks.size > 0.9 * lora.targets.length, `${name}: ${masks.size} masks`);
    lora.remove();
    model.dispose();
  }
});

Deno.test("addLora() tells what it cannot adapt", () => {
  const model = resnet18({ classes: 2, width: 4, key: key(1) });
  const depthwise = new Network(key(1));
  Object.assign(depthwise, { stem: new Conv2d(4, 4, { kernelSize: 3, groups: 4, key: key(1) }) });
  const from = { key: key(2) };
  const cases: [() => unknown, string][] = [
    [
      () => addLora(model, { targets: ["layer1.0.conv3"], ...from }),
      'Cannot add LoRA to resnet18: it has no linear or convolutional layer "layer1.0.conv3", nearest is "layer1.0.conv1"',
    ],
    [
      () => addLora(model, { targets: /query/, ...from }),
      "Cannot add LoRA to resnet18: targets match none of its 21 linear and convolutional layers (conv1, layer1.0.conv1, layer1.0.conv2, …)",
    ],
    [
      () => addLora(model, { targets: ["fc"], rank: 0, ...from }),
      "Cannot add LoRA to resnet18: rank must be an integer, at least 1, found 0",
    ],
    [
      () => addLora(model, { targets: ["fc"], alpha: -1, ...from }),
      "Cannot add LoRA to resnet18: alpha must be above 0, found -1",
    ],
    [
      () => addLora(model, { targets: ["fc"], dropout: 1, ...from }),
      "Cannot add LoRA to resnet18: dropout must be in [0, 1), found 1",
    ],
    [
      () => addLora(model, { targets: ["fc"], modulesToSave: ["fcc"], ...from }),
      'Cannot add LoRA to resnet18: it has no module "fcc", nearest is "fc"',
    ],
    [
      () => addLora(model, { targets: ["fc"], modulesToSave: ["fc"], ...from }),
      'Cannot add LoRA to resnet18: cannot adapt "fc": it is in modulesToSave, which trains it as a whole',
    ],
    [
      () => addLora(depthwise, { targets: ["stem"], ...from }),
      'Cannot add LoRA to Network: cannot adapt "stem": it is a convolution of 4 groups, which the adapter would mix; leave it out of targets',
    ],
  ];
  for (const [work, message] of cases) assert.throws(work, { name: "RangeError", message });
  addLora(model, { targets: ["fc"], ...from });
  assert.throws(() => addLora(model, { targets: ["fc"], ...from }), {
    message:
      'Cannot add LoRA to resnet18: cannot adapt "fc": it is adapted already; give another name, or merge or remove the other adapters first',
  });
});

Deno.test("several adapters over the same layers add their changes, each as strong as it is set", () => {
  const model = network();
  const input = asTensor(tensors.input!);
  const published = model.stateDict();
  const output = () => valuesOf(model.call(input));
  const from = [key(3), key(4)];
  const options = { targets: ["stem", "fc1"], rank: 3 };
  const plain = output();
  const first = trained(addLora(model, { ...options, key: from[0] }));
  const alone = output();
  const second = trained(addLora(model, {
    ...{ ...options, rank: 2, rankPattern: { fc1: 1 }, alphaPattern: { fc1: 5 } },
    ...{ name: "second", strength: 0.5, key: from[1] },
  }));
  assert.deepEqual([second.scalingOf("stem"), second.scalingOf("fc1")], [4, 5]);
  const names = Object.keys(model.namedParameters());
  assert.ok(names.includes("fc1.lora_A.weight") && names.includes("fc1.lora_A.second.weight"));
  const trains = (lora: Lora) => names.filter(lora.trains);
  assert.deepEqual(
    Object.entries(model.namedParameters()).filter(([, { trainable }]) => trainable)
      .map(([name]) => name),
    trains(second),
  );
  assert.equal(trains(first)[0], "stem.lora_A.weight");
  assert.deepEqual(second.config.rankPattern, { fc1: 1 });

  // The sum of both changes, weighed, as one network whose weights have them
  const both = output();
  const traced = jit((x: tf.Tensor) => model.call(x));
  const close = (found: ReturnType<typeof output>, wanted: typeof found, what: string) =>
    assertClose(found, wanted, { tolerance: 1e-5, what });
  close(valuesOf(traced(input)), both, "traced");
  const orders = [[first, second], [second, first]] as const;
  for (const [one, other] of orders) {
    one.merge();
    close(output(), both, "one merged");
    other.merge();
    assert.deepEqual(lorasOf(model), []);
    close(output(), both, "both merged");
    close(valuesOf(traced(input)), both, "traced before");
    one.unmerge();
    close(output(), both, "one merged again");
    other.unmerge();
    const state = model.stateDict();
    for (const name of Object.keys(published)) assert.deepEqual(state[name], published[name]);
    close(output(), both, "none merged");
  }
  second.strength = 0;
  assert.deepEqual(output(), alone);
  close(valuesOf(traced(input)), alone, "what is traced follows");
  first.strength = 0;
  assert.deepEqual(output(), plain);
  first.merge();
  first.strength = 1;
  close(output(), alone, "strength of a merged one");
  second.strength = 0.5;
  close(output(), both, "both again");
  first.remove(); // For good, while another is there
  close(output(), both, "settled");
  second.merge();
  second.unmerge();
  close(output(), both, "settled below another");
  second.remove();
  close(output(), alone, "the settled one stays");
  assert.ok(model.parameters().every(({ trainable }) => trainable));
  assert.throws(() => addLora(model, { ...options, name: "a.b" }), {
    message:
      'Cannot add LoRA to Network: name must be of letters, digits, "-" and "_", found "a.b"',
  });
  assert.throws(() => addLora(model, { ...options, rankPattern: { mix: 2 } }), {
    message: /"mix" of rankPattern or alphaPattern is not adapted/,
  });
  assert.throws(() => addLora(model, { ...options, alphaPattern: { fc1: 0 } }), {
    message: 'Cannot add LoRA to Network: alpha of "fc1" must be above 0, found 0',
  });
  assert.throws(() => addLora(model, { ...options, strength: NaN }), {
    message: "Cannot add LoRA to Network: strength must be a finite number, found NaN",
  });
});

Deno.test("adapters that are removed leave no tensor, whatever was merged before", () => {
  const model = network();
  const count = tf.memory().numTensors;
  for (const [mergeFirst, mergeSecond] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
    const from = key(3);
    const [first, second] = [undefined, "other"].map((name) =>
      trained(addLora(model, { targets: /./, rank: 2, name, key: from }))
    );
    if (mergeFirst) first!.merge();
    if (mergeSecond) second!.merge();
    first!.remove();
    second!.remove();
    from.dispose();
    assert.equal(tf.memory().numTensors, count);
  }
});
