/**
 * The cards of a header that place an image on the sky, each honoured or refused.
 *
 * @module
 */

import { type CardReader, type Distortion, sipDistortion, tpvDistortion } from "./_distortion.ts";
import type { FitsHeader } from "./fits_header.ts";

/** What the cards say. */
export type TangentPlane = {
  /** From pixels to degrees on the plane: two numbers for the longitude, two for the latitude. */
  matrix: readonly [number, number, number, number];
  /** The reference pixel, from 1. */
  reference: readonly [number, number];
  /** The tangent point, in degrees. */
  centre: { longitude: number; latitude: number };
  /** LONPOLE, in degrees. */
  longitudeOfPole: number;
  /** Whether longitude and latitude are galactic; else right ascension and declination. */
  isGalactic: boolean;
  /** Of pixels, before the matrix. */
  sip?: Distortion;
  /** Of the plane, after the matrix. */
  tpv?: Distortion;
};

const DEGREES: Readonly<Record<string, number>> = {
  "": 1,
  deg: 1,
  degree: 1,
  degrees: 1,
  arcmin: 1 / 60,
  arcsec: 1 / 3600,
  mas: 1 / 3_600_000,
  rad: 180 / Math.PI,
};

/**
 * Reads the cards.
 *
 * @throws {SyntaxError} When a card is missing, or says what this class does not know
 */
export function readTangentPlane(header: FitsHeader): TangentPlane {
  const { longitude, latitude, isGalactic, projection } = axes(header);
  const card = reader(header);
  refuseOthers(header);
  if (!isGalactic) refuseFrames(header, card);
  const axis = { longitude, latitude };
  const unit = [1, 2].map((number) => degreesOf(header, number));
  const linear = linearPart(header, { card, ...axis })
    .map((row, number) => row.map((value) => value * unit[number]!));
  const [east, north] = [linear[longitude - 1]!, linear[latitude - 1]!];
  const matrix = [east[0]!, east[1]!, north[0]!, north[1]!] as const;
  const determinant = matrix[0] * matrix[3] - matrix[1] * matrix[2];
  const size = Math.hypot(matrix[0], matrix[1]) * Math.hypot(matrix[2], matrix[3]);
  if (!(Math.abs(determinant) > 1e-12 * size)) {
    throw cannot(
      `the matrix from pixels to degrees must be invertible, ${matrix.join(", ")} found`,
    );
  }
  const centre = {
    longitude: card(`CRVAL${longitude}`) * unit[longitude - 1]!,
    latitude: card(`CRVAL${latitude}`) * unit[latitude - 1]!,
  };
  if (Math.abs(centre.latitude) > 90) {
    throw cannot(`CRVAL${latitude} must lie in -90 to 90 degrees, ${centre.latitude} found`);
  }
  const pole = card("LONPOLE", centre.latitude >= 90 ? 0 : 180);
  // SCAMP's distortion is that of TPV, under the name TAN; TAN itself has no parameter beyond 4.
  const isScamp = Object.keys(header).some((key) => /^PV[12]_([5-9]|[1-3]\d)$/.test(key));
  const isBent = projection === "TPV" || (projection === "TAN" && isScamp);
  // No reference agrees on which axis has which polynomial then.
  if (isBent && longitude === 2) {
    throw cannot(`TPV and SCAMP's PV want the longitude as CTYPE1, ${header.CTYPE1} found`);
  }
  if (isBent && "A_ORDER" in header) throw cannot("SIP and TPV exclude each other, both found");
  // Beside TAN-SIP, SCAMP's PV says once more what SIP says.
  if (!isBent && !isScamp) refuseParameters(header, { card, ...axis });
  const hasSip = projection === "TAN-SIP" || "A_ORDER" in header || "B_ORDER" in header;
  const lost = Object.keys(header).find((key) => /^[AB]_\d_\d$/.test(key));
  if (!hasSip && lost !== undefined) throw cannot(`${lost} wants A_ORDER and B_ORDER, none found`);
  return {
    matrix,
    reference: [card("CRPIX1"), card("CRPIX2")],
    centre,
    longitudeOfPole: isBent || isScamp ? pole : card(`PV${longitude}_3`, pole),
    isGalactic,
    sip: hasSip ? sipDistortion(card) : undefined,
    tpv: isBent ? tpvDistortion(card) : undefined,
  };
}

function axes(header: FitsHeader) {
  const found = [header.CTYPE1, header.CTYPE2];
  const [one, two] = found.map((text) =>
    /^(RA--|DEC-|GLON|GLAT)-(TAN|TAN-SIP|TPV)$/.exec(String(text ?? "").trimEnd())
  );
  const pair = one && two ? [one[1]!, two[1]!].sort().join() : "";
  if (!one || !two || one[2] !== two[2] || !(pair === "DEC-,RA--" || pair === "GLAT,GLON")) {
    const [first, second] = found.map((text) => text ?? "nothing");
    throw cannot(
      "CTYPE1 and CTYPE2 must be RA and DEC, or GLON and GLAT, in one of the projections " +
        `TAN, TAN-SIP and TPV (RA---TAN and DEC--TAN), ${first} and ${second} found`,
    );
  }
  const longitude = one[1] === "RA--" || one[1] === "GLON" ? 1 : 2;
  const isGalactic = pair === "GLAT,GLON";
  return { longitude, latitude: 3 - longitude, isGalactic, projection: one[2]! };
}

