import assert from "node:assert/strict";
import { ascendingOrder } from "../../lib/metrics/_order.ts";
import { Prng } from "../../lib/prng.ts";

Deno.test("ascendingOrder() sorts as a stable comparison does", () => {
  const random = new Prng(1);
  const kinds: Record<string, () => number> = {
    normal: () => random.normal(),
    ties: () => random.integer(5) / 5 - 0.4,
    zeros: () => random.integer(2) === 0 ? 0 : -0,
    near: () => 1 + random.integer(1000) * Number.EPSILON, // one upper half
    wide: () => (random.uniform() - 0.5) * 10 ** (random.integer(600) - 300),
    ends: () => [Infinity, -Infinity, Number.MAX_VALUE, -Number.MIN_VALUE, 1][random.integer(5)],
  };
  for (const [name, draw] of Object.entries(kinds)) {
    for (const count of [0, 1, 2, 3000]) {
      const values = Array.from({ length: count }, draw);
      const wanted = [...values.keys()].sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        return x < y ? -1 : x > y ? 1 : a - b;
      });
      assert.deepEqual([...ascendingOrder(values)], wanted, `${name} ${count}`);
      assert.deepEqual([...ascendingOrder(Float64Array.from(values))], wanted);
    }
  }
});
