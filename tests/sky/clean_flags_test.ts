import assert from "node:assert/strict";
import { answersOf, gz2Tree } from "galaxykit/data";
import { cleanFlags } from "galaxykit/sky";

const PLACE = new Map(answersOf(gz2Tree).map(({ id }, place) => [id, place]));

/** Values by answer, 0 elsewhere. */
function row(values: Record<string, number>): Float64Array {
  const cells = new Float64Array(37);
  for (const [answer, value] of Object.entries(values)) cells[PLACE.get(answer)!] = value;
  return cells;
}

/** The answers that are flagged. */
function flagged(galaxy: Record<"votes" | "fractions" | "debiased", Record<string, number>>) {
  const flags = cleanFlags({
    votes: row(galaxy.votes),
    fractions: row(galaxy.fractions),
    debiased: row(galaxy.debiased),
  });
  return [...PLACE].filter(([, place]) => flags[place] === 1).map(([answer]) => answer);
}

const barred = {
  votes: { a01: 15, a02: 25, a04: 5, a05: 20, a06: 18, a07: 2 },
  fractions: { a01: 0.375, a02: 0.625, a04: 0.2, a05: 0.8, a06: 0.9, a07: 0.1 },
  debiased: { a01: 0.2, a02: 0.8, a04: 0.2, a05: 0.8, a06: 0.9, a07: 0.1 },
};

Deno.test("cleanFlags() wants 0.8 of the debiased votes, 20 votes and a well-sampled way there", () => {
  assert.deepEqual(flagged(barred), ["a02", "a05", "a06"]);
});

Deno.test("cleanFlags() takes each threshold of Willett et al. as it is", () => {
  const changed = (part: "votes" | "fractions" | "debiased", values: Record<string, number>) =>
    flagged({ ...barred, [part]: { ...barred[part], ...values } });
  assert.deepEqual(changed("debiased", { a06: 0.799 }), ["a02", "a05"]);
  assert.deepEqual(changed("votes", { a06: 17 }), ["a02", "a05"]); // 19 votes
  assert.deepEqual(changed("fractions", { a05: 0.714 }), ["a02", "a05"]);
  assert.deepEqual(changed("fractions", { a05: 0.715 }), ["a02", "a05", "a06"]);
  assert.deepEqual(changed("fractions", { a02: 0.429 }), ["a02"]); // closes all that follows
  assert.deepEqual(changed("fractions", { a02: 0.43 }), ["a02", "a05", "a06"]);
});

Deno.test("cleanFlags() knows the thresholds of every question", () => {
  const cases = {
    t07: ["a01", 0.469],
    t08: ["a14", 0.42],
    t09: ["a04", 0.602],
    t10: ["a08", 0.619],
    t11: ["a08", 0.619],
  } as const;
  for (const [question, [answer, threshold]] of Object.entries(cases)) {
    const own = gz2Tree.questions.find(({ id }) => id === question)!.answers[0].id;
    const at = (share: number) =>
      flagged({
        votes: { [own]: 20 },
        fractions: { a02: 1, a05: 1, [answer]: share },
        debiased: { [own]: 1 },
      });
    assert.deepEqual(at(threshold), [own], question);
    assert.deepEqual(at(threshold - 0.001), [], question);
  }
});
