import assert from "node:assert/strict";
import { decodeImage, openSurvey, type Pixels, shapeStatistics } from "galaxykit/data";
import { openTruth } from "galaxykit/sky";
import { Prng } from "../../../lib/prng.ts";
import { pearsonCorrelation } from "../../../lib/metrics/mod.ts";

const SIZE = 96;

/** A picture of a profile about a centre, with noise. */
function pictureOf(
  light: (x: number, y: number) => number,
  { sky = 12, noise = 0, colours = [1, 1, 1] }: {
    sky?: number;
    noise?: number;
    colours?: number[];
  } = {},
): Pixels {
  const random = new Prng(1);
  const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % SIZE - SIZE / 2, Math.floor(at / 3 / SIZE) - SIZE / 2];
    const value = sky + colours[at % 3]! * light(x, y) + (noise ? noise * random.normal() : 0);
    return Math.max(0, Math.min(255, Math.round(value)));
  });
  return { data, width: SIZE, height: SIZE, channels: 3 };
}

const gaussian = (σ: number, q = 1, angle = 0) => (x: number, y: number) => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [u, v] = [x * cos + y * sin, (y * cos - x * sin) / q];
  return 200 * Math.exp(-(u * u + v * v) / 2 / σ ** 2);
};

const close = (found: number, wanted: number, by: number, what: string) =>
  assert.ok(Math.abs(found - wanted) <= by, `${what}: ${found} found, ${wanted} wanted`);

Deno.test("shapeStatistics() finds the ellipticity of ellipses at any angle, in noise, too", () => {
  for (const q of [1, 0.8, 0.5, 0.3]) {
    for (const angle of [0, 0.4, 1.2]) {
      for (const noise of [0, 3]) {
        const { ellipticity } = shapeStatistics(pictureOf(gaussian(9, q, angle), { noise }))!;
        close(ellipticity, 1 - q, 0.03, `${q} at ${angle}, noise ${noise}`);
      }
    }
  }
});

Deno.test("shapeStatistics() finds half of the light, and the concentration of a disc", () => {
  const { halfLightRadius, concentration } = shapeStatistics(pictureOf(gaussian(6)))!;
  close(halfLightRadius, 6 * Math.sqrt(2 * Math.LN2), 0.15, "Gaussian");
  close(concentration, 5 * Math.log10(Math.sqrt(Math.log(5) / Math.log(1.25))), 0.1, "Gaussian");
  const disc = shapeStatistics(pictureOf((x, y) => 230 * Math.exp(-Math.hypot(x, y) / 7)))!;
  close(disc.halfLightRadius, 1.678 * 7, 0.6, "exponential"); // A little is lost in the sky
  close(disc.concentration, 2.7, 0.15, "exponential");
});

Deno.test("shapeStatistics() tells half of what a half turn changes", () => {
  const even = shapeStatistics(pictureOf(gaussian(8), { noise: 2 }))!;
  close(even.asymmetry, 0, 0.03, "even");
  // A knot with a tenth of the light, away from the centre
  const knot = (x: number, y: number) => 180 * Math.exp(-((x - 9) ** 2 + y ** 2) / 2 / 2.2 ** 2);
  const one = pictureOf((x, y) => gaussian(8)(x, y) + knot(x, y));
  const both = pictureOf((x, y) => gaussian(8)(x, y) + knot(x, y) + knot(-x, y));
  assert.ok(shapeStatistics(one)!.asymmetry > 0.05);
  close(shapeStatistics(both)!.asymmetry, 0, 0.01, "a knot on either side");
});

Deno.test("shapeStatistics() tells colours, the sky and its noise", () => {
  const found = shapeStatistics(pictureOf(gaussian(8), { colours: [1, 0.8, 0.4], sky: 20 }))!;
  close(found.colour, -2.5 * Math.log10(0.4), 0.02, "colour");
  close(found.sky, 20, 0.5, "sky");
  const noisy = shapeStatistics(pictureOf(gaussian(8), { noise: 6, sky: 40 }))!;
  close(noisy.noise, 6 / Math.sqrt(3), 0.4, "noise of the mean of three colours");
});

Deno.test("shapeStatistics() takes neighbours for none of the galaxy, and is told of nothing", () => {
  const alone = shapeStatistics(pictureOf(gaussian(6)))!;
  const star = (x: number, y: number) => 220 * Math.exp(-((x - 34) ** 2 + (y + 30) ** 2) / 8);
  const beside = shapeStatistics(pictureOf((x, y) => gaussian(6)(x, y) + star(x, y)))!;
  close(beside.ellipticity, alone.ellipticity, 0.01, "ellipticity");
  close(beside.halfLightRadius, alone.halfLightRadius, 0.1, "half-light radius");
  assert.equal(shapeStatistics(pictureOf(() => 0, { noise: 0 })), undefined);
  assert.throws(
    () => shapeStatistics({ data: new Uint8Array(5), width: 2, height: 2, channels: 3 }),
    { name: "TypeError", message: /must hold 12 values, found 5/ },
  );
});

Deno.test("shapeStatistics() finds what is true of the sky's galaxies", async () => {
  const survey = openSurvey("data/sky").pictured();
  const { galaxy } = openTruth("data/sky")!;
  const [found, wanted]: [number[], number[]] = [[], []];
  for (const [row, path] of survey.paths.entries()) {
    const { class: kind, bulge, companion } = galaxy(survey.ids[row]!);
    if (kind !== "elliptical" || companion) continue;
    const data = await decodeImage(path, { size: 128 });
    const measured = shapeStatistics({ data, width: 128, height: 128, channels: 3 })!;
    found.push(measured.ellipticity);
    wanted.push(1 - bulge.axisRatio);
  }
  assert.ok(found.length >= 8);
  const r = pearsonCorrelation({ target: wanted, prediction: found });
  assert.ok(r > 0.9, `r = ${r} of ${found.length}`);
});
