/**
 * The settings of a job, from one table: their type, the check, the options of the command line,
 * and what `config.json` holds.
 *
 * @module
 */

import { nearestName } from "./nearest.ts";

type Described = {
  /** What it is, in a few words, with its unit. */
  description: string;
  /** Placeholder in the help. @default {by the type: "TEXT", "NUMBER" …} */
  value?: string;
  /** Refuse to start without it. @default {false} */
  required?: boolean;
  /** What the help says of the default, such as "the model's", where a value cannot. */
  defaultText?: string;
};

/** What numbers have to keep to. */
export type Bounds = {
  /** Smallest value allowed. */
  minimum?: number;
  /** Largest value allowed. */
  maximum?: number;
  /** Bound that itself is not allowed. */
  above?: number;
  /** Bound that itself is not allowed. */
  below?: number;
};

/** A text; `choices` lists the accepted ones. */
export type TextSetting = Described & {
  type: "string";
  default?: string;
  choices?: readonly string[];
};

/** A finite number, whole for "integer", inside the given bounds. */
export type NumberSetting = Described & Bounds & { type: "number" | "integer"; default?: number };

/** A switch: false unless given; on the command line it takes no value. */
export type SwitchSetting = { type: "boolean"; description: string };

/** Texts, written `a,b` or `none`. */
export type TextsSetting = Described & {
  type: "strings";
  default?: readonly string[];
  choices?: readonly string[];
};

/**
 * Numbers, at least one, each inside the bounds; written `3,5,10`, or `low:high:count` for so many at
 * even distances, both ends included.
 */
export type NumbersSetting = Described & Bounds & {
  type: "numbers" | "integers";
  default?: readonly number[] | string;
  /** Whether each must be larger than the one before. @default {false} */
  rising?: boolean;
};

/** A setting. */
export type Setting = TextSetting | NumberSetting | SwitchSetting | TextsSetting | NumbersSetting;

/** Settings by their names, some of them in groups. */
export type Table = { readonly [name: string]: Setting | Table };

/** The value of a setting. */
export type ValueOf<S> = S extends { type: "boolean" } ? boolean
  : S extends { type: "string"; choices: readonly (infer Choice extends string)[] } ? Choice
  : S extends { type: "string" } ? string
  : S extends { type: "strings"; choices: readonly (infer Choice extends string)[] }
    ? readonly Choice[]
  : S extends { type: "strings" } ? readonly string[]
  : S extends { type: "numbers" | "integers" } ? readonly number[]
  : S extends { type: string } ? number
  : Values<S>;

/** Whether a setting always has a value. */
type IsSet<S> = S extends { type: string }
  ? S extends { default: unknown } | { required: true } | { type: "boolean" } ? true : false
  : true;

/** The values of a table: only those without a default may be missing. */
export type Values<T> =
  & { -readonly [Name in keyof T as IsSet<T[Name]> extends true ? Name : never]: ValueOf<T[Name]> }
  & {
    -readonly [Name in keyof T as IsSet<T[Name]> extends true ? never : Name]?: ValueOf<T[Name]>;
  };

/** Some of the values; numbers may be texts. */
type Some<T> = {
  readonly [Name in keyof T]?: T[Name] extends { type: string }
    ? ValueOf<T[Name]> | (T[Name] extends { type: "numbers" | "integers" } ? string : never)
    : Some<T[Name]>;
};

/** The table of a job, and profiles that fill it in. */
export type Schema<T extends Table = Table, Profile extends string = string> = {
  /** How a refusal begins, such as "Cannot train". */
  readonly refusal: string;
  readonly table: T;
  /** Where the values of each profile differ from the defaults. */
  readonly profiles: Readonly<Record<Profile, Readonly<Record<string, unknown>>>>;
};

/** All values of a job; `profile` is the one that filled in what was not given. */
export type SettingsOf<S> = S extends Schema<infer T, infer Profile>
  ? string extends keyof T ? Record<string, unknown>
  : Values<T> & ([Profile] extends [never] ? unknown : { profile: Profile })
  : never;

/** Some of the values of a job. */
export type GivenOf<S> = S extends Schema<infer T, infer Profile>
  ? string extends keyof T ? Readonly<Record<string, unknown>>
  : Some<T> & ([Profile] extends [never] ? unknown : { readonly profile?: Profile })
  : never;

