/**
 * Generated galaxies, so that everything runs before any survey is downloaded.
 *
 * ```ts
 * import { galaxy, galaxyKinds } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const sheet = galaxyKinds.map((kind) => galaxy({ seed: 1, index: 0, size: 64, kind }));
 * assert.equal(sheet.length, 3);
 * ```
 *
 * @module
 */

export { writeGalaxyFolder } from "./galaxy_folder.ts";
export { galaxy, type GalaxyKind, galaxyKinds } from "./placeholder.ts";
export { apparentMagnitudes, colourMagnitudeRelation } from "./colours.ts";
export { comovingDistance, distanceModulus, kpcPerArcsec, redshiftAt } from "./cosmology.ts";
export * from "./galaxy.ts";
export { luminosityFunction } from "./luminosity.ts";
export { apertureRadii } from "./petrosian.ts";
export { drawGalaxy } from "./population.ts";
export { sersicB } from "./sersic.ts";
export { sizeRelation } from "./structure.ts";
export { exposeGalaxy, type Exposure } from "./exposure.ts";
export { moffat } from "./psf.ts";
export { type GalaxyPicture, renderGalaxy } from "./render.ts";
export { type Survey, type SurveyName, surveyNamed, surveyNames, surveys } from "./survey.ts";
