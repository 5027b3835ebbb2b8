import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary.ts";

const ROOT = new URL("..", import.meta.url).pathname;

Deno.test("the manifest is complete but for scope and licence: a registry would take the kit alone", async () => {
  const folder = temporaryFolder();
  const manifest = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  for (const name of [...manifest.publish.include, "tests", "tasks", "bench"]) {
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.endsWith("node_modules"),
    });
  }
  // Two things are for whoever publishes it to say.
  const told = { ...manifest, name: `@scope/${manifest.name}`, license: "MIT" };
  Deno.writeTextFileSync(join(folder, "deno.json"), JSON.stringify(told));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--allow-slow-types", "--no-check"],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, output);
  const files = [...output.matchAll(/file:\/\/(\S+)/g)].map(([, path]) =>
    path!.slice(path!.indexOf(folder) + folder.length + 1)
  );
  assert.ok(files.includes("lib/train/mod.ts") && files.includes("mod.ts"), output);
  assert.deepEqual(files.filter((file) => /^(tests|tasks|bench|notebooks)\b/.test(file)), []);
});
