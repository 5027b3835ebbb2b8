import assert from "node:assert/strict";
import { answersOf, gz2Tree, Prng } from "galaxykit/data";
import { assemble, drawGalaxy, expectedFractions, expectedTable, tally } from "galaxykit/sky";
import { offsets } from "../../lib/sky/consistency.ts";
import { vote } from "../../lib/sky/volunteers.ts";
import { smallSky } from "./_sky.ts";

Deno.test("expectedFractions() is what ever more volunteers come to", () => {
  for (const index of [0, 7, 21]) {
    const galaxy = drawGalaxy({ seed: 4, index });
    const session = assemble(galaxy);
    // Volunteers of many crowds, before this one galaxy
    const crowds = Array.from(
      { length: 200 },
      (_, crowd) =>
        assemble({ ...galaxy, index: 1000 * crowd }, {
          classifications: { mean: 150, deviation: 0, minimum: 150, maximum: 150 },
        }),
    );
    const habits = crowds.flatMap((crowd) => crowd.habits);
    const volunteers = Uint32Array.from(habits.keys());
    const random = new Prng(index);
    const dice = Float64Array.from({ length: 22 * habits.length }, () => random.uniform());
    const totals = tally(vote({ ...session, habits, volunteers, dice }));
    const expected = expectedFractions(session);
    gz2Tree.questions.forEach(({ id }, question) => {
      const [from, to] = [offsets[question], offsets[question + 1]];
      const asked = totals.slice(from, to).reduce((a, b) => a + b);
      assert.ok(Math.abs(expected.slice(from, to).reduce((a, b) => a + b) - 1) < 1e-12);
      for (let k = from; k < to; k++) {
        // Four standard deviations, and what habits of one crowd have in common
        const error = Math.sqrt(expected[k] * (1 - expected[k]) / asked) + 2e-4;
        const found = totals[k] / asked;
        assert.ok(
          Math.abs(found - expected[k]) < 4.5 * error,
          `${id} ${k}: ${found}, ${expected[k]}`,
        );
      }
    });
  }
});

Deno.test("expectedTable() has what an endless crowd would say, for each answer", () => {
  const sky = smallSky(6);
  const table = expectedTable(sky);
  assert.deepEqual(table.shape, { height: 6, width: 38 });
  for (const [place, { stem }] of answersOf(gz2Tree).entries()) {
    const column = [...table.getColumn(`${stem}_expected`)];
    assert.deepEqual(column, sky.map(({ votes }) => votes.expected[place]));
  }
  assert.throws(() => expectedTable([]), {
    name: "RangeError",
    message: "Cannot make a table of the sky: no galaxies given",
  });
});
