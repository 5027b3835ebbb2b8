/**
 * A gravitational arc: a distant galaxy drawn out around the one before it.
 *
 * @module
 */

import { type Canvas, nanomaggies, pixelRange } from "./_canvas.ts";
import type { Galaxy } from "./galaxy.ts";

/** Radius in arcsec at which the source has fallen by a factor e^0.5: less than the seeing. */
const SOURCE = 0.22;

/** Places a pixel along each axis. */
const SPLITS = 4;

/** Colours of a galaxy that forms stars, seen at a redshift of 1 to 2: magnitude less that in r. */
const COLOURS: Partial<Record<Canvas["bands"][number], number>> = {
  g: 0.1,
  r: 0,
  i: -0.1,
  z: -0.15,
};

/**
 * Adds an arc and its counter-image, not blurred: a round Gaussian source behind an isothermal sphere
 * (Schneider et al. 1992, "Gravitational Lenses", section 8.1.4). Light seen at theta left the
 * source's plane at theta less one Einstein radius towards the lens, and no surface brightness is lost on
 * the way. The nearer the source is to the axis, the longer the arc.
 */
export function addArc(canvas: Canvas, arc: NonNullable<Galaxy["arc"]>): void {
  const { side, pixelScale, planes } = canvas;
  const offset = 1.5 * SOURCE / Math.sin(Math.min(arc.extent, 180) / 2 * Math.PI / 180);
  const [sourceX, sourceY] = [
    offset * Math.cos(arc.angle * Math.PI / 180),
    offset * Math.sin(arc.angle * Math.PI / 180),
  ];
  const width = offset + 4 * SOURCE;
  const [first, last] = pixelRange(canvas, { centre: 0, reach: arc.radius + width });
  const light = new Map<number, number>();
  let total = 0;
  for (let row = first; row <= last; row++) {
    for (let column = first; column <= last; column++) {
      const [left, top] = [column, row].map((at) => (at - side / 2) * pixelScale);
      const middle = Math.hypot(left + pixelScale / 2, top + pixelScale / 2);
      if (Math.abs(middle - arc.radius) > width + pixelScale) continue;
      let sum = 0;
      for (let part = 0; part < SPLITS * SPLITS; part++) {
        const x = left + (part % SPLITS + 0.5) / SPLITS * pixelScale;
        const y = top + (Math.floor(part / SPLITS) + 0.5) / SPLITS * pixelScale;
        const shrink = 1 - arc.radius / Math.hypot(x, y);
        const squared = (x * shrink - sourceX) ** 2 + (y * shrink - sourceY) ** 2;
        sum += Math.exp(-0.5 * squared / (SOURCE * SOURCE));
      }
      light.set(row * side + column, sum);
      total += sum;
    }
  }
  if (total === 0) return;
  canvas.bands.forEach((band, k) => {
    const flux = nanomaggies(arc.magnitude + (COLOURS[band] ?? -0.2)) / total;
    for (const [at, sum] of light) planes[k][at] += flux * sum;
  });
}
