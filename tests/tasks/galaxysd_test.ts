import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, openSurvey, voteConditions } from "galaxykit/data";
import { fitPatchCodec } from "galaxykit/models";
import { saveGalaxyPipeline } from "galaxykit/recipes";
import { key } from "galaxykit/tensorflow";
import { captionTokenizer, newModel } from "../../lib/recipes/galaxysd/model.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

/** A model that has learnt nothing, as a training leaves one. */
async function untrained(): Promise<string> {
  const survey = openSurvey("data/sky");
  const { images } = await survey.images({ size: 32, targets: [] });
  const { codec } = fitPatchCodec(images!, { size: 32 });
  const tokenizer = captionTokenizer(["sdss, ring galaxy, dust lane"]);
  const model = newModel({ networks: "tiny", width: undefined, told: "both" }, {
    ...{ key: key(1), codec, tokenizer },
  });
  const folder = join(temporaryFolder(), "pipeline");
  await saveGalaxyPipeline(folder, model, { layout: voteConditions(survey).layout });
  return folder;
}

Deno.test("galaxysd generates images with their seeds, from words and votes", async () => {
  const model = await untrained();
  const out = join(temporaryFolder(), "images");
  const { code, stdout, stderr } = await runTask("galaxysd", [
    ...["generate", "--model", model, "--prompt", "sdss, ring galaxy, {dust lane:1.2}"],
    ...["--votes", "bar=0.7,a02=0.9", "--count", "2", "--seed", "7", "--steps", "2", "--out", out],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /2 images in .*grid\.png, generation\.json with their seeds/);
  const record = JSON.parse(Deno.readTextFileSync(join(out, "generation.json")));
  assert.deepEqual(
    record.images,
    [7, 8].map((seed) => (
      { file: `${seed}.png`, seed, width: 32, height: 32 }
    )),
  );
  assert.deepEqual([record.votes, record.guidance, record.steps], [["bar=0.7", "a02=0.9"], 2, 2]);
  const [one, other] = await Promise.all(
    [7, 8].map((seed) => decodeImage(join(out, `${seed}.png`), { size: 32 })),
  );
  assert.notDeepEqual(one, other);
  // The second one alone is the same
  const alone = join(temporaryFolder(), "alone");
  await runTask("galaxysd", [
    ...["generate", "--model", model, "--prompt", "sdss, ring galaxy, {dust lane:1.2}"],
    ...[
      "--votes",
      "bar=0.7,a02=0.9",
      "--count",
      "1",
      "--seed",
      "8",
      "--steps",
      "2",
      "--out",
      alone,
    ],
  ]);
  const again = await decodeImage(join(alone, "8.png"), { size: 32 });
  const largest = Math.max(...again.map((value, at) => Math.abs(value - other![at]!)));
  assert.ok(largest <= 1, `${largest} grey levels`);
});

Deno.test("galaxysd says what it cannot generate", async () => {
  const model = await untrained();
  const out = join(temporaryFolder(), "images");
  const cases: [string[], RegExp][] = [
    [[], /wanted train or generate, found nothing/],
    [["make"], /wanted train or generate, found make/],
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
