import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type ClipTextConfig,
  clipTextConfigs,
  ClipTextModel,
  clipTextState,
  openClipText,
  saveClipText,
} from "galaxykit/models";
import { addLora, type LoadableTensor } from "galaxykit/nn";
import { jit, key, tf } from "galaxykit/tensorflow";
import { writeSafetensors } from "galaxykit/weights";
import {
  assertClose,
  asTensor,
  type FixtureCase,
  readFixture,
  valuesOf,
  withPrefix,
} from "../nn/reference.ts";
import { temporaryFolder } from "../temporary.ts";

type Case = FixtureCase<{ config: Partial<ClipTextConfig>; skip?: number; masked?: boolean }>;

const TOLERANCE = 1e-4;
const cases = readFixture<Case>("clip_text.safetensors");
const sizes = JSON.parse(
  Deno.readTextFileSync(new URL("../reference/clip_text_sizes.json", import.meta.url)),
);

function loaded({ config, tensors }: Case): ClipTextModel {
  const model = new ClipTextModel(config);
  model.loadStateDict(clipTextState(withPrefix<LoadableTensor>(tensors, "state/")));
  return model;
}

for (const entry of cases.filter(({ name }) => !name.startsWith("open_clip"))) {
  Deno.test(`ClipTextModel computes what transformers does: ${entry.name}`, () => {
    const { tensors, skip, masked } = entry;
    const model = loaded(entry);
    const before = tf.memory().numTensors;
    const ids = asTensor(tensors.ids!);
    const mask = masked ? asTensor(tensors.mask!) : undefined;
    const close = (found: tf.Tensor, role: string) =>
      assertClose(valuesOf(found), tensors[role]!, { tolerance: TOLERANCE, what: role });
    const { hiddenStates, ...found } = model.encode(ids, { mask, skip, hiddenStates: true });
    for (const [role, value] of Object.entries(found)) close(value, role);
    assert.equal(hiddenStates!.length, entry.config.num_hidden_layers! + 1);
    for (const [at, value] of hiddenStates!.entries()) close(value, `hidden/${at}`);
    const traced = jit((ids: tf.Tensor) => {
      const { tokens, pooled } = model.encode(ids, { mask, skip });
      return { tokens, pooled };
    });
    for (const [role, value] of Object.entries(traced(ids))) {
      close(value, role);
      value.dispose();
    }
    traced.dispose();

    const roles = Object.keys(withPrefix(tensors, "cotangent/")) as (keyof typeof found)[];
    const { value, grads } = tf.variableGrads(() => {
      const outputs = model.encode(ids, { mask, skip });
      const sums = roles.map((role) =>
        tf.sum(tf.mul(outputs[role]!, asTensor(tensors[`cotangent/${role}`]!)))
      );
      return tf.addN(sums) as tf.Scalar;
    });
    const parameters = model.namedParameters();
    const wanted = clipTextState(withPrefix<LoadableTensor>(tensors, "gradient/"));
    assert.deepEqual(Object.keys(wanted).sort(), Object.keys(parameters).sort());
    for (const [name, gradient] of Object.entries(wanted)) {
      const own = grads[parameters[name]!.name]!;
      const isLinear = own.rank === 2 && !name.includes("embedding");
      const inFile = isLinear ? tf.transpose(own) : own;
      assertClose(valuesOf(inFile), gradient as never, { tolerance: TOLERANCE, what: name });
      if (isLinear) inFile.dispose();
    }
    tf.dispose([value, grads, found, hiddenStates!, ids, mask ?? []]);
    assert.equal(tf.memory().numTensors, before, "tensors are left");
    model.dispose();
  });
}

