import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FitsHeader, readFits, TanWcs } from "galaxykit/data";
import fits from "../../reference/fits.json" with { type: "json" };
import reference from "../../reference/wcs.json" with { type: "json" };
import { shared, skippedIf } from "../../shared_data.ts";

const TAN = {
  CTYPE1: "RA---TAN",
  CTYPE2: "DEC--TAN",
  CRPIX1: 1,
  CRPIX2: 1,
  CRVAL1: 10,
  CRVAL2: 0,
};
const CD = { CD1_1: -0.1, CD1_2: 0, CD2_1: 0, CD2_2: 0.1 };

/** Pixels to the sky as it was found by astropy, and back to the pixels. */
function assertPlaces(
  wcs: TanWcs,
  { pixels, sky, name }: { pixels: number[][]; sky: number[][]; name: string },
): void {
  pixels.forEach(([x, y], index) => {
    const { ra, dec } = wcs.toSky({ x, y });
    const [wantedRa, wantedDec] = sky[index];
    const difference = Math.abs((ra - wantedRa + 540) % 360 - 180);
    assert.ok(
      difference * Math.cos(dec * Math.PI / 180) < 1e-9 && Math.abs(dec - wantedDec) < 1e-9,
      `${name}: ${ra}, ${dec} found, ${wantedRa}, ${wantedDec} wanted`,
    );
    const back = wcs.toPixel({ ra, dec });
    assert.ok(
      Math.hypot(back.x - x, back.y - y) < 1e-6,
      `${name}: ${back.x}, ${back.y}: ${x}, ${y} wanted`,
    );
  });
}

Deno.test("TanWcs equals astropy, both ways", () => {
  for (const { header, ...places } of fits.wcs) {
    assertPlaces(new TanWcs(header as unknown as FitsHeader), { ...places, name: "fits.json" });
  }
});

Deno.test("TanWcs equals astropy in units, matrices, orders of axes and distortions", () => {
  assert.equal(reference.cases.length, 26);
  for (const { header, ...places } of reference.cases) {
    assertPlaces(new TanWcs(header as unknown as FitsHeader), places);
  }
});

Deno.test("TanWcs refuses what it does not honour, with the reason", () => {
  const cases: [FitsHeader, string][] = [
    [
      { CTYPE1: "RA---TAN-SIP" },
      "CTYPE1 and CTYPE2 must be RA and DEC, or GLON and GLAT, in one of the projections " +
      "TAN, TAN-SIP and TPV (RA---TAN and DEC--TAN), RA---TAN-SIP and DEC--TAN found",
    ],
    [
      { CTYPE1: "GLON-TAN", CTYPE2: "DEC--TAN" },
      "CTYPE1 and CTYPE2 must be RA and DEC, or GLON and GLAT, in one of the projections " +
      "TAN, TAN-SIP and TPV (RA---TAN and DEC--TAN), GLON-TAN and DEC--TAN found",
    ],
    [
      { CTYPE1: "RA---ZPN", CTYPE2: "DEC--ZPN" },
      "CTYPE1 and CTYPE2 must be RA and DEC, or GLON and GLAT, in one of the projections " +
      "TAN, TAN-SIP and TPV (RA---TAN and DEC--TAN), RA---ZPN and DEC--ZPN found",
    ],
    [
      { CD1_1: 0, CD2_2: 0 },
      "the matrix from pixels to degrees must be invertible, 0, 0, 0, 0 found",
    ],
    [
      { CD1_1: 1, CD1_2: 2, CD2_1: 2, CD2_2: 4 },
      "the matrix from pixels to degrees must be invertible, 1, 2, 2, 4 found",
    ],
    [{ CD1_1: NaN }, "CD1_1 must be a finite number, NaN found"],
    [{ CD1_1: "NaN" }, "CD1_1 must be a finite number, NaN found"],
    [{ CRVAL1: Infinity }, "CRVAL1 must be a finite number, Infinity found"],
    [{ CRVAL2: 95 }, "CRVAL2 must lie in -90 to 90 degrees, 95 found"],
    [{ CUNIT1: "pixel" }, "CUNIT1 must be one of deg, arcmin, arcsec, mas, rad, pixel found"],
    [{ PC1_1: 1 }, "CD and PC exclude each other, both found"],
    [
      { PV1_1: 10 },
      "PV1_1 = 10 bends or moves the plane of TAN; if it is SCAMP's distortion, the CTYPEs must be RA---TPV and DEC--TPV",
    ],
    [
      { PV2_1: 1 },
      "PV2_1 = 1 bends or moves the plane of TAN; if it is SCAMP's distortion, the CTYPEs must be RA---TPV and DEC--TPV",
    ],
    [{ A_ORDER: 2, A_2_0: 1e-5 }, "B_ORDER must be a finite number, nothing found"],
    [{ A_2_0: 1e-5 }, "A_2_0 wants A_ORDER and B_ORDER, none found"],
    [
      { CTYPE1: "RA---TAN-SIP", CTYPE2: "DEC--TAN-SIP" },
      "A_ORDER must be a finite number, nothing found",
    ],
    [
      { CTYPE1: "RA---TPV", CTYPE2: "DEC--TPV" },
      "PV1_1 must be a finite number, nothing found",
    ],
    [
      { CTYPE1: "RA---TPV", CTYPE2: "DEC--TPV", PV1_1: 1, PV2_1: 1, A_ORDER: 2, B_ORDER: 2 },
      "SIP and TPV exclude each other, both found",
    ],
    [
      { CTYPE1: "DEC--TPV", CTYPE2: "RA---TPV", PV1_1: 1, PV2_1: 1 },
      "TPV and SCAMP's PV want the longitude as CTYPE1, DEC--TPV found",
    ],
    [{ PV2_5: 0.1 }, "PV1_1 must be a finite number, nothing found"],
    [
      { PV1_1: 1, PV2_1: 1, PV2_5: 0.1, A_ORDER: 2, B_ORDER: 2 },
      "SIP and TPV exclude each other, both found",
    ],
    [{ A_ORDER: 1e9, B_ORDER: 2 }, "A_ORDER must be 0 to 9, 1000000000 found"],
    [{ A_ORDER: 2, B_ORDER: 2.5 }, "B_ORDER must be 0 to 9, 2.5 found"],
    [
      { A_ORDER: 1, B_ORDER: 1, A_1_0: 1e-3 },
      "terms of SIP want an order of 2 to 9, A_ORDER = 1 found; write the terms of order 1 into CD",
    ],
    [
      { PC001002: 0.6 },
      "a matrix is written as PC1_2, PC001002 of an old draft found; rename the card",
    ],
    [
      { PLTRAH: 9, AMDX1: 67 },
      "a plate solution of the Digitized Sky Survey is not known, PLTRAH found; " +
      "without these cards the header's other coordinates are taken",
    ],
    [{ CPDIS1: "LOOKUP" }, "distortions by SIP and TPV are known, CPDIS1 = LOOKUP found"],
    [{ CD1_3: 0.1 }, "the sky must depend on the first two axes alone, CD1_3 = 0.1 found"],
    [
      { RADESYS: "FK4", EQUINOX: 1950 },
      "positions must be in ICRS, or in FK5 of equinox 2000, FK4 of equinox 1950 found",
    ],
    [
      { EQUINOX: 1950 },
      "positions must be in ICRS, or in FK5 of equinox 2000, FK4 of equinox 1950 found",
    ],
  ];
  for (const [cards, reason] of cases) {
    assert.throws(() => new TanWcs({ ...TAN, ...CD, ...cards }), {
      name: "SyntaxError",
      message: `Cannot place an image on the sky: ${reason}`,
    });
  }
  assert.throws(() => new TanWcs(TAN), {
    message: "Cannot place an image on the sky: CDELT1 must be a finite number, nothing found",
  });
  const turned = { ...TAN, CDELT1: -1, CDELT2: 1 };
  assert.throws(() => new TanWcs({ ...turned, CROTA1: 30 }), {
    message: "Cannot place an image on the sky: CROTA belongs to the declination, " +
      "CROTA1 = 30 and CROTA2 = 0 found",
  });
  assert.throws(() => new TanWcs({ ...turned, CROTA2: 30, PC1_1: 1 }), {
    message: "Cannot place an image on the sky: PC and CROTA exclude each other, both found",
  });
});

