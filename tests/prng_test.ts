import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { mix } from "../lib/prng.ts";

Deno.test("mix() gives the published value of SplitMix64", () => {
  const words = new BigUint64Array([0n, 1234567n]);
  mix(new Int32Array(words.buffer), 2);
  assert.deepEqual([...words], [0n, 6457827717110365317n]);
});

Deno.test("mix() is SplitMix64 in 64-bit integers", () => {
  const whole = (state: bigint) => {
    let z = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const state = new BigUint64Array(1);
  for (let step = 0; step < 2000; step++) {
    const expected = whole(state[0]);
    mix(new Int32Array(state.buffer), 0);
    assert.equal(state[0], expected);
  }
  for (const edge of [2n ** 32n - 1n, 2n ** 31n, 2n ** 63n, 2n ** 64n - 1n]) {
    state[0] = edge;
    mix(new Int32Array(state.buffer), 0);
    assert.equal(state[0], whole(edge));
  }
});

Deno.test("Prng.uint32() gives the numbers of tests/reference/prng.py", () => {
  const cases: [number, number[], number[]][] = [
    [0, [], [443589289, 1472243107, 1913443415, 1536281227]],
    [42, [2, 7], [3622301573, 537346409, 329662578, 1898258768]],
    [-5, [], [3117319932, 4125076423, 3797826647, 2049774158]],
    [Number.MAX_SAFE_INTEGER, [1], [4204984664, 2656774917, 1972920194, 3385169127]],
  ];
  for (const [seed, path, expected] of cases) {
    const random = new Prng(seed, path);
    assert.deepEqual(expected.map(() => random.uint32()), expected);
  }
});

Deno.test("Prng refuses a seed that is no integer", () => {
  assert.throws(() => new Prng(0.5), {
    name: "RangeError",
    message: "Cannot seed random numbers: an integer is wanted, 0.5 found",
  });
  assert.throws(() => new Prng(1, [2 ** 53]), {
    message: "Cannot seed random numbers: an integer is wanted, 9007199254740992 found",
  });
});

Deno.test("Prng tells streams apart by each number and by their order", () => {
  const paths = [[], [0], [1], [0, 1], [1, 0], [0, 0]];
  const firsts = paths.map((path) => new Prng(7, path).uint32());
  assert.equal(new Set(firsts).size, paths.length);
});

Deno.test("Prng.uniform() fills its range evenly", () => {
  const random = new Prng(1);
  const count = 20_000;
  const bins = new Array(10).fill(0);
  for (let draw = 0; draw < count; draw++) {
    const value = random.uniform(-2, 3);
    assert.ok(value >= -2 && value < 3);
    bins[Math.floor((value + 2) * 2)]++;
  }
  const chiSquare = bins.reduce((sum, bin) => sum + (bin - count / 10) ** 2 / (count / 10), 0);
  assert.ok(chiSquare < 27.9, `chi-square ${chiSquare} with 9 degrees of freedom`); // p = 0.001
});

Deno.test("Prng.integer() makes every value equally likely, and refuses bounds without values", () => {
  const random = new Prng(2);
  const counts = new Array(6).fill(0);
  for (let draw = 0; draw < 12_000; draw++) counts[random.integer(6)]++;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  assert.ok(chiSquare < 20.5, `chi-square ${chiSquare} with 5 degrees of freedom`); // p = 0.001
  // A plain remainder of 2^32 by 3 * 2^30 would give the lowest third twice as often.
  const bound = 3 * 2 ** 30;
  let low = 0;
  for (let draw = 0; draw < 6000; draw++) low += Number(random.integer(bound) < 2 ** 30);
  assert.ok(Math.abs(low - 2000) < 150, `${low} of 6000 in the lowest third`);
  for (const wrong of [0, 1.5, 2 ** 32 + 1]) {
    assert.throws(() => random.integer(wrong), {
      name: "RangeError",
      message: `Cannot draw an integer below ${wrong}: 1 to 2^32 is wanted`,
    });
  }
});

Deno.test("Prng.normal() has the moments of the normal distribution", () => {
  const random = new Prng(3);
  const values = Array.from({ length: 40_000 }, () => random.normal());
  function moment(power: number) {
    return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  }
  assert.ok(Math.abs(moment(1)) < 0.02);
  assert.ok(Math.abs(moment(2) - 1) < 0.03);
  assert.ok(Math.abs(moment(4) - 3) < 0.2);
  let pairs = 0; // the two numbers of one step are independent
  for (let index = 0; index < values.length; index += 2) pairs += values[index] * values[index + 1];
  assert.ok(Math.abs(pairs / (values.length / 2)) < 0.03);
});

Deno.test("Prng.permutation() makes every order equally likely", () => {
  const random = new Prng(4);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw++) {
    const order = random.permutation(3).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 120, `${order} ${count}`);
  assert.deepEqual(random.permutation(0), new Int32Array(0));
  assert.deepEqual([...random.permutation(500)].sort((a, b) => a - b), [...Array(500).keys()]);
});

Deno.test("Prng.integers() gives what Prng.integer() gives one by one", () => {
  for (const bound of [1, 2, 3, 31191, 2 ** 29 + 1, 2 ** 30]) {
    const [bulk, single] = [new Prng(5, [bound]), new Prng(5, [bound])];
    const into = new Int32Array(5000);
    bulk.integers(into, { bound });
    assert.deepEqual(into, Int32Array.from(into, () => single.integer(bound)));
    assert.equal(bulk.uint32(), single.uint32());
  }
  for (const bound of [0, NaN, 1.5, 2 ** 30 + 1]) {
    assert.throws(() => new Prng(1).integers(new Int32Array(1), { bound }), {
      name: "RangeError",
      message: `Cannot draw integers below ${bound}: 1 to 2^30 is wanted`,
    });
  }
});
