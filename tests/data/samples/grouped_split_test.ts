import assert from "node:assert/strict";
import { groupedSplit, Prng } from "galaxykit/data";

const fractions = { train: 0.7, validation: 0.1, test: 0.2 };

/** Galaxies with one to five images each, and classes of unequal frequency. */
function survey(galaxies: number) {
  const random = new Prng(11);
  const groups: string[] = [];
  const labels: number[] = [];
  for (let galaxy = 0; galaxy < galaxies; galaxy++) {
    const label = [0, 0, 0, 0, 1, 1, 2][random.integer(7)];
    for (let image = random.integer(5); image >= 0; image--) {
      groups.push(`galaxy ${galaxy}`);
      labels.push(label);
    }
  }
  const order = random.permutation(groups.length);
  return {
    groups: Array.from(order, (row) => groups[row]),
    labels: Int32Array.from(order, (row) => labels[row]),
  };
}

Deno.test("groupedSplit() never puts a galaxy in two parts, and every row in one", () => {
  const { groups, labels } = survey(300);
  for (let seed = 0; seed < 20; seed++) {
    const parts = groupedSplit({ groups, labels, fractions, seed });
    const places = new Map<string, string>();
    let rows = 0;
    for (const [part, indices] of Object.entries(parts)) {
      assert.deepEqual(indices, indices.toSorted());
      rows += indices.length;
      for (const row of indices) {
        assert.equal(places.get(groups[row]) ?? part, part);
        places.set(groups[row], part);
      }
    }
    assert.equal(rows, groups.length);
    assert.equal(new Set(Object.values(parts).flatMap((part) => [...part])).size, rows);
  }
});

Deno.test("groupedSplit() keeps the fractions and the mix of classes to a few images", () => {
  const { groups, labels } = survey(300);
  for (let seed = 0; seed < 20; seed++) {
    const parts = groupedSplit({ groups, labels, fractions, seed });
    for (const part of ["train", "validation", "test"] as const) {
      for (const label of [0, 1, 2]) {
        const wanted = fractions[part] * labels.filter((value) => value === label).length;
        const found = parts[part].filter((row) => labels[row] === label).length;
        assert.ok(Math.abs(found - wanted) <= 5, `${part} ${label}: ${found} of ${wanted}`);
      }
    }
  }
});

Deno.test("groupedSplit() draws its parts at random, by the seed", () => {
  const groups = Int32Array.from({ length: 10 }, (_, row) => row);
  const hits = new Array(10).fill(0);
  for (let seed = 0; seed < 1000; seed++) {
    const { b } = groupedSplit({ groups, fractions: { a: 0.8, b: 0.2 }, seed });
    assert.equal(b.length, 2);
    for (const row of b) hits[row]++;
  }
  for (const count of hits) assert.ok(Math.abs(count - 200) < 50, `${hits}`);
  const once = groupedSplit({ groups, fractions, seed: 3 });
  assert.deepEqual(groupedSplit({ groups: [...groups], fractions, seed: 3 }), once);
});

Deno.test("groupedSplit() refuses parts that would be empty", () => {
  assert.throws(() => groupedSplit({ groups: ["a", "a", "b"], fractions, seed: 1 }), {
    name: "RangeError",
    message: "Cannot split into train, validation, test: each part needs a group, 2 found",
  });
  const groups = ["a", "a", "a", "b", "b", "b", "c"];
  const uneven = { train: 0.98, test: 0.02 };
  assert.throws(() => groupedSplit({ groups, fractions: uneven, seed: 1 }), {
    message: "Cannot split into train, test: 3 groups, the largest of 3 rows, would leave none " +
      "for test",
  });
  assert.throws(() => groupedSplit({ groups, labels: [1], fractions, seed: 1 }), {
    name: "TypeError",
    message: "Cannot split: each row has a group and a label: 7 groups and 1 labels found",
  });
  assert.throws(() => groupedSplit({ groups, fractions: { train: 0.5, test: 0.4 }, seed: 1 }), {
    message: "Cannot split: positive fractions that sum to 1 are wanted, train 0.5, test 0.4 found",
  });
});

Deno.test("groupedSplit() puts a large group into the part that has room for it", () => {
  const groups = Array.from({ length: 100 }, (_, row) => Math.max(0, row - 49)); // 50 of group 0
  for (let seed = 0; seed < 10; seed++) {
    const { test, train } = groupedSplit({ groups, fractions: { test: 0.1, train: 0.9 }, seed });
    assert.ok(train.includes(0), `${seed}`);
    assert.deepEqual([test.length, train.length], [10, 90]);
  }
});

Deno.test("groupedSplit() takes one id for one group, however it is written", () => {
  const ids = ["587722952231026744", "587722952231026745", "12", "13"];
  const groups = [...ids, ...ids.map(BigInt), 12, 13, " 12", "13 "];
  const parts = groupedSplit({ groups, fractions: { train: 0.5, test: 0.5 }, seed: 1 });
  const named = Object.values(parts).map((rows) =>
    new Set([...rows].map((row) => String(groups[row]).trim()))
  );
  assert.ok(named[0].isDisjointFrom(named[1]));
  assert.equal(named[0].size + named[1].size, 4);
});

Deno.test("groupedSplit() refuses rows without a group, rounded ids and unknown options", () => {
  const fractions = { train: 0.5, test: 0.5 };
  const cases: [unknown[], RegExp][] = [
    [["a", null], /^Cannot name rows by groups: row 1 holds no value$/],
    [["a", NaN], /^Cannot name rows by groups: row 1 holds no value$/],
    [["a", 587722952231026744], /row 1 holds 587722952231026700, a double beyond 2\^53/],
  ];
  for (const [groups, message] of cases) {
    const wrong = { groups: groups as string[], fractions, seed: 1 };
    assert.throws(() => groupedSplit(wrong), { name: "RangeError", message });
  }
  const slip = { groups: ["a", "b"], label: [0, 1], fractions, seed: 1 };
  assert.throws(() => groupedSplit(slip), {
    name: "RangeError",
    message: 'Cannot split: there is no option "label", nearest is "labels"',
  });
  const labels = [0, null] as number[];
  assert.throws(() => groupedSplit({ groups: ["a", "b"], labels, fractions, seed: 1 }), {
    name: "TypeError",
    message: /example 1 has null/,
  });
});
