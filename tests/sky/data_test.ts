import assert from "node:assert/strict";
import { decodeImage, readCatalogue, readTable } from "galaxykit/data";
import { drawGalaxy, expectedTable, renderGalaxy, skyCatalogue } from "galaxykit/sky";
import { mean, smallSky } from "./_sky.ts";

const FOLDER = new URL("../../data/sky/", import.meta.url).pathname;
const STALE = "data/sky is not what the kit draws now: remove it, and write it with " +
  "deno task sky --count 64 --size 128 --seed 1 --out data/sky";

Deno.test("data/sky is a catalogue without a fault", () => {
  const { kind, frame, problems } = readCatalogue(`${FOLDER}catalogue.parquet`);
  assert.equal(kind.name, "gz2_stripe82");
  assert.deepEqual([frame.height, frame.width, problems], [64, 228, []]);
});

Deno.test("data/sky holds the votes and pictures that its command makes", async () => {
  const totals = (table: ReturnType<typeof readTable>) =>
    [...table.getColumn("total_votes").toArray()] as number[];
  const sky = smallSky(64, 1);
  assert.deepEqual(
    totals(readTable(`${FOLDER}catalogue.parquet`)),
    totals(skyCatalogue(sky)),
    STALE,
  );
  const smooth = "t01_smooth_or_features_a01_smooth_expected";
  const [found, drawn] = [readTable(`${FOLDER}expected_votes.parquet`), expectedTable(sky)]
    .map((table) => [...table.getColumn(smooth).toArray()] as number[]);
  found.forEach((share, row) => assert.ok(Math.abs(share - drawn[row]) < 1e-9, STALE));
  for (const index of [0, 31, 63]) {
    const found = await decodeImage(`${FOLDER}images/${index}.jpg`, { size: 128 });
    const { pixels } = renderGalaxy(drawGalaxy({ seed: 1, index }), { size: 128 });
    const difference = mean(pixels.map((value, at) => Math.abs(value - found[at])));
    assert.ok(difference < 3, `${STALE} (picture ${index}: ${difference} levels off)`);
  }
});
