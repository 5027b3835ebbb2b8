/**
 * A galaxy's picture on a coarse grid, cheap enough to be drawn with and without each structure.
 *
 * @module
 */

import { addArc } from "./_arc.ts";
import { addSersic, addStar, type Canvas, fluxes } from "./_canvas.ts";
import { textureOf, weatherOf } from "./exposure.ts";
import type { Galaxy, Neighbour, Star, Structure } from "./galaxy.ts";
import { blur } from "./psf.ts";
import { addStructure } from "./_structure_light.ts";
import { skyNoise, type Survey } from "./survey.ts";

/** Half of the side, in petroR90: what volunteers judge lies within. */
const REACH = 1.75;
/** Pixels a side at most; a larger galaxy has larger pixels. */
const SIDE = 32;
/** Grey levels that an eye can just tell apart. */
const JUST_SEEN = 2;
/** Standard deviation of what an eye sees of a patch half as wide as the seeing, in grey levels. */
const EYE_NOISE = 1;

/**
 * What a survey would show of a galaxy, without noise: one plane of brightness, the mean of the
 * three bands as the survey's stretch weighs them, at two pixels a FWHM of this galaxy's seeing.
 */
export class CoarsePicture {
  /** Pixels a side. */
  readonly side: number;
  /** Arcsec a pixel. */
  readonly pixelScale: number;
  /** FWHM of the seeing in arcsec, the mean of the bands. */
  readonly fwhm: number;

  readonly #galaxy: Galaxy;
  readonly #canvas: Canvas;
  readonly #weights: [number, number, number];
  /** What is subtracted before the stretch. */
  readonly #black: number;
  /** Variance of the sky in a pixel. */
  readonly #sky: number;
  /** Variance of the photons in a pixel of brightness 1. */
  readonly #photons: number;
  /** Variance of the eye in a pixel, in grey levels. */
  readonly #eye: number;
  readonly #gain: number;
  readonly #soften: number;
  /** Grey level at which a band of the galaxy's colour is full. */
  readonly #white: number;

  /** @param options `side`: pixels a side at most */
  constructor(galaxy: Galaxy, survey: Survey, { side: most = SIDE }: { side?: number } = {}) {
    const { lupton, bands, gain } = survey;
    const { seeing } = weatherOf(galaxy, survey);
    const fwhm = this.fwhm = (seeing[0] + seeing[1] + seeing[2]) / 3;
    const reach = REACH * galaxy.petroR90;
    const scale = this.pixelScale = Math.max(fwhm / 2, 2 * reach / most);
    const side = this.side = Math.min(most, 2 * Math.ceil(reach / scale));
    const area = scale * scale;
    this.#galaxy = galaxy;
    this.#canvas = {
      side,
      pixelScale: scale,
      bands,
      planes: [0, 1, 2].map(() => new Float32Array(side * side)) as Canvas["planes"],
    };
    const weights = this.#weights = lupton.scales.map((value) => value / 3 / area) as [
      number,
      number,
      number,
    ];
    const flux = fluxes(this.#canvas, galaxy.magnitudes);
    const sum = (of: (k: number) => number) => of(0) + of(1) + of(2);
    const total = sum((k) => weights[k] * flux[k]);
    this.#black = sum((k) => weights[k] * lupton.minimum[k] * area);
    this.#sky = sum((k) => (weights[k] * skyNoise(survey, k) * scale / survey.pixelScale) ** 2);
    this.#photons = sum((k) => weights[k] ** 2 * flux[k] / gain[k]) / total;
    this.#eye = EYE_NOISE ** 2 * (fwhm / 2) ** 2 / area;
    this.#gain = 25.5 / Math.asinh(0.1 * lupton.Q);
    this.#soften = lupton.Q / lupton.stretch;
    const brightest = Math.max(...weights.map((weight, k) => 3 * weight * flux[k])) / total;
    this.#white = 255 / brightest;
  }

  /** The galaxy with this structure, blurred. */
  draw(structure: Structure): Float32Array {
    return this.#blurred((canvas) =>
      addStructure(canvas, {
        structure,
        magnitudes: this.#galaxy.magnitudes,
        x: 0,
        y: 0,
        random: textureOf(this.#galaxy),
        cusp: 4,
      })
    );
  }

  /** Another galaxy of the frame alone, blurred. */
  drawOther(other: Neighbour | NonNullable<Galaxy["companion"]>): Float32Array {
    return this.#blurred((canvas) => {
      if ("structure" in other) {
        addStructure(canvas, { ...other, random: textureOf(this.#galaxy), cusp: 4 });
      } else addSersic(canvas, { ...other, flux: fluxes(canvas, other.magnitudes), faintest: 0 });
    });
  }

  /** The arc alone, blurred. */
  drawArc(arc: NonNullable<Galaxy["arc"]>): Float32Array {
    return this.#blurred((canvas) => addArc(canvas, arc));
  }

  /** A star alone. */
  drawStar({ x, y, magnitudes }: Star): Float32Array {
    const { side, pixelScale, fwhm } = this;
    const light = new Float32Array(side * side);
    const flux = fluxes(this.#canvas, magnitudes)
      .reduce((sum, value, k) => sum + value * this.#weights[k], 0);
    addStar(light, { side, pixelScale, x, y, flux, fwhm, faintest: 0.1 * Math.sqrt(this.#sky) });
    return light;
  }

  #blurred(add: (canvas: Canvas) => void): Float32Array {
    const { side, pixelScale, fwhm } = this;
    const { planes } = this.#canvas;
    for (const plane of planes) plane.fill(0);
    add(this.#canvas);
    const [a, b, c] = this.#weights;
    const light = new Float32Array(side * side);
    for (let pixel = 0; pixel < light.length; pixel++) {
      light[pixel] = a * planes[0][pixel] + b * planes[1][pixel] + c * planes[2][pixel];
    }
    blur(light, { side, fwhm: fwhm / pixelScale });
    return light;
  }

  /** Grey level of a brightness: Lupton's stretch, full where a band of the galaxy's colour is. */
  level(light: number): number {
    const above = light - this.#black;
    return above > 0 ? Math.min(this.#white, this.#gain * Math.asinh(this.#soften * above)) : 0;
  }

  /** Standard deviation of the grey level of a brightness, in a pixel. */
  noise(light: number): number {
    const t = this.#soften * Math.max(0, light - this.#black);
    const slope = this.#gain * this.#soften / Math.sqrt(1 + t * t);
    return slope * Math.sqrt(this.#sky + this.#photons * Math.max(0, light));
  }

  /**
   * How plain the difference of two pictures is: the signal-to-noise ratio of a matched filter,
   * sqrt(sum (d / sigma)^2), d in grey levels and sigma their noise with the eye's. A difference of
   * less than {@linkcode JUST_SEEN} levels counts for less: no depth makes it seen.
   */
  difference(one: Float32Array, other: Float32Array): number {
    let sum = 0;
    for (let pixel = 0; pixel < one.length; pixel++) {
      if (one[pixel] === other[pixel]) continue;
      const d = Math.abs(this.level(one[pixel]) - this.level(other[pixel]));
      if (d === 0) continue;
      const seen = d * d / (d + JUST_SEEN);
      const sigma = this.noise(0.5 * (one[pixel] + other[pixel]));
      sum += seen * seen / (sigma * sigma + this.#eye);
    }
    return Math.sqrt(sum);
  }
}
