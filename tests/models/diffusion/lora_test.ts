import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type DiffusionLora,
  type LoraDialect,
  openDiffusionLora,
  saveDiffusionLora,
} from "galaxykit/models";
import { addLora, lorasOf } from "galaxykit/nn";
import { jit, key, tf } from "galaxykit/tensorflow";
import { readSafetensors, type StoredTensor, writeSafetensors } from "galaxykit/weights";
import { assertClose, type FixtureCase, valuesOf } from "../../nn/reference.ts";
import { temporaryFolder } from "../../temporary.ts";
import { CASES, outputsOf, tinyModels } from "./_lora.ts";

/** What diffusers and peft wrote, and files in kohya's dialect. */
const FILES = join(dirname(fileURLToPath(import.meta.url)), "../../reference/diffusion_lora");
const pathOf = (name: string) => join(FILES, name === "peft" ? name : `${name}.safetensors`);
const [BASE, ...ONES] = CASES.filter(({ name }) => name !== "several");

const TOLERANCE = 1e-5;

/** The models give what diffusers does. */
function assertSame(
  models: ReturnType<typeof tinyModels>,
  { name, tensors }: FixtureCase<unknown>,
): void {
  const outputs = outputsOf(models);
  for (const [role, output] of Object.entries(outputs)) {
    const what = `${role} of ${name}`;
    assertClose(valuesOf(output), tensors[role]!, { tolerance: TOLERANCE, what });
  }
  tf.dispose(outputs);
}

const both = ({ unet, textEncoder }: DiffusionLora) => [unet!, textEncoder!];

for (const entry of ONES) {
  Deno.test(`openDiffusionLora() makes of ${entry.name} what diffusers does, merged and removed, too`, async () => {
    const models = tinyModels();
    assertSame(models, BASE!);
    const count = tf.memory().numTensors;
    const lora = await openDiffusionLora(models, pathOf(entry.name));
    assertSame(models, entry);
    both(lora).forEach((one) => one.merge());
    assertSame(models, entry);
    both(lora).forEach((one) => one.unmerge());
    both(lora).forEach((one) => one.remove());
    assertSame(models, BASE!);
    assert.equal(tf.memory().numTensors, count);
  });
}

Deno.test("openDiffusionLora() lays several files over the same layers, weighed, as diffusers does", async () => {
  const several = CASES.find(({ name }) => name === "several")!;
  const models = tinyModels();
  const loras = [];
  for (const [at, file] of several.files!.entries()) {
    const strength = several.strengths![at]!;
    loras.push(await openDiffusionLora(models, pathOf(file), { name: file, strength }));
  }
  assertSame(models, several);
  for (const one of loras.flatMap(both)) one.merge();
  assertSame(models, several);
  for (const one of loras.flatMap(both)) one.unmerge();
  both(loras[1]!).forEach((one) => one.strength = 0);
  both(loras[0]!).forEach((one) => one.strength = 1);
  assertSame(models, ONES.find(({ name }) => name === "kohya")!);
  assert.deepEqual(lorasOf(models.unet).map(({ name }) => name), several.files);
});

for (const dialect of ["diffusers", "kohya", "peft"] as LoraDialect[]) {
  Deno.test(`saveDiffusionLora() writes for ${dialect} what openDiffusionLora() reads`, async () => {
    const folder = temporaryFolder();
    for (const entry of ONES) {
      const path = join(folder, `${entry.name}.${dialect}`);
      const lora = await openDiffusionLora(tinyModels(), pathOf(entry.name));
      saveDiffusionLora(path, lora, { dialect });
      const models = tinyModels();
      const again = await openDiffusionLora(models, path);
      assertSame(models, entry);
      assert.deepEqual(again.unet!.stateDict(), lora.unet!.stateDict());
      assert.deepEqual(again.textEncoder!.stateDict(), lora.textEncoder!.stateDict());
    }
  });
}

Deno.test("saveDiffusionLora() writes kohya's names with alphas, and diffusers' with its settings", () => {
  const { unet } = tinyModels();
  const lora = addLora(unet, {
    ...{ targets: ["mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0"], rank: 4 },
    ...{ alpha: 6, useRsLora: true, key: key(1) },
  });
  const path = join(temporaryFolder(), "lora.safetensors");
  saveDiffusionLora(path, { unet: lora }, { dialect: "kohya" });
  const { tensors, metadata } = readSafetensors(path);
  const name = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0";
  assert.deepEqual(Object.keys(tensors).sort(), [
    `${name}.alpha`,
    `${name}.lora_down.weight`,
    `${name}.lora_up.weight`,
  ]);
  assert.deepEqual([...tensors[`${name}.alpha`]!.data as Float32Array], [12]); // 6 / √4 · 4
  assert.equal(metadata.ss_network_dim, "4");
  saveDiffusionLora(path, { unet: lora });
  const settings = JSON.parse(readSafetensors(path).metadata.lora_adapter_metadata!);
  assert.equal(settings["unet.use_rslora"], true);
  assert.equal(settings["unet.lora_alpha"], 6);
  assert.throws(() => saveDiffusionLora(path, {}), {
    message: `Cannot save LoRA as "${path}": none was given`,
  });
  assert.throws(() => saveDiffusionLora(path, { unet: lora }, { dialect: "webui" as "kohya" }), {
    message: 'Cannot save LoRA: dialect must be one of diffusers, kohya, peft, "webui" found',
  });
  lora.remove();
  const whole = addLora(unet, { targets: ["conv1"], modulesToSave: ["conv_out"], key: key(1) });
  assert.throws(() => saveDiffusionLora(path, { unet: whole }), {
    message:
      `Cannot save LoRA as "${path}": files of diffusers have no whole modules, found "conv_out"; write peft's`,
  });
});

