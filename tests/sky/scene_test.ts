import assert from "node:assert/strict";
import { Prng } from "../../lib/prng.ts";
import { addArc } from "../../lib/sky/_arc.ts";
import { type Canvas, nanomaggies } from "../../lib/sky/_canvas.ts";
import { exposeGalaxy } from "../../lib/sky/exposure.ts";
import type { Galaxy } from "../../lib/sky/galaxy.ts";
import { drawGalaxy, drawSubject } from "../../lib/sky/population.ts";
import { drawTails } from "../../lib/sky/_scene.ts";

const galaxies = Array.from({ length: 400 }, (_, index) => drawGalaxy({ seed: 9, index }));

/** A galaxy alone in its field, without noise, in r. */
function light(galaxy: Galaxy, side: number): Float32Array {
  const alone = {
    ...galaxy,
    companion: null,
    neighbours: [],
    stars: [],
    arc: null,
    artifact: null,
  };
  return exposeGalaxy(alone, { side, noise: false }).planes[1];
}

Deno.test("drawTails() bends both tails the same way, from opposite ends", () => {
  const random = new Prng(3);
  let pairs = 0;
  for (let draw = 0; draw < 60; draw++) {
    const [first, second] = drawTails(random, { petroR90: 6, companion: null });
    if (!second) continue;
    pairs++;
    assert.equal(Math.sign(first.bend), Math.sign(second.bend));
    assert.ok(Math.abs(second.angle - first.angle - 180) <= 20);
  }
  assert.ok(pairs > 15);
});

Deno.test("mergers have two nuclei, farther apart than the seeing, each a peak of light", () => {
  let [peaks, count] = [0, 0];
  for (let index = 0; count < 12; index++) {
    const drawn = drawSubject({ seed: 5, index }, ({ companion }) => companion);
    if (!drawn) continue;
    count++;
    const galaxy = drawn.inField();
    const { x, y } = galaxy.companion!;
    assert.ok(Math.hypot(x, y) >= 2.6);
    const side = 2 * Math.ceil(2.5 * galaxy.petroR90 / 0.396);
    const { planes: [, r], pixelScale } = exposeGalaxy(
      { ...galaxy, neighbours: [], stars: [], tails: [] },
      { side, noise: false },
    );
    const at = (t: number) => {
      const [column, row] = [x, y].map((v) => Math.round(t * v / pixelScale + (side - 1) / 2));
      return r[row * side + column];
    };
    const between = Math.min(...Array.from({ length: 17 }, (_, k) => at(0.1 + 0.05 * k)));
    if (between < 0.9 * at(0) && between < 0.9 * at(1)) peaks++;
  }
  assert.ok(peaks >= 9, `${peaks} of ${count}`);
});

Deno.test("addArc() draws a thin arc and its counter-image, with the flux of its magnitude", () => {
  const side = 121;
  const canvas: Canvas = {
    side,
    pixelScale: 0.2,
    bands: ["i", "r", "g"],
    planes: [0, 1, 2].map(() => new Float32Array(side * side)) as Canvas["planes"],
  };
  const arc = { radius: 5, angle: 0, extent: 80, magnitude: 19 };
  addArc(canvas, arc);
  const r = canvas.planes[1];
  assert.ok(Math.abs(r.reduce((a, b) => a + b, 0) / nanomaggies(19) - 1) < 1e-3);
  const shares = { arc: 0, counter: 0 };
  let [spread, mean] = [0, 0];
  r.forEach((value, at) => {
    const x = (at % side - 60) * 0.2;
    const y = (Math.floor(at / side) - 60) * 0.2;
    shares[x > 0 ? "arc" : "counter"] += value;
    mean += value * Math.hypot(x, y);
    spread += value * Math.hypot(x, y) ** 2;
  });
  const total = nanomaggies(19);
  assert.ok(shares.arc > shares.counter && shares.counter > 0.2 * shares.arc);
  const width = Math.sqrt(spread / total - (mean / total) ** 2);
  assert.ok(width < 0.6, `${width}`); // arcsec: below the seeing
  assert.ok(canvas.planes[2].reduce((a, b) => a + b, 0) > 0.8 * total); // blue
});

Deno.test("a boxy bulge seen from the edge keeps its height beside the middle, and its light", () => {
  const galaxy = galaxies.find(({ disc, arms }) => disc && arms && disc.inclination > 70)!;
  const shape = (boxiness: number, inclination: number) => {
    const side = 120;
    const r = light({
      ...galaxy,
      positionAngle: 90,
      disc: { scaleLength: 6, inclination, thickness: 0.08, truncation: 4 },
      bulge: { fraction: 0.5, sersicIndex: 1, halfLightRadius: 4, axisRatio: 0.6, boxiness },
      arms: null,
      bar: null,
      rings: [],
      lens: null,
      dustLane: null,
      knots: { count: 0, strength: 0 },
      disturbance: 0,
    }, side);
    // Light at one height above the plane, over the middle and over where the lobes are.
    const at = (along: number) =>
      r[Math.round(59.5 - 3.4 / 0.396) * side + Math.round(59.5 + along / 0.396)];
    return { flatness: at(4.2) / at(0), flux: r.reduce((a, b) => a + b, 0) };
  };
  const [box, plain] = [shape(1, 88), shape(0, 88)];
  assert.ok(box.flatness > 1.5 * plain.flatness, `${box.flatness}, ${plain.flatness}`);
  assert.ok(Math.abs(box.flux / plain.flux - 1) < 0.02, `${box.flux / plain.flux}`);
  assert.ok(Math.abs(shape(1, 20).flatness / shape(0, 20).flatness - 1) < 0.02);
});

Deno.test("most of an irregular's light is a smooth body", () => {
  const irregulars = galaxies.filter(({ class: name, companion }) =>
    name === "irregular" && !companion
  );
  assert.ok(irregulars.length > 5);
  for (const { knots } of irregulars) assert.ok(knots.strength <= 0.2);
});
