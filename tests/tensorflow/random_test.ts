import assert from "node:assert/strict";
import {
  categorical,
  dropout,
  foldIn,
  jit,
  key,
  normal,
  permutation,
  split,
  tf,
  truncatedNormal,
  uniform,
} from "galaxykit/tensorflow";

function moments(tensor: tf.Tensor): { mean: number; deviation: number } {
  const { mean, variance } = tf.moments(tensor);
  return { mean: mean.dataSync()[0]!, deviation: Math.sqrt(variance.dataSync()[0]!) };
}

Deno.test("key() tells seeds apart over the whole range", () => {
  const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];
  const keys = new Set(seeds.map((seed) => key(seed).dataSync().join()));
  assert.equal(keys.size, seeds.length);
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
    assert.throws(() => key(seed), {
      name: "RangeError",
      message:
        `Cannot make a key: the seed must be a whole number from 0 to 2^53 - 1, found ${seed}`,
    });
  }
});

Deno.test("every draw is the same eager and traced, and differs between keys", () => {
  const draws = (k: tf.Tensor1D) => [
    normal(k, [7]),
    truncatedNormal(k, [7]),
    uniform(k, [7]),
    categorical(k, tf.zeros([7, 5])),
    permutation(k, 7),
    dropout(k, tf.ones([7]), { rate: 0.5 }),
    ...split(k, 3),
    foldIn(k, 4),
  ];
  const read = (tensors: tf.Tensor[]) => tensors.map((tensor) => [...tensor.dataSync()]);
  const eager = read(draws(key(11)));
  assert.deepEqual(read(jit(draws)(key(11))), eager);
  read(draws(key(12))).forEach((other, index) => assert.notDeepEqual(other, eager[index]));
});

Deno.test("normal() and uniform() have the moments of their distributions", () => {
  const n = moments(normal(key(1), [200_000]));
  assert.ok(Math.abs(n.mean) < 0.01 && Math.abs(n.deviation - 1) < 0.01, JSON.stringify(n));
  const drawn = uniform(key(2), [200_000], { minimum: -1, maximum: 3 });
  const u = moments(drawn);
  assert.ok(Math.abs(u.mean - 1) < 0.02 && Math.abs(u.deviation - 4 / Math.sqrt(12)) < 0.02);
  assert.ok(tf.min(drawn).dataSync()[0]! >= -1 && tf.max(drawn).dataSync()[0]! < 3);
});

Deno.test("truncatedNormal() stays within two deviations", () => {
  const drawn = truncatedNormal(key(3), [50_000]);
  assert.ok(tf.max(tf.abs(drawn)).dataSync()[0]! <= 2);
  // The standard deviation of a normal distribution cut at two deviations.
  assert.ok(Math.abs(moments(drawn).deviation - 0.8796) < 0.01);
});

Deno.test("split() and foldIn() give keys whose draws do not correlate", () => {
  const [a, b] = split(key(4)).map((k) => normal(k, [50_000]));
  const c = normal(foldIn(key(4), 0), [50_000]);
  const d = normal(foldIn(key(4), 1), [50_000]);
  for (const [x, y] of [[a!, b!], [c, d], [a!, c]] as const) {
    assert.ok(Math.abs(tf.mean(tf.mul(x, y)).dataSync()[0]!) < 0.02);
  }
});

Deno.test("foldIn() takes the item as a number or as a tensor", () => {
  const wanted = [...foldIn(key(5), 9).dataSync()];
  const f = jit((item: tf.Scalar) => foldIn(key(5), item));
  assert.deepEqual([...f(tf.scalar(9, "int32")).dataSync()], wanted);
});

Deno.test("permutation() holds every number once, and moves them", () => {
  const drawn = [...permutation(key(6), 1000).dataSync()];
  assert.deepEqual([...drawn].sort((x, y) => x - y), Array.from({ length: 1000 }, (_, i) => i));
  assert.ok(drawn.filter((value, index) => value === index).length < 10);
});

Deno.test("categorical() follows the probabilities of its logits", () => {
  const probabilities = [0.1, 0.2, 0.7];
  const logits = tf.tile(tf.log(tf.tensor2d([probabilities])), [30_000, 1]) as tf.Tensor2D;
  const drawn = categorical(key(7), logits).dataSync();
  probabilities.forEach((probability, index) => {
    const share = drawn.filter((value) => value === index).length / drawn.length;
    assert.ok(Math.abs(share - probability) < 0.015, `class ${index}: ${share}`);
  });
});

Deno.test("dropout() keeps the mean, passes gradients where it keeps, and refuses other rates", () => {
  const x = tf.ones([20_000]);
  const dropped = dropout(key(8), x, { rate: 0.25 });
  assert.ok(Math.abs(moments(dropped).mean - 1) < 0.02);
  const gradient = tf.grad((x) => tf.sum(dropout(key(8), x, { rate: 0.25 })))(x);
  assert.deepEqual(gradient.dataSync(), dropped.dataSync());
  assert.throws(() => dropout(key(8), x, { rate: 1 }), {
    name: "RangeError",
    message: "Cannot drop values: the rate must be in [0, 1), found 1",
  });
});

Deno.test("Keys give the same bits eager, traced and with XLA, whatever their words are", () => {
  // Words of either sign, at the ends of their range, and what split and foldIn make of them.
  const words = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 123456789, -987654321];
  const keys = words.flatMap((high) => words.map((low) => tf.tensor1d([high, low], "int32")));
  const seeds = [2 ** 31, 2 ** 32 - 1, 2 ** 52 + 2 ** 31, 2 ** 53 - 1, 12345678901];
  const draw = (one: tf.Tensor1D) => {
    const [first, second] = split(one);
    return tf.concat([permutation(first!, 9), foldIn(split(second!, 3)[2]!, -7)]);
  };
  for (const compiler of ["graph", "xla"] as const) {
    const traced = jit(draw, { compiler });
    for (const one of [...keys, ...seeds.map(key)]) {
      assert.deepEqual(traced(one).dataSync(), draw(one).dataSync(), `${compiler} ${one}`);
    }
  }
});

Deno.test("split() draws what Python's TensorFlow draws from the same words", () => {
  // tf.random.stateless_uniform([2, 2], [0, -1], None, None, tf.int32, alg="philox")
  const wanted: [number, number[]][] = [
    [2 ** 32 - 1, [-684435650, 2008354246, 1394252424, 673567295]],
    [12345678901, [-1103885589, 2100232673, 97962191, 1941401477]],
  ];
  for (const [seed, bits] of wanted) {
    assert.deepEqual(split(key(seed)).flatMap((one) => [...one.dataSync()]), bits);
  }
});
