import assert from "node:assert/strict";
import { readTable, writeTable } from "galaxykit/data";
import { file } from "./_tables.ts";

/** The values of a column of CSV, and its type. */
function column(name: string, ...values: string[]): { type: string; values: unknown[] } {
  const text = `${name},other\n${values.map((value) => `${value},x`).join("\n")}\n`;
  const frame = readTable(file("column.csv", text));
  const series = frame.getColumn(name);
  return {
    type: /\((\w+)\)/.exec(String(series.dtype))![1],
    values: Array.from(series.toArray() as ArrayLike<unknown>),
  };
}

Deno.test("readTable() reads words for no value among numbers as null, nan as NaN", () => {
  for (const word of ["null", "NULL", "N/A", "NA", "--", "-", "None", "<NA>", "...", '""', ""]) {
    assert.deepEqual(column("a", "1", word, "3"), { type: "Int64", values: [1, null, 3] }, word);
    assert.deepEqual(column("a", "1.5", word), { type: "Float64", values: [1.5, null] }, word);
  }
  for (const word of ["nan", "NaN", "NAN", "-nan"]) {
    assert.deepEqual(column("a", "1", word), { type: "Float64", values: [1, NaN] }, word);
  }
  assert.deepEqual(column("a", "inf", "-Infinity", "+Inf", "1e3"), {
    type: "Float64",
    values: [Infinity, -Infinity, Infinity, 1000],
  });
  assert.deepEqual(column("a", "null", "NULL"), { type: "Float64", values: [null, null] });
  assert.deepEqual(column("a", "nan", "null", "2"), { type: "Float64", values: [NaN, null, 2] });
});

Deno.test("readTable() reads the words of programs among numbers, also in quotes", () => {
  const words = ["#NA", "?", "nil", "NaT", "missing", "(null)", "<null>", "INDEF", "1.#QNAN"];
  for (const word of [...words, "-1.#IND", "-nan(ind)", "*****", '"NA"', '"null"', '"n/a"']) {
    assert.deepEqual(column("a", "1", word, "3"), { type: "Int64", values: [1, null, 3] }, word);
    assert.deepEqual(column("a", "x", word, "3").type, "String", word);
  }
  assert.deepEqual(column("a", '"1.5"', '"nan"'), { type: "Float64", values: [1.5, NaN] });
  assert.deepEqual(column("a", '"nan"', '"NA"'), { type: "String", values: ["nan", "NA"] });
  assert.deepEqual(column("a", "1.5D+01", "-.5d0", "2D-1", "7", "1.#INF", "-1.#inf"), {
    type: "Float64",
    values: [15, -0.5, 0.2, 7, Infinity, -Infinity],
  });
  assert.deepEqual(column("a", "1D5", "2").values, ["1D5", "2"]); // may be a name
});

Deno.test("readTable() reads ids without the blanks and words around them", () => {
  const [one, two] = ["587722952231026744", "587722952231026688"];
  assert.deepEqual(column("objid", one, ` ${two}`, '"NULL"', `${one}  `).values, [
    ...[one, two, null, one],
  ]);
});

Deno.test("readTable() reads the same words among texts as null, and only those", () => {
  assert.deepEqual(column("a", "spiral", "null", "nan", "N/A", "none", "NA", "-").values, [
    ...["spiral", null, null, null, "none", "NA", "-"],
  ]);
  assert.deepEqual(column("a", "spiral", '"null"', "null").values, ["spiral", "null", null]);
  const text = file("text.csv", "a,b\nnull,1\n007,2\n");
  assert.deepEqual(readTable(text, { text: ["a"] }).getColumn("a").toArray(), ["null", "007"]);
});

Deno.test("writeTable() then readTable() keeps texts that are words for no value", () => {
  const path = file("words.csv", "");
  const name = ["null", "NaN", "N/A", null, 'a "quoted", one', "--", "Null"];
  writeTable(path, { name, n: name.map((_, i) => i) });
  assert.deepEqual(readTable(path).getColumn("name").toArray(), name);
});

