/** `deno task demo`: the main job on generated galaxies. */

import { runCommand } from "../lib/cli.ts";
import { classify, freeFolder } from "./_training.ts";

await runCommand({
  name: "demo",
  summary: "Train a small network on generated galaxies, and say what to try next.",
  options: {},
}, async (_options, { signal }) => {
  const out = freeFolder("runs", "demo");
  await classify({ profile: "tiny", out }, { signal });
  console.log(`
Try next:
  deno task predict --run ${out} --images DIR    classes of other images
  deno task classify --images DIR                your images, one folder a class
  deno task classify --help                      all settings
  deno task status                               what runs underneath`);
});
