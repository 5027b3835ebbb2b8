/** Pipelines beside those of diffusers, from the same noise (`tests/reference/pipelines.py`). */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { SamplerName } from "galaxykit/diffusion";
import {
  type Generation,
  imageToImage,
  inpaint,
  invert,
  openPipeline,
  textToImage,
} from "galaxykit/generation";
import { tf } from "galaxykit/tensorflow";
import {
  assertClose,
  asTensor,
  readFixture,
  type Values,
  valuesOf,
  withPrefix,
} from "../nn/reference.ts";

type Case = {
  sampler: SamplerName;
  size: [height: number, width: number];
  prompts: string[];
  negative: string[];
  steps: number;
  guidance: number;
};

const folder = fileURLToPath(new URL("../reference/pipelines", import.meta.url));
const pipeline = await openPipeline(folder);
const cases = readFixture<Case>("pipelines.safetensors");

/** How far off values may be, relative to the largest, and after tens of calls of the network. */
const TOLERANCE = 2e-4;

function assertLatents({ images }: Generation, wanted: Values, what: string): void {
  const shape = [images.length, ...images[0]!.latentShape];
  const data = images.flatMap(({ latents }) => [...latents]);
  assertClose({ shape, data }, wanted, { tolerance: TOLERANCE, what });
}

for (const { name, tensors, ...run } of cases) {
  const [height, width] = run.size;
  const draws = asTensor(tensors["noise"]!);
  /** The noise that a run of so many calls uses. */
  const noise = (calls: number) =>
    draws.shape[0] === 1 ? tf.squeeze(draws, [0]) : tf.slice(draws, 0, 1 + calls);
  const bytes = tensors["pictures"]!.data as Uint8Array;
  const size = height * width * 3;
  const image = run.prompts.map((_, at) => ({
    ...{ pixels: bytes.slice(at * size, (at + 1) * size), width, height },
  }));
  const common = {
    ...{ prompt: run.prompts, negativePrompt: run.negative, steps: run.steps },
    ...{ guidance: run.guidance, sampler: run.sampler, truncate: true }, // as diffusers does
  };

  Deno.test(`${name}: text to image is as in diffusers`, async () => {
    const options = { ...common, noise: noise(run.steps), width, height };
    const guided = await textToImage(pipeline, { ...options, guidanceRescale: 0.7 });
    assertLatents(guided, tensors["latents"]!, "guided and rescaled");
    assertLatents(
      await textToImage(pipeline, { ...options, guidance: 1 }),
      tensors["plain"]!,
      "without guidance",
    );
    if (tensors["decoded"] === undefined) return;
    const wanted = tensors["decoded"].data as Float32Array;
    const found = guided.images.flatMap(({ pixels }) => [...pixels]);
    assert.ok(found.every((value, at) => Math.abs(value - wanted[at]!) <= 1), "pixels");
    assert.ok(new Set(found).size > 20);
  });

  if (tensors["changed"] !== undefined) {
    Deno.test(`${name}: image to image is as in diffusers`, async () => {
      const found = await imageToImage(pipeline, {
        ...{ ...common, image, strength: 0.58, encoding: "mode", noise: noise(11) },
      });
      assertLatents(found, tensors["changed"]!, "changed");
    });
  }

  for (const [role, wanted] of Object.entries(withPrefix(tensors, "inpainted/"))) {
    Deno.test(`${name}: inpainting of strength ${role} is as in diffusers`, async () => {
      const found = await inpaint(pipeline, {
        ...{ ...common, image, strength: Number(role), encoding: "mode", noise: noise(run.steps) },
        mask: tensors["mask"]!.data as Float32Array,
      });
      assertLatents(found, wanted, "inpainted");
    });
  }

  if (tensors["inverted"] !== undefined) {
    Deno.test(`${name}: inversion is as in diffusers`, async () => {
      const { steps, prompts: prompt } = run;
      const found = await invert(pipeline, { image, prompt, steps, batchSize: 1 });
      assertClose(valuesOf(found), tensors["inverted"]!, { tolerance: TOLERANCE, what: "noise" });
      found.dispose();
    });
  }
}

Deno.test("the fixture has square images and oblong ones of an odd number of latents", () => {
  assert.deepEqual(
    new Set(cases.map(({ size }) => size.map((side) => side / 8).join("x"))),
    new Set(["6x6", "7x9"]),
  );
  assert.equal(cases.length, 7);
});
