import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { randomSplit, stratifiedSplit } from "galaxykit/data";

const fractions = { train: 0.8, validation: 0.2 };

/** `counts[label]` images of each class, the classes interleaved. */
function labelsOf(...counts: number[]): Int32Array {
  const labels = counts.flatMap((count, label) => new Array(count).fill(label));
  return Int32Array.from(labels.sort((a, b) => ((a * 7) % 3) - ((b * 7) % 3)));
}

function countsOf(labels: Int32Array, indices: Int32Array): number[] {
  const counts: number[] = [];
  for (const index of indices) counts[labels[index]] = (counts[labels[index]] ?? 0) + 1;
  return counts;
}

Deno.test("stratifiedSplit() puts every image in exactly one part, in ascending order", () => {
  const labels = labelsOf(30, 50, 7);
  const { train, validation } = stratifiedSplit({ labels, fractions, seed: 1 });
  assert.deepEqual(train, train.toSorted());
  assert.deepEqual(
    [...train, ...validation].sort((a, b) => a - b),
    [...labels.keys()],
  );
});

Deno.test("stratifiedSplit() gives each class its largest-remainder counts", () => {
  const cases: [Record<string, number>, number, number[]][] = [
    [{ train: 0.8, validation: 0.2 }, 700, [560, 140]],
    [{ train: 0.8, validation: 0.2 }, 7, [6, 1]], // 5.6, 1.4
    [{ train: 0.8, validation: 0.2 }, 3, [2, 1]], // 2.4, 0.6
    [{ train: 0.7, validation: 0.2, test: 0.1 }, 10, [7, 2, 1]],
    [{ train: 0.29, test: 0.71 }, 100, [29, 71]], // 0.29 * 100 is 28.999… in float64
    [{ train: 0.93, test: 0.07 }, 50, [47, 3]], // a tie, though 0.07 * 50 is 3.500…04
    [{ train: 0.7, validation: 0.15, test: 0.15 }, 11, [8, 2, 1]], // 7.7, 1.65, 1.65: first wins
    [{ a: 0.5, b: 0.5 }, 5, [3, 2]],
    [{ train: 1 }, 4, [4]],
  ];
  for (const [fractions, count, expected] of cases) {
    const labels = labelsOf(count, count);
    const parts = stratifiedSplit({ labels, fractions, seed: 3 });
    assert.deepEqual(
      Object.values(parts).map((part) => countsOf(labels, part)),
      expected.map((number) => [number, number]),
    );
  }
});

Deno.test("stratifiedSplit() depends on the seed, and on nothing else", () => {
  const labels = labelsOf(100, 100);
  const first = stratifiedSplit({ labels, fractions, seed: 5 });
  assert.deepEqual(stratifiedSplit({ labels: [...labels], fractions, seed: 5 }), first);
  assert.notDeepEqual(stratifiedSplit({ labels, fractions, seed: 6 }), first);
});

Deno.test("stratifiedSplit() splits one class the same way whatever the others hold", () => {
  const few = Int32Array.of(...new Array(10).fill(0), ...new Array(10).fill(1));
  const many = Int32Array.of(...new Array(10).fill(0), ...new Array(90).fill(1));
  function ofClass0({ validation }: { validation: Int32Array }) {
    return validation.filter((index) => index < 10);
  }
  assert.deepEqual(
    ofClass0(stratifiedSplit({ labels: few, fractions, seed: 8 })),
    ofClass0(stratifiedSplit({ labels: many, fractions, seed: 8 })),
  );
});

Deno.test("stratifiedSplit() draws each class on its own", () => {
  const labels = Int32Array.from({ length: 40 }, (_, index) => Math.floor(index / 20));
  const { validation } = stratifiedSplit({ labels, fractions, seed: 1 });
  const places = [0, 1].map((label) =>
    [...validation].filter((index) => labels[index] === label).map((index) => index % 20)
  );
  assert.notDeepEqual(places[0], places[1]);
});

Deno.test("stratifiedSplit() draws its parts at random", () => {
  const labels = new Int32Array(10);
  const hits = new Array(10).fill(0);
  for (let seed = 0; seed < 1000; seed++) {
    for (const index of stratifiedSplit({ labels, fractions, seed }).validation) hits[index]++;
  }
  for (const count of hits) assert.ok(Math.abs(count - 200) < 50, `${hits}`);
});

Deno.test("stratifiedSplit() refuses a class that cannot be in every part", () => {
  assert.throws(
    () =>
      stratifiedSplit({
        labels: [0, 0, 0, 0, 0, 1],
        fractions,
        seed: 1,
        classes: ["smooth", "spiral"],
      }),
    {
      name: "RangeError",
      message:
        'Cannot split class "spiral" into train, validation: its 1 example would leave none ' +
        "for validation, at least 3 are wanted",
    },
  );
  const even = { train: 0.5, test: 0.5 };
  assert.throws(() => stratifiedSplit({ labels: [4], fractions: even, seed: 1 }), {
    message: 'Cannot split class "4" into train, test: its 1 example would leave none for test, ' +
      "at least 2 are wanted",
  });
});

