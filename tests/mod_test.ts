import assert from "node:assert/strict";
import * as kit from "galaxykit";

const ROOT = new URL("../mod.ts", import.meta.url);

type Module = {
  specifier: string;
  dependencies?: { specifier: string; code?: { specifier: string }; isDynamic?: boolean }[];
};

/** The packages that importing a module loads; what is imported while a function runs is not. */
async function packagesLoadedBy(url: URL): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", url.href],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const graph = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const packages = new Set<string>();
  function visit(specifier: string): void {
    if (seen.has(specifier)) return;
    seen.add(specifier);
    for (const { code, isDynamic } of modules.get(specifier)?.dependencies ?? []) {
      if (code === undefined || isDynamic) continue;
      const [, name] = code.specifier.match(/^npm:\/?((?:@[^/]+\/)?[^@/]+)/) ?? [];
      if (name !== undefined) packages.add(name);
      visit(code.specifier);
    }
  }
  visit(url.href);
  assert.ok(seen.size > 100, `only ${seen.size} modules found`);
  return [...packages].sort();
}

Deno.test("importing the root loads no package that draws, decodes or rasterises", async () => {
  assert.deepEqual(await packagesLoadedBy(ROOT), [
    "@expo-google-fonts/arimo", // its manifest
    "@tensorflow/tfjs-core",
    "@tensorflow/tfjs-node-gpu",
    "entities", // HTML's, of which captions are cleaned
    "nodejs-polars",
    "saxes",
    "yaml",
  ]);
});

Deno.test("the root has few names: the engine's, tables, and a namespace for each room", () => {
  const rooms = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url))).exports;
  // That is `tf` with all that tfjs-node has, which takes its time to load
  const apart = [".", "./tfjs-node-gpu"];
  const namespaces = Object.keys(rooms).filter((name) => !apart.includes(name))
    .map((name) => name.slice(2));
  assert.deepEqual(
    Object.keys(kit).sort(),
    ["help", "jit", "key", "pl", "random", "tf", "writeFileAtomic", ...namespaces].sort(),
  );
});

Deno.test("the engine's namespace shows nothing that only the kit's own layers need", () => {
  const names = Object.keys(kit.tensorflow);
  assert.deepEqual(names.filter((name) => ["unset", "FLOAT"].includes(name)), []);
  assert.ok(names.includes("rawOp"));
});

Deno.test("tables made with the root's polars are the kit's own", () => {
  const values = kit.data.columnValues(kit.pl.DataFrame({ votes: [3, 5] }), "votes");
  assert.deepEqual(Array.from(values), [3, 5]);
});
