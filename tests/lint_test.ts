import assert from "node:assert/strict";
import { join } from "node:path";
import plugin from "../lint/mod.ts";
import { ROOT } from "../lint/rooms.ts";

/** What the rules say of a file of the project with this text. */
function lint(path: string, text: string): string[] {
  return Deno.lint.runPlugin(plugin, join(ROOT, path), text)
    .map(({ id, message }) => `${id}: ${message}`);
}

Deno.test("galaxykit/error-message refuses messages of another shape", () => {
  const flaws = {
    'new Error("Cannot read it.")': "it ends in a period",
    'new RangeError("Cannot draw it: the file isn\'t there")': "it has a contraction",
    'new RangeError("Cannot draw it: size must be above 0")': "it does not name what was found",
    'new TypeError("Invalid size")': 'it begins neither with "Cannot …" nor, as a reason, small',
    "new Error(`Cannot read ${path}` + '.')": "it ends in a period",
  };
  for (const [text, flaw] of Object.entries(flaws)) {
    assert.deepEqual(lint("lib/data/a.ts", `throw ${text};`), [
      `galaxykit/error-message: Mend the message: ${flaw}`,
    ]);
  }
  const fine = [
    "new RangeError(`Cannot draw it: size must be above 0, ${size} found`)",
    'new Error("the file is empty")',
    'new Error("HDU 1 is damaged")',
    "new Error(message)",
    'new Failure("closed.")',
  ];
  for (const text of fine) assert.deepEqual(lint("lib/data/a.ts", `throw ${text};`), []);
  assert.deepEqual(lint("tests/a_test.ts", 'throw new Error("No.");'), []);
});

Deno.test("galaxykit/few-arguments refuses a third argument that is no object of options", () => {
  const message = (count: number) => [
    `galaxykit/few-arguments: Take at most two arguments and an object of options: ${count} found`,
  ];
  const ofThree = "export function f(a: number, b: number, c = 1) {}";
  assert.deepEqual(lint("lib/data/a.ts", ofThree), message(3));
  const ofFour = "export function f(a: number, b: number, c: number, { d }: { d: number }) {}";
  assert.deepEqual(lint("lib/data/a.ts", ofFour), message(3));
  for (const last of ["{ c }: { c: number }", "{ c = 1 }: { c?: number } = {}", "options = {}"]) {
    assert.deepEqual(
      lint("lib/data/a.ts", `export function f(a: number, b: number, ${last}) {}`),
      [],
    );
  }
  assert.deepEqual(lint("lib/data/a.ts", "function f(a: number, b: number, c: number) {}"), []);
});

Deno.test("galaxykit/interface-implemented wants a type where no class implements it, and writes it", () => {
  const text = "export interface Shape<T> extends Base<T, 1>, Other { side: T }";
  const [diagnostic] = Deno.lint.runPlugin(plugin, join(ROOT, "lib/data/a.ts"), text);
  assert.equal(diagnostic!.message, "Write a type: no class implements Shape");
  const edits = diagnostic!.fix!.toReversed();
  const mended = edits.reduce(
    (text, { range: [from, to], text: by = "" }) => text.slice(0, from) + by + text.slice(to),
    text,
  );
  assert.equal(mended, "export type Shape<T> = Base<T, 1> & Other & { side: T };");
  assert.deepEqual(lint("lib/weights/a.ts", "export interface WeightsFile { close(): void }"), []);
});

Deno.test("galaxykit/import-direction refuses what runs back, and what is private elsewhere", () => {
  const refused: [string, string, string][] = [
    ["lib/nn/_a.ts", "../models/mod.ts", "lib/nn does without lib/models"],
    ["lib/nn/_a.ts", "galaxykit/models", "lib/nn does without lib/models"],
    ["lib/data/a.ts", "../tensorflow/mod.ts", "lib/data does without lib/tensorflow"],
    ["lib/data/a.ts", "../plot/mod.ts", "lib/data does without lib/plot"],
    ["lib/news/a.ts", "../nn/mod.ts", "lib/news has no place in the order of lint/rooms.ts"],
    ["lib/train/_a.ts", "galaxykit", "lib/train does without mod.ts"],
    ["lib/train/_a.ts", "../../tasks/lab.ts", "lib/train does without tasks"],
    ["lib/train/_a.ts", "../weights/_zip.ts", "lib/weights/_zip.ts is private to lib/weights"],
  ];
  for (const [path, specifier, reason] of refused) {
    const wanted = [
      `galaxykit/import-direction: Do not import "${specifier}": ${reason}`,
    ];
    assert.deepEqual(lint(path, `import { a } from "${specifier}";`), wanted);
    assert.deepEqual(lint(path, `export * from "${specifier}";`), wanted);
    assert.deepEqual(lint(path, `export { a } from "${specifier}";`), wanted);
    assert.deepEqual(lint(path, `const { a } = await import("${specifier}");`), wanted);
  }
  const fine: [string, string][] = [
    ["lib/models/_a.ts", "../nn/mod.ts"],
    ["lib/train/_a.ts", "../data/mod.ts"],
    ["lib/weights/hub/a.ts", "../_zip.ts"],
    ["lib/train/_a.ts", "sharp"],
    ["lib/train/_a.ts", "../../deno.json"],
    ["tests/a_test.ts", "../lib/weights/_zip.ts"],
  ];
  for (const [path, specifier] of fine) {
    assert.deepEqual(lint(path, `import { a } from "${specifier}";`), []);
  }
});

Deno.test("galaxykit/marked-file wants an underscore where no mod.ts exports a file", () => {
  assert.deepEqual(lint("lib/nn/hidden.ts", "export const a = 1;"), [
    "galaxykit/marked-file: Name it _hidden.ts: no mod.ts exports it",
  ]);
  for (const name of ["linear.ts", "_hidden.ts", "mod.ts"]) {
    assert.deepEqual(lint(`lib/nn/${name}`, "export const a = 1;"), []);
  }
});
