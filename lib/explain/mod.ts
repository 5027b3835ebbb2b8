/**
 * Why a model answers what it answers: class activation maps, gradients of pixels, attention, and
 * how far each is to be believed.
 *
 * @module
 */

export {
  type ActivationMapOptions,
  type ActivationMaps,
  activationMaps,
  BlankMapError,
  type MapMethod,
  type Maps,
} from "./activation_map.ts";
export { attentionRollout } from "./attention_rollout.ts";
export { type Curve, deletionAndInsertion, shareInside } from "./faithfulness.ts";
export { activationAndGradient } from "./inside.ts";
export { guidedBackpropagation, integratedGradients } from "./saliency.ts";
export { logOdds, output, predictedClass, sumOf, type Target } from "./target.ts";
