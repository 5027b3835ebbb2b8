import assert from "node:assert/strict";
import { imageSet } from "galaxykit/data";
import { vitSmallPatch16 } from "galaxykit/models";
import { addLora } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";
import { finetune, type FinetuneOptions, RunFolder } from "galaxykit/train";
import { temporaryFolder } from "../temporary.ts";

/** Dark and bright images. */
const labels = Int32Array.from({ length: 16 }, (_, index) => index % 2);
const set = imageSet({
  images: new Uint8Array(16 * 32 * 32 * 3).map((_, i) =>
    labels[Math.floor(i / 3072)]! * 90 + i % 9
  ),
  labels,
  size: 32,
  classes: ["dark", "bright"],
});

function adapted() {
  const model = vitSmallPatch16({
    width: 32,
    heads: 2,
    depth: 2,
    size: 32,
    classes: 2,
    key: key(1),
  });
  const base = model.stateDict();
  const options = { rank: 4, alpha: 16, dropout: 0.1, modulesToSave: ["head"], key: key(2) };
  return { model, base, lora: addLora(model, { targets: ["qkv", "fc1"], ...options }) };
}

async function train(
  { model, lora }: ReturnType<typeof adapted>,
  options: Pick<FinetuneOptions, "run" | "resume" | "signal" | "onStep">,
) {
  return await finetune(model, {
    phases: [{ name: "LoRA", epochs: 8, rate: 2e-2, trainable: lora.trains }],
    ...{ train: { set }, validation: { set }, batchSize: 8, seed: 1, checkpointSeconds: 0 },
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    ...options,
  });
}

Deno.test("finetune() trains the adapters of a ViT and leaves the published weights alone", async () => {
  const [whole, stopped] = [adapted(), adapted()];
  const run = new RunFolder(temporaryFolder());
  const { history } = await train(whole, { run });
  assert.ok(history[7]!.train_loss < 0.6 * history[0]!.train_loss, JSON.stringify(history));
  const state = whole.model.stateDict();
  for (const name of Object.keys(state)) {
    if (name.startsWith("head.")) assert.notDeepEqual(state[name], whole.base[name]);
    else assert.deepEqual(state[name], whole.base[name], name);
  }

  // Stopped in the second epoch and resumed, it comes to the same bits
  const half = new RunFolder(temporaryFolder());
  const controller = new AbortController();
  await assert.rejects(
    train(stopped, {
      run: half,
      signal: controller.signal,
      onStep: ({ epoch }) => void (epoch === 2 && controller.abort()),
    }),
    { name: "AbortError" },
  );
  const resumed = adapted();
  await train(resumed, { run: half, resume: true });
  assert.deepEqual(resumed.lora.stateDict(), whole.lora.stateDict());

  // The run's best weights hold the adapters
  const read = adapted();
  run.readModel(read.model);
  assert.deepEqual(read.lora.stateDict()["head.weight"]!.shape, [2, 32]);
  assert.ok(
    read.lora.stateDict()["blocks.0.attn.qkv.lora_B.weight"]!.data.some((value) => value !== 0),
  );
});
