import assert from "node:assert/strict";
import { join } from "node:path";
import { data, pl } from "galaxykit";
import { temporaryFolder } from "../temporary.ts";

Deno.test("a table that the kit read tells a notebook its shape, and where it is cut", () => {
  const path = join(temporaryFolder(), "a.csv");
  const shown = (rows: number) => {
    const column = Array.from({ length: rows }, (_, row) => row);
    data.writeTable(path, { a: column, b: column });
    const frame = data.readTable(path);
    assert.equal(frame.height, rows);
    assert.ok(pl.DataFrame.isDataFrame(frame));
    const display = frame as unknown as Record<symbol, () => Record<string, string>>;
    return display[Symbol.for("Jupyter.display")]!();
  };
  const cut = shown(1000);
  assert.match(cut["text/html"]!, /<\/table><div>1,000 x 2, the first 50 rows<\/div>$/);
  assert.equal(cut["text/html"]!.match(/<tr>/g)!.length, 51);
  assert.match(cut["text/plain"]!, /^shape: \(1_000, 2\)/);
  assert.match(shown(3)["text/html"]!, /<\/table><div>3 x 2<\/div>$/);
});
