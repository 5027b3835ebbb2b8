import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { examplesOf } from "../../tasks/_examples.ts";
import { runParts } from "../../tasks/_test_parts.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask, taskCommand } from "./run_task.ts";

const BAD = 'Deno.test("bad", () => { throw new Error("bad"); });';

/** A file with one test that passes, and more. */
function testFile(more = ""): string {
  const path = join(temporaryFolder(), "some_test.ts");
  Deno.writeTextFileSync(path, `Deno.test("good", () => {});\n${more}\n`);
  return path;
}

Deno.test("test ends with the counts, and leaves with 1 when a test failed", async () => {
  const good = await runTask("test", [testFile()]);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /\n1 passed, 0 failed\n$/);
  const bad = await runTask("test", [testFile(BAD)]);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /\n1 passed, 1 failed\n$/);
});

Deno.test("test counts it as a failure when nothing can run", async () => {
  const { code, stdout } = await runTask("test", [join(temporaryFolder(), "gone_test.ts")]);
  assert.deepEqual([code, stdout.split("\n").at(-2)], [1, "0 passed, 1 failed"]);
});

Deno.test("test adds up what its processes count, and tells at the end what failed", async () => {
  const skipped = 'Deno.test({ name: "not here", ignore: true, fn() {} });';
  const files = [testFile(BAD), testFile(), testFile(skipped)];
  for (const jobs of ["1", "2", "3"]) {
    const { code, stdout } = await runTask("test", ["--jobs", jobs, ...files]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /\nFAILED\n\nbad => .*some_test\.ts:2:6\n\n3 passed, 1 failed, 1 skipped\n$/,
    );
    assert.equal(stdout.match(/^running /gm)?.length, 3);
  }
});

Deno.test("test counts a process that dies as a failure, and goes on with the others", async () => {
  const dying = testFile(`Deno.test("dies", () => {
    new Deno.Command("sleep", { args: ["600"] }).spawn(); // holds the output open
    Deno.kill(Deno.pid, "SIGKILL");
  });`);
  const { code, stdout } = await runTask("test", ["--jobs", "2", dying, testFile()]);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /some_test\.ts => ended without a result \(SIGKILL\)\n\n1 passed, 1 failed\n$/,
  );
});

Deno.test("test counts nothing where there are type errors", async () => {
  const { code, stdout, stderr } = await runTask("test", [testFile("const one: string = 1;")]);
  assert.deepEqual([code, stdout], [1, "0 passed, 1 failed\n"]);
  assert.match(stderr, /TS2322/);
});

Deno.test("test stopped by Ctrl-C ends its processes, and what these started", async () => {
  const [started, ended] = ["started", "ended"].map((name) => join(temporaryFolder(), name));
  const slow = testFile(`Deno.test("slow", async () => {
    const script = 'trap "touch ${ended}; exit" TERM; touch ${started}; while true; do sleep 0.1; done';
    await new Deno.Command("sh", { args: ["-c", script] }).output();
  });`);
  const child = taskCommand("test", [slow], { stdout: "null", stderr: "null" }).spawn();
  await toExist(started);
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  await toExist(ended);
});

async function toExist(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 50));
}

Deno.test("test runs the tests that --filter names", async () => {
  const { code, stdout } = await runTask("test", ["--filter", "good", testFile(BAD)]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\n1 passed, 0 failed\n$/);
});

Deno.test("files that are tested together load once what they import", async () => {
  const folder = temporaryFolder();
  Deno.writeTextFileSync(join(folder, "common.ts"), "export const seen: string[] = [];\n");
  const paths = ["a", "b"].map((name) => {
    const path = join(folder, `${name}_test.ts`);
    Deno.writeTextFileSync(
      path,
      `import { seen } from "./common.ts";
       Deno.test("${name}", () => {
         if (seen.push("${name}") !== ${name === "a" ? 1 : 2}) throw new Error(\`\${seen}\`);
       });\n`,
    );
    return path;
  });
  const tally = await runParts([{ name: "both", paths, together: true }], {
    root: new URL("../../", import.meta.url),
    checked: paths,
    jobs: 1,
    signal: new AbortController().signal,
  });
  assert.deepEqual(tally, { passed: 2, failed: 0, skipped: 0 });
});

Deno.test("examples are tests that go by their file and line, and import what is beside it", async () => {
  const folder = temporaryFolder();
  Deno.writeTextFileSync(join(folder, "beside.ts"), "export const one: number = 1;\n");
  Deno.writeTextFileSync(
    join(folder, "page.md"),
    [
      ...["# Page", "```ts", 'import { one } from "./beside.ts";', "if (one !== 1) throw one;"],
      ...["```", "```ts ignore", "throw 2;", "```", "```ts", 'throw new Error("bad");', "```", ""],
    ].join("\n"),
  );
  const root = pathToFileURL(`${folder}/`);
  const examples = examplesOf("page.md", root);
  assert.deepEqual(examples.map(({ name }) => name), ["page.md:3", "page.md:10"]);
  assert.equal(examples[1].code, `${"\n".repeat(9)}throw new Error("bad");\n`);
  const tally = await runParts([{ name: "page", paths: ["page.md"], together: true }], {
    ...{ root, checked: ["beside.ts"], jobs: 1, signal: new AbortController().signal },
  });
  assert.deepEqual(tally, { passed: 1, failed: 1, skipped: 0 });
});

Deno.test("test has a help page, and refuses what it does not know", async () => {
  const { code, stdout } = await runTask("test", ["--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^Run the tests .*\n\nUsage: deno task test \[options\] \[FILES\]\n/);
  assert.deepEqual(await runTask("test", ["--watch"]), {
    code: 1,
    stdout: "",
    stderr: "Cannot run test: unknown option --watch (options: --filter, --jobs, --help)\n",
  });
});
