import assert from "node:assert/strict";
import {
  KINDS,
  realImages,
  realImagesAreThere,
  simulatedImages,
} from "../../bench/sky_pictures.ts";
import { compare, measure, STATISTICS } from "../../bench/sky_statistics.ts";
import { Prng } from "../../lib/prng.ts";
import { median } from "../../lib/statistics.ts";
import { skippedIf } from "../shared_data.ts";

Deno.test("compare() tells apart what differs, also where only pairs of numbers do", () => {
  const random = new Prng(2);
  const draw = (sign: number) =>
    Array.from({ length: 150 }, () => {
      const row = STATISTICS.map(() => random.normal());
      row[1] = sign * row[0] + 0.3 * random.normal();
      return row;
    });
  const same = compare(draw(1), draw(1));
  assert.ok(same.low < 0.5 && same.high > 0.5 && same.value < 0.6, `${same.value}`);
  const turned = compare(draw(1), draw(-1));
  assert.ok(turned.low > 0.7, `${turned.low}`);
  assert.ok(turned.each.every((area) => area > 0.4 && area < 0.6), `${turned.each}`);
});

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
