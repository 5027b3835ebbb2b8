/**
 * The kit's own backbones: small networks trained on simulated skies.
 *
 * @module
 */

export { probeBackbone, type Probed } from "./probe.ts";
export { writeBackboneRecord } from "./publish.ts";
export {
  type Backbone,
  BACKBONE_PROFILES,
  type BackboneProfile,
  BACKBONES,
  type BackboneSettings,
  backboneSettings,
} from "./settings.ts";
export { trainBackbone } from "./train.ts";
