/** `deno task sky`: writes a simulated survey. */

import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { SKY } from "../lib/jobs/common_settings.ts";
import { surveyNames, writeSky } from "../lib/sky/mod.ts";
import { count } from "../lib/text.ts";
import { reporting } from "./_reports.ts";

await runCommand({
  name: "sky",
  summary: "Draw galaxies that do not exist, let volunteers classify them, write it all down.",
  options: {
    count: { ...SKY.count, default: 1000 },
    size: { ...SKY.size, default: 424 },
    survey: {
      type: "string",
      default: "sdss",
      choices: surveyNames,
      description: "whose pictures they look like",
    },
    seed: { ...SKY.seed, default: 1 },
    format: {
      type: "string",
      default: "jpeg",
      choices: ["jpeg", "png"],
      description: "JPEG of quality 90, or exact PNG",
    },
    workers: { type: "integer", minimum: 1, description: "threads (one a core if not given)" },
    out: {
      type: "string",
      value: "DIR",
      required: true,
      description: "new folder, or one to go on with",
    },
  },
}, async ({ out, ...options }, { signal }) => {
  await reporting({ signal, kept: join(out, "sky.json") }, async (onProgress) => {
    const { drawn, kept } = await writeSky(out, { ...options, signal, onProgress });
    if (kept > 0) console.log(`${count(kept)} pictures were there`);
    console.log(`${count(drawn + kept)} galaxies in ${out}; see its README.md`);
  });
});
