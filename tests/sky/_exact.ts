/** What a survey's own pixels show, without the coarse picture that volunteers' votes come from. */

import { exposeGalaxy, type Galaxy, surveyNamed } from "galaxykit/sky";

const SDSS = surveyNamed("sdss");
const AREA = SDSS.pixelScale ** 2;

/** The galaxy and its companion alone on the detector, without noise, within 1.75 petroR90. */
function expose(galaxy: Galaxy) {
  const side = 2 * Math.ceil(1.75 * galaxy.petroR90 / SDSS.pixelScale);
  return exposeGalaxy({ ...galaxy, neighbours: [], stars: [] }, { side, noise: false });
}

/** Mean of the three bands in grey levels, as `luptonRgb` composes them, without rounding. */
function greyOf(bands: readonly number[]): number {
  const { stretch, Q, minimum, scales } = SDSS.lupton;
  const shown = bands.map((flux, k) => (flux / AREA - minimum[k]) * scales[k]);
  const intensity = (shown[0] + shown[1] + shown[2]) / 3;
  if (!(intensity > 0)) return 0;
  const factor = 0.1 / Math.asinh(0.1 * Q) * Math.asinh(intensity * Q / stretch) / intensity;
  const divisor = Math.max(1, Math.max(...shown) * factor);
  return shown.reduce((sum, band) => sum + Math.max(0, 255 * band * factor / divisor), 0) / 3;
}

/** Variance of the grey level by the errors of the three bands: sky and photons. */
function varianceOf(bands: readonly number[], sky: readonly number[]): number {
  return bands.reduce((sum, flux, k) => {
    const sigma = Math.sqrt(sky[k] ** 2 + Math.max(0, flux) / SDSS.gain[k]);
    const step = 0.01 * sigma;
    const [up, down] = [step, -step].map((by) => greyOf(bands.with(k, flux + by)));
    return sum + ((up - down) / (2 * step) * sigma) ** 2;
  }, 0);
}

/**
 * The difference between a galaxy and itself with some things changed: a matched filter's signal to
 * noise on the displayed picture, differences below 2 grey levels and the eye's own noise (1 level on
 * a patch of half the seeing) as in the kit.
 */
export function differenceByPixels(galaxy: Galaxy, changes: Partial<Galaxy>): number {
  const one = expose(galaxy);
  const other = expose({ ...galaxy, ...changes });
  const fwhm = one.seeing.reduce((sum, value) => sum + value, 0) / 3;
  const eye = (fwhm / 2) ** 2 / AREA;
  let sum = 0;
  for (let pixel = 0; pixel < one.side ** 2; pixel++) {
    const [a, b] = [one, other].map(({ planes }) => planes.map((plane) => plane[pixel]));
    const difference = Math.abs(greyOf(a) - greyOf(b));
    if (difference === 0) continue;
    const seen = difference ** 2 / (difference + 2);
    const middle = a.map((flux, k) => (flux + b[k]) / 2);
    sum += seen ** 2 / (varianceOf(middle, one.sky) + eye);
  }
  return Math.sqrt(sum);
}

/** Axis ratio by the moments of what is more than 6 grey levels above black. */
export function axisRatioByPixels(galaxy: Galaxy): number {
  const { side, planes } = expose(galaxy);
  let [xx, xy, yy] = [0, 0, 0];
  for (let pixel = 0; pixel < side * side; pixel++) {
    const weight = Math.max(0, greyOf(planes.map((plane) => plane[pixel])) - 6);
    const [x, y] = [pixel % side - (side - 1) / 2, Math.floor(pixel / side) - (side - 1) / 2];
    xx += weight * x * x;
    xy += weight * x * y;
    yy += weight * y * y;
  }
  const spread = Math.hypot(xx - yy, 2 * xy);
  return Math.sqrt((xx + yy - spread) / (xx + yy + spread));
}
