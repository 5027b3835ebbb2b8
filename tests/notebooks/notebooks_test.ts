import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { temporaryFolder } from "../temporary.ts";
import { Kernel, type Output } from "./kernel.ts";
import {
  codeCells,
  type Notebook,
  notebookPaths,
  readNotebook,
  runNotebook,
  sourceOf,
  writeNotebook,
} from "./notebook.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** Runs deno with some input; returns what it printed. */
async function deno(args: string[], input: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The kinds of output of a cell: what does not change from one run to the next. */
function kinds(outputs: readonly Output[]): string[][] {
  return outputs.map((output) => [
    output.output_type,
    ..."data" in output ? Object.keys(output.data).sort() : [],
  ]);
}

function notebookOf(...sources: string[]): string {
  const path = join(temporaryFolder(), "small.ipynb");
  const cells: Notebook["cells"] = sources.map((source, index) => ({
    cell_type: "code",
    id: `cell${index}`,
    metadata: {},
    source,
    execution_count: null,
    outputs: [],
  }));
  writeNotebook(path, { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });
  return path;
}

Deno.test("runNotebook() keeps what cells print, show and are", async () => {
  const path = notebookOf(
    'console.log("a"); console.log("é中"); console.error("b");',
    "const x: number = 3; x",
    'await Deno.jupyter.display({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "T" }) })',
    `const transient = { display_id: "d" };
     await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "0 %" }, metadata: {}, transient });
     await Deno.jupyter.broadcast("update_display_data", { data: { "text/plain": "100 %" }, metadata: {}, transient });`,
  );
  const outputs = codeCells(await runNotebook(path, { profile: "tiny" })).map(({ outputs }) =>
    outputs
  );
  assert.deepEqual(outputs, [
    [
      { output_type: "stream", name: "stdout", text: "a\né中\n" },
      { output_type: "stream", name: "stderr", text: "b\n" },
    ],
    [{
      output_type: "execute_result",
      data: { "text/plain": "3" },
      metadata: {},
      execution_count: 2,
    }],
    [{ output_type: "display_data", data: { "text/plain": "T" }, metadata: {} }],
    [{ output_type: "display_data", data: { "text/plain": "100 %" }, metadata: {} }],
  ]);
});

Deno.test("runNotebook() stops at a cell that throws, and names it", async () => {
  const path = notebookOf("1", 'throw new RangeError("no")', "3");
  await assert.rejects(runNotebook(path, { profile: "tiny" }), {
    message: "Cannot run small.ipynb: cell 2 of 3 throws RangeError: no",
  });
});

Deno.test("runNotebook() tells the profile, and removes what is left in temporary folders", async () => {
  const path = notebookOf('Deno.env.get("GALAXYKIT_PROFILE")', "Deno.makeTempDirSync()");
  const texts = codeCells(await runNotebook(path, { profile: "small" })).map(({ outputs }) => {
    const [output] = outputs;
    return output?.output_type === "execute_result" ? String(output.data["text/plain"]) : "";
  });
  assert.equal(texts[0], '"small"');
  assert.ok(!existsSync(JSON.parse(texts[1]!)), texts[1]);
});

Deno.test("Kernel.execute() does not wait for ever when the kernel ends", async () => {
  await using kernel = await Kernel.start(temporaryFolder());
  await assert.rejects(kernel.execute("Deno.kill(Deno.pid, 'SIGKILL')"));
});

Deno.test("the notebooks are linted and have no type errors", async () => {
  const folder = temporaryFolder();
  const modules = notebookPaths().map((path) => {
    const module = join(folder, `${basename(path)}.ts`);
    const cells = codeCells(readNotebook(path)).map(sourceOf);
    Deno.writeTextFileSync(module, `${cells.join("\n\n")}\n`);
    return module;
  });
  assert.ok(modules.length > 1);
  // All at once: what they import is checked once.
  for (const command of ["check", "lint"]) {
    await deno([command, "--quiet", "--config", CONFIG, ...modules], "");
  }
});

for (const path of notebookPaths()) {
  const name = basename(path);
  const stored = readNotebook(path);

  Deno.test(`${name} says its language and its kernel, and names no folder of a machine`, () => {
    const { kernelspec, language_info } = stored.metadata as Record<string, { name: string }>;
    assert.deepEqual([kernelspec?.name, language_info?.name], ["deno", "typescript"]);
    assert.doesNotMatch(JSON.stringify(stored.cells), /\/(home|root|tmp|work|Users|var)\//);
  });

  Deno.test(`${name} is stored with all outputs, short enough for a page to show`, () => {
    const cells = codeCells(stored);
    assert.deepEqual(
      cells.map(({ execution_count }) => execution_count),
      [...cells.keys()].map((i) => i + 1),
    );
    assert.ok(Deno.statSync(path).size < 1.5e6, `${Deno.statSync(path).size} bytes`);
  });

  Deno.test(`${name} is formatted`, async () => {
    // Not by --check, which calls every notebook of this language unformatted (Deno 2.9).
    const text = Deno.readTextFileSync(path);
    assert.equal(await deno(["fmt", "--config", CONFIG, "--ext", "ipynb", "-"], text), text);
  });

  Deno.test(`${name} runs in Deno's kernel, and puts out what it is stored with`, async () => {
    const now = codeCells(await runNotebook(path, { profile: "tiny" }));
    for (const [index, { outputs, id }] of codeCells(stored).entries()) {
      // Bars of progress depend on what is left to do; other things may be missing of so little.
      const known = [...kinds(outputs).map(String), "display_data,text/html,text/plain"];
      const unknown = kinds(now[index]!.outputs).map(String).filter((kind) =>
        !known.includes(kind)
      );
      assert.deepEqual(unknown, [], `cell "${id}"`);
    }
  });
}
