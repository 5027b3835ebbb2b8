import assert from "node:assert/strict";
import pl from "nodejs-polars";
import {
  columnValues,
  numberColumn,
  readTable,
  type Table,
  writeTable,
} from "../../lib/data/tables.ts";

function temporary(name: string, text?: string | Uint8Array): string {
  const path = `${Deno.makeTempDirSync()}/${name}`;
  if (typeof text === "string") Deno.writeTextFileSync(path, text);
  else if (text) Deno.writeFileSync(path, text);
  return path;
}

const table = {
  id_str: ["587722981736120347", "007", 'é, "quoted"\nand a second line'],
  smooth: Float32Array.of(0.25, NaN, Infinity),
  votes: Int32Array.of(12, -3, 2 ** 31 - 1),
  share: [0.1, null, -0.0],
  spiral: [true, null, false],
};

for (const name of ["t.parquet", "t.csv"]) {
  Deno.test(`writeTable() then readTable() gives the same values: ${name}`, () => {
    const path = temporary(name);
    writeTable(path, table);
    const read = readTable(path, { text: ["id_str"] });
    assert.deepEqual(read.columns, Object.keys(table));
    for (const [column, values] of Object.entries(table)) {
      assert.deepEqual(
        Array.from(read.getColumn(column).toArray()),
        Array.from(values as ArrayLike<unknown>),
        column,
      );
    }
    assert.deepEqual([...Deno.readDirSync(path.replace(/\/[^/]*$/, ""))].map((f) => f.name), [
      name,
    ]);
  });

  Deno.test(`readTable() gives integers beyond 2⁵³ as exact text: ${name}`, () => {
    const path = temporary(name);
    writeTable(path, {
      id: [587722981736120347n, -9007199254740993n],
      small: [9007199254740991n, -9007199254740991n],
    });
    const read = readTable(path);
    assert.deepEqual(read.getColumn("id").toArray(), ["587722981736120347", "-9007199254740993"]);
    assert.deepEqual(read.getColumn("small").toArray(), [9007199254740991, -9007199254740991]);
  });

  Deno.test(`writeTable() keeps a table without rows: ${name}`, () => {
    const path = temporary(name);
    writeTable(path, { a: new Float32Array(), b: [] });
    assert.deepEqual(readTable(path).columns, ["a", "b"]);
    assert.equal(readTable(path).height, 0);
  });
}

Deno.test("writeTable() keeps the types of typed arrays in Parquet", () => {
  const path = temporary("types.parquet");
  writeTable(path, { a: Float32Array.of(1), b: Uint8Array.of(2), c: [3], d: [4n] });
  assert.deepEqual(readTable(path).dtypes.map(String), [
    "DataType(Float32)",
    "DataType(UInt8)",
    "DataType(Float64)",
    "DataType(Int64)",
  ]);
});

Deno.test("writeTable() takes a DataFrame", () => {
  const path = temporary("frame.csv");
  writeTable(path, pl.DataFrame({ a: [1.5], b: ["x"] }));
  assert.equal(Deno.readTextFileSync(path), "a,b\n1.5,x\n");
});

Deno.test("writeTable() refuses what would be lost, and writes nothing", () => {
  const cases: [Table, ErrorConstructor, string][] = [
    [{}, RangeError, "the table has no columns"],
    [
      { a: [1, 2], b: [1] },
      RangeError,
      'columns must have one length: "a" has 2 rows, "b" has 1',
    ],
    [
      { a: [null, 1, "x"] },
      TypeError,
      'column "a" must hold numbers, texts, booleans or bigints, one type and null: ' +
      "row 2 holds string x",
    ],
    [
      { a: [1, undefined as unknown as number] },
      TypeError,
      'column "a" must hold numbers, texts, booleans or bigints, one type and null: ' +
      "row 1 holds undefined undefined",
    ],
    [
      { a: [[1]] as unknown as number[] },
      TypeError,
      'column "a" must hold numbers, texts, booleans or bigints, one type and null: ' +
      "row 0 holds object 1",
    ],
    [
      { a: [1n, 2n ** 63n] },
      TypeError,
      'column "a" of bigint must hold 64-bit integers and no null: row 1 holds 9223372036854775808',
    ],
  ];
  for (const [columns, type, message] of cases) {
    const path = temporary("bad.parquet");
    assert.throws(() => writeTable(path, columns), (error: Error) => {
      assert.ok(error instanceof type);
      assert.equal(error.message, `Cannot write "${path}": ${message}`);
      return true;
    });
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  }
});

