/**
 * The augmentation of Galaxy Sommelier: turns up to 180 degrees, flips, brightness and contrast 0.2.
 *
 * @module
 */

import { type Augmentation, colorJitter, compose, randomAffine } from "../../augment/mod.ts";

/** With a mirror and any angle, upside down is included. */
export const sommelierAugmentation: Augmentation = compose(
  // torchvision's rotation, which the project uses, leaves the corners black.
  randomAffine({ degrees: 180, flip: true, fill: 0 }),
  colorJitter({ brightness: 0.2, contrast: 0.2 }),
);
