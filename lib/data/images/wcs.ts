/**
 * Pixels to places on the sky and back: the gnomonic projection (TAN) of FITS headers (Greisen and
 * Calabretta 2002, A&A 395, 1061; Calabretta and Greisen 2002, A&A 395, 1077).
 *
 * @module
 */

import type { FitsHeader } from "./fits_header.ts";

/** A place on the sky, in degrees; `ra` in [0, 360). */
export type SkyPosition = {
  ra: number;
  dec: number;
};

/** A place in an image: the centre of the first pixel, the lowest left one, is (0, 0). */
export type PixelPosition = {
  x: number;
  y: number;
};

const DEGREE = Math.PI / 180;

/**
 * The coordinate system of an image with CTYPE RA---TAN and DEC--TAN, from CD, from PC and CDELT, or
 * from CDELT and CROTA2.
 *
 * @throws {SyntaxError} When a card is missing or says something else, such as distortions (SIP)
 *
 * @example
 * ```ts
 * import { TanWcs } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const wcs = new TanWcs({
 *   CTYPE1: "RA---TAN", CTYPE2: "DEC--TAN", CRVAL1: 180, CRVAL2: 0, CRPIX1: 1, CRPIX2: 1,
 *   CDELT1: -0.001, CDELT2: 0.001,
 * });
 * const { ra, dec } = wcs.toSky({ x: 0, y: 1 });
 * assert.ok(Math.abs(ra - 180) < 1e-9 && Math.abs(dec - 0.001) < 1e-9);
 * ```
 */
export class TanWcs {
  /** From pixels to degrees on the tangent plane. */
  #matrix: [number, number, number, number];
  #reference: [number, number];
  #centre: SkyPosition;
  #longitudeOfPole: number;

  constructor(header: FitsHeader) {
    const [first, second] = [header.CTYPE1, header.CTYPE2];
    const swapped = first === "DEC--TAN" && second === "RA---TAN";
    if (!swapped && (first !== "RA---TAN" || second !== "DEC--TAN")) {
      throw new SyntaxError(
        "Cannot place an image on the sky: CTYPE1 and CTYPE2 must be RA---TAN and DEC--TAN, " +
          `${first ?? "nothing"} and ${second ?? "nothing"} found`,
      );
    }
    const [a, b, c, d] = linearPart(header);
    this.#matrix = swapped ? [c, d, a, b] : [a, b, c, d];
    this.#reference = [card(header, "CRPIX1") - 1, card(header, "CRPIX2") - 1];
    const [one, two] = [card(header, "CRVAL1"), card(header, "CRVAL2")];
    this.#centre = swapped ? { ra: two, dec: one } : { ra: one, dec: two };
    this.#longitudeOfPole = card(header, "LONPOLE", this.#centre.dec >= 90 ? 0 : 180);
  }

  /** Where on the sky a pixel lies. */
  toSky({ x, y }: PixelPosition): SkyPosition {
    const [a, b, c, d] = this.#matrix;
    const [dx, dy] = [x - this.#reference[0], y - this.#reference[1]];
    const [u, v] = [(a * dx + b * dy) * DEGREE, (c * dx + d * dy) * DEGREE];
    const longitude = Math.atan2(u, -v);
    const latitude = Math.atan2(1, Math.hypot(u, v));
    const pole = this.#longitudeOfPole * DEGREE;
    const turned = rotate(longitude - pole, latitude, this.#centre.dec * DEGREE);
    const ra = this.#centre.ra + turned.longitude / DEGREE;
    return { ra: ((ra % 360) + 360) % 360, dec: turned.latitude / DEGREE };
  }

  /**
   * The pixel of a place on the sky.
   *
   * @throws {RangeError} When it is 90 degrees or more from the tangent point
   */
  toPixel({ ra, dec }: SkyPosition): PixelPosition {
    const { longitude, latitude } = rotate(
      (ra - this.#centre.ra) * DEGREE,
      dec * DEGREE,
      this.#centre.dec * DEGREE,
    );
    if (latitude <= 0) {
      throw new RangeError(
        `Cannot find the pixel of ra ${ra}, dec ${dec}: it is 90 degrees or more from the ` +
          `tangent point at ra ${this.#centre.ra}, dec ${this.#centre.dec}`,
      );
    }
    const angle = longitude + this.#longitudeOfPole * DEGREE;
    const radius = 1 / Math.tan(latitude) / DEGREE;
    const [u, v] = [radius * Math.sin(angle), -radius * Math.cos(angle)];
    const [a, b, c, d] = this.#matrix;
    const determinant = a * d - b * c;
    return {
      x: (d * u - b * v) / determinant + this.#reference[0],
      y: (a * v - c * u) / determinant + this.#reference[1],
    };
  }
}

/** Between native coordinates and the sky; the rotation is its own inverse. Radians. */
function rotate(longitude: number, latitude: number, pole: number) {
  const east = Math.cos(latitude) * Math.sin(longitude);
  const north = Math.cos(latitude) * Math.cos(longitude);
  const up = Math.sin(latitude);
  // Components along the axis of the other system, and across it.
  const across = up * Math.cos(pole) - north * Math.sin(pole);
  const along = up * Math.sin(pole) + north * Math.cos(pole);
  return {
    longitude: Math.atan2(-east, across),
    latitude: Math.atan2(along, Math.hypot(east, across)), // exact near the poles, unlike asin
  };
}

function linearPart(header: FitsHeader): [number, number, number, number] {
  if (["CD1_1", "CD1_2", "CD2_1", "CD2_2"].some((key) => key in header)) {
    return [
      card(header, "CD1_1", 0),
      card(header, "CD1_2", 0),
      card(header, "CD2_1", 0),
      card(header, "CD2_2", 0),
    ];
  }
  const [sx, sy] = [card(header, "CDELT1"), card(header, "CDELT2")];
  const turn = card(header, "CROTA2", 0) * DEGREE;
  if (turn !== 0) {
    const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
    return [sx * cosine, -sy * sine, sx * sine, sy * cosine];
  }
  return [
    sx * card(header, "PC1_1", 1),
    sx * card(header, "PC1_2", 0),
    sy * card(header, "PC2_1", 0),
    sy * card(header, "PC2_2", 1),
  ];
}

function card(header: FitsHeader, key: string, missing?: number): number {
  const value = header[key] ?? missing;
  if (typeof value !== "number") {
    throw new SyntaxError(
      `Cannot place an image on the sky: ${key} must be a number, ${value ?? "nothing"} found`,
    );
  }
  return value;
}
