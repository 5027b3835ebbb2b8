// Called by diffusion_folder.py: opens each folder that diffusers wrote, and writes it again in three
// forms; prints the names that the authors' checkpoints have for weights of the published networks.
import {
  autoencoderConfigs,
  AutoencoderKL,
  ldmNames,
  openDiffusionModel,
  saveDiffusionModel,
  UNet2DConditionModel,
  unetConfigs,
} from "galaxykit/models";

const [root] = Deno.args;
for (const { name } of [...Deno.readDirSync(root!)]) {
  const folder = `${root}/${name}`;
  const variant = name.includes("fp16") ? "fp16" : undefined;
  const model = name.startsWith("unet")
    ? await openDiffusionModel(UNet2DConditionModel, folder, { variant })
    : await openDiffusionModel(AutoencoderKL, folder, { variant });
  await saveDiffusionModel(`${folder}-kit`, model);
  await saveDiffusionModel(`${folder}-kit-shards`, model, { shardBytes: 20_000 });
  await saveDiffusionModel(`${folder}-kit-fp16`, model, { variant: "fp16" });
  model.dispose();
}
const models = {
  sd15: new UNet2DConditionModel(unetConfigs.sd15),
  sd21: new UNet2DConditionModel(unetConfigs.sd21),
  projection: new UNet2DConditionModel({
    ...{ class_embed_type: "projection", projection_class_embeddings_input_dim: 74 },
  }),
  autoencoder: new AutoencoderKL(autoencoderConfigs.sd),
};
const names = Object.entries(models)
  .map(([name, model]) => [name, Object.fromEntries(ldmNames(model))]);
console.log(JSON.stringify(Object.fromEntries(names)));
