/**
 * The instruments whose pictures the sky can imitate.
 *
 * @module
 */

import type { Band } from "./galaxy.ts";

/** The surveys that a galaxy can be seen by. */
export const surveyNames = ["sdss", "decals", "ukidss"] as const;

/** The name of a survey. */
export type SurveyName = typeof surveyNames[number];

/** An instrument: what it sees and how its pictures are made. */
export type Survey = {
  /** Its name. */
  name: SurveyName;
  /** Bands shown as red, green and blue. */
  bands: readonly [Band, Band, Band];
  /** Arcsec a pixel of the detector. */
  pixelScale: number;
  /** Median FWHM of the seeing in arcsec, in each band. Fields scatter by 12 %. */
  seeing: readonly [number, number, number];
  /** AB magnitude of a point source seen at 5 sigma, in each band: what sets the sky noise. */
  depth: readonly [number, number, number];
  /** Photo-electrons of one nanomaggy (a flux of AB magnitude 22.5), in each band. */
  gain: readonly [number, number, number];
  /** Standard deviation in arcsec of how far the bands are out of register. */
  misregistration: number;
  /**
   * Share of a pixel's noise that goes to each of its neighbours along an axis when the bands are
   * brought onto one grid of pixels.
   */
  registration: number;
  /**
   * Standard deviation of the error of the sky's subtraction in each band, in nanomaggies per
   * arcsec^2: about one in 150 of the sky.
   */
  skyResidual: readonly [number, number, number];
  /** The stretch of Lupton et al. (2004), see `luptonRgb`; the unit is nanomaggies per arcsec^2. */
  lupton: {
    stretch: number;
    Q: number;
    minimum: readonly [number, number, number];
    scales: readonly [number, number, number];
  };
  /**
   * Quality of the JPEG compression of the survey's own colour frames, from 1 to 100, or null for
   * none. Cut-outs are resampled from those frames, so its blocks are as wide as 8 detector pixels.
   */
  jpegQuality: number | null;
};

/**
 * The surveys.
 *
 * SDSS: depth and seeing of the Legacy imaging (Abazajian et al. 2009, ApJS 182, 543), pictures as
 * SkyServer cuts them out (i, r, g). DECaLS: the DECam part of the DESI Legacy Surveys (Dey et al.
 * 2019, AJ 157, 168), z, r, g: deeper and sharper. UKIDSS: the Large Area Survey (Lawrence et al.
 * 2007, MNRAS 379, 1599), K, H, J: galaxies smooth and pale, without dust and young stars.
 */
export const surveys: Record<SurveyName, Survey> = {
  sdss: {
    name: "sdss",
    bands: ["i", "r", "g"],
    pixelScale: 0.396,
    seeing: [1.25, 1.32, 1.44],
    depth: [22.54, 22.86, 23.48],
    gain: [800, 940, 1050],
    misregistration: 0.05,
    registration: 0.065,
    skyResidual: [0.057, 0.024, 0.022],
    lupton: { stretch: 2.6, Q: 8, minimum: [0.056, -0.004, 0.031], scales: [0.885, 1.025, 1.52] },
    jpegQuality: 75,
  },
  decals: {
    name: "decals",
    bands: ["z", "r", "g"],
    pixelScale: 0.262,
    seeing: [1.05, 1.15, 1.25],
    depth: [23.0, 23.9, 24.4],
    gain: [3000, 6000, 5000],
    misregistration: 0.02,
    registration: 0,
    skyResidual: [0.01, 0.01, 0.01],
    lupton: { stretch: 2, Q: 8, minimum: [0, 0, 0], scales: [0.6, 1.0, 1.7] },
    jpegQuality: null,
  },
  ukidss: {
    name: "ukidss",
    bands: ["K", "H", "J"],
    pixelScale: 0.4,
    seeing: [0.8, 0.82, 0.85],
    depth: [20.1, 20.2, 20.5],
    gain: [300, 350, 500],
    misregistration: 0.04,
    registration: 0,
    skyResidual: [0.1, 0.1, 0.1],
    lupton: { stretch: 17, Q: 8, minimum: [2.5, 2, 1.5], scales: [1.2, 1.0, 1.0] },
    jpegQuality: null,
  },
};

/**
 * Looks a survey up.
 *
 * @throws {RangeError} When there is none of that name
 */
export function surveyNamed(name: string): Survey {
  if (!(surveyNames as readonly string[]).includes(name)) {
    throw new RangeError(
      `Cannot draw a galaxy: survey must be one of ${surveyNames.join(", ")}, "${name}" found`,
    );
  }
  return surveys[name as SurveyName];
}

/**
 * Standard deviation of the sky in one detector pixel of a band, in nanomaggies: 5 of it, times the
 * root of the number of pixels that a point source covers (4 pi sigma^2), is the depth's flux.
 */
export function skyNoise({ depth, seeing, pixelScale }: Survey, channel: number): number {
  const sigma = seeing[channel] / 2.355 / pixelScale;
  return 10 ** (-0.4 * (depth[channel] - 22.5)) / 5 / Math.sqrt(4 * Math.PI * sigma * sigma);
}

/**
 * What becomes black, in nanomaggies per arcsec^2, where pixels are added up before the stretch. A
 * survey's frames are stretched pixel by pixel: what is below black is lost there, and the mean of
 * the rest is above the sky's. Added up first, noise would hardly pass below black, and the sky be
 * darker; a lower black makes up for it.
 */
export function blackLevels(
  instrument: Survey,
  { pixelScale }: { pixelScale: number },
): [number, number, number] {
  const ratio = pixelScale / instrument.pixelScale;
  const { minimum } = instrument.lupton;
  if (ratio === 1) return [...minimum];
  const { registration } = instrument;
  const left = (1 - 2 * registration) ** 2 + 2 * registration ** 2; // of a pixel's variance
  return minimum.map((black, channel) => {
    const noise = skyNoise(instrument, channel) / instrument.pixelScale ** 2;
    return -levelOf(meanAbove(-black, left * noise), noise / ratio);
  }) as [number, number, number];
}

/** The logistic curve of this steepness is the normal distribution's, to 0.01. */
const LOGISTIC = 1.702;

/** Mean of what is above 0 of numbers about a level, where the rest counts as 0. */
function meanAbove(level: number, deviation: number): number {
  const unit = deviation / LOGISTIC;
  return unit * Math.log1p(Math.exp(level / unit));
}

/** The level that has that mean. */
function levelOf(mean: number, deviation: number): number {
  const unit = deviation / LOGISTIC;
  return unit * Math.log(Math.expm1(mean / unit));
}