Deno.test("writeTable() refuses other extensions before it works", () => {
  assert.throws(() => writeTable("votes.xlsx", { a: [1] }), {
    name: "RangeError",
    message: 'Cannot write "votes.xlsx": the extension must be .parquet or .csv',
  });
});

Deno.test("readTable() refuses a CSV file of uneven shape, naming the line", () => {
  const cases: [string | Uint8Array, string][] = [
    ["", "the file is empty"],
    ["\n\n", "the file is empty"],
    ["a,b\n1\n", "line 2 must have as many fields as the header, 2: 1"],
    ["a,b\n1,2\n1,2,3\n", "line 3 must have as many fields as the header, 2: 3"],
    ['a,b\n"x\ny",2\n1\n', "line 4 must have as many fields as the header, 2: 1"],
    ["a,b\n1,2\n\n3,4\n", "line 3 is blank"],
    ['a,b\n1,2\n"x,2\n3,4\n', "the quote on line 3 is never closed"],
    [
      "a,b\n1\n1,2\n" + "1,2,3\n".repeat(6),
      "line 2 must have as many fields as the header, 2: 1; " +
      "also line 4: 3, line 5: 3, line 6: 3, and 3 more",
    ],
    ["a,b\n1\r,2\n", "line 2 has a carriage return that does not end it"],
    ["a,b,a\n1,2,3\n", 'the header names column "a" twice'],
    [
      Uint8Array.of(97, 10, 0xe9, 10),
      'line 2 is not UTF-8 (as Latin-1 it is "é"); write the file as UTF-8 (iconv -f latin1 -t utf-8)',
    ],
  ];
  for (const [text, message] of cases) {
    const path = temporary("bad.csv", text);
    assert.throws(() => readTable(path), { message: `Cannot read "${path}": ${message}` });
  }
});

Deno.test("readTable() takes CSV from elsewhere: BOM, CRLF, quotes, no or many last newlines", () => {
  for (
    const text of [
      "\ufeffa,b\r\n1,x\r\n,\r\n",
      'a,b\n"1","x"\n,',
      "a,b\n1,x\n,\n\n\n",
    ]
  ) {
    const read = readTable(temporary("other.csv", text));
    assert.deepEqual(read.toRecords(), [{ a: 1, b: "x" }, { a: null, b: null }], text);
  }
  assert.deepEqual(readTable(temporary("one.csv", "a\n1\n\n2\n")).getColumn("a").toArray(), [
    1,
    null,
    2,
  ]);
});

Deno.test("readTable() takes the type of a CSV column from all of it", () => {
  const path = temporary("late.csv", "a\n" + "1\n".repeat(5000) + "1.5\n");
  assert.equal(readTable(path).getColumn("a").toArray()[5000], 1.5);
});

Deno.test("readTable() gives integers beyond 2⁶³ as exact text too", () => {
  const ids = ["18446744073709551615", "58772298173612010000001", "-170141183460469231731687"];
  for (const id of ids) {
    const read = readTable(temporary("ids.csv", `id,a\n${id},1\n7,2\n`));
    assert.deepEqual(read.getColumn("id").toArray(), [id, "7"]);
  }
});

