import assert from "node:assert/strict";
import { galaxiesOf } from "../../../lib/recipes/galaxysd/galaxies.ts";
import { GALAXYSD_SETTINGS } from "../../../lib/recipes/galaxysd/settings.ts";
import { settingsOf } from "../../../lib/settings.ts";
import { temporaryFolder } from "../../temporary.ts";

const settings = settingsOf(GALAXYSD_SETTINGS, { profile: "tiny", perEpoch: 400 });
const galaxies = await galaxiesOf({ data: "data/sky", out: temporaryFolder(), settings });
const { survey, set, train, held, tokenizer, answers, conditions } = galaxies;

Deno.test("each galaxy has eight versions of its caption, the first of which is whole", async () => {
  const row = answers.findIndex((own) => own.includes("a16"));
  const { tokens, images } = await set.read(Int32Array.of(row));
  const length = tokenizer.options.contextLength;
  const texts = Array.from(
    { length: 8 },
    (_, at) => tokenizer.decode(tokens.subarray(at * length, (at + 1) * length)),
  );
  assert.match(texts[0]!, /^sdss , smooth , completely round galaxy/);
  assert.equal(images.length, 32 * 32 * 3);
  const words = new Set(texts[0]!.split(" "));
  // None says what the first does not, but for the little words of another order
  for (const text of texts) {
    for (const word of text.split(" ")) {
      assert.ok(words.has(word) || word === "of", `${word} in ${text}`);
    }
  }
});

Deno.test("galaxies that are kept are not learnt from, and rare kinds are learnt as often", () => {
  const kept = new Set(held);
  assert.equal(kept.size, 6);
  assert.ok(train.every((row) => !kept.has(row) && row < survey.ids.length));
  assert.equal(train.length, 400 * settings.batch);
  // A galaxy with a rare answer comes more often than one with a common one alone
  const times = new Map<number, number>();
  for (const row of train) times.set(row, (times.get(row) ?? 0) + 1);
  const { values, width, layout } = conditions;
  const shows = (row: number, id: string) =>
    values[row * width + layout.answers.indexOf(id)]! > 0.6;
  const rows = [...survey.ids.keys()].filter((row) => !kept.has(row));
  const rare = rows.filter((row) => ["a06", "a19", "a04"].some((id) => shows(row, id)));
  const common = rows.filter((row) => shows(row, "a01") && !rare.includes(row));
  assert.ok(rare.length > 2 && common.length > 10, `${rare.length} and ${common.length}`);
  const mean = (some: number[]) =>
    some.reduce((sum, row) => sum + (times.get(row) ?? 0), 0) / some.length;
  assert.ok(mean(rare) > 1.2 * mean(common), `${mean(rare)} and ${mean(common)} times`);
});

Deno.test("the same settings give the same galaxies", async () => {
  const again = await galaxiesOf({ data: "data/sky", out: temporaryFolder(), settings });
  assert.deepEqual(again.train, train);
  assert.deepEqual(again.held, held);
  assert.deepEqual(again.set.fields!.tokens, set.fields!.tokens);
});
