import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { capMembers, combinations, memberRows, membersOf } from "galaxykit/data";

const members = {
  round: Int32Array.from({ length: 100 }, (_, i) => 3 * i),
  ring: Int32Array.of(3, 4, 6),
  merger: new Int32Array(0),
};

Deno.test("membersOf() lists the rows that pass each label's cuts", () => {
  const frame = pl.DataFrame({ p: [0.1, 0.9, null, 0.8], n: [30, 30, 30, 5] });
  const certain = { name: "p", keep: pl.col("p").gtEq(pl.lit(0.8)) };
  const voted = { name: "n", keep: pl.col("n").gtEq(pl.lit(20)) };
  assert.deepEqual(membersOf(frame, { all: [], certain: [certain], both: [certain, voted] }), {
    all: Int32Array.of(0, 1, 2, 3),
    certain: Int32Array.of(1, 3),
    both: Int32Array.of(1),
  });
});

Deno.test("capMembers() draws from labels with too many rows, at random and by the seed", () => {
  const capped = capMembers(members, { cap: 20, seed: 5 });
  assert.equal(new Set(capped.round).size, 20);
  assert.ok(capped.round.every((row) => members.round.includes(row)));
  assert.deepEqual(capped.round, capped.round.toSorted());
  assert.deepEqual([capped.ring, capped.merger], [members.ring, members.merger]);
  assert.deepEqual(capMembers(members, { cap: 20, seed: 5 }), capped);
  assert.notDeepEqual(capMembers(members, { cap: 20, seed: 6 }).round, capped.round);
  const hits = new Array(100).fill(0);
  for (let seed = 0; seed < 500; seed++) {
    for (const row of capMembers(members, { cap: 20, seed }).round) hits[row / 3]++;
  }
  for (const count of hits) assert.ok(Math.abs(count - 100) < 45, `${hits}`);
});

Deno.test("capMembers() refuses a cap that is no number of rows", () => {
  assert.throws(() => capMembers(members, { cap: 0, seed: 1 }), {
    name: "RangeError",
    message: "Cannot cap labels: cap must be a positive integer: 0",
  });
});

Deno.test("memberRows() counts a row with several labels once", () => {
  const rows = memberRows({ a: Int32Array.of(1, 10, 9), b: Int32Array.of(9, 2) });
  assert.deepEqual(rows, Int32Array.of(1, 2, 9, 10));
});

Deno.test("combinations() counts each row once, with all of its labels", () => {
  assert.deepEqual(combinations(members), [
    { labels: ["round"], count: 98 },
    { labels: ["round", "ring"], count: 2 },
    { labels: ["ring"], count: 1 },
  ]);
  const total = combinations(members).reduce((sum, { count }) => sum + count, 0);
  assert.equal(total, memberRows(members).length);
});
