/**
 * What is measured on a picture of a galaxy: shape, size, concentration, asymmetry and colours. One
 * code for real, simulated and generated galaxies.
 *
 * @module
 */

import { refuseOutside, refuseUnknown } from "../../options.ts";
import { median } from "../../statistics.ts";
import type { Pixels } from "./pixels.ts";

/** Measured on one picture; lengths are in pixels. */
export type ShapeStatistics = {
  /** 1 - b / a, of the second moments of the light. */
  ellipticity: number;
  /** Of the circle about the centre that holds half of the light. */
  halfLightRadius: number;
  /** 5 log₁₀(r₈₀ / r₂₀): 2.7 for an exponential disc, 5.2 for de Vaucouleurs' law (Conselice 2003, ApJS 147, 1). */
  concentration: number;
  /** Half of what a half turn changes of the light, sky noise taken off; from 0 (Conselice 2003). */
  asymmetry: number;
  /** -2.5 log₁₀ of blue over red light: larger for redder galaxies. */
  colour: number;
  /** The level of the sky, the mean of the three colours, in grey levels. */
  sky: number;
  /** Its noise: the deviation at the margins. */
  noise: number;
};

/** Names of the numbers, in their order. */
export const shapeStatisticNames = [
  ...["ellipticity", "halfLightRadius", "concentration", "asymmetry", "colour", "sky", "noise"],
] as readonly (keyof ShapeStatistics)[];

/** Share of the picture's side at its margins that counts as sky. */
const MARGIN = 0.08;

/**
 * Measures the galaxy in the middle of a picture. Its light is what belongs together about the centre
 * and is brighter than the sky by some of the noise; other sources and the sky do not count.
 *
 * @param options `threshold`: how many deviations of the noise a pixel must be above the sky. @default
 * {2}
 * @returns Undefined where nothing stands out in the middle
 * @throws {TypeError} When the picture does not hold its pixels
 *
 * @example
 * ```ts
 * import { shapeStatistics } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * // A round Gaussian on a dark sky
 * const data = new Uint8Array(64 * 64 * 3);
 * for (let at = 0; at < data.length; at++) {
 *   const [y, x] = [Math.floor(at / 192) - 32, Math.floor(at / 3) % 64 - 32];
 *   data[at] = 10 + 200 * Math.exp(-(x * x + y * y) / 50);
 * }
 * const found = shapeStatistics({ data, width: 64, height: 64, channels: 3 })!;
 * assert.ok(found.ellipticity < 0.01 && Math.abs(found.halfLightRadius - 5.9) < 0.2);
 * ```
 */
export function shapeStatistics(
  { data, width, height, channels }: Pixels,
  options: { threshold?: number } = {},
): ShapeStatistics | undefined {
  const what = "measure a galaxy";
  refuseUnknown(options, { threshold: true }, { what });
  const { threshold = 2 } = options;
  refuseOutside({ threshold }, { threshold: "(0, ∞)" }, { what });
  if (channels !== 3 || data.length !== 3 * width * height) {
    throw new TypeError(
      `Cannot ${what}: a picture of ${width} x ${height} pixels in three colours must hold ${
        3 * width * height
      } values, found ${data.length} in ${channels}`,
    );
  }
  const colours = [0, 1, 2].map((channel) => channelOf(data, channel));
  const skies = colours.map((values) => median(marginOf(values, { width, height })));
  const light = Float64Array.from(
    { length: width * height },
    (_, at) => colours.reduce((sum, values, colour) => sum + values[at]! - skies[colour]!, 0) / 3,
  );
  const margin = marginOf(light, { width, height });
  // By the median, so that a neighbour at the margin does not count; never less than the rounding
  const noise = Math.max(0.29, 1.4826 * median(margin.map((value) => Math.abs(value))));
  const least = threshold * noise;
  const evenAbout = (centre: Point) => {
    // What is on one side alone, such as a neighbour, is not there
    const even = evenLight(light, { width, height, centre });
    const pixels = aboutCentre(even, { width, height, centre, least });
    return { centre, even, pixels, total: pixels.reduce((sum, at) => sum + even[at]!, 0) };
  };
  const starts = centresOf(light, { width, height, least });
  if (starts.length === 0) return undefined;
  const { centre, even, pixels, total } = mostEven(starts.map(evenAbout), evenAbout);
  const [r20, r50, r80] = radiiOf(pixels, { even, width, centre, shares: [0.2, 0.5, 0.8] });
  const bands = colours.map((values, colour) =>
    pixels.reduce((sum, at) => sum + values[at]! - skies[colour]!, 0)
  );
  return {
    ellipticity: ellipticityOf(pixels, { even, width, centre, total }),
    halfLightRadius: r50!,
    concentration: 5 * Math.log10(r80! / r20!),
    asymmetry: asymmetryOf(pixels, { light, width, height, centre, noise }),
    colour: -2.5 * Math.log10(Math.max(bands[2]!, 1) / Math.max(bands[0]!, 1)),
    sky: skies.reduce((sum, value) => sum + value, 0) / 3,
    noise,
  };
}

