/**
 * Decoded pixels of one image.
 *
 * @module
 */

/** `height` x `width` x `channels` values in [0, 255], row by row, channels last. */
export type Pixels = {
  data: Uint8Array;
  width: number;
  height: number;
  /** 1: grey, 3: RGB. */
  channels: 1 | 3;
};
