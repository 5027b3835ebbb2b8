/**
 * The examples of the documentation, as tests that load once what they import.
 *
 * @module
 */

import { join } from "node:path";

/** An example of the documentation. */
export type Example = {
  /** The file that it stands in, and its first line. */
  name: string;
  code: string;
};

/**
 * Finds what stands between "```ts" and "```" in a page, or in the comments of a module.
 *
 * @param path From the project's folder
 * @returns Each example with so many empty lines before it that an error names the line of the page
 */
export function examplesOf(path: string, root: URL): Example[] {
  const isPage = path.endsWith(".md");
  const lines = Deno.readTextFileSync(new URL(path, root)).split("\n")
    .map((line) => isPage ? line : line.match(/^\s*\* ?(.*)$/)?.[1]); // Of code nothing
  const examples: Example[] = [];
  let first: number | undefined;
  for (const [at, line] of lines.entries()) {
    if (first === undefined) {
      if (line === "```ts") first = at + 1;
    } else if (line === undefined || line.startsWith("```")) {
      const code = fromElsewhere(lines.slice(first, at).join("\n"), new URL(path, root));
      examples.push({ name: `${path}:${first + 1}`, code: `${"\n".repeat(first)}${code}\n` });
      first = undefined;
    }
  }
  return examples;
}

/** Code that imports from anywhere what it imports from files beside its own. */
function fromElsewhere(code: string, own: URL): string {
  return code.replace(
    /(?<=from )"\.{1,2}\/[^"]+"/g,
    (path) => JSON.stringify(new URL(JSON.parse(path), own).href),
  );
}

/** Writes examples into a folder. @returns Code in which each is a test */
export function testsOf(examples: readonly Example[], folder: string): string {
  return examples.map(({ name, code }, at) => {
    const file = join(folder, `example-${at}.ts`);
    Deno.writeTextFileSync(file, code);
    return `Deno.test(${JSON.stringify(name)}, () => import(${JSON.stringify(file)}));\n`;
  }).join("");
}
