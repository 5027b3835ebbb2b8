// Called by diffusion_lora.py: opens each of its files, and writes it again in each dialect.
import { openDiffusionLora, saveDiffusionLora } from "galaxykit/models";
import { parse } from "node:path";
import { tinyModels } from "../models/diffusion/_lora.ts";

const [from, to] = Deno.args as [string, string];
for (const { name } of [...Deno.readDirSync(from)]) {
  const models = tinyModels();
  const lora = await openDiffusionLora(models, `${from}/${name}`);
  const stem = `${to}/${parse(name).name}`;
  saveDiffusionLora(`${stem}-diffusers.safetensors`, lora);
  saveDiffusionLora(`${stem}-kohya.safetensors`, lora, { dialect: "kohya" });
  saveDiffusionLora(`${stem}-peft`, lora, { dialect: "peft" });
}
