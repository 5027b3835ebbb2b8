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

/** From ICRS to galactic coordinates, by rows: astropy's. */
const GALACTIC = [
  [-0.05487565771259163, -0.8734370519556159, -0.48383507361671546],
  [0.4941094371927268, -0.4448297212232952, 0.7469821839866676],
  [-0.8676661375596576, -0.19807633727300053, 0.4559838136873016],
] as const;

/**
 * The coordinate system of an image whose CTYPEs are RA---TAN and DEC--TAN, in either order: from CD,
 * PC, CDELT and CROTA, in the units of CUNIT, with LONPOLE, and with the distortions SIP (also where
 * the suffix -SIP is missing, as in astropy) and TPV (also under the name TAN, as SCAMP writes it).
 * Places of an image in galactic coordinates, GLON-TAN and GLAT-TAN, are right ascension and
 * declination (ICRS), too. What a header says beyond that is refused, such as other projections,
 * FK4, and distortions by tables.
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
    const { matrix: [a, b, c, d], reference, centre, longitudeOfPole, isGalactic, sip, tpv } =
      this.#plane;
    const offset = [x + 1 - reference[0], y + 1 - reference[1]] as const;
    const [dx, dy] = sip ? sip(offset) : offset;
    const flat = [a * dx + b * dy, c * dx + d * dy] as const;
    const [u, v] = (tpv ? tpv(flat) : flat).map((value) => value * DEGREE) as [number, number];
    const longitude = Math.atan2(u, -v);
    const latitude = Math.atan2(1, Math.hypot(u, v));
    const pole = longitudeOfPole * DEGREE;
    const turned = rotate(longitude - pole, latitude, centre.latitude * DEGREE);
    const place = {
      longitude: centre.longitude + turned.longitude / DEGREE,
      latitude: turned.latitude / DEGREE,
    };
    const sky = isGalactic ? toIcrs(place) : place;
    return { ra: ((sky.longitude % 360) + 360) % 360, dec: sky.latitude };
  }

  /**
   * The pixel of a place on the sky; through a distortion by Newton's method.
   *
   * @throws {RangeError} When it is 90 degrees or more from the tangent point, not finite, or where
   * the distortion has no inverse
   */
  toPixel({ ra, dec }: SkyPosition): PixelPosition {
    assertFinite({ ra, dec });
    const { matrix: [a, b, c, d], reference, centre, longitudeOfPole, isGalactic, sip, tpv } =
      this.#plane;
    const icrs = { longitude: ra, latitude: dec };
    const place = isGalactic ? toGalactic(icrs) : icrs;
    const { longitude, latitude } = rotate(
      (place.longitude - centre.longitude) * DEGREE,
      place.latitude * DEGREE,
      centre.latitude * DEGREE,
    );
    if (latitude <= 0) {
      throw new RangeError(
        `Cannot find the pixel of ra ${ra}, dec ${dec}: it is 90 degrees or more from the ` +
          `tangent point at ${isGalactic ? "l" : "ra"} ${centre.longitude}, ` +
          `${isGalactic ? "b" : "dec"} ${centre.latitude}`,
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

type Place = { longitude: number; latitude: number };

function toGalactic(place: Place): Place {
  return turn(place, GALACTIC);
}

function toIcrs(place: Place): Place {
  return turn(place, [0, 1, 2].map((column) => GALACTIC.map((row) => row[column]!)));
}

/** Degrees, by a matrix of directions. */
function turn({ longitude, latitude }: Place, matrix: readonly (readonly number[])[]): Place {
  const [lon, lat] = [longitude * DEGREE, latitude * DEGREE];
  const from = [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
  const [x, y, z] = matrix.map((row) => row.reduce((sum, value, i) => sum + value * from[i]!, 0));
  return {
    longitude: Math.atan2(y!, x!) / DEGREE,
    latitude: Math.atan2(z!, Math.hypot(x!, y!)) / DEGREE,
  };
}
