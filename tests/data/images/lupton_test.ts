import assert from "node:assert/strict";
import { legacySurveyRgb, type LuptonOptions, luptonRgb } from "galaxykit/data";
import pictures from "../../reference/pictures.json" with { type: "json" };
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
  const rgb = luptonRgb([[NaN, -5, Infinity, 1, 3], [1, 1, 1, -Infinity, 3], [1, 1, 1, 1, 3]]);
  assert.deepEqual([...rgb.subarray(0, 12)], Array(12).fill(0));
  assert.ok(rgb[12] > 0);
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

Deno.test("luptonRgb() and legacySurveyRgb() refuse a band without a finite value", () => {
  for (const compose of [luptonRgb, legacySurveyRgb]) {
    assert.throws(() => compose([[1, 2], [1, 2], [NaN, -Infinity]]), {
      name: "RangeError",
      message:
        "Cannot compose a colour image: a finite value is wanted in each band, none found in blue",
    });
  }
});

Deno.test("legacySurveyRgb() equals the surveys' formula", () => {
  const { bands, rgb } = pictures.legacySurvey;
  const found = legacySurveyRgb(bands as unknown as [number[], number[], number[]]);
  assert.deepEqual([...found], rgb.map((value) => Math.floor(value + 1e-9)));
  const white = [...found].filter((value) => value === 255).length;
  assert.ok(white > 30 && white < 300, `${white} of 600 are cut off`);
});

Deno.test("legacySurveyRgb() leaves black what is not finite, and takes other factors", () => {
  const [z, r, g] = [[NaN, 0.1, 0.1], [0.1, Infinity, 0.1], [0.1, 0.1, 0.1]];
  const rgb = legacySurveyRgb([z, r, g], { scales: [1, 1, 1], offset: 0, Q: 1 });
  const grey = Math.floor(255 * Math.asinh(0.1));
  assert.deepEqual([...rgb], [0, 0, 0, 0, 0, 0, grey, grey, grey]);
  assert.throws(() => legacySurveyRgb([z, r, g], { Q: -1 }), {
    message: "Cannot compose a colour image: Q must be above 0, -1 found",
  });
});
