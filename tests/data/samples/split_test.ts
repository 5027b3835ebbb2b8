import assert from "node:assert/strict";
import { stratifiedSplit } from "galaxykit/data";

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
      message: 'Cannot split class "spiral" into train, validation: its 1 image would leave none ' +
        "for validation, at least 3 are wanted",
    },
  );
  const even = { train: 0.5, test: 0.5 };
  assert.throws(() => stratifiedSplit({ labels: [4], fractions: even, seed: 1 }), {
    message: 'Cannot split class "4" into train, test: its 1 image would leave none for test, ' +
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
