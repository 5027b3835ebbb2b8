import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Each folder may import those before it, and the ones aside. */
const ORDER = [
  "lib/tensorflow",
  "lib/nn",
  "lib/weights",
  "lib/models",
  "lib/augment",
  "lib/train",
  "lib/diffusion",
  "lib/contrastive",
  "lib/explain",
  "lib/jobs",
  "lib/recipes",
  "tasks",
];

/** These know nothing of the engine. Of each other they may import those before them. */
const ASIDE = ["lib", "lib/metrics", "lib/data", "lib/plot", "lib/sky"];

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

/** The named folder that holds a file: `lib/tensorflow/ops/a.ts` is of `lib/tensorflow`. */
function folderOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "lib" && parts.length > 2 ? parts.slice(0, 2).join("/") : parts[0]!;
}

const edges = ["lib", "tasks"].flatMap((folder) =>
  [...sourceFiles(join(ROOT, folder))].flatMap((path) =>
    imports(path).map((target) => ({ from: relative(ROOT, path), to: target }))
  )
);

Deno.test("imports run one way between the folders", () => {
  assert.ok(edges.length > 20, `only ${edges.length} imports found`);
  for (const { from, to } of edges) {
    const [source, target] = [folderOf(from), folderOf(to)];
    if (source === target) continue;
    const allowed = ASIDE.includes(source)
      ? ASIDE.slice(0, ASIDE.indexOf(source))
      : [...ORDER.slice(0, ORDER.indexOf(source)), ...ASIDE];
    assert.ok(
      [...ASIDE, ...ORDER].includes(source),
      `${from}: folder "${source}" has no place in the order of tests/architecture_test.ts`,
    );
    assert.ok(allowed.includes(target), `${from} must not import ${to}`);
  }
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
