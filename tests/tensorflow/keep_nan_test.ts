import assert from "node:assert/strict";
import {
  averagePool2d,
  backend,
  batchNorm,
  batchNormTraining,
  conv2d,
  gelu,
  groupNorm,
  jit,
  layerNorm,
  linear,
  logSoftmax,
  maxPool2d,
  relu,
  scaledDotProductAttention,
  sigmoid,
  silu,
  softmax,
  softmaxCrossEntropy,
  tf,
} from "galaxykit/tensorflow";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
type Case = { name: string; op: Op; shapes: number[][] };

const MANY = 19; // Channels: a vector and a rest

/** What TensorFlow's rewriter joins with an activation after it. */
const PRODUCERS: { [name: string]: { op: Op; shapes: number[][] } } = {
  product: { op: (x, w) => linear(x!, w!), shapes: [[3, 5], [5, MANY]] },
  linear: { op: (x, w, b) => linear(x!, w!, b!), shapes: [[3, 5], [5, MANY], [MANY]] },
  "linear, added": {
    op: (x, w, b, more) => tf.add(linear(x!, w!, b!), more!),
    shapes: [[3, 5], [5, MANY], [MANY], [3, MANY]],
  },
  convolution: {
    op: (x, w) => conv2d(x!, w!, { padding: 1 }),
    shapes: [[1, 4, 4, 3], [3, 3, 3, MANY]],
  },
  "convolution with bias": {
    op: (x, w, bias) => conv2d(x!, w!, { bias, padding: 1 }),
    shapes: [[1, 4, 4, 3], [3, 3, 3, MANY], [MANY]],
  },
  "convolution, added": {
    op: (x, w, bias, more) => tf.add(conv2d(x!, w!, { bias }), more!),
    shapes: [[1, 4, 4, 3], [1, 1, 3, MANY], [MANY], [1, 4, 4, MANY]],
  },
  "depthwise with bias": {
    op: (x, w, bias) => conv2d(x!, w!, { bias, groups: MANY }),
    shapes: [[1, 4, 4, MANY], [3, 3, 1, MANY], [MANY]],
  },
  "separable": {
    op: (x, w, v, bias) => conv2d(conv2d(x!, w!, { padding: 1, groups: 3 }), v!, { bias }),
    shapes: [[1, 4, 4, 3], [3, 3, 1, 3], [1, 1, 3, MANY], [MANY]],
  },
  "convolution, normalised": {
    op: (x, w, scale, offset, mean, root) =>
      batchNorm(conv2d(x!, w!), { scale, offset, mean: mean!, variance: tf.square(root!) }),
    shapes: [[1, 4, 4, 3], [1, 1, 3, MANY], [MANY], [MANY], [MANY], [MANY]],
  },
  "convolution, normalised, in its shape again": {
    op: (x, w, scale, offset, mean, root) =>
      tf.batchNorm(conv2d(x!, w!), mean!, tf.square(root!), offset, scale), // Reshapes what it gives
    shapes: [[1, 4, 4, 3], [1, 1, 3, MANY], [MANY], [MANY], [MANY], [MANY]],
  },
  "batch normalisation": {
    op: (x, scale, offset, mean, root) =>
      batchNorm(x!, { scale, offset, mean: mean!, variance: tf.square(root!) }),
    shapes: [[1, 3, 3, MANY], [MANY], [MANY], [MANY], [MANY]],
  },
  "batch normalisation in training": {
    op: (x, scale, offset) => batchNormTraining(x!, { scale, offset }).y,
    shapes: [[2, 3, 3, MANY], [MANY], [MANY]],
  },
  "layer normalisation": {
    op: (x, scale, offset) => layerNorm(x!, { scale, offset }),
    shapes: [[3, MANY], [MANY], [MANY]],
  },
  "1d convolution": {
    op: (x, w, bias) => tf.add(tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, "valid"), bias!),
    shapes: [[1, 6, 3], [2, 3, MANY], [MANY]],
  },
  "batch of products": {
    op: (a, b, more) => tf.add(tf.mul(tf.matMul(a!, b!), 0.5), more!),
    shapes: [[2, 3, 4], [2, 4, MANY], [2, 1, MANY]],
  },
};

const ACTIVATIONS: { [name: string]: (x: tf.Tensor) => tf.Tensor } = {
  none: (x) => x,
  relu,
  "tf.relu": (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  elu: (x) => tf.elu(x),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  sigmoid,
  tanh: (x) => tf.tanh(x),
  gelu: (x) => gelu(x),
  "gelu tanh": (x) => gelu(x, { approximate: "tanh" }),
  silu,
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  hardSwish: (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)),
  clip: (x) => tf.clipByValue(x, -1, 1),
  maximum: (x) => tf.maximum(x, 0),
  softmax: (x) => softmax(x),
  "tf.softmax": (x) => tf.softmax(x),
  logSoftmax: (x) => logSoftmax(x),
};

