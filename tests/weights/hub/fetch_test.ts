import assert from "node:assert/strict";
import { join } from "node:path";
import { fetchWeights, type HubErrorCode, openWeights, writeSafetensors } from "galaxykit/weights";
import { temporaryFolder } from "../../temporary.ts";
import { hashOf, Hub, noise, refused } from "./_hub.ts";

const quick = { retryDelay: 1, timeout: 5000 };
const model = noise(300_000);

function hubWithModel(): Hub {
  const hub = new Hub();
  hub.put("model.safetensors", model);
  hub.put("README.md", "---\nlicense: apache-2.0\n---\n", { large: false });
  return hub;
}

/** The files below a folder with their content, or what they link to. */
function tree(folder: string, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory, isSymlink }) => {
      const path = join(folder, name);
      if (isDirectory) return Object.entries(tree(path, `${prefix}${name}/`));
      const text = isSymlink ? `-> ${Deno.readLinkSync(path)}` : Deno.readTextFileSync(path);
      return [[`${prefix}${name}`, text.length > 99 ? `${Deno.statSync(path).size} bytes` : text]];
    }).sort(),
  );
}

async function assertRefused(
  call: Promise<unknown>,
  code: HubErrorCode,
  message: string | RegExp,
): Promise<void> {
  await assert.rejects(call, { name: "HubError", code, message });
}

Deno.test("fetchWeights() fills the cache as huggingface_hub lays it out", async () => {
  await using hub = hubWithModel();
  const env = hub.environment({ HF_TOKEN: "secret" });
  const progress: number[] = [];
  const fetched = await fetchWeights("hf:org/model", {
    ...quick,
    env,
    onProgress(report) {
      assert.ok("done" in report);
      const { what, done, total, unit } = report;
      assert.deepEqual([what, total * 1e6, unit], ["model.safetensors", model.length, "MB"]);
      progress.push(done * 1e6);
    },
  });
  const repository = join(env.HF_HOME, "hub", "models--org--model");
  assert.deepEqual(fetched, {
    reference: { repository: "org/model", revision: hub.commit, file: "model.safetensors" },
    path: join(repository, "snapshots", hub.commit, "model.safetensors"),
    files: ["model.safetensors"],
    upToDate: true,
  });
  assert.deepEqual(Deno.readFileSync(fetched.path), model);
  const sha256 = hashOf({ data: model, large: true });
  const sha1 = hashOf(hub.files.get("README.md")!);
  assert.deepEqual(tree(repository), {
    [`blobs/${sha256}`]: "300000 bytes",
    [`blobs/${sha1}`]: "---\nlicense: apache-2.0\n---\n",
    "refs/main": hub.commit,
    [`snapshots/${hub.commit}/README.md`]: `-> ../../blobs/${sha1}`,
    [`snapshots/${hub.commit}/model.safetensors`]: `-> ../../blobs/${sha256}`,
  });
  assert.equal(progress.at(-1), model.length);
  assert.deepEqual(
    hub.seen.map(({ host, token }) => [host, token]).filter(([host]) => host === "storage"),
    [["storage", undefined]],
  );
  assert.ok(hub.seen.every(({ host, token }) => host === "storage" || token === "Bearer secret"));
  assert.deepEqual(hub.take(), [
    "hub GET /api/models/org/model/revision/main",
    `hub HEAD /org/model/resolve/${hub.commit}/model.safetensors`,
    `storage GET /${sha256}`,
    `hub HEAD /org/model/resolve/${hub.commit}/README.md`,
    `hub GET /org/model/resolve/${hub.commit}/README.md`,
  ]);
});

