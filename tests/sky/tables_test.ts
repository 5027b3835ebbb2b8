import assert from "node:assert/strict";
import { Prng } from "../../lib/prng.ts";
import { angleOf, bell, expOf } from "../../lib/sky/_tables.ts";

const random = new Prng(4);

Deno.test("expOf() is the exponential, and stays at its ends", () => {
  for (let k = 0; k < 1000; k++) {
    const x = random.uniform(-12, 4);
    assert.ok(Math.abs(expOf(x) / Math.exp(x) - 1) < 1e-5, `${x}`);
  }
  for (const [x, end] of [[-50, -12], [-Infinity, -12], [9, 4]]) {
    assert.ok(Math.abs(expOf(x) / Math.exp(end) - 1) < 1e-12, `${x}`);
  }
});

Deno.test("angleOf() is atan2 all around", () => {
  const places = Array.from({ length: 1000 }, () => [random.uniform(-1, 1), random.uniform(-1, 1)]);
  for (const [y, x] of [...places, [0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, -1]]) {
    assert.ok(Math.abs(angleOf(y, x) - Math.atan2(y, x)) < 4e-7, `${y}, ${x}`);
  }
});

Deno.test("bell() goes round the circle", () => {
  for (const width of [1.8, 6]) {
    const profile = bell(width);
    for (let k = 0; k < 1000; k++) {
      const angle = random.uniform(-40, 40);
      const wanted = Math.exp(width * (Math.cos(angle) - 1));
      assert.ok(Math.abs(profile(angle) - wanted) < 3e-5, `${width}, ${angle}`);
    }
  }
});
