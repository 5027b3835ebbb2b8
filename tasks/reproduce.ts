/** `deno task reproduce PAPER [ITEM …]`: figures and tables of a paper, made again. */

import { runCommand } from "../lib/cli.ts";
import { EFFICIENTNET, type EfficientnetProfile, PAPERS } from "../lib/recipes/mod.ts";
import { listItems, reproduce } from "./_reproduction.ts";

const papers = Object.keys(PAPERS);

await runCommand({
  name: "reproduce",
  summary: "Reproduce a paper, or some of its items; leaves tables, figures and one HTML page.",
  words: {
    value: "PAPER [ITEM …]",
    description: `one of ${papers.join(", ")}, and the names of items (all if none is given)`,
  },
  options: {
    list: { type: "boolean", description: "show every item of every paper, and its state" },
    data: {
      type: "string",
      value: "DIR",
      description: "votes and images, such as Kaggle's; without it, a simulated sky",
    },
    profile: {
      type: "string",
      default: "small",
      choices: Object.keys(EFFICIENTNET) as EfficientnetProfile[],
      description: "how much to spend: seconds, minutes on two cores, or the paper's on a GPU",
    },
    out: {
      type: "string",
      value: "DIR",
      description: "where everything is kept (runs/PAPER-PROFILE if not given)",
    },
    seed: { type: "integer", minimum: 0, description: "where random choices come from (0)" },
    threshold: {
      type: "number",
      description: "least share of the votes that makes a label (the paper's)",
    },
    weights: {
      type: "string",
      value: "WEIGHTS",
      description: "where training starts: kit:NAME, hf:NAME, a file, or none (the profile's)",
    },
    skipMissing: { type: "boolean", description: "leave out galaxies without an image" },
  },
}, async ({ list, profile, out, data, skipMissing, ...changes }, { words, signal }) => {
  if (list) return console.log(listItems());
  const [paper, ...items] = words;
  if (paper === undefined) {
    throw new RangeError(
      `Cannot reproduce: name a paper, one of ${papers.join(", ")}; --list shows their items`,
    );
  }
  if (!papers.includes(paper)) {
    throw new RangeError(
      `Cannot reproduce "${paper}": it is not one of ${
        papers.join(", ")
      }; --list shows their items`,
    );
  }
  if (paper !== "efficientnet") {
    throw new RangeError(
      `Cannot reproduce "${paper}": there is no recipe for it yet; --list shows what there is`,
    );
  }
  const chosen = Object.entries(changes).filter(([, value]) => value !== undefined);
  await reproduce(out ?? `runs/${paper}-${profile}`, {
    ...{ data, items, skipMissing, signal },
    settings: { ...EFFICIENTNET[profile], ...Object.fromEntries(chosen) },
  });
});