Deno.test("fetchWeights() asks no more than it must", async () => {
  await using hub = hubWithModel();
  const env = hub.environment();
  const first = await fetchWeights("hf:org/model", { ...quick, env });
  hub.take();
  assert.deepEqual(await fetchWeights("hf:org/model", { ...quick, env }), first);
  assert.deepEqual(hub.take(), ["hub GET /api/models/org/model/revision/main"]);
  const pinned = await fetchWeights(`hf:org/model@${hub.commit}/model.safetensors`, { env });
  assert.deepEqual(pinned, first);
  const offline = { ...env, HF_HUB_OFFLINE: "1" };
  assert.deepEqual(await fetchWeights("hf:org/model", { env: offline }), {
    ...first,
    upToDate: false,
  });
  assert.deepEqual(hub.take(), []);
});

Deno.test("fetchWeights() follows a branch to its new commit, and keeps what is the same", async () => {
  await using hub = hubWithModel();
  const env = hub.environment();
  await fetchWeights("hf:org/model", { ...quick, env });
  hub.commit = "d".repeat(40);
  hub.put("README.md", "new", { large: false });
  hub.take();
  const { path } = await fetchWeights("hf:org/model", { ...quick, env });
  assert.ok(path.includes(hub.commit));
  assert.ok(hub.take().every((line) => !line.startsWith("storage")));
  const refs = join(env.HF_HOME, "hub", "models--org--model", "refs", "main");
  assert.equal(Deno.readTextFileSync(refs), hub.commit);
});

Deno.test("fetchWeights() goes on where a connection was cut", async () => {
  await using hub = hubWithModel();
  hub.cut = 100_000;
  const { path } = await fetchWeights("hf:org/model", { ...quick, env: hub.environment() });
  assert.deepEqual(Deno.readFileSync(path), model);
  const ranges = hub.seen.filter(({ host }) => host === "storage").map(({ range }) => range);
  assert.deepEqual(ranges, [undefined, "bytes=100000-", "bytes=200000-"]);
});

Deno.test("fetchWeights() stops when told, and goes on the next time", async () => {
  await using hub = hubWithModel();
  const env = hub.environment();
  hub.cut = 100_000;
  hub.cuts = 1;
  const stopped = new AbortController();
  const { signal } = stopped;
  const onProgress = () => stopped.abort(new Error("enough"));
  await assert.rejects(fetchWeights("hf:org/model", { ...quick, env, signal, onProgress }), {
    message: "enough",
  });
  hub.take();
  const { path } = await fetchWeights("hf:org/model", { ...quick, env });
  assert.deepEqual(Deno.readFileSync(path), model);
  assert.ok(hub.take().some((line) => /^storage .* bytes=[1-9]\d*-$/.test(line)));
});

Deno.test("fetchWeights() refuses another part of a file than it asked for", async () => {
  await using hub = hubWithModel();
  hub.cut = 100_000;
  hub.shift = 1;
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env: hub.environment() }),
    "server",
    /127\.0\.0\.1:\d+ was asked for byte 100000 on and sends "bytes 100001-299999\/300000"$/,
  );
});

Deno.test("fetchWeights() tells of a connection that breaks again and again", async () => {
  await using hub = hubWithModel();
  const env = hub.environment();
  hub.cut = 1;
  hub.ranges = false; // So that it never gets further
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env }),
    "network",
    /: .+ at byte 1 of 300000; what came is kept, fetch it again$/,
  );
});

Deno.test("fetchWeights() begins anew when the server cannot go on", async () => {
  await using hub = hubWithModel();
  hub.cut = 100_000;
  hub.cuts = 1;
  hub.ranges = false;
  const { path } = await fetchWeights("hf:org/model", { ...quick, env: hub.environment() });
  assert.deepEqual(Deno.readFileSync(path), model);
});

Deno.test("fetchWeights() refuses a file that was changed on the way, and removes it", async () => {
  await using hub = hubWithModel();
  const env = hub.environment();
  hub.substitute = model.with(5, model[5] ^ 1);
  const wanted = hashOf({ data: model, large: true });
  const found = hashOf({ data: hub.substitute, large: true });
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env }),
    "hash-mismatch",
    `Cannot fetch "hf:org/model@${hub.commit}/model.safetensors": its hash is ${found}, ` +
      `the hub announced ${wanted}: it was changed on the way and is removed`,
  );
  assert.deepEqual(tree(join(env.HF_HOME, "hub", "models--org--model")), {});
  hub.substitute = undefined;
  await fetchWeights("hf:org/model", { ...quick, env });
});

