import assert from "node:assert/strict";
import { join } from "node:path";
import { loadImageFolder, loadImages, type LoadOptions } from "galaxykit/data";
import type { OnProgress } from "../../../lib/progress.ts";
import { writeGalaxies } from "./_galaxies.ts";

/** A folder of galaxies and an empty one for caches. */
async function folders(count: number, size = 32) {
  const root = Deno.makeTempDirSync();
  const paths = await writeGalaxies(join(root, "galaxies"), { count, size });
  return { folder: join(root, "galaxies"), cache: join(root, "cache"), paths, root };
}

function remove(root: string): void {
  Deno.removeSync(root, { recursive: true });
}

/** The one finished cache of a folder. */
function cacheFile(cache: string): string {
  const files = [...Deno.readDirSync(cache)].map(({ name }) => name);
  assert.deepEqual(files.filter((name) => !name.endsWith(".pixels")), []);
  return join(cache, files.filter((name) => name.endsWith(".pixels"))[0]);
}

Deno.test("a cache gives the same set, the second time without decoding", async () => {
  const { folder, cache, root } = await folders(9);
  const { images, labels, ids } = await loadImageFolder(folder, { size: 16 });
  let decoded = 0;
  const options: LoadOptions = { size: 16, cache, onProgress: () => decoded++ };
  for (const count of [9, 9]) {
    using set = await loadImageFolder(folder, options);
    assert.deepEqual(set.images!, images);
    assert.deepEqual([set.labels, set.ids], [labels, ids]);
    assert.equal(decoded, count);
    set.readAhead!(Int32Array.of(0, 8));
  }
  remove(root);
});

Deno.test("a cache is keyed by the options and by every file", async () => {
  const { folder, cache, paths, root } = await folders(6);
  const count = () => [...Deno.readDirSync(cache)].length;
  async function load(options: Partial<LoadOptions>) {
    using set = await loadImageFolder(folder, { size: 16, cache, ...options });
    return set.images!.slice();
  }
  await load({});
  await load({ concurrency: 1, filter: "lanczos", cropFraction: 1 }); // the same pixels
  assert.equal(count(), 1);
  await load({ size: 15 });
  await load({ filter: "bilinear" });
  await load({ cropFraction: 0.5 });
  await load({ fits: { Q: 9 } });
  assert.equal(count(), 5);
  const before = await load({});
  await Deno.copyFile(paths[3], paths[0]);
  const after = await load({});
  assert.equal(count(), 6);
  assert.notDeepEqual(after, before);
  remove(root);
});

Deno.test("a cache with damage anywhere is refused", async () => {
  const { folder, cache, root } = await folders(6);
  using _set = await loadImageFolder(folder, { size: 16, cache });
  const path = cacheFile(cache);
  const whole = Deno.readFileSync(path);
  const cases: [(bytes: Uint8Array) => Uint8Array, string][] = [
    [(bytes) => bytes.fill(1, 100, 101), "images 0 to 5 differ"],
    [(bytes) => bytes.subarray(0, -1), "its end differs"],
    [(bytes) => bytes.subarray(0, 20), "its end differs"],
    [(bytes) => bytes.subarray(0, 3), "its end differs"],
    [(bytes) => bytes.fill(66, -20, -19), "its manifest differs"],
    [(bytes) => bytes.subarray(500), "its length differs"],
  ];
  for (const [damage, what] of cases) {
    // Replaced by another file: the set above keeps its own.
    Deno.removeSync(path);
    Deno.writeFileSync(path, damage(whole.slice()));
    await assert.rejects(loadImageFolder(folder, { size: 16, cache }), {
      message: `Cannot use image cache "${path}": ${what} from what was written; ` +
        "delete the file to make it anew",
    });
  }
  remove(root);
});

Deno.test("a cache leaves out bad files, in the order of the good ones", async () => {
  const { folder, cache, paths, root } = await folders(9);
  Deno.writeFileSync(paths[4], Deno.readFileSync(paths[4]).subarray(0, -200));
  const plain = await loadImageFolder(folder, { size: 16, bad: "skip" });
  assert.equal(plain.ids.length, 8);
  for (let time = 0; time < 2; time++) {
    await assert.rejects(loadImageFolder(folder, { size: 16, cache }), {
      message: `Cannot decode 1 of the 9 images of "${folder}": "${paths[4]}" ` +
        "(the PNG is damaged or cut); remove them or skip bad files",
    });
    using set = await loadImageFolder(folder, { size: 16, cache, bad: "skip" });
    assert.deepEqual(set.images!, plain.images!);
    assert.deepEqual([set.ids, set.labels, set.bad], [plain.ids, plain.labels, plain.bad]);
  }
  remove(root);
});

