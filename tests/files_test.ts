import assert from "node:assert/strict";
import { join } from "node:path";
import { AtomicFile, writeFileAtomic } from "../lib/files.ts";
import { temporaryFolder } from "./temporary.ts";

const text = (value: string) => new TextEncoder().encode(value);
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("AtomicFile has nothing at its path before commit(), and all of it after", () => {
  const path = join(temporaryFolder(), "new", "log.txt");
  using file = new AtomicFile(path);
  file.write(text("a"));
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  file.write(text("b"));
  file.commit();
  assert.equal(Deno.readTextFileSync(path), "ab");
  assert.deepEqual(names(join(path, "..")), ["log.txt"]);
});

Deno.test("AtomicFile leaves what was there when it is not committed", () => {
  const folder = temporaryFolder();
  const path = join(folder, "log.txt");
  writeFileAtomic(path, "old");
  {
    using file = new AtomicFile(path);
    file.write(text("new"));
  }
  assert.equal(Deno.readTextFileSync(path), "old");
  assert.deepEqual(names(folder), ["log.txt"]);
});

Deno.test("writeFileAtomic() leaves nothing behind when its pieces or its path fail", () => {
  const folder = temporaryFolder();
  function* pieces(): Generator<Uint8Array> {
    yield text("half");
    throw new RangeError("no more");
  }
  assert.throws(() => writeFileAtomic(join(folder, "log.txt"), pieces()), {
    name: "RangeError",
    message: "no more",
  });
  Deno.mkdirSync(join(folder, "taken", "x"), { recursive: true });
  assert.throws(
    () => writeFileAtomic(join(folder, "taken"), "text"),
    /^Error: Cannot write ".*taken": /,
  );
  assert.deepEqual(names(folder), ["taken"]);
});

Deno.test("writeFileAtomic() names the path alone where it cannot write, the folder's too", () => {
  assert.throws(() => writeFileAtomic("/proc/none/log.txt", "text"), {
    message: /^Cannot write "\/proc\/none\/log\.txt": [^:]* \(os error \d+\)$/,
  });
});
