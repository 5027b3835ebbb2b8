import assert from "node:assert/strict";
import { type LuptonOptions, luptonRgb } from "galaxykit/data";
import reference from "../../reference/lupton.json" with { type: "json" };

const bands = reference.bands.map((band) => Float64Array.from(band)) as [
  Float64Array,
  Float64Array,
  Float64Array,
];

Deno.test("luptonRgb() equals astropy", () => {
  for (const { options, rgb } of reference.cases) {
    const ours = luptonRgb(bands, options as LuptonOptions);
    assert.equal(ours.length, rgb.length);
    const different = [...ours].filter((value, index) => value !== rgb[index]);
    assert.deepEqual(different, [], JSON.stringify(options));
  }
});

Deno.test("luptonRgb() multiplies each band by its scale, after the minimum", () => {
  const scaled = bands.map((band, c) => band.map((value) => value / [2, 4, 0.5][c] + 1));
  const rgb = luptonRgb(scaled as typeof bands, { scales: [2, 4, 0.5], minimum: 1 });
  const plain = luptonRgb(bands);
  const worst = Math.max(...rgb.map((value, index) => Math.abs(value - plain[index])));
  assert.ok(worst <= 1, `differs by ${worst}`);
});

Deno.test("luptonRgb() makes missing values and the sky below its level black", () => {
  const rgb = luptonRgb([[NaN, -5, 3], [1, 1, 3], [1, 1, 3]]);
  assert.deepEqual([...rgb.subarray(0, 6)], [0, 0, 0, 0, 0, 0]);
  assert.ok(rgb[6] > 0);
});

Deno.test("luptonRgb() refuses bands and settings that do not fit", () => {
  assert.throws(() => luptonRgb([[1], [1, 2], [1]]), {
    name: "TypeError",
    message:
      "Cannot compose a colour image: bands of one length are wanted, 1, 2 and 1 values found",
  });
  assert.throws(() => luptonRgb(bands, { Q: 0 }), {
    name: "RangeError",
    message: "Cannot compose a colour image: Q must be above 0, 0 found",
  });
  assert.throws(() => luptonRgb(bands, { stretch: NaN }), {
    message: "Cannot compose a colour image: stretch must be above 0, NaN found",
  });
});
