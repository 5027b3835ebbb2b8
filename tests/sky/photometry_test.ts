import assert from "node:assert/strict";
import { drawGalaxy, renderGalaxy } from "galaxykit/sky";
import { photometry } from "../../bench/sky_photometry.ts";
import { SIZE } from "../../bench/sky_pictures.ts";
import { encode } from "../../lib/sky/sky_folder.ts";
import { median } from "../../lib/statistics.ts";

Deno.test("photometry() finds in pictures what was drawn", async () => {
  const off = { gr: [] as number[], ri: [] as number[], R90: [] as number[], C: [] as number[] };
  for (let index = 0; index < 7; index++) {
    const galaxy = drawGalaxy({ seed: 3, index });
    const { pixels } = renderGalaxy(galaxy, { size: SIZE });
    const found = await photometry(await encode(pixels, { size: SIZE, format: "jpeg" }));
    const { magnitudes: { g, r, i }, petroR90, concentration } = galaxy;
    off.gr.push(Math.abs(found.gr - (g - r)));
    off.ri.push(Math.abs(found.ri - (r - i)));
    off.R90.push(Math.abs(Math.log(found.petroR90 / petroR90)));
    off.C.push(Math.abs(found.concentration - concentration));
  }
  assert.ok(median(off.gr) < 0.1, `g - r: ${off.gr}`);
  assert.ok(median(off.ri) < 0.05, `r - i: ${off.ri}`);
  assert.ok(median(off.R90) < 0.1, `petroR90: ${off.R90}`);
  assert.ok(median(off.C) < 0.3, `concentration: ${off.C}`);
});
