import assert from "node:assert/strict";
import { balancedSample, weightedSample } from "galaxykit/data";

const weights = [4, 0, 1, 2, 3];

Deno.test("weightedSample() with replacement draws in proportion to the weights", () => {
  const count = 20000;
  const rows = weightedSample({ weights, count, seed: 1, replace: true });
  const hits = weights.map((_, row) => rows.filter((drawn) => drawn === row).length);
  assert.equal(hits[1], 0);
  weights.forEach((weight, row) => {
    assert.ok(Math.abs(hits[row] - count * weight / 10) < 200, `${hits}`); // 3 sigma
  });
});

Deno.test("weightedSample() without replacement draws the first row by weight, each row once", () => {
  const first = weights.map(() => 0);
  const second = weights.map(() => 0);
  const rounds = 4000;
  for (let seed = 0; seed < rounds; seed++) {
    const rows = weightedSample({ weights, count: 3, seed });
    assert.equal(new Set(rows).size, 3);
    first[rows[0]]++;
    second[rows[1]]++;
  }
  // the second one by the weights of those left: 1 in row 2 after 4, 2 or 3 were drawn
  const after = 0.1 * (4 / 6 + 2 / 8 + 3 / 7);
  weights.forEach((weight, row) => {
    assert.ok(Math.abs(first[row] - rounds * weight / 10) < 100, `${first}`);
  });
  assert.ok(Math.abs(second[2] - rounds * after) < 70, `${second[2]}, ${rounds * after}`);
});

Deno.test("weightedSample() depends on the seed alone", () => {
  for (const replace of [true, false]) {
    const one = weightedSample({ weights, count: 4, seed: 9, replace });
    assert.deepEqual(weightedSample({ weights: [...weights], count: 4, seed: 9, replace }), one);
  }
});

Deno.test("weightedSample() refuses impossible draws", () => {
  assert.throws(() => weightedSample({ weights, count: 5, seed: 1 }), {
    name: "RangeError",
    message: "Cannot draw 5 rows: 4 of 5 have a weight above 0",
  });
  assert.throws(() => weightedSample({ weights: [0], count: 1, seed: 1, replace: true }), {
    message: "Cannot draw 1 rows: 0 of 1 have a weight above 0",
  });
  for (const bad of [-1, NaN, Infinity]) {
    assert.throws(() => weightedSample({ weights: [1, bad], count: 1, seed: 1 }), {
      name: "RangeError",
      message: `Cannot draw with weights: each must be a number from 0 on: row 1 has ${bad}`,
    });
  }
});

Deno.test("balancedSample() draws as many of each class, at random", () => {
  const labels = Int32Array.from({ length: 60 }, (_, row) => row % 10 === 0 ? 1 : 0);
  const rows = balancedSample({ labels, seed: 3 });
  assert.equal(rows.length, 12);
  assert.deepEqual(rows, rows.toSorted());
  assert.equal(rows.filter((row) => labels[row] === 1).length, 6);
  assert.notDeepEqual(balancedSample({ labels, seed: 4 }), rows);
  assert.equal(balancedSample({ labels, seed: 3, perClass: 2 }).length, 4);
  assert.equal(balancedSample({ labels: [], seed: 3 }).length, 0);
  assert.throws(() => balancedSample({ labels, seed: 3, perClass: 7 }), {
    name: "RangeError",
    message: "Cannot draw 7 rows of each class: class 1 has 6",
  });
});

Deno.test("draws refuse missing weights and labels, and unknown options", () => {
  const missing = [1, null] as number[];
  assert.throws(() => weightedSample({ weights: missing, count: 1, seed: 1 }), {
    name: "RangeError",
    message: "Cannot draw with weights: each must be a number from 0 on: row 1 has null",
  });
  assert.throws(() => balancedSample({ labels: missing, seed: 1 }), {
    name: "TypeError",
    message: /^Cannot draw rows of each class: a class, a whole number, .*, example 1 has null/,
  });
  const slips: [() => unknown, string][] = [
    [() => weightedSample({ weights: [1], count: 1, seed: 1, ...{ replaced: true } }), "replace"],
    [() => balancedSample({ labels: [0], seed: 1, ...{ perClas: 1 } }), "perClass"],
  ];
  for (const [draw, nearest] of slips) {
    assert.throws(draw, { name: "RangeError", message: new RegExp(`nearest is "${nearest}"$`) });
  }
});
