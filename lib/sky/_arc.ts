/**
 * A gravitational arc: a distant galaxy drawn out around the one before it.
 *
 * @module
 */

import { addSpot, type Canvas, nanomaggies } from "./_canvas.ts";
import type { Galaxy } from "./galaxy.ts";

/** Adds an arc, not blurred. */
export function addArc(canvas: Canvas, arc: NonNullable<Galaxy["arc"]>): void {
  const spots = 24;
  for (let spot = 0; spot < spots; spot++) {
    const angle = (arc.angle + arc.extent * (spot / (spots - 1) - 0.5)) * Math.PI / 180;
    addSpot(canvas, {
      x: arc.radius * Math.cos(angle),
      y: arc.radius * Math.sin(angle),
      sigma: 0.3,
      flux: canvas.bands.map((band) =>
        nanomaggies(arc.magnitude + (band === "g" ? 0.3 : 0)) / spots
      ) as [number, number, number],
    });
  }
}
