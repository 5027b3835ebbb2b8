/**
 * Learning rates and epochs of the two phases of `deno task reproduce efficientnet`, chosen on a
 * survey's training part alone: the galaxies that the recipe keeps for validation are never seen.
 *
 * ```sh
 * deno run -A bench/fine_tuning_settings.ts head DATA --model tf_efficientnet_lite0 --size 160
 * deno run -A bench/fine_tuning_settings.ts last DATA --model tf_efficientnet_lite0 --size 160 \
 *   --head-rate 0.001 --head-epochs 25
 * ```
 *
 * The training part is split twice; on each split the head is trained at several rates, or, after the
 * head, the last blocks with it. Printed are losses and accuracies of what was held out, by epoch, and
 * the rate and epochs of the least loss.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { firstModel } from "../lib/jobs/first_model.ts";
import { loadImages, stratifiedSplit } from "../lib/data/mod.ts";
import { modelCard } from "../lib/models/mod.ts";
import { reporter } from "../lib/plot/reporter.ts";
import { readSample } from "../lib/recipes/efficientnet/galaxies.ts";
import { CLASSES, EFFICIENTNET } from "../lib/recipes/efficientnet/settings.ts";
import { givenOf, optionsOf, settingsOf } from "../lib/settings.ts";
import { mean } from "../lib/statistics.ts";
import { type Epoch, FeatureStore, finetune, type Phase } from "../lib/train/mod.ts";

/** What is tried of each phase. */
const TRIED = {
  head: { rates: [3e-4, 1e-3, 3e-3], epochs: 60 },
  last: { rates: [3e-5, 1e-4, 3e-4], epochs: 12 },
};
const SPLITS = 2;

await runCommand({
  name: "bench",
  summary: "Choose rates and epochs of the two phases on a survey's training part.",
  options: optionsOf(EFFICIENTNET),
  words: { value: "head|last DATA", description: "the phase; a survey's folder or table" },
}, async (options, { signal, words: [phase = "", data = ""] }) => {
  if (phase !== "head" && phase !== "last") {
    throw new SyntaxError(`Cannot run bench: wanted head or last, found "${phase}"`);
  }
  const settings = settingsOf(EFFICIENTNET, givenOf(EFFICIENTNET, options));
  const { size, crop, model: name, batch, clipNorm, head, last, seed } = settings;
  const { ids, images, labels, parts } = readSample(data, { ...settings, images: true });
  const rows = [...parts.keys()].filter((row) => parts[row] === "train");
  using report = reporter({ print: console.error });
  using set = await loadImages(
    rows.map((row) => ({ id: ids[row]!, image: images[row]!, class: labels[row]! })),
    {
      ...{ classes: CLASSES, size, cropFraction: crop, filter: modelCard(name).filter, signal },
      onProgress: report,
    },
  );
  const features = new FeatureStore();

  /** Losses and accuracies of what was held out, in each epoch of the last phase: their means. */
  async function tried(phases: Phase[]): Promise<{ loss: number[]; accuracy: number[] }> {
    const curves: Epoch[][] = [];
    for (let split = 0; split < SPLITS; split++) {
      const held = stratifiedSplit({
        ...{ labels: set.labels, classes: CLASSES, seed: split },
        fractions: { train: 0.7, validation: 0.3 },
      });
      const { model } = await firstModel({ ...settings, seed }, {
        classes: CLASSES.length,
        signal,
      });
      const { history } = await finetune(model, {
        ...{ phases, batchSize: batch, clipNorm, seed: split, features, batchNorm: "inference" },
        train: { set, indices: held.train },
        validation: { set, indices: held.validation },
        signal,
      });
      model.dispose();
      curves.push(history.filter(({ phase }) => phase === phases.at(-1)!.name));
    }
    const over = (column: "validation_loss" | "validation_accuracy") =>
      curves[0]!.map((_, epoch) => mean(curves.map((rows) => rows[epoch]![column]!)));
    return { loss: over("validation_loss"), accuracy: over("validation_accuracy") };
  }

  const { rates, epochs } = TRIED[phase];
  const shown = Array.from({ length: 6 }, (_, i) => Math.round((i + 1) * epochs / 6));
  console.log(
    `${rows.length} galaxies; loss (accuracy) of the held-out ones after ${shown} epochs`,
  );
  const found = [];
  for (const rate of rates) {
    const curve = await tried(
      phase === "head" ? [{ name: "head", epochs, rate, trainable: "head" }] : [
        { name: "head", ...head, trainable: "head" },
        { name: "last", epochs, rate, trainable: { lastBlocks: last.blocks } },
      ],
    );
    const values = shown.map((epoch) =>
      `${curve.loss[epoch - 1]!.toFixed(3)} (${curve.accuracy[epoch - 1]!.toFixed(3)})`
    );
    console.log(`rate ${rate}: ${values.join("  ")}`);
    const loss = Math.min(...curve.loss);
    found.push({ rate, epochs: curve.loss.indexOf(loss) + 1, loss });
  }
  const best = found.reduce((a, b) => b.loss < a.loss ? b : a);
  console.log(`${phase}: rate ${best.rate}, ${best.epochs} epochs`);
});