/**
 * Makes the schema of a job.
 *
 * @param definition The table; profiles, by name where they differ from its defaults, and which of
 * them is taken unless another is named
 *
 * @example
 * ```ts
 * import { defineSettings, settingsOf } from "../lib/settings.ts";
 * import assert from "node:assert/strict";
 *
 * const JOB = defineSettings({
 *   refusal: "Cannot train",
 *   table: {
 *     epochs: { type: "integer", default: 20, minimum: 1, description: "passes over the images" },
 *     sky: { count: { type: "integer", default: 1000, minimum: 1, description: "galaxies" } },
 *   },
 *   profile: { default: "small", description: "how much to spend" },
 *   profiles: { tiny: { sky: { count: 40 } }, small: {} },
 * });
 * assert.deepEqual(settingsOf(JOB, { profile: "tiny", epochs: 3 }), {
 *   profile: "tiny",
 *   epochs: 3,
 *   sky: { count: 40 },
 * });
 * assert.throws(() => settingsOf(JOB, { epochs: 0 }), {
 *   message: "Cannot train: epochs must be an integer, at least 1, 0 found",
 * });
 * ```
 */
export function defineSettings<const T extends Table, Profile extends string = never>(
  { refusal, table, profile, profiles = {} as Record<Profile, Some<T>> }: {
    refusal: string;
    table: T;
    profile?: { default: NoInfer<Profile>; description: string };
    profiles?: Readonly<Record<Profile, Some<NoInfer<T>>>>;
  },
): Schema<T, Profile> {
  const choices = Object.keys(profiles);
  for (const { path, key, setting } of leaves(table)) {
    const on = setting.type === "boolean" &&
      choices.find((name) => at(profiles[name as Profile], path) === true);
    if (!on) continue;
    throw new RangeError(
      `Cannot define settings: profile "${on}" switches "${key}" on, which a command line could not switch off; name the switch for the opposite`,
    );
  }
  const first = profile && { profile: { type: "string", ...profile, choices } };
  return { refusal, table: { ...first, ...table }, profiles };
}

/**
 * All settings of a job: what is given, over the profile, over the defaults. What is undefined counts
 * as not given.
 *
 * @throws {RangeError} For an unknown setting, naming the nearest, a value out of its limits, or where
 * what is given is no object
 */
export function settingsOf<S extends Schema>(schema: S, given: GivenOf<S>): SettingsOf<S> {
  if (!isGroup(given)) {
    throw new RangeError(
      `${schema.refusal}: settings must be an object of values by name, ${textFound(given)} found`,
    );
  }
  const values = given as Record<string, unknown>;
  const profile = schema.profiles[String(values.profile ?? usualProfile(schema))] ?? {};
  const settings = filled(schema.table, [values, profile]);
  checkSettings(schema, settings);
  return settings as SettingsOf<S>;
}

/** The profile that is taken unless another is named, where there are any. */
export function usualProfile({ table }: Schema): string | undefined {
  return (table.profile as TextSetting | undefined)?.default;
}

