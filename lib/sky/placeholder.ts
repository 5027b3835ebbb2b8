/**
 * Small generated galaxies of three kinds, to have something to train on before any survey is
 * downloaded. They are drawn by hand-made formulas, not by a model of a survey.
 *
 * @module
 */

import { Prng, streams } from "../data/prng.ts";

/** The kinds of galaxy that {@linkcode galaxy} draws, in the order of their class folders. */
export const galaxyKinds = ["edge-on", "smooth", "spiral"] as const;

/** A kind of galaxy. */
export type GalaxyKind = typeof galaxyKinds[number];

/** Brightness in three bands. */
type Colour = [red: number, green: number, blue: number];

/** Surface brightness at (x, y), in half-widths of the image from its centre. */
type Light = (x: number, y: number) => Colour;

/** A light and the circle outside which it is dark. */
interface Source {
  light: Light;
  x: number;
  y: number;
  reach: number;
}

/**
 * Draws one galaxy as a survey's colour picture would show it: a Sérsic spheroid, a disc with
 * logarithmic arms, or a disc seen from its edge with a dust lane; at a random angle, inclination
 * and colour, among stars and small neighbours, blurred by the atmosphere, with noise, and with an
 * asinh stretch (Lupton et al. 2004, PASP 116:133).
 *
 * The galaxy depends on `seed`, `index` and `kind` alone; its shape is the same at every size.
 *
 * @returns `size` x `size` x 3 values in [0, 255], row by row, channels last
 * @throws {RangeError} When the size is below 8 pixels or the kind is unknown
 *
 * @example
 * ```ts
 * import { galaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const pixels = galaxy({ seed: 1, index: 5, size: 64, kind: "spiral" });
 * assert.equal(pixels.length, 64 * 64 * 3);
 * assert.deepEqual(pixels, galaxy({ seed: 1, index: 5, size: 64, kind: "spiral" }));
 * ```
 */
export function galaxy(
  { seed, index, size, kind = galaxyKinds[index % galaxyKinds.length] }: {
    /** Any integer. */
    seed: number;
    /** Number of the galaxy, from 0. */
    index: number;
    /** Side of the image, in pixels, at least 8. */
    size: number;
    /** @default {each kind in turn, by `index`} */
    kind?: GalaxyKind;
  },
): Uint8Array {
  if (!Number.isInteger(size) || size < 8) {
    throw new RangeError(`Cannot draw a galaxy: size must be an integer from 8, ${size} found`);
  }
  const number = galaxyKinds.indexOf(kind);
  if (number < 0) {
    throw new RangeError(
      `Cannot draw a galaxy: kind must be one of ${galaxyKinds.join(", ")}, "${kind}" found`,
    );
  }
  const path = [streams.galaxy, index, number];
  const random = new Prng(seed, [...path, 0]); // the scene; noise apart, as it depends on the size
  const light = { "edge-on": edgeOn, smooth, spiral }[kind](random);
  const sources = [{ light, x: 0, y: 0, reach: Infinity }, ...neighbours(random)];
  const seeing = random.uniform(0.018, 0.034);
  const bands = render(sources, size).map((band) => blur(band, size, seeing * size / 2));
  addNoise(bands, new Prng(seed, [...path, 1]), random.uniform(0.015, 0.035));
  return stretch(bands, size);
}

/** A spheroid: Sérsic profile, index 2.5 to 5, red. */
function smooth(random: Prng): Light {
  const flux = random.uniform(0.5, 1.1);
  const profile = sersic(random.uniform(2.5, 5), random.uniform(0.13, 0.26));
  const frame = tilted(random.uniform(0, Math.PI), random.uniform(0.55, 1));
  const colour = tint(random.uniform(0.55, 1));
  return (x, y) => scale(colour, flux * profile(radius(frame(x, y))));
}

