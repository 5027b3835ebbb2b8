/**
 * A galaxy and its field on a survey's detector.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import { addArc } from "./_arc.ts";
import { addArtifact } from "./_artifact.ts";
import { addSersic, addStar, type Canvas, fluxes } from "./_canvas.ts";
import type { Galaxy } from "./galaxy.ts";
import { addGlow, GLOW_LIMIT } from "./_glow.ts";
import { addNoise } from "./_noise.ts";
import { blur } from "./psf.ts";
import { clamp, logNormal } from "./structure.ts";
import { addStructure } from "./_structure_light.ts";
import { skyNoise, type Survey, surveyNamed, surveyNames } from "./survey.ts";

/** What a survey recorded. */
export type Exposure = Canvas & {
  /** FWHM of the seeing in arcsec, in each band. */
  seeing: [number, number, number];
  /**
   * Standard deviation of the sky in a pixel of the detector's grid, in nanomaggies, in each band.
   * Bringing the bands onto one grid makes the noise of single pixels less, not that of an area.
   */
  sky: [number, number, number];
  /** The galaxy's and its companion's light in the middle band, blurred, without noise; on request. */
  galaxyLight?: Float32Array;
  /** The light of everything in the middle band, blurred, without noise; on request. */
  allLight?: Float32Array;
};

/**
 * Exposes a field: draws it, blurs it and adds the noise. Everything that is not drawn from the
 * galaxy's truth (seeing, texture of arms, noise) comes from generators of its seed and index, apart
 * for each survey where surveys differ.
 *
 * @example
 * ```ts
 * import { drawGalaxy, exposeGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { planes, side } = exposeGalaxy(drawGalaxy({ seed: 1, index: 0 }), { side: 64 });
 * assert.equal(planes[1].length, side * side); // i, r and g in nanomaggies a pixel
 * ```
 */
export function exposeGalaxy(
  galaxy: Galaxy,
  { survey = "sdss", side, pixelScale, light = false, noise = true }: {
    /** @default {"sdss"} */
    survey?: string;
    /** Side of the square in pixels. */
    side: number;
    /** Arcsec a pixel; more than the detector's means that pixels are added up. @default {the detector's} */
    pixelScale?: number;
    /** Whether to return the light before noise too, the galaxy's and all. @default {false} */
    light?: boolean;
    /** @default {true} */
    noise?: boolean;
  },
): Exposure {
  const instrument = surveyNamed(survey);
  const scale = pixelScale ?? instrument.pixelScale;
  const canvas: Canvas = {
    side,
    pixelScale: scale,
    bands: instrument.bands,
    planes: [0, 1, 2].map(() => new Float32Array(side * side)) as Canvas["planes"],
  };
  const texture = textureOf(galaxy);
  const { seeing, shifts, random: weather } = weatherOf(galaxy, instrument);
  const sky = [0, 1, 2].map((channel) =>
    skyNoise(instrument, channel) * scale / instrument.pixelScale
  ) as [number, number, number];

  drawGalaxies(canvas, { galaxy, random: texture });
  const galaxyLight = light ? canvas.planes[1].slice() : undefined;
  drawNeighbours(canvas, { galaxy, faintest: 0.05 * Math.min(...sky) });
  for (let k = 0; k < 3; k++) {
    const [dx, dy] = shifts[k];
    blur(canvas.planes[k], {
      side,
      fwhm: seeing[k] / scale,
      shift: [dx / scale, dy / scale],
    });
  }
  drawStars(canvas, { galaxy, seeing, shifts, sky, spikes: weather.uniform(20, 70) });
  if (galaxy.artifact) addArtifact(canvas, { artifact: galaxy.artifact, seeing });
  if (galaxyLight) {
    const [dx, dy] = shifts[1];
    blur(galaxyLight, { side, fwhm: seeing[1] / scale, shift: [dx / scale, dy / scale] });
  }
  const allLight = light ? canvas.planes[1].slice() : undefined;
  if (noise) {
    // Pixels that were added up hardly share their noise.
    const share = scale === instrument.pixelScale ? instrument.registration : 0;
    canvas.planes.forEach((plane, k) => {
      const residual = weather.normal() * instrument.skyResidual[k] * scale * scale;
      addNoise(plane, {
        random: weather,
        sky: sky[k],
        gain: instrument.gain[k],
        offset: residual,
        share,
      });
    });
  }
  return { ...canvas, seeing, sky, galaxyLight, allLight };
}

/** The source of a galaxy's irregularities, the same for all surveys: clumps of arms, knots. */
export function textureOf({ seed, index }: Galaxy): Prng {
  return new Prng(seed, [streams.galaxy, index, 1]);
}

/** The night of an exposure, and the generator for what follows, the noise above all. */
export function weatherOf(
  { seed, index }: Galaxy,
  { name, seeing: median, misregistration }: Survey,
): {
  /** FWHM in arcsec, in each band. */
  seeing: [number, number, number];
  /** In arcsec, right and down, in each band. */
  shifts: (readonly [number, number])[];
  random: Prng;
} {
  const random = new Prng(seed, [streams.galaxy, index, 2, surveyNames.indexOf(name)]);
  const bad = clamp(logNormal(random, 0.1), 0.8, 1.4);
  const seeing = median.map((fwhm) => fwhm * bad * logNormal(random, 0.03)) as [
    number,
    number,
    number,
  ];
  const shifts = [0, 1, 2].map(() =>
    [random.normal() * misregistration, random.normal() * misregistration] as const
  );
  return { seeing, shifts, random };
}

/** The galaxy, its companion and its arc. An artifact stands in the galaxy's place. */
function drawGalaxies(
  canvas: Canvas,
  { galaxy, random }: { galaxy: Galaxy; random: Prng },
): void {
  const { companion, arc, artifact, magnitudes } = galaxy;
  if (!artifact) addStructure(canvas, { structure: galaxy, magnitudes, x: 0, y: 0, random });
  if (companion) addStructure(canvas, { ...companion, random });
  if (arc) addArc(canvas, arc);
}

function drawNeighbours(
  canvas: Canvas,
  { galaxy, faintest }: { galaxy: Galaxy; faintest: number },
): void {
  for (const neighbour of galaxy.neighbours) {
    addSersic(canvas, { ...neighbour, flux: fluxes(canvas, neighbour.magnitudes), faintest });
  }
}

function drawStars(
  canvas: Canvas,
  { galaxy, seeing, shifts, sky, spikes }: {
    galaxy: Galaxy;
    seeing: readonly number[];
    shifts: readonly (readonly [number, number])[];
    sky: readonly number[];
    spikes: number;
  },
): void {
  const { side, pixelScale } = canvas;
  for (const { x, y, magnitudes } of galaxy.stars) {
    const flux = fluxes(canvas, magnitudes);
    canvas.planes.forEach((plane, k) =>
      addStar(plane, {
        side,
        pixelScale,
        x: x + shifts[k][0],
        y: y + shifts[k][1],
        flux: flux[k],
        fwhm: seeing[k],
        faintest: 0.1 * sky[k],
      })
    );
    if (magnitudes.r < GLOW_LIMIT) addGlow(canvas, { x, y, magnitudes, angle: spikes });
  }
}
