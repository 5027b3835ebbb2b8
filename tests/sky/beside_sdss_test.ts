import assert from "node:assert/strict";
import {
  KINDS,
  realImages,
  realImagesAreThere,
  simulatedImages,
} from "../../bench/sky_pictures.ts";
import { measure, STATISTICS } from "../../bench/sky_statistics.ts";
import { median } from "../../lib/statistics.ts";
import { skippedIf } from "../shared_data.ts";

const name = "renderGalaxy() has the sky, noise, grain and brightness of real SDSS cut-outs";

/** How far medians of 48 galaxies may differ: about three standard errors. */
const TOLERANCES = [0.8, 0.8, 0.5, 0.4, 0.05, 0.12, 25, 25, 25, 0.015];

Deno.test(skippedIf(!realImagesAreThere() && "no real images", name), async () => {
  const real = await realImages(12, { sample: "original", half: "tuning" });
  const [ours, theirs] = await Promise.all(
    [simulatedImages(12, 2), real].map(async (images) => {
      const files = [...(await images).values()].flat();
      assert.equal(files.length, 12 * Object.keys(KINDS).length);
      const rows = await Promise.all(files.map(measure));
      return STATISTICS.map((_, column) => median(rows.map((row) => row[column])));
    }),
  );
  STATISTICS.forEach((statistic, at) =>
    assert.ok(
      Math.abs(ours[at] - theirs[at]) < TOLERANCES[at],
      `${statistic}: ${ours[at]} simulated, ${theirs[at]} real`,
    )
  );
});
