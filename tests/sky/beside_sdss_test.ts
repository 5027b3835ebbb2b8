import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { KINDS, measure, REAL, realImages, simulatedImages } from "../../bench/sky_statistics.ts";
import { median } from "../../lib/statistics.ts";
import { skippedIf } from "../shared_data.ts";

const name = "renderGalaxy() has the sky, noise, colours and sizes of real SDSS cut-outs";

Deno.test(skippedIf(!existsSync(REAL) && `no ${REAL}`, name), async () => {
  const [real, simulated] = await Promise.all([realImages(12), simulatedImages(12, 2)].map(
    async (images) => {
      const files = [...(await images).values()].flat();
      assert.equal(files.length, 12 * Object.keys(KINDS).length);
      const rows = await Promise.all(files.map(measure));
      return rows[0].map((_, column) => median(rows.map((row) => row[column])));
    },
  ));
  const near = (column: number, tolerance: number, name: string) =>
    assert.ok(
      Math.abs(simulated[column] - real[column]) < tolerance,
      `${name}: ${simulated[column]} simulated, ${real[column]} real`,
    );
  for (const k of [0, 1, 2]) {
    near(k, 1.2, `sky of channel ${k}`); // of 255
    near(3 + k, 0.8, `noise of channel ${k}`);
    near(6 + k, 25, `light near the middle of channel ${k}`);
  }
  near(9, 0.015, "share of bright pixels");
});
