import assert from "node:assert/strict";
import { type Generation, textToImage } from "galaxykit/generation";
import { display, type MediaBundle } from "galaxykit/plot";
import { LiveImages } from "../../lib/generation/_live_images.ts";
import { tinyPipeline } from "./_pipelines.ts";

const picture = (seed: number, value = 90) => ({
  ...{ pixels: new Uint8Array(4 * 4 * 3).fill(value), width: 4, seed },
});

Deno.test("images appear and sharpen in one display, which stays with what is finished", async () => {
  const shown: MediaBundle[] = [];
  const generation = await textToImage(tinyPipeline(), {
    ...{ prompt: "arm", seeds: [1, 2, 3], batchSize: 2, steps: 3, width: 16, height: 16 },
    display: { show: (content) => void shown.push(content) },
  });
  assert.match(shown[0]!["text/plain"] as string, /2 images/); // After the first call
  assert.match(shown.at(-1)!["text/plain"] as string, /3 images/);
  assert.notEqual(shown[0]!["image/jpeg"], shown[1]!["image/jpeg"]);
  assert.deepEqual(shown.at(-1), await generation.grid()[display]());
  // Shown already, so that a cell that ends in it does not show it again
  assert.deepEqual(await generation[display](), {
    "text/plain": "3 generated images (seeds 1, 2, 3)",
  });
});

Deno.test("without a display the cell shows the images, and a stopped one what there is", async () => {
  const options = { prompt: "arm", seeds: [1, 2], steps: 2, width: 16, height: 16 };
  const bundle = (generation: Generation) => generation[display]() as Promise<MediaBundle>;
  const whole = await textToImage(tinyPipeline(), options);
  assert.ok("image/jpeg" in await bundle(whole));
  const none = await textToImage(tinyPipeline(), { ...options, signal: AbortSignal.abort() });
  assert.deepEqual(await bundle(none), {
    "text/plain": "0 generated images, stopped before all were finished",
  });
});

Deno.test("previews take a small share of the time", async () => {
  let [clock, decoded, shown] = [0, 0, 0];
  const live = new LiveImages({ show: () => void shown++ }, { now: () => clock });
  const step = async (seconds: number) => {
    clock += seconds * 1000;
    await live.preview(() => {
      decoded++;
      clock += 3000; // A slow codec
      return [picture(1)];
    });
  };
  for (let i = 0; i < 100; i++) await step(1);
  assert.ok(decoded >= 5 && decoded <= 7, `${decoded} previews in ${clock / 1000} s`);
  assert.equal(shown, decoded);
  await live.finish([picture(1)]); // Shown at once
  assert.equal(shown, decoded + 1);
});

Deno.test("of many images the last are shown", async () => {
  let text: unknown;
  const live = new LiveImages({ show: (content) => void (text = content["text/plain"]) });
  await live.finish(Array.from({ length: LiveImages.most + 5 }, (_, seed) => picture(seed)));
  assert.match(text as string, RegExp(`${LiveImages.most} images`));
});