Deno.test("readTable() tells booleans, numbers in quotes and numbers beside text", () => {
  assert.deepEqual(column("a", "True", "false", "", "N/A"), {
    type: "Bool",
    values: [true, false, null, null],
  });
  assert.deepEqual(column("a", "True", "nan", "False"), {
    type: "Bool",
    values: [true, null, false],
  });
  assert.deepEqual(column("a", "true", "1").type, "String");
  assert.deepEqual(column("a", '"1.5"', "2"), { type: "Float64", values: [1.5, 2] });
  assert.deepEqual(column("a", "1", "x").values, ["1", "x"]);
  assert.deepEqual(column("a", ".5", "5.", "+1e-3", "-0"), {
    type: "Float64",
    values: [0.5, 5, 0.001, -0],
  });
  assert.deepEqual(column("a", ".", "1").type, "String");
  assert.deepEqual(column("a", "1e", "1").type, "String");
});

Deno.test("readTable() gives ids exactly, whatever their form, or refuses them by name", () => {
  const exact = ["587722952231026744", "587722952231026688"];
  const forms: [string, string][] = [
    ["587722952231026744", "587722952231026688"],
    ["587722952231026744.0", "587722952231026688.0"],
    ["5.87722952231026744e+17", "5.87722952231026688E17"],
    ["587722952231026744", "587722952231026688.0"],
  ];
  for (const name of ["objid", "galaxy"]) {
    for (const values of forms) {
      assert.deepEqual(
        column(name, ...values, "", "nan").values,
        [...exact, null, null],
        values[0],
      );
    }
  }
  for (const name of ["objid", "dr7objid", "TARGETID", "source_id", "specObjID", "id"]) {
    for (const value of ["5.877229522310267e+17", "587722952231026688.0", "5.9E+17"]) {
      assert.throws(() => column(name, value, "1"), {
        message: new RegExp(
          `column "${name}" must hold ids to the last digit: it holds floating-point numbers ` +
            `\\(${value.replaceAll(/[.+]/g, "\\$&")}\\)`,
        ),
      });
    }
  }
  // a quantity may be large
  assert.deepEqual(column("luminosity", "5.877229522310267e+17", "1.5e44").values, [
    ...[5.877229522310267e17, 1.5e44],
  ]);
  assert.deepEqual(column("objid", "12345.0", "nan").values, [12345, NaN]);
});

Deno.test("readTable() refuses ids that are floating-point numbers in Parquet, too", () => {
  const path = file("float.parquet", "");
  writeTable(path, {
    objid: Float64Array.of(587722952231026700, NaN),
    z: Float64Array.of(1e17, 2),
  });
  assert.throws(() => readTable(path), {
    message: /column "objid" must hold ids to the last digit/,
  });
  assert.deepEqual(readTable(path, { columns: ["z"] }).getColumn("z").toArray(), [1e17, 2]);
});

Deno.test("readTable() with declared missing values, for all columns and by column", () => {
  const text = "objid,z,mag,n,name\n1,-9999,-99.0,-99,unknown\n2,0.1,-999,5,M31\n";
  for (const name of ["m.csv", "m.parquet"]) {
    const path = file(name, name === "m.csv" ? text : "");
    if (name !== "m.csv") writeTable(path, readTable(file("m.csv", text)));
    const all = readTable(path, { missing: [-99, -999, -9999, "unknown"] });
    assert.deepEqual(all.toRecords(), [
      { objid: 1, z: null, mag: null, n: null, name: null },
      { objid: 2, z: 0.1, mag: null, n: 5, name: "M31" },
    ]);
    const some = readTable(path, { missing: { z: -9999, mag: [-99, -999] } });
    assert.deepEqual(some.toRecords()[0], {
      ...{ objid: 1, z: null, mag: null, n: -99, name: "unknown" },
    });
    assert.throws(() => readTable(path, { missing: { mags: -99 } }), {
      name: "RangeError",
      message: /no column "mags" among objid, z, mag, n, name, did you mean "mag"\?$/,
    });
  }
  const words = file("words.csv", "z,n\n1.5,bad\nunknown,2\n");
  assert.deepEqual(readTable(words, { missing: { z: "unknown", n: ["bad"] } }).toRecords(), [
    ...[{ z: 1.5, n: null }, { z: null, n: 2 }],
  ]);
  const float = file("f.parquet", "");
  writeTable(float, { a: Float32Array.of(-99.9, 1) });
  assert.deepEqual(readTable(float, { missing: [-99.9] }).getColumn("a").toArray(), [null, 1]);
});

Deno.test("readTable() refuses options that it does not know", () => {
  const slip: object = { colums: ["a"] };
  assert.throws(() => readTable(file("a.csv", "a\n1\n"), slip), {
    message: 'Cannot read a table: there is no option "colums", nearest is "columns"',
  });
});
