/**
 * What a function of the kit does, out of its source: for notebooks.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "../inspect.ts";
import { nearestName } from "../nearest.ts";

/** A declaration that other files may import. */
type Declaration = {
  name: string;
  /** The file, from `lib/` on: `plot/sample_grid.ts`. */
  file: string;
  /** Its documentation, without stars. */
  doc: string;
  /** From `export` to its body. */
  signature: string;
};

/** The names by which functions are known to their users, such as `plot.sampleGrid`. */
const known = new WeakMap<object, string>();

/** Notes the name by which users know a function. */
export function nameHelped(value: object, name: string): void {
  known.set(value, name);
}

/** Documentation that displays itself: in a notebook as formatted text, in a console as plain. */
export class Help {
  /** As Markdown. */
  readonly markdown: string;

  constructor(markdown: string) {
    this.markdown = markdown;
  }

  toString(): string {
    return this.markdown.replaceAll(/^```\w*\n?/gm, "");
  }

  /** What a console shows. */
  [inspect](): string {
    return `${this}`;
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/markdown": this.markdown, "text/plain": `${this}` };
  }
}

/**
 * Shows what a function, a class or a type of the kit is, and what it takes: its documentation, as it
 * stands in the source. Of a room, such as `plot`, it lists what is in it; of nothing, the rooms.
 *
 * @param what The function or class itself, or its name: `plot.sampleGrid`, `"sampleGrid"`
 * @throws {RangeError} When the kit has nothing of that name, naming the nearest
 *
 * @example
 * ```ts
 * import { help, metrics } from "galaxykit";
 * import assert from "node:assert/strict";
 *
 * assert.match(`${help(metrics.confusionMatrix)}`, /confusionMatrix/);
 * assert.match(`${help("ModelConfig")}`, /What a network is made from again/);
 * assert.throws(() => help("confusionMatrx"), {
 *   message: 'Cannot help with "confusionMatrx": nearest is "confusionMatrix"',
 * });
 * ```
 */
export function help(what?: object | string): Help {
  const room = rooms.get(typeof what === "object" ? what : what ?? "");
  if (what === undefined && arguments.length === 0) return new Help(overview());
  if (room !== undefined) return new Help(roomText(room));
  const name = nameOf(what);
  if (name?.startsWith("tf.")) {
    throw new RangeError(
      `Cannot help with ${name}: it is of TensorFlow.js, see https://js.tensorflow.org/api/latest/#${
        name.slice(3)
      }`,
    );
  }
  if (typeof what === "function" && isMethod(what)) return new Help(methodText(what.name));
  const found = name === undefined ? undefined : find(name);
  if (found === undefined) {
    if (name === "Object") {
      throw new RangeError(
        'Cannot help with this object: it is plain data; name its type, as in help("ImageSet")',
      );
    }
    const short = name?.split(".").at(-1) ?? "";
    const nearest = nearestName(short, [...index().keys()]);
    throw new RangeError(
      `Cannot help with ${name === undefined ? "this value" : JSON.stringify(name)}: ${
        nearest === undefined
          ? `${
            name === undefined ? "it is nothing of the kit" : "the kit has nothing of that name"
          }; ${"help() lists what there is"}`
          : `nearest is "${nearest}"`
      }`,
    );
  }
  return new Help(markdownOf(found));
}

/** Whether a function was written as a method, as none of the kit's exported ones is. */
function isMethod(what: object): boolean {
  return !known.has(what) &&
    !/^(?:async )?(?:function|class|\()/.test(Function.prototype.toString.call(what)) &&
    !Function.prototype.toString.call(what).includes("[native code]");
}

/** The documentation of a method, of all types and classes that have one of the name. */
function methodText(name: string): string {
  const pattern = RegExp(
    `^(?:  /\\*\\*((?:(?!\\*/)[^])*)\\*/\\n)?  (?:async )?(${name}(?:<[^\\n]*>)?\\()`,
    "m",
  );
  const found = [...index().values()].flat().flatMap((owner): Declaration[] => {
    const isType = owner.signature.startsWith("type ");
    if (!isType && !owner.signature.startsWith("class ")) return [];
    const text = sources().get(owner.file)!;
    const start = text.indexOf(owner.signature);
    const body = isType ? owner.signature : text.slice(start, text.indexOf("\n}\n", start));
    const match = body.match(pattern);
    if (match === null) return [];
    const open = body.indexOf("(", match.index! + match[0].length - 1);
    const end = closing(body, open) + 1;
    const result = body.slice(end).match(/^[^;{\n]*/)![0].trimEnd();
    const signature = match[2]!.slice(0, -1) + body.slice(open, end) + result;
    const doc = (match[1] ?? "").replaceAll(/^[ \t]*\* ?/gm, "").trim();
    return [{ ...owner, name: `${owner.name}.${name}`, doc, signature }];
  });
  if (found.length > 0 && found.length <= 4) return found.map(markdownOf).join("\n\n");
  throw new RangeError(
    `Cannot help with the method ${name}: ask for the class or type that has it, as in help("ImageSet")`,
  );
}

/** The rooms of the kit, by themselves and by their names. */
const rooms = new Map<unknown, { name: string; members: string[] }>();

/** Notes a room, such as `plot`, and what is in it. */
export function nameRoom(room: object, name: string): void {
  const noted = { name, members: Object.keys(room) };
  rooms.set(room, noted).set(name, noted);
}

function overview(): string {
  const names = [...rooms.keys()].filter((name) => typeof name === "string").sort();
  return [
    "**galaxykit** has these rooms:",
    names.map((name) => `\`${name}\``).join(", "),
    '`help(plot)` lists what is in one, `help(plot.sampleGrid)` shows a function, `help("ImageSet")` a type.',
  ].join("\n\n");
}

