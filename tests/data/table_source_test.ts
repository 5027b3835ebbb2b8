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

Deno.test("tableSource() keeps every digit of ids that are whole numbers", () => {
  const ids = ["587722981736120347", "587722981736120348"];
  const whole = pl.DataFrame({ id: ids, g: [1, 2] }).withColumns(pl.col("id").cast(pl.Int64));
  assert.deepEqual(tableSource(whole, { g: "g" }, { id: "id" }).ids, ids);
});

Deno.test("tableSource() takes blank texts for missing ones", async () => {
  const table = { g: ["17.5", "", " "] };
  const { g } = await tableSource(table, { g: "g" }, { missing: "nan" }).read(
    Int32Array.of(0, 1, 2),
  );
  assert.deepEqual([...g], [17.5, NaN, NaN]);
  assert.throws(() => tableSource(table, { g: "g" }), {
    message:
      'Cannot use column "g": row 1 holds no value; leave such rows out, or have them as NaN (missing: "nan")',
  });
});

Deno.test("tableSource() refuses names and columns that do not belong together", () => {
  const table = {
    ...{ a: [1, 2, 3], b: [5, 6], id: ["p", "q"] },
    ...{ some: ["p", null, "q"], twice: ["p", "q", "p"] },
  };
  const cases: [() => unknown, string][] = [
    [
      () => tableSource(table, { f: ["b", "a"] }),
      'Cannot use the table: its columns must have one length: "b" has 2 rows, "a" has 3',
    ],
    [
      () => tableSource(table, { x: "a", y: "b" }),
      'Cannot use the table: its columns must have one length: "a" has 3 rows, "b" has 2',
    ],
    [
      () => tableSource(table, { x: "a" }, { id: "id" }),
      'Cannot use the table: its columns must have one length: "a" has 3 rows, "id" has 2',
    ],
    [
      () => tableSource(table, { x: "a" }, { id: "some" }),
      'Cannot name rows by column "some": row 1 holds no value',
    ],
    [
      () => tableSource(table, { x: "a" }, { id: "twice" }),
      'Cannot name rows by column "twice": rows 0 and 2 are both "p"',
    ],
  ];
  for (const [make, message] of cases) assert.throws(make, { name: "RangeError", message });
});
