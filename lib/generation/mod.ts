/**
 * Generation: from prompts and numbers to images, by a U-Net, a codec of latents, a text encoder and a
 * sampler, each of which may be another. `docs/generation.md` tells all of it on one page.
 *
 * @module
 */

export type { ClassLabels, ConditionOptions } from "./_conditions.ts";
export { codecInput, type MadePicture, type Picture } from "./_pictures.ts";
export type { Encoding } from "./_encode.ts";
export {
  type Adaptation,
  adaptByLora,
  adaptByToken,
  adaptWhole,
  type LoraAdaptationOptions,
  type PipelinePart,
  type TokenAdaptationOptions,
  withWords,
} from "./adaptation.ts";
export {
  Denoiser,
  type DenoisingInputs,
  denoisingLoss,
  type DenoisingOptions,
} from "./denoising.ts";
export type { GenerateOptions, GenerationStep } from "./generate_options.ts";
export { type GeneratedImage, Generation } from "./generation.ts";
export { imageToImage, type ImageToImageOptions } from "./image_to_image.ts";
export { inpaint, type InpaintOptions } from "./inpaint.ts";
export { interpolate, type InterpolateOptions, slerp } from "./interpolate.ts";
export { invert, type InvertOptions } from "./invert.ts";
export {
  cacheLatents,
  type LatentBatch,
  type LatentCacheOptions,
  type LatentSource,
} from "./latent_cache.ts";
export { AutoencoderCodec, type LatentCodec } from "./latent_codec.ts";
export type { Pipeline } from "./pipeline.ts";
export { encodePrompts, type PromptEmbeddings, type PromptOptions } from "./prompt_embeddings.ts";
export { textToImage, type TextToImageOptions } from "./text_to_image.ts";
export { TrainingImages, type TrainingImagesOptions } from "./training_images.ts";
export { openPipeline, type OpenPipelineOptions, savePipeline } from "./pipeline_folder.ts";
export {
  type PipelineExamples,
  trainPipeline,
  type TrainPipelineOptions,
} from "./train_pipeline.ts";