Deno.test("fetchWeights() checks small files by git's hash", async () => {
  await using hub = new Hub();
  hub.put("model.safetensors", "small", { large: false });
  hub.misbehave.push(
    () => undefined,
    () => undefined,
    () => new Response("smoll", { headers: { "content-length": "5" } }),
  );
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env: hub.environment() }),
    "hash-mismatch",
    /its hash is [0-9a-f]{40}, the hub announced [0-9a-f]{40}/,
  );
});

Deno.test("fetchWeights() starts over when what an earlier process left is damaged", async () => {
  await using hub = hubWithModel();
  const env = hub.environment();
  const blobs = join(env.HF_HOME, "hub", "models--org--model", "blobs");
  Deno.mkdirSync(blobs, { recursive: true });
  const partial = join(blobs, `${hashOf({ data: model, large: true })}.incomplete`);
  for (const left of [new Uint8Array(1000), new Uint8Array(400_000)]) { // Damaged, too long
    Deno.writeFileSync(partial, left);
    const { path } = await fetchWeights("hf:org/model", { ...quick, env });
    assert.deepEqual(Deno.readFileSync(path), model);
    Deno.removeSync(path);
    Deno.removeSync(partial.replace(".incomplete", ""));
  }
});

Deno.test("fetchWeights() refuses another length than announced", async () => {
  await using hub = hubWithModel();
  hub.substitute = noise(300_001);
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env: hub.environment() }),
    "length-mismatch",
    `Cannot fetch "hf:org/model@${hub.commit}/model.safetensors": 300001 bytes come, ` +
      "the hub announced 300000",
  );
});

Deno.test("fetchWeights() asks a busy hub again", async () => {
  await using hub = hubWithModel();
  for (const status of [503, 429, 500]) hub.misbehave.push(() => refused(status));
  await fetchWeights("hf:org/model", { ...quick, env: hub.environment() });
  assert.equal(hub.take().filter((line) => line.includes("/api/")).length, 4);
});

Deno.test("fetchWeights() follows a repository that moved", async () => {
  await using hub = hubWithModel();
  hub.files.delete("README.md");
  const moved = (location: string) => () =>
    new Response(null, { status: 307, headers: { location } });
  hub.misbehave.push(
    moved("/api/models/org/model/revision/main"),
    () => undefined,
    moved(`/org/model/resolve/${hub.commit}/model.safetensors`),
  );
  const { path } = await fetchWeights("hf:old/name", { ...quick, env: hub.environment() });
  assert.deepEqual(Deno.readFileSync(path), model);
  assert.ok(path.includes("models--old--name"));
});