for (const entry of cases.filter(({ name }) => name.startsWith("open_clip"))) {
  Deno.test(`ClipTextModel takes open_clip's weights: ${entry.name}`, () => {
    const { tensors } = entry;
    const state = withPrefix<LoadableTensor>(tensors, "state/");
    const prefixed = (prefix: string) =>
      Object.fromEntries(Object.entries(state).map(([name, value]) => [prefix + name, value]));
    const model = loaded(entry);
    const ids = asTensor(tensors.ids!);
    const compare = () => {
      const { projected, ...others } = model.encode(ids);
      assertClose(valuesOf(projected!), tensors.projected!, { tolerance: TOLERANCE, what: "text" });
      tf.dispose([projected!, others]);
    };
    compare();
    for (const prefix of ["text.", "cond_stage_model.model."]) {
      model.loadStateDict(clipTextState(prefixed(prefix)));
      compare();
    }
    tf.dispose(ids);
    model.dispose();
  });
}

/** As the generator has it. */
function digest(shapes: Readonly<Record<string, readonly number[]>>) {
  const lines = Object.entries(shapes)
    .map(([name, shape]) => `${name.replace(/^text_model\./, "")}[${shape}]`).sort();
  const sha256 = createHash("sha256").update(lines.join("\n")).digest("hex");
  return { keys: lines.length, sha256 };
}

for (const name of ["sd15", "sd21"] as const) {
  Deno.test(`ClipTextModel has the names and shapes of ${name}'s at full size`, () => {
    const model = new ClipTextModel(clipTextConfigs[name]);
    const { parameters, ...wanted } = sizes[name];
    assert.equal(model.parameterCount(), parameters);
    assert.deepEqual(digest(model.stateShapes()), wanted);
    model.dispose();
  });
}

Deno.test("clipTextState() finds Stable Diffusion 2's in a single file as diffusers does", () => {
  const { blocks, shapes } = sizes.sd21_single as {
    blocks: number;
    shapes: Record<string, number[]>;
  };
  const tensor = (shape: number[]) => ({ dtype: "F32", shape, data: new Float32Array(0) });
  const whole = Object.entries(shapes).flatMap(([name, shape]) =>
    name.includes("resblocks.0.")
      ? Array.from(
        { length: blocks },
        (_, block) => [name.replace("resblocks.0.", `resblocks.${block}.`), tensor(shape)] as const,
      )
      : [[name, tensor(shape)] as const]
  );
  const others = { "first_stage_model.encoder.conv_in.weight": tensor([1]) };
  const file = { ...Object.fromEntries(whole), ...others };
  const found = clipTextState(file, { depth: 23, projection: false });
  const own = Object.fromEntries(Object.entries(found).map(([name, { shape }]) => [name, shape]));
  assert.deepEqual(digest(own), sizes.sd21_converted);
  assert.deepEqual(digest(own), { keys: sizes.sd21.keys, sha256: sizes.sd21.sha256 });
  assert.equal(Object.keys(clipTextState(file)).length, sizes.sd21.keys + 16 + 1);
});

Deno.test("clipTextState() takes transformers' names of all versions, and no others", () => {
  const bias = { dtype: "F32", shape: [1], data: new Float32Array(1) };
  const name = "text_model.final_layer_norm.bias";
  const names = (state: object) => Object.keys(state);
  for (
    const written of [name, "final_layer_norm.bias", `cond_stage_model.transformer.${name}`]
  ) {
    assert.deepEqual(names(clipTextState({ [written]: bias })), [name], written);
  }
  const both = { [`base:${name}`]: bias, [`base_ema:${name}`]: { ...bias, shape: [2] } };
  assert.deepEqual(clipTextState(both), { [name]: bias });
  assert.deepEqual(clipTextState(both, { ema: true })[name]!.shape, [2]);
  assert.throws(() => clipTextState({ [name]: bias }, { ema: true }), {
    message: 'Cannot find a text encoder: none of 1 names begins with "base_ema:"',
  });
  const old = { [name]: bias, "text_model.embeddings.position_ids": bias };
  assert.deepEqual(names(clipTextState(old)), [name]);
  assert.throws(() => clipTextState({ [name]: bias, "text_model.pooler.bias": bias }), {
    message: 'Cannot rename "text_model.pooler.bias": it is no weight of CLIP\'s text encoder',
  });
  assert.throws(() => clipTextState({ "transformer.resblocks.0.ls_1.gamma": bias }), {
    message:
      'Cannot rename "transformer.resblocks.0.ls_1.gamma": it is no weight of CLIP\'s text encoder',
  });
  assert.throws(() => clipTextState({}), {
    message:
      'Cannot find a text encoder: none of 0 names begins with "cond_stage_model.transformer." or "base:"',
  });
});

