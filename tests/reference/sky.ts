/**
 * `deno run -A tests/reference/sky.ts` writes sky.json beside itself: hashes of some galaxies'
 * pixels, by which tests/sky/render_test.ts sees that the sky has not changed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { drawGalaxy } from "../../lib/sky/population.ts";
import { renderGalaxy } from "../../lib/sky/render.ts";
import { surveyNames } from "../../lib/sky/survey.ts";

const rows = surveyNames.flatMap((survey) =>
  [[1, 0], [1, 41], [2, 1000]].map(([seed, index]) => {
    const { pixels } = renderGalaxy(drawGalaxy({ seed, index }), { size: 64, survey });
    return { seed, index, survey, sha256: createHash("sha256").update(pixels).digest("hex") };
  })
);
Deno.writeTextFileSync(new URL("sky.json", import.meta.url), JSON.stringify(rows, null, 2) + "\n");
