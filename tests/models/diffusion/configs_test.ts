import assert from "node:assert/strict";
import {
  autoencoderConfigs,
  AutoencoderKL,
  clipTextConfigs,
  UNet2DConditionModel,
  unetConfigs,
} from "galaxykit/models";

Deno.test("unetConfigs take the texts of clipTextConfigs of the same name", () => {
  assert.deepEqual(Object.keys(unetConfigs), Object.keys(clipTextConfigs));
  for (const [name, { hidden_size }] of Object.entries(clipTextConfigs)) {
    assert.equal(unetConfigs[name as keyof typeof unetConfigs].cross_attention_dim, hidden_size);
  }
});

Deno.test("unetConfigs and autoencoderConfigs make models of the sizes that they tell", () => {
  const millions = (model: UNet2DConditionModel | AutoencoderKL) =>
    Number((model.parameterCount() / 1e6).toPrecision(2));
  const unets = Object.entries(unetConfigs)
    .map(([name, config]) => [name, millions(new UNet2DConditionModel(config))]);
  assert.deepEqual(Object.fromEntries(unets), { sd15: 860, sd21: 870, small: 2.3, tiny: 0.07 });
  const autoencoders = Object.entries(autoencoderConfigs).map(([name, config]) => {
    const model = new AutoencoderKL(config);
    return [name, [millions(model), model.factor]];
  });
  assert.deepEqual(Object.fromEntries(autoencoders), {
    ...{ sd: [84, 8], small: [0.68, 4], tiny: [0.044, 2] },
  });
});
