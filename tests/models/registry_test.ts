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

Deno.test("modelCard() says whose weights there are, and under which licence", () => {
  assert.deepEqual(modelCard("resnet50").weights, {
    repository: "timm/resnet50.tv_in1k",
    source: "torchvision, trained on ImageNet-1k (https://github.com/pytorch/vision)",
    url: "https://download.pytorch.org/models/resnet50-0676ba61.pth",
    licence: "BSD-3-Clause",
  });
  for (const name of modelNames()) {
    const { repository, url, licence } = modelCard(name).weights;
    assert.match(repository, RegExp(`^timm/${name}\\.`));
    assert.match(url, RegExp(`/${name}-[0-9a-f]{8}\\.pth$`));
    assert.notEqual(licence, "");
  }
});
