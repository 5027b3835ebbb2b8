import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { assertFree, lockFolder, stopWork } from "../lib/lock.ts";
import { temporaryFolder } from "./temporary.ts";

const purpose = { what: "use" };

Deno.test("lockFolder() makes a folder, and leaves nothing where nothing was written", () => {
  const folder = join(temporaryFolder(), "a", "b");
  lockFolder(folder, purpose)[Symbol.dispose]();
  assert.ok(!existsSync(folder));
  using _lock = lockFolder(folder, purpose);
  const { pid, host } = JSON.parse(Deno.readTextFileSync(join(folder, ".process")));
  assert.deepEqual([pid, host], [Deno.pid, hostname()]);
  assertFree(folder, purpose); // One's own
});

Deno.test("lockFolder() takes what a process left that is no more, whatever its number is now", () => {
  for (
    const left of [
      JSON.stringify({ pid: 1, host: hostname(), since: "" }), // A number that another has now
      JSON.stringify({ pid: Deno.pid, host: "another", since: "" }),
      "12345", // As the kit wrote it before
      "",
      "{",
    ]
  ) {
    const folder = temporaryFolder();
    Deno.writeTextFileSync(join(folder, ".process"), left);
    assertFree(folder, purpose);
    using _lock = lockFolder(folder, purpose);
    assert.equal(JSON.parse(Deno.readTextFileSync(join(folder, ".process"))).pid, Deno.pid);
  }
});

Deno.test("lockFolder() names the owner, of another machine by its name", () => {
  const folder = temporaryFolder();
  const path = join(folder, ".process");
  using file = Deno.openSync(path, { create: true, read: true, write: true });
  assert.ok(file.tryLockSync(true)); // As another process would
  for (
    const [content, owner] of [
      [JSON.stringify({ pid: 77, host: hostname(), since: "" }), "process 77"],
      [JSON.stringify({ pid: 77, host: "far", since: "" }), "process 77 on far"],
      ["", "another process"],
    ]
  ) {
    Deno.writeTextFileSync(path, content!);
    const message =
      `Cannot use "${folder}": ${owner} is at work in it; wait for it, or name another folder`;
    assert.throws(() => lockFolder(folder, purpose), { message });
    assert.throws(() => assertFree(folder, purpose), { message });
  }
});

Deno.test("lockFolder() keeps kinds of work apart by the name of its file", () => {
  const folder = temporaryFolder();
  using _one = lockFolder(folder, purpose);
  using _other = lockFolder(folder, { ...purpose, name: ".other" });
  assert.throws(() => lockFolder(folder, { ...purpose, name: ".other" }), /this one, is at work/);
});

Deno.test("stopWork() interrupts the process that works in a folder, on this machine", async () => {
  const folder = temporaryFolder();
  const nothing = { message: `Cannot stop the work in "${folder}": nothing is at work in it` };
  assert.throws(() => stopWork(folder), nothing);
  assert.throws(() => stopWork(`${folder}/none`), /"[^"]*none": there is no such folder$/);
  Deno.writeTextFileSync(join(folder, ".process"), JSON.stringify({ pid: 1, host: hostname() }));
  assert.throws(() => stopWork(folder), nothing); // What a killed process left
  const code = `import { lockFolder } from "${new URL("../lib/lock.ts", import.meta.url)}";
    lockFolder(${JSON.stringify(folder)}, { what: "use" });
    Deno.addSignalListener("SIGINT", () => Deno.exit(7));
    console.log("held");
    setTimeout(() => {}, 60_000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
    ...{ stdout: "piped", stdin: "null" },
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  assert.equal(stopWork(folder), child.pid);
  await reader.cancel();
  assert.equal((await child.status).code, 7);
  using file = Deno.openSync(join(folder, ".process"), { read: true, write: true });
  assert.ok(file.tryLockSync(true));
  const far = { pid: 7, host: "far", since: "" };
  Deno.writeTextFileSync(join(folder, ".process"), JSON.stringify(far));
  assert.throws(() => stopWork(folder), {
    message: `Cannot stop the work in "${folder}": process 7 is on far; stop it there`,
  });
});
