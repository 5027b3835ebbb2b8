/**
 * Three bands of a field before the blur, and the simple things drawn on them.
 *
 * @module
 */

import type { Band, Magnitudes } from "./galaxy.ts";
import { moffat } from "./psf.ts";
import { brightnessAt, sersicTable } from "./sersic.ts";

/** Three square planes of light in nanomaggies a pixel; the galaxy stands in their middle. */
export type Canvas = {
  /** Side in pixels. */
  side: number;
  /** Arcsec a pixel. */
  pixelScale: number;
  /** The bands shown as red, green and blue. */
  bands: readonly [Band, Band, Band];
  /** Their light, `side` x `side` each. */
  planes: [Float32Array, Float32Array, Float32Array];
};

/** Flux in nanomaggies of a magnitude: 1 at 22.5. */
export function nanomaggies(magnitude: number): number {
  return 10 ** (-0.4 * (magnitude - 22.5));
}

/** Fluxes in the canvas's bands. */
export function fluxes(canvas: Canvas, magnitudes: Magnitudes): [number, number, number] {
  return canvas.bands.map((band) => nanomaggies(magnitudes[band])) as [number, number, number];
}

/** First and last pixel of an axis within `reach` arcsec of `centre` arcsec from the middle. */
export function pixelRange(
  { side, pixelScale }: Canvas,
  { centre, reach }: { centre: number; reach: number },
): [first: number, last: number] {
  const middle = centre / pixelScale + (side - 1) / 2;
  return [
    Math.max(0, Math.ceil(middle - reach / pixelScale)),
    Math.min(side - 1, Math.floor(middle + reach / pixelScale)),
  ];
}

/**
 * First and last pixel of a row in or next to an ellipse.
 */
export function chord(
  { side, pixelScale }: Canvas,
  { x, dy, along, across, sin, cos }: {
    /** Where its centre is, in arcsec. */
    x: number;
    /** From its centre down to the row, in arcsec. */
    dy: number;
    /** Semi-axes in arcsec. */
    along: number;
    across: number;
    /** Of the position angle of `along`. */
    sin: number;
    cos: number;
  },
): [first: number, last: number] {
  // (dx, dy) is inside where a dx^2 + 2 b dx dy + c dy^2 < 1.
  const a = (sin / along) ** 2 + (cos / across) ** 2;
  const b = sin * cos * (1 / along ** 2 - 1 / across ** 2);
  const half = Math.sqrt(Math.max(0, 1 - (dy / (along * across)) ** 2 / a) / a) / pixelScale + 1;
  const middle = (x - b * dy / a) / pixelScale + (side - 1) / 2;
  return [Math.max(0, Math.ceil(middle - half)), Math.min(side - 1, Math.floor(middle + half))];
}

/** Where a pixel is sampled, in pixels from its centre, and with what weights, of sum 1. */
export type Samples = {
  across: Float64Array;
  down: Float64Array;
  weights: Float64Array;
};

/** Places on a line and their weights. */
type Rule = readonly (readonly [place: number, weight: number])[];

/** The rules of Gauss: of two places it is exact for cubics, of three for the fifth power. */
const GAUSS: readonly Rule[] = [
  [[0, 1]],
  [[-0.2886751345948129, 1 / 2], [0.2886751345948129, 1 / 2]],
  [[-0.3872983346207417, 5 / 18], [0, 8 / 18], [0.3872983346207417, 5 / 18]],
];

function grid(rule: Rule): Samples {
  const pairs = rule.flatMap(([y, v]) => rule.map(([x, w]) => ({ x, y, weight: v * w })));
  return {
    across: Float64Array.from(pairs, ({ x }) => x),
    down: Float64Array.from(pairs, ({ y }) => y),
    weights: Float64Array.from(pairs, ({ weight }) => weight),
  };
}

/** Pixels sampled at one, four and nine places. Where light is smooth, nine err less than a hundred even ones. */
export const gaussGrids: readonly Samples[] = GAUSS.map(grid);

/** Even places, by their even number an axis: none falls on a cusp in the middle or at a corner. */
const even = Object.fromEntries([4, 6, 10].map((count) => [
  count,
  grid(Array.from({ length: count }, (_, k) => [(k + 0.5) / count - 0.5, 1 / count])),
]));

/** How pixels are sampled, by the square of their distance in pixels from a galaxy's cusp. */
export function sampling({ cusp, far = gaussGrids[1], rest = gaussGrids[0] }: {
  /** Even places an axis on the cusp itself. */
  cusp: 4 | 6 | 10;
  /** How those are that are two to four pixels from it. @default {gaussGrids[1], four places} */
  far?: Samples;
  /** How those are that are farther. @default {gaussGrids[0], their centres} */
  rest?: Samples;
}): (squared: number) => Samples {
  const [onCusp, near] = [even[cusp], gaussGrids[2]];
  return (squared) => squared < 1 ? onCusp : squared < 6 ? near : squared < 20 ? far : rest;
}

