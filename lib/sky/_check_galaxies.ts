/**
 * Galaxies that others made, checked field by field.
 *
 * @module
 */

import { refuseOther, refuseOutside } from "../options.ts";
import type { Interval } from "../options.ts";
import { nearestName } from "../nearest.ts";
import { bands, type Galaxy, galaxyClasses, type Structure } from "./galaxy.ts";

/** What a field may be: a number's range, words, a switch, a group of fields, or several of those. */
type Field =
  | Interval
  | readonly (string | number)[]
  | "boolean"
  | Fields
  | { orNull: Field }
  | { each: Fields };

type Fields = { readonly [name: string]: Field };

const SIZE: Interval = "(0, 10000]"; // arcsec
const PLACE: Interval = "[-10000, 10000]";
const ANGLE: Interval = "(-∞, ∞)";
const SHARE: Interval = "[0, 1]";
const MAGNITUDES: Fields = Object.fromEntries(bands.map((band) => [band, "[-30, 60]"]));

const STRUCTURE = {
  class: galaxyClasses,
  positionAngle: ANGLE,
  bulge: {
    fraction: SHARE,
    sersicIndex: "[0.7, 6]",
    halfLightRadius: SIZE,
    axisRatio: "[0.1, 1]",
    boxiness: SHARE,
  },
  disc: {
    orNull: {
      scaleLength: SIZE,
      inclination: "[0, 90]",
      thickness: "[0.01, 1]",
      truncation: "[1, 20]",
    },
  },
  arms: {
    orNull: {
      count: "whole [1, 12]",
      flocculent: "boolean",
      pitch: "[1, 89]",
      strength: SHARE,
      handedness: [1, -1],
      phase: ANGLE,
    },
  },
  bar: { orNull: { length: SIZE, axisRatio: "(0, 1]", strength: SHARE, angle: ANGLE } },
  rings: {
    each: {
      kind: ["inner", "outer", "collisional"],
      radius: SIZE,
      width: SIZE,
      strength: SHARE,
    },
  },
  lens: { orNull: { radius: SIZE, strength: SHARE } },
  dustLane: {
    orNull: {
      opticalDepth: "[0, 10]",
      width: SIZE,
      length: SIZE,
      offset: PLACE,
      angle: ANGLE,
      orientation: ["major", "minor", "skewed"],
    },
  },
  knots: { count: "whole [0, 1000]", strength: SHARE },
  shells: {
    orNull: { count: "whole [1, 20]", angle: ANGLE, radius: SIZE, strength: SHARE },
  },
  tails: {
    each: { angle: ANGLE, length: SIZE, width: SIZE, bend: "[-360, 360]", strength: SHARE },
  },
  disturbance: SHARE,
  colourGradient: "[-2, 2]",
} satisfies Record<keyof Structure, Field>;

const GALAXY = {
  ...STRUCTURE,
  seed: "whole (-∞, ∞)",
  index: "whole [0, 2147483647]", // a 32-bit integer in the tables
  ra: "[0, 360)",
  dec: "[-90, 90]",
  redshift: "[0.0001, 2]",
  sequence: ["red", "blue"],
  absoluteMagnitude: "[-30, 0]",
  restUr: "[-5, 10]",
  magnitudes: MAGNITUDES,
  petroR50: SIZE,
  petroR90: SIZE,
  concentration: "[1, 20]",
  kpcPerArcsec: "(0, 20]",
  companion: { orNull: { x: PLACE, y: PLACE, magnitudes: MAGNITUDES, structure: STRUCTURE } },
  arc: { orNull: { radius: SIZE, angle: ANGLE, extent: "[0, 360]", magnitude: "[-30, 60]" } },
  neighbours: {
    each: {
      x: PLACE,
      y: PLACE,
      magnitudes: MAGNITUDES,
      sersicIndex: "[0.7, 6]",
      halfLightRadius: SIZE,
      axisRatio: "[0.05, 1]",
      positionAngle: ANGLE,
    },
  },
  stars: { each: { x: PLACE, y: PLACE, magnitudes: MAGNITUDES } },
  artifact: {
    orNull: { kind: ["star", "trail", "ghost"], angle: ANGLE, magnitude: "[-30, 60]" },
  },
} satisfies Record<keyof Galaxy, Field>;

/**
 * Refuses galaxies that cannot be drawn, whatever their type says: they may come from a file.
 *
 * @throws {RangeError} Naming the galaxy's position, the field, what is wanted and what was found
 */
export function checkGalaxies(galaxies: readonly Galaxy[]): void {
  if (!Array.isArray(galaxies) || galaxies.length === 0) {
    throw new RangeError("Cannot draw galaxies: a list of at least one is wanted");
  }
  const places = new Map<number, number>();
  galaxies.forEach((galaxy, at) => {
    checkGroup(galaxy, GALAXY, `galaxies[${at}]`);
    const before = places.get(galaxy.index);
    if (before !== undefined) {
      throw new RangeError(
        `Cannot draw galaxies: each has an index of its own, galaxies[${before}] and ` +
          `galaxies[${at}] have ${galaxy.index}`,
      );
    }
    places.set(galaxy.index, at);
  });
}

function checkGroup(value: unknown, fields: Fields, path: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(path, `a group of ${Object.keys(fields).join(", ")}`, value);
  }
  const unknown = Object.keys(value as object).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, Object.keys(fields));
    throw new RangeError(
      `Cannot draw galaxies: ${path} has no field "${unknown}"${
        nearest === undefined ? "" : `, nearest is "${nearest}"`
      }`,
    );
  }
  for (const [name, field] of Object.entries(fields)) {
    checkField((value as Record<string, unknown>)[name], field, `${path}.${name}`);
  }
}

function checkField(value: unknown, field: Field, path: string): void {
  const what = "draw galaxies";
  if (field === "boolean") {
    if (typeof value !== "boolean") refuse(path, "true or false", value);
  } else if (typeof field === "string") {
    refuseOutside({ [path]: value ?? NaN }, { [path]: field }, { what });
  } else if (Array.isArray(field)) {
    if (!field.includes(value as string)) {
      refuseOther({ [path]: value }, { [path]: field.map(String) }, { what });
    }
  } else if ("orNull" in field) {
    if (value !== null) checkField(value, field.orNull as Field, path);
  } else if ("each" in field) {
    if (!Array.isArray(value)) refuse(path, "a list", value);
    (value as unknown[]).forEach((one, at) =>
      checkGroup(one, field.each as Fields, `${path}[${at}]`)
    );
  } else checkGroup(value, field as Fields, path);
}

function refuse(path: string, wanted: string, found: unknown): never {
  throw new RangeError(
    `Cannot draw galaxies: ${path} must be ${wanted}, ${JSON.stringify(found) ?? found} found`,
  );
}
