/**
 * `deno run -A suites.ts FILE`: one script of tfjs's published tests and the kit's engine, sharing
 * a single tfjs.
 *
 * The tests of tfjs-core are ES modules that import its internals, so that the packaged tfjs, which
 * is CommonJS, cannot serve them: everything is bundled, with the ES build of each package.
 *
 * @module
 */

import * as esbuild from "esbuild";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "node:fs";

const require = createRequire(import.meta.url);
const JASMINE = require.resolve("jasmine-core/lib/jasmine-core/jasmine.js");
const TFJS_NODE = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
const SUITE = fileURLToPath(import.meta.resolve("../suite.ts"));
const GRADIENTS = fileURLToPath(import.meta.resolve("../../../lib/tensorflow/tfjs_gradients.js"));

/** Where the packages are, each by its real path. */
const PACKAGES = join(import.meta.dirname!, "node_modules");

/** The name of the test environment: the published list of ignored specs is written for it. */
const TEST_ENVIRONMENT = {
  name: "test-tensorflow",
  backendName: "tensorflow",
  flags: {},
  isDataSync: true,
};

/** Modules that stand in for what the tests import and nobody publishes, or needs compiling. */
const STAND_INS: Record<string, string> = {
  // tfjs-node looks for its compiled add-on here, and wants the file to exist.
  "@mapbox/node-pre-gyp": `exports.find = () => process.execPath`,
  "tmp": `const { mkdtempSync } = require("node:fs");
    exports.dirSync = () => ({ name: mkdtempSync(require("node:os").tmpdir() + "/tfjs-") });`,
};

const plugin: esbuild.Plugin = {
  name: "conformance",
  setup(build) {
    // The ES build of every tfjs package, also for those who `require` it: one tfjs for all.
    build.onResolve(
      { filter: /^@tensorflow\/tfjs[\w-]*$/ },
      ({ path, resolveDir, kind }) =>
        build.resolve(`${path}/dist/index.js`, {
          resolveDir: resolveDir.startsWith(PACKAGES) ? resolveDir : import.meta.dirname!,
          kind,
        }),
    );
    build.onResolve({ filter: /^@tensorflow\/tfjs-node-gpu\// }, ({ path }) => ({
      path: require.resolve(path),
    }));
    // What is tried is what the kit has of these.
    build.onResolve({ filter: /register_all_(gradients|chained_ops)$/ }, () => ({
      path: GRADIENTS,
    }));
    build.onResolve({ filter: /^(@mapbox\/node-pre-gyp|tmp)$/ }, ({ path }) => ({
      path,
      namespace: "stand-in",
    }));
    build.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({
      contents: STAND_INS[path],
    }));
    build.onLoad({ filter: /tfjs-node-gpu\/dist\/[\w/]*\.js$/ }, async ({ path }) => ({
      contents: adaptToClasses(await readFile(path, "utf8"))
        .replace("require(bindingPath)", "suite.createBinding()"),
    }));
  },
};

/** Lets a constructor compiled to ES5 call the ES class that it extends. */
function adaptToClasses(source: string): string {
  return source.includes("_super.call(this")
    ? `function construct(base, target, ...args) { return Reflect.construct(base, args, target); }
      ${source.replaceAll("_super.call(this", "construct(_super, new.target")}`
    : source;
}

const specs = globSync("**/*_test.js", { cwd: join(TFJS_NODE, "dist") }).sort();
const entry = `
  const { openSuite } = require(${JSON.stringify(SUITE)});
  const suite = globalThis.suite = openSuite(require(${JSON.stringify(JASMINE)}));
  require("@tensorflow/tfjs-core/dist/jasmine_util").setTestEnvs([
    ${JSON.stringify(TEST_ENVIRONMENT)}
  ]);
  require("@tensorflow/tfjs-core/dist/tests");
  ${specs.map((spec) => `require("./${spec}");`).join("\n")}
  suite.run();`;
try {
  await esbuild.build({
    stdin: { contents: entry, resolveDir: join(TFJS_NODE, "dist") },
    outfile: Deno.args[0]!,
    bundle: true,
    platform: "node",
    format: "cjs",
    // Packages declare their tests to be without effect, and would lose them.
    ignoreAnnotations: true,
    logLevel: "error",
    plugins: [plugin],
  });
} finally {
  await esbuild.stop();
}