function channelOf(data: ArrayLike<number>, channel: number): Float64Array {
  return Float64Array.from({ length: data.length / 3 }, (_, at) => data[3 * at + channel]!);
}

function placeOf(at: number, width: number): Point {
  return [at % width, Math.floor(at / width)];
}

/** The values at the margins. */
function marginOf(
  values: Float64Array,
  { width, height }: { width: number; height: number },
): Float64Array {
  const depth = Math.max(1, Math.round(MARGIN * Math.min(width, height)));
  return values.filter((_, at) => {
    const [x, y] = placeOf(at, width);
    return Math.min(x, y, width - 1 - x, height - 1 - y) < depth;
  });
}

type Point = readonly [x: number, y: number];

/** Where the centre may be: the middle of the light near the brightest pixel, and that in the middle. */
function centresOf(
  light: Float64Array,
  { width, height, least }: { width: number; height: number; least: number },
): Point[] {
  const reach = Math.max(2, Math.round(Math.min(width, height) / 16));
  const middle: Point = [(width - 1) / 2, (height - 1) / 2];
  const near = ([x, y]: Point, by: number) =>
    [...light.keys()].filter((at) => {
      const [column, row] = placeOf(at, width);
      return Math.hypot(column - x, row - y) <= by;
    });
  const about = (pixels: readonly number[]): Point => {
    const weights = pixels.map((at) => Math.max(0, light[at]!));
    const total = weights.reduce((sum, weight) => sum + weight);
    return [0, 1].map((axis) =>
      pixels.reduce((sum, at, i) => sum + weights[i]! * placeOf(at, width)[axis as 0], 0) / total
    ) as unknown as Point;
  };
  const inner = near(middle, reach);
  const brightest = inner.reduce((best, at) => light[at]! > light[best]! ? at : best);
  if (light[brightest]! <= least) return [];
  return [about(near(placeOf(brightest, width), reach / 2)), about(inner)];
}

/** Steps in which a centre is sought, in pixels. */
const STEPS = [0.5, 0.25, 0.125];

/** About its own centre a galaxy is most even (Conselice 2003): uphill from the best of some. */
function mostEven<T extends { centre: Point; total: number }>(
  starts: readonly T[],
  about: (centre: Point) => T,
): T {
  const better = (best: T, one: T) => one.total > best.total ? one : best;
  let best = starts.reduce(better);
  for (const step of STEPS) {
    for (let moves = 0; moves < 8; moves++) {
      const [x, y] = best.centre;
      const beside: Point[] = [[x + step, y], [x - step, y], [x, y + step], [x, y - step]];
      const next = beside.map(about).reduce(better, best);
      if (next === best) break;
      best = next;
    }
  }
  return best;
}

