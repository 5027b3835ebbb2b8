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

Deno.test("selectRows() takes NaN for a missing value, in a column and in what a cut computes", () => {
  const table = pl.DataFrame({
    smooth: [0.9, NaN, null, 0.2],
    yes: [3, 0, 1, NaN],
    votes: [4, 0, 4, 4],
    id: BigInt64Array.of(587722952231026744n, 587722952231026745n, 1n, 2n) as unknown as number[],
  });
  const share = pl.col("yes").div(pl.col("votes")); // 0 / 0 in the second row
  const of = (keep: Cut["keep"]) => {
    const { mask, flow } = selectRows(table, [{ name: "cut", keep }]);
    return [mask.toArray(), flow.getColumn("missing").toArray()[0]];
  };
  const cases: [Cut["keep"], boolean[], number][] = [
    [pl.col("smooth").gtEq(pl.lit(0.6)), [true, false, false, false], 2],
    [pl.col("smooth").lt(pl.lit(0.6)).not(), [true, false, false, false], 2],
    [pl.col("smooth").isNotNull(), [true, false, false, true], 0],
    [share.gtEq(pl.lit(0.5)), [true, false, false, false], 2],
    [share.lt(pl.lit(0.5)).not(), [true, false, false, false], 2],
    [pl.col("votes").sub(pl.lit(3)).log(2).lt(pl.lit(9)), [true, false, true, true], 1],
    [pl.lit(0).lt(share).or(pl.col("votes").eq(pl.lit(0))), [true, true, true, false], 1],
  ];
  for (const [keep, rows, missing] of cases) {
    assert.deepEqual(of(keep), [rows, missing], `${keep}`);
  }
  // an id keeps its digits, of a neighbour as a double
  const own = pl.col("id").eq(pl.lit(587722952231026744n as unknown as number));
  assert.deepEqual(of(own.and(share.gt(pl.lit(0)))), [[true, false, false, false], 0]);
});

Deno.test("selectRows() takes an infinite value for a number", () => {
  const { mask } = selectRows(pl.DataFrame({ z: [Infinity, -Infinity, NaN] }), [near]);
  assert.deepEqual(mask.toArray(), [false, true, false]);
});

Deno.test("selectRows() finds the same galaxies in float32 as in doubles", () => {
  const shares = [0.715, 0.714, 0.716, 0.43, 0.602, 1e-7, 0.1];
  for (const limit of [...shares, 0.285]) {
    const [single, double] = [Float32Array.from(shares), shares].map((share) =>
      pl.DataFrame({ share, other: share.map((value) => 1 - value), plus: share })
    );
    const cuts: Cut[] = [
      { name: "at least", keep: pl.col("share").gtEq(pl.lit(limit)) },
      { name: "not above", keep: pl.col("share").gt(pl.lit(limit)).not() },
      { name: "sum", keep: pl.col("share").add(pl.col("plus")).gtEq(pl.lit(2 * limit)) },
    ];
    for (const cut of cuts) {
      const [a, b] = [single, double].map((table) => selectRows(table, [cut]).mask.toArray());
      assert.deepEqual(a, b, `${cut.name} ${limit}`);
    }
  }
});

Deno.test("selectRows() tells what is no cut", () => {
  const such = 'such as { name: "z < 0.1", keep: pl.col("z").lt(0.1) }';
  for (
    const [cuts, message] of [
      ["z < 0.1", `a list of cuts is wanted, ${such}, found string`],
      [near, `a list of cuts is wanted, ${such}, found object`],
      [
        [near, { column: "z", below: 0.1 }],
        `cut 2 must have a name and keep, ${such}, found column, below`,
      ],
      [
        [{ name: "z", keep: "z < 0.1" }],
        `cut 1 must have a name and keep, ${such}, found name, keep`,
      ],
      [["z < 0.1"], `cut 1 must have a name and keep, ${such}, found 0, 1, 2, 3, 4, 5, 6`],
    ] as const
  ) {
    assert.throws(() => selectRows(galaxies, cuts as never), {
      name: "TypeError",
      message: `Cannot select: ${message}`,
    });
  }
});
