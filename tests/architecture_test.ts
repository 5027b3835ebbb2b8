import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { refusal, ROOT } from "../lint/rooms.ts";

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

/** The files of the project that a file imports. */
function imports(path: string): string[] {
  const text = Deno.readTextFileSync(path).replaceAll(/\/\*[^]*?\*\//g, "");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((m) => m[1]!);
  return specifiers.filter((specifier) => specifier.startsWith(".") && specifier.endsWith(".ts"))
    .map((specifier) => relative(ROOT, join(dirname(path), specifier)));
}

const edges = ["lib", "tasks"].flatMap((folder) =>
  [...sourceFiles(join(ROOT, folder))].flatMap((path) =>
    imports(path).map((target) => ({ from: relative(ROOT, path), to: target }))
  )
);

Deno.test("imports run one way between the folders", () => {
  assert.ok(edges.length > 20, `only ${edges.length} imports found`);
  for (const { from, to } of edges) assert.equal(refusal(from, to), undefined, from);
});

Deno.test("imports make no cycle", () => {
  const targets = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  function visit(file: string, path: string[]): void {
    assert.ok(!path.includes(file), `cycle: ${[...path, file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  }
  for (const file of targets.keys()) visit(file, []);
});
