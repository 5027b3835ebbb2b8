/**
 * Configurations as diffusers writes them: every setting by its name there.
 *
 * @module
 */

import { type OptionNames, refuseUnknown } from "../../options.ts";

/**
 * A configuration with all its settings. Names that begin with `_` are diffusers' notes, and left out.
 *
 * @param given As in a `config.json`; what is missing has diffusers' default
 * @param settings `fixed`: settings of diffusers that can have these values alone here
 * @throws {RangeError} For an unknown setting, a fixed one of another value, or no list, or no true or
 * false, where one is wanted
 */
export function completeConfig<C extends object>(
  given: Partial<C>,
  { what, defaults, fixed }: {
    /** Such as "make UNet2DConditionModel". */
    what: string;
    defaults: C;
    fixed: Readonly<Record<string, readonly unknown[]>>;
  },
): C {
  const entries = Object.entries(given).filter(([name, value]) =>
    !name.startsWith("_") && value !== undefined
  );
  const known = { ...defaults, ...fixed } as unknown as OptionNames<C>;
  refuseUnknown(Object.fromEntries(entries) as C, known, { what });
  for (const [name, value] of entries) {
    const allowed = fixed[name];
    if (allowed === undefined || allowed.some((one) => one === value)) continue;
    throw new RangeError(
      `Cannot ${what}: ${name} must be ${
        allowed.map((one) => JSON.stringify(one)).join(" or ")
      }, found ${JSON.stringify(value)}: the kit has no other`,
    );
  }
  const own = entries.filter(([name]) => Object.hasOwn(defaults, name));
  for (const [name, value] of own) {
    checkKind(name, { value, like: defaults[name as keyof C], what });
  }
  return structuredClone({ ...defaults, ...Object.fromEntries(own) });
}

function checkKind(
  name: string,
  { value, like, what }: { value: unknown; like: unknown; what: string },
): void {
  const wanted = typeof like === "boolean" && typeof value !== "boolean"
    ? "true or false"
    : Array.isArray(like) && !Array.isArray(value)
    ? "a list"
    : undefined;
  if (wanted === undefined) return;
  throw new RangeError(`Cannot ${what}: ${name} must be ${wanted}, found ${JSON.stringify(value)}`);
}

/**
 * A setting for each block: one number is that of all.
 *
 * @throws {RangeError} When it is no list of as many numbers as there are blocks, or a number no
 * whole one from 1
 */
export function perBlock(
  setting: { readonly [name: string]: number | readonly number[] },
  { what, blocks }: { what: string; blocks: number },
): number[] {
  const [[name, value]] = Object.entries(setting) as [[string, number | number[]]];
  const list = Array.isArray(value) ? value : new Array<number>(blocks).fill(value as number);
  if (list.length === blocks && list.every((one) => Number.isInteger(one) && one >= 1)) return list;
  throw new RangeError(
    `Cannot ${what}: ${name} must be a whole number from 1, or one for each of ${blocks} blocks, found ${
      JSON.stringify(value)
    }`,
  );
}

/**
 * Refuses what does not divide.
 *
 * @throws {RangeError} Naming both settings
 */
export function checkDivides(
  values: readonly number[],
  { what, of, by, divisors }: {
    what: string;
    /** The names of the settings. */
    of: string;
    by: string;
    /** One for each value. */
    divisors: readonly number[];
  },
): void {
  const at = values.findIndex((value, index) => value % divisors[index]! !== 0);
  if (at < 0) return;
  throw new RangeError(
    `Cannot ${what}: ${by} must divide ${of}, found ${divisors[at]} for ${
      values[at]
    } (block ${at})`,
  );
}
