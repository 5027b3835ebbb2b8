/** `deno task sky`: writes a simulated survey. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/mod.ts";
import { surveyNames, writeSky } from "../lib/sky/mod.ts";
import { count } from "../lib/text.ts";

await runCommand({
  name: "sky",
  summary: "Draw galaxies that do not exist, let volunteers classify them, write it all down.",
  options: {
    count: { type: "integer", default: 1000, minimum: 1, description: "number of galaxies" },
    size: {
      type: "integer",
      default: 424,
      minimum: 8,
      maximum: 2048,
      description: "side of a picture, in pixels",
    },
    survey: {
      type: "string",
      default: "sdss",
      choices: surveyNames,
      description: "whose pictures they look like",
    },
    seed: { type: "integer", default: 1, description: "which sky" },
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
  using report = reporter();
  try {
    const { drawn, kept } = await writeSky(out, {
      ...options,
      signal,
      onProgress: report,
    });
    if (kept > 0) console.log(`${count(kept)} pictures were there`);
    console.log(`${count(drawn + kept)} galaxies in ${out}; see its README.md`);
  } catch (error) {
    if (signal.aborted && existsSync(join(out, "sky.json"))) {
      report.done();
      console.error("Stopped. To go on, give the same command again");
    }
    throw error;
  }
});
