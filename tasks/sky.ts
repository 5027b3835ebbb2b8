/** `deno task sky`: writes a simulated survey. */

import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { openSurvey } from "../lib/data/mod.ts";
import { SKY } from "../lib/jobs/common_settings.ts";
import { populationOf, surveyNames, writeSky } from "../lib/sky/mod.ts";
import { count } from "../lib/text.ts";
import { reporting } from "./_reports.ts";
import { kindTable, laneLine, sheetOf } from "./_sky_kinds.ts";

await runCommand({
  name: "sky",
  summary: "Draw galaxies that do not exist, let volunteers classify them, write it all down.",
  options: {
    count: { ...SKY.count, defaultText: "1000, unless --each is given" },
    population: {
      type: "string",
      default: "natural",
      value: "KINDS",
      description:
        "natural, or kinds in equal parts (spiral,ring), or with their shares of --count " +
        '("dust lane=0.2,merger=0.1"); prompts and classes are several at once',
    },
    each: { type: "integer", minimum: 1, description: "galaxies of each kind, instead of --count" },
    size: { ...SKY.size, default: 424 },
    survey: {
      type: "strings",
      default: ["sdss"],
      choices: surveyNames,
      description: "whose pictures they look like; of several each gets a folder in --out",
    },
    seed: { ...SKY.seed, default: 1 },
    format: {
      type: "string",
      default: "jpeg",
      choices: ["jpeg", "png"],
      description: "JPEG of quality 90, or exact PNG",
    },
    sheet: { type: "boolean", description: "draw sheet.png, twelve pictures of each kind" },
    data: {
      type: "string",
      value: "DIR",
      description: "real galaxies (a table of GZ2 and images), to be shown on the sheet, too",
    },
    searchLimit: {
      type: "integer",
      default: 200_000_000,
      minimum: 1,
      description: "natural galaxies to look through at most for kinds",
    },
    reference: {
      type: "integer",
      default: 4000,
      minimum: 1,
      description: "natural galaxies by whose votes those of kinds are weighted and debiased",
    },
    workers: { type: "integer", minimum: 1, description: "threads (one a core if not given)" },
    out: {
      type: "string",
      value: "DIR",
      required: true,
      description: "new folder, or one to go on with",
    },
  },
}, async ({ out, sheet, data, population, each, count: given, survey, ...options }, { signal }) => {
  if (data !== undefined && !sheet) {
    throw new RangeError("Cannot show real galaxies: they go on the sheet; add --sheet");
  }
  const real = data === undefined ? undefined : openSurvey(data).pictured({ missing: "drop" });
  const several = survey.length > 1;
  const first = several ? join(out, survey[0]) : out;
  await reporting({ signal, kept: join(first, "sky.json") }, async (onProgress) => {
    const { drawn, kept, kinds } = await writeSky(out, {
      ...{ ...options, each, signal, onProgress },
      count: given ?? (each === undefined ? 1000 : undefined),
      population: populationOf(population),
      survey: several ? survey : survey[0],
    });
    if (kept > 0) console.log(`${count(kept)} pictures were there`);
    console.log(`${count(drawn + kept)} galaxies in ${out}; see its README.md`);
    if (kinds.length === 0) return;
    console.log(kindTable(first, kinds));
    console.log(laneLine(first));
    if (!sheet) return;
    const path = join(first, "sheet.png");
    await (await sheetOf(first, { kinds, real })).save(path);
    console.log(`Twelve of each kind: ${path}`);
  });
});
