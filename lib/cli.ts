/**
 * The command lines of `tasks/`: typed options, one sentence for an error, Ctrl-C as a signal.
 *
 * A task is one call:
 *
 * ```ts ignore
 * import { runCommand } from "../lib/cli.ts";
 *
 * await runCommand({
 *   name: "classify",
 *   summary: "Train a classifier on a folder of images.",
 *   options: {
 *     images: { type: "string", value: "DIR", description: "one folder of images a class" },
 *     epochs: { type: "integer", default: 20, minimum: 1, description: "passes over the images" },
 *     learningRate: { type: "number", default: 0.1, above: 0, description: "highest step size" },
 *     profile: { type: "string", default: "small", choices: ["tiny", "small"], description: "…" },
 *     resume: { type: "boolean", description: "continue the run in --out" },
 *   },
 * }, async (options, { signal }) => {
 *   options.epochs; // number
 *   options.images; // string | undefined, as it has no default and is not `required: true`
 *   options.resume; // boolean, false unless given
 *   options.learningRate; // written --learning-rate on the command line
 *   await train({ ...options, signal });
 * });
 * ```
 *
 * - `--help` prints the options with their ranges and defaults and leaves with 0.
 * - An unknown option, a missing or repeated value, or one out of range leaves with 1 and one
 *   sentence, before the action runs. So does an error thrown by the action: its message is
 *   printed; with GALAXYKIT_TRACE=1 in the environment its stack and causes are too.
 * - The first Ctrl-C (or SIGTERM) aborts `signal`; the second leaves at once. After an abort the
 *   exit code is 130.
 * - A command with `settings` takes the settings of a job as options, too, and hands those that were
 *   given to the action. Messages of the library name options as `(out)`; here they read `(--out)`.
 * - The action may return an exit code. The process always leaves explicitly, since TensorFlow's
 *   threads would keep it.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { nearestName } from "./nearest.ts";
import { textTable } from "./text.ts";
import {
  bounds,
  flagOf,
  type GivenOf,
  givenOf,
  isAllowed,
  optionsOf,
  readText,
  type Schema,
  type Setting,
  type ValueOf,
  wanted,
} from "./settings.ts";

/** An option is written like a setting: see there for types, bounds and choices. */
export type Option = Setting;

type Options = Readonly<Record<string, Option>>;

/** What a command line accepts. Keys in camelCase are written in kebab-case by the user. */
export type Command<Own extends Options = Options, Job extends Schema = Schema> = {
  /** The task's name, as in `deno task name`. */
  name: string;
  /** What it does, in a sentence. */
  summary: string;
  options: Own;
  /** The settings of the job that it starts: more options. */
  settings?: Job;
  /** What words mean that belong to no option; without it, they are refused. */
  words?: { value: string; description: string };
};

/** The parsed options: a value is undefined only when it has no default and is not required. */
export type OptionValues<Own extends Options> = {
  -readonly [Key in keyof Own]: Own[Key] extends
    { type: "boolean" } | { default: unknown } | { required: true } ? ValueOf<Own[Key]>
    : ValueOf<Own[Key]> | undefined;
};

/** What an action gets beside the options. */
export type Context<Job extends Schema> = {
  signal: AbortSignal;
  words: string[];
  /** The settings of the job that were given. */
  settings: GivenOf<Job>;
};

/**
 * Reads a command line.
 *
 * @param command What it accepts
 * @param args The arguments, as in `Deno.args`
 * @returns The options by their camelCase names
 * @throws {SyntaxError} On an unknown, repeated or missing option, a missing value, a stray word
 * @throws {RangeError} On a value that is no number, not whole, out of bounds or not a choice
 */
export function parseOptions<const Own extends Options>(
  command: Command<Own>,
  args: readonly string[],
): OptionValues<Own> {
  return parseCommandLine(command, args).options as OptionValues<Own>;
}

/** All options of a command, those of its job after its own. */
function allOptions({ options, settings }: Command): Options {
  return { ...options, ...(settings ? optionsOf(settings) : {}) };
}

function parseCommandLine(
  command: Command,
  args: readonly string[],
): { options: Record<string, unknown>; words: string[] } {
  const options = allOptions(command);
  const flags = new Map(Object.keys(options).map((key) => [flagOf(key), key]));
  const { tokens } = parseArgs({
    // `deno task name -- --option` passes the two dashes on.
    args: args[0] === "--" ? args.slice(1) : [...args],
    options: Object.fromEntries(
      [...flags].map(([flag, key]) => [flag.slice(2), {
        type: options[key].type === "boolean" ? "boolean" as const : "string" as const,
      }]),
    ),
    strict: false,
    tokens: true,
  });
  const words: string[] = [];
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (command.words === undefined) {
        throw new SyntaxError(`${refusal(command)}: unexpected argument "${token.value}"`);
      }
      words.push(token.value);
      continue;
    }
    const key = flags.get(token.rawName);
    if (key === undefined) throw unknownOption(command, token.rawName, [...flags.keys()]);
    if (key in values) {
      throw new SyntaxError(`${refusal(command)}: ${token.rawName} is given twice`);
    }
    const swallowed = !token.inlineValue && flags.has(token.value ?? "");
    values[key] = readValue(options[key], swallowed ? undefined : token.value, {
      flag: token.rawName,
      refused: refusal(command),
    });
  }
  for (const [flag, key] of flags) {
    const option = options[key];
    if (key in values) continue;
    if (option.type === "boolean") values[key] = false;
    else if (option.required) throw new SyntaxError(`${refusal(command)}: ${flag} is missing`);
    else values[key] = option.default;
  }
  return { options: values, words };
}

