/** Fine-tunes a small network on galaxies drawn for it; start it with `deno run -A main.ts`. */

import { loadImageFolder, stratifiedSplit } from "galaxykit/data";
import { loadPretrained, modelCard } from "galaxykit/models";
import { writeGalaxyFolder } from "galaxykit/sky";
import { key } from "galaxykit/tensorflow";
import { finetune } from "galaxykit/train";

// One folder of images for each class; put the path of yours here.
const folder = `${Deno.makeTempDirSync()}/galaxies`;
await writeGalaxyFolder(folder, { count: 150, size: 96, seed: 1 });

const name = "efficientnet_b0_mini";
const { size, cropFraction, mean, std } = modelCard(name);
const set = await loadImageFolder(folder, { size, cropFraction });
const { labels, classes } = set;
const { train, validation } = stratifiedSplit({
  labels,
  classes,
  fractions: { train: 0.8, validation: 0.2 },
  seed: 1,
});
const { model } = await loadPretrained(name, { classes: classes.length, key: key(1) });
const { history } = await finetune(model, {
  phases: [{ name: "head", epochs: 4, rate: 1e-2, trainable: "head" }],
  train: { set, indices: train },
  validation: { set, indices: validation },
  batchSize: 16,
  seed: 1,
  normalization: { mean, std },
});
const accuracy = history.at(-1)!.validation_accuracy;
console.log(
  `${classes.join(", ")}: ${Math.round(100 * accuracy)} % of ${validation.length} galaxies right`,
);