Deno.test("stratifiedSplit() refuses fractions that are not parts of a whole", () => {
  for (const train of [0.7, 0.9, NaN]) {
    assert.throws(
      () => stratifiedSplit({ labels: [0, 0], fractions: { train, test: 0.2 }, seed: 1 }),
      {
        name: "RangeError",
        message: "Cannot split: positive fractions that sum to 1 are wanted, " +
          `train ${train}, test 0.2 found`,
      },
    );
  }
  assert.throws(
    () => stratifiedSplit({ labels: [0, 0], fractions: { train: 1.2, test: -0.2 }, seed: 1 }),
    {
      message: "Cannot split: positive fractions that sum to 1 are wanted, " +
        "train 1.2, test -0.2 found",
    },
  );
});

Deno.test("stratifiedSplit() refuses what is no list of classes, and unknown options", () => {
  const table = pl.DataFrame({ label: [0, 1] }) as unknown as ArrayLike<number>;
  assert.throws(() => stratifiedSplit({ labels: table, fractions, seed: 1 }), {
    name: "TypeError",
    message: /^Cannot split: a class, a whole number, is wanted for each example, .* found; give/,
  });
  const names = ["smooth", "spiral"] as unknown as number[];
  assert.throws(() => stratifiedSplit({ labels: names, fractions, seed: 1 }), {
    name: "TypeError",
    message: "Cannot split: a class, a whole number, is wanted for each example, example 0 has " +
      '"smooth"; encodeLabels() makes numbers of names',
  });
  assert.throws(() => stratifiedSplit({ labels: [], fractions, seed: 1 }), {
    name: "RangeError",
    message: "Cannot split: there are no labels",
  });
  const slip = { labels: [0, 0], fractions, seed: 1, seeds: 2 };
  assert.throws(() => stratifiedSplit(slip), {
    name: "RangeError",
    message: 'Cannot split: there is no option "seeds", nearest is "seed"',
  });
});

Deno.test("randomSplit() puts every example in exactly one part, of the size of its fraction", () => {
  const parts = { train: 0.7, validation: 0.2, test: 0.1 };
  const { train, validation, test } = randomSplit({ count: 101, fractions: parts, seed: 4 });
  assert.deepEqual([train.length, validation.length, test.length], [71, 20, 10]);
  const all = [...train, ...validation, ...test].sort((a, b) => a - b);
  assert.deepEqual(all, [...Array(101).keys()]);
  for (const rows of [train, validation, test]) assert.deepEqual(rows, rows.slice().sort());
});

Deno.test("randomSplit() depends on the seed, by names not on the order", () => {
  const first = randomSplit({ count: 50, fractions, seed: 5 });
  assert.deepEqual(randomSplit({ count: 50, fractions, seed: 5 }), first);
  assert.notDeepEqual(randomSplit({ count: 50, fractions, seed: 6 }), first);
  const ids = Array.from({ length: 50 }, (_, row) => `galaxy ${row}`);
  const named = (ids: string[]) => {
    const { validation } = randomSplit({ ids, fractions, seed: 5 });
    return [...validation].map((row) => ids[row]).sort();
  };
  assert.equal(named(ids).length, 10);
  assert.deepEqual(named(ids.toReversed()), named(ids));
});

Deno.test("randomSplit() draws its parts at random", () => {
  const hits = new Array(20).fill(0);
  for (let seed = 0; seed < 400; seed++) {
    for (const row of randomSplit({ count: 20, fractions, seed }).validation) hits[row]++;
  }
  // Each is drawn in 80 of 400 seeds; the standard deviation is 8
  assert.ok(hits.every((count) => count > 48 && count < 112), `${hits}`);
});

Deno.test("randomSplit() refuses parts that would be empty, and nothing to split", () => {
  assert.throws(() => randomSplit({ count: 2, fractions, seed: 1 }), {
    name: "RangeError",
    message: "Cannot split 2 examples into train, validation: none would be left for validation, " +
      "at least 3 are wanted",
  });
  for (const wrong of [{ count: 0 }, { count: 1.5 }]) {
    assert.throws(() => randomSplit({ ...wrong, fractions, seed: 1 }), {
      name: "RangeError",
      message: "Cannot split: the number of examples (count) or their names (ids) are wanted, " +
        `${wrong.count} found`,
    });
  }
});

Deno.test("stratifiedSplit() says at once how many examples a small fraction takes", () => {
  const small = { train: 1 - 1e-9, validation: 1e-9 };
  assert.throws(() => stratifiedSplit({ labels: [0, 0, 0], fractions: small, seed: 1 }), {
    name: "RangeError",
    message: /would leave none for validation, at least \d{9} are wanted$/,
  });
  assert.throws(() => randomSplit({ count: 3, fractions: small, seed: 1 }), {
    name: "RangeError",
    message: /at least \d{9} are wanted$/,
  });
});
