import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImages, listImages, loadImageFolder, stratifiedSplit } from "galaxykit/data";
import { onShared, shared } from "../../shared_data.ts";

Deno.test(onShared("kaggle_spirals", "loadImageFolder() decodes the Kaggle spirals"), async () => {
  const folder = join(shared, "kaggle_spirals/train");
  const set = await loadImageFolder(folder, { size: 64 });
  assert.deepEqual(set.classes, ["non_spirals", "spirals"]);
  assert.equal(set.labels.length, 1400);
  assert.equal(set.labels.reduce((sum, label) => sum + label, 0), 700);
  assert.equal(set.images!.length, 1400 * 64 * 64 * 3);
  const fractions = { train: 0.8, validation: 0.2 };
  const { train, validation } = stratifiedSplit({ labels: set.labels, fractions, seed: 1 });
  assert.deepEqual([train.length, validation.length], [1120, 280]);
  // Galaxies lie in the middle, on a dark sky.
  let [centre, corner] = [0, 0];
  for (let row = 0; row < 1400; row++) {
    centre += set.images![(row * 64 * 64 + 32 * 64 + 32) * 3] / 1400;
    corner += set.images![row * 64 * 64 * 3] / 1400;
  }
  assert.ok(centre > 100 && corner < 30, `centre ${centre}, corner ${corner}`);
});

Deno.test({
  ...onShared("gz2_hart16_sample", "decodeImages() decodes the Galaxy Zoo 2 sample"),
}, async () => {
  const { files } = listImages(join(shared, "gz2_hart16_sample/images"));
  assert.equal(files.length, 1000);
  const images = await decodeImages(files.map(({ path }) => path), { size: 32, cropFraction: 0.5 });
  assert.equal(images.length, 1000 * 32 * 32 * 3);
});
