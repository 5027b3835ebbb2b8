import assert from "node:assert/strict";
import { join } from "node:path";
import { apparentMagnitudes, colourMagnitudeRelation } from "../../lib/sky/colours.ts";
import type { Galaxy } from "../../lib/sky/galaxy.ts";
import { luminosityFunction } from "../../lib/sky/luminosity.ts";
import { apertureRadii } from "../../lib/sky/petrosian.ts";
import { drawGalaxy } from "../../lib/sky/population.ts";
import { sizeRelation } from "../../lib/sky/structure.ts";
import { onShared, shared } from "../shared_data.ts";

const sample = Array.from({ length: 20000 }, (_, index) => drawGalaxy({ seed: 5, index }));

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function share(of: Galaxy[], has: (galaxy: Galaxy) => unknown): number {
  return of.filter(has).length / of.length;
}

Deno.test("drawGalaxy() draws the same galaxy alone and in a batch, another for another seed", () => {
  assert.deepEqual(drawGalaxy({ seed: 5, index: 777 }), sample[777]);
  assert.notDeepEqual(drawGalaxy({ seed: 6, index: 777 }), { ...sample[777], seed: 6 });
  assert.notEqual(sample[777].redshift, sample[778].redshift);
});

Deno.test("drawGalaxy() gives plain data that survives JSON", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(sample[3])), sample[3]);
});

Deno.test("drawGalaxy() refuses a negative index", () => {
  assert.throws(() => drawGalaxy({ seed: 1, index: -1 }), {
    name: "RangeError",
    message: "Cannot draw a galaxy: index must be an integer from 0, -1 found",
  });
});

Deno.test("drawGalaxy() keeps GZ2's selection, and most galaxies are near its limit", () => {
  for (const { magnitudes, petroR90, redshift } of sample) {
    assert.ok(magnitudes.r < 17 && petroR90 > 3 && redshift > 0.004 && redshift < 0.25);
  }
  const faint = share(sample, ({ magnitudes }) => magnitudes.r > 16);
  assert.ok(faint > 0.65 && faint < 0.8, `${faint}`); // 10^(0.6 m) would be 0.75
  const redshift = median(sample.map((galaxy) => galaxy.redshift));
  assert.ok(redshift > 0.06 && redshift < 0.09, `${redshift}`); // GZ2's is about 0.075
});

Deno.test("colourMagnitudeRelation() and luminosityFunction() are the published ones", () => {
  const near = (value: number, wanted: number) =>
    assert.ok(Math.abs(value / wanted - 1) < 0.003, `${value}, ${wanted} wanted`);
  near(colourMagnitudeRelation("red", -19.81).mean, 2.279 - 0.037 * 0.19); // where tanh is 0
  near(colourMagnitudeRelation("blue", -20.75).mean, 1.79 + 0.053 * 0.75);
  near(colourMagnitudeRelation("red", -24).deviation, 0.152 - 0.008 * 4 - 0.044);
  // At the knee a Schechter function is 0.4 ln 10 phi / e.
  near(luminosityFunction("red", -21.49), 0.3388 * 0.00225);
  near(
    luminosityFunction("red", -21.44) + luminosityFunction("blue", -21.44),
    0.3388 * 0.0149 * 0.343,
  );
});

Deno.test("drawGalaxy() follows the colour-magnitude relations of Baldry et al. (2004)", () => {
  for (const sequence of ["red", "blue"] as const) {
    // Face-on and smooth galaxies, which the reddening of inclined discs leaves out.
    const offsets = sample.filter((galaxy) =>
      galaxy.sequence === sequence && galaxy.class !== "spiral"
    ).map(({ restUr, absoluteMagnitude }) =>
      restUr - colourMagnitudeRelation(sequence, absoluteMagnitude).mean
    );
    assert.ok(Math.abs(median(offsets)) < 0.04, `${sequence} ${median(offsets)}`);
  }
});

Deno.test("drawGalaxy() follows the size relation of Shen et al. (2003)", () => {
  const ellipticals = sample.filter((galaxy) => galaxy.class === "elliptical");
  const ratios = ellipticals.map(({ bulge, absoluteMagnitude, kpcPerArcsec }) =>
    bulge.halfLightRadius * Math.sqrt(bulge.axisRatio) * kpcPerArcsec /
    sizeRelation("early", absoluteMagnitude).median
  );
  const ratio = median(ratios);
  assert.ok(ratio > 0.95 && ratio < 1.15, `${ratio}`); // the cut on petroR90 takes small ones
});

