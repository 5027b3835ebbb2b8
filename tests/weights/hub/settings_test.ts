import assert from "node:assert/strict";
import { join } from "node:path";
import { hubSettings } from "../../../lib/weights/hub/settings.ts";
import { temporaryFolder } from "../../temporary.ts";

Deno.test("hubSettings() reads the variables of Hugging Face's libraries", () => {
  const HOME = temporaryFolder();
  const plain = { endpoint: "https://huggingface.co", offline: false, token: undefined };
  const cache = (env: Record<string, string>) => hubSettings({ env }).cache;
  assert.deepEqual(hubSettings({ env: { HOME } }), {
    ...plain,
    cache: join(HOME, ".cache/huggingface/hub"),
  });
  assert.equal(cache({ HOME, XDG_CACHE_HOME: "/x" }), "/x/huggingface/hub");
  assert.equal(cache({ HOME, HF_HOME: "/h" }), "/h/hub");
  assert.equal(cache({ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }), "/old");
  assert.equal(cache({ HF_HOME: "/h", HF_HUB_CACHE: "/c", HUGGINGFACE_HUB_CACHE: "/old" }), "/c");
  assert.equal(
    hubSettings({ env: { HOME, HF_ENDPOINT: "http://mirror/" } }).endpoint,
    "http://mirror",
  );
  for (const value of ["1", "true", "ON", "yes"]) {
    assert.ok(hubSettings({ env: { HOME, HF_HUB_OFFLINE: value } }).offline);
  }
  assert.ok(!hubSettings({ env: { HOME, HF_HUB_OFFLINE: "0" } }).offline);
  assert.ok(hubSettings({ env: { HOME, TRANSFORMERS_OFFLINE: "1" } }).offline);
});

Deno.test("hubSettings() takes the token from the environment, then from the file", () => {
  const HF_HOME = temporaryFolder();
  Deno.writeTextFileSync(join(HF_HOME, "token"), "of the file\n");
  assert.equal(hubSettings({ env: { HF_HOME } }).token, "of the file");
  assert.equal(
    hubSettings({ env: { HF_HOME, HF_TOKEN: " of the variable\n" } }).token,
    "of the variable",
  );
});
