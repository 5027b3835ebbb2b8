/**
 * Real published checkpoints, where the Hugging Face cache or `../shared/weights` has some.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { loadPretrained, modelCard, modelNames, type PretrainedOptions } from "galaxykit/models";
import { key, normal, tf } from "galaxykit/tensorflow";
import { listCachedModels, writeSafetensors } from "galaxykit/weights";
import { shared, skippedIf } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";

/** Weights of a model that lie here. */
type Found = Pick<PretrainedOptions, "env"> & {
  name: string;
  source: string;
  /** Outputs of the last layer; 0 where the weights have none. */
  classes: number;
  /** How the SHA-256 of the file begins. */
  digest?: string;
};

/** What the Hugging Face cache has of what the cards name. */
function inCache(env?: Record<string, string>): Found[] {
  const cached = new Set(
    listCachedModels({ env }).filter(({ files }) =>
      files.some(({ name }) => /\.(safetensors|bin)$/.test(name))
    ).map(({ repository }) => repository),
  );
  const known = modelNames().flatMap((name) => {
    const { weights, otherWeights = [] } = modelCard(name);
    return [weights, ...otherWeights].flatMap((one) =>
      one?.repository === undefined
        ? []
        : [{ name, repository: one.repository, file: one.file, classes: one.classes ?? 1000 }]
    );
  });
  return known.filter(({ repository }) => cached.has(repository))
    .map(({ repository, file, ...rest }) => {
      const source = `hf:${repository}${file === undefined ? "" : `@main/${file}`}`;
      return { ...rest, source, env: { ...env, HF_HUB_OFFLINE: "1" } };
    });
}

/** Files that are called as a model: `resnet50-0676ba61.pth`, `efficientnet_b0.safetensors`. */
function inFolder(folder: string): Found[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(safetensors|pth?|bin)$/.test(path))
    .flatMap((path) => {
      const called = path.replaceAll("\\", "/").split("/").find((part) => nameIn(part));
      if (called === undefined) return [];
      const name = nameIn(called)!;
      const digest = /-([0-9a-f]{8})\.pth$/.exec(path)?.[1];
      const classes = modelCard(name).weights?.classes ?? 1000;
      return [{ name, source: join(folder, path), classes, digest }];
    });
}

/** The model whose name a file's begins with, the longest. */
function nameIn(file: string): string | undefined {
  return modelNames().filter((name) => RegExp(`^${name}([.-]|$)`).test(file))
    .sort((a, b) => b.length - a.length)[0];
}

/** All weights fit, are no random ones, and the network tells images apart. */
async function check({ name, source, classes, env, digest }: Found): Promise<void> {
  const size = name.includes("dinov2") ? 224 : modelCard(name).size;
  if (digest !== undefined) {
    const hash = createHash("sha256").update(readFileSync(source)).digest("hex");
    assert.equal(hash.slice(0, 8), digest, `${basename(source)} is damaged`);
  }
  const wanted = classes === 0 ? { classes: 7 } : {};
  const random = key(1);
  const { model, record } = await loadPretrained(name, {
    ...{ source, env, size, key: random },
    ...wanted,
  });
  assert.ok(record.files.every(({ hash }) => /^(sha256|git-sha1):/.test(hash)));
  const images = normal(random, [3, size, size, 3]);
  const logits = model.call(images);
  const values = [...logits.dataSync()];
  assert.deepEqual(logits.shape, [3, classes === 0 ? 7 : classes]);
  assert.ok(values.every(Number.isFinite), `${name} gives a logit that is no number`);
  const features = tf.tidy(() => model.pooled(images).arraySync() as number[][]);
  assert.notDeepEqual(features[0], features[1], `${name} gives the same for all images`);
  for (const [name, buffer] of Object.entries(model.namedBuffers())) {
    if (!name.endsWith("running_var")) continue;
    const variances = [...buffer.dataSync()];
    assert.ok(variances.every((value) => value >= 0), `${name} is below 0`);
    assert.ok(variances.some((value) => value !== 1), `${name} is as in a new network`);
  }
  tf.dispose([images, logits, random]);
  model.dispose();
}

const found = [...inCache(), ...inFolder(join(dirname(shared), "weights"))];

for (const one of found) {
  Deno.test(`${one.name} takes the published weights ${basename(one.source)}`, () => check(one));
}

// So that it is seen when nothing was checked.
Deno.test(
  skippedIf(
    found.length === 0 &&
      "neither the Hugging Face cache nor ../shared/weights has any; fetch some: " +
        "deno task weights fetch hf:timm/resnet18.tv_in1k",
    "published weights load strictly",
  ),
  () => assert.ok(found.length > 0),
);

Deno.test("a checkpoint in the layout of the cache, or named as torchvision's, is found and checked", async () => {
  const random = key(3);
  const model = modelCard("resnet18").create({ classes: 1000, key: random });
  const variables = Object.entries(model.namedBuffers()).filter(([name]) => /_var$/.test(name));
  tf.tidy(() => variables.forEach(([, variance]) => variance.assign(tf.mul(variance, 2))));
  const folder = temporaryFolder();
  const commit = "c".repeat(40);
  const place = join(folder, "hub", "models--timm--resnet18.tv_in1k");
  const snapshot = join(place, "snapshots", commit);
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(place, "refs"));
  writeFileSync(join(place, "refs", "main"), commit);
  const path = join(snapshot, "model.safetensors");
  writeSafetensors(path, model.stateDict());
  const env = { HF_HOME: folder };
  const [cached, ...others] = inCache(env);
  assert.deepEqual(others, []);
  assert.equal(cached!.source, "hf:timm/resnet18.tv_in1k");
  await check(cached!);

  const digest = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 8);
  writeFileSync(join(folder, `resnet18-${digest}.pth`), readFileSync(path));
  const [named] = inFolder(folder).filter(({ digest }) => digest !== undefined);
  await check(named!);
  await assert.rejects(check({ ...named!, digest: "00000000" }), {
    name: "AssertionError",
    message: /^resnet18-[0-9a-f]{8}\.pth is damaged/,
  });
  // Another network under this name, and one that was never trained
  const untrained = modelCard("resnet18").create({ classes: 1000, key: random });
  writeSafetensors(path, untrained.stateDict());
  await assert.rejects(check(cached!), {
    name: "AssertionError",
    message: /^bn1\.running_var is as in a new network/,
  });
  await assert.rejects(check({ ...cached!, name: "resnet34" }), {
    name: "TypeError",
    message:
      'Cannot load "hf:timm/resnet18.tv_in1k" into resnet34: 80 keys missing (first "layer1.2.conv1.weight")',
  });
  untrained.dispose();
  model.dispose();
  random.dispose();
});
