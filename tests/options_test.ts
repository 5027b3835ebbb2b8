import assert from "node:assert/strict";
import { refuseUnknown } from "../lib/options.ts";

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
