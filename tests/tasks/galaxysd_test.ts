import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage } from "galaxykit/data";
import { untrained } from "../recipes/galaxysd/_untrained.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

Deno.test("galaxysd generates images with their seeds, from words and votes", async () => {
  const model = await untrained();
  const out = join(temporaryFolder(), "images");
  const args = [
    ...["generate", "--model", model, "--prompt", "sdss, ring galaxy, {dust lane:1.2}"],
    ...["--votes", "bar=0.7,a02=0.9", "--count", "2", "--seed", "7", "--steps", "2", "--out", out],
  ];
  const { code, stdout, stderr } = await runTask("galaxysd", args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /2 images in .*grid\.png, generation\.json with their seeds/);
  const record = JSON.parse(Deno.readTextFileSync(join(out, "generation.json")));
  assert.deepEqual(
    record.images,
    [7, 8].map((seed) => (
      { file: `${seed}.png`, seed, width: 32, height: 32 }
    )),
  );
  assert.deepEqual([record.votes, record.guidance, record.steps], [["bar=0.7", "a02=0.9"], 4, 2]);
  const [one, other] = await Promise.all(
    [7, 8].map((seed) => decodeImage(join(out, `${seed}.png`), { size: 32 })),
  );
  assert.notDeepEqual(one, other);
  // What a stopped run has left stays, and the second one alone is the same
  Deno.removeSync(join(out, "8.png"));
  const { mtime } = Deno.statSync(join(out, "7.png"));
  await runTask("galaxysd", args);
  assert.deepEqual(Deno.statSync(join(out, "7.png")).mtime, mtime);
  const again = await decodeImage(join(out, "8.png"), { size: 32 });
  const largest = Math.max(...again.map((value, at) => Math.abs(value - other![at]!)));
  assert.ok(largest <= 1, `${largest} grey levels`);
});

Deno.test("galaxysd generates with the kit's own model where none is named", async () => {
  const out = join(temporaryFolder(), "images");
  const asked = ["generate", "--prompt", "sdss, edge-on galaxy", "--count", "1", "--steps", "1"];
  const { code, stderr } = await runTask("galaxysd", [...asked, "--out", out]);
  assert.equal(code, 0, stderr);
  const { model, images } = JSON.parse(Deno.readTextFileSync(join(out, "generation.json")));
  assert.deepEqual([model, images[0].width], ["kit:galaxysd_small", 64]);
});

Deno.test("galaxysd says what it cannot generate", async () => {
  const model = await untrained();
  const out = join(temporaryFolder(), "images");
  const cases: [string[], RegExp][] = [
    [[], /wanted train, adapt, generate or publish, found nothing/],
    [["make"], /wanted train, adapt, generate or publish, found make/],
    [["generate", "--votes", "bar"], /--votes wants ANSWER=SHARE such as bar=0\.7, found "bar"/],
    [["generate", "--votes", "baar=0.7"], /no answer "baar", nearest is "bar"/],
    [["generate", "--prompt", "a {ring"], /\{/],
    [["generate", "--size", "30"], /30/],
    [["generate", "--model", "nowhere"], /Cannot open the pipeline "nowhere"/],
  ];
  for (const [args, message] of cases) {
    const chosen = args.includes("--model") ? [] : ["--model", model];
    const { code, stderr } = await runTask("galaxysd", [...args, ...chosen, "--out", out]);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});