Deno.test("drawGalaxy() gives red and blue galaxies in the ratio of their luminosity functions", () => {
  const near = sample.filter(({ absoluteMagnitude: m }) => m > -21.2 && m < -20.8);
  const red = luminosityFunction("red", -21);
  const wanted = red / (red + luminosityFunction("blue", -21));
  const found = share(near, ({ sequence }) => sequence === "red");
  assert.ok(Math.abs(found - wanted) < 0.08, `${found}, ${wanted} wanted`);
});

Deno.test("drawGalaxy() gives concentrations, bars, dust lanes and mergers as published", () => {
  const of = (name: string) => sample.filter((galaxy) => galaxy.class === name);
  const [ellipticals, spirals, lenticulars] = ["elliptical", "spiral", "lenticular"].map(of);
  // Strateva et al. (2001) divide early from late types at 2.6.
  assert.ok(median(ellipticals.map((galaxy) => galaxy.concentration)) > 2.7);
  const spiral = median(spirals.map((galaxy) => galaxy.concentration));
  assert.ok(spiral > 2.1 && spiral < 2.6, `${spiral}`);
  const bars = share(spirals, ({ bar }) => bar && bar.strength > 0.05); // Masters et al. (2011)
  assert.ok(bars > 0.2 && bars < 0.36, `${bars}`);
  const lanes = share([...ellipticals, ...lenticulars], ({ dustLane }) => dustLane);
  assert.ok(lanes > 1 / 220 && lanes < 1 / 80, `${lanes}`); // Kaviraj et al. (2012): 1 in 130
  const mergers = share(sample, ({ companion }) => companion);
  assert.ok(mergers > 0.03 && mergers < 0.06, `${mergers}`);
});

Deno.test("apertureRadii() gives the concentrations of exponential and de Vaucouleurs' profiles", () => {
  const bulge = { fraction: 1, sersicIndex: 4, halfLightRadius: 3, axisRatio: 1, boxiness: 0 };
  const deVaucouleurs = apertureRadii({ bulge, disc: null });
  assert.ok(Math.abs(deVaucouleurs.petroR90 / deVaucouleurs.petroR50 - 3.3) < 0.25);
  const disc = { scaleLength: 2, inclination: 0, thickness: 0.2, truncation: 12 };
  const exponential = apertureRadii({ bulge: { ...bulge, fraction: 0 }, disc });
  assert.ok(Math.abs(exponential.petroR90 / exponential.petroR50 - 2.3) < 0.1);
  assert.ok(Math.abs(exponential.petroR50 / (2 * 1.678) - 1) < 0.04);
  // Seen from the edge, the circle with half of the light is smaller.
  const tilted = apertureRadii({
    bulge: { ...bulge, fraction: 0 },
    disc: { ...disc, inclination: 85 },
  });
  assert.ok(tilted.petroR50 < 0.8 * exponential.petroR50);
});

Deno.test(onShared("dustlanes", "apparentMagnitudes() has the colours of real early types"), () => {
  const rows = (path: string) =>
    new Map(
      Deno.readTextFileSync(join(shared, "dustlanes", path)).split("\n").filter((line) =>
        /^\d{18}/.test(line)
      )
        .map((line) => line.trim().split(/\s+/)).map(([id, ...rest]) => [id, rest.map(Number)]),
    );
  const redshifts = rows("Basic_Information.txt");
  const observed = [...rows("SDSS_Photometry.txt")].map(([id, [u, g, r, i, z]]) => ({
    ug: u - g,
    gr: g - r,
    ri: r - i,
    iz: i - z,
    redshift: redshifts.get(id)![2],
  })).filter(({ gr, ri, ug, iz }) => [gr, ri, ug, iz].every((colour) => Math.abs(colour) < 4));
  assert.equal(observed.length, 362);
  const redshift = median(observed.map((row) => row.redshift));
  const model = apparentMagnitudes({ absoluteMagnitude: -21, restUr: 2.45, redshift });
  const colours = {
    gr: model.g - model.r,
    ri: model.r - model.i,
    iz: model.i - model.z,
  };
  for (const [name, value] of Object.entries(colours)) {
    const real = median(observed.map((row) => row[name as "gr"]));
    assert.ok(Math.abs(value - real) < 0.12, `${name}: ${value}, real ${real}`);
  }
});
