import assert from "node:assert/strict";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { ROOT } from "../../lint/rooms.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

const good = "dr7objid,t06_odd_a14_yes_fraction,t06_odd_a15_no_fraction\n" +
  "587722981736120347,0.25,0.75\n587722981736579107,0.0,0.0\n";

Deno.test("catalogue tells what a table is and leaves with 0", async () => {
  const path = join(temporaryFolder(), "votes.csv");
  Deno.writeTextFileSync(path, good);
  const { code, stdout, stderr } = await runTask("catalogue", [path]);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    `gz2_extract: part of a Galaxy Zoo 2 table
2 rows, 3 columns, identified by dr7objid
  t06  Is there anything odd?
       mean fraction: Yes: 0.25, No: 0.75
no problems
`,
  );
  assert.equal(code, 0);
});

Deno.test("catalogue lists all problems, writes them as a table and leaves with 1", async () => {
  const folder = temporaryFolder();
  const [path, report] = [join(folder, "votes.csv"), join(folder, "problems.csv")];
  Deno.writeTextFileSync(path, good.replace("0.25", "1.25").replace("579107", "57910x"));
  const { code, stdout, stderr } = await runTask("catalogue", [path, "--report", report]);
  assert.equal(code, 1);
  assert.match(stdout, /\n3 problems\n$/);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    'problem: column "dr7objid" must hold whole numbers of 64 bits: row 2 "58772298173657910x"',
    'problem: column "t06_odd_a14_yes_fraction" must be between 0 and 1: ' +
    "row 1 (587722981736120347) 1.25",
    "problem: the fraction of question t06 must sum to 1: row 1 (587722981736120347) 1.25 + 0.75",
  ]);
  assert.deepEqual(readTable(report).getColumn("check").toArray(), ["type", "range", "sum"]);
});

Deno.test("catalogue refuses a file that does not read, and words it does not know", async () => {
  const path = join(temporaryFolder(), "votes.csv");
  Deno.writeTextFileSync(path, "");
  const { code, stderr } = await runTask("catalogue", [path]);
  assert.deepEqual([code, stderr], [1, `Cannot read "${path}": the file is empty\n`]);
  const two = await runTask("catalogue", [path, path]);
  assert.equal(two.stderr, "Cannot read 2 files: name one, deno task catalogue FILE\n");
});

Deno.test("catalogue tells of the kit's own sky when no file is named", async () => {
  const page = join(temporaryFolder(), "sky.html");
  const { code, stdout } = await runTask("catalogue", ["--page", page]);
  assert.equal(code, 0);
  assert.match(stdout, /64 /);
  assert.ok(stdout.endsWith(`no problems\nfigures: ${page}\n`), stdout);
});

Deno.test("catalogue saves the figures of a table that has some as a page", async () => {
  const folder = temporaryFolder();
  const [path, page] = [join(folder, "gz1.csv"), join(folder, "figures/gz1.html")];
  const header = "OBJID,NVOTE,P_EL,P_CW,P_ACW,P_EDGE,P_DK,P_MG";
  Deno.writeTextFileSync(path, `${header}\n587722981736120347,30,0.5,0.2,0.3,0,0,0\n`);
  const { code, stdout, stderr } = await runTask("catalogue", [path, "--page", page]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(stdout.endsWith(`no problems\nfigures: ${page}\n`), stdout);
  assert.equal(Deno.readTextFileSync(page).split("<figure>").length, 3);
});

Deno.test("catalogue takes the folder of a survey, and says what it cannot find in others", async () => {
  const folder = temporaryFolder();
  const [whole, named] = ["data/sky", "data/sky/catalogue.parquet"].map((path) =>
    runTask("catalogue", [join(ROOT, path), "--page", join(folder, "sky.html")])
  );
  const { code, stdout } = await whole!;
  assert.deepEqual([code, stdout], [0, (await named!).stdout]);
  const { stderr } = await runTask("catalogue", [temporaryFolder()]);
  assert.match(
    stderr,
    /^Cannot find votes in ".*": none of its 0 files is a table of Galaxy Zoo\n$/,
  );
});
