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
 * stands in the source.
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
export function help(what: object | string): Help {
  const name = nameOf(what);
  const found = name === undefined ? undefined : find(name);
  if (found === undefined) {
    const short = name?.split(".").at(-1) ?? "";
    const nearest = nearestName(short, [...index().keys()]);
    throw new RangeError(
      `Cannot help with ${name === undefined ? "this value" : JSON.stringify(name)}: ${
        nearest === undefined ? "the kit has nothing of that name" : `nearest is "${nearest}"`
      }`,
    );
  }
  return new Help(markdownOf(found));
}

function nameOf(what: unknown): string | undefined {
  if (typeof what === "string") return what;
  if (typeof what === "object" && what !== null) return known.get(what) ?? what.constructor?.name;
  return typeof what === "function" ? known.get(what) ?? what.name : undefined;
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
  return [`**${name}** (lib/${file})`, `\`\`\`ts\n${made}\n\`\`\``, text.trim(), lines.join("\n\n")]
    .filter((part) => part !== "").join("\n\n");
}
