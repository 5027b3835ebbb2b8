import assert from "node:assert/strict";
import { addSersic, type Canvas, chord, gaussGrids } from "../../lib/sky/_canvas.ts";

function canvasOf(side: number): Canvas {
  const planes = [0, 1, 2].map(() => new Float32Array(side * side)) as Canvas["planes"];
  return { side, pixelScale: 0.4, bands: ["i", "r", "g"], planes };
}

Deno.test("chord() holds every pixel of an ellipse and hardly any other", () => {
  const canvas = canvasOf(60);
  for (const degrees of [0, 30, 90, 135]) {
    const [sin, cos] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)];
    const [x, along, across] = [1.3, 9, 2.5];
    let [inside, held] = [0, 0];
    for (let row = 0; row < 60; row++) {
      const dy = (row - 29.5) * 0.4;
      const [first, last] = chord(canvas, { x, dy, along, across, sin, cos });
      for (let column = 0; column < 60; column++) {
        const dx = (column - 29.5) * 0.4 - x;
        const [u, v] = [-dx * sin - dy * cos, dx * cos - dy * sin];
        if ((u / along) ** 2 + (v / across) ** 2 >= 1) continue;
        inside++;
        assert.ok(column >= first && column <= last, `${degrees}: ${column}, ${row}`);
      }
      if (Math.abs(dy) < along) held += Math.max(0, last - first + 1);
    }
    assert.ok(inside > 350 && held < 1.6 * inside, `${degrees}: ${held} for ${inside}`);
  }
});

Deno.test("samples of a pixel have weights of sum 1 and the pixel's own moments", () => {
  const sum = (weights: Float64Array, of: (k: number) => number) =>
    weights.reduce((total, weight, k) => total + weight * of(k), 0);
  gaussGrids.forEach(({ across, down, weights }, k) => {
    assert.ok(Math.abs(sum(weights, () => 1) - 1) < 1e-12);
    if (k === 0) return;
    assert.ok(Math.abs(sum(weights, (at) => across[at] ** 2) - 1 / 12) < 1e-12);
    assert.ok(Math.abs(sum(weights, (at) => across[at] ** 2 * down[at] ** 2) - 1 / 144) < 1e-12);
  });
});

Deno.test("addSersic() puts its flux on the canvas, however small it is", () => {
  for (const halfLightRadius of [0.3, 0.8, 2]) {
    for (const sersicIndex of [1, 4]) {
      const canvas = canvasOf(120);
      addSersic(canvas, {
        x: 0.11,
        y: -0.07,
        sersicIndex,
        halfLightRadius,
        axisRatio: 0.6,
        positionAngle: 25,
        flux: [1, 2, 3],
        faintest: 0,
      });
      canvas.planes.forEach((plane, k) => {
        const flux = plane.reduce((total, value) => total + value, 0) / (k + 1);
        assert.ok(Math.abs(flux - 1) < 0.02, `${sersicIndex}, ${halfLightRadius}: ${flux}`);
      });
    }
  }
});
