import assert from "node:assert/strict";
import { Prng } from "../lib/prng.ts";
import { decimalOf, toDecimals } from "../lib/single_precision.ts";

Deno.test("decimalOf() gives back every decimal of up to six digits", () => {
  const random = new Prng(1);
  for (let i = 0; i < 20_000; i++) {
    const digits = random.integer(1_000_000);
    const exponent = random.integer(30) - 20;
    const decimal = Number(`${i % 2 === 0 ? "" : "-"}${digits}e${exponent}`);
    assert.equal(decimalOf(Math.fround(decimal)), decimal);
  }
});

Deno.test("decimalOf() keeps the float32, whatever it is", () => {
  const random = new Prng(2);
  const bits = Uint32Array.from({ length: 20_000 }, () => random.uint32());
  const powers = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149));
  for (const value of [...new Float32Array(bits.buffer), ...powers, 0, -0, Infinity, NaN]) {
    assert.equal(Math.fround(decimalOf(value)), Math.fround(value));
  }
  assert.ok(Object.is(decimalOf(-0), -0));
});

Deno.test("toDecimals() leaves doubles as they are", () => {
  const doubles = Float64Array.of(0.7149999737739563);
  assert.equal(toDecimals(doubles), doubles);
  assert.deepEqual(toDecimals(Float32Array.of(0.715, NaN)), Float64Array.of(0.715, NaN));
});