function filled(
  table: Table,
  layers: readonly Record<string, unknown>[],
): Record<string, unknown> {
  const names = new Set([...Object.keys(table), ...layers.flatMap(Object.keys)]);
  const entries = Array.from(names, (name): [string, unknown] => {
    const setting = table[name];
    const [first, ...others] = layers.map((layer) => layer[name])
      .filter((value) => value !== undefined && value !== null);
    if (setting === undefined) return [name, first];
    if (!isSetting(setting)) {
      return isGroup(first ?? {})
        ? [name, filled(setting, [first ?? {}, ...others] as Record<string, unknown>[])]
        : [name, first];
    }
    const value = first ?? (setting.type === "boolean" ? false : setting.default);
    const isList = setting.type === "numbers" || setting.type === "integers";
    if (!isList || typeof value !== "string") return [name, value];
    const numbers = readNumbers(value);
    return [name, numbers.includes(NaN) ? value : numbers];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/**
 * Refuses settings that are missing, unknown or out of their limits.
 *
 * @param options `refusal`: how the message begins. @default {the schema's}
 * @throws {RangeError} Naming the setting, what is wanted and what was found
 */
export function checkSettings<S extends Schema>(
  schema: S,
  settings: Record<string, unknown>,
  { refusal = schema.refusal }: { refusal?: string } = {},
): asserts settings is SettingsOf<S> & Record<string, unknown> {
  checkTable(schema.table, settings, { refusal, prefix: "" });
}

function checkTable(
  table: Table,
  settings: Record<string, unknown>,
  { refusal, prefix }: { refusal: string; prefix: string },
): void {
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, Object.keys(table));
    throw new RangeError(
      `${refusal}: unknown setting "${prefix}${unknown}"${
        near ? `, nearest is "${prefix}${near}"` : ""
      }`,
    );
  }
  for (const [name, setting] of Object.entries(table)) {
    const value = settings[name] ?? undefined;
    const refuse = (wanted: string) => {
      throw new RangeError(
        `${refusal}: ${prefix}${name} must be ${wanted}, ${textFound(value)} found`,
      );
    };
    if (!isSetting(setting)) {
      if (!isGroup(value)) refuse(`a group of ${Object.keys(setting).join(", ")}`);
      checkTable(setting, value as Table, { refusal, prefix: `${prefix}${name}.` });
    } else if (value === undefined ? isNeeded(setting) : !isAllowed(setting, value)) {
      refuse(wanted(setting));
    }
  }
}

/** A value as messages show it, whatever it is. */
function textFound(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch { // a bigint, or an object that holds itself
    return Deno.inspect(value);
  }
}

/** Whether a value must be there. */
function isNeeded(setting: Setting): boolean {
  return setting.type === "boolean" || setting.required || setting.default !== undefined;
}

/** What `config.json` holds: every setting, null where there is no value. */
export function configOf(
  { table }: Schema,
  settings: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    leaves(table).map(({ path: [name] }) => [name, settings[name] ?? null]),
  );
}

/** The settings of a table with the options that name them on a command line. */
export type Leaf = { path: string[]; key: string; setting: Setting };

/** Every setting of a table; in a group `head`, `epochs` has the key `headEpochs`. */
export function leaves(table: Table, path: string[] = []): Leaf[] {
  return Object.entries(table).flatMap(([name, setting]) => {
    const own = [...path, name];
    if (!isSetting(setting)) return leaves(setting, own);
    const key = own.map((part, i) => i === 0 ? part : part[0]!.toUpperCase() + part.slice(1));
    return [{ path: own, key: key.join(""), setting }];
  });
}

/**
 * The options of a command line, by their keys. Their help tells the default of each profile; what is
 * not given has no value.
 */
export function optionsOf(schema: Schema): Record<string, Setting> {
  return Object.fromEntries(
    leaves(schema.table).map(({ path, key, setting }) => {
      if (setting.type === "boolean") return [key, setting];
      const { default: _, required: __, ...option } = setting;
      const defaultText = profileText(schema, { path, setting }) || setting.defaultText;
      return [key, { ...option, ...(defaultText ? { defaultText } : {}) } as Setting];
    }),
  );
}

/** "20, tiny 6": the usual profile's value, then those that differ. */
function profileText(
  schema: Schema,
  { path, setting }: Pick<Leaf, "path" | "setting">,
): string {
  const { table, profiles } = schema;
  const of = (profile: string | undefined) => {
    const layers = profile === undefined ? [] : [profiles[profile]];
    // A fraction such as 2/3 to four digits
    return textOf(setting, at(filled(table, [{}, ...layers]), path))
      ?.replace(/\d+\.\d{5,}/, (digits) => String(Number(Number(digits).toPrecision(4))));
  };
  const first = of(usualProfile(schema));
  const others = Object.keys(profiles).filter((name) => of(name) !== first);
  const usual = first ??
    (others.length > 0 && setting.type !== "boolean" ? setting.defaultText : undefined);
  return [usual, ...others.map((name) => `${name} ${of(name)}`)].filter((text) => text).join(", ");
}

function at(values: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => (value as Record<string, unknown>)?.[name], values);
}

/** The settings that options name: what was not given, or not switched on, is missing. */
export function givenOf<S extends Schema>(
  { table }: S,
  options: Readonly<Record<string, unknown>>,
): GivenOf<S> {
  const given: Record<string, unknown> = {};
  for (const { path, key } of leaves(table)) {
    const value = options[key];
    if (value === undefined || value === false) continue;
    let group = given;
    for (const name of path.slice(0, -1)) {
      group = (group[name] ??= {}) as Record<string, unknown>;
    }
    group[path.at(-1)!] = value;
  }
  return given as GivenOf<S>;
}

/**
 * The options of a command line that leads to the same settings: the profile, and what differs from
 * it.
 */
