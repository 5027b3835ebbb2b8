import assert from "node:assert/strict";
import { join } from "node:path";
import { answersOf, gz2Tree, numberColumn, readTable } from "galaxykit/data";
import { fractionCorrelation } from "galaxykit/metrics";
import { loadPretrained } from "galaxykit/models";
import { writeSky } from "galaxykit/sky";
import { pageOf, read } from "../../lib/recipes/backbones/reading.ts";
import { BACKBONE_SETTINGS } from "../../lib/recipes/backbones/settings.ts";
import { settingsOf } from "../../lib/settings.ts";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";

const settings = settingsOf(BACKBONE_SETTINGS, { profile: "tiny" });

Deno.test("pageOf() knows the ceiling: what an endless crowd has with this one", async () => {
  const folder = join(temporaryFolder(), "sky");
  await writeSky(folder, { count: 600, size: 8, seed: 3 });
  const { questions, rows, fractions } = pageOf(folder, { settings });
  const endless = readTable(join(folder, "expected_votes.parquet"));
  assert.ok(questions.length >= 9, questions.map(({ id }) => id).join());
  for (const { id, ceiling, galaxies } of questions) {
    assert.equal(rows[id].length, galaxies);
    const answers = answersOf(gz2Tree, [id]);
    const at = (values: ArrayLike<number>) => Array.from(rows[id], (row) => values[row]);
    const found = fractionCorrelation({
      target: answers.map((answer) => at(fractions[answer.id])),
      prediction: answers.map(({ stem }) => at(numberColumn(endless, `${stem}_expected`))),
    });
    // Of some 60 galaxies an r of 0.8 is known to 0.05
    assert.ok(Math.abs(found - ceiling) < 3 / Math.sqrt(galaxies) * (1 - ceiling ** 2) + 0.02, id);
  }
});

Deno.test({
  ...onShared("gz2_hart16_sample", "pageOf() reads real galaxies, whose votes are not counted"),
}, () => {
  const { on, questions } = pageOf(join(shared, "gz2_hart16_sample"), { settings });
  assert.equal(on, "gz2_hart16_sample");
  const [first, edgeOn] = questions;
  assert.equal(questions.length, 11);
  assert.ok(first.galaxies >= 990 && edgeOn.galaxies < first.galaxies);
  for (const { id, ceiling } of questions) assert.ok(ceiling > 0.7 && ceiling < 1, id);
});

Deno.test("read() finds what is in the features, and nothing where votes are another galaxy's", async () => {
  const folder = join(temporaryFolder(), "sky");
  await writeSky(folder, { count: 250, size: 96, seed: 4 });
  const page = pageOf(folder, { settings });
  const { model } = await loadPretrained("resnet18_mini");
  const { size, cropFraction } = model.preprocessing;
  const options = { size, cropFraction, cache: temporaryFolder(), seed: 1 };
  const { probe, outputs } = await read(model, page, options);
  assert.equal(outputs, undefined);
  assert.ok(probe.t07 > 0.6, `${probe.t07}`);
  const shuffled = Object.fromEntries(
    Object.entries(page.fractions).map(([answer, values]) => [answer, values.toReversed()]),
  );
  const blind = await read(model, { ...page, fractions: shuffled }, options);
  assert.ok(Math.abs(blind.probe.t01) < 0.25, `${blind.probe.t01}`);
  model.dispose();
});
