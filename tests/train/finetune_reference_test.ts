import assert from "node:assert/strict";
import { imageSet } from "galaxykit/data";
import { efficientnetB0, type EfficientNetOptions } from "galaxykit/models";
import type { LoadableTensor } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";
import { finetune, type Trainable } from "galaxykit/train";
import { assertClose, readFixture, withPrefix } from "../nn/reference.ts";
import type { TinyNetwork } from "../models/_reference.ts";

type Reference = {
  phases: { name: string; epochs: number; rate: number; trained: string[] }[];
  batchSize: number;
  seed: number;
  mean: number[];
  std: number[];
  float32Error: number;
};

const [reference] = readFixture<Reference>("finetune.safetensors");
const [network] = readFixture<TinyNetwork>("efficientnet_tiny.safetensors");
const { phases, batchSize, seed, mean, std, tensors } = reference!;

const trainable: Record<string, Trainable> = {
  "head": "head",
  "last three blocks": { lastBlocks: 3 },
};

for (const cacheFeatures of [false, true]) {
  const how = cacheFeatures ? "on cached features" : "on images";
  Deno.test(`finetune() ${how} loses as PyTorch does over 20 steps in two phases`, async () => {
    const options = { ...network!.options, classes: network!.classes } as EfficientNetOptions;
    const from = key(1);
    const model = efficientnetB0({ ...options, key: from });
    model.loadStateDict(withPrefix<LoadableTensor>(network!.tensors, "state/"));
    const set = imageSet({
      images: tensors["images"]!.data as Uint8Array,
      size: tensors["images"]!.shape[1]!,
      labels: tensors["labels"]!.data as Int32Array,
      classes: ["a", "b", "c"],
    });
    const losses: number[] = [];
    await finetune(model, {
      phases: phases.map(({ trained: _, ...phase }) => ({
        ...phase,
        trainable: trainable[phase.name]!,
      })),
      train: { set },
      validation: { set },
      batchSize,
      seed,
      normalization: { mean, std },
      cacheFeatures,
      onStep: ({ loss }) => losses.push(loss),
    });
    assert.equal(losses.length, 20);
    const wanted = Array.from(tensors["losses"]!.data as Float32Array);
    losses.forEach((loss, step) =>
      assert.ok(
        Math.abs(loss - wanted[step]!) <= 1e-4,
        `step ${step + 1}: ${loss} found, ${wanted[step]} wanted`,
      )
    );
    const state = model.stateDict();
    const after = withPrefix(tensors, "after/");
    assert.ok("blocks.5.1.bn1.running_mean" in after && "bn2.running_var" in after);
    for (const [name, value] of Object.entries(after)) {
      assertClose(state[name]!, value, { tolerance: 2e-3, what: name });
    }
    model.dispose();
    from.dispose();
  });
}