export function commandLine<S extends Schema>(schema: S, settings: SettingsOf<S>): string[] {
  const values = settings as Record<string, unknown>;
  const profile = schema.profiles[String(values.profile)] ?? {};
  const usual = { ...filled(schema.table, [{}, profile]), profile: undefined };
  return leaves(schema.table).flatMap(({ path, key, setting }) => {
    const [found, known] = [values, usual].map((of) => textOf(setting, at(of, path)));
    if (found === known || found === undefined) return [];
    return setting.type === "boolean" ? [flagOf(key)] : [flagOf(key), found];
  });
}

/** How a key in camelCase is written on a command line. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A value as a text that {@linkcode readText} reads; undefined where there is none. */
function textOf({ type }: Setting, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return String(value);
  if (type === "strings") return value.join(",") || "none";
  const range = `${value[0]}:${value.at(-1)}:${value.length}`;
  const isEven = value.length > 3 && readNumbers(range).every((number, i) => number === value[i]);
  return isEven ? range : value.join(",");
}

/** The value that a text stands for; it may be out of bounds, or not a number. */
export function readText(setting: Exclude<Setting, SwitchSetting>, text: string): unknown {
  switch (setting.type) {
    case "string":
      return text;
    case "strings":
      return text === "none" ? [] : text.split(",");
    case "numbers":
    case "integers":
      return readNumbers(text);
    default:
      return readNumber(text);
  }
}

/** A decimal number; what else JavaScript takes for one (0x10, 1_000, " ") is none to a user. */
function readNumber(text: string): number {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$|^[+-]?Infinity$/i.test(text)
    ? Number(text)
    : NaN;
}

function readNumbers(text: string): number[] {
  if (!text.includes(":")) return text.split(",").map(readNumber);
  const [low, high, count, ...rest] = text.split(":").map(readNumber);
  if (rest.length > 0 || !(Number.isInteger(count) && count! >= 2)) return [NaN];
  const step = (high! - low!) / (count! - 1);
  return Array.from({ length: count! }, (_, i) => Number((low! + i * step).toFixed(6)));
}

/** Whether a value keeps to what its setting asks for. */
export function isAllowed(setting: Setting, value: unknown): boolean {
  switch (setting.type) {
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string" && (setting.choices?.includes(value) ?? true);
    case "strings":
      return Array.isArray(value) && new Set(value).size === value.length &&
        value.every((text) =>
          typeof text === "string" && text !== "" && (setting.choices?.includes(text) ?? true)
        );
    case "numbers":
    case "integers":
      return Array.isArray(value) && value.length > 0 &&
        value.every((number, i) =>
          isInside(setting, number) && !(setting.rising && i > 0 && number <= value[i - 1])
        );
    default:
      return isInside(setting, value);
  }
}

function isInside(setting: NumberSetting | NumbersSetting, value: unknown): boolean {
  const { minimum = -Infinity, maximum = Infinity, above = -Infinity, below = Infinity } = setting;
  return typeof value === "number" && Number.isFinite(value) &&
    (setting.type === "number" || setting.type === "numbers" || Number.isSafeInteger(value)) &&
    value >= minimum && value <= maximum && value > above && value < below;
}

/** What a value has to be, in words: "an integer, at least 1". */
export function wanted(setting: Setting): string {
  switch (setting.type) {
    case "boolean":
      return "true or false";
    case "string":
      return setting.choices ? `one of ${setting.choices.join(", ")}` : "a text";
    case "strings":
      return setting.choices
        ? `different ones of ${setting.choices.join(", ")}`
        : "different texts";
    case "numbers":
    case "integers": {
      const kind = setting.type === "numbers" ? "numbers" : "integers";
      return [setting.rising ? `rising ${kind}` : kind, ...bounds(setting)].join(", ");
    }
    default:
      return [setting.type === "integer" ? "an integer" : "a number", ...bounds(setting)]
        .join(", ");
  }
}

/** The bounds in words. */
export function bounds(setting: Bounds): string[] {
  const words = { minimum: "at least", above: "above", maximum: "at most", below: "below" };
  return Object.entries(words).flatMap(([name, word]) => {
    const bound = setting[name as keyof Bounds];
    return bound === undefined ? [] : [`${word} ${bound}`];
  });
}

function isSetting(entry: Setting | Table): entry is Setting {
  return typeof entry.type === "string";
}

function isGroup(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
