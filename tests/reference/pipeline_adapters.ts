// Called by pipeline_adapters.py: adapters and a word, learnt by the kit, and what it makes of them.
import { imageSet } from "galaxykit/data";
import {
  adaptByLora,
  adaptByToken,
  encodePrompts,
  openPipeline,
  type Pipeline,
  trainPipeline,
} from "galaxykit/generation";
import { type LoraDialect, saveDiffusionLora } from "galaxykit/models";
import { saveTextualInversion } from "galaxykit/prompts";
import { key, tf } from "galaxykit/tensorflow";
import { readSafetensors, writeSafetensors } from "galaxykit/weights";

const [folder, out] = Deno.args as [string, string];
const PROMPTS = ["a galaxy with two arms", "an edge-on galaxy"];
const size = 32;
const images = imageSet({
  images: Uint8Array.from({ length: 4 * size * size * 3 }, (_, at) => 97 * at % 256),
  size,
});
const how = { images, batchSize: 2, epochs: 2, rate: 0.05 };

/** The tokens of prompts, and the noise that the U-Net sees under them. */
function write(name: string, pipeline: Pipeline, prompts: string[]): void {
  const { tensors } = readSafetensors(`${out}/inputs.safetensors`);
  const { embeddings } = encodePrompts(pipeline, prompts);
  const noise = pipeline.unet.call(
    tf.tensor(tensors.sample!.data as Float32Array, [...tensors.sample!.shape]),
    {
      timestep: tf.tensor1d(tensors.timestep!.data as Float32Array),
      encoderHiddenStates: embeddings,
    },
  );
  const entries = Object.entries({ tokens: embeddings, noise }).map(([role, tensor]) =>
    [role, { dtype: "F32", shape: tensor.shape, data: tensor.dataSync() as Float32Array }] as const
  );
  writeSafetensors(`${out}/outputs-${name}.safetensors`, Object.fromEntries(entries));
}

const pipeline = await openPipeline(folder);
const lora = adaptByLora(pipeline, { parts: ["unet", "textEncoder"], rank: 3, key: key(1) });
await trainPipeline(lora, { ...how, captions: ["a ring", "a bar", "two arms", "a galaxy"] });
write("lora", lora.pipeline, PROMPTS);
for (const dialect of ["diffusers", "kohya", "peft"] as LoraDialect[]) {
  const path = `${out}/${dialect}${dialect === "peft" ? "" : ".safetensors"}`;
  saveDiffusionLora(path, lora.loras, { dialect });
}
for (const one of Object.values(lora.loras)) one.remove();

const word = adaptByToken(pipeline, { token: "<ring>", from: "a galaxy", vectors: 1 });
await trainPipeline(word, { ...how, captions: images.ids.map(() => "a <ring>") });
write("word", word.pipeline, ["a <ring> with two arms", "<ring>"]);
saveTextualInversion(`${out}/word.safetensors`, [word.learned()]);
Deno.exit(0);
