import assert from "node:assert/strict";
import { Figure } from "../../lib/plot/mod.ts";
import { display } from "../../lib/plot/display.ts";
import { rasterise } from "../../lib/plot/_raster.ts";
import { checkFigure, checkSnapshot, readPng } from "./_checks.ts";

function bars(): Figure {
  return new Figure({
    description: "Votes & answers <GZ2>",
    title: "Votes",
    width: 200,
    height: 60,
    data: { values: [{ answer: "smooth σ", votes: 12 }, { answer: "featured", votes: 30 }] },
    mark: "bar",
    encoding: {
      x: { field: "votes", type: "quantitative" },
      y: { field: "answer", type: "nominal" },
    },
  });
}

Deno.test("Figure draws a valid specification with its texts and without a warning", async () => {
  await checkFigure(bars(), ["Votes", "smooth σ", "featured", "30"]);
  checkSnapshot(bars(), "figure");
});

Deno.test("Figure lays the caller's config over the house style", () => {
  const { config } = new Figure({ data: { values: [] }, mark: "bar", config: { padding: 3 } }).spec;
  assert.equal(config?.padding, 3);
  assert.match(String(config?.font), /^Arimo/);
});

Deno.test("Figure keeps a copy of the data", () => {
  const values = [{ a: 1 }];
  const figure = new Figure({ data: { values }, mark: "bar" });
  values[0].a = 2;
  assert.deepEqual(figure.spec.data, { values: [{ a: 1 }] });
});

Deno.test("Figure refuses data that JSON would change or that lies elsewhere", () => {
  const cases: [unknown, string][] = [
    [NaN, "values must be what JSON holds: data.values[0].a is NaN"],
    [-Infinity, "values must be what JSON holds: data.values[0].a is -Infinity"],
    [12n, "values must be what JSON holds: data.values[0].a is a bigint"],
    [() => 1, "values must be what JSON holds: data.values[0].a is a function"],
  ];
  for (const [a, message] of cases) {
    assert.throws(() => new Figure({ data: { values: [{ a }] }, mark: "bar" }), {
      name: "TypeError",
      message: `Cannot make a figure: ${message}`,
    });
  }
  assert.throws(() => new Figure({ data: { url: "votes.csv" }, mark: "bar" }), {
    name: "TypeError",
    message: 'Cannot make a figure: its data must be inside: data.url is "votes.csv"',
  });
});

Deno.test("Figure.svg() hands on the warnings of Vega-Lite", async () => {
  const figure = new Figure({
    data: { values: [{ a: 1 }] },
    mark: "bar",
    encoding: { x: { field: "a", type: "quantitative", scale: { type: "band" } } },
  } as never);
  await assert.rejects(checkFigure(figure), /Figure: FieldDef does not work with "band" scale/);
});

Deno.test("Figure.png() is as large as asked, opaque, and holds text without any system font", async () => {
  const svg = await bars().svg();
  const [width, height] = svg.match(/ width="(\d+)" height="(\d+)"/)!.slice(1).map(Number);
  for (const scale of [1, 2, 2.5]) {
    const png = await readPng(await bars().png({ scale }));
    assert.deepEqual([png.width, png.height], [width, height].map((x) => Math.ceil(x * scale)));
    assert.deepEqual([png.format, png.channels, png.density], ["png", 3, 96 * scale]);
  }
  // Only the kit's own font files are read for these letters, so the text's ink is theirs.
  const bare = svg.replace(/<text[^>]*>[^<]*<\/text>/g, "");
  assert.notEqual(bare, svg);
  const [withText, without] = await Promise.all([svg, bare].map(async (drawing) => {
    const { pixels } = await rasterise(drawing, { scale: 1, background: "white" });
    return pixels.reduce((ink, value) => ink + 255 - value, 0);
  }));
  assert.ok(withText > without + 50_000, `${withText} ${without}`);
});

