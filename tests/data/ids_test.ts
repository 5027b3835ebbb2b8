import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { idValues, tableSource } from "galaxykit/data";

const long = "587722952231026744";

Deno.test("idValues() gives one text for an id, however a table keeps it", () => {
  const text = pl.DataFrame({ id: [long, "12"] });
  const tables = [
    text,
    text.withColumns(pl.col("id").cast(pl.Int64)),
    text.withColumns(pl.col("id").cast(pl.UInt64)),
    { id: [long, "12"] },
    { id: [` ${long}`, "12 "] },
    { id: [BigInt(long), 12n] },
    { id: BigInt64Array.of(BigInt(long), 12n) },
    { id: [long, 12] as unknown as string[] },
  ];
  for (const table of tables) assert.deepEqual(idValues(table, "id"), [long, "12"]);
  assert.deepEqual(idValues({ id: ["0266", "x 1"] }, "id"), ["0266", "x 1"]);
  assert.deepEqual(idValues({ id: Int32Array.of(3, -1) }, "id"), ["3", "-1"]);
});

Deno.test("idValues() refuses what is no id, by row", () => {
  const lost = "a double beyond 2^53, which has lost its last digits; have it as text or 64-bit " +
    "integers";
  const cases: [unknown[], string][] = [
    [["1", null], "row 1 holds no value"],
    [["1", "  "], "row 1 holds no value"],
    [[1, NaN], "row 1 holds no value"],
    [[1, Number(long)], `row 1 holds ${Number(long)}, ${lost}`],
    [[1, 1.5], "row 1 holds 1.5, neither text nor a whole number"],
    [[1, Infinity], "row 1 holds Infinity, neither text nor a whole number"],
    [[true], "row 0 holds true, neither text nor a whole number"],
  ];
  for (const [values, reason] of cases) {
    const table = { id: values as number[] };
    const message = `Cannot name rows by column "id": ${reason}`;
    assert.throws(() => idValues(table, "id"), { name: "RangeError", message });
    const source = { ...table, x: values.map(() => 1) };
    assert.throws(() => tableSource(source, { x: "x" }, { id: "id" }), { message });
  }
  const frame = pl.DataFrame({ id: [Number(long)] });
  assert.throws(() => idValues(frame, "id"), { name: "RangeError", message: /beyond 2\^53/ });
});
