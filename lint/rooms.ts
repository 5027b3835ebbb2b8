/**
 * The rooms of the kit, and which may import which.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Each room may import those before it, and the ones aside. */
const ORDER = [
  "lib/tensorflow",
  "lib/nn",
  "lib/weights",
  "lib/prompts",
  "lib/models",
  "lib/augment",
  "lib/train",
  "lib/diffusion",
  "lib/generation",
  "lib/contrastive",
  "lib/explain",
  "lib/jobs",
  "lib/recipes",
  "lib/notebook",
  "tasks",
];

/** These know nothing of the engine. Of each other they may import those before them. */
const ASIDE = ["lib", "lib/metrics", "lib/data", "lib/plot", "lib/sky"];

/** The room of a file by its path in the project: "lib/tensorflow" of "lib/tensorflow/ops/a.ts". */
export function roomOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "lib" && parts.length > 2 ? parts.slice(0, 2).join("/") : parts[0]!;
}

/**
 * The file that an import means, by its path in the project.
 *
 * @returns Nothing for a package, or a file of data
 */
export function importedFile(path: string, specifier: string): string | undefined {
  if (specifier === "galaxykit") return "mod.ts";
  if (specifier.startsWith("galaxykit/")) return `lib/${specifier.slice(10)}/mod.ts`;
  if (!/^\..*\.ts$/.test(specifier)) return undefined;
  return relative(ROOT, join(ROOT, dirname(path), specifier));
}

/** Why a file may not import another, both by their paths in the project; nothing if it may. */
export function refusal(path: string, target: string): string | undefined {
  const [source, room] = [roomOf(path), roomOf(target)];
  if (![...ASIDE, ...ORDER].includes(source)) {
    return `${source} has no place in the order of lint/rooms.ts`;
  }
  const name = target.split("/").at(-1)!;
  if (name.startsWith("_") && !`${dirname(path)}/`.startsWith(`${dirname(target)}/`)) {
    return `${target} is private to ${dirname(target)}`;
  }
  if (source === room) return undefined;
  const allowed = ASIDE.includes(source)
    ? ASIDE.slice(0, ASIDE.indexOf(source))
    : [...ORDER.slice(0, ORDER.indexOf(source)), ...ASIDE];
  return allowed.includes(room) ? undefined : `${source} does without ${room}`;
}