/** A disc with two to four logarithmic arms and a small bulge, inclined by up to 60 degrees. */
function spiral(random: Prng): Light {
  const frame = tilted(random.uniform(0, Math.PI), random.uniform(0.5, 1));
  const arms = [2, 2, 2, 3, 4][random.integer(5)];
  const winding = (random.integer(2) * 2 - 1) / Math.tan(random.uniform(14, 28) * Math.PI / 180);
  const start = random.uniform(0, 2 * Math.PI);
  const sharpness = random.uniform(1.5, 3);
  const length = random.uniform(0.2, 0.28);
  const [discFlux, bulgeFlux] = [random.uniform(0.5, 0.9), random.uniform(0.25, 0.7)];
  const bulge = sersic(2, random.uniform(0.04, 0.08));
  const [discColour, armColour] = [tint(random.uniform(0.35, 0.75)), tint(random.uniform(0, 0.45))];
  const bulgeColour = tint(random.uniform(0.7, 0.95));
  return (x, y) => {
    const [u, v] = frame(x, y);
    const r = radius([u, v]);
    const phase = arms * (Math.atan2(v, u) - winding * Math.log(r + 0.02) + start);
    const arm = Math.exp(sharpness * (Math.cos(phase) - 1)) * Math.min(1, (r / 0.12) ** 2);
    const disc = discFlux * Math.exp(-r / length);
    const stars = add(scale(discColour, disc * 0.45), scale(bulgeColour, bulgeFlux * bulge(r)));
    return add(stars, scale(armColour, disc * arm * 1.6));
  };
}

/** A disc seen from within ten degrees of its plane, with a bulge and mostly a dust lane. */
function edgeOn(random: Prng): Light {
  const frame = tilted(random.uniform(0, Math.PI), 1);
  const [length, height] = [random.uniform(0.2, 0.3), random.uniform(0.022, 0.042)];
  const [discFlux, bulgeFlux] = [random.uniform(0.7, 1.2), random.uniform(0.1, 0.6)];
  const bulge = sersic(random.uniform(1.5, 3), random.uniform(0.05, 0.1));
  const depth = random.uniform(0, 2.5);
  const offset = random.uniform(-0.3, 0.3) * height;
  const [discColour, bulgeColour] = [
    tint(random.uniform(0.35, 0.7)),
    tint(random.uniform(0.75, 1)),
  ];
  return (x, y) => {
    const [u, v] = frame(x, y);
    const disc = discFlux * Math.exp(-Math.abs(u) / length) / Math.cosh(v / height) ** 2;
    const stars = add(
      scale(discColour, disc),
      scale(bulgeColour, bulgeFlux * bulge(radius([u, v / 0.7]))),
    );
    const dust = depth * Math.exp(-(((v - offset) / (0.45 * height)) ** 2) - Math.abs(u) / length);
    return [
      stars[0] * Math.exp(-0.7 * dust),
      stars[1] * Math.exp(-dust),
      stars[2] * Math.exp(-1.3 * dust),
    ];
  };
}

/** Up to three stars and two small galaxies, none on the centre. */
function neighbours(random: Prng): Source[] {
  const stars = random.integer(4);
  return Array.from({ length: stars + random.integer(3) }, (_, number) => {
    const [angle, distance] = [random.uniform(0, 2 * Math.PI), random.uniform(0.45, 1.2)];
    const [x, y] = [distance * Math.cos(angle), distance * Math.sin(angle)];
    const star = number < stars;
    const width = star ? 0.014 : random.uniform(0.03, 0.06);
    const frame = tilted(random.uniform(0, Math.PI), star ? 1 : random.uniform(0.4, 1));
    const flux = 10 ** random.uniform(-1, star ? 1 : -0.2);
    const colour = tint(random.uniform(0, 1));
    function light(atX: number, atY: number): Colour {
      return scale(colour, flux * Math.exp(-0.5 * (radius(frame(atX - x, atY - y)) / width) ** 2));
    }
    return { light, x, y, reach: 5 * width };
  });
}

