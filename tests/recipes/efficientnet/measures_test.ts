import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { sentence } from "../../../lib/recipes/efficientnet/items/comparison.ts";
import { gainOf, measureOf } from "../../../lib/recipes/efficientnet/measures.ts";
import type { Prediction } from "../../../lib/recipes/efficientnet/run_files.ts";

/** Predictions of several seeds, of which a share is right, on galaxies three quarters of them smooth. */
function predictions(right: { smooth: number; featured: number }, stream: number): Prediction[][] {
  return Array.from({ length: 5 }, (_, seed) => {
    const random = new Prng(seed, [stream]);
    return Array.from({ length: 400 }, (_, i) => {
      const target = i % 4 === 0 ? "featured" : "smooth";
      const other = target === "smooth" ? "featured" : "smooth";
      const prediction = random.uniform() < right[target] ? target : other;
      return { id: `${i}`, target, prediction, confidence: 1, p_featured: 0.5 };
    });
  });
}

const near = (found: number, wanted: number) =>
  assert.ok(Math.abs(found - wanted) < 0.03, `${found} found, ${wanted} wanted`);

Deno.test("measureOf() weighs the classes as they come, alike, or as in the article", () => {
  const seeds = predictions({ smooth: 0.95, featured: 0.6 }, 1);
  const of = (measure: Parameters<typeof measureOf>[1]["measure"]) =>
    measureOf(seeds, { measure, seed: 0 });
  near(of("accuracy").value, 0.75 * 0.95 + 0.25 * 0.6);
  near(of("balanced").value, (0.95 + 0.6) / 2);
  near(of("mixture").value, 0.411 * 0.95 + 0.589 * 0.6);
  near(of("featured").value, 0.6);
  const { low, high } = of("smooth");
  assert.ok(low < 0.95 && 0.95 < high);
});

Deno.test("gainOf() is of the same galaxies and seeds, and its sentence says when it is nothing", () => {
  const better = predictions({ smooth: 0.95, featured: 0.8 }, 1);
  const worse = predictions({ smooth: 0.95, featured: 0.6 }, 1);
  const gain = (base: Prediction[][], other: Prediction[][]) =>
    gainOf({ base, other, measure: "balanced", seed: 0 });
  const found = gain(better, worse);
  near(found.value, 0.1);
  const accuracy = found;
  assert.match(
    sentence({ accuracy }, "head only"),
    /^two phases, compared with head only, gain \+\d+\.\d \[\d.*\] points of accuracy$/,
  );
  assert.match(sentence({ accuracy: gain(worse, better) }, "head only"), /head only, lose -\d/);
  assert.match(
    sentence({ accuracy, balanced: gain(better, better) }, "from scratch"),
    /of accuracy, and gain nothing that can be told, 0\.0 \[0\.0, 0\.0\] points of balanced$/,
  );
});
