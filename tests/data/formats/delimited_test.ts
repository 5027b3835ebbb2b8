import assert from "node:assert/strict";
import { columnUnits, readTable } from "galaxykit/data";
import { cells, file } from "./_tables.ts";

const ids = ["587722952231026744", "587722952231026688"];
const galaxies = {
  objid: ids,
  ra: [10.5, 11.5],
  dec: [-1.25, 1.25],
};

/** The same two galaxies as programs write them. */
const dialects: Record<string, string> = {
  "semicolons.csv": "objid;ra;dec\n@1;10.5;-1.25\n@2;11.5;1.25\n",
  "semicolon and blank.csv": "objid; ra; dec\n@1; 10.5; -1.25\n@2; 11.5; 1.25\n",
  "comma and blank.csv": "objid, ra, dec\n@1, 10.5, -1.25\n@2, 11.5, 1.25\n",
  "blanks around.csv": "objid , ra , dec\n@1 ,10.5 , -1.25\n @2,11.5,  1.25\n",
  "blanks below.csv": "objid,ra,dec\n@1, 10.5, -1.25\n@2, 11.5, 1.25\n",
  "decimal commas.csv": "objid;ra;dec\n@1;10,5;-1,25\n@2;11,5;1,25\n",
  "excel.csv": "sep=;\r\nobjid;ra;dec\r\n@1;10.5;-1.25\r\n@2;11.5;1.25\r\n",
  "bars.txt": "objid|ra|dec\n@1|10.5|-1.25\n@2|11.5|1.25\n",
  "tabs.tsv": "objid\tra\tdec\n@1\t10.5\t-1.25\n@2\t11.5\t1.25\n",
  "skyserver.csv": "#Table1\nobjid,ra,dec\n@1,10.5,-1.25\n@2,11.5,1.25\n",
  "vizier.tsv": "#\n#   VizieR\n#Column\tobjid\t(A18)\tId\n\nobjid\tra\tdec\n \tdeg\tdeg\n" +
    "------------------\t----\t-----\n@1\t10.5\t-1.25\n@2\t11.5\t 1.25\n\n",
  "vizier.csv": "#\nobjid;ra;dec\n;deg;deg\n---;---;---\n@1;10.5;-1.25\n@2;11.5;1.25\n",
  "comment header.txt": "# objid ra dec\n@1  10.5  -1.25\n@2  11.5   1.25\n",
  "prose and header.dat":
    "# made by a program in 2020\n#\n# objid ra dec\n# - deg deg\n@1 10.5 -1.25\n# between\n@2 11.5 1.25\n",
  "numpy.txt": "#objid,ra,dec\n@1,10.5,-1.25\n@2,11.5,1.25\n",
  "header line.txt": "objid   ra   dec\n@1  1.05e1  -1.25\n@2  11.5   +1.25\n",
  "fixed.txt": "  objid                 ra     dec\n  @1  10.5   -1.25\n  @2  11.5    1.25\n",
  "underlined.txt":
    "objid               ra    dec\n------------------ ----- -----\n@1 10.5 -1.25\n@2 11.5 1.25\n",
  "sextractor.cat":
    "#   1 objid      Running object number\n#   2 ra         Right ascension   [deg]\n" +
    "#   3 dec        Declination       [deg]\n@1 10.5 -1.25\n@2 11.5 1.25\n",
  "two lines.txt":
    "             objid    ra   dec\n------------------ ----- -----\n@1  10.5 -1.25\n@2  11.5  1.25\n",
  "restructured.rst": "================== ===== =====\n             objid    ra   dec\n" +
    "================== ===== =====\n@1  10.5 -1.25\n@2  11.5  1.25\n================== ===== =====\n",
  "narrow.txt": "objid               ra    dec   n\n------------------ ----- ----- -\n" +
    "@1  10.5 -1.25  \n@2  11.5  1.25 2\n",
  "narrow.rst": "================== ===== ===== =\n             objid    ra   dec n\n" +
    "================== ===== ===== =\n@1  10.5 -1.25  \n@2  11.5  1.25 2\n" +
    "================== ===== ===== =\n",
  "decimal commas.tsv": "objid\tra\tdec\n@1\t10,5\t-1,25\n@2\t11,5\t1,25\n",
  "r.txt": '"objid" "ra" "dec" "n"\n"1" @1 10.5 -1.25 NA\n"2" @2 11.5 1.25 2\n',
  "r.tsv": '"objid"\t"ra"\t"dec"\t"n"\n"1"\t@1\t10.5\t-1.25\tNA\n"2"\t@2\t11.5\t1.25\t2\n',
  "boxed.txt":
    "+----+----+-----+\n| objid | ra | dec |\n+----+----+-----+\n| @1 | 10.5 | -1.25 |\n" +
    "| @2 | 11.5 | 1.25 |\n+----+----+-----+\n",
  "markdown.md":
    "| objid | ra | dec |\n|---|---:|---|\n| @1 | 10.5 | -1.25 |\n| @2 | 11.5 | 1.25 |\n",
  "bars and blanks.txt":
    " objid | ra | dec \n-------+----+-----\n @1 | 10.5 | -1.25\n @2 | 11.5 | 1.25\n",
  "types.rdb": "objid\tra\tdec\nN\t8N\tN\n@1\t10.5\t-1.25\n@2\t11.5\t1.25\n",
  "quotes.csv": '"objid","ra","dec"\n"@1","10.5","-1.25"\n"@2","11.5","1.25"\n',
};

