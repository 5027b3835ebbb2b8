/**
 * FITS cut-outs to colour images.
 *
 * @module
 */

import { type OptionNames, refuseOther, refuseUnknown } from "../../options.ts";
import { asinhGrey } from "./asinh_grey.ts";
import { type FitsImage, readFits } from "./fits.ts";
import { type LegacySurveyOptions, legacySurveyRgb } from "./legacy_survey_rgb.ts";
import { type LuptonOptions, luptonRgb } from "./lupton.ts";
import type { Pixels } from "./pixels.ts";

/** Which bands of a cut-out are shown, and how. */
export type FitsRgbOptions = LuptonOptions & LegacySurveyOptions & {
  /**
   * The bands that become red, green and blue, counted from 0 over the planes of all image HDUs
   * but those that their EXTNAME calls errors, weights, or flags (ERR, IVAR, WHT, DQ, MASK …).
   *
   * @default {[2, 1, 0]} for files that run from blue to red, as g, r, i or g, r, z; a file of one
   * band is shown in grey by {@linkcode asinhGrey}
   */
  bands?: readonly [number, number, number];
  /**
   * "lupton" as in {@linkcode luptonRgb}, whose options are `stretch`, `Q`, `minimum` and `scales`;
   * "legacySurvey" as in {@linkcode legacySurveyRgb}, whose options are `Q`, `offset` and `scales`.
   *
   * @default {"lupton"}
   */
  colours?: "lupton" | "legacySurvey";
  /** As in {@linkcode luptonRgb}. @default {0.5} */
  stretch?: number;
};

const known: Record<"lupton" | "legacySurvey", OptionNames<FitsRgbOptions> | object> = {
  lupton: { bands: true, colours: true, stretch: true, Q: true, minimum: true, scales: true },
  legacySurvey: { bands: true, colours: true, Q: true, offset: true, scales: true },
};

/**
 * Composes a colour image of a FITS cut-out: one cube (band, y, x), or one HDU a band. The image has
 * its top row first, as JPEGs have; FITS has the lowest. Pixels that are not finite in a band are black.
 *
 * @param source Path of a file, its bytes, or what {@linkcode readFits} returned
 * @throws {Error} When the file cannot be read
 * @throws {TypeError} When the bands differ in shape
 * @throws {RangeError} When a band is not in the file or has no finite value, or an option is unknown
 *
 * @example
 * ```ts
 * import { fitsToRgb } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const data = Float32Array.of(0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1); // 3 bands, 2 rows
 * const rgb = await fitsToRgb([{ hdu: 0, header: {}, shape: [3, 2, 2], data }], { stretch: 1 });
 * assert.equal(rgb.width, 2);
 * assert.ok(rgb.data[0] > 60 && rgb.data[6] === 0); // the upper row is bright
 * ```
 */
export async function fitsToRgb(
  source: string | Uint8Array | FitsImage[],
  options: FitsRgbOptions = {},
): Promise<Pixels> {
  const { colours = "lupton" } = options;
  refuseOther({ colours }, { colours: Object.keys(known) }, { what: "compose a FITS file" });
  const names = known[colours] as OptionNames<FitsRgbOptions>;
  refuseUnknown(options, names, { what: `compose a FITS file by ${colours}` });
  const planes = planesOf(Array.isArray(source) ? source : await readFits(source));
  const isGrey = planes.length === 1 && options.bands === undefined;
  const bands = isGrey ? [0, 0, 0] : options.bands ?? [2, 1, 0];
  const chosen = bands.map((band) => {
    if (!planes[band]) {
      throw new RangeError(
        `Cannot show band ${band} of a FITS file: it has ${planes.length}, counted from 0`,
      );
    }
    return planes[band];
  });
  const [{ width, height }] = chosen;
  const other = chosen.find((plane) => plane.width !== width || plane.height !== height);
  if (other) {
    throw new TypeError(
      "Cannot compose a FITS file: bands of one shape are wanted, " +
        `${width} x ${height} and ${other.width} x ${other.height} pixels found`,
    );
  }
  const values = chosen.map((plane) => plane.values) as [Values, Values, Values];
  const rows = isGrey
    ? Uint8Array.from({ length: values[0].length * 3 }, threefold(asinhGrey(values[0])))
    : colours === "legacySurvey"
    ? legacySurveyRgb(values, options)
    : luptonRgb(values, { stretch: 0.5, ...options });
  const data = new Uint8Array(rows.length);
  for (let y = 0; y < height; y++) {
    data.set(rows.subarray(y * width * 3, (y + 1) * width * 3), (height - 1 - y) * width * 3);
  }
  return { data, width, height, channels: 3 };
}

type Values = Float32Array | Float64Array;

/** The value of each of three channels. */
function threefold(grey: Uint8Array): (_: unknown, place: number) => number {
  return (_, place) => grey[Math.floor(place / 3)]!;
}

/** Names of HDUs that lie beside an image and are none: errors, weights, flags. */
const BESIDE =
  /^(err|error|sigma|unc|var|variance|ivar|invvar|wht|weight|exp|dq|flags?|mask|maskbits|con|ctx|nexp|var_\w+)$/i;

function planesOf(images: FitsImage[]): { values: Values; width: number; height: number }[] {
  const shown = images.filter(({ header }) => !BESIDE.test(String(header.EXTNAME ?? "")));
  return (shown.length > 0 ? shown : images).flatMap(({ data, shape }) => {
    const [height, width] = shape.slice(-2);
    if (shape.length === 3 && (width === 3 || width === 4) && shape[0]! > 4) {
      throw new TypeError(
        "Cannot compose a FITS file: a cube is wanted as (band, y, x), " +
          `(${shape.join(", ")}) found, its bands last; move that axis to the front`,
      );
    }
    const count = data.length / (height * width) || 0;
    if (shape.length < 2) return [];
    return Array.from({ length: count }, (_, plane) => ({
      values: data.subarray(plane * height * width, (plane + 1) * height * width),
      width,
      height,
    }));
  });
}