function roomText({ name, members }: { name: string; members: string[] }): string {
  const lines = members.map((member) => {
    const doc = find(`${name}.${member}`)?.doc ?? "";
    const sentence = doc.split(/\n@|\n\n/)[0]!.replaceAll("\n", " ")
      .replaceAll(/\{@link(?:code)? ([^}]+)\}/g, "`$1`").match(/^.*?\.(?= [A-Z`]|$)|^.*$/)?.[0] ??
      "";
    return `- \`${name}.${member}\`${sentence === "" ? "" : ` ${sentence}`}`;
  });
  return [`**${name}**`, lines.join("\n")].join("\n\n");
}

function nameOf(what: unknown): string | undefined {
  if (typeof what === "string") return what;
  if (typeof what === "object" && what !== null) return known.get(what) ?? what.constructor?.name;
  return typeof what === "function" ? known.get(what) ?? (what.name || undefined) : undefined;
}

/** What a call needs, in words, and the names of what it was not given. */
export function neededBy(name: string, args: readonly unknown[]): {
  needed: string;
  missing: string[];
  /** Whether it may be called in other ways, too. */
  isOverloaded: boolean;
} {
  const declared = find(name);
  const isOverloaded = declared === undefined ||
    index().get(declared.name)!.filter(({ file }) => file === declared.file).length > 1;
  const parameters = declared === undefined
    ? []
    : parametersOf(declared.signature.startsWith("class") ? constructorOf(declared) : declared);
  if (parameters.length === 0) {
    return { needed: "other arguments", missing: [], isOverloaded };
  }
  const missing: string[] = [];
  const words = parameters.flatMap((parameter, at) => {
    const fields = parameter.isOptional ? [] : requiredFields(parameter.type);
    if (parameter.isOptional) return [];
    const given = args[at];
    const holds = typeof given === "object" && given !== null;
    const lacking = fields.filter((field) => !holds || !Object.hasOwn(given, field));
    if (given === undefined && fields.length === 0) missing.push(parameter.name);
    else if (!holds || !ArrayBuffer.isView(given)) missing.push(...lacking);
    return [fields.length > 0 ? `{ ${fields.join(", ")} }` : parameter.name];
  });
  return { needed: words.length > 0 ? words.join(" and ") : "nothing", missing, isOverloaded };
}

/** A type's own options, by the places of the arguments that take them; cached. */
const taken = new Map<string, (readonly string[] | undefined)[]>();

/**
 * An option that a call was given and its function does not have, though it has one of nearly the
 * name: a slip of the pen, which would be taken for the default.
 */
export function misspelt(
  name: string,
  args: readonly unknown[],
): { option: string; nearest: string } | undefined {
  let names = taken.get(name);
  if (names === undefined) {
    const declared = find(name);
    const parameters = declared === undefined || neededBy(name, []).isOverloaded
      ? []
      : parametersOf(declared.signature.startsWith("class") ? constructorOf(declared) : declared);
    names = parameters.map(({ type }) => fieldNames(type));
    taken.set(name, names);
  }
  for (const [at, fields] of names.entries()) {
    const given = args[at];
    if (fields === undefined || typeof given !== "object" || given === null) continue;
    if (Object.getPrototypeOf(given) !== Object.prototype) continue;
    for (const option of Object.keys(given)) {
      if (fields.includes(option)) continue;
      const nearest = nearestName(option, fields);
      if (nearest !== undefined && !Object.hasOwn(given, nearest)) return { option, nearest };
    }
  }
}

/** The names of all fields of a type of an object; undefined where not all can be told. */
function fieldNames(type: string, depth = 0): string[] | undefined {
  if (depth > 8) return undefined;
  const text = type.trim().replace(/^[|&]\s*/, "").replace(/^\(([^]*)\)$/, "$1").trim();
  for (const sign of ["|", "&"]) {
    const members = parts(text, sign);
    if (members.length < 2) continue;
    const all = members
      .filter((one) => !/^\s*("[^"]*"|string|number|boolean|undefined|null|\d+)\s*$/.test(one))
      .map((one) => fieldNames(one, depth + 1));
    return all.length === 0 || all.includes(undefined)
      ? undefined
      : [...new Set(all.flat() as string[])];
  }
  if (text.startsWith("{") && closing(text, 0) === text.length - 1) {
    const members = parts(withoutComments(text.slice(1, -1)), ";").map((member) =>
      member.trim().match(/^(?:readonly )?["']?(\w+)["']?\??\s*[:(]/)?.[1]
    );
    return members.includes(undefined) ? undefined : members as string[];
  }
  const [, outer, inner] = text.match(/^(\w+)<([^]*)>$/) ?? [];
  const [first = "", names = ""] = parts(inner ?? "", ",");
  if (outer === "Readonly" || outer === "Partial" || outer === "Required") {
    return fieldNames(first, depth + 1);
  }
  if (outer === "Omit" || outer === "Pick") {
    if (!/^(\s*\|?\s*"\w+")+\s*$/.test(names)) return undefined;
    const listed = [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name!);
    if (outer === "Pick") return listed;
    return fieldNames(first, depth + 1)?.filter((name) => !listed.includes(name));
  }
  const all = index().get(outer ?? text)?.filter(({ signature }) => signature.startsWith("type "));
  if (all?.length !== 1) return undefined;
  const [{ signature }] = all as [Declaration];
  return fieldNames(signature.slice(signature.indexOf("=") + 1).replace(/;\s*$/, ""), depth + 1);
}

type Parameter = { name: string; type: string; isOptional: boolean };

/** The parameters of a signature. */
function parametersOf({ signature }: { signature: string }): Parameter[] {
  const open = signature.indexOf("(");
  if (open < 0) return [];
  const inside = signature.slice(open + 1, closing(signature, open));
  return parts(withoutComments(inside), ",").map((text): Parameter => {
    const [left = "", ...rest] = parts(text, ":");
    const type = rest.join(":");
    const [typed = ""] = parts(type, "=").length > 1
      ? [type.slice(0, type.lastIndexOf("="))]
      : [type];
    const name = left.trim().replace(/^(protected|private|public|readonly)\s+/, "");
    const isOptional = name.endsWith("?") || name.startsWith("...") ||
      parts(type, "=").length > 1 ||
      parts(left, "=").length > 1;
    return {
      name: name.startsWith("{") ? "options" : name.replace(/[?=].*$/s, "").trim(),
      ...{ type: typed.trim(), isOptional },
    };
  }).filter(({ name }) => name !== "" && name !== "this");
}

/** The constructor of a class as a signature. */
function constructorOf({ file, name }: Declaration): { signature: string } {
  const source = sources().get(file)!;
  const start = source.search(RegExp(`class ${name}\\b`));
  const at = source.indexOf("\n  constructor(", start);
  const next = source.indexOf("\n}\n", start);
  if (at < 0 || next >= 0 && at > next) return { signature: "" };
  const open = source.indexOf("(", at);
  return { signature: source.slice(open, closing(source, open) + 1) };
}

/** The names of the fields that a type of an object must have; empty where it is none. */
function requiredFields(type: string, depth = 0): string[] {
  if (depth > 6) return [];
  const members = parts(type.replace(/^\s*[|&]/, ""), "&");
  if (members.length > 1) {
    return [...new Set(members.flatMap((one) => requiredFields(one, depth + 1)))];
  }
  const text = type.trim().replace(/^\(([^]*)\)$/, "$1").trim();
  if (parts(text, "|").length > 1) return [];
  if (text.startsWith("{") && closing(text, 0) === text.length - 1) {
    return parts(withoutComments(text.slice(1, -1)), ";").flatMap((member) => {
      const [, name, optional] =
        member.trim().match(/^(?:readonly )?["']?(\w+)["']?(\?)?\s*[:(]/) ?? [];
      return name === undefined || optional !== undefined ? [] : [name];
    });
  }
  const [, outer, inner] = text.match(/^(\w+)<([^]*)>$/) ?? [];
  const [first = "", names = ""] = parts(inner ?? "", ",");
  const listed = [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name!);
  if (outer === "Readonly") return requiredFields(first, depth + 1);
  if (outer === "Partial") return [];
  if (outer === "Omit") {
    return requiredFields(first, depth + 1).filter((name) => !listed.includes(name));
  }
  if (outer === "Pick") {
    return requiredFields(first, depth + 1).filter((name) => listed.includes(name));
  }
  const declared = index().get(outer ?? text)?.find(({ signature }) =>
    signature.startsWith("type ")
  );
  if (declared === undefined) return [];
  const at = declared.signature.indexOf("=");
  return requiredFields(declared.signature.slice(at + 1).replace(/;\s*$/, ""), depth + 1);
}

/** Where the bracket closes that is opened there. */
function closing(text: string, open: number): number {
  const pairs: Record<string, string> = { "(": ")", "{": "}", "[": "]" };
  const stack: string[] = [];
  for (let at = open; at < text.length; at++) {
    const letter = text[at]!;
    if (text.startsWith("/*", at)) at = text.indexOf("*/", at) + 1;
    else if (text.startsWith("//", at)) at = text.indexOf("\n", at);
    else if (letter === '"') at = text.indexOf('"', at + 1);
    else if (pairs[letter]) stack.push(pairs[letter]);
    else if (letter === stack.at(-1)) {
      stack.pop();
      if (stack.length === 0) return at;
    }
    if (at < 0) break;
  }
  return text.length;
}

/** The parts of a text between separators that stand in no bracket. */
function parts(text: string, separator: string): string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    const isArrow = letter === ">" && text[at - 1] === "=";
    if (letter === '"') at = Math.max(at, text.indexOf('"', at + 1));
    else if ("({[<".includes(letter)) depth++;
    else if (")}]>".includes(letter) && !isArrow) depth--;
    else if (
      depth === 0 && letter === separator &&
      !(separator === "=" && "=>".includes(text[at + 1] ?? ""))
    ) {
      found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, text.slice(start)].filter((part) => part.trim() !== "");
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\/\/[^\n]*/g, "");
}

/** The declaration of a name, of a room where the name says which: `plot.sampleGrid`. */
function find(name: string): Declaration | undefined {
  const path = name.split(".");
  const all = index().get(path.at(-1)!) ?? [];
  const room = path.length > 1 ? path.at(-2)! : undefined;
  const inRoom = all.filter(({ file }) =>
    room === undefined || file.startsWith(`${room}/`) || file === `tensorflow/${room}.ts`
  );
  const order = inRoom.length > 0 ? inRoom : all;
  return order.find(({ doc }) => doc !== "") ?? order[0];
}

const LIBRARY = new URL("..", import.meta.url);
let texts: Map<string, string> | undefined;
let declarations: Map<string, Declaration[]> | undefined;

/** The texts of the kit's files; none where it is not on this machine. */
function sources(): Map<string, string> {
  if (texts !== undefined) return texts;
  texts = new Map();
  if (LIBRARY.protocol !== "file:") return texts;
  const root = fileURLToPath(LIBRARY);
  const folders = [""];
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (isDirectory) folders.push(path);
      else if (name.endsWith(".ts")) texts.set(path, Deno.readTextFileSync(join(root, path)));
    }
  }
  return texts;
}

/** All declarations by name. */
function index(): Map<string, Declaration[]> {
  if (declarations !== undefined) return declarations;
  const found: Declaration[] = [];
  const pattern =
    /^(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n(?:\/\/[^\n]*\n)*)?export (?:abstract )?(?:async )?((?:function\*?|class|const|type|interface) (\w+))/gm;
  for (const [file, text] of sources()) {
    for (const match of text.matchAll(pattern)) {
      const doc = (match[1] ?? "").replaceAll(/^[ \t]*\* ?/gm, "").trim();
      const start = match.index + match[0].length - match[2]!.length;
      found.push({ name: match[3]!, file, doc, signature: signatureAt(text, start) });
    }
  }
  declarations = Map.groupBy(found, ({ name }) => name);
  return declarations;
}

/** From a declaration's keyword to its body. */
function signatureAt(text: string, start: number): string {
  const kind = text.slice(start, text.indexOf(" ", start));
  if (kind === "type" || kind === "interface") {
    for (let at = start; at < text.length; at++) {
      if ("({[".includes(text[at]!)) at = closing(text, at);
      else if (text[at] === ";") return text.slice(start, at + 1);
      else if (text[at] === "}" || text.startsWith("\n\n", at)) return text.slice(start, at);
    }
  }
  if (kind.startsWith("function")) {
    const end = closing(text, text.indexOf("(", start));
    const body = text.slice(end).search(/[{;]\s*$/m);
    return text.slice(start, body < 0 ? end + 1 : end + body).trim();
  }
  return text.slice(start, text.indexOf(kind === "class" ? "{" : "=", start)).trim();
}

/** The types of options that a signature names, and that those are made of. */
function optionTypes(signature: string): string[] {
  if (signature.startsWith("type ")) return [];
  const found = new Map<string, string>();
  const open = signature.indexOf("(");
  const queue = [signature.slice(open, closing(signature, open))];
  for (const text of queue) {
    // Of a type itself only what it is joined from: the types of its fields are asked for by name
    for (
      const [name] of text.matchAll(/\b[A-Z]\w*(?:Options|Settings|Training|Preprocessing)\b/g)
    ) {
      const declared = index().get(name)?.find(({ signature }) => signature.startsWith("type "));
      if (declared === undefined || found.has(name) || found.size === 6) continue;
      found.set(name, declared.signature);
      queue.push(declared.signature.slice(declared.signature.indexOf("=")).replace(/\{[^]*\}/, ""));
    }
  }
  return [...found.values()];
}

function markdownOf({ name, file, doc, signature }: Declaration): string {
  const plain = doc.replaceAll(/\{@link(?:code)? ([^}]+)\}/g, "`$1`");
  const [text = "", ...tags] = plain.split(/\n(?=@)|^(?=@)/);
  const lines = tags.filter((tag) => !/^@(module|ignore)/.test(tag)).map((tag) => {
    const [, kind, rest = ""] = tag.match(/^@(\w+)\s*([^]*)$/) ?? [];
    return kind === "example"
      ? `Example:\n\n${rest.trim()}`
      : `- **${kind}** ${rest.trim().replaceAll("\n", " ")}`;
  });
  const made = signature.startsWith("class")
    ? `${signature}${
      constructorOf({ name, file, doc, signature }).signature &&
      `\n  constructor${constructorOf({ name, file, doc, signature }).signature}`
    }`
    : signature;
  const code = [made, ...optionTypes(made)].join("\n\n");
  return [`**${name}** (lib/${file})`, `\`\`\`ts\n${code}\n\`\`\``, text.trim(), lines.join("\n")]
    .filter((part) => part !== "").join("\n\n");
}
