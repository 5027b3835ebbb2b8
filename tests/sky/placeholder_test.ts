import assert from "node:assert/strict";
import { galaxy, type GalaxyKind, galaxyKinds } from "galaxykit/sky";

/** Mean over the bands, as a square of numbers. */
function grey(pixels: Uint8Array): number[] {
  return Array.from(
    { length: pixels.length / 3 },
    (_, i) => (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / 3,
  );
}

/** Axis ratio of the light above the sky within half of the image, from its second moments. */
function axisRatio(pixels: Uint8Array, size: number): number {
  let [xx, yy, xy] = [0, 0, 0];
  grey(pixels).forEach((value, index) => {
    const [x, y] = [index % size - (size - 1) / 2, Math.floor(index / size) - (size - 1) / 2];
    if (x * x + y * y > (size / 4) ** 2) return;
    const light = Math.max(0, value - 25);
    xx += light * x * x;
    yy += light * y * y;
    xy += light * x * y;
  });
  const spread = Math.sqrt((xx - yy) ** 2 + 4 * xy * xy);
  return Math.sqrt((xx + yy - spread) / (xx + yy + spread));
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

Deno.test("galaxy() depends on seed, index and kind alone", () => {
  const first = galaxy({ seed: 1, index: 4, size: 32, kind: "spiral" });
  galaxy({ seed: 1, index: 3, size: 32 });
  assert.deepEqual(galaxy({ seed: 1, index: 4, size: 32, kind: "spiral" }), first);
  for (
    const other of [
      { seed: 2, index: 4, kind: "spiral" },
      { seed: 1, index: 5, kind: "spiral" },
      { seed: 1, index: 4, kind: "smooth" },
    ] as { seed: number; index: number; kind: GalaxyKind }[]
  ) {
    assert.notDeepEqual(galaxy({ ...other, size: 32 }), first);
  }
});

Deno.test("galaxy() takes each kind in turn", () => {
  for (const [index, kind] of galaxyKinds.entries()) {
    const expected = galaxy({ seed: 3, index: index + 3, size: 16, kind });
    assert.deepEqual(galaxy({ seed: 3, index: index + 3, size: 16 }), expected);
  }
});

function correlation(a: number[], b: number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - meanA) * (b[i] - meanB)));
  const variance = mean(a.map((value) => (value - meanA) ** 2)) *
    mean(b.map((value) => (value - meanB) ** 2));
  return covariance / Math.sqrt(variance);
}

Deno.test("galaxy() draws the same galaxy at every size", () => {
  for (const kind of galaxyKinds) {
    const [small, other] = [0, 1].map((index) => grey(galaxy({ seed: 1, index, size: 40, kind })));
    const large = grey(galaxy({ seed: 1, index: 0, size: 80, kind }));
    const reduced = small.map((_, i) => {
      const corner = Math.floor(i / 40) * 160 + (i % 40) * 2;
      return mean([0, 1, 80, 81].map((step) => large[corner + step]));
    });
    const same = correlation(small, reduced);
    assert.ok(same > 0.85, `${kind}: ${same}`); // the noise differs
    assert.ok(correlation(other, reduced) < same - 0.02, `${kind}: ${correlation(other, reduced)}`);
  }
});

Deno.test("galaxy() draws a bright centre on a dark, noisy sky", () => {
  for (let index = 0; index < 12; index++) {
    const image = grey(galaxy({ seed: 5, index, size: 48 }));
    const centre = mean([23, 24].flatMap((y) => [23, 24].map((x) => image[y * 48 + x])));
    const border = image.filter((_, i) => i < 48 || i % 48 === 0).sort((a, b) => a - b);
    const sky = border[border.length >> 1];
    assert.ok(centre > 80, `${index}: centre ${centre}`);
    assert.ok(sky > 4 && sky < 40, `${index}: sky ${sky}`);
    assert.ok(
      border[Math.floor(border.length * 0.8)] - border[Math.floor(border.length * 0.2)] > 1,
    );
  }
});

Deno.test("galaxy() draws new noise for every galaxy", () => {
  function corner(index: number, kind: GalaxyKind) {
    return grey(galaxy({ seed: 1, index, size: 64, kind }))
      .filter((_, i) => i % 64 < 12 && i < 64 * 12).map((value) => Math.min(value, 40));
  }
  const first = corner(0, "smooth");
  for (const other of [corner(1, "smooth"), corner(0, "edge-on")]) {
    assert.ok(Math.abs(correlation(first, other)) < 0.3, `${correlation(first, other)}`);
  }
});

Deno.test("galaxy() makes kinds that differ in shape and colour", () => {
  function measure(kind: GalaxyKind, of: (pixels: Uint8Array) => number) {
    return mean(
      Array.from({ length: 16 }, (_, index) => of(galaxy({ seed: 6, index, size: 48, kind }))),
    );
  }
  function redness(pixels: Uint8Array) {
    return mean(
      Array.from({ length: pixels.length / 3 }, (_, i) => pixels[3 * i] - pixels[3 * i + 2]),
    );
  }
  const ratio = Object.fromEntries(
    galaxyKinds.map((k) => [k, measure(k, (p) => axisRatio(p, 48))]),
  );
  assert.ok(
    ratio["edge-on"] < 0.4 && ratio.spiral > 0.55 && ratio.smooth > 0.65,
    `${Object.entries(ratio)}`,
  );
  assert.ok(measure("smooth", redness) > measure("spiral", redness) + 3);
});

Deno.test("galaxy() refuses sizes and kinds it cannot draw", () => {
  assert.throws(() => galaxy({ seed: 1, index: 0, size: 7 }), {
    name: "RangeError",
    message: "Cannot draw a galaxy: size must be an integer from 8, 7 found",
  });
  assert.throws(() => galaxy({ seed: 1, index: 0, size: 32, kind: "ring" as GalaxyKind }), {
    name: "RangeError",
    message: 'Cannot draw a galaxy: kind must be one of edge-on, smooth, spiral, "ring" found',
  });
});
