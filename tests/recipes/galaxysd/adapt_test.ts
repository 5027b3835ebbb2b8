import assert from "node:assert/strict";
import { join } from "node:path";
import { openPipeline, withWords } from "galaxykit/generation";
import { openDiffusionLora } from "galaxykit/models";
import { openTextualInversion } from "galaxykit/prompts";
import { ADAPT_SETTINGS, adaptGalaxies, openGalaxyPipeline } from "galaxykit/recipes";
import { type GivenOf, settingsOf } from "../../../lib/settings.ts";
import { temporaryFolder } from "../../temporary.ts";
import { untrained } from "./_untrained.ts";

const quick = { epochs: 1, batch: 32, compiler: "none", crop: 1 } as const;

/** Its tokenizer knows few words: captions of votes would be too long. */
const short = { caption: "sdss, ring galaxy" };

async function adapted(model: string, given: GivenOf<typeof ADAPT_SETTINGS>): Promise<string> {
  const settings = settingsOf(ADAPT_SETTINGS, { ...quick, ...given });
  const out = join(temporaryFolder(), "run");
  const { written, history } = await adaptGalaxies(model, { data: "data/sky", out, settings });
  assert.equal(history.length, 1);
  return written;
}

Deno.test("adaptGalaxies() leaves adapters, a word or a pipeline that open again", async () => {
  const model = await untrained();
  const { pipeline: { unet, textEncoder, ...others } } = await openGalaxyPipeline(model);
  const both = { unet, textEncoder: textEncoder! };
  const lora = await adapted(model, {
    ...{ ...short, rank: 2, parts: ["unet", "textEncoder"], dialect: "kohya" },
  });
  const { unet: found, textEncoder: other } = await openDiffusionLora(both, lora);
  assert.deepEqual([found!.rank, other!.rank], [2, 2]);

  const word = await adapted(model, {
    ...{ learns: "word", word: "<round>", near: "ring galaxy", showing: ["smooth"], batch: 2 },
  });
  const [learned] = await openTextualInversion(word);
  assert.equal(learned!.token, "<round>");
  assert.equal(withWords({ ...both, ...others }, [learned!]).learned!.shape[0], 1);

  const whole = await adapted(model, { ...short, learns: "whole" });
  const weightsOf = (of: typeof unet) => [...of.conv_in.weight.dataSync()];
  const again = await openPipeline(whole);
  assert.notDeepEqual(weightsOf(again.unet), weightsOf(unet));
});

Deno.test("adaptGalaxies() says what it cannot learn", async () => {
  const model = await untrained();
  const refused = (given: GivenOf<typeof ADAPT_SETTINGS>, message: RegExp) =>
    assert.rejects(adapted(model, given), { message });
  await refused({ showing: ["smoth"] }, /no answer "smoth", nearest is "smooth"/);
  await refused(
    { showing: ["smooth", "spiral"] },
    /of 64 galaxies none is surely smooth and spiral/,
  );
  await refused({}, /tokens with start and end, and 32 are read, so that/);
  await refused({ zeroSnr: true }, /schedule of flowMatchHeun end in pure noise/);
});
