/**
 * The augmentations of GalaxySD (Ma et al. 2025), as far as the paper gives them; the numbers it
 * leaves out are those of SimCLR (Chen et al. 2020, appendix A) and of the kit.
 *
 * @module
 */

import {
  type Augmentation,
  colorJitter,
  compose,
  randomAffine,
  randomApply,
  randomResizedCrop,
} from "../../augment/mod.ts";

/** Views for the contrastive encoder: crop, flip, colour jitter. Draw two of each image. */
export const contrastiveViews: Augmentation = compose(
  randomResizedCrop({ scale: [0.08, 1], flip: true }),
  // Strength 0.5, as SimCLR takes for small images; the paper names no grey and no blur.
  randomApply(
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
    { probability: 0.8 },
  ),
);

/** For the classifiers of spirals, discs, bars and bulges: rotation, crop, flip, zoom in and out. */
export const classifierAugmentation: Augmentation = randomAffine({
  degrees: 180,
  zoom: [0.8, 1.25],
  shift: 0.1, // a crop beside the centre
  flip: true,
});
