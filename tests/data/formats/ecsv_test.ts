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
