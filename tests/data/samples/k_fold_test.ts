import assert from "node:assert/strict";
import { kFold } from "galaxykit/data";

const labels = Int32Array.from(
  { length: 103 },
  (_, row) => row % 7 === 0 ? 2 : row % 3 === 0 ? 1 : 0,
);

Deno.test("kFold() validates every row once and trains on all others", () => {
  const folds = kFold({ labels, folds: 5, seed: 2 });
  assert.equal(folds.length, 5);
  const validated = folds.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b);
  assert.deepEqual(validated, [...labels.keys()]);
  for (const { train, validation } of folds) {
    assert.deepEqual([...train, ...validation].sort((a, b) => a - b), [...labels.keys()]);
    assert.deepEqual(train, train.toSorted());
  }
});

Deno.test("kFold() gives every fold the same numbers, of all rows and of each class, to one", () => {
  for (const count of [2, 3, 5, 10]) {
    const folds = kFold({ labels, folds: count, seed: 2 });
    for (const label of [undefined, 0, 1, 2]) {
      const sizes = folds.map(({ validation }) =>
        validation.filter((row) => label === undefined || labels[row] === label).length
      );
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${count} folds: ${sizes}`);
    }
  }
});

Deno.test("kFold() draws by the seed", () => {
  const first = kFold({ labels, seed: 2 });
  assert.equal(first.length, 5);
  assert.deepEqual(kFold({ labels: [...labels], seed: 2 }), first);
  assert.notDeepEqual(kFold({ labels, seed: 3 })[0], first[0]);
});

Deno.test("kFold() keeps groups together", () => {
  const groups = Array.from(labels, (_, row) => `galaxy ${row % 40}`);
  const same = groups.map((group) => Number(group.slice(7)) % 2);
  const folds = kFold({ labels: same, groups, folds: 4, seed: 2 });
  const validated = folds.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b);
  assert.deepEqual(validated, [...labels.keys()]);
  for (const { train, validation } of folds) {
    const held = new Set([...validation].map((row) => groups[row]));
    assert.ok([...train].every((row) => !held.has(groups[row])));
    assert.ok(Math.abs(validation.length - 103 / 4) <= 3, `${validation.length}`);
  }
});

Deno.test("kFold() refuses folds without a row of each class", () => {
  assert.throws(() => kFold({ labels: [0, 0, 1], folds: 2, seed: 1 }), {
    name: "RangeError",
    message: "Cannot make 2 folds: class 1 has 1 row, each fold needs one",
  });
  for (const folds of [1, 2.5]) {
    assert.throws(() => kFold({ labels, folds, seed: 1 }), {
      name: "RangeError",
      message: `Cannot make folds: their number must be 2 or more: ${folds}`,
    });
  }
});

Deno.test("kFold() refuses options that it does not know", () => {
  const slip = { labels: [0, 1], fold: 2, seed: 1 };
  assert.throws(() => kFold(slip), {
    name: "RangeError",
    message: 'Cannot make folds: there is no option "fold", nearest is "folds"',
  });
});
