/**
 * `deno run -A gradients.ts > ../../../lib/tensorflow/tfjs_gradients.js`: the gradients and the
 * chained methods of tfjs-core as one module beside the packaged tfjs-core. The package has them as
 * ES modules that import each other without extension, which no runtime resolves; the union package
 * `@tensorflow/tfjs`, which bundles them, takes 240 MB with what it wants.
 *
 * @module
 */

import * as core from "@tensorflow/tfjs-core";
import * as esbuild from "esbuild";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const CORE = "@tensorflow/tfjs-core";
const DIST = join(dirname(createRequire(import.meta.url).resolve(`${CORE}/package.json`)), "dist");

/** What is wanted as it is; of other modules, only what the package does not export. */
const WANTED = /dist\/(gradients|public|register_all_gradients)/;

/** Public names that hold what modules export. */
const NAMESPACES = ["util", "backend_util", "slice_util", "broadcast_util", "tensor_util"] as const;

/** Exports that the package has in another form. */
const OTHERWISE: Record<string, string> = {
  ENGINE: "core.engine()",
  getGlobalTensorClass: "() => core.Tensor",
};

const BANNER = `/**
 * The gradients and the chained methods of tfjs-core, in the form of a module: written by
 * tests/conformance/bundle/gradients.ts, not by hand.
 *
 * @license
 * Copyright 2018-2020 Google LLC. All Rights Reserved.
 * Licensed under the Apache License, Version 2.0: http://www.apache.org/licenses/LICENSE-2.0
 */`;

/** A module that gives the exports of another from the package, where it can. */
async function standIn(path: string): Promise<string> {
  const lines = (await exportsOf(path)).map((name) => {
    const space = NAMESPACES.find((space) => name in core[space]);
    const value = OTHERWISE[name] ?? (name in core ? `core.${name}` : undefined) ??
      (space && `core.${space}.${name}`);
    return value === undefined
      ? `export { ${name} } from "${path}?itself";`
      : `export const ${name} = /* @__PURE__ */ (() => ${value})();`;
  });
  return [`import * as core from "${CORE}";`, ...lines].join("\n");
}

async function exportsOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  const declared = text.matchAll(/^export (?:async )?(?:const|function|class|let|var) (\w+)/gm);
  const listed = text.matchAll(/^export \{([^}]*)\}/gm);
  const passedOn = text.matchAll(/^export \* from '([^']+)'/gm);
  const names = [
    ...[...declared].map(([, name]) => name!),
    ...[...listed].flatMap(([, list]) => list!.match(/\w+(?=\s*(,|$))/g) ?? []),
  ];
  for (const [, other] of passedOn) {
    names.push(...await exportsOf(`${join(dirname(path), other!)}.js`));
  }
  return [...new Set(names)];
}

const plugin: esbuild.Plugin = {
  name: "gradients",
  setup(build) {
    build.onResolve({ filter: /\?itself$/ }, ({ path }) => ({
      path: path.replace("?itself", ""),
      suffix: "?itself",
      sideEffects: false,
    }));
    build.onResolve({ filter: /^@tensorflow/ }, ({ path }) => ({ path, external: true }));
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = `${join(resolveDir, path)}.js`;
      return { path: file, sideEffects: WANTED.test(file) };
    });
    build.onLoad({ filter: /tfjs-core.dist.*\.js$/ }, async ({ path, suffix }) => ({
      contents: WANTED.test(path) || suffix === "?itself"
        ? await readFile(path, "utf8")
        : await standIn(path),
    }));
  },
};

const { outputFiles } = await esbuild.build({
  stdin: {
    contents: `import "./register_all_gradients";
      import "./public/chained_ops/register_all_chained_ops";`,
    resolveDir: DIST,
  },
  bundle: true,
  write: false,
  format: "esm",
  minify: true,
  legalComments: "none",
  banner: { js: BANNER },
  plugins: [plugin],
});
await esbuild.stop();
console.log(outputFiles[0]!.text.trimEnd());
