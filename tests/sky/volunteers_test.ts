import assert from "node:assert/strict";
import { answerColumn, answersOf, gz2Tree } from "galaxykit/data";
import { classify, drawGalaxy, fractionsOf, type Galaxy, tally } from "galaxykit/sky";
import { mean, smallSky } from "./_sky.ts";

const QUESTIONS = gz2Tree.questions;

Deno.test("classify() gives a galaxy the same votes alone, in any order and again", () => {
  const sky = smallSky(4);
  for (const index of [3, 0]) {
    const galaxy = drawGalaxy({ seed: 4, index });
    assert.deepEqual(classify(galaxy), sky[index].votes);
  }
  assert.notDeepEqual(classify(drawGalaxy({ seed: 5, index: 0 })), sky[0].votes);
});

Deno.test("classify() lets 30 to 60 different volunteers look, 43 on average", () => {
  const counts = smallSky(150).map(({ votes }) => {
    assert.equal(new Set(votes.volunteers).size, votes.volunteers.length);
    return votes.volunteers.length;
  });
  assert.ok(Math.min(...counts) >= 30 && Math.max(...counts) <= 60, `${counts}`);
  assert.ok(Math.abs(mean(counts) - 43) < 1.5, `${mean(counts)}`);
  const few = { mean: 9, deviation: 4, minimum: 8, maximum: 10 };
  const galaxy = drawGalaxy({ seed: 1, index: 1 });
  const { volunteers } = classify(galaxy, { classifications: few });
  assert.ok(volunteers.length >= 8 && volunteers.length <= 10, `${volunteers.length}`);
  assert.throws(() => classify(galaxy, { classifications: { ...few, maximum: 151 } }), {
    name: "RangeError",
    message: "Cannot classify a galaxy: 1 to 150 volunteers are wanted, 8 to 151 found",
  });
});

Deno.test("classify() sends every volunteer along a path of the tree", () => {
  for (const { votes } of smallSky(40)) {
    for (let row = 0; row < votes.volunteers.length; row++) {
      const given = votes.answers.subarray(row * QUESTIONS.length, (row + 1) * QUESTIONS.length);
      const asked = new Set<number>();
      for (let question = 0; question >= 0;) {
        asked.add(question);
        const answer = QUESTIONS[question].answers[given[question] - 1];
        assert.ok(answer, `volunteer ${row} skips ${QUESTIONS[question].id}`);
        question = QUESTIONS.findIndex(({ id }) => id === answer.next);
      }
      given.forEach((answer, question) => assert.equal(answer > 0, asked.has(question)));
    }
  }
});

Deno.test("tally() counts at each question as many votes as its answers before it had", () => {
  const place = new Map(answersOf(gz2Tree).map(({ id }, k) => [id, k]));
  for (const { votes } of smallSky(40)) {
    const totals = tally(votes);
    for (const { answers, after } of QUESTIONS) {
      const sum = (ids: readonly string[]) =>
        ids.reduce((total, id) => total + totals[place.get(id)!], 0);
      const expected = after.length === 0 ? votes.volunteers.length : sum(after);
      assert.equal(sum(answers.map(({ id }) => id)), expected);
    }
  }
});

Deno.test("classify() is clear about clear galaxies", () => {
  const sky = smallSky(1500, 7);
  function share(answer: string, of: (galaxy: Galaxy) => boolean): number {
    const place = answersOf(gz2Tree).findIndex(({ id }) => id === answer);
    const chosen = sky.filter(({ galaxy }) => galaxy.artifact === null && of(galaxy));
    assert.ok(chosen.length >= 5, `${answer}: ${chosen.length} galaxies`);
    return mean(chosen.map(({ votes }) => fractionsOf(tally(votes))[place]));
  }
  const edge = (galaxy: Galaxy) => galaxy.class === "spiral" && galaxy.disc!.inclination > 84;
  const armed = (galaxy: Galaxy) =>
    galaxy.arms !== null && galaxy.arms.strength > 0.45 && galaxy.disc!.inclination < 55 &&
    galaxy.petroR50 > 3;
  const round = (galaxy: Galaxy) =>
    galaxy.class === "elliptical" && galaxy.bulge.axisRatio > 0.9 && galaxy.companion === null;
  assert.ok(share("a01", round) > 0.8, "ellipticals are smooth");
  assert.ok(share("a16", round) > 0.6, "and round");
  assert.ok(share("a02", armed) > 0.6, "spirals have features");
  assert.ok(share("a08", armed) > 0.8, "which are arms");
  assert.ok(share("a04", edge) > 0.6, "an edge-on disc is one");
  assert.ok(share("a14", ({ companion }) => companion !== null) > 0.35, "mergers are odd");
});

Deno.test("classify() hides the arms of distant galaxies", () => {
  const arms = answersOf(gz2Tree).findIndex(({ id }) => id === "a02");
  const near = smallSky(400, 9).map(({ galaxy }) => galaxy)
    .filter((galaxy) => galaxy.arms !== null && galaxy.arms.strength > 0.4);
  const far = near.map((galaxy) => shrink(galaxy, 3));
  const featured = (galaxies: Galaxy[]) =>
    mean(galaxies.map((galaxy) => fractionsOf(tally(classify(galaxy)))[arms]));
  assert.ok(featured(far) < featured(near) - 0.1, `${featured(far)} after ${featured(near)}`);
});

/** The galaxy at `factor` times its angular distance. */
function shrink(galaxy: Galaxy, factor: number): Galaxy {
  const copy = structuredClone(galaxy);
  copy.petroR50 /= factor;
  copy.petroR90 /= factor;
  copy.disc!.scaleLength /= factor;
  copy.bulge.halfLightRadius /= factor;
  if (copy.bar) copy.bar.length /= factor;
  for (const ring of copy.rings) {
    ring.radius /= factor;
    ring.width /= factor;
  }
  return copy;
}

Deno.test("the answers of classify() stand in the order of the catalogue's columns", () => {
  assert.equal(answerColumn(gz2Tree, "a08", "count"), "t04_spiral_a08_spiral_count");
  assert.equal(answersOf(gz2Tree)[7].id, "a08");
});