/** Adds a round Gaussian spot. */
export function addSpot(
  canvas: Canvas,
  { x, y, sigma, flux }: {
    /** Where, in arcsec from the middle. */
    x: number;
    /** Where, in arcsec from the middle. */
    y: number;
    /** Standard deviation in arcsec. */
    sigma: number;
    /** In nanomaggies, in each band. */
    flux: readonly [number, number, number];
  },
): void {
  const { side, pixelScale, planes } = canvas;
  const splits = sigma < pixelScale ? 3 : 1; // samples a pixel, along and across
  const width = Math.hypot(sigma, 0.29 * pixelScale / splits); // with a sample's own width
  const reach = 3.2 * width + pixelScale;
  const [left, right] = pixelRange(canvas, { centre: x, reach });
  const [top, bottom] = pixelRange(canvas, { centre: y, reach });
  const norm = (pixelScale / splits) ** 2 / (2 * Math.PI * width * width);
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      let light = 0;
      for (let part = 0; part < splits * splits; part++) {
        const px = dx + ((part % splits + 0.5) / splits - 0.5) * pixelScale;
        const py = dy + ((Math.floor(part / splits) + 0.5) / splits - 0.5) * pixelScale;
        light += Math.exp(-0.5 * (px * px + py * py) / (width * width));
      }
      light *= norm;
      const at = row * side + column;
      for (let k = 0; k < 3; k++) planes[k][at] += flux[k] * light;
    }
  }
}

/** Adds an elliptical Sérsic profile. */
export function addSersic(
  canvas: Canvas,
  { x, y, sersicIndex, halfLightRadius, axisRatio, positionAngle, flux, faintest }: {
    /** Where, in arcsec from the middle. */
    x: number;
    /** Where, in arcsec from the middle. */
    y: number;
    sersicIndex: number;
    /** In arcsec. */
    halfLightRadius: number;
    axisRatio: number;
    /** In degrees. */
    positionAngle: number;
    /** In nanomaggies, in each band. */
    flux: readonly [number, number, number];
    /** Light in nanomaggies a pixel that need not be drawn. */
    faintest: number;
  },
): void {
  const { side, pixelScale, planes } = canvas;
  const profile = sersicTable(sersicIndex);
  const { table, outer } = profile;
  const samples = sampling({ cusp: 6 });
  const norm = pixelScale * pixelScale / (halfLightRadius * halfLightRadius * axisRatio);
  const brightest = Math.max(...flux) * norm;
  let last = table.length - 1;
  while (last > 40 && brightest * table[last] < faintest) last--;
  const reach = outer * (last / (table.length - 1)) ** 2 * halfLightRadius;
  const sin = Math.sin(positionAngle * Math.PI / 180);
  const cos = Math.cos(positionAngle * Math.PI / 180);
  const [top, bottom] = pixelRange(canvas, {
    centre: y,
    reach: reach * Math.hypot(cos, axisRatio * sin),
  });
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    const [left, right] = chord(canvas, {
      x,
      dy,
      along: reach,
      across: reach * axisRatio,
      sin,
      cos,
    });
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      const squared = (dx * dx + dy * dy) / (pixelScale * pixelScale);
      const { across, down, weights } = samples(squared);
      let light = 0;
      for (let part = 0; part < weights.length; part++) {
        const px = dx + across[part] * pixelScale;
        const py = dy + down[part] * pixelScale;
        const u = -px * sin - py * cos;
        const v = (px * cos - py * sin) / axisRatio;
        light += weights[part] * brightnessAt(profile, Math.sqrt(u * u + v * v) / halfLightRadius);
      }
      light *= norm;
      const at = row * side + column;
      for (let k = 0; k < 3; k++) planes[k][at] += flux[k] * light;
    }
  }
}

/** Adds a star to one blurred plane: the point spread function itself, no blur comes after it. */
export function addStar(
  plane: Float32Array,
  { side, pixelScale, x, y, flux, fwhm, faintest }: {
    side: number;
    pixelScale: number;
    /** Where, in arcsec from the middle. */
    x: number;
    /** Where, in arcsec from the middle. */
    y: number;
    /** In nanomaggies. */
    flux: number;
    /** In arcsec. */
    fwhm: number;
    /** Light in nanomaggies a pixel that need not be drawn. */
    faintest: number;
  },
): void {
  let reach = fwhm;
  while (reach < 60 && flux * pixelScale ** 2 * moffat(reach, fwhm) > faintest) reach *= 1.15;
  const area = { side, pixelScale } as Canvas;
  const [left, right] = pixelRange(area, { centre: x, reach });
  const [top, bottom] = pixelRange(area, { centre: y, reach });
  const total = flux * pixelScale ** 2;
  for (let row = top; row <= bottom; row++) {
    const dy = (row - (side - 1) / 2) * pixelScale - y;
    for (let column = left; column <= right; column++) {
      const dx = (column - (side - 1) / 2) * pixelScale - x;
      plane[row * side + column] += total * moffat(Math.sqrt(dx * dx + dy * dy), fwhm);
    }
  }
}
