import assert from "node:assert/strict";
import { CLASSIFY, type ClassifySettings, classifySettings } from "galaxykit/jobs";

Deno.test("classifySettings() lays what is given over the profile", () => {
  const settings = classifySettings({ images: "a", profile: "tiny", epochs: 3, seed: undefined });
  const tiny = { ...classifySettings({ images: "a" }), ...CLASSIFY.profiles.tiny, profile: "tiny" };
  assert.deepEqual(settings, { ...tiny, epochs: 3 });
  assert.equal(classifySettings({ images: "a" }).profile, "small");
});

Deno.test("classifySettings() leaves a network its own width unless one is given", () => {
  assert.equal(classifySettings({ images: "a", model: "resnet18_mini" }).width, undefined);
  assert.equal(classifySettings({ images: "a", width: 8 }).width, 8);
});

Deno.test("classifySettings() refuses values out of their limits", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ epochs: 0 }, "epochs must be an integer, at least 1, 0 found"],
    [{ size: 8 }, "size must be an integer, at least 32, at most 1024, 8 found"],
    [{ crop: 2 }, "crop must be a number, above 0, at most 1, 2 found"],
    [{ rate: -1 }, "rate must be a number, above 0, -1 found"],
    [{ batch: 1 }, "batch must be an integer, at least 2, 1 found"],
    [{ seed: 1.5 }, "seed must be an integer, at least 0, 1.5 found"],
    [{ labelSmoothing: 1 }, "labelSmoothing must be a number, at least 0, below 1, 1 found"],
    [{ profile: "big" }, 'profile must be one of tiny, small, "big" found'],
    [{ images: 3 }, "images must be a text, 3 found"],
    [{ epoch: 3 }, 'unknown setting "epoch", nearest is "epochs"'],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => classifySettings({ images: "a", ...change } as ClassifySettings), {
      name: "RangeError",
      message: `Cannot train: ${message}`,
    });
  }
  assert.throws(() => classifySettings({ images: "a", model: "resnet81" }), {
    message: 'Cannot find model "resnet81": nearest is resnet18, modelNames() has them all',
  });
});