Deno.test("Figure.png() refuses a scale out of range", async () => {
  for (const scale of [0, -1, NaN, 11]) {
    await assert.rejects(bars().png({ scale }), {
      name: "RangeError",
      message: `Cannot draw the figure: scale must be between 0.1 and 10: ${scale}`,
    });
  }
});

Deno.test("Figure.save() writes the format of the extension and refuses others", async () => {
  const folder = Deno.makeTempDirSync();
  for (const extension of ["svg", "png", "html", "json", "PNG"]) {
    await bars().save(`${folder}/deep/votes.${extension}`);
  }
  const names = [...Deno.readDirSync(`${folder}/deep`)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["votes.PNG", "votes.html", "votes.json", "votes.png", "votes.svg"]);
  assert.match(Deno.readTextFileSync(`${folder}/deep/votes.svg`), /^<svg/);
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(`${folder}/deep/votes.json`)), bars().spec);
  await assert.rejects(bars().save(`${folder}/votes.pdf`), {
    name: "RangeError",
    message: `Cannot save "${folder}/votes.pdf": ` +
      "the extension must be one of .svg, .png, .html, .json",
  });
});

Deno.test("Figure.html() carries its scripts, the drawing and the data, safely escaped", async () => {
  const figure = new Figure({
    description: "a </title> b",
    data: { values: [{ a: "</script><b>" }] },
    mark: "text",
    encoding: { text: { field: "a" } },
  });
  const page = await figure.html();
  assert.match(page, /<title>a &lt;\/title&gt; b<\/title>/);
  assert.equal(page.match(/<script>/g)?.length, 3);
  assert.equal(page.match(/<\/script>/g)?.length, 3);
  assert.doesNotMatch(page, /<script[^>]+src=|<link/);
  const spec = JSON.parse(page.match(/vegaLite\.compile\((.*)\)\.spec/)![1]);
  assert.deepEqual(spec, figure.spec);
});

Deno.test("Figure shows itself to a notebook in every form it may want", async () => {
  const bundle = await bars()[display]();
  assert.deepEqual(Object.keys(bundle), [
    "application/vnd.vegalite.v5+json",
    "image/svg+xml",
    "image/png",
    "text/plain",
  ]);
  assert.deepEqual(bundle["application/vnd.vegalite.v5+json"], bars().spec);
  assert.match(String(bundle["image/svg+xml"]), /^<svg/);
  const png = await readPng(Uint8Array.fromBase64(String(bundle["image/png"])));
  assert.equal(png.format, "png");
  assert.equal(bundle["text/plain"], "Figure: Votes & answers <GZ2>");
  assert.equal(display, Symbol.for("Jupyter.display"));
});

Deno.test("checkFigure() sees what breaks the schema", async () => {
  const spec = { data: { values: [] }, mark: { type: "rule", strokDash: [3] } };
  await assert.rejects(checkFigure(new Figure(spec as never)), /'\/mark/);
  const wrong = { data: { values: [] }, mark: "bar", width: "wide" };
  await assert.rejects(checkFigure(new Figure(wrong as never)), /'\/width/);
});

Deno.test("Figure hands a notebook short numbers, and its texts as they are", async () => {
  const values = [{ x: 1 / 3, name: "0.123456789" }, { x: 61578.25, name: "two" }];
  const bundle = await new Figure({
    description: "thirds",
    data: { values },
    mark: "bar",
    encoding: { x: { field: "x", type: "quantitative" }, y: { field: "name", type: "nominal" } },
  })[display]();
  const spec = bundle["application/vnd.vegalite.v5+json"] as { data: unknown };
  assert.deepEqual(spec.data, {
    values: [{ x: 0.333333, name: "0.123456789" }, { x: 61578.3, name: "two" }],
  });
  const svg = String(bundle["image/svg+xml"]);
  assert.match(svg, />0\.123456789</);
  assert.doesNotMatch(svg, / (d|transform|x|y)="[^"]*\.\d{3}/);
});
