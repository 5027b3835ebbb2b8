import assert from "node:assert/strict";
import { columnUnits, readTable } from "galaxykit/data";
import { assertAsAstropy, cells, file, referenceBytes } from "./_tables.ts";

for (const name of ["blank.ecsv", "comma.ecsv"]) {
  Deno.test(`readTable() equals astropy on ECSV: ${name}`, () => {
    const text = new TextDecoder().decode(referenceBytes(name));
    // What is JSON stays text
    const path = file(name, text);
    assert.deepEqual(cells(readTable(path), "ragged"), ["[1.5]", "[]", "[2.5,null]"]);
    const lists = file(name, text.replace(/subtype: json/, "subtype: 'float64[null]'"));
    const frame = assertAsAstropy(name, { path: lists });
    assert.equal(String(frame.getColumn("votes").dtype), "DataType(Int16)");
  });
}

const header = `# %ECSV 1.0
# ---
# datatype:
# - name: objid
#   datatype: uint64
# - name: x
#   unit: !astropy.units.Unit {unit: km / s}
#   datatype: float32
`;

Deno.test("readTable() reads ECSV with headers in blocks, units as objects, and no rows", () => {
  const frame = readTable(file("block.ecsv", header + "objid x\n18446744073709551615 1.5\n"));
  assert.deepEqual(frame.toRecords(), [{ objid: "18446744073709551615", x: 1.5 }]);
  assert.deepEqual(columnUnits(frame), { x: "km / s" });
  assert.equal(readTable(file("none.ecsv", header + "objid x\n")).height, 0);
});

Deno.test("readTable() refuses ECSV whose cells or header do not fit", () => {
  const cases: [string, RegExp][] = [
    [header + "objid y\n1 2\n", /its header declares the columns objid, x, the table has objid, y/],
    [header + "objid x\n1 2 3\n", /line 10 must have as many fields as the header, 2: 3/],
    [header + "objid x\n1 north\n", /row 1 of column "x" must hold float32, "north" found/],
    [header.replace("float32", "complex64") + "objid x\n1 2\n", /datatype "complex64"/],
    ["# %ECSV 1.0\n# ---\n# nothing: here\na b\n1 2\n", /declares no columns/],
    ["# %ECSV 1.0\n# ---\n# datatype: [{\na b\n1 2\n", /declares no columns/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => readTable(file("bad.ecsv", text)), { name: "Error", message });
  }
});

Deno.test("readTable() reads the cells of ECSV alike, with quotes among them and without", () => {
  const names = {
    i: "int16",
    k: "int64",
    u: "uint64",
    e: "float32",
    d: "float64",
    b: "bool",
    t: "string",
  };
  const head = "# %ECSV 1.0\n# ---\n# datatype:\n" +
    Object.entries(names).map(([name, type]) => `# - {name: ${name}, datatype: ${type}}\n`).join(
      "",
    ) +
    "# schema: astropy-2.0\n" + Object.keys(names).join(" ") + "\n";
  const rows = [
    "-32768 9223372036854775807 18446744073709551615 0.1 0.1 True north",
    "+5 -9223372036854775808 0 16777217 -inf False 0266",
    "0 7 8 nan 1e-300 True nan",
    "1 007 8 3.4028236e38 NaN False N/A",
  ];
  const bare = readTable(file("bare.ecsv", head + rows.join("\n") + "\n"));
  const text = rows.join("\n").replace("north", '"north"');
  const quoted = readTable(file("quoted.ecsv", `${head}${text}\n1 2 3 4 "" "" ""\n\n`));
  assert.deepEqual(bare.dtypes.map(String), quoted.dtypes.map(String));
  assert.ok(bare.frameEqual(quoted.head(4), true));
  assert.deepEqual(cells(quoted.tail(1), "t"), [null]);
  assert.deepEqual(cells(bare, "k"), ["9223372036854775807", "-9223372036854775808", "7", "7"]);
  assert.deepEqual(cells(bare, "t"), ["north", "0266", "nan", "N/A"]);
  assert.deepEqual(Array.from(bare.getColumn("e").toArray()), [
    ...[Math.fround(0.1), 16777216, NaN, Math.fround(3.4028236e38)],
  ]);
  const long = file("long.ecsv", `${head}1 2 3 4 5 True a\n40000 2 3 4 5 True a\n`);
  const frame = () => readTable(long).getColumn("i").toArray();
  assert.throws(frame, /row 2 of column "i" must hold int16, "40000" found/);
});