Deno.test("gradients of adapters are the same with checkpointing, and traced", async () => {
  const { unet, textEncoder } = tinyModels();
  const { unet: lora } = await openDiffusionLora({ unet, textEncoder }, pathOf("kohya"));
  lora!.strength = 0.5;
  const parameters = lora!.parameters();
  const step = (checkpointing: boolean) => () => {
    const { grads } = tf.variableGrads(() => {
      const noise = unet.call(tf.ones([1, 4, 3, 4]), {
        timestep: tf.scalar(7),
        encoderHiddenStates: tf.ones([1, 3, 6]),
      }, { checkpointing });
      return tf.sum(tf.square(noise)) as tf.Scalar;
    }, parameters);
    return parameters.map(({ name }) => grads[name]!);
  };
  const plain = step(false)().map(valuesOf);
  for (const again of [step(true), jit(step(true))]) {
    for (const [at, gradient] of again().map(valuesOf).entries()) {
      assertClose(gradient, plain[at]!, { tolerance: TOLERANCE, what: `gradient ${at}` });
    }
  }
});

Deno.test("openDiffusionLora() says what does not fit, and leaves the models as they were", async () => {
  const path = join(temporaryFolder(), "lora.safetensors");
  const models = tinyModels();
  const before = tf.memory().numTensors;
  const layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
  const f32 = (...shape: number[]): StoredTensor => ({
    ...{ dtype: "F32", shape },
    data: new Float32Array(shape.reduce((product, side) => product * side, 1)),
  });
  const [down, up] = [f32(2, 4), f32(4, 2)];
  const good = { [`${layer}.lora_down.weight`]: down, [`${layer}.lora_up.weight`]: up };
  const refused = async (
    tensors: Record<string, StoredTensor>,
    error: { name: string; message: string },
    given: Partial<typeof models> = models,
  ) => {
    writeSafetensors(path, tensors);
    await assert.rejects(openDiffusionLora(given, path), {
      ...error,
      message: `Cannot load "${path}"${error.message}`,
    });
    assert.equal(tf.memory().numTensors, before);
  };
  const wrong = `${layer.replace("attn1", "attn3")}.lora_down.weight`;
  await refused({ ...good, [wrong]: down }, {
    name: "RangeError",
    message: `: 1 name is of no layer of UNet2DConditionModel or CLIPTextModel ("${wrong}", ` +
      `nearest is "${layer}.lora_down.weight")`,
  });
  await refused({ ...good, [`${layer}.dora_scale`]: f32(4, 1) }, {
    name: "RangeError",
    message:
      `: it is DoRA, whose magnitudes of weights the kit does not compute ("${layer}.dora_scale")`,
  });
  await refused({ [`${layer}.hada_w1_a`]: down }, {
    name: "RangeError",
    message:
      `: it is LoHa, whose products of matrices the kit does not compute ("${layer}.hada_w1_a")`,
  });
  const text = "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight";
  await refused({ ...good, [text]: down }, {
    name: "RangeError",
    message: `: it adapts a text encoder, too ("${text}"); give textEncoder beside unet`,
  }, { unet: models.unet });
  await refused({}, { name: "RangeError", message: ": it holds no weights" });
  const twice = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight";
  await refused({ ...good, [twice]: down }, {
    name: "RangeError",
    message: `: "${twice}" and "${layer}.lora_down.weight" are of the same layer`,
  });
  const own = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
  await refused({ [`${layer}.lora_down.weight`]: down }, {
    name: "TypeError",
    message: ` into UNet2DConditionModel: "${own}" has no lora_B`,
  });
  await refused({ ...good, [`${layer}.lora_up.weight`]: f32(5, 2) }, {
    name: "TypeError",
    message: ` into the LoRA of UNet2DConditionModel: 1 key misshapen ` +
      `("${own}.lora_B.weight": 5x2 found, 4x2 wanted)`,
  });
  // Of both models, where the second does not fit
  const ofText = text.replace(".lora_down.weight", "");
  await refused({ ...good, [text]: f32(2, 6), [`${ofText}.lora_up.weight`]: f32(7, 2) }, {
    name: "TypeError",
    message: ` into the LoRA of CLIPTextModel: 1 key misshapen ` +
      `("text_model.encoder.layers.0.self_attn.q_proj.lora_B.weight": 7x2 found, 6x2 wanted)`,
  });
  assert.deepEqual([lorasOf(models.unet), lorasOf(models.textEncoder)], [[], []]);
  assertSame(models, BASE!);
});
