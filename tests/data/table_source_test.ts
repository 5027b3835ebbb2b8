import assert from "node:assert/strict";
import { readTable, tableSource, writeTable } from "galaxykit/data";
import pl from "nodejs-polars";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";

const frame = pl.DataFrame({
  objid: ["587722952231026744", "588", "589"],
  g: [17.5, 16, null],
  r: [17, NaN, 15],
  arms: [2, 0, 4],
  text: ["0.5", "spiral", ""],
});

Deno.test("tableSource() reads columns side by side, missing ones as NaN", async () => {
  const source = tableSource(frame, { magnitudes: ["g", "r"], arms: "arms" }, {
    ...{ id: "objid", missing: "nan" },
  });
  assert.deepEqual([source.length, source.ids[0]], [3, "587722952231026744"]);
  const { magnitudes, arms, indices } = await source.read(Int32Array.of(2, 0));
  assert.deepEqual([...magnitudes], [NaN, 15, 17.5, 17]);
  assert.deepEqual([...arms], [4, 2]);
  assert.deepEqual([...indices], [2, 0]);
});

Deno.test("tableSource() reads the same of columns, and of a file", async () => {
  const path = join(temporaryFolder(), "table.parquet");
  const columns = { g: Float64Array.of(1, 2, 3), n: Int32Array.of(4, 5, 6) };
  writeTable(path, columns);
  for (const table of [columns, readTable(path)]) {
    const { x } = await tableSource(table, { x: ["n", "g"] }).read(Int32Array.of(1));
    assert.deepEqual([...x], [5, 2]);
  }
});

Deno.test("tableSource() refuses columns that there are not, texts, and rows without a value", () => {
  assert.throws(() => tableSource(frame, { x: "gg" }), { name: "RangeError" });
  assert.throws(() => tableSource(frame, { x: "text" }), {
    name: "RangeError",
    message: 'Cannot use column "text" as numbers: row 1 holds "spiral"',
  });
  for (const name of ["g", "r"]) {
    assert.throws(() => tableSource(frame, { x: name }), {
      name: "RangeError",
      message: `Cannot use column "${name}": row ${
        name === "g" ? 2 : 1
      } holds no value; leave such rows out, or have them as NaN (missing: "nan")`,
    });
  }
});