Deno.test("a cache goes on where it was ended, and begins anew behind damage", async () => {
  // Large images make chunks of 3: 32 MB.
  const { folder, cache, root } = await folders(10, 8);
  const options: LoadOptions = { size: 1900, cache, filter: "bilinear" };
  const controller = new AbortController();
  await assert.rejects(
    loadImageFolder(folder, {
      ...options,
      signal: controller.signal,
      onProgress: (report) => "done" in report && report.done === 8 && controller.abort(),
    }),
    { name: "AbortError" },
  );
  const partial = join(
    cache,
    [...Deno.readDirSync(cache)].find(({ name }) => name.endsWith(".partial"))!.name,
  );
  const lines = Deno.readTextFileSync(`${partial}.journal`).trim().split("\n");
  assert.equal(lines.length, 3);
  // What a crash leaves: half a line, half an image; and one byte of the second chunk gone bad.
  Deno.writeTextFileSync(`${partial}.journal`, '{"end":9,"ro', { append: true });
  const bytes = Deno.readFileSync(partial);
  bytes[Math.floor(bytes.length * 0.5)] ^= 1;
  Deno.writeFileSync(partial, bytes);
  Deno.writeFileSync(partial, new Uint8Array(1000), { append: true });

  let first = Infinity;
  using set = await loadImageFolder(folder, {
    ...options,
    onProgress(report) {
      assert.ok("done" in report);
      first = Math.min(first, report.done);
      assert.equal(report.total, 10);
    },
  });
  assert.equal(first, 4); // the first chunk was kept
  const plain = await loadImageFolder(folder, { size: 1900, filter: "bilinear" });
  assert.equal(Buffer.compare(set.images!, plain.images!), 0);
  cacheFile(cache); // nothing else is left behind
  remove(root);
});

Deno.test("a cache outlives its process being killed while writing", async () => {
  const { folder, cache, root } = await folders(40, 8);
  const script = join(root, "load.ts");
  Deno.writeTextFileSync(
    script,
    `import { loadImageFolder } from ${JSON.stringify(import.meta.resolve("galaxykit/data"))};
     await loadImageFolder(${JSON.stringify(folder)}, {
       size: 1200, cache: ${JSON.stringify(cache)}, filter: "bilinear",
       onProgress: ({ done }) => console.log(done),
     });`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--config=${new URL("../../../deno.json", import.meta.url).pathname}`,
      script,
    ],
    stdout: "piped",
  }).spawn();
  let seen = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    seen += text;
    if (seen.includes("\n25\n")) {
      child.kill("SIGKILL");
      break;
    }
  }
  await child.status;
  let first = Infinity;
  const onProgress: OnProgress = (report) => {
    if ("done" in report) first = Math.min(first, report.done);
  };
  using set = await loadImageFolder(folder, { size: 1200, cache, filter: "bilinear", onProgress });
  assert.ok(first > 1, "nothing was kept");
  const plain = await loadImageFolder(folder, { size: 1200, filter: "bilinear" });
  assert.equal(Buffer.compare(set.images!, plain.images!), 0);
  remove(root);
});

Deno.test("two loads at once make one cache", async () => {
  const { folder, cache, root } = await folders(9);
  const sets = await Promise.all([1, 2, 3].map(() => loadImageFolder(folder, { size: 16, cache })));
  for (const set of sets) {
    assert.deepEqual(set.images!, sets[0].images!);
  }
  for (const set of sets) set[Symbol.dispose]();
  cacheFile(cache);
  remove(root);
});

Deno.test("a disposed set cannot reach freed memory", async () => {
  const { folder, cache, root } = await folders(3);
  const set = await loadImageFolder(folder, { size: 16, cache });
  set[Symbol.dispose]();
  assert.equal(set.images!.length, 0);
  set.readAhead!(Int32Array.of(0));
  await assert.rejects(async () => await set.read(Int32Array.of(0)), {
    message: "Cannot read images: the set was disposed of",
  });
  remove(root);
});

Deno.test("a cache says when the disk is too small, before decoding", async () => {
  const { paths, cache, root } = await folders(1);
  const items = Array.from({ length: 50_000 }, (_, id) => ({ id: `${id}`, image: paths[0] }));
  await assert.rejects(
    loadImages(items, { size: 100_000, cache }),
    /^RangeError: Cannot write image cache ".*": 1500000.00 GB wanted, .* GB free on the disk; choose a smaller size or another folder$/,
  );
  remove(root);
});
