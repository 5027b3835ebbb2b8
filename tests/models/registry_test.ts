import assert from "node:assert/strict";
import { modelCard, modelNames } from "galaxykit/models";

Deno.test("modelCard() refuses an unknown name, naming the nearest", () => {
  assert.throws(() => modelCard("resnet5"), {
    name: "RangeError",
    message:
      'Cannot find model "resnet5": resnet18, resnet34, resnet50 are known, nearest is resnet50',
  });
  // Names of every object are no models
  for (const name of ["toString", "constructor", "__proto__", ""]) {
    assert.throws(() => modelCard(name), { name: "RangeError" }, `${name} is found`);
  }
});

Deno.test("modelCard() knows every listed name", () => {
  assert.deepEqual(modelNames(), ["resnet18", "resnet34", "resnet50"]);
  for (const name of modelNames()) {
    const { size, mean, std } = modelCard(name);
    assert.deepEqual({ size, mean, std }, {
      size: 224,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
  }
});
