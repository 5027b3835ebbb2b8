import assert from "node:assert/strict";
import { formatHubReference, parseHubReference } from "galaxykit/weights";

Deno.test("parseHubReference() reads what formatHubReference() writes", () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const known: [string, string | undefined, string, string | undefined][] = [
    ["hf:timm/resnet18.a1_in1k", "hf:timm/resnet18.a1_in1k@main", "main", undefined],
    [`hf:a/b@${commit}`, undefined, commit, undefined],
    ["hf://a/b@v1.0/unet/model.bin", "hf:a/b@v1.0/unet/model.bin", "v1.0", "unet/model.bin"],
    ["hf:a/b/model.pt", "hf:a/b@main/model.pt", "main", "model.pt"],
    ["hf:a/b@refs/pr/3/model.pt", undefined, "refs/pr/3", "model.pt"],
    ["hf:a/b@feature%2Fx", undefined, "feature/x", undefined],
  ];
  for (const [text, written = text, revision, file] of known) {
    const reference = parseHubReference(text);
    assert.equal(reference.revision, revision);
    assert.equal(reference.file, file);
    assert.equal(formatHubReference(reference), written);
    assert.deepEqual(parseHubReference(written), reference);
  }
});

Deno.test("parseHubReference() refuses what is no reference, or leads out of the cache", () => {
  const bad = [
    "hf:",
    "hf:resnet18",
    "timm/resnet18",
    "hf:a/b@",
    "hf:../b",
    "hf:a/..",
    "hf:a/b--c",
    "hf:a/b/../../x",
    "hf:a/b@..",
    "hf:a/b@%2E%2E%2Fx",
    "hf:a/b@%",
    "hf:a/b/c\\\\d",
    "hf:a/b//x",
  ];
  for (const source of bad) {
    assert.throws(() => parseHubReference(source), {
      name: "SyntaxError",
      message: `Cannot read "${source}" as a model on the hub: wanted ` +
        "hf:organisation/name@revision/file, of which @revision and /file may be left out",
    });
  }
});
