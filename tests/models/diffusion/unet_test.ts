import assert from "node:assert/strict";
import {
  UNet2DConditionModel,
  type UNetConfig,
  unetConfigs,
  type UNetInputs,
} from "galaxykit/models";
import { observe } from "galaxykit/nn";
import { jit, key, tf } from "galaxykit/tensorflow";
import reference from "../../reference/diffusion_sizes.json" with { type: "json" };
import { readFixture, valuesOf } from "../../nn/reference.ts";
import { assertAgrees, assertNear, assertSize, type DiffusersNetwork } from "./_reference.ts";

const NETWORKS = readFixture<DiffusersNetwork<UNetConfig>>("diffusion_unet.safetensors");

for (const network of NETWORKS) {
  Deno.test(`UNet2DConditionModel agrees with diffusers': ${network.name}`, () => {
    const model = new UNet2DConditionModel(network.config);
    assertAgrees(model, network, {
      inputs: [
        ...["sample", "timestep", "encoderHiddenStates"] as const,
        ...["encoderAttentionMask", "classLabels"] as const,
      ],
      output: "output",
      run: ({ sample, ...inputs }) => model.call(sample, inputs),
    });
    model.dispose();
  });
}

const TINY: Partial<UNetConfig> = {
  ...{ block_out_channels: [4, 8], norm_num_groups: 2, attention_head_dim: 2, layers_per_block: 1 },
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
  cross_attention_dim: 6,
};

const inputs = (): UNetInputs => ({
  timestep: tf.scalar(7),
  encoderHiddenStates: tf.ones([1, 3, 6]),
});

/** Gives the layers that begin with zeros something to say. */
function liven(model: UNet2DConditionModel): void {
  const state = model.stateDict();
  for (const { data } of Object.values(state)) {
    if (data.every((value) => value == 0)) (data as Float32Array).fill(0.1);
  }
  model.loadStateDict(state);
}

// Traced, it ended the process where convolutions waited for the gradient: graph.ts, MERGED_BY_MKL
Deno.test("UNet2DConditionModel.call() gives the same gradients with checkpointing, and the same values", () => {
  const model = new UNet2DConditionModel({
    ...TINY,
    ...{ block_out_channels: [4], mid_block_type: null },
    ...{ down_block_types: ["CrossAttnDownBlock2D"], up_block_types: ["CrossAttnUpBlock2D"] },
  }, { key: key(1) });
  liven(model);
  const images = tf.reshape(tf.linspace(-1, 1, 4 * 3 * 4), [1, 4, 3, 4]);
  const step = (checkpointing: boolean) => () =>
    tf.variableGrads(() => {
      const own = { ...inputs(), encoderAttentionMask: tf.tensor2d([[1, 0, 1]]) };
      const noise = model.call(images, own, { checkpointing });
      return tf.sum(tf.square(noise)) as tf.Scalar;
    });
  const plain = step(false)();
  for (const again of [step(true), jit(step(true))]) {
    const { value, grads } = again();
    assertNear(value, valuesOf(plain.value), "value");
    for (const [name, gradient] of Object.entries(grads)) {
      assertNear(gradient, valuesOf(plain.grads[name]!), name);
    }
    assert.equal(Object.keys(grads).length, Object.keys(plain.grads).length);
  }
});

Deno.test("UNet2DConditionModel drops values in training alone, by its key", () => {
  const model = new UNet2DConditionModel({ ...TINY, dropout: 0.5 }, { key: key(1) });
  liven(model);
  const run = (options: { training?: boolean; key?: ReturnType<typeof key> }) =>
    model.call(tf.ones([1, 4, 4, 4]), inputs(), options).dataSync();
  assert.deepEqual(run({ key: key(2) }), run({}));
  assert.deepEqual(run({ training: true, key: key(2) }), run({ training: true, key: key(2) }));
  assert.notDeepEqual(run({ training: true, key: key(2) }), run({ training: true, key: key(3) }));
  assert.throws(() => run({ training: true }), /training wants a key/);
});

Deno.test("UNet2DConditionModel begins with 0, and all it has learns", () => {
  const config = { ...TINY, num_class_embeds: 3 };
  const model = new UNet2DConditionModel(config, { key: key(1) });
  const own = { ...inputs(), classLabels: tf.tensor1d([2], "int32") };
  const noise = model.call(tf.ones([1, 5, 6, 4]), own);
  assert.deepEqual([...new Set(noise.dataSync())], [0]);
  const { grads } = tf.variableGrads(() => {
    return tf.mean(tf.sub(model.call(tf.ones([1, 5, 6, 4]), own), 1)) as tf.Scalar;
  });
  assert.equal(Object.keys(grads).length, model.parameters().length);
});

Deno.test("UNet2DConditionModel shows what the layers inside give", () => {
  const model = new UNet2DConditionModel(TINY, { key: key(1) });
  const layer = model.mid_block!.attentions[0]!;
  assert.equal(model.namedModules()["mid_block.attentions.0"], layer);
  let shape: number[] = [];
  observe(new Map([[layer, ({ shape: found }: tf.Tensor) => void (shape = found)]]), () => {
    model.call(tf.ones([1, 6, 4, 4]), inputs());
  });
  assert.deepEqual(shape, [1, 3, 2, 8]);
});

for (const name of ["sd15", "sd21"] as const) {
  Deno.test(`UNet2DConditionModel has the keys and shapes of ${name}`, () => {
    const model = new UNet2DConditionModel(unetConfigs[name]); // Takes no memory without values
    assertSize(model, reference.sizes[name]);
    model.dispose();
  });
}

