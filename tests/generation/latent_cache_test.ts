import assert from "node:assert/strict";
import { join } from "node:path";
import { orientation } from "galaxykit/augment";
import { imageSet, openSurvey } from "galaxykit/data";
import { AutoencoderCodec, cacheLatents, type LatentCodec } from "galaxykit/generation";
import { autoencoderConfigs, AutoencoderKL, fitPatchCodec } from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";
import { temporaryFolder } from "../temporary.ts";
import { options as killedOptions, set as killedSet } from "./_latents_child.ts";

const SIZE = 16;
const { images, ids } = await openSurvey("data/sky").images({ size: SIZE, targets: [] });
const bytes = SIZE * SIZE * 3;
const set = imageSet({ images: images!.slice(0, 20 * bytes), size: SIZE, ids: ids.slice(0, 20) });
const { codec } = fitPatchCodec(images!, { size: SIZE });
const options = { codec, codecName: "patches", perShard: 6, batchSize: 4 };

const everything = (length: number) => Int32Array.from({ length }, (_, at) => at);
const files = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !name.startsWith("."))
    .sort();

Deno.test("cached latents are those of the turned images, image by image and view by view", async () => {
  const folder = temporaryFolder();
  const before = tf.memory().numTensors;
  using latents = await cacheLatents(folder, set, options);
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([latents.length, latents.shape], [160, [4, 4, 12]]);
  assert.equal(latents.ids[8 * 7 + 3], `${ids[7]}/3`);
  assert.equal(files(folder).length, 1 + 4);
  for (const [image, view] of [[0, 0], [7, 3], [19, 6]] as const) {
    const { latents: found } = await latents.read(Int32Array.of(8 * image + view));
    const wanted = tf.tidy(() => {
      const pixels = tf.tensor4d(
        Float32Array.from(images!.subarray(image * bytes, (image + 1) * bytes)),
        [1, SIZE, SIZE, 3],
      );
      const turned = orientation(tf.sub(tf.div(pixels, 127.5), 1) as tf.Tensor4D, view);
      return codec.encode(turned).dataSync();
    });
    found.forEach((value, at) =>
      assert.ok(Math.abs(value - wanted[at]!) < 2e-3 * (1 + Math.abs(value)))
    );
  }
});

/** A codec that fails after so many calls. */
function failing(inner: LatentCodec, calls: number): LatentCodec {
  let left = calls;
  return {
    latentChannels: inner.latentChannels,
    factor: inner.factor,
    decode: (latents) => inner.decode(latents),
    encode(images, options) {
      if (left-- <= 0) throw new Error("ended");
      return inner.encode(images, options);
    },
  };
}

Deno.test("encoding that was ended goes on to the same bits, drawn ones and damaged ones, too", async () => {
  const model = new AutoencoderKL(autoencoderConfigs.tiny, { key: key(1) });
  const drawn = { ...options, codec: new AutoencoderCodec(model), codecName: "tiny", seed: 4 };
  for (const chosen of [options, drawn]) {
    const [whole, broken] = [temporaryFolder(), temporaryFolder()];
    (await cacheLatents(whole, set, chosen))[Symbol.dispose]();
    const ended = { ...chosen, codec: failing(chosen.codec, 90 / (chosen === drawn ? 1 : 4)) };
    await assert.rejects(cacheLatents(broken, set, ended), /ended/);
    assert.ok(files(broken).length < files(whole).length);
    // Another batch, and one shard with a bit turned
    const shard = join(broken, "latents-00000.safetensors");
    const damaged = Deno.readFileSync(shard);
    damaged[damaged.length - 9]! ^= 1;
    Deno.writeFileSync(shard, damaged);
    (await cacheLatents(broken, set, { ...chosen, batchSize: chosen === drawn ? 3 : 4 }))
      [Symbol.dispose]();
    for (const name of files(whole)) {
      assert.deepEqual(
        Deno.readFileSync(join(broken, name)),
        Deno.readFileSync(join(whole, name)),
        name,
      );
    }
  }
  model.dispose();
});

Deno.test("encoding that was killed goes on to the same bits, and makes no whole shard again", async () => {
  const [whole, killed] = [temporaryFolder(), temporaryFolder()];
  (await cacheLatents(whole, killedSet, killedOptions))[Symbol.dispose]();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("_latents_child.ts", import.meta.url).pathname,
      killed,
    ],
    ...{ stdin: "null", stdout: "piped" },
  }).spawn();
  // Seven batches are three shards and a half
  let lines = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    lines += text.split("\n").length - 1;
    if (lines >= 7) child.kill("SIGKILL");
  }
  assert.equal((await child.status).signal, "SIGKILL");
  const before = files(killed).filter((name) => name.endsWith(".safetensors"));
  assert.ok(before.length > 2 && before.length < 6, `${before}`);
  Deno.writeTextFileSync(join(killed, ".latents-00004.safetensors.4194399.00000000"), "half");
  const kept = before.map((name) => Deno.statSync(join(killed, name)).mtime);
  (await cacheLatents(killed, killedSet, killedOptions))[Symbol.dispose]();
  assert.deepEqual(before.map((name) => Deno.statSync(join(killed, name)).mtime), kept);
  assert.deepEqual(files(killed), files(whole));
  for (const name of files(whole)) {
    assert.deepEqual(Deno.readFileSync(join(killed, name)), Deno.readFileSync(join(whole, name)));
  }
});

Deno.test("a folder of latents is not taken for those of something else", async () => {
  const folder = temporaryFolder();
  (await cacheLatents(folder, set, options))[Symbol.dispose]();
  const others = imageSet({
    images: images!.slice(bytes, 21 * bytes),
    size: SIZE,
    ids: ids.slice(0, 20),
  });
  const refused = (of: Promise<unknown>, message: RegExp) => assert.rejects(of, { message });
  await refused(cacheLatents(folder, others, options), /it holds those of images "/);
  await refused(
    cacheLatents(folder, set, { ...options, codecName: "b" }),
    /of codec "patches", "b" wanted/,
  );
  await refused(cacheLatents(folder, set, { ...options, seed: 1 }), /of seed null, 1 wanted/);
  const odd = imageSet({ images: new Uint8Array(18 * 18 * 3), size: 18 });
  await refused(cacheLatents(folder, odd, options), /sides of 18 pixels, wanted a multiple of 4/);
});

Deno.test("latents that are no numbers are refused, and an abort goes on later", async () => {
  const wrong: LatentCodec = {
    ...{ latentChannels: 12, factor: 4, decode: (x: tf.Tensor) => x as tf.Tensor4D },
    encode: (x) => tf.fill([x.shape[0]!, 4, 4, 12], NaN) as tf.Tensor4D,
  };
  await assert.rejects(cacheLatents(temporaryFolder(), set, { ...options, codec: wrong }), {
    name: "RangeError",
    message: new RegExp(`one of ${ids[0]} is NaN`),
  });
  const folder = temporaryFolder();
  const stop = new AbortController();
  const run = cacheLatents(folder, set, {
    ...{ ...options, signal: stop.signal },
    onProgress: () => stop.abort(),
  });
  await assert.rejects(run, { name: "AbortError" });
  using latents = await cacheLatents(folder, set, options);
  assert.equal((await latents.read(everything(160))).latents.length, 160 * 4 * 4 * 12);
});
