/**
 * Memory over many steps of training: resident memory and the number of tensors should stay flat.
 *
 *     deno run -A bench/memory.ts [--steps 1000] [--width 16] [--size 48] [--batch 32]
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { imageSet } from "../lib/data/mod.ts";
import { resnet18 } from "../lib/models/mod.ts";
import { drawGalaxy, renderGalaxy } from "../lib/sky/mod.ts";
import { backend, key, tf } from "../lib/tensorflow/mod.ts";
import { flipsAndQuarterTurns } from "../lib/augment/mod.ts";
import { adamw, constant, fit } from "../lib/train/mod.ts";

await runCommand({
  name: "memory",
  summary: "Train for many steps and print resident memory and tensor counts.",
  options: {
    steps: { type: "integer", default: 1000, minimum: 100, description: "steps of training" },
    width: { type: "integer", default: 16, minimum: 1, description: "ResNet-18's first channels" },
    size: {
      type: "integer",
      default: 48,
      minimum: 32,
      description: "side of the images, in pixels",
    },
    batch: { type: "integer", default: 32, minimum: 1, description: "images in a step" },
  },
}, async ({ steps, width, size, batch }, { signal }) => {
  const count = 10 * batch;
  const pixels = size ** 2 * 3;
  const images = new Uint8Array(count * pixels);
  const labels = Int32Array.from({ length: count }, (_, index) => index % 2);
  for (let index = 0; index < count; index++) {
    images.set(renderGalaxy(drawGalaxy({ seed: 1, index }), { size }).pixels, index * pixels);
  }
  const set = imageSet({ images, labels, size, classes: ["even", "odd"] });
  const model = resnet18({ classes: 2, width, key: key(1) });
  const every = Math.max(Math.floor(steps / 20), 1);
  let total = 0;
  console.log("step  resident MB  tfjs tensors  TensorFlow handles");
  await fit(model, {
    train: { set },
    validation: { set, indices: Int32Array.from({ length: batch }, (_, index) => index) },
    optimizer: adamw(model.namedParameters()),
    schedule: constant(1e-4),
    epochs: Math.ceil(steps / 10),
    batchSize: batch,
    seed: 1,
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    augment: flipsAndQuarterTurns,
    signal,
    onStep() {
      total++;
      if (total % every !== 0 && total !== 1) return;
      const cells = [
        String(total).padStart(4),
        (Deno.memoryUsage().rss / 2 ** 20).toFixed(0).padStart(11),
        String(tf.memory().numTensors).padStart(12),
        String(backend().binding.getNumOfTensors()).padStart(18),
      ];
      console.log(cells.join("  "));
    },
  });
});
