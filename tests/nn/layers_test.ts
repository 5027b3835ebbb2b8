import assert from "node:assert/strict";
import * as nn from "galaxykit/nn";
import { jit, type Key, key, split, tf, uniform } from "galaxykit/tensorflow";
import type { LoadableTensor } from "galaxykit/nn";
import { assertClose, asTensor, readFixture, valuesOf, withPrefix } from "./reference.ts";

// deno-lint-ignore no-explicit-any
type Arguments = any;
type Description =
  | { type: "Sequential"; children: Record<string, Description> }
  | { type: string; arguments: Arguments };

/** PyTorch's constructors in the kit's words. */
const LAYERS: Record<string, (a: Arguments, key: Key) => nn.Layer> = {
  Linear: (a, key) => new nn.Linear(a.in_features, a.out_features, { bias: a.bias, key }),
  Conv2d: (a, key) =>
    new nn.Conv2d(a.in_channels, a.out_channels, { ...a, kernelSize: a.kernel_size, key }),
  BatchNorm2d: (a) => new nn.BatchNorm2d(a.num_features, { ...a, epsilon: a.eps }),
  GroupNorm: (a) => new nn.GroupNorm(a.num_groups, a.num_channels, { epsilon: a.eps }),
  LayerNorm: (a) =>
    new nn.LayerNorm(a.normalized_shape, { affine: a.elementwise_affine, epsilon: a.eps }),
  Dropout: (a) => new nn.Dropout(a.p),
  Embedding: (a, key) => new nn.Embedding(a.num_embeddings, a.embedding_dim, { key }),
  MaxPool2d: (a) => new nn.MaxPool2d(a.kernel_size, a),
  AvgPool2d: (a) => new nn.AvgPool2d(a.kernel_size, a),
  AdaptiveAvgPool2d: (a) => new nn.AdaptiveAvgPool2d(a.output_size),
  ReLU: () => new nn.ReLU(),
  GELU: (a) => new nn.GELU(a),
  SiLU: () => new nn.SiLU(),
  Identity: () => new nn.Identity(),
  Flatten: () => new nn.Flatten(),
};

function build(description: Description, from: Key): nn.Layer {
  if ("children" in description) {
    return new nn.Sequential(Object.fromEntries(
      Object.entries(description.children).map(([name, child]) => [name, build(child, from)]),
    ));
  }
  return LAYERS[description.type]!(description.arguments, from);
}

const cases = readFixture<{
  module: Description;
  training: boolean;
  stateDict: string[];
  gradients: string[];
  buffers: string[];
  float32Error: number;
}>("layers.safetensors");

for (const { name, module, training, stateDict, gradients, buffers, ...rest } of cases) {
  for (const mode of ["eager", "jit"]) {
    Deno.test(`${name} agrees with PyTorch, ${mode}`, () => {
      const tensorsBefore = tf.memory().numTensors;
      const from = key(1);
      const layer = build(module, from);
      const { tensors } = rest;
      const state = withPrefix<LoadableTensor>(tensors, "state/");
      layer.loadStateDict(state);
      assert.deepEqual(Object.keys(layer.stateDict()), stateDict);
      assert.deepEqual(
        Object.keys(layer.namedParameters()),
        gradients.filter((gradient) => gradient !== "input"),
      );
      const tolerance = 1e-5 + 10 * rest.float32Error;
      const input = asTensor(tensors["input"]!);
      const parameters = Object.values(layer.namedParameters());
      const run = (x: tf.Tensor, cotangent: tf.Tensor) => {
        const kept: tf.Tensor[] = [];
        const loss = () => {
          const output = layer.call(x, { training });
          kept.push(tf.keep(output.clone()));
          return tf.sum(tf.mul(output, cotangent)) as tf.Scalar;
        };
        if (gradients.length === 0) return [layer.call(x, { training })];
        const wanted = gradients[0] === "input" ? [x, ...parameters] : parameters;
        const { grads } = tf.engine().gradients(loss, wanted);
        const output = kept.map((tensor) => tensor.clone());
        tf.dispose(kept);
        return [...output, ...grads];
      };
      tf.tidy(() => {
        const jitted = jit(run);
        const results = (mode === "jit" ? jitted : run)(input, asTensor(tensors["cotangent"]!));
        jitted.dispose();
        ["output", ...gradients.map((name) => `gradient/${name}`)].forEach((role, index) =>
          assertClose(stored(results[index]!, role), tensors[role]!, { tolerance, what: role })
        );
      });
      for (const buffer of buffers) {
        const found = layer.stateDict()[buffer]!;
        assertClose(found, tensors[`after/${buffer}`]!, { tolerance, what: buffer });
      }
      tf.dispose([from, input]);
      layer.dispose();
      assert.equal(tf.memory().numTensors, tensorsBefore, "tensors leaked");

      /** Gradients have the layout of their variables; the fixture has PyTorch's. */
      function stored(tensor: tf.Tensor, role: string) {
        if (role.endsWith("weight") && tensor.rank === 4) {
          return valuesOf(tf.transpose(tensor, [3, 2, 0, 1]));
        }
        const isLinear = role.endsWith("weight") && tensor.rank === 2 && name !== "Embedding";
        return valuesOf(isLinear ? tf.transpose(tensor) : tensor);
      }
    });
  }
}

