import assert from "node:assert/strict";
import { nearestName } from "../lib/nearest.ts";

Deno.test("nearestName() finds the name with the fewest edits", () => {
  assert.equal(nearestName("epoch", ["batch", "epochs", "seed"]), "epochs");
  assert.equal(nearestName("bacth", ["batch", "epochs", "seed"]), "batch");
  assert.equal(nearestName("resnet-18", ["resnet50", "resnet18", "resnet34"]), "resnet18");
  assert.equal(nearestName("SEED", ["seeds", "seed"]), "seed");
});

Deno.test("nearestName() finds nothing when nothing is near", () => {
  assert.equal(nearestName("colour", ["batch", "epochs", "seed"]), undefined);
  assert.equal(nearestName("x", []), undefined);
});
