import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import pl from "nodejs-polars";
import {
  CatalogueError,
  type CatalogueOptions,
  gz2Tree,
  problemTable,
  readCatalogue,
  recogniseKind,
  scanCatalogue,
  writeTable,
} from "galaxykit/data";
import {
  csv,
  decalsTable,
  dustLaneText,
  gz2Table,
  kaggleTable,
  mappingTable,
  withCell,
} from "./_tables.ts";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = `${folder}/${name}`;
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
  return path;
}

/** The message of the error with the path taken out, and its class's name. */
function refusal(path: string, options?: CatalogueOptions): string {
  try {
    readCatalogue(path, options);
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message.replace(`"${path}"`, "FILE")}`;
  }
  return "no error";
}

const gz2 = gz2Table(6, 1);
const smooth = "t01_smooth_or_features_a01_smooth";
const edge = "t02_edgeon_a04_yes";

Deno.test("readCatalogue() recognises each kind and finds nothing wrong with it", () => {
  const tables: [string, string, number][] = [
    ["gz2_hart2016", csv(gz2), 228],
    ["kaggle", csv(kaggleTable(6, 2)), 38],
    ["gz_decals5", csv(decalsTable(6, 3)), 81],
    ["gz2_filename_mapping", csv(mappingTable(6)), 3],
  ];
  for (const [name, text, width] of tables) {
    const { kind, frame, problems } = readCatalogue(file("good.csv", text));
    assert.equal(kind.name, name);
    assert.deepEqual(problems, []);
    assert.deepEqual([frame.height, frame.width], [6, width], name);
  }
  const basic = readCatalogue(file("good.txt", dustLaneText(6, 4)));
  assert.deepEqual([basic.kind.name, basic.frame.height], ["dustlanes_basic", 6]);
  assert.equal(basic.frame.getColumn("log_halo_mass").nullCount(), 3);
});

Deno.test("readCatalogue() gives ids as exact text, counts as int32, fractions as float64", () => {
  const { frame, id } = readCatalogue(file("types.csv", csv(gz2)));
  assert.equal(id, "dr7objid");
  assert.equal(frame.getColumn("dr7objid").toArray()[5], "587722981736120352");
  assert.equal(String(frame.getColumn(`${smooth}_count`).dtype), "DataType(Int32)");
  assert.equal(String(frame.getColumn(`${smooth}_fraction`).dtype), "DataType(Float64)");
});

Deno.test("readCatalogue() reads the same from CSV with CRLF, BOM and quotes, gzip, Parquet", () => {
  const { frame } = readCatalogue(file("plain.csv", csv(gz2)));
  const quoted = csv({
    header: gz2.header.map((name) => `"${name}"`),
    rows: gz2.rows.map((cells) => cells.map((cell) => `"${cell}"`)),
  });
  const forms = {
    "crlf.csv": csv(gz2).replaceAll("\n", "\r\n"),
    "bom.csv": "\ufeff" + csv(gz2) + "\n\n",
    "quoted.csv": quoted,
    "index.csv": csv({
      header: ["", ...gz2.header],
      rows: gz2.rows.map((cells, row) => [`${row}`, ...cells]),
    }),
    "packed.csv.gz": gzipSync(csv(gz2)),
    "packed.csv": gzipSync(csv(gz2)),
  };
  for (const [name, content] of Object.entries(forms)) {
    assert.ok(readCatalogue(file(name, content)).frame.frameEqual(frame), name);
  }
  writeTable(`${folder}/same.parquet`, frame);
  assert.ok(readCatalogue(`${folder}/same.parquet`).frame.frameEqual(frame));
});

Deno.test("readCatalogue() takes Parquet with 64-bit ids, wide integers and small floats", () => {
  const { frame } = readCatalogue(file("wide.csv", csv(gz2)));
  const wide = frame.withColumns(
    pl.col("dr7objid").cast(pl.Int64),
    pl.col("total_votes").cast(pl.Int64),
    pl.col("total_classifications").cast(pl.Float64),
  );
  writeTable(`${folder}/wide.parquet`, wide);
  assert.ok(readCatalogue(`${folder}/wide.parquet`).frame.frameEqual(frame));
});

Deno.test("readCatalogue() reads wanted columns only, in their order, and checks those", () => {
  const path = file("some.csv", csv(withCell(gz2, 0, `${edge}_fraction`, "1.3")));
  const columns = [`${smooth}_count`, "dr7objid"];
  const { frame, problems } = readCatalogue(path, { columns });
  assert.deepEqual([frame.columns, problems], [columns, []]);
  assert.throws(() => readCatalogue(path, { columns: ["t01_smooth_count"] }), {
    name: "RangeError",
    message: /^Cannot read column "t01_smooth_count" of ".*": it has no such column/,
  });
});

Deno.test("readCatalogue() refuses a file that is empty, cut or of uneven shape", () => {
  const text = csv(gz2);
  const packed = gzipSync(text);
  const flipped = packed.with(packed.length - 6, packed[packed.length - 6] ^ 1);
  const lines = text.split("\n");
  const cases: [string, string | Uint8Array, string][] = [
    ["a.csv", "", "the file is empty"],
    [
      "a.parquet",
      "",
      "parquet: File out of specification: A Parquet file must contain",
    ],
    ["a.csv.gz", new Uint8Array(), "the file is empty"],
    ["a.txt", "", "the file is empty"],
    ["a.csv", `${lines[0]}\n`, "the table has a header and no rows"],
    [
      "a.csv.gz",
      packed.subarray(0, packed.length >> 1),
      "the gzip data ends too early: the file is cut, fetch it again",
    ],
    [
      "a.csv.gz",
      flipped,
      "the gzip data is damaged (incorrect data check): fetch the file again",
    ],
    [
      "a.csv",
      lines.with(3, `${lines[3]},7`).join("\n"),
      "line 4 must have as many fields as the header, 228: 229",
    ],
    [
      "a.csv",
      lines.map((line, i) => i > 1 && line ? line.replace(",", "") : line).join("\n"),
      "line 3 must have as many fields as the header, 228: 227; " +
      "also line 4: 227, line 5: 227, line 6: 227, and 1 more",
    ],
    ["a.csv", text.slice(0, -400), /must have as many fields as the header, 228: \d+$/.source],
    ["a.csv", text.replace("ra,dec", "ra,ra"), 'the header names column "ra" twice'],
    [
      "a.txt",
      dustLaneText(4, 1).trimEnd().slice(0, -1),
      "line 13 must have 107 characters, as the first: 106",
    ],
    [
      "a.txt",
      "-----\nSome other table\n",
      "its title is not that of a dust-lane table of Kaviraj et al. 2012",
    ],
    ["a.fits", "SIMPLE", 'it is not FITS, which begins with "SIMPLE  ="; fetch it again'],
  ];
  for (const [name, content, reason] of cases) {
    const found = refusal(file(name, content));
    const wanted = `SyntaxError: Cannot read FILE: ${reason}`;
    if (reason.endsWith("$")) assert.match(found, new RegExp(reason));
    else assert.ok(found.startsWith(wanted), `${found}\n${wanted}`);
  }
  assert.equal(
    refusal(`${folder}/absent.csv`),
    "SyntaxError: Cannot read FILE: there is no such file",
  );
});

Deno.test("readCatalogue() says what is wrong with a value, in which row", () => {
  const name = (row: number) => `row ${row + 1} (${gz2.rows[row][0]})`;
  const count = (row: number) => gz2.rows[row][gz2.header.indexOf(`${edge}_count`)];
  const cases: [number, string, string, string[]][] = [
    [2, `${edge}_count`, "many", [`column "${edge}_count" must hold whole numbers: row 3 "many"`]],
    [2, `${edge}_count`, "2.5", [`column "${edge}_count" must hold whole numbers: row 3 "2.5"`]],
    [1, "ra", "12h30m", ['column "ra" must hold numbers: row 2 "12h30m"']],
    [1, "ra", "", ['column "ra" must have a value in every row: ' + `${name(1)} has none`]],
    [1, "dec", "-95.5", [`column "dec" must be between -90 and 90: ${name(1)} -95.5`]],
    [1, "dec", "nan", [`column "dec" must be between -90 and 90: ${name(1)} NaN`]],
    [0, `${edge}_debiased`, "1.3", [
      `column "${edge}_debiased" must be between 0 and 1: ${name(0)} 1.3`,
    ]],
    [4, `${smooth}_flag`, "2", [`column "${smooth}_flag" must be between 0 and 1: ${name(4)} 2`]],
    [4, "dr7objid", gz2.rows[1][0], [
      `column "dr7objid" must not repeat: row 2 ${gz2.rows[1][0]}, row 5 ${gz2.rows[1][0]}`,
    ]],
    [4, "dr7objid", "5.87722981736120e+17", [
      'column "dr7objid" must hold whole numbers of 64 bits: row 5 "5.87722981736120e+17"',
    ]],
    [4, "dr7objid", "58772298173612034777", [
      'column "dr7objid" must hold whole numbers of 64 bits: row 5 "58772298173612034777"',
    ]],
    [3, "total_votes", "7", [`column "total_votes" must be the sum of the counts: ${name(3)} 7`]],
    [3, `${edge}_count`, `-${count(3)}`, [
      `column "${edge}_count" must be between 0 and 1000000: ${name(3)} -${count(3)}`,
    ]],
  ];
  for (const [row, column, value, wanted] of cases) {
    const path = file("bad.csv", csv(withCell(gz2, row, column, value)));
    const { problems } = readCatalogue(path, { bad: "report" });
    const messages = problems.map(({ message }) => message);
    for (const message of wanted) {
      assert.ok(messages.includes(message), `${message}\n${messages.join("\n")}`);
    }
    assert.ok(problems.every(({ rows }) => rows.includes(row)), column);
  }
});

Deno.test("readCatalogue() throws the problems that it could report", () => {
  const path = file("bad.csv", csv(withCell(gz2, 1, "dec", "-95.5")));
  const { problems } = readCatalogue(path, { bad: "report" });
  assert.throws(() => readCatalogue(path), (error: CatalogueError) => {
    assert.ok(error instanceof CatalogueError);
    assert.equal(
      error.message,
      `Cannot use "${path}" as gz2_hart2016: column "dec" must be between -90 and 90: ` +
        `row 2 (${gz2.rows[1][0]}) -95.5`,
    );
    assert.deepEqual(error.problems, problems);
    return true;
  });
});

Deno.test("readCatalogue() finds fractions that do not sum, and those that are not the counts'", () => {
  const row = gz2.rows.findIndex((cells) =>
    Number(cells[gz2.header.indexOf(`${edge}_fraction`)]) > 0.2
  );
  const [yes, no] = [`${edge}_fraction`, "t02_edgeon_a05_no_fraction"];
  const value = Number(gz2.rows[row][gz2.header.indexOf(yes)]);
  const other = gz2.rows[row][gz2.header.indexOf(no)];
  const path = file("sum.csv", csv(withCell(gz2, row, yes, (value - 0.1).toFixed(3))));
  const { problems } = readCatalogue(path, { bad: "report" });
  assert.deepEqual(problems.map(({ check }) => check), ["sum", "total"]);
  const at = `row ${row + 1} (${gz2.rows[row][0]})`;
  const shown = (value - 0.1).toFixed(3).replace(/0+$/, "");
  assert.equal(
    problems[0].message,
    `the fraction of question t02 must sum to 1: ${at} ${shown} + ${other.replace(/0+$/, "")}`,
  );
  assert.ok(problems[1].message.startsWith(
    `column "${yes}" must be "${edge}_count" over the votes at t02: ${at} `,
  ));
});

Deno.test("readCatalogue() finds Kaggle and DECaLS values that disagree", () => {
  const kaggle = kaggleTable(4, 5);
  const path = file("kaggle.csv", csv(withCell(kaggle, 1, "Class6.1", "0.999999")));
  const found = readCatalogue(path, { bad: "report" }).problems;
  assert.deepEqual(found.map(({ message }) => message.split(":")[0]), [
    "the cumulative of question Class6 must sum to 1",
    "the cumulative of question Class8 must sum to Class6.1",
  ]);
  const decals = withCell(decalsTable(4, 6), 2, "smooth-or-featured_total-votes", "41");
  const problems = readCatalogue(file("decals.csv", csv(decals)), { bad: "report" }).problems;
  assert.deepEqual(problems.map(({ message }) => message.split(":")[0]), [
    'column "smooth-or-featured_total-votes" must be the sum of the counts',
  ]);
});

Deno.test("readCatalogue() names missing, renamed and unknown columns together with bad values", () => {
  const damaged = withCell(gz2, 2, "dec", "north");
  const header = damaged.header.map((name) =>
    name === `${smooth}_count`
      ? "t01_smooth_or_features_a01_smooth_n"
      : name === "sample"
      ? ""
      : name
  );
  const path = file("columns.csv", csv({ header, rows: damaged.rows }));
  const wanted = [
    'column "sample" is missing',
    `column "${smooth}_count" is missing (the unknown "${smooth}_n" may be it: pass rename)`,
    'column "t01_smooth_or_features_a01_smooth_n" is not one of its columns (pass extra: "keep" to keep it)',
    'column "dec" must hold numbers: row 3 "north"',
  ];
  assert.equal(
    refusal(path),
    `CatalogueError: Cannot use FILE as gz2_hart2016: 4 problems\n- ${wanted.join("\n- ")}`,
  );
  const rename = { t01_smooth_or_features_a01_smooth_n: `${smooth}_count` };
  const { problems, frame } = readCatalogue(path, { bad: "report", rename });
  assert.deepEqual(problems.map(({ message }) => message), [wanted[0], wanted[3]]);
  assert.ok(frame.columns.includes(`${smooth}_count`));
  assert.equal(frame.getColumn("dec").toArray()[2], null);
  const table = problemTable(problems);
  assert.deepEqual(table.columns, ["check", "column", "count", "first_row", "message"]);
  assert.deepEqual(table.getColumn("first_row").toArray(), [-1, 2]);
  assert.equal(problemTable([]).height, 0);
});

Deno.test("readCatalogue() tells another survey's table from a damaged one", () => {
  const path = file("decals.csv", csv(decalsTable(3, 7)));
  assert.equal(
    refusal(path, { kind: "gz2_hart2016" }),
    "CatalogueError: Cannot use FILE as gz2_hart2016: 226 of its columns are missing " +
      '(first "dr7objid"): this is gz_decals5, ' +
      "Galaxy Zoo DECaLS, volunteers of GZD-5, Walmsley et al. 2022 (MNRAS 509, 3966)",
  );
  assert.equal(
    refusal(file("other.csv", "name,colour\na,b\n")),
    "SyntaxError: Cannot tell what FILE is: its columns are name, colour; " +
      "pass the kind, or read it with readTable",
  );
  assert.equal(
    refusal(path, { kind: "gz2_hart16" }).split(" among")[0],
    'RangeError: Cannot find the kind of table "gz2_hart16"',
  );
});

Deno.test("readCatalogue() refuses ids that became floating-point numbers", () => {
  const { frame } = readCatalogue(file("float.csv", csv(gz2)));
  const rounded = frame.withColumns(pl.col("dr7objid").cast(pl.Int64).cast(pl.Float64));
  writeTable(`${folder}/float.parquet`, rounded);
  assert.equal(
    refusal(`${folder}/float.parquet`),
    'CatalogueError: Cannot use FILE as gz2_hart2016: column "dr7objid" must hold whole numbers ' +
      "of 64 bits: it holds floating-point numbers, which have lost the last digits; " +
      "export it again as int64 or text",
  );
});

Deno.test("readCatalogue() keeps columns of one's own in extracts, with the types they have", () => {
  const path = file(
    "mine.csv",
    "objid,t06_odd_a14_yes_fraction,mass,n,tag,big\n" +
      "587722981736120347,0.25,10.5,3,x,123456789012345678\n587722981736120348,,,,,\n",
  );
  const { frame, kind } = readCatalogue(path);
  assert.equal(kind.name, "gz2_extract");
  assert.deepEqual(frame.row(0), [
    ...["587722981736120347", 0.25, 10.5, 3, "x", "123456789012345678"],
  ]);
  assert.deepEqual(frame.row(1), ["587722981736120348", null, null, null, null, null]);
});

Deno.test("scanCatalogue() reads only what is asked, and checks names first", () => {
  const path = file("lazy.csv", csv(gz2));
  const whole = readCatalogue(path).frame;
  writeTable(`${folder}/lazy.parquet`, whole);
  for (const name of [path, `${folder}/lazy.parquet`]) {
    const { frame, kind } = scanCatalogue(name);
    assert.equal(kind.tree, gz2Tree);
    const some = frame.filter(pl.col(`${smooth}_count`).gtEq(20)).select("dr7objid", "ra");
    const wanted = whole.filter(pl.col(`${smooth}_count`).gtEq(20)).select("dr7objid", "ra");
    assert.ok(some.collectSync().frameEqual(wanted), name);
    assert.ok(frame.collectSync().frameEqual(whole), name);
  }
  const missing = file("lazy.csv", csv(gz2).replace("ra,dec", "ra,declination"));
  assert.throws(() => scanCatalogue(missing), {
    name: "CatalogueError",
    message: /^Cannot use ".*" as gz2_hart2016: 2 problems\n- column "dec" is missing/,
  });
  assert.throws(() => scanCatalogue(`${folder}/a.csv.gz`), {
    name: "SyntaxError",
    message: /gzip can only be read as a whole; use readCatalogue, or write it as Parquet once$/,
  });
});

Deno.test("recogniseKind() takes a table for what most of its columns say", () => {
  assert.equal(recogniseKind(gz2.header)?.name, "gz2_hart2016");
  assert.equal(recogniseKind(gz2.header.slice(0, 220))?.name, "gz2_hart2016");
  assert.equal(recogniseKind([...gz2.header, "dr8objid", "specobjid"])?.name, "gz2_willett2013");
  assert.equal(recogniseKind(gz2.header.with(0, "objid"))?.name, "gz2_stripe82");
  assert.equal(recogniseKind(["objid", `${smooth}_count`, "mass"])?.name, "gz2_extract");
});

Deno.test("readCatalogue() reports vote columns whose names are nearly right", () => {
  const t01 = ["smooth", "features_or_disk", "star_or_artifact"].map((name, i) =>
    `t01_smooth_or_features_a0${i + 1}_${name}_weighted_fraction`
  );
  const cases = [
    ["_smooth_weighted", "_smoth_weighted"],
    ["_fraction", "_Fracton"],
    ["t01_smooth_or_features", "t01_smooth_or_feature"],
  ];
  for (const [from, to] of cases) {
    const slip = t01[0].replace(from, to);
    const path = file("slip.csv", `objid,${slip},${t01[1]},${t01[2]}\n587722981736120347,1,0,0\n`);
    const { problems } = readCatalogue(path, { bad: "report" });
    assert.deepEqual(problems.map(({ check, message }) => [check, message]), [[
      "missing column",
      `column "${t01[0]}" is missing (the unknown "${slip}" may be it: pass rename)`,
    ]]);
    assert.throws(() => readCatalogue(path), CatalogueError);
    assert.throws(() => scanCatalogue(path), CatalogueError);
    const mended = readCatalogue(path, { rename: { [slip]: t01[0] } });
    assert.deepEqual(mended.frame.columns, ["objid", ...t01]);
  }
  // part of a question, and a column of one's own, are no slip
  const own = file("own.csv", `objid,${t01[0]},my_smooth_score\n587722981736120347,1,0.5\n`);
  assert.deepEqual(readCatalogue(own).problems, []);
});

Deno.test("readCatalogue() reads float32 as the decimals that a CSV file has", () => {
  const path = file("double.csv", csv(gz2));
  const { frame } = readCatalogue(path);
  const single = frame.withColumns(
    ...frame.columns.filter((_, i) => frame.dtypes[i].variant === "Float64" && i > 6)
      .map((name) => pl.col(name).cast(pl.Float32).alias(name)),
  );
  writeTable(`${folder}/single.parquet`, single);
  assert.ok(readCatalogue(`${folder}/single.parquet`).frame.frameEqual(frame));
  assert.ok(scanCatalogue(`${folder}/single.parquet`).frame.collectSync().frameEqual(frame));
});
