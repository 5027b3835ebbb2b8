import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { crossMatch, Prng, skySeparation } from "galaxykit/data";
import reference from "../../reference/samples.json" with { type: "json" };

for (const { name, left, right, radius, ...astropy } of reference.matches) {
  Deno.test(`crossMatch() finds the nearest rows that astropy finds: ${name}`, () => {
    const { left: from, right: to, separation } = crossMatch(left, right, { radius: 648000 });
    assert.deepEqual([...from], left.ra.map((_, row) => row));
    assert.deepEqual([...to], astropy.nearest);
    separation.forEach((arcsec, row) => close(arcsec, astropy.nearestSeparation[row]));
  });

  Deno.test(`crossMatch() finds all pairs that astropy finds: ${name}`, () => {
    const { left: from, right: to, separation } = crossMatch(left, right, { radius, pairs: "all" });
    assert.deepEqual(
      Array.from(from, (row, i) => [row, to[i]]),
      astropy.pairs.map((p) => p.slice(0, 2)),
    );
    separation.forEach((arcsec, i) => close(arcsec, astropy.pairs[i][2]));
    assert.ok(astropy.pairs.length > 20);
    const nearest = crossMatch(left, right, { radius });
    const within = astropy.nearestSeparation.flatMap((arcsec, row) =>
      arcsec <= radius ? [row] : []
    );
    assert.deepEqual([...nearest.left], within);
  });
}

/** Equal to what the rounding of directions allows. */
function close(found: number, wanted: number): void {
  assert.ok(Math.abs(found - wanted) < 3e-10 + 1e-13 * wanted, `${found} for ${wanted}`);
}

Deno.test("crossMatch() agrees with the comparison of every pair", () => {
  const random = new Prng(3);
  const sky = (count: number) => ({
    ra: Float64Array.from({ length: count }, () => random.uniform(0, 360)),
    dec: Float64Array.from({ length: count }, () => random.uniform(-90, 90)),
  });
  const [a, b] = [sky(150), sky(200)];
  const radius = 20000;
  const expected: [number, number][] = [];
  for (let i = 0; i < 150; i++) {
    for (let j = 0; j < 200; j++) {
      const apart = skySeparation({ ra: a.ra[i], dec: a.dec[i] }, { ra: b.ra[j], dec: b.dec[j] });
      if (apart <= radius) expected.push([i, j]);
    }
  }
  const { left, right } = crossMatch(pl.DataFrame(a), b, { radius, pairs: "all" });
  const found = Array.from(left, (row, i) => [row, right[i]]);
  assert.deepEqual(found.sort(([i, j], [k, l]) => i - k || j - l), expected);
});

Deno.test("crossMatch() takes the first of rows at the same place", () => {
  const ra = new Array(40).fill(10);
  const dec = new Array(40).fill(-5);
  const { right, separation } = crossMatch({ ra: [10], dec: [-5] }, { ra, dec }, { radius: 1 });
  assert.deepEqual([[...right], [...separation]], [[0], [0]]);
});

Deno.test("crossMatch() pairs mutual neighbours only once", () => {
  const left = { ra: [10, 10.0001, 50], dec: [0, 0, 0] };
  const right = { RA: [10.00012, 50.0001, 50.0002], DEC: [0, 0, 0] };
  const turned = { ra: right.RA, dec: right.DEC };
  assert.deepEqual([...crossMatch(left, turned, { radius: 5 }).right], [0, 0, 1]);
  const mutual = crossMatch(left, turned, { radius: 5, pairs: "mutual" });
  assert.deepEqual([[...mutual.left], [...mutual.right]], [[1, 2], [0, 1]]);
});

Deno.test("crossMatch() of tables without rows finds nothing", () => {
  const none = { ra: [], dec: [] };
  for (const pairs of ["nearest", "mutual", "all"] as const) {
    assert.equal(crossMatch(none, { ra: [1], dec: [1] }, { radius: 1, pairs }).left.length, 0);
    assert.equal(crossMatch({ ra: [1], dec: [1] }, none, { radius: 1, pairs }).left.length, 0);
  }
});

Deno.test("crossMatch() refuses what are no positions", () => {
  const good = { ra: [1, 2], dec: [3, 4] };
  for (const value of [null, NaN, 90.1]) {
    assert.throws(() => crossMatch(good, { ra: [1, 2], dec: [0, value] }, { radius: 1 }), {
      name: "RangeError",
      message: 'Cannot match positions: "dec" must be degrees from -90 to 90: ' +
        `row 1 of the right table holds ${value}`,
    });
  }
  assert.throws(() => crossMatch({ ra: [1], dec: [3, 4] }, good, { radius: 1 }), {
    name: "TypeError",
    message: 'Cannot match positions: columns of the left table must have one length: "ra" has 1 ' +
      'rows, "dec" has 2',
  });
  for (const radius of [0, NaN, 700000]) {
    assert.throws(() => crossMatch(good, good, { radius }), {
      name: "RangeError",
      message: `Cannot match positions: the radius must lie within (0, 648000] arcsec: ${radius}`,
    });
  }
});

Deno.test("skySeparation() is right for the smallest and the largest angles", () => {
  const pole = { ra: 123, dec: 90 };
  assert.equal(skySeparation(pole, pole), 0);
  assert.ok(Math.abs(skySeparation(pole, { ra: 7, dec: -90 }) - 648000) < 1e-9);
  assert.ok(Math.abs(skySeparation({ ra: 0, dec: 0 }, { ra: 1e-9, dec: 0 }) - 3.6e-6) < 1e-14);
});

Deno.test("skySeparation() refuses a missing coordinate, crossMatch() unknown options", () => {
  for (const ra of [NaN, null, Infinity]) {
    assert.throws(() => skySeparation({ ra: ra as number, dec: 0 }, { ra: 0, dec: 0 }), {
      name: "RangeError",
      message: `Cannot measure an angle: degrees are wanted, ra ${ra}, dec 0 found`,
    });
  }
  const sky = { ra: [1], dec: [1] };
  assert.throws(() => crossMatch(sky, sky, { radius: 1, ...{ pair: "all" } }), {
    name: "RangeError",
    message: 'Cannot match positions: there is no option "pair", nearest is "pairs"',
  });
});

Deno.test("crossMatch() of many equal points takes the first, all pairs while they are few", () => {
  const count = 20_000; // one by one each would look at all others
  const same = { ra: new Float64Array(count).fill(10), dec: new Float64Array(count).fill(-5) };
  const { right, separation } = crossMatch(same, same, { radius: 1 });
  assert.deepEqual([right.length, new Set(right).size, right[0]], [count, 1, 0]);
  assert.equal(separation.every((one) => one === 0), true);
  const mutual = crossMatch(same, same, { radius: 1, pairs: "mutual" });
  assert.deepEqual([[...mutual.left], [...mutual.right]], [[0], [0]]);
  assert.throws(() => crossMatch(same, same, { radius: 1, pairs: "all" }), {
    name: "RangeError",
    message: "Cannot match positions: over 33554432 pairs lie within 1 arcsec; " +
      "take a smaller radius, or the nearest pairs",
  });
  // twins among others: every one of them, by row
  const few = { ra: [0, 360, -0, 0.0001, 0], dec: [0, 0, -0, 0, 0] };
  const all = crossMatch({ ra: [0], dec: [0] }, few, { radius: 1, pairs: "all" });
  assert.deepEqual([...all.right].toSorted(), [0, 1, 2, 3, 4]);
  assert.equal(all.right[4], 3);
});
