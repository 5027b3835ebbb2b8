import assert from "node:assert/strict";
import { colourMagnitude } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const table = {
  M_r: [-22, -21.9, -19.1, -20, null],
  g: [17, 17, 16.2, null, 16],
  r: [16.1, 16.1, 16.1, 16, 15],
  class: ["smooth", "smooth", "spiral", "spiral", "spiral"],
};
const options = {
  magnitude: "M_r",
  colour: ["g", "r"] as [string, string],
  magnitudeRange: [-23, -19] as [number, number],
  colourRange: [0, 1] as [number, number],
  bins: 4,
};

type Panels = { concat: { data: { values: unknown[] } }[] };

Deno.test("colourMagnitude() counts galaxies by magnitude and colour", async () => {
  const figure = colourMagnitude(table, options);
  await checkFigure(figure, ["M_r", "g − r", "3 galaxies"]);
  assert.deepEqual((figure.spec as unknown as Panels).concat[0].data.values, [
    { x: -22, x2: -21, y: 0.75, y2: 1, n: 2 },
    { x: -20, x2: -19, y: 0, y2: 0.25, n: 1 },
  ]);
  checkSnapshot(figure, "colour_magnitude");
});

Deno.test("colourMagnitude() gives each class a panel", async () => {
  const figure = colourMagnitude(table, { ...options, by: "class", label: "r magnitude" });
  await checkFigure(figure, ["smooth (2)", "spiral (1)", "r magnitude"]);
  assert.equal((figure.spec as unknown as Panels).concat.length, 2);
});

Deno.test("colourMagnitude() takes a colour that is a column", async () => {
  const colour = table.g.map((g, i) => g === null ? null : g - table.r[i]);
  const own = colourMagnitude({ ...table, colour }, { ...options, colour: "colour" });
  await checkFigure(own, ["colour", "3 galaxies"]);
  const { concat: [{ data }] } = own.spec as unknown as Panels;
  const { concat: [pair] } = colourMagnitude(table, options).spec as unknown as Panels;
  assert.deepEqual(data, pair.data);
});

Deno.test("colourMagnitude() finds its ranges and bins, even for one galaxy", async () => {
  await checkFigure(
    colourMagnitude({ M_r: [-21], g: [17], r: [16] }, { magnitude: "M_r", colour: ["g", "r"] }),
  );
  assert.throws(() => colourMagnitude({ ...table, g: [NaN, NaN, NaN, NaN, 1] }, options), {
    name: "RangeError",
    message: 'Cannot draw colours and magnitudes: no row has "M_r" and "g" and "r"',
  });
});

Deno.test("colourMagnitude() says how many galaxies it cannot show", () => {
  const table = { M: [-22, -21, -20, null, -19], c: [0.7, 0.8, 0.9, 1, NaN] };
  const figure = colourMagnitude(table, {
    ...{ magnitude: "M", colour: "c" },
    ...{ magnitudeRange: [-23, -20.5], colourRange: [0, 2] },
  });
  const told = `${figure.spec.description}`;
  assert.match(told, /: 3 galaxies, 2 others without a value, 1 outside the axes$/);
});
