/** Fine-tunes a small network on galaxies drawn for it; start it with `deno run -A main.ts`. */

import { loadImageFolder, stratifiedSplit } from "galaxykit/data";
import { loadPretrained } from "galaxykit/models";
import { reporter } from "galaxykit/plot";
import { writeGalaxyFolder } from "galaxykit/sky";
import { key } from "galaxykit/tensorflow";
import { finetune } from "galaxykit/train";

// One folder of images for each class; put the path of yours here.
const folder = `${Deno.makeTempDirSync()}/galaxies`;
await writeGalaxyFolder(folder, { count: 150, size: 96, seed: 1 });

const { model } = await loadPretrained("resnet18_mini", { classes: 3, key: key(1) });
const set = await loadImageFolder(folder, model.preprocessing);
const { labels, classes } = set;
const { train, validation } = stratifiedSplit({
  labels,
  classes,
  fractions: { train: 0.8, validation: 0.2 },
  seed: 1,
});
const { history } = await finetune(model, {
  phases: [{ name: "head", epochs: 4, rate: 1e-2, trainable: "head" }],
  train: { set, indices: train },
  validation: { set, indices: validation },
  batchSize: 16,
  seed: 1,
  run: "runs/first", // To be listed, opened and predicted with
  overwrite: true,
  onProgress: reporter(),
});
const accuracy = history.at(-1)!.validation_accuracy;
console.log(
  `${classes.join(", ")}: ${Math.round(100 * accuracy)} % of ${validation.length} galaxies right`,
);
