/**
 * Images: from files, folders, HDF5 and FITS, as sets.
 *
 * @module
 */

export {
  type BadFile,
  type CropOptions,
  decodeImage,
  decodeImages,
  type DecodeOptions,
  type Filter,
  type ImageInput,
  sideBeforeCrop,
} from "./decode.ts";
export {
  type ImageFile,
  type ImageFolder,
  type LabelledFile,
  listImages,
  scanImageFolder,
  type ScanOptions,
} from "./image_folder.ts";
export {
  type ImageBatch,
  type ImageSet,
  imageSet,
  type ImageSetOptions,
  type ImageTile,
  type LabelOptions,
  type Labels,
  relabel,
  type Targets,
} from "./image_set.ts";
export type { ImageItem, ItemOptions } from "./image_list.ts";
export { loadImageFolder, loadImages, type LoadOptions } from "./load_images.ts";
export { streamImageFolder, streamImages, type StreamOptions } from "./stream_images.ts";
export { shapeStatisticNames, type ShapeStatistics, shapeStatistics } from "./shape_statistics.ts";
export type { Hdf5Layout } from "./hdf5_file.ts";
export { GALAXY10_DECALS, GALAXY_MNIST, loadHdf5Images } from "./hdf5.ts";
export { loadParquetImages, type ParquetLayout } from "./parquet_images.ts";
export type { Pixels } from "./pixels.ts";
export { asinhGrey, type AsinhGreyOptions } from "./asinh_grey.ts";
export { type LegacySurveyOptions, legacySurveyRgb } from "./legacy_survey_rgb.ts";
export { type LuptonOptions, luptonRgb } from "./lupton.ts";
export { type FitsImage, readFits } from "./fits.ts";
export type { FitsHeader } from "./fits_header.ts";
export { type FitsRgbOptions, fitsToRgb } from "./fits_rgb.ts";
export { type PixelPosition, type SkyPosition, TanWcs } from "./wcs.ts";