/** Sérsic profile, 1 at the half-light radius (Ciotti and Bertin 1999, eq. 18, for b). */
function sersic(index: number, halfLight: number): (radius: number) => number {
  const b = 2 * index - 1 / 3 + 4 / (405 * index);
  return (radius) => Math.exp(-b * (((radius + 0.004) / halfLight) ** (1 / index) - 1));
}

/** Coordinates along the axes of an ellipse of the given angle and axis ratio. */
function tilted(angle: number, axisRatio: number) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (x: number, y: number): [number, number] => [
    x * cos + y * sin,
    (y * cos - x * sin) / axisRatio,
  ];
}

function radius([u, v]: [number, number]): number {
  return Math.sqrt(u * u + v * v);
}

/** From 0, the blue of young stars, to 1, the red of old ones; the mean of the bands is 1. */
function tint(age: number): Colour {
  return [0.85 + 0.45 * age, 0.95 + 0.05 * age, 1.2 - 0.5 * age];
}

function scale([red, green, blue]: Colour, by: number): Colour {
  return [red * by, green * by, blue * by];
}

function add(a: Colour, b: Colour): Colour {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** The three bands at the centres of the pixels. */
function render(sources: Source[], size: number): Float64Array[] {
  const bands = [0, 1, 2].map(() => new Float64Array(size * size));
  for (const { light, x, y, reach } of sources) {
    const [firstColumn, lastColumn] = pixelRange(x, reach, size);
    const [firstRow, lastRow] = pixelRange(y, reach, size);
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        const colour = light((2 * column + 1) / size - 1, (2 * row + 1) / size - 1);
        for (let band = 0; band < 3; band++) bands[band][row * size + column] += colour[band];
      }
    }
  }
  return bands;
}

/** First and last pixel of an axis that lie within `reach` of `centre`. */
function pixelRange(centre: number, reach: number, size: number): [number, number] {
  return [
    Math.max(0, Math.floor((centre - reach + 1) * size / 2)),
    Math.min(size - 1, Math.ceil((centre + reach + 1) * size / 2)),
  ];
}

/** Convolution with a Gaussian of `sigma` pixels, edges continued. */
function blur(band: Float64Array, size: number, sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from(
    { length: 2 * reach + 1 },
    (_, k) => Math.exp(-0.5 * ((k - reach) / sigma) ** 2),
  );
  const total = kernel.reduce((sum, value) => sum + value, 0);
  /** Blurs the rows of a square and turns it over its diagonal: twice, and both axes are done. */
  function blurRowsAndTurn(input: Float64Array): Float64Array {
    const output = new Float64Array(input.length);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) {
          const near = Math.min(size - 1, Math.max(0, column + k));
          sum += kernel[k + reach] * input[row * size + near];
        }
        output[column * size + row] = sum / total;
      }
    }
    return output;
  }
  return blurRowsAndTurn(blurRowsAndTurn(band));
}

function addNoise(bands: Float64Array[], random: Prng, sky: number): void {
  for (const band of bands) {
    for (let pixel = 0; pixel < band.length; pixel++) {
      // Sky noise, and photon noise that grows with the light.
      band[pixel] += random.normal() * Math.sqrt(sky ** 2 + 0.001 * Math.max(0, band[pixel]));
    }
  }
}

/** Lupton's stretch: asinh of the mean of the bands, colours kept; the sky lies a little above 0. */
function stretch(bands: Float64Array[], size: number): Uint8Array {
  const softening = 6;
  const white = Math.asinh(softening * 4);
  const pixels = new Uint8ClampedArray(size * size * 3);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const mean = (bands[0][pixel] + bands[1][pixel] + bands[2][pixel]) / 3;
    const factor = mean === 0 ? softening : Math.asinh(softening * mean) / mean;
    for (let band = 0; band < 3; band++) {
      pixels[pixel * 3 + band] = 12 + 243 * factor / white * bands[band][pixel];
    }
  }
  return new Uint8Array(pixels.buffer);
}
