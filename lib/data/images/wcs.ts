/**
 * Pixels to places on the sky and back: the gnomonic projection (TAN) of FITS headers (Greisen and
 * Calabretta 2002, A&A 395, 1061; Calabretta and Greisen 2002, A&A 395, 1077).
 *
 * @module
 */

import { undistorted } from "./_distortion.ts";
import { readTangentPlane, type TangentPlane } from "./_wcs_header.ts";
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
 * The coordinate system of an image whose CTYPEs are RA---TAN and DEC--TAN, in either order: from CD,
 * PC, CDELT and CROTA, in the units of CUNIT, with LONPOLE, and with the distortions SIP (also where
 * the suffix -SIP is missing, as in astropy) and TPV. What a header says beyond that is refused, such
 * as other projections, galactic coordinates, FK4, and distortions by tables.
 *
 * @throws {SyntaxError} When a card is missing, not a finite number, or says something else
 *
 * @example
 * ```ts
 * import { TanWcs } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const wcs = new TanWcs({
 *   CTYPE1: "RA---TAN", CTYPE2: "DEC--TAN", CRVAL1: 180, CRVAL2: 0, CRPIX1: 1, CRPIX2: 1,
 *   CDELT1: -3.6, CDELT2: 3.6, CUNIT1: "arcsec", CUNIT2: "arcsec",
 * });
 * const { ra, dec } = wcs.toSky({ x: 0, y: 1 });
 * assert.ok(Math.abs(ra - 0.05) < 1e-9 && Math.abs(dec - 0.001) < 1e-9); // CRVAL is in arcsec, too
 * ```
 */
export class TanWcs {
  #plane: TangentPlane;

  constructor(header: FitsHeader) {
    this.#plane = readTangentPlane(header);
  }

  /**
   * Where on the sky a pixel lies.
   *
   * @throws {RangeError} When the pixel is no finite place
   */
  toSky({ x, y }: PixelPosition): SkyPosition {
    assertFinite({ x, y });
    const { matrix: [a, b, c, d], reference, centre, longitudeOfPole, sip, tpv } = this.#plane;
    const offset = [x + 1 - reference[0], y + 1 - reference[1]] as const;
    const [dx, dy] = sip ? sip(offset) : offset;
    const flat = [a * dx + b * dy, c * dx + d * dy] as const;
    const [u, v] = (tpv ? tpv(flat) : flat).map((value) => value * DEGREE) as [number, number];
    const longitude = Math.atan2(u, -v);
    const latitude = Math.atan2(1, Math.hypot(u, v));
    const pole = longitudeOfPole * DEGREE;
    const turned = rotate(longitude - pole, latitude, centre.dec * DEGREE);
    const ra = centre.ra + turned.longitude / DEGREE;
    return { ra: ((ra % 360) + 360) % 360, dec: turned.latitude / DEGREE };
  }

  /**
   * The pixel of a place on the sky; through a distortion by Newton's method.
   *
   * @throws {RangeError} When it is 90 degrees or more from the tangent point, not finite, or where
   * the distortion has no inverse
   */
  toPixel({ ra, dec }: SkyPosition): PixelPosition {
    assertFinite({ ra, dec });
    const { matrix: [a, b, c, d], reference, centre, longitudeOfPole, sip, tpv } = this.#plane;
    const { longitude, latitude } = rotate(
      (ra - centre.ra) * DEGREE,
      dec * DEGREE,
      centre.dec * DEGREE,
    );
    if (latitude <= 0) {
      throw new RangeError(
        `Cannot find the pixel of ra ${ra}, dec ${dec}: it is 90 degrees or more from the ` +
          `tangent point at ra ${centre.ra}, dec ${centre.dec}`,
      );
    }
    const angle = longitude + longitudeOfPole * DEGREE;
    const radius = 1 / Math.tan(latitude) / DEGREE;
    const bent = [radius * Math.sin(angle), -radius * Math.cos(angle)] as const;
    const flat = tpv ? undistorted(tpv, bent) : bent;
    const determinant = a * d - b * c;
    const moved = flat &&
      [
        (d * flat[0] - b * flat[1]) / determinant,
        (a * flat[1] - c * flat[0]) / determinant,
      ] as const;
    const offset = moved && sip ? undistorted(sip, moved) : moved;
    if (!offset) {
      throw new RangeError(
        `Cannot find the pixel of ra ${ra}, dec ${dec}: the distortion has no inverse there`,
      );
    }
    return { x: offset[0] + reference[0] - 1, y: offset[1] + reference[1] - 1 };
  }
}

function assertFinite(place: Record<string, number>): void {
  for (const [name, value] of Object.entries(place)) {
    if (Number.isFinite(value)) continue;
    throw new RangeError(`Cannot place a point: ${name} must be a finite number, ${value} found`);
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