Deno.test("fetchWeights() says what the hub refuses, and what to do", async () => {
  await using hub = hubWithModel();
  const refusals: [Response, Record<string, string>, HubErrorCode, string][] = [
    [
      refused(401),
      {},
      "unauthorized",
      "there is no such repository, or it is private: check its name, or set HF_TOKEN",
    ],
    [
      refused(401),
      { HF_TOKEN: "secret" },
      "unauthorized",
      "the hub refuses the token of HF_TOKEN, or there is no such repository",
    ],
    [
      refused(401, "GatedRepo"),
      {},
      "gated",
      `its authors ask to accept their conditions: do so at ${hub.endpoint}/org/model and set HF_TOKEN`,
    ],
    [
      refused(403, "GatedRepo"),
      { HF_TOKEN: "secret" },
      "gated",
      `its authors ask to accept their conditions: do so at ${hub.endpoint}/org/model with the account of HF_TOKEN`,
    ],
    [refused(404, "RepoNotFound"), {}, "no-repository", "there is no such repository"],
    [refused(404, "RevisionNotFound"), {}, "no-revision", "the repository has no such revision"],
    [refused(418), {}, "server", `${hub.endpoint} answers 418; try again later`],
    [
      Response.json({ sha: "../x", siblings: [] }),
      {},
      "unverifiable",
      `${hub.endpoint}/api/models/org/model/revision/main tells no commit and files: is it a hub?`,
    ],
  ];
  for (const [response, more, code, reason] of refusals) {
    hub.misbehave.push(() => response);
    await assertRefused(
      fetchWeights("hf:org/model", { ...quick, env: hub.environment(more) }),
      code,
      `Cannot fetch "hf:org/model@main": ${reason}`,
    );
  }
  await assertRefused(
    fetchWeights("hf:org/model/other.bin", { ...quick, env: hub.environment() }),
    "no-file",
    `Cannot fetch "hf:org/model@${hub.commit}/other.bin": the repository has no such file`,
  );
  hub.misbehave.push(() => undefined, () => new Response(null, { headers: { etag: '"../../x"' } }));
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env: hub.environment() }),
    "unverifiable",
    `Cannot fetch "hf:org/model@${hub.commit}/model.safetensors": ${hub.endpoint} gives the size ` +
      '"0" and the hash "../../x": is it a hub?',
  );
});

Deno.test("fetchWeights() without a network uses the cache or tells what to do", async () => {
  const hub = hubWithModel();
  const env = hub.environment();
  const fetched = await fetchWeights("hf:org/model", { ...quick, env });
  await hub[Symbol.asyncDispose]();
  assert.deepEqual(await fetchWeights("hf:org/model", { ...quick, env }), {
    ...fetched,
    upToDate: false,
  });
  await assertRefused(
    fetchWeights("hf:org/other", { ...quick, env }),
    "network",
    /^Cannot fetch "hf:org\/other@main": http:\/\/127\.0\.0\.1:\d+ was not reached \(.+\); fetch it where there is a network, or set HF_ENDPOINT to a mirror$/,
  );
  const offline = { ...env, HF_HUB_OFFLINE: "true" };
  await assertRefused(
    fetchWeights("hf:org/model/other.bin", { env: offline }),
    "offline",
    `Cannot fetch "hf:org/model@main/other.bin": HF_HUB_OFFLINE is set, and the cache ` +
      `"${env.HF_HOME}/hub" has no such weights`,
  );
});

Deno.test("fetchWeights() waits no longer than told", async () => {
  await using hub = hubWithModel();
  hub.delay = 300;
  await assertRefused(
    fetchWeights("hf:org/model", { retryDelay: 1, timeout: 50, env: hub.environment() }),
    "network",
    /: nothing came for 0.05 s at byte 0 of 300000; what came is kept, fetch it again$/,
  );
});

Deno.test("fetchWeights() finds the weights by their customary names", async () => {
  await using hub = new Hub();
  const env = hub.environment();
  const fetchNow = () => fetchWeights("hf:org/model", { ...quick, env });
  hub.put("config.json", "{}", { large: false });
  await assertRefused(
    fetchNow(),
    "no-weights",
    'Cannot fetch "hf:org/model@main": the repository has no .safetensors, .bin, .pt or .pth ' +
      "file (it has config.json)",
  );
  hub.put("b/two.pth", "2");
  assert.deepEqual((await fetchNow()).files, ["b/two.pth"]);
  hub.put("a.pt", "1");
  hub.commit = "e".repeat(40);
  await assertRefused(
    fetchNow(),
    "several-weights",
    'Cannot fetch "hf:org/model@main": the repository has several files of weights, name one of ' +
      "them: b/two.pth, a.pt",
  );
  hub.put("pytorch_model.bin", "3");
  assert.deepEqual((await fetchNow()).files, ["pytorch_model.bin"]);
  hub.put("model.safetensors", "4");
  hub.commit = "f".repeat(40);
  assert.deepEqual((await fetchNow()).files, ["model.safetensors"]);
});