const classes = () => tf.tensor1d([0, 1, 2], "int32");

const OTHERS: Case[] = [
  ...Object.entries({
    maxPool2d: (x: tf.Tensor) => maxPool2d(x, { size: 2 }),
    "maxPool2d of relu": (x: tf.Tensor) => maxPool2d(relu(x), { size: 3, strides: 1 }),
    "tf.maxPool same": (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, "same"),
    averagePool2d: (x: tf.Tensor) => averagePool2d(x, { size: 2 }),
  }).map(([name, op]) => ({ name, op: op as Op, shapes: [[1, 5, 4, MANY]] })),
  {
    name: "maxPool3d",
    op: (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, "valid"),
    shapes: [[1, 4, 4, 4, 3]],
  },
  {
    name: "groupNorm",
    op: (x, scale, offset) => groupNorm(x!, { groups: 2, scale, offset }),
    shapes: [[1, 3, 3, 4], [4], [4]],
  },
  {
    name: "attention",
    op: (q, k, v) => scaledDotProductAttention(q!, k!, v!),
    shapes: [[1, 2, 3, 5], [1, 2, 37, 5], [1, 2, 37, 5]],
  },
  {
    name: "causal attention",
    op: (q, k, v) => scaledDotProductAttention(q!, k!, v!, { causal: true }),
    shapes: [[1, 2, 5, 4], [1, 2, 5, 4], [1, 2, 5, 4]],
  },
  {
    name: "cross entropy",
    op: (x) => softmaxCrossEntropy(x!, classes(), { reduction: "none" }),
    shapes: [[3, MANY]],
  },
  {
    name: "smooth cross entropy",
    op: (x) => softmaxCrossEntropy(x!, classes(), { reduction: "none", labelSmoothing: 0.1 }),
    shapes: [[3, MANY]],
  },
  ...(["sum", "mean", "max", "min", "prod", "logSumExp"] as const).map((name) => ({
    name,
    op: ((x: tf.Tensor) => tf[name](x, 1)) as Op,
    shapes: [[3, MANY]],
  })),
  ...(["add", "sub", "mul", "div", "maximum", "minimum", "squaredDifference", "atan2"] as const)
    .map((name) => ({
      name,
      op: ((a: tf.Tensor, b: tf.Tensor) => tf[name](a, b)) as Op,
      shapes: [[3, MANY], [MANY]],
    })),
];

const CASES: Case[] = [
  ...Object.entries(PRODUCERS).flatMap(([producer, { op, shapes }]) =>
    Object.entries(ACTIVATIONS).map(([name, activation]) => ({
      name: `${name} of ${producer}`,
      op: (...inputs: tf.Tensor[]) => activation(op(...inputs)),
      shapes,
    }))
  ),
  ...OTHERS,
];

/** Inputs of which one holds something else than a finite number, at the first or a middle place. */
function* strangeInputs(shapes: number[][]) {
  const bases = shapes.map((shape, at) =>
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(1.7 * i + at))
  );
  for (const [at, base] of bases.entries()) {
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const place of new Set([0, Math.floor(base.length / 2)])) {
        const strange = base.slice();
        strange[place] = value;
        yield {
          what: `${value} at ${place} of input ${at}`,
          inputs: shapes.map((shape, i) => tf.tensor(i === at ? strange : bases[i]!, shape)),
        };
      }
    }
  }
}

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-4 * (1 + Math.abs(a));
}

/** Where a compiled op gives another number than the eager one, as a text. */
function difference(
  { op, shapes }: Case,
  compiled: (...inputs: tf.Tensor[]) => tf.Tensor,
  isAllowed: (eager: number, found: number) => boolean,
): string | undefined {
  for (const { what, inputs } of strangeInputs(shapes)) {
    const [wanted, found] = tf.tidy(() =>
      [op, compiled].map((run) => run(...inputs).dataSync() as Float32Array)
    );
    tf.dispose(inputs);
    const at = wanted!.findIndex((value, i) =>
      !isClose(value, found![i]!) && !isAllowed(value, found![i]!)
    );
    if (at >= 0) return `${what}: output ${at} is ${found![at]}, eager ${wanted![at]}`;
  }
}

const differences = (found: [string, string | undefined][]) =>
  found.filter(([, text]) => text !== undefined).map(([name, text]) => `${name}: ${text}`);

Deno.test("jit() agrees with eager ops on NaN and infinities, fused or not", () => {
  const found = CASES.map((one): [string, string | undefined] => {
    const compiled = jit(one.op, { name: "compiled" });
    // oneDNN's GELU after a matrix product makes NaN of Infinity, too
    const isAllowed = (eager: number, found: number) =>
      one.name === "gelu of linear" && eager === Infinity && Number.isNaN(found);
    const text = difference(one, compiled, isAllowed);
    compiled.dispose();
    return [one.name, text];
  });
  assert.deepEqual(differences(found), []);
});