for (const [name, text] of Object.entries(dialects)) {
  Deno.test(`readTable() reads numbers and exact ids of any dialect: ${name}`, () => {
    for (const ends of ["\n", "\r\n"]) {
      const content = text.replace("@1", ids[0]).replace("@2", ids[1]).replaceAll("\n", ends);
      const frame = readTable(file(name, content));
      const columns = frame.columns.filter((column) => !["", "n"].includes(column));
      assert.deepEqual(columns, Object.keys(galaxies));
      if (columns.length < frame.width) assert.deepEqual(cells(frame, "n"), [null, 2]);
      for (const [column, values] of Object.entries(galaxies)) {
        assert.deepEqual(cells(frame, column), values, column);
      }
    }
  });
}

Deno.test("columnUnits() has the units that a text table names", () => {
  const units = (name: string) => columnUnits(readTable(file(name, dialects[name])));
  for (const name of ["vizier.tsv", "vizier.csv", "prose and header.dat", "sextractor.cat"]) {
    assert.deepEqual(units(name), { ra: "deg", dec: "deg" }, name);
  }
  assert.deepEqual(units("tabs.tsv"), {});
});

Deno.test("readTable() reads blanks and quotes as each dialect means them", () => {
  const tsv = readTable(file("inch.tsv", 'name\tsize\nM 31\t5"\n"N, 1"\t\n'));
  assert.deepEqual(tsv.toRecords(), [{ name: "M 31", size: '5"' }, { name: "N, 1", size: null }]);
  const blank = readTable(file("names.txt", '# name z\n"NGC 1" 0.1\nM31 0.2\n'));
  assert.deepEqual(cells(blank, "name"), ["NGC 1", "M31"]);
  const texts = readTable(file("texts.txt", "# name class\nM31 spiral\nM32 elliptical\n"));
  assert.deepEqual(texts.toRecords()[1], { name: "M32", class: "elliptical" });
  const lines = readTable(file("lines.csv", 'a; b\n"x\ny"; 1\n"p;q"; 2\n'));
  assert.deepEqual(lines.toRecords(), [{ a: "x\ny", b: 1 }, { a: "p;q", b: 2 }]);
  for (const separator of ["|", "\t"]) {
    const text = 'a;b\n"x\ny";1\n-.5;2\n'.replaceAll(";", separator);
    assert.deepEqual(readTable(file("lines.txt", text)).toRecords()[0], { a: "x\ny", b: 1 });
  }
  const padded = readTable(file("padded.tsv", "a\tb\nx\t \ny \t2\n"));
  assert.deepEqual(padded.toRecords(), [{ a: "x", b: null }, { a: "y", b: 2 }]);
  const one = readTable(file("one.csv", "name of it\nM 31\nNGC 1\n"));
  assert.deepEqual(cells(one, "name of it"), ["M 31", "NGC 1"]);
  const two = readTable(file("two.csv", "galaxy name\nM 31\nNGC 1\n"));
  assert.deepEqual(cells(two, "galaxy name"), ["M 31", "NGC 1"]);
  const years = readTable(file("years.csv", "name,2020,0,0.75\nx,1,2,3\n"));
  assert.deepEqual(years.toRecords(), [{ name: "x", "2020": 1, "0": 2, "0.75": 3 }]);
  const marks = readTable(file("marks.txt", "| a | b |\n|---|---|\n| - | -- |\n| 1 | 2 |\n"));
  assert.deepEqual(cells(marks, "b"), [null, 2]);
  const vector = readTable(file("v.cat", "# 1 ID\n# 2 FLUX_APER [count]\n# 4 MAG\n7 1 2 3\n"));
  assert.deepEqual(vector.toRecords(), [{ ID: 7, FLUX_APER: 1, FLUX_APER_1: 2, MAG: 3 }]);
});

Deno.test("readTable() refuses text that is uneven, of several tables, or without names", () => {
  const cases: [string, RegExp][] = [
    [
      "a;b\n1;2\n1\n1;2;3\n",
      /line 3 must have as many fields as the header, 2: 1; also line 4: 3$/,
    ],
    ["# a b\n1 2\n# x\n3 4 5\n", /line 4 must have as many fields as the header, 2: 3$/],
    ["#T\na\tb\n---\t---\n1\t2\n\n#Table\na\tb\n---\t---\n3\t4\n", /begins a second table/],
    ["#Table1\na,b\n1,2\n#Table2\nc,d\n3,4\n", /line 4 begins a second table/],
    ["# nothing\n1 2\n3 4\n", /line 2 is data, and no comment before it names its 2 columns/],
    ["# only\n# comments\n", /it holds comments and no table/],
    ["a;b\n1;2\n\n3;4\n", /line 3 is blank/],
    [
      "587722952231026744,10.5\n587722952231026688,11.5\n",
      /its first line is data \(587722952231026744\)/,
    ],
    ["4.2161e-01 7.8e-01\n4.8e-01 2.4e-01\n", /its first line is data \(4.2161e-01\)/],
    ["a;b;a\n1;2;3\n", /the header names column "a" twice/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => readTable(file("bad.txt", text)), { name: "Error", message });
  }
});

Deno.test("readTable() takes no thousands between tabs for decimals", () => {
  const path = file("thousands.tsv", "name\tn\tz\nM 31\t1,234\t0,715\nM 33\t12,345\t0,600\n");
  assert.deepEqual(cells(readTable(path), "n"), ["1,234", "12,345"]);
  assert.deepEqual(cells(readTable(path), "z"), [0.715, 0.6]);
});