Deno.test("TanWcs takes FK5 and ICRS of any writing", () => {
  const frames: FitsHeader[] = [
    { RADESYS: "ICRS" },
    { RADECSYS: "FK5", EQUINOX: 2000 },
    { EQUINOX: "J2000.0" },
    { RADESYS: "ICRS", EQUINOX: 2016 },
  ];
  for (const frame of frames) {
    assert.equal(new TanWcs({ ...TAN, ...CD, ...frame }).toSky({ x: 0, y: 0 }).ra, 10);
  }
});

Deno.test("TanWcs refuses places that have no pixel, and pixels that are not finite", () => {
  const wcs = new TanWcs({ ...TAN, ...CD });
  assert.throws(() => wcs.toPixel({ ra: 190, dec: 0 }), {
    name: "RangeError",
    message: "Cannot find the pixel of ra 190, dec 0: it is 90 degrees or more from the tangent " +
      "point at ra 10, dec 0",
  });
  assert.throws(() => wcs.toPixel({ ra: NaN, dec: 0 }), {
    name: "RangeError",
    message: "Cannot place a point: ra must be a finite number, NaN found",
  });
  assert.throws(() => wcs.toSky({ x: 1, y: Infinity }), {
    name: "RangeError",
    message: "Cannot place a point: y must be a finite number, Infinity found",
  });
  // u + u² is never below -1/4: no pixel lies 20 pixels to the left.
  const folded = new TanWcs({ ...TAN, ...CD, A_ORDER: 2, B_ORDER: 2, A_2_0: 1 });
  assert.throws(() => folded.toPixel({ ra: 12, dec: 0 }), {
    name: "RangeError",
    message: "Cannot find the pixel of ra 12, dec 0: the distortion has no inverse there",
  });
});

const cases = join(shared, "../cases");

Deno.test({
  ...skippedIf(!existsSync(cases) && "no ../shared/cases", "TanWcs places the shared cases"),
}, async () => {
  const facts = JSON.parse(Deno.readTextFileSync(join(cases, "facts.json")));
  for (const name of ["cunit_arcsec.fits", "pc_no_cdelt.fits"]) {
    const [{ header }] = await readFits(join(cases, name));
    const pixels = [[0, 0], [99, 50]];
    const sky = pixels.map((pixel) => facts[name][`sky(${pixel})`]);
    assertPlaces(new TanWcs(header), { pixels, sky, name });
  }
});