Deno.test('jit({ compiler: "xla" }) makes no number of NaN', () => {
  const activations = [relu, ACTIVATIONS.relu6!, gelu, silu, softmax, ACTIVATIONS.maximum!];
  const cases = [
    // One compilation for all activations
    ...Object.entries(PRODUCERS).map(([name, { op, shapes }]) => ({
      name,
      op: (...inputs: tf.Tensor[]) => {
        const x = op(...inputs);
        return tf.concat(activations.map((activation) => activation(x)));
      },
      shapes,
    })),
    ...OTHERS,
  ];
  const found = cases.map((one): [string, string | undefined] => {
    const compiled = jit(one.op, { name: "compiled", compiler: "xla" });
    // XLA multiplies the zeros of the padding, too, and folds a normalisation into one factor
    const text = difference(one, compiled, (_eager, found) => Number.isNaN(found));
    compiled.dispose();
    return [one.name, text];
  });
  assert.deepEqual(differences(found), []);
});

Deno.test("jit() keeps NaN through a linear layer, a convolution and a softmax", () => {
  const layer = jit((x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => relu(linear(x, w, b)));
  const w = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
  const y = layer(tf.tensor2d([[NaN, 1, 2], [1, -1, -9]]), w, tf.tensor1d([1, 1]));
  assert.deepEqual([...y.dataSync()], [NaN, NaN, 0, 0]);

  const shares = jit((x: tf.Tensor) => softmax(x));
  assert.deepEqual([...shares(tf.tensor1d([NaN, 1, 2])).dataSync()], [NaN, NaN, NaN]);

  const convolve = jit((x: tf.Tensor, w: tf.Tensor, bias: tf.Tensor) =>
    relu(conv2d(x, w, { bias }))
  );
  const x = tf.tensor4d([NaN, 1, 1, -1], [1, 2, 2, 1]);
  const z = convolve(x, tf.ones([1, 1, 1, 2]), tf.tensor1d([0, -9]));
  assert.deepEqual([...z.dataSync()], [NaN, NaN, 1, 0, 1, 0, 0, 0]);
});

Deno.test("maxPool2d() gives NaN for the windows that hold it, and infinities as they are", () => {
  const values = Float32Array.from({ length: 36 }, (_, i) => i);
  values[14] = NaN; // Row 2, column 2
  values[0] = Infinity;
  values[35] = -Infinity;
  const x = tf.tensor4d(values, [1, 6, 6, 1]);
  const wanted = {
    0: [NaN, NaN, NaN, NaN],
    1: [Infinity, 9, 11, 19, NaN, 23, 31, 33, 34],
  };
  for (const padding of [0, 1] as const) {
    const pool = (x: tf.Tensor) => maxPool2d(x, { size: 3, strides: 2, padding });
    for (const run of [pool, jit(pool)]) {
      assert.deepEqual([...run(x).dataSync()], wanted[padding]);
    }
  }
});

Deno.test("maxPool() gives the larger of two infinities, within windows and beside padding", () => {
  const x = tf.tensor4d([Infinity, 1, 2, NaN], [1, 2, 2, 1]);
  const wanted = [Infinity, Infinity, 1, Infinity, NaN, NaN, 2, NaN, NaN];
  const pool = (x: tf.Tensor4D) => tf.maxPool(x, 2, 1, 1);
  for (const run of [pool, jit(pool)]) assert.deepEqual([...run(x).dataSync()], wanted);
  const top = tf.tensor4d([Infinity, -Infinity], [1, 1, 2, 1]);
  const whole = (x: tf.Tensor4D) => tf.maxPool(x, [1, 2], 1, "valid");
  for (const run of [whole, jit(whole)]) assert.deepEqual([...run(top).dataSync()], [Infinity]);
});

Deno.test("maxPool2d() leaks nothing", () => {
  const x = tf.ones([1, 4, 4, 1]);
  tf.tidy(() => void tf.abs(x)); // Handed over
  const before = [tf.memory().numTensors, backend().binding.getNumOfTensors()];
  maxPool2d(x, { size: 2 }).dispose();
  softmax(x).dispose();
  assert.deepEqual([tf.memory().numTensors, backend().binding.getNumOfTensors()], before);
});

Deno.test("jit() keeps NaN that was made inside before a fused ReLU", () => {
  const f = jit((x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => relu(linear(tf.div(x, x), w, b)));
  const y = f(tf.tensor2d([[0, 1]]), tf.tensor2d([[1], [1]]), tf.tensor1d([0]));
  assert.deepEqual([...y.dataSync()], [NaN]);
});