/** Distortions by tables, plate solutions, matrices of drafts, axes beyond two that take part. */
function refuseOthers(header: FitsHeader): void {
  const plate = Object.keys(header).find((name) => /^(AMDX1|PLTRAH)$/.test(name));
  if (plate !== undefined) {
    throw cannot(
      `a plate solution of the Digitized Sky Survey is not known, ${plate} found; ` +
        "without these cards the header's other coordinates are taken",
    );
  }
  const draft = Object.keys(header).find((name) => /^(PC|CD)00[1-9]00[1-9]$/.test(name));
  if (draft !== undefined) {
    const usual = draft.replace(/00(\d)00(\d)/, "$1_$2");
    throw cannot(
      `a matrix is written as ${usual}, ${draft} of an old draft found; rename the card`,
    );
  }
  const key = Object.keys(header).find((name) =>
    /^(CPDIS|CQDIS|D2IMDIS)[12]$/.test(name) ||
    /^(CD|PC)([12]_[3-9]|[3-9]_[12])$/.test(name) && header[name] !== 0
  );
  if (key === undefined) return;
  throw cannot(
    /^(CD|PC)/.test(key)
      ? `the sky must depend on the first two axes alone, ${key} = ${header[key]} found`
      : `distortions by SIP and TPV are known, ${key} = ${header[key]} found`,
  );
}

/** Frames that turn against ICRS. */
function refuseFrames(header: FitsHeader, card: CardReader): void {
  const stated = header.EQUINOX ?? header.EPOCH;
  const equinox = stated === undefined
    ? 2000
    : Number(String(stated).replace(/^[BJ](?=\d)/, "")) || card("EQUINOX");
  const frame = header.RADESYS ?? header.RADECSYS ?? (equinox < 1984 ? "FK4" : "FK5");
  if (frame === "ICRS" || (frame === "FK5" && equinox === 2000)) return;
  throw cannot(
    `positions must be in ICRS, or in FK5 of equinox 2000, ${frame} of equinox ${equinox} found`,
  );
}

function degreesOf(header: FitsHeader, axis: number): number {
  const unit = String(header[`CUNIT${axis}`] ?? "").trim().toLowerCase();
  if (Object.hasOwn(DEGREES, unit)) return DEGREES[unit]!;
  throw cannot(`CUNIT${axis} must be one of deg, arcmin, arcsec, mas, rad, ${unit} found`);
}

type Axes = { card: CardReader; longitude: number; latitude: number };

/** Row by row, before the units: CD, or CDELT with PC or CROTA. */
function linearPart(header: FitsHeader, { card, longitude, latitude }: Axes): number[][] {
  const names = ["1_1", "1_2", "2_1", "2_2"];
  const [hasCd, hasPc] = ["CD", "PC"].map((word) => names.some((name) => word + name in header));
  if (hasCd && hasPc) throw cannot("CD and PC exclude each other, both found");
  const rows = (word: string, diagonal?: number) => [
    [card(`${word}1_1`, diagonal ?? 0), card(`${word}1_2`, 0)],
    [card(`${word}2_1`, 0), card(`${word}2_2`, diagonal ?? 0)],
  ];
  if (hasCd) return rows("CD");
  const scale = [card("CDELT1", hasPc ? 1 : undefined), card("CDELT2", hasPc ? 1 : undefined)];
  const turn = card(`CROTA${latitude}`, 0);
  const other = card(`CROTA${longitude}`, turn);
  if (other !== 0 && other !== turn) {
    throw cannot(
      `CROTA belongs to the declination, CROTA${longitude} = ${other} and CROTA${latitude} = ${turn} found`,
    );
  }
  if (hasPc && turn !== 0) throw cannot("PC and CROTA exclude each other, both found");
  if (turn === 0) {
    return rows("PC", 1).map((row, axis) => row.map((value) => value * scale[axis]!));
  }
  const angle = turn * Math.PI / 180;
  const matrix = [[0, 0], [0, 0]];
  const [lon, lat] = [longitude - 1, latitude - 1];
  matrix[lon]![lon] = scale[lon]! * Math.cos(angle);
  matrix[lon]![lat] = -scale[lat]! * Math.sin(angle);
  matrix[lat]![lon] = scale[lon]! * Math.sin(angle);
  matrix[lat]![lat] = scale[lat]! * Math.cos(angle);
  return matrix;
}

/**
 * Parameters that TAN gives another meaning: 1 and 2 of the longitude move the tangent point, 3 is
 * LONPOLE, 4 LATPOLE, which a tangent plane does not depend on. SCAMP's distortions look the same.
 */
function refuseParameters(header: FitsHeader, { card, longitude, latitude }: Axes): void {
  const usual: Record<string, number> = { _0: 0, _1: 0, _2: 90 };
  for (const key of Object.keys(header)) {
    const parameter = new RegExp(`^PV([${longitude}${latitude}])(_\\d+)$`).exec(key);
    if (!parameter) continue;
    const value = card(key);
    const [, axis, name] = parameter;
    if (Number(axis) === longitude && (name === "_3" || name === "_4")) continue;
    if (value === (Number(axis) === longitude ? usual[name!] ?? 0 : 0)) continue;
    throw cannot(
      `${key} = ${value} bends or moves the plane of TAN; ` +
        "if it is SCAMP's distortion, the CTYPEs must be RA---TPV and DEC--TPV",
    );
  }
}

function reader(header: FitsHeader): CardReader {
  return (key, missing) => {
    const value = header[key] ?? missing;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw cannot(`${key} must be a finite number, ${value ?? "nothing"} found`);
    }
    return value;
  };
}

function cannot(reason: string): SyntaxError {
  return new SyntaxError(`Cannot place an image on the sky: ${reason}`);
}