Deno.test("Conv2d draws its weight and bias within ±1/√fanIn, as PyTorch does", () => {
  const layer = new nn.Conv2d(8, 64, { kernelSize: 3, groups: 2, key: key(3) });
  for (const { data } of Object.values(layer.stateDict())) {
    const bound = 1 / Math.sqrt(4 * 9);
    const values = [...data as Float32Array];
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    assert.ok(values.every((value) => Math.abs(value) <= bound));
    assert.ok(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.3, `variance ${variance}`);
  }
  layer.dispose();
});

Deno.test("kaimingNormal() has the standard deviation √(2 / fanOut)", () => {
  const init = nn.kaimingNormal;
  const layer = new nn.Conv2d(16, 64, { kernelSize: 3, bias: false, init, key: key(3) });
  const deviation = tf.tidy(() => tf.moments(layer.weight).variance.sqrt().dataSync()[0]!);
  assert.ok(Math.abs(deviation / Math.sqrt(2 / (64 * 9)) - 1) < 0.03, `found ${deviation}`);
  layer.dispose();
});

Deno.test("Conv2d refuses groups that do not divide the channels", () => {
  assert.throws(() => new nn.Conv2d(4, 6, { kernelSize: 3, groups: 4, key: key(1) }), {
    name: "RangeError",
    message:
      "Cannot make Conv2d: groups must divide the channels, found 4 groups for 4 and 6 channels",
  });
});

Deno.test("Dropout drops in training only, by its key, and wants one", () => {
  tf.tidy(() => {
    const layer = new nn.Dropout(0.25);
    const x = tf.ones([1000]);
    assert.equal(layer.call(x), x);
    const [first, second] = split(key(1));
    const drop = (key?: Key) => layer.call(x, { training: true, key }).dataSync();
    assert.deepEqual(drop(first), drop(first));
    assert.notDeepEqual(drop(first), drop(second));
    const dropped = drop(first).filter((value) => value === 0).length;
    assert.ok(dropped > 200 && dropped < 300, `${dropped} dropped`);
    assert.throws(() => drop(), {
      name: "TypeError",
      message: "Cannot drop values: training wants a key, as in call(x, { training: true, key })",
    });
    assert.throws(() => new nn.Dropout(1), {
      name: "RangeError",
      message: "Cannot make Dropout: the rate must be in [0, 1), found 1",
    });
  });
});

Deno.test("Sequential gives each layer a key of its own", () => {
  tf.tidy(() => {
    const twice = new nn.Sequential([new nn.Dropout(0.5), new nn.Dropout(0.5)]);
    const kept = twice.call(tf.ones([4000]), { training: true, key: key(1) }).dataSync();
    const share = kept.filter((value) => value > 0).length / kept.length;
    // With the same key for both, a value kept once would be kept twice: half of them.
    assert.ok(Math.abs(share - 0.25) < 0.03, `${share} kept`);
  });
});

for (const groups of [1, 4]) {
  Deno.test(`BatchNorm2d.callAfter() is call of both, values and gradients, ${groups} groups`, () => {
    tf.tidy(() => {
      const [forConv, forX, ...forNorm] = split(key(7), 6);
      const conv = new nn.Conv2d(4, 8, { kernelSize: 3, padding: 1, groups, key: forConv! });
      const norm = new nn.BatchNorm2d(8, { epsilon: 0.1 });
      [norm.weight!, norm.bias!, norm.running_mean, norm.running_var].forEach((variable, at) => {
        variable.assign(uniform(forNorm[at]!, [8], { minimum: 0.5, maximum: 2 }));
      });
      const x = uniform(forX!, [2, 5, 6, 4]);
      const variables = [conv.weight, conv.bias!, norm.weight!, norm.bias!];
      const [folded, apart] = [
        () => norm.callAfter(conv, x),
        () => norm.call(conv.call(x)),
      ].map((forward) => {
        const loss = () => tf.sum(tf.square(forward())) as tf.Scalar;
        const { grads } = tf.variableGrads(loss, variables);
        return [forward(), ...variables.map(({ name }) => grads[name]!)];
      });
      folded!.forEach((tensor, index) => {
        const options = { tolerance: 1e-5, what: `value ${index}` };
        assertClose(valuesOf(tensor), valuesOf(apart![index]!), options);
      });
    });
  });
}

Deno.test("layers refuse sizes that are no whole numbers, and keys that are none", () => {
  for (
    const [make, found] of [
      [
        () => new nn.Linear(2.5, 3),
        "[2.5,3]: sizes must be whole numbers from 1, found number 2.5",
      ],
      [
        () => new nn.Linear("2" as never, 3),
        "[2,3]: sizes must be whole numbers from 1, found string 2",
      ],
      [() => new nn.Linear(2, -3), "[2,-3]: sizes must be whole numbers from 1, found number -3"],
      [
        () => new nn.Conv2d(3, 4, { kernelSize: "3" as never }),
        "[3,,3,4]: sizes must be whole numbers from 1, found string 3",
      ],
    ] as const
  ) {
    assert.throws(make, { name: "RangeError", message: `Cannot make a weight of shape ${found}` });
  }
  assert.throws(() => new nn.Linear(2, 3, { key: 1 as never }), {
    name: "TypeError",
    message: "Cannot draw random numbers: a key is wanted, such as key(1), found number 1",
  });
});
