import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AutoencoderKL,
  ldmNames,
  openDiffusionModel,
  saveDiffusionModel,
  UNet2DConditionModel,
  type UNetConfig,
} from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";
import { openSafetensors, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../../temporary.ts";

const TINY: Partial<UNetConfig> = {
  ...{ block_out_channels: [4], norm_num_groups: 2, layers_per_block: 1, mid_block_type: null },
  ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
};
const NAME = "diffusion_pytorch_model";

const files = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("saveDiffusionModel() writes what openDiffusionModel() opens, in one file or several", async () => {
  const model = new UNet2DConditionModel(TINY, { key: key(1) });
  const folder = join(temporaryFolder(), "pipeline", "unet");
  await saveDiffusionModel(folder, model, { shardBytes: 5000 });
  const shards = files(folder).filter((name) => name.endsWith(".safetensors"));
  assert.ok(shards.length > 1);
  assert.equal(shards[0], `${NAME}-00001-of-0000${shards.length}.safetensors`);
  assert.deepEqual(
    files(folder),
    ["config.json", ...shards, `${NAME}.safetensors.index.json`].sort(),
  );
  const before = tf.memory().numTensors;
  const again = await openDiffusionModel(UNet2DConditionModel, folder);
  assert.deepEqual(again.stateDict(), model.stateDict());
  again.dispose();
  assert.equal(tf.memory().numTensors, before);

  await saveDiffusionModel(folder, model); // The files before are gone
  assert.deepEqual(files(folder), ["config.json", `${NAME}.safetensors`]);
  using file = openSafetensors(join(folder, `${NAME}.safetensors`));
  assert.deepEqual(file.metadata, { format: "pt" });
  const config = JSON.parse(Deno.readTextFileSync(join(folder, "config.json")));
  assert.deepEqual(config, { _class_name: "UNet2DConditionModel", ...model.config });
});

Deno.test("saveDiffusionModel() in half precision is a variant beside the other", async () => {
  const model = new AutoencoderKL({
    ...{ block_out_channels: [4], norm_num_groups: 2, latent_channels: 1 },
  }, { key: key(1) });
  const folder = temporaryFolder();
  await saveDiffusionModel(folder, model, { variant: "fp16" });
  await assert.rejects(openDiffusionModel(AutoencoderKL, folder), {
    name: "RangeError",
    message:
      `Cannot open "${folder}": it has no ${NAME}.safetensors, but ${NAME}.fp16.safetensors; give the variant, such as "fp16"`,
  });
  await saveDiffusionModel(folder, model);
  await saveDiffusionModel(folder, model, { variant: "fp16", shardBytes: 2000 });
  assert.ok(files(folder).includes(`${NAME}.safetensors`));
  assert.ok(files(folder).includes(`${NAME}.safetensors.index.fp16.json`));
  assert.equal(files(folder).includes(`${NAME}.fp16.safetensors`), false);
  const [whole, half] = [
    await openDiffusionModel(AutoencoderKL, folder),
    await openDiffusionModel(AutoencoderKL, folder, { variant: "fp16" }),
  ].map((model) => model.stateDict());
  assert.deepEqual(whole, model.stateDict());
  for (const [name, { data }] of Object.entries(model.stateDict())) {
    assert.deepEqual(
      [...half![name]!.data as Float32Array],
      [...data as Float32Array].map(Math.f16round),
    );
  }
  const large = model.quant_conv!.bias!;
  large.assign(tf.fill([2], 1e5));
  await assert.rejects(saveDiffusionModel(folder, model, { variant: "fp16" }), {
    name: "RangeError",
    message:
      'Cannot write "quant_conv.bias" in half precision: it must be below 65520, found 100000',
  });
});

Deno.test("openDiffusionModel() opens a checkpoint of the whole, with a configuration", async () => {
  const model = new UNet2DConditionModel(TINY, { key: key(1) });
  const state = model.stateDict();
  const path = join(temporaryFolder(), "v1.safetensors");
  const tensors = Array.from(ldmNames(model), ([theirs, own]) => [
    `model.diffusion_model.${theirs}`,
    state[own]!,
  ]);
  writeSafetensors(path, {
    ...Object.fromEntries(tensors),
    "first_stage_model.quant_conv.bias": { dtype: "F32", shape: [1], data: new Float32Array(1) },
  });
  const again = await openDiffusionModel(UNet2DConditionModel, path, { config: TINY });
  assert.deepEqual(again.stateDict(), state);
  await assert.rejects(openDiffusionModel(UNet2DConditionModel, path), {
    name: "TypeError",
    message:
      `Cannot open "${path}" as UNet2DConditionModel: it is one file of weights, and not of Stable Diffusion 1 or 2 by its shapes; give its config, such as unetConfigs.sd15`,
  });
  const wider = { ...TINY, block_out_channels: [8] };
  await assert.rejects(openDiffusionModel(UNet2DConditionModel, path, { config: wider }), {
    name: "TypeError",
    message: /^Cannot load ".*v1\.safetensors" into UNet2DConditionModel: \d+ keys misshapen/,
  });
});

Deno.test("openDiffusionModel() says what is wrong with a folder", async () => {
  const folder = temporaryFolder();
  const open = () => openDiffusionModel(UNet2DConditionModel, folder);
  await assert.rejects(open(), {
    name: "RangeError",
    message: `Cannot open "${folder}": it has no config.json`,
  });
  const path = join(folder, "config.json");
  Deno.writeTextFileSync(path, "{");
  await assert.rejects(open(), {
    name: "SyntaxError",
    message: `Cannot read "${path}": it is not JSON`,
  });
  Deno.writeTextFileSync(path, JSON.stringify({ _class_name: "AutoencoderKL" }));
  await assert.rejects(open(), {
    name: "TypeError",
    message:
      `Cannot open "${folder}" as UNet2DConditionModel: its config.json is of "AutoencoderKL"`,
  });
  const config = { _class_name: "UNet2DConditionModel", _diffusers_version: "0.6.0", ...TINY };
  Deno.writeTextFileSync(path, JSON.stringify(config));
  await assert.rejects(open(), {
    name: "RangeError",
    message: `Cannot open "${folder}": it has no ${NAME}.safetensors`,
  });
});
