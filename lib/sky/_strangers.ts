/**
 * What passes for another galaxy of a merger, and stars on top of a galaxy.
 *
 * @module
 */

import type { CoarsePicture } from "./_coarse_picture.ts";
import type { Galaxy } from "./galaxy.ts";

/** Magnitudes by which a stranger may be fainter than the galaxy and still be looked at. */
const FAINTER = 4;

/**
 * Other galaxies that pass for a part of a merger, and stars on top. What counts is what they add to
 * the picture, that a second peak can be told from the galaxy's, and that light joins the two.
 */
export function strangersOf(
  { galaxy: { companion, neighbours, stars, magnitudes, petroR90 }, picture, plain }: {
    galaxy: Galaxy;
    picture: CoarsePicture;
    /** The picture of the smooth galaxy. */
    plain: Float32Array;
  },
): { merger: number; other: number } {
  let [merger, other] = [0, 0];
  const counts = ({ x, y, magnitudes: { r } }: typeof stars[number]) =>
    r < magnitudes.r + FAINTER && Math.hypot(x, y) < 1.7 * petroR90;
  for (const galaxy of [...(companion ? [companion] : []), ...neighbours]) {
    if (!counts(galaxy)) continue;
    const light = picture.drawOther(galaxy);
    const parts = apart(picture, { plain, light, ...galaxy });
    merger = Math.hypot(merger, parts);
  }
  for (const star of stars) {
    if (!counts(star)) continue;
    other = Math.hypot(other, apart(picture, { plain, light: picture.drawStar(star), ...star }));
  }
  return { merger, other };
}

/** Grey levels between two peaks that make them two, and that join them. */
const DIP = 12;
const BRIDGE = 15;

function apart(
  picture: CoarsePicture,
  { plain, light, x, y }: { plain: Float32Array; light: Float32Array; x: number; y: number },
): number {
  const { side, pixelScale } = picture;
  const both = together(plain, light);
  const levelAt = (share: number) => {
    const column = Math.round(share * x / pixelScale + (side - 1) / 2);
    const row = Math.round(share * y / pixelScale + (side - 1) / 2);
    return column >= 0 && column < side && row >= 0 && row < side
      ? picture.level(both[row * side + column])
      : 0;
  };
  const peak = levelAt(1);
  let saddle = peak;
  for (let step = 0; step < 32; step++) saddle = Math.min(saddle, levelAt(step / 32));
  const dip = Math.min(1, (peak - saddle) / DIP);
  const bridge = Math.min(1, saddle / BRIDGE);
  return dip * bridge * picture.difference(both, plain);
}

/** The light of two pictures. */
export function together(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((light, pixel) => light + other[pixel]);
}
