/**
 * The kit's own rules for its code, beside those of `deno lint`.
 *
 * @module
 */

import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { importedFile, refusal, roomOf, ROOT } from "./rooms.ts";

/** Rooms whose files begin with "_" where their mod.ts does not export them. */
const ROOMS_OF_MARKED_FILES = [
  "augment",
  "diffusion",
  "explain",
  "generation",
  "metrics",
  "models",
  "nn",
  "plot",
  "sky",
  "train",
]
  .map((room) => `lib/${room}`);

const ERRORS = ["Error", "RangeError", "ReferenceError", "SyntaxError", "TypeError"];

/** The path in the project, when the file is of the library or the tasks. */
function projectPath(filename: string): string | undefined {
  const path = relative(ROOT, filename);
  return /^(lib|tasks)\//.test(path) ? path : undefined;
}

let implemented: Set<string> | undefined;

/** Names of what classes of the library implement. */
function implementedNames(): Set<string> {
  return implemented ??= new Set(
    globSync("lib/**/*.ts", { cwd: ROOT }).flatMap((path) =>
      [...readFileSync(join(ROOT, path), "utf8").matchAll(/\bclass\b[^{]*\bimplements\s+([^{]+)/g)]
        .flatMap(([, names]) => names!.match(/\w+/g) ?? [])
    ),
  );
}

/** The text of a string, or of a template with its values as "${}". */
function textOf(node: Deno.lint.Expression): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral") return node.quasis.map(({ cooked }) => cooked).join("${}");
  if (node.type === "BinaryExpression" && node.operator === "+") {
    const [left, right] = [node.left as Deno.lint.Expression, node.right].map(textOf);
    return left === undefined || right === undefined ? undefined : left + right;
  }
  return undefined;
}

/** What is wrong with an error's message. */
function flawOf(message: string): string | undefined {
  if (/\.$/.test(message)) return "it ends in a period";
  if (/n't\b/.test(message)) return "it has a contraction";
  if (/^Cannot .*\bmust\b/.test(message) && !message.includes("${}")) {
    return "it does not name what was found";
  }
  // A reason, which follows a caller's "Cannot …: ", begins small or with an abbreviation.
  if (/^[A-Z][a-z]/.test(message) && !message.startsWith("Cannot ")) {
    return 'it begins neither with "Cannot …" nor, as a reason, small';
  }
  return undefined;
}

const errorMessage: Deno.lint.Rule = {
  create: (context) => ({
    NewExpression(node) {
      if (node.callee.type !== "Identifier" || !ERRORS.includes(node.callee.name)) return;
      if (projectPath(context.filename) === undefined) return;
      const [argument] = node.arguments;
      const message = argument && textOf(argument as Deno.lint.Expression);
      const flaw = message === undefined ? undefined : flawOf(message);
      if (flaw !== undefined) context.report({ node, message: `Mend the message: ${flaw}` });
    },
  }),
};

/** How many arguments have no name: all but a last object of options. */
function positional(parameters: readonly Deno.lint.Parameter[]): number {
  const names = parameters.map((parameter) =>
    parameter.type === "AssignmentPattern" ? parameter.left : parameter
  );
  const last = names.at(-1);
  const hasOptions = last?.type === "ObjectPattern" ||
    last?.type === "Identifier" && /options$/i.test(last.name);
  return names.length - (hasOptions ? 1 : 0);
}

const fewArguments: Deno.lint.Rule = {
  create: (context) => ({
    "ExportNamedDeclaration > FunctionDeclaration"(node: Deno.lint.FunctionDeclaration) {
      const count = positional(node.params);
      if (projectPath(context.filename) === undefined || count <= 2) return;
      context.report({
        node: node.id ?? node,
        message: `Take at most two arguments and an object of options: ${count} found`,
      });
    },
  }),
};

const interfaceImplemented: Deno.lint.Rule = {
  create: (context) => ({
    TSInterfaceDeclaration(node) {
      const { id, body } = node;
      if (projectPath(context.filename) === undefined || implementedNames().has(id.name)) return;
      context.report({
        node: id,
        message: `Write a type: no class implements ${id.name}`,
        fix(fixer) {
          const text = context.sourceCode.text;
          const head = text.slice(id.range[1], body.range[0]);
          const [parameters, bases] = head.split(/\bextends\b(?![^<]*>)/);
          const all = (bases ?? "").split(/,(?![^<]*>)/).map((base) => base.trim()).filter(Boolean);
          return [
            fixer.replaceTextRange(
              [node.range[0], body.range[0]],
              `type ${id.name}${parameters!.trim()} = ${all.map((base) => `${base} & `).join("")}`,
            ),
            fixer.replaceTextRange([body.range[1], body.range[1]], ";"),
          ];
        },
      });
    },
  }),
};

const importDirection: Deno.lint.Rule = {
  create(context) {
    const path = projectPath(context.filename);
    function check(node: Deno.lint.Node, specifier: unknown): void {
      if (path === undefined || typeof specifier !== "string") return;
      const target = importedFile(path, specifier);
      const reason = target && refusal(path, target);
      if (reason) context.report({ node, message: `Do not import "${specifier}": ${reason}` });
    }
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ImportExpression: (node) =>
        check(node, node.source.type === "Literal" ? node.source.value : undefined),
    };
  },
};

const markedFile: Deno.lint.Rule = {
  create: (context) => ({
    Program(node) {
      const path = projectPath(context.filename);
      if (path === undefined || !ROOMS_OF_MARKED_FILES.includes(roomOf(path))) return;
      const name = basename(path);
      if (name === "mod.ts" || name.startsWith("_")) return;
      for (let folder = dirname(path); folder !== "lib"; folder = dirname(folder)) {
        const exported = join(ROOT, folder, "mod.ts");
        const text = existsSync(exported) ? readFileSync(exported, "utf8") : "";
        if (text.includes(`"./${relative(folder, path)}"`)) return;
      }
      context.report({ node, message: `Name it _${name}: no mod.ts exports it` });
    },
  }),
};

const plugin: Deno.lint.Plugin = {
  name: "galaxykit",
  rules: {
    "error-message": errorMessage,
    "few-arguments": fewArguments,
    "interface-implemented": interfaceImplemented,
    "import-direction": importDirection,
    "marked-file": markedFile,
  },
};
export default plugin;
