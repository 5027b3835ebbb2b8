import assert from "node:assert/strict";
import { join } from "node:path";
import { itemStates } from "galaxykit/recipes";
import { onShared, shared } from "../shared_data.ts";

const FACTS = "../reproduction.md";

Deno.test("itemStates() has every item once, and the command of each that can be had", () => {
  const states = itemStates();
  const ids = states.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const commands = states.filter(({ command }) => command !== undefined);
  const article = commands.filter(({ id }) => id.startsWith("efficientnet/")).map(({ id }) => id);
  const own = states.filter(({ isOwn }) => isOwn).map(({ id }) => id);
  assert.deepEqual(own, [
    ...["training", "groups", "checkpoints", "tags", "prompts", "shapes", "neighbours"]
      .map((name) => `galaxysd/${name}`),
    "galaxysd/brightness",
    ...["losses", "gain", "comparison", "attention", "methods"].map((name) =>
      `efficientnet/${name}`
    ),
    "sommelier/real",
    ...["article", "tradeoff", "recommendation", "fractions", "volunteers", "abstention"]
      .map((name) => `threshold/${name}`),
    ...["smooth_or_featured", "walked_classes", "own_classes", "other_images"]
      .map((name) => `sim-to-real/${name}`),
    ...["efficientnet_b0", "resnet18", "convnext_nano", "vit_small"].map((name) =>
      `backbones/${name}_mini`
    ),
    "backbones/reading",
  ]);
  assert.deepEqual(article.map((id) => id.slice("efficientnet/".length)), [
    ...["table1", "fig1", "fig2", "fig3", "accuracy", "fig4", "fig5", "fig6", "fig7"],
    ...["losses", "gain", "comparison", "attention", "methods"],
  ]);
  assert.equal(
    states.find(({ id }) => id === "efficientnet/fig5")?.command,
    "deno task reproduce efficientnet fig5",
  );
  assert.equal(states.find(({ id }) => id === "galaxysd/fig4")?.command, undefined);
});

Deno.test({
  ...onShared(FACTS, "itemStates() names the items that were counted up in the papers"),
}, () => {
  const wanted = [
    ...Deno.readTextFileSync(join(shared, FACTS)).matchAll(/^\| ([a-z]+\/[a-z0-9-]+) \|/gm),
  ]
    .map(([, id]) => id);
  assert.ok(wanted.length > 50);
  const found = itemStates().filter(({ isOwn }) => !isOwn).map(({ id }) => id);
  assert.deepEqual(found, wanted);
});