/** Of each pixel and the one opposite of it the darker. */
function evenLight(
  light: Float64Array,
  { width, height, centre: [cx, cy] }: { width: number; height: number; centre: Point },
): Float64Array {
  return light.map((value, at) => {
    const [x, y] = placeOf(at, width);
    return Math.min(value, between(light, { width, height, x: 2 * cx - x, y: 2 * cy - y }));
  });
}

/** Positions of the bright pixels that hang together about the centre. */
function aboutCentre(
  light: Float64Array,
  { width, height, centre, least }: {
    width: number;
    height: number;
    centre: Point;
    least: number;
  },
): number[] {
  const [column, row] = centre.map(Math.round) as [number, number];
  const found = [row * width + column];
  const seen = new Uint8Array(light.length);
  seen[found[0]!] = 1;
  for (let next = 0; next < found.length; next++) {
    const [x, y] = placeOf(found[next]!, width);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      const [to, across] = [x + dx, y + dy];
      if (to < 0 || across < 0 || to >= width || across >= height) continue;
      const at = across * width + to;
      if (seen[at] || light[at]! <= least) continue;
      seen[at] = 1;
      found.push(at);
    }
  }
  return found;
}

function radiiOf(
  pixels: readonly number[],
  { even, width, centre: [cx, cy], shares }: {
    even: Float64Array;
    width: number;
    centre: Point;
    shares: readonly number[];
  },
): number[] {
  const rings = pixels.map((at) => {
    const [x, y] = placeOf(at, width);
    return [Math.hypot(x - cx, y - cy), even[at]!] as const;
  }).sort(([a], [b]) => a - b);
  const total = rings.reduce((sum, [, value]) => sum + value, 0);
  const radii: number[] = [];
  let sum = 0;
  for (const [radius, value] of rings) {
    sum += value;
    while (radii.length < shares.length && sum >= shares[radii.length]! * total) {
      radii.push(Math.max(radius, 0.5));
    }
  }
  return radii;
}

function ellipticityOf(
  pixels: readonly number[],
  { even, width, centre: [cx, cy], total }: {
    even: Float64Array;
    width: number;
    centre: Point;
    total: number;
  },
): number {
  // A pixel is itself a twelfth wide
  let [xx, yy, xy] = [1 / 12, 1 / 12, 0];
  for (const at of pixels) {
    const [x, y] = placeOf(at, width);
    const share = even[at]! / total;
    xx += share * (x - cx) ** 2;
    yy += share * (y - cy) ** 2;
    xy += share * (x - cx) * (y - cy);
  }
  const [half, root] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  return 1 - Math.sqrt(Math.max(half - root, 0) / (half + root));
}

function asymmetryOf(
  pixels: readonly number[],
  { light, width, height, centre: [cx, cy], noise }: {
    light: Float64Array;
    width: number;
    height: number;
    centre: Point;
    noise: number;
  },
): number {
  let [difference, total] = [0, 0];
  for (const at of pixels) {
    const [x, y] = placeOf(at, width);
    const turned = between(light, { width, height, x: 2 * cx - x, y: 2 * cy - y });
    difference += Math.abs(light[at]! - turned);
    total += light[at]!;
  }
  // What noise alone would come to: the mean size of a difference of two
  const ofNoise = pixels.length * noise * 2 / Math.sqrt(Math.PI);
  return Math.max(0, difference - ofNoise) / (2 * total);
}

/** The light between four pixels; none beyond the picture. */
function between(
  light: Float64Array,
  { width, height, x, y }: { width: number; height: number; x: number; y: number },
): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  let sum = 0;
  for (const [dx, dy] of [[0, 0], [1, 0], [0, 1], [1, 1]] as const) {
    const [column, row] = [left + dx, top + dy];
    if (column < 0 || row < 0 || column >= width || row >= height) continue;
    const share = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
    sum += share * light[row * width + column]!;
  }
  return sum;
}