/** The text of `--help`. */
export function helpText(command: Command): string {
  const rows = Object.entries(allOptions(command)).map(([key, option]) => {
    const head = option.type === "boolean"
      ? flagOf(key)
      : `${flagOf(key)} ${option.value ?? PLACEHOLDERS[option.type]}`;
    return [head, `${option.description}${limits(option)}`];
  });
  const { words } = command;
  if (words !== undefined) rows.unshift([words.value, words.description]);
  rows.push(["--help", "print this page"]);
  return [
    command.summary,
    "",
    `Usage: deno task ${command.name} [options]${words === undefined ? "" : ` [${words.value}]`}`,
    "",
    textTable([], rows, { indent: 2 }),
    "",
    "Ctrl-C stops; GALAXYKIT_TRACE=1 shows where an error came from.",
  ].join("\n");
}

const PLACEHOLDERS = {
  string: "TEXT",
  strings: "A,B,…",
  number: "NUMBER",
  integer: "INTEGER",
  numbers: "NUMBERS",
  integers: "INTEGERS",
};

/**
 * Runs a task: reads the command line, calls the action, leaves the process with its exit code.
 *
 * @param command What the command line accepts
 * @param action The work; may return an exit code
 * @param options.args The arguments. @default {Deno.args}
 */
export async function runCommand<const Own extends Options, Job extends Schema = never>(
  command: Command<Own, Job>,
  action: (
    options: OptionValues<Own>,
    context: Context<Job>,
  ) => number | void | Promise<number | void>,
  options: { args?: readonly string[] } = {},
): Promise<never> {
  const { args = Deno.args } = options;
  if (args.includes("--help") || args.includes("-h")) {
    console.log(helpText(command));
    Deno.exit(0);
  }
  const signal = interruptSignal();
  try {
    const { options: values, words } = parseCommandLine(command, args);
    const settings = command.settings && givenOf(command.settings, values);
    const own = Object.keys(command.options).map((key) => [key, values[key]]);
    const code = await action(
      Object.fromEntries(own) as OptionValues<Own>,
      { signal, words, settings } as Context<Job>,
    );
    Deno.exit(signal.aborted ? 130 : code ?? 0);
  } catch (error) {
    if (signal.aborted && isAbort(error, signal)) Deno.exit(130);
    console.error(withFlags(command, error instanceof Error ? error.message : String(error)));
    if (Deno.env.get("GALAXYKIT_TRACE") === "1") console.error(error);
    Deno.exit(signal.aborted ? 130 : 1);
  }
}

/** A message of the library, which names options as `(out)` or `(resume: true)`, with flags. */
function withFlags(command: Command, message: string): string {
  const known = allOptions(command);
  // What the command line cannot do is no next step
  const possible = Object.hasOwn(known, "overwrite")
    ? message
    : message.replace(" lose it (overwrite: true),", "").replace(
      ", or begin anew (overwrite: true)",
      "",
    );
  return possible.replaceAll('(missing: "drop")', "(skipBad: true)").replaceAll(
    /\((\w+)(: true)?\)/g,
    (whole, key) => Object.hasOwn(known, key) ? `(${flagOf(key)})` : whole,
  );
}

function refusal(command: { name: string }): string {
  return `Cannot run ${command.name}`;
}

function unknownOption(command: { name: string }, found: string, flags: string[]): SyntaxError {
  const near = nearestName(found, flags);
  return new SyntaxError(
    `${refusal(command)}: unknown option ${found}${
      near ? `, did you mean ${near}` : ""
    } (options: ${[...flags, "--help"].join(", ")})`,
  );
}

function readValue(
  option: Option,
  found: string | undefined,
  { flag, refused }: { flag: string; refused: string },
): unknown {
  if (option.type === "boolean") {
    if (found === undefined) return true;
    throw new SyntaxError(`${refused}: ${flag} takes no value, found "${found}"`);
  }
  if (found === undefined || found.trim() === "") {
    throw new SyntaxError(`${refused}: ${flag} wants a value (${wanted(option)})`);
  }
  const value = readText(option, found);
  if (isAllowed(option, value)) return value;
  throw new RangeError(`${refused}: ${flag} wants ${wanted(option)}, found "${found}"`);
}

/** What the help says in brackets: "(tiny or small; default small)". */
function limits(option: Option): string {
  if (option.type === "boolean") return "";
  const isText = option.type === "string" || option.type === "strings";
  const range = isText ? alternatives(option.choices) : bounds(option).join(", ");
  const usual = option.defaultText ?? option.default;
  const rest = option.required ? "required" : usual === undefined ? "" : `default ${usual}`;
  const parts = [range, rest].filter((part) => part !== "");
  return parts.length ? ` (${parts.join("; ")})` : "";
}

function alternatives(choices: readonly string[] = []): string {
  const parts = [choices.slice(0, -1).join(", "), ...choices.slice(-1)];
  return parts.filter((part) => part !== "").join(" or ");
}

/** A signal aborted by the first Ctrl-C or SIGTERM; the second leaves at once. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => {
      if (controller.signal.aborted) Deno.exit(130);
      console.error("Stopping; Ctrl-C again leaves at once");
      controller.abort();
    });
  }
  return controller.signal;
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
