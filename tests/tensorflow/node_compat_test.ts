import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { createRequire } from "node:module";

Deno.test("what tfjs-node requires of the union package is the kit's tfjs itself", () => {
  const required = createRequire(import.meta.url)("@tensorflow/tfjs");
  assert.equal(required.engine, tf.engine);
  assert.equal(required.layers, undefined);
});
