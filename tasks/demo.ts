/** `deno task demo`: the first paper, on a simulated sky, in two minutes. */

import { runCommand } from "../lib/cli.ts";
import { efficientnet } from "../lib/recipes/mod.ts";
import { freeFolder } from "./_folders.ts";
import { show } from "./_recipes.ts";

await runCommand({
  name: "demo",
  summary:
    "Fine-tune a network of ImageNet on a simulated sky, look at it, and say what to try next.",
  options: {},
}, async (_options, { signal }) => {
  const out = freeFolder("runs", "demo");
  await show(efficientnet, out, { settings: { profile: "tiny" }, signal });
  console.log(`
Try next:
  deno task reproduce efficientnet               the same with more galaxies, in minutes
  deno task reproduce efficientnet --data DIR    on your votes and images, such as Kaggle's
  deno task reproduce --list                     what of which paper is there
  deno task classify --images DIR                your images, one folder a class
  deno task status                               what runs underneath`);
});
