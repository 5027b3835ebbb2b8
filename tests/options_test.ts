import assert from "node:assert/strict";
import { type Interval, refuseOutside, refuseUnknown } from "../lib/options.ts";

const known = { classes: true, key: true } as const;

function refuse(options: object): void {
  refuseUnknown(options as { classes?: number; key?: number }, known, { what: "load resnet18" });
}

Deno.test("refuseUnknown() lets known options pass, those without a value included", () => {
  refuse({});
  refuse({ classes: 3, key: undefined });
});

Deno.test("refuseUnknown() names the option and the nearest known one", () => {
  assert.throws(() => refuse({ classes: 3, clases: 3 }), {
    name: "RangeError",
    message: 'Cannot load resnet18: there is no option "clases", nearest is "classes"',
  });
});

Deno.test("refuseUnknown() names all options where none is near", () => {
  assert.throws(() => refuse({ momentum: 0.9 }), {
    name: "RangeError",
    message: 'Cannot load resnet18: there is no option "momentum", there are classes, key',
  });
  assert.throws(() => refuse({ constructor: 1 }), { name: "RangeError" });
});

Deno.test("refuseOutside() knows open and closed ends, whole numbers, and what is no number", () => {
  const check = (value: unknown, interval: Interval) =>
    refuseOutside({ rate: value }, { rate: interval }, { what: "train" });
  for (
    const [value, interval] of [
      [0, "[0, 1)"],
      [0.999, "[0, 1)"],
      [1, "(0, 1]"],
      [-5, "(-∞, ∞)"],
      [Infinity, "[0, ∞]"],
      [7, "whole [1, ∞)"],
      [undefined, "[0, 1)"],
    ] as [unknown, Interval][]
  ) check(value, interval);
  for (
    const [value, interval, message] of [
      [1, "[0, 1)", "in [0, 1), found 1"],
      [0, "(0, 1]", "in (0, 1], found 0"],
      [NaN, "(-∞, ∞)", "in (-∞, ∞), found NaN"],
      [Infinity, "[0, ∞)", "in [0, ∞), found Infinity"],
      [7.5, "whole [1, ∞)", "a whole number in [1, ∞), found 7.5"],
      ["1", "[0, 2]", "in [0, 2], found string 1"],
      [null, "[0, 2]", "in [0, 2], found null"],
    ] as [unknown, Interval, string][]
  ) {
    assert.throws(() => check(value, interval), {
      name: "RangeError",
      message: `Cannot train: rate must be ${message}`,
    });
  }
});
