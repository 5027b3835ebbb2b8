import assert from "node:assert/strict";
import { readTable, type TableOptions } from "galaxykit/data";
import { file } from "./_tables.ts";

/** Lines enough that types are told by a sample of them. */
const ROWS = 56_000;

const common = Array.from(
  { length: ROWS },
  (_, i) => `58772${2952231026744n + BigInt(i)},${i % 90},${i % 360}.125,spiral ${i % 7},`,
);

/** Rows of ids, two numbers, a name, and nothing; some rows of one's own among them. */
function lines(own: Readonly<Record<number, string>> = {}): string[] {
  const rows = common.slice();
  for (const [row, line] of Object.entries(own)) rows[Number(row)] = line;
  return ["objid,count,ra,kind,note", ...rows];
}

/** The same table read by a sample, and by a look at every cell: a column of booleans asks for that. */
function bothWays(rows: readonly string[], options: TableOptions = {}) {
  const text = rows.join("\n") + "\n";
  assert.ok(text.length > 2 << 20);
  const sampled = readTable(file("sampled.csv", text), options);
  // A boolean column is never told by a sample
  const longer = rows.map((line, i) => `${line},${i === 0 ? "flag" : "true"}`).join("\n") + "\n";
  const whole = readTable(file("whole.csv", longer), options);
  return { sampled, whole: whole.select(...sampled.columns) };
}

function assertSame({ sampled, whole }: ReturnType<typeof bothWays>): void {
  assert.deepEqual(sampled.dtypes.map(String), whole.dtypes.map(String));
  assert.ok(sampled.frameEqual(whole, true));
}

Deno.test("readTable() reads a large CSV by a sample as by all of its cells", () => {
  const { sampled, whole } = bothWays(lines());
  assertSame({ sampled, whole });
  assert.deepEqual(sampled.row(1), ["587722952231026745", 1, 1.125, "spiral 1", null]);
  assert.match(String(sampled.getColumn("note").dtype), /String|Utf8/);
});

Deno.test("readTable() of a large CSV hears the one cell that is of another type", () => {
  const middle = 21_234; // between the pieces of the sample
  const cases: [string, string, unknown[]][] = [
    ["a decimal", "587722952231026744,1.5,2.125,a,", ["587722952231026744", 1.5, 2.125, "a", null]],
    ["a word", "587722952231026744,n/a,2,a,", ["587722952231026744", null, 2, "a", null]],
    ["NaN", "587722952231026744,nan,inf,a,", ["587722952231026744", NaN, Infinity, "a", null]],
    ["text", "587722952231026744,1,2h,a,", ["587722952231026744", 1, "2h", "a", null]],
    ["a note", "587722952231026744,1,2,a,7", ["587722952231026744", 1, 2, "a", 7]],
    ["a wide number", "5,9007199254740993,2,a,", ["5", "9007199254740993", 2, "a", null]],
    ["no value as text", "5,1,2,N/A,", ["5", 1, 2, null, null]],
    ["words in quotes", '5,1,2,"N/A","--"', ["5", 1, 2, "N/A", "--"]],
    ["zeros before", "0587,01,02,a,", ["0587", 1, 2, "a", null]],
    ["blanks alone", "587,1,2.5,  ,", ["587", 1, 2.5, null, null]],
    ["a blank before", " 587, 1, 2.5, a,", ["587", 1, 2.5, " a", null]],
  ];
  for (const [name, line, values] of cases) {
    const both = bothWays(lines({ [middle]: line }));
    assertSame(both);
    const row = both.sampled.columns.map((column) => both.sampled.getColumn(column).get(middle));
    assert.deepEqual(row, values, name);
  }
});

Deno.test("readTable() of a large CSV refuses what it refuses of a small one", () => {
  const cases: [string, RegExp][] = [
    ["5877,1,2,a", /line 21236 must have as many fields as the header, 5: 4$/],
    ["5877,1,2,a,,", /line 21236 must have as many fields as the header, 5: 6$/],
    ["", /line 21236 is blank$/],
    ["5877,1,2,a\rb,", /line 21236 has a carriage return that does not end it$/],
    ["5.87722952e+17,1,2,a,", /column "objid" must hold ids to the last digit/],
  ];
  for (const [line, message] of cases) {
    const text = lines({ 21_234: line }).join("\n");
    assert.throws(() => readTable(file("large.csv", text)), message, line);
  }
});

Deno.test("readTable() of a large CSV takes columns, texts, missing values, CRLF, tabs", () => {
  const rows = lines({ 7: "5,-99,2,a,", 30_000: "5,1,2,unknown," });
  const options = {
    columns: ["kind", "count"],
    text: ["count"],
    missing: { count: "-99", kind: "unknown" },
  };
  const both = bothWays(rows, options);
  assertSame(both);
  assert.deepEqual(both.sampled.row(7), ["a", null]);
  assert.deepEqual(both.sampled.row(30_000), [null, "1"]);
  const plain = readTable(file("plain.csv", rows.join("\n")));
  const crlf = readTable(file("crlf.csv", rows.join("\r\n")));
  const tabs = readTable(file("tabs.tsv", rows.join("\n").replaceAll(",", "\t")));
  const bare = readTable(file("marked.csv", `\ufeff${rows.join("\n")}\n\n`));
  for (const other of [crlf, tabs, bare]) assert.ok(plain.frameEqual(other, true));
});
