import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Prng } from "../../lib/prng.ts";
import { nanomaggies } from "../../lib/sky/_canvas.ts";
import { exposeGalaxy } from "../../lib/sky/exposure.ts";
import { FRAME_IN_R90, type Galaxy } from "../../lib/sky/galaxy.ts";
import { drawGalaxy } from "../../lib/sky/population.ts";
import { renderGalaxy } from "../../lib/sky/render.ts";
import { blackLevels, skyNoise, surveyNames, surveys } from "../../lib/sky/survey.ts";

const galaxies = Array.from({ length: 600 }, (_, index) => drawGalaxy({ seed: 9, index }));

/** A galaxy alone in its field. */
function alone(galaxy: Galaxy): Galaxy {
  return { ...galaxy, companion: null, neighbours: [], stars: [], arc: null, artifact: null };
}

/** Pixels that hold a galaxy's frame twice. */
function wide({ petroR90 }: Galaxy, scale = 0.396): number {
  return Math.ceil(2 * FRAME_IN_R90 * petroR90 / scale / 2) * 2;
}

function sum(plane: Float32Array): number {
  return plane.reduce((total, value) => total + value, 0);
}

Deno.test("exposeGalaxy() puts the galaxy's flux on the detector, in every band", () => {
  const plain = galaxies.filter(({ disc, tails, dustLane }) =>
    !tails.length && !dustLane && (disc?.inclination ?? 0) < 60
  ).map(alone);
  const errors: number[] = [];
  for (const galaxy of plain.slice(0, 24)) {
    const { planes, bands } = exposeGalaxy(galaxy, { side: wide(galaxy), noise: false });
    bands.forEach((band, k) => errors.push(sum(planes[k]) / nanomaggies(galaxy.magnitudes[band])));
  }
  errors.sort((a, b) => a - b);
  const middle = errors[errors.length >> 1];
  assert.ok(Math.abs(middle - 1) < 0.02, `median ${middle}`);
  // Clumpy arms and bands that share light between old and young stars: within 15 %.
  assert.ok(errors[4] > 0.85 && errors.at(-5)! < 1.15, `${errors[4]} to ${errors.at(-5)}`);
});

Deno.test("exposeGalaxy() keeps the flux of a disc that arms gather", () => {
  const ratios = galaxies.filter(({ arms, disc, tails, knots }) =>
    arms && !arms.flocculent && arms.strength > 0.4 && disc!.inclination < 50 && !tails.length &&
    knots.strength < 0.1
  ).slice(0, 12).map(alone).map((galaxy) => {
    const { planes } = exposeGalaxy(galaxy, { side: wide(galaxy), noise: false });
    return sum(planes[1]) / nanomaggies(galaxy.magnitudes.r);
  }).sort((a, b) => a - b);
  assert.equal(ratios.length, 12);
  assert.ok(Math.abs(ratios[6] - 1) < 0.04, `${ratios[6]}`);
});

Deno.test("exposeGalaxy() winds arms by their pitch, S and Z by their handedness", () => {
  const spiral = galaxies.find(({ arms, companion }) => arms?.count === 2 && !companion)!;
  const turned = ([1, -1] as const).map((handedness) => {
    const galaxy: Galaxy = {
      ...alone(spiral),
      bulge: { ...spiral.bulge, fraction: 0.05 },
      disc: { scaleLength: 8, inclination: 0, thickness: 0.1, truncation: 5 },
      arms: { ...spiral.arms!, flocculent: false, pitch: 20, strength: 1, handedness },
      bar: null,
      rings: [],
      dustLane: null,
      knots: { count: 0, strength: 0 },
      disturbance: 0,
    };
    const side = 200;
    const { planes: [, r], pixelScale } = exposeGalaxy(galaxy, { side, noise: false });
    // Direction of the arms, clockwise in the picture, at two radii: the phase of the second harmonic.
    const [inner, outer] = [12, 15.6].map((radius) => {
      let [cos, sin] = [0, 0];
      r.forEach((light, at) => {
        const x = (at % side - (side - 1) / 2) * pixelScale;
        const y = (Math.floor(at / side) - (side - 1) / 2) * pixelScale;
        if (Math.abs(Math.hypot(x, y) - radius) > 0.6) return;
        cos += light * Math.cos(2 * Math.atan2(y, x));
        sin += light * Math.sin(2 * Math.atan2(y, x));
      });
      return Math.atan2(sin, cos) / 2;
    });
    return Math.atan(Math.tan(outer - inner)); // within a quarter turn
  });
  const wanted = Math.log(1.3) / Math.tan(20 * Math.PI / 180);
  assert.ok(Math.abs(turned[0] - wanted) < 0.25, `${turned[0]}, ${wanted} wanted`);
  assert.ok(Math.abs(turned[1] + wanted) < 0.25, `${turned[1]}, ${-wanted} wanted`);
});