Deno.test("readTable() reads the wanted columns in their order, and misses none silently", () => {
  const path = temporary("some.csv", "a,b,c\n1,2,3\n");
  assert.deepEqual(readTable(path, { columns: ["c", "a"] }).toRecords(), [{ c: 3, a: 1 }]);
  for (const options of [{ columns: ["a", "target"] }, { text: ["target"] }]) {
    assert.throws(() => readTable(path, options), {
      name: "RangeError",
      message: `Cannot read "${path}": no column "target" among a, b, c`,
    });
  }
  const wide = temporary("wide.parquet");
  writeTable(wide, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`votes_${i}`, [i]])));
  assert.throws(() => readTable(wide, { columns: ["vote_17"] }), {
    message: `Cannot read "${wide}": no column "vote_17" among votes_0, votes_1, votes_2, ` +
      "votes_3, votes_4, votes_5, votes_6, votes_7, votes_8, votes_9, votes_10, votes_11, …, " +
      'did you mean "votes_17"?',
  });
});

Deno.test("readTable() says why a file does not read", () => {
  const absent = `${Deno.makeTempDirSync()}/absent.parquet`;
  for (const path of [absent, absent.replace("parquet", "csv")]) {
    assert.throws(() => readTable(path), {
      message: `Cannot read "${path}": there is no such file`,
    });
  }
  const path = temporary("cut.parquet");
  writeTable(path, { a: Float32Array.of(1, 2, 3) });
  const bytes = Deno.readFileSync(path);
  for (let length = 0; length < bytes.length; length += 7) {
    Deno.writeFileSync(path, bytes.subarray(0, length));
    assert.throws(() => readTable(path), { message: /^Cannot read ".*cut\.parquet": parquet: / });
  }
});

Deno.test("columnValues() reads a DataFrame and plain columns alike", () => {
  for (const votes of [{ a: [1, 2] }, pl.DataFrame({ a: [1, 2] })]) {
    assert.deepEqual(columnValues(votes, "a"), [1, 2]);
    assert.throws(() => columnValues(votes, "b"), {
      name: "RangeError",
      message: 'Cannot read the table: no column "b" among a',
    });
  }
});

Deno.test("numberColumn() gives numbers of any column, NaN where there is none", () => {
  const [ids, counts, shares] = [["1", "007"], Int32Array.of(3, -4), [0.25, null]];
  const plain: Table = { ids, counts, shares };
  const frame = pl.DataFrame({ ids, counts, shares, empty: [NaN, null] });
  for (const table of [plain, frame]) {
    assert.deepEqual(numberColumn(table, "ids"), Float64Array.of(1, 7));
    assert.deepEqual(numberColumn(table, "counts"), Float64Array.of(3, -4));
    assert.deepEqual(numberColumn(table, "shares"), Float64Array.of(0.25, NaN));
  }
  assert.deepEqual(numberColumn(frame, "empty"), Float64Array.of(NaN, NaN));
  const stacked = frame.vstack(frame.limit(1)); // in two pieces
  assert.deepEqual(numberColumn(stacked, "shares"), Float64Array.of(0.25, NaN, 0.25));
  numberColumn(frame, "counts").fill(0); // a copy
  assert.deepEqual([...columnValues(frame, "counts") as number[]], [3, -4]);
  assert.throws(() => numberColumn(frame, "count"), {
    name: "RangeError",
    message: 'Cannot read the table: no column "count" among ids, counts, shares, empty, ' +
      'did you mean "counts"?',
  });
});

Deno.test("readTable() takes cells of nothing but blanks for empty ones, wherever they stand", () => {
  const text = 'id,b,c\n1, ,x\n"\t",2,  \n 587722952231026744 ,3,"  "\n4,  ,';
  for (const ends of ["\n", "\r\n"]) {
    for (const tail of ["", "  ", ends]) {
      const frame = readTable(temporary("blanks.csv", text.replaceAll("\n", ends) + tail));
      assert.deepEqual(frame.rows(), [
        ["1", null, "x"],
        [null, 2, null],
        ["587722952231026744", 3, null],
        ["4", null, null],
      ]);
    }
  }
});

Deno.test("numberColumn() takes no lists for numbers", () => {
  for (const table of [pl.DataFrame({ a: [[1], [2]] }), { a: [[1], [2]] as unknown as number[] }]) {
    assert.throws(() => numberColumn(table, "a"), {
      name: "RangeError",
      message: 'Cannot use column "a" as numbers: row 0 holds "1"',
    });
  }
});