Deno.test("UNet2DConditionModel makes itself again from its configuration", () => {
  const model = new UNet2DConditionModel({ ...TINY, _class_name: "x" } as Partial<UNetConfig>);
  const again = new UNet2DConditionModel(JSON.parse(JSON.stringify(model.config)));
  assert.deepEqual(again.stateShapes(), model.stateShapes());
  assert.deepEqual(again.config, model.config);
  assert.equal(Object.hasOwn(model.config, "_class_name"), false);
});

Deno.test("UNet2DConditionModel refuses configurations that it cannot make", () => {
  const refusals: [Partial<UNetConfig> | Record<string, unknown>, string][] = [
    [
      { block_out_chanels: [4] },
      'there is no option "block_out_chanels", nearest is "block_out_channels"',
    ],
    [
      { dual_cross_attention: true },
      "dual_cross_attention must be false, found true: the kit has no other",
    ],
    [
      { block_out_channels: [4, 8, 8] },
      "block_out_channels, down_block_types and up_block_types must have as many entries as each other, found 3, 2 and 2",
    ],
    [
      { down_block_types: ["DownBlock2D", "KDownBlock2D"] },
      'down_block_types must be one of CrossAttnDownBlock2D, AttnDownBlock2D, DownBlock2D, "KDownBlock2D" found',
    ],
    [
      { mid_block_type: "UNetMidBlock" },
      'mid_block_type must be one of UNetMidBlock2DCrossAttn, UNetMidBlock2D, "UNetMidBlock" found',
    ],
    [
      { attention_head_dim: [1, 2, 3] },
      "attention_head_dim must be a whole number from 1, or one for each of 2 blocks, found [1,2,3]",
    ],
    [
      { attention_head_dim: 3 },
      "attention_head_dim must divide block_out_channels, found 3 for 4 (block 0)",
    ],
    [
      { norm_num_groups: 3 },
      "norm_num_groups must divide block_out_channels, found 3 for 4 (block 0)",
    ],
    [{ norm_num_groups: null }, "norm_num_groups must be a whole number in [1, ∞), found null"],
    [{ conv_in_kernel: 2 }, "conv_in_kernel must be odd, found 2"],
    [
      { block_out_channels: [5, 10], norm_num_groups: 5, attention_head_dim: 5 },
      "the first of block_out_channels must be even, found 5",
    ],
    [
      { class_embed_type: "projection" },
      'class_embed_type "projection" must have projection_class_embeddings_input_dim beside it, found none',
    ],
    [{ block_out_channels: 64 }, "block_out_channels must be a list, found 64"],
    [{ use_linear_projection: 1 }, "use_linear_projection must be true or false, found 1"],
    [{ time_embedding_dim: 0 }, "time_embedding_dim must be a whole number in [1, ∞), found 0"],
    [
      { class_embeddings_concat: true },
      "class_embeddings_concat must be false without class_embed_type, found true",
    ],
    [
      { class_embed_type: "label" },
      'class_embed_type must be one of projection, simple_projection, timestep, identity, "label" found',
    ],
  ];
  for (const [change, reason] of refusals) {
    assert.throws(() => new UNet2DConditionModel({ ...TINY, ...change } as Partial<UNetConfig>), {
      name: "RangeError",
      message: `Cannot make UNet2DConditionModel: ${reason}`,
    });
  }
});

Deno.test("UNet2DConditionModel.call() says which inputs it wants", () => {
  const model = new UNet2DConditionModel(
    { ...TINY, class_embed_type: "projection", projection_class_embeddings_input_dim: 7 },
    { key: key(1) },
  );
  const sample = tf.zeros([1, 4, 4, 4]);
  const good = { ...inputs(), classLabels: tf.zeros([1, 7]) };
  assert.deepEqual(model.call(sample, good).shape, [1, 4, 4, 4]);
  const refusals: [tf.Tensor, UNetInputs, string][] = [
    [
      tf.zeros([1, 4, 4, 3]),
      good,
      "sample must be [batch, height, width, 4], found float32[1,4,4,3]",
    ],
    [
      sample,
      { ...good, timestep: tf.zeros([2]) },
      "timestep must be one number, or [1], found float32[2]",
    ],
    [
      sample,
      { ...good, encoderHiddenStates: undefined },
      "encoderHiddenStates must be [1, tokens, 6], found none",
    ],
    [
      sample,
      { ...good, encoderHiddenStates: tf.zeros([1, 3, 5]) },
      "encoderHiddenStates must be [1, tokens, 6], found float32[1,3,5]",
    ],
    [
      sample,
      { ...good, encoderAttentionMask: tf.zeros([1, 2]) },
      "encoderAttentionMask must be [1,3], found float32[1,2]",
    ],
    [sample, { ...good, classLabels: undefined }, "classLabels must be [1,7], found none"],
    [
      sample,
      { ...good, classLabels: tf.zeros([7]) },
      "classLabels must be [1,7], found float32[7]",
    ],
  ];
  for (const [x, given, reason] of refusals) {
    assert.throws(() => model.call(x, given), {
      name: "TypeError",
      message: `Cannot run UNet2DConditionModel: ${reason}`,
    });
  }
  const plain = new UNet2DConditionModel(TINY, { key: key(1) });
  assert.throws(() => plain.call(sample, good), {
    message:
      "Cannot run UNet2DConditionModel: classLabels are for a model with class_embed_type, found float32[1,7]",
  });
});