Deno.test("exposeGalaxy() puts half of an elliptical's light within its half-light radius", () => {
  const elliptical = galaxies.find(({ class: name, bulge, shells, dustLane, disturbance }) =>
    name === "elliptical" && bulge.halfLightRadius > 4 && !shells && !dustLane && !disturbance
  )!;
  const { bulge } = elliptical;
  const round = alone({ ...elliptical, bulge: { ...bulge, axisRatio: 1, boxiness: 0 } });
  const side = wide(round);
  const { planes: [, r], pixelScale } = exposeGalaxy(round, { side, noise: false });
  let within = 0;
  r.forEach((value, at) => {
    const x = (at % side - (side - 1) / 2) * pixelScale;
    const y = (Math.floor(at / side) - (side - 1) / 2) * pixelScale;
    if (Math.hypot(x, y) < bulge.halfLightRadius) within += value;
  });
  const share = within / nanomaggies(round.magnitudes.r);
  assert.ok(share > 0.47 && share < 0.54, `${share}`);
});

Deno.test("exposeGalaxy() agrees with itself on pixels a quarter as wide, added up", () => {
  const chosen = ["elliptical", "lenticular", "spiral", "irregular"].map((name) =>
    galaxies.find((galaxy) => galaxy.class === name && galaxy.petroR90 < 9)!
  );
  const edgeOn = galaxies.find(({ disc, petroR90 }) =>
    disc && disc.inclination > 85 && petroR90 < 9
  )!;
  for (const galaxy of [...chosen, edgeOn].map(alone)) {
    const side = wide(galaxy) / 2;
    const coarse = exposeGalaxy(galaxy, { side, noise: false }).planes[1];
    const fine =
      exposeGalaxy(galaxy, { side: 4 * side, pixelScale: 0.099, noise: false }).planes[1];
    const binned = new Float32Array(side * side);
    fine.forEach((value, at) => {
      const row = Math.floor(at / (4 * side));
      binned[(row >> 2) * side + ((at % (4 * side)) >> 2)] += value;
    });
    const peak = Math.max(...binned);
    const worst = Math.max(...coarse.map((value, at) => Math.abs(value - binned[at]))) / peak;
    assert.ok(worst < 0.06, `${galaxy.class}: ${worst} of the peak`);
    assert.ok(Math.abs(sum(coarse) / sum(binned) - 1) < 0.02, galaxy.class);
  }
});

Deno.test("renderGalaxy() draws the same pixels again, and others for another survey", () => {
  const [first, second] = galaxies;
  for (const survey of surveyNames) {
    const { pixels } = renderGalaxy(first, { size: 48, survey });
    renderGalaxy(second, { size: 96, survey });
    assert.deepEqual(renderGalaxy(first, { size: 48, survey }).pixels, pixels);
    assert.equal(pixels.length, 48 * 48 * 3);
  }
  assert.notDeepEqual(
    renderGalaxy(first, { size: 48 }).pixels,
    renderGalaxy(first, { size: 48, survey: "decals" }).pixels,
  );
});

