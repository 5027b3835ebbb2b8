/**
 * Architectures, a family a file, with the names and shapes of their published weights.
 *
 * @module
 */

export * from "./attention_maps.ts";
export type { PublishedWeights, WeightsPlace } from "./cards.ts";
export * from "./clip_text.ts";
export { openClipText, type OpenClipTextOptions, saveClipText } from "./clip_text_folder.ts";
export { clipTextState, type NamedWeights } from "./clip_text_keys.ts";
export * from "./convnext.ts";
export * from "./convnext_keys.ts";
export * from "./diffusion/mod.ts";
export * from "./efficientnet.ts";
export * from "./efficientnet_keys.ts";
export {
  type Block,
  type BlockLayout,
  type CreateHead,
  ImageModel,
  type ImageModelOptions,
  type ModelConfig,
} from "./image_model.ts";
export * from "./preprocessing.ts";
export * from "./pretrained.ts";
export {
  createModel,
  type ModelCard,
  modelCard,
  modelNames,
  type ModelOptions,
} from "./registry.ts";
export * from "./resnet.ts";
export * from "./saved.ts";
export type { Summary, SummaryRow } from "./summary.ts";
export * from "./table.ts";
export * from "./vit.ts";
export * from "./vit_keys.ts";
export { openVit, saveVit } from "./vit_folder.ts";
export type { VitNames } from "./vit_names.ts";
export { type PositionGrid, type PositionResampling, resizePositions } from "./vit_positions.ts";
