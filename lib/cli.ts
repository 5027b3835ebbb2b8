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
 * - The action may return an exit code. The process always leaves explicitly, since TensorFlow's
 *   threads would keep it.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { nearestName } from "./nearest.ts";
import { textTable } from "./text.ts";

type Described = {
  /** What it is, in a few words, with its unit. */
  description: string;
  /** Placeholder in the help. @default {"TEXT", "NUMBER" or "INTEGER"} */
  value?: string;
  /** Refuse to start without it. @default {false} */
  required?: boolean;
};

/** A text; `choices` lists the accepted ones. */
export type StringOption = Described & {
  type: "string";
  default?: string;
  choices?: readonly string[];
};

/** A finite number, whole for "integer", inside the given bounds. */
export type NumberOption = Described & {
  type: "number" | "integer";
  default?: number;
  /** Smallest value allowed. */
  minimum?: number;
  /** Largest value allowed. */
  maximum?: number;
  /** Bound that itself is not allowed. */
  above?: number;
  /** Bound that itself is not allowed. */
  below?: number;
};

/** A switch: false unless given; it takes no value. */
export type BooleanOption = { type: "boolean"; description: string };

export type Option = StringOption | NumberOption | BooleanOption;

/** What a command line accepts. Keys in camelCase are written in kebab-case by the user. */
export type Command<Options extends Record<string, Option>> = {
  /** The task's name, as in `deno task name`. */
  name: string;
  /** What it does, in a sentence. */
  summary: string;
  options: Options;
  /** What words mean that belong to no option; without it, they are refused. */
  words?: { value: string; description: string };
};

type Value<O extends Option> = O extends BooleanOption ? boolean
  : O extends { choices: readonly (infer Choice extends string)[] } ? Choice
  : O extends StringOption ? string
  : number;

/** The parsed options: a value is undefined only when it has no default and is not required. */
export type OptionValues<Options extends Record<string, Option>> = {
  -readonly [Key in keyof Options]: Options[Key] extends
    { type: "boolean" } | { default: string | number } | { required: true } ? Value<Options[Key]>
    : Value<Options[Key]> | undefined;
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
export function parseOptions<const Options extends Record<string, Option>>(
  command: Command<Options>,
  args: readonly string[],
): OptionValues<Options> {
  return parseCommandLine(command, args).options;
}

function parseCommandLine<Options extends Record<string, Option>>(
  command: Command<Options>,
  args: readonly string[],
): { options: OptionValues<Options>; words: string[] } {
  const flags = new Map(Object.keys(command.options).map((key) => [flagOf(key), key]));
  const { tokens } = parseArgs({
    // `deno task name -- --option` passes the two dashes on.
    args: args[0] === "--" ? args.slice(1) : [...args],
    options: Object.fromEntries(
      [...flags].map(([flag, key]) => [flag.slice(2), {
        type: command.options[key].type === "boolean" ? "boolean" as const : "string" as const,
      }]),
    ),
    strict: false,
    tokens: true,
  });
  const words: string[] = [];
  const values: Record<string, string | number | boolean | undefined> = {};
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
    const option = command.options[key];
    const swallowed = !token.inlineValue && flags.has(token.value ?? "");
    values[key] = readValue(option, swallowed ? undefined : token.value, {
      flag: token.rawName,
      refused: refusal(command),
    });
  }
  for (const [flag, key] of flags) {
    const option = command.options[key];
    if (key in values) continue;
    if (option.type === "boolean") values[key] = false;
    else if (option.required) throw new SyntaxError(`${refusal(command)}: ${flag} is missing`);
    else values[key] = option.default;
  }
  return { options: values as OptionValues<Options>, words };
}

/** The text of `--help`. */
export function helpText(command: Command<Record<string, Option>>): string {
  const rows = Object.entries(command.options).map(([key, option]) => {
    const head = option.type === "boolean"
      ? flagOf(key)
      : `${flagOf(key)} ${
        option.value ?? (option.type === "string" ? "TEXT" : option.type.toUpperCase())
      }`;
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

/**
 * Runs a task: reads the command line, calls the action, leaves the process with its exit code.
 *
 * @param command What the command line accepts
 * @param action The work; may return an exit code
 * @param options.args The arguments. @default {Deno.args}
 */
export async function runCommand<const Options extends Record<string, Option>>(
  command: Command<Options>,
  action: (
    options: OptionValues<Options>,
    context: { signal: AbortSignal; words: string[] },
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
    const parsed = parseCommandLine(command, args);
    const code = await action(parsed.options, { signal, words: parsed.words });
    Deno.exit(signal.aborted ? 130 : code ?? 0);
  } catch (error) {
    if (signal.aborted && isAbort(error, signal)) Deno.exit(130);
    console.error(error instanceof Error ? error.message : String(error));
    if (Deno.env.get("GALAXYKIT_TRACE") === "1") console.error(error);
    Deno.exit(signal.aborted ? 130 : 1);
  }
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
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
): string | number | boolean {
  if (option.type === "boolean") {
    if (found === undefined) return true;
    throw new SyntaxError(`${refused}: ${flag} takes no value, found "${found}"`);
  }
  if (found === undefined || found.trim() === "") {
    throw new SyntaxError(`${refused}: ${flag} wants a value (${wanted(option)})`);
  }
  if (option.type === "string") {
    if (option.choices && !option.choices.includes(found)) {
      throw new RangeError(`${refused}: ${flag} wants ${wanted(option)}, found "${found}"`);
    }
    return found;
  }
  const number = Number(found);
  const inside = Number.isFinite(number) &&
    (option.type === "number" || Number.isSafeInteger(number)) &&
    number >= (option.minimum ?? -Infinity) && number <= (option.maximum ?? Infinity) &&
    number > (option.above ?? -Infinity) && number < (option.below ?? Infinity);
  if (!inside) {
    throw new RangeError(`${refused}: ${flag} wants ${wanted(option)}, found "${found}"`);
  }
  return number;
}

/** What a value has to be, in words: "an integer, at least 1". */
function wanted(option: StringOption | NumberOption): string {
  if (option.type === "string") {
    return option.choices ? `one of ${option.choices.join(", ")}` : "a text";
  }
  const kind = option.type === "integer" ? "an integer" : "a number";
  return [kind, ...bounds(option)].join(", ");
}

function bounds(option: NumberOption): string[] {
  return [
    option.minimum === undefined ? "" : `at least ${option.minimum}`,
    option.above === undefined ? "" : `above ${option.above}`,
    option.maximum === undefined ? "" : `at most ${option.maximum}`,
    option.below === undefined ? "" : `below ${option.below}`,
  ].filter((bound) => bound !== "");
}

/** What the help says in brackets: "(tiny or small; default small)". */
function limits(option: Option): string {
  if (option.type === "boolean") return "";
  const range = option.type === "string" ? alternatives(option.choices) : bounds(option).join(", ");
  const rest = option.required
    ? "required"
    : option.default === undefined
    ? ""
    : `default ${option.default}`;
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
