/**
 * Things that are no galaxies, drawn in the middle of a frame.
 *
 * @module
 */

import { addStar, type Canvas, nanomaggies } from "./_canvas.ts";
import type { Artifact, Magnitudes } from "./galaxy.ts";
import { addGlow } from "./_glow.ts";
import { smoothStep } from "./_texture.ts";

/** Adds an artifact to a blurred canvas. */
export function addArtifact(
  canvas: Canvas,
  { artifact, seeing }: { artifact: Artifact; seeing: readonly [number, number, number] },
): void {
  const { side, pixelScale, planes } = canvas;
  const { kind, angle, magnitude } = artifact;
  const flux = nanomaggies(magnitude);
  if (kind === "star") {
    const fluxes = [1.2, 1, 0.6].map((colour) => colour * flux);
    planes.forEach((plane, k) =>
      addStar(plane, {
        side,
        pixelScale,
        x: 0,
        y: 0,
        flux: fluxes[k],
        fwhm: seeing[k],
        faintest: 1e-3,
      })
    );
    const magnitudes = Object.fromEntries(canvas.bands.map((band) => [band, magnitude]));
    addGlow(canvas, { x: 0, y: 0, magnitudes: magnitudes as Magnitudes, angle });
    return;
  }
  const sin = Math.sin(angle * Math.PI / 180);
  const cos = Math.cos(angle * Math.PI / 180);
  const area = pixelScale * pixelScale;
  for (let row = 0; row < side; row++) {
    const y = (row - (side - 1) / 2) * pixelScale;
    for (let column = 0; column < side; column++) {
      const x = (column - (side - 1) / 2) * pixelScale;
      const at = row * side + column;
      if (kind === "trail") {
        // SDSS reads its bands minutes apart: a trail has one colour, here green (r).
        const across = (x * cos + y * sin) / (0.6 * seeing[1]);
        planes[1][at] += flux * area * Math.exp(-0.5 * across * across) / (1.5 * seeing[1]);
      } else {
        // A ghost: an out-of-focus image of a star, a disc with the shadow of the mirror.
        const r = Math.hypot(x, y) / 12;
        const light = flux * area / 300 * (1 - smoothStep(r, 0.85, 1.05)) *
          smoothStep(r, 0.25, 0.4);
        planes[0][at] += 0.5 * light;
        planes[1][at] += light;
        planes[2][at] += 0.6 * light;
      }
    }
  }
}
