import assert from "node:assert/strict";
import { Figure, imageGrid, reportPage } from "../../lib/plot/mod.ts";

Deno.test("reportPage() holds texts, tables, figures and pictures, and needs nothing else", async () => {
  const figure = new Figure({ data: { values: [{ a: 1 }] }, mark: "point", title: "One point" });
  const grid = imageGrid([{ pixels: new Uint8Array(3), width: 1 }], { title: "Pictures" });
  const page = await reportPage({
    title: "A & B",
    text: "first line\nsecond line",
    sections: [
      { heading: "One", text: "a < b", figure: [figure, grid], notes: ["left open"] },
      { heading: "Two", table: { columns: ["what", "own"], rows: [["accuracy", "91 %"]] } },
      { heading: "Three", figure },
    ],
  });
  assert.match(page, /<h1>A &amp; B<\/h1>\n<pre>first line\nsecond line<\/pre>/);
  assert.match(page, /<p>a &lt; b<\/p>/);
  assert.equal(page.match(/<svg/g)?.length, 2);
  assert.match(
    page,
    /<img alt="ImageGrid: Pictures, 1 image" width="148" height="174"\s+src="data:image\/png;base64,/,
  );
  assert.match(page, /<li>left open<\/li>/);
  assert.match(page, /<tr><th>what<\/th><th>own<\/th><\/tr>\n<tr><td>accuracy<\/td><td>91 %<\/td>/);
  assert.doesNotMatch(page, /(src|href)="(?!data:)/);
});
