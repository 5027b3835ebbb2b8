/**
 * The true extent of simulated galaxies.
 *
 * @module
 */

import { sideBeforeCrop } from "../../data/mod.ts";
import { openTruth, renderGalaxy } from "../../sky/mod.ts";

/** By the id of a galaxy: size x size values, positive inside. */
export type TrueMask = (id: string) => Uint8Array;

/**
 * The masks of a sky that the kit drew, as its galaxies are seen through a centred crop; undefined
 * for other folders. Inside is where the galaxy is at least as bright as everything else: sky of one
 * standard deviation, stars, other galaxies.
 *
 * @param folder Where {@linkcode writeSky} wrote
 */
export function trueMask(
  folder: string,
  { size, crop }: { size: number; crop: number },
): TrueMask | undefined {
  const truth = openTruth(folder);
  if (truth === undefined) return undefined;
  const whole = sideBeforeCrop({ size, cropFraction: crop });
  const offset = (whole - size) / 2; // as decodeImage() crops
  return (id) => {
    const { survey } = truth;
    const { mask } = renderGalaxy(truth.galaxy(id), { size: whole, survey, mask: true });
    return Uint8Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)];
      return mask![(y + offset) * whole + x + offset] >= 128 ? 1 : 0;
    });
  };
}