Deno.test("encode() takes added vectors for numbers beyond the vocabulary, and trains them", () => {
  const config = { ...clipTextConfigs.tiny, eos_token_id: 2 };
  const model = new ClipTextModel(config, { key: key(3) });
  const large = new ClipTextModel({ ...config, vocab_size: 1002, eos_token_id: 999 });
  const added = tf.randomNormal([2, 32], 0, 1, "float32", 5);
  const state = model.stateDict();
  const table = state["text_model.embeddings.token_embedding.weight"]!;
  const rows = Float32Array.of(...table.data as Float32Array, ...added.dataSync());
  large.loadStateDict({
    ...state,
    "text_model.embeddings.token_embedding.weight": { ...table, shape: [1002, 32], data: rows },
  });
  const ids = tf.tensor2d([[998, 5, 1000, 1001, 999], [998, 1001, 999, 999, 999]], [2, 5], "int32");
  const [found, wanted] = [model.encode(ids, { added }), large.encode(ids)];
  for (const role of ["tokens", "pooled"] as const) {
    assertClose(valuesOf(found[role]), valuesOf(wanted[role]), { tolerance: 1e-6, what: role });
  }
  const gradient = tf.grad((added: tf.Tensor) =>
    tf.sum(tf.square(model.encode(ids, { added }).tokens).mul(tf.range(0, 32)))
  )(
    added,
  );
  assert.ok(tf.max(tf.abs(gradient)).dataSync()[0]! > 1e-3);
});

Deno.test("ClipTextModel takes LoRA under the names of its layers", () => {
  const model = new ClipTextModel(clipTextConfigs.tiny, { key: key(1) });
  const ids = tf.tensor2d([[998, 5, 7, 999]], [1, 4], "int32");
  const before = model.encode(ids).tokens;
  addLora(model, { targets: ["q_proj", "fc2"], rank: 2, key: key(2) });
  const adapters = Object.keys(model.stateDict({ adapters: true }))
    .filter((name) => name.includes("lora"));
  assert.equal(adapters.length, 2 * 2 * 2);
  assert.ok(adapters.includes("text_model.encoder.layers.1.self_attn.q_proj.lora_A.weight"));
  assert.deepEqual(model.encode(ids).tokens.dataSync(), before.dataSync());
  const up = model.namedParameters()[adapters.find((name) => name.includes("lora_B"))!]!;
  up.assign(tf.onesLike(up));
  assert.notDeepEqual(model.encode(ids).tokens.dataSync(), before.dataSync());
  model.dispose();
});

Deno.test("a new ClipTextModel starts with the deviations that its authors gave", () => {
  const model = new ClipTextModel({ ...clipTextConfigs.small, vocab_size: 2000 }, { key: key(1) });
  const deviation = (name: string) => {
    const values = model.stateDict()[name]!.data as Float32Array;
    return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  };
  const near = (name: string, wanted: number) => {
    const found = deviation(`text_model.${name}.weight`);
    assert.ok(Math.abs(found / wanted - 1) < 0.05, `${name}: ${found}, ${wanted} wanted`);
  };
  near("embeddings.token_embedding", 0.02);
  near("encoder.layers.0.self_attn.q_proj", (2 * 128 * 2) ** -0.5);
  near("encoder.layers.0.self_attn.out_proj", 128 ** -0.5);
  near("encoder.layers.1.mlp.fc1", (2 * 128) ** -0.5);
  near("encoder.layers.1.mlp.fc2", (2 * 128 * 2) ** -0.5);
  model.dispose();
});