Deno.test("fetchWeights() fetches every shard", async () => {
  await using hub = new Hub();
  const folder = temporaryFolder();
  const weight_map: Record<string, string> = {};
  for (const [i, name] of ["b.weight", "a.weight"].entries()) {
    const shard = `model-0000${i + 1}-of-00002.safetensors`;
    const data = Float32Array.of(i, i + 1);
    writeSafetensors(join(folder, shard), { [name]: { dtype: "F32", shape: [2], data } });
    hub.put(`unet/${shard}`, Deno.readFileSync(join(folder, shard)));
    weight_map[name] = shard;
  }
  const index = JSON.stringify({ metadata: { total_size: 16 }, weight_map });
  hub.put("unet/model.safetensors.index.json", index, { large: false });
  hub.put("README.md", "---\nlicense: mit\n---", { large: false });
  const env = hub.environment();
  const source = "hf:org/model/unet/model.safetensors.index.json";
  using weights = await openWeights(source, { ...quick, env });
  assert.deepEqual(weights.names, ["b.weight", "a.weight"]);
  assert.deepEqual(weights.get("a.weight").data, Float32Array.of(1, 2));
  const record = await weights.record();
  assert.deepEqual({ ...record, files: record.files.map(({ name }) => name) }, {
    source: `hf:org/model@${hub.commit}/unet/model.safetensors.index.json`,
    licence: "mit",
    revision: hub.commit,
    upToDate: true,
    files: ["unet/model-00001-of-00002.safetensors", "unet/model-00002-of-00002.safetensors"],
  });
  for (const { name, hash } of record.files) {
    assert.equal(hash, `sha256:${hashOf(hub.files.get(name)!)}`);
  }
  hub.take();
  using again = await openWeights(source, { env: { ...env, HF_HUB_OFFLINE: "1" } });
  assert.deepEqual(again.names, weights.names);
  Deno.removeSync(
    join(env.HF_HOME, "hub/models--org--model/snapshots", hub.commit, record.files[1].name),
  );
  await assertRefused(
    openWeights(source, { env: { ...env, HF_HUB_OFFLINE: "1" } }),
    "offline",
    /has no such weights$/,
  );
});

Deno.test("fetchWeights() writes nothing outside the cache, whatever a hub says", async () => {
  await using hub = new Hub();
  hub.put("../../../../evil.safetensors", "1");
  await assertRefused(
    fetchWeights("hf:org/model", { ...quick, env: hub.environment() }),
    "no-weights",
    /it has no file/,
  );
  hub.put("model.safetensors.index.json", '{"weight_map": {"a": "../../../x.bin"}}');
  await assert.rejects(fetchWeights("hf:org/model", { ...quick, env: hub.environment() }), {
    name: "SyntaxError",
    message: /its tensor "a" is in "\.\.\/\.\.\/\.\.\/x\.bin", wanted a file beside it$/,
  });
});

Deno.test("two processes that fetch the same end well, and one of them downloads", async () => {
  await using hub = hubWithModel();
  hub.delay = 500;
  const env = hub.environment();
  const program = `
    import { fetchWeights } from "galaxykit/weights";
    const { path } = await fetchWeights("hf:org/model", {
      onProgress: (report) => "message" in report && console.log("waits"),
    });
    console.log(Deno.statSync(path).size);
  `;
  const root = new URL("../../..", import.meta.url).pathname;
  const outputs = await Promise.all([1, 2, 3].map(() =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", program],
      cwd: root,
      env: { ...env, NO_COLOR: "1" },
    }).output()
  ));
  const decoder = new TextDecoder();
  for (const { success, stdout, stderr } of outputs) {
    assert.ok(success, decoder.decode(stderr));
    assert.match(decoder.decode(stdout), /^(waits\n)*300000\n$/);
  }
  assert.equal(hub.take().filter((line) => line.startsWith("storage")).length, 1);
});
