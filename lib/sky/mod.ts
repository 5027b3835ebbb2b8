/**
 * A simulated sky: galaxies that do not exist, their pictures, and volunteers who classify them, so
 * that everything runs, teaches and can be checked before any survey is downloaded.
 *
 * ```ts
 * import { classify, drawGalaxy, renderGalaxy, skyCatalogue } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const galaxy = drawGalaxy({ seed: 1, index: 0 }); // the truth
 * const { pixels } = renderGalaxy(galaxy, { size: 64, survey: "sdss" }); // what a survey sees
 * const votes = classify(galaxy); // what volunteers say
 * assert.equal(pixels.length, 64 * 64 * 3);
 * assert.equal(skyCatalogue([{ galaxy, votes }]).width, 228); // in Galaxy Zoo 2's columns
 * ```
 *
 * @module
 */

export { type GalaxyKind, galaxyKinds, writeGalaxyFolder } from "./galaxy_folder.ts";
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
export {
  type AnswerComparison,
  assembleSky,
  compareTails,
  compareVotes,
  emptyTable,
  fitCriteria,
  type QuestionComparison,
  readVotes,
  simulatedVotes,
  type TailComparison,
  tailRules,
  type VoteTable,
} from "./calibration.ts";
export { cleanFlags } from "./clean_flags.ts";
export { consistencyWeights, fractionsOf, tally } from "./consistency.ts";
export { type Criteria, type Criterion, evidenceOf, gz2Criteria } from "./criteria.ts";
export { type Population, populationOf } from "./enrichment.ts";
export { galaxiesOfKind, type KindRows } from "./galaxies_of_kind.ts";
export { debias, type DebiasReference, type Sample } from "./debias.ts";
export { type Impression, impressionOf } from "./perception.ts";
export { expectedFractions } from "./expected_fractions.ts";
export { openTruth, type Truth } from "./open_truth.ts";
export { measure, type Science } from "./science.ts";
export {
  type ClassifiedGalaxy,
  expectedTable,
  objectId,
  SIMULATED_SAMPLE,
  skyCatalogue,
  truthTable,
} from "./sky_catalogue.ts";
export { type KindFound, type SkyOptions, writeSky } from "./sky_folder.ts";
export {
  type ChunkRequest,
  type Found,
  type SearchRequest,
  type SkyGalaxy,
  type SkyRequest,
  SkyWorkers,
} from "./sky_workers.ts";
export {
  assemble,
  type Classification,
  classify,
  type Session,
  type VoteOptions,
  type Votes,
} from "./volunteers.ts";
export { type VoteReference, voteReference } from "./vote_reference.ts";
