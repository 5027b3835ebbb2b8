/**
 * The rooms of the kit for those whose editor checks no types, as in a notebook: a function that is
 * called without something it needs says so by its name.
 *
 * @module
 */

import { showCut } from "./_frames.ts";
import { misspelt, nameHelped, nameRoom, neededBy } from "./help.ts";
import * as rooms from "./_rooms.ts";

export const augment = toldRoom("augment", rooms.augment);
export const data = toldRoom("data", rooms.data);
export const diffusion = toldRoom("diffusion", rooms.diffusion);
export const explain = toldRoom("explain", rooms.explain);
export const generation = toldRoom("generation", rooms.generation);
export const jobs = toldRoom("jobs", rooms.jobs);
export const metrics = toldRoom("metrics", rooms.metrics);
export const models = toldRoom("models", rooms.models);
export const nn = toldRoom("nn", rooms.nn);
export const plot = toldRoom("plot", rooms.plot);
export const prompts = toldRoom("prompts", rooms.prompts);
export const random = toldRoom("random", rooms.random);
export const recipes = toldRoom("recipes", rooms.recipes);
export const sky = toldRoom("sky", rooms.sky);
export const tensorflow = toldRoom("tensorflow", rooms.tensorflow);
export const train = toldRoom("train", rooms.train);
export const weights = toldRoom("weights", rooms.weights);
export const jit = told("jit", rooms.jit);
export const key = told("key", rooms.key);
export const writeFileAtomic = told("writeFileAtomic", rooms.writeFileAtomic);

// Theirs is TensorFlow.js's own reference
for (const [name, value] of Object.entries(rooms.tensorflow.tf)) {
  if (typeof value === "function") nameHelped(value, `tf.${name}`);
}
nameHelped(rooms.tensorflow.tf, "tf.tensor");

/** How the runtime speaks of what is not there, and of what is not what was taken for granted. */
const NATIVE = RegExp([
  ...["Cannot read propert", "Cannot set propert", "Cannot destructure", "is not iterable"],
  ...["is not a function", "is not a constructor", "undefined or null", "undefined to object"],
  ...["Cannot use 'in' operator", "is not defined", "Cannot mix BigInt", "Reduce of empty"],
  ...["Cannot convert a Symbol", "Invalid typed array", "must be of type", "not an object"],
  ...["Cannot convert .* to a BigInt", "Right-hand side of", "private member", "not callable"],
].join("|"));

/** A room whose functions tell what they miss. */
function toldRoom(name: string, room: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(room).map(([key, value]) => [
    key,
    typeof value === "function" ? told(`${name}.${key}`, value as Callable) : value,
  ]);
  const made = Object.freeze(Object.fromEntries(entries));
  nameRoom(made, name);
  return made;
}

// deno-lint-ignore no-explicit-any
type Callable = (...args: any[]) => any;

function told<F extends Callable>(name: string, target: F): F {
  const isClass = /^class\b/.test(Function.prototype.toString.call(target));
  const attempt = (call: () => unknown, args: readonly unknown[]) => {
    if (args.length < target.length) {
      const { needed, missing, isOverloaded } = neededBy(name, args);
      if (missing.length > 0 && !isOverloaded) throw refusal(name, { needed, missing });
    }
    const slip = misspelt(name, args);
    if (slip !== undefined) {
      throw new RangeError(
        `Cannot call ${name}: there is no option "${slip.option}", nearest is "${slip.nearest}" (help(${name}) shows more)`,
      );
    }
    try {
      const result = call();
      if (!(result instanceof Promise)) return showCut(result);
      return result.then(showCut, (error) => {
        throw translated(error, { name, args });
      });
    } catch (error) {
      throw translated(error, { name, args });
    }
  };
  const proxy: F = new Proxy(target, {
    apply: (_, self, args) => {
      if (isClass) throw new TypeError(`Cannot call ${name}: it is a class, write new ${name}(…)`);
      return attempt(() => Reflect.apply(target, self, args), args);
    },
    construct: (_, args, newTarget) =>
      attempt(
        () => Reflect.construct(target, args, newTarget === proxy ? target : newTarget),
        args,
      ) as object,
  });
  nameHelped(proxy, name);
  return proxy;
}

/** An error of the runtime's own as one that names what is missing; others as they are. */
function translated(
  error: unknown,
  { name, args }: { name: string; args: readonly unknown[] },
): unknown {
  if (!(error instanceof Error)) return error;
  const isNative = NATIVE.test(error.message);
  if (!isNative && !/\bundefined\b/.test(error.message)) return error;
  const { needed, missing } = neededBy(name, args);
  if (missing.length === 0 && !isNative) return error;
  const what = missing.length === 0 ? wrongArgument(args) ?? foundIn(args) : undefined;
  return refusal(name, { needed, missing, what, cause: error });
}

function refusal(
  name: string,
  { needed, missing, what, cause }: {
    needed: string;
    missing: readonly string[];
    /** @default {that `missing` is not given} */
    what?: string;
    cause?: Error;
  },
): TypeError {
  const lacking = `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not given`;
  const message = `Cannot call ${name}: it needs ${needed}; ${
    what ?? lacking
  } (help(${name}) shows more)`;
  return new TypeError(message, { cause });
}

/** The first argument that holds nothing. */
function wrongArgument(args: readonly unknown[]): string | undefined {
  const at = args.findIndex((arg) =>
    typeof arg === "object" && arg !== null && !ArrayBuffer.isView(arg) &&
    Object.getPrototypeOf(arg) === Object.prototype && Object.keys(arg).length === 0
  );
  return at < 0 ? undefined : `argument ${at + 1} is an empty object`;
}

/** What the arguments are, where one of them is not what was wanted: of which, the cause tells. */
function foundIn(args: readonly unknown[]): string {
  const words = args.map((arg) => {
    if (typeof arg === "string") {
      return JSON.stringify(arg.length > 40 ? `${arg.slice(0, 39)}…` : arg);
    }
    if (typeof arg === "function") return `a function`;
    if (typeof arg !== "object" || arg === null) return String(arg);
    if (Array.isArray(arg)) return `a list of ${arg.length}`;
    const { constructor } = arg;
    if (constructor !== Object) return `${constructor?.name ?? "an object"}`;
    return `{ ${Object.keys(arg).slice(0, 6).join(", ")}${
      Object.keys(arg).length > 6 ? ", …" : ""
    } }`;
  });
  return `what it was given does not fit, ${words.join(" and ") || "nothing"}`;
}