Deno.test("renderGalaxy() shows the galaxy in the middle, the same at every size", () => {
  const galaxy = alone(galaxies.find(({ class: name }) => name === "elliptical")!);
  for (const size of [32, 128, 424]) {
    const { pixels, mask } = renderGalaxy(galaxy, { size, mask: true });
    let [x, y, light] = [0, 0, 0];
    for (let at = 0; at < size * size; at++) {
      if (pixels[3 * at + 1] < 60) continue;
      light += pixels[3 * at + 1];
      x += pixels[3 * at + 1] * (at % size + 0.5) / size;
      y += pixels[3 * at + 1] * (Math.floor(at / size) + 0.5) / size;
    }
    assert.ok(Math.abs(x / light - 0.5) < 0.02 && Math.abs(y / light - 0.5) < 0.02, `${size}`);
    assert.ok(mask![(size >> 1) * size + (size >> 1)] > 200);
    assert.ok(mask![0] < 60);
  }
});

Deno.test("renderGalaxy() masks the galaxy and not its neighbours", () => {
  const galaxy = alone(galaxies[3]);
  const at = 0.3 * FRAME_IN_R90 * galaxy.petroR90;
  const magnitudes = Object.fromEntries(
    Object.keys(galaxy.magnitudes).map((band) => [band, 15]),
  ) as Galaxy["magnitudes"];
  const { mask } = renderGalaxy(
    { ...galaxy, stars: [{ x: at, y: 0, magnitudes }] },
    { size: 100, mask: true },
  );
  assert.ok(mask![50 * 100 + 50] > 200);
  assert.ok(mask![50 * 100 + 80] < 10);
});

Deno.test("blackLevels() keeps the sky as bright where pixels are added up", () => {
  const random = new Prng(1);
  const noise = Float64Array.from({ length: 40_000 }, () => random.normal());
  const mean = (black: number, deviation: number) =>
    noise.reduce((sum, value) => sum + Math.max(0, deviation * value - black), 0) / noise.length;
  for (const name of surveyNames) {
    const survey = surveys[name];
    const { pixelScale, registration, lupton: { minimum } } = survey;
    assert.deepEqual(blackLevels(survey, { pixelScale }), [...minimum]);
    const binned = blackLevels(survey, { pixelScale: 4 * pixelScale });
    const left = (1 - 2 * registration) ** 2 + 2 * registration ** 2;
    for (const channel of [0, 1, 2]) {
      const fine = skyNoise(survey, channel) / pixelScale ** 2;
      const [before, after] = [
        mean(minimum[channel], left * fine),
        mean(binned[channel], fine / 4),
      ];
      // The logistic curve is near the normal one.
      assert.ok(Math.abs(after - before) < 0.02 * fine, `${name}: ${before}, ${after}`);
    }
  }
});

Deno.test("renderGalaxy() refuses sizes and surveys that it does not know", () => {
  assert.throws(() => renderGalaxy(galaxies[0], { size: 4 }), {
    name: "RangeError",
    message: "Cannot draw a galaxy: size must be an integer from 8 to 2048, 4 found",
  });
  assert.throws(() => renderGalaxy(galaxies[0], { size: 64, survey: "hst" }), {
    name: "RangeError",
    message: 'Cannot draw a galaxy: survey must be one of sdss, decals, ukidss, "hst" found',
  });
});

// Renewed, when the sky is meant to change, by `deno run -A tests/reference/sky.ts`.
Deno.test("renderGalaxy() draws the pixels that it drew before", async () => {
  const goldens = JSON.parse(
    await Deno.readTextFile(new URL("../reference/sky.json", import.meta.url)),
  );
  assert.equal(goldens.length, 9);
  for (const { seed, index, survey, sha256 } of goldens) {
    const { pixels } = renderGalaxy(drawGalaxy({ seed, index }), { size: 64, survey });
    assert.equal(
      createHash("sha256").update(pixels).digest("hex"),
      sha256,
      `${survey}, seed ${seed}, index ${index}`,
    );
  }
});