Deno.test("openClipText() opens what saveClipText() and transformers write", async () => {
  for (const entry of cases.filter(({ name }) => !name.startsWith("open_clip"))) {
    const [model, folder] = [loaded(entry), temporaryFolder()];
    await saveClipText(folder, model);
    const again = await openClipText(folder);
    assert.deepEqual(again.config, model.config);
    assert.deepEqual(again.stateDict(), model.stateDict());
    // As transformers 5 writes it, beside the other
    writeSafetensors(`${folder}/model.fp16.safetensors`, withPrefix(entry.tensors, "state/"));
    const half = await openClipText(folder, { variant: "fp16" });
    assert.deepEqual(half.stateDict(), model.stateDict());
    await saveClipText(folder, model, { variant: "fp16", shardBytes: 4000 });
    const parts = await openClipText(folder, { variant: "fp16" });
    const [found, wanted] = [parts, model].map((one) => Object.values(one.stateDict()));
    for (const [at, { data }] of wanted!.entries()) {
      assert.deepEqual(
        [...found![at]!.data as Float32Array],
        [...data as Float32Array].map(Math.f16round),
      );
    }
    for (const one of [model, again, half, parts]) one.dispose();
  }
});

Deno.test("openClipText() refuses folders of something else", async () => {
  const folder = temporaryFolder();
  await assert.rejects(openClipText(folder), {
    message: `Cannot open "${folder}": it has no config.json`,
  });
  const write = (json: unknown) =>
    Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(json));
  write({ model_type: "bert" });
  await assert.rejects(openClipText(folder), {
    message:
      `Cannot read "${folder}/config.json": its model_type is "bert", wanted "clip_text_model"`,
  });
  const { config, tensors } = cases[0]!;
  write({ model_type: "clip_text_model", ...config, architectures: ["CLIPTextModel"] });
  const state = withPrefix(tensors, "state/");
  writeSafetensors(`${folder}/model.safetensors`, state);
  (await openClipText(folder)).dispose(); // Its projection is left alone
  write({ model_type: "clip_text_model", ...config, hidden_size: 24 });
  await assert.rejects(
    openClipText(folder),
    /Cannot load ".*" into CLIPTextModel: 34 keys misshapen/,
  );
});

Deno.test("ClipTextModel refuses what does not fit", () => {
  const make = (config: object) => () => new ClipTextModel(config);
  assert.throws(make({ hiden_size: 3 }), {
    message: 'Cannot make CLIPTextModel: there is no option "hiden_size", nearest is "hidden_size"',
  });
  assert.throws(make({ hidden_act: "relu" }), {
    message: 'Cannot make CLIPTextModel: hidden_act must be one of quick_gelu, gelu, "relu" found',
  });
  assert.throws(make({ num_attention_heads: 7 }), {
    message:
      "Cannot make CLIPTextModel: num_attention_heads must divide hidden_size, found 7 for 512",
  });
  const model = new ClipTextModel(clipTextConfigs.tiny, { key: key(1) });
  const ids = (tokens: number) => tf.zeros([2, tokens], "int32");
  assert.throws(() => model.encode(ids(17)), {
    message:
      "Cannot encode texts: they have 17 tokens, 16 at most; the tokenizer cuts them where its contextLength is 16",
  });
  assert.throws(() => model.encode(tf.zeros([2, 4])), {
    message:
      "Cannot encode texts: numbers of tokens must be int32 [batch, tokens], found float32 [2,4]",
  });
  assert.throws(() => model.encode(ids(4), { mask: ids(3) }), {
    message: "Cannot encode texts: the mask must be of the numbers' shape [2,4], found int32 [2,3]",
  });
  assert.throws(() => model.encode(ids(4), { skip: 3 }), {
    message: "Cannot encode texts: skip must be a whole number in [0, 2], found 3",
  });
  assert.throws(() => model.encode(ids(4), { added: tf.zeros([1, 3]) }), {
    message: "Cannot encode texts: added vectors must be [n, 32], found float32 [1,3]",
  });
  model.dispose();
});
