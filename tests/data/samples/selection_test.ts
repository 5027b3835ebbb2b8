import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { type Cut, selectRows } from "galaxykit/data";

const galaxies = pl.DataFrame({
  r: [15.2, 17.9, 16.4, null, 14, 16.9],
  z: [0.03, 0.05, 0.2, 0.04, null, 0.01],
  name: ["a", "b", "c", "d", "e", "f"],
});
const bright: Cut = { name: "r < 17", keep: pl.col("r").lt(pl.lit(17)) };
const near: Cut = { name: "z < 0.1", keep: pl.col("z").lt(pl.lit(0.1)) };

Deno.test("selectRows() keeps the rows that pass all cuts, in their order", () => {
  const selection = selectRows(galaxies, [bright, near]);
  assert.deepEqual(selection.frame.getColumn("name").toArray(), ["a", "f"]);
  assert.deepEqual(selection.frame.columns, galaxies.columns);
  assert.equal(selection.count, 2);
  assert.deepEqual(selection.mask.toArray(), [true, false, false, false, false, true]);
  const turned = selectRows(galaxies, [near, bright]);
  assert.deepEqual(turned.mask.toArray(), selection.mask.toArray());
});

Deno.test("selectRows() reports what each cut removed", () => {
  const { flow } = selectRows(galaxies, [bright, near]);
  assert.deepEqual(flow.columns, ["cut", "before", "removed", "missing", "kept", "alone"]);
  assert.deepEqual(flow.rows(), [["r < 17", 6, 2, 1, 4, 2], ["z < 0.1", 4, 2, 1, 2, 2]]);
});

Deno.test("selectRows() without cuts keeps every row", () => {
  const { frame, flow, count } = selectRows(galaxies, []);
  assert.deepEqual([frame.height, count, flow.height], [6, 6, 0]);
});

Deno.test("selectRows() of a table without rows reports zeros", () => {
  const { flow, count } = selectRows(galaxies.limit(0), [bright]);
  assert.deepEqual(flow.rows(), [["r < 17", 0, 0, 0, 0, 0]]);
  assert.equal(count, 0);
});

Deno.test("selectRows() refuses what is no condition, and says which cut it is", () => {
  const cases: [Cut[], string, string][] = [
    [
      [bright, { name: "odd", keep: pl.col("redshift").gt(pl.lit(1)) }],
      "RangeError",
      'Cannot apply the cut "odd": the table has no column "redshift"',
    ],
    [
      [bright, { name: "odd", keep: pl.col("nme").isNull() }],
      "RangeError",
      'Cannot apply the cut "odd": the table has no column "nme", did you mean "name"?',
    ],
    [
      [{ name: "odd", keep: pl.col("r").add(pl.col("z")) }],
      "TypeError",
      'Cannot apply the cut "odd": a condition on each row is wanted, this one gives Float64',
    ],
    [
      [{ name: "odd", keep: pl.lit(true) }],
      "TypeError",
      'Cannot apply the cut "odd": a condition on each row is wanted, this one looks at no column',
    ],
    [[bright, bright], "RangeError", 'Cannot select: two cuts have the name "r < 17"'],
  ];
  for (const [cuts, name, message] of cases) {
    assert.throws(() => selectRows(galaxies, cuts), { name, message });
  }
});
