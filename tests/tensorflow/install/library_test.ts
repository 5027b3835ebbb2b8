import assert from "node:assert/strict";
import { join } from "node:path";
import { libraryArchitectures } from "../../../lib/tensorflow/install/architecture.ts";
import {
  checkVersion,
  findLibrary,
  installationFolder,
  type Library,
  libraryNames,
  lookUp,
  requireLibrary,
} from "../../../lib/tensorflow/install/library.ts";
import { temporaryFolder } from "../../temporary.ts";
import { fakeLibrary, OTHER_ARCH, writePackage } from "./fake_wheel.ts";

const { cc, framework } = libraryNames();
const SYSTEM = `${Deno.build.os} ${Deno.build.arch}`;

/** An empty cache, and a python3 that imports from one folder only. */
function environment(changes: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const site = join(folder, "site-packages");
  const cache = join(folder, "cache");
  Deno.mkdirSync(site);
  const answer = JSON.stringify(["3.12.4", "/usr/bin/python3", "/usr", ["", "/gone.zip", site]]);
  const python = join(folder, "python3");
  Deno.writeTextFileSync(python, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return { site, cache, env: { PATH: folder, GALAXYKIT_CACHE: cache, ...changes } };
}

function namedError(folder: string, problem: string) {
  return {
    message: `Cannot load TensorFlow from GALAXYKIT_TENSORFLOW="${folder}": ${problem}; ` +
      `name a folder holding ${cc} and ${framework}, or unset the variable`,
  };
}

Deno.test("findLibrary() takes the folder that the environment names first", () => {
  const named = temporaryFolder();
  const { site, env } = environment({ GALAXYKIT_TENSORFLOW: named });
  writePackage(site);
  for (const name of [cc, framework]) Deno.writeFileSync(join(named, name), fakeLibrary());
  const expected: Library = {
    cc: join(named, cc),
    framework: join(named, framework),
    version: "unknown",
    source: "environment",
    folder: named,
  };
  assert.deepEqual(findLibrary({ env }), expected);
});

Deno.test("findLibrary() accepts the package folder and the folder around it", () => {
  const named = temporaryFolder();
  const folder = writePackage(named, { version: "2.21.3" });
  for (const path of [named, folder]) {
    const found = findLibrary({ env: { GALAXYKIT_TENSORFLOW: path } });
    assert.equal(found?.folder, folder);
    assert.equal(found?.version, "2.21.3");
  }
});

Deno.test("findLibrary() does not pass over what the environment names", () => {
  const { site, env } = environment();
  writePackage(site);
  const empty = temporaryFolder();
  const missing = join(empty, "nowhere");
  const look = (folder: string) => () =>
    findLibrary({ env: { ...env, GALAXYKIT_TENSORFLOW: folder } });
  assert.throws(look(missing), namedError(missing, "there is no such folder"));
  assert.throws(look(empty), namedError(empty, `"${empty}" holds no ${cc}`));

  const old = writePackage(temporaryFolder(), { version: "2.9.1" });
  const oldProblem = `"${old}" holds TensorFlow 2.9.1, 2.21.x wanted`;
  assert.throws(look(old), namedError(old, oldProblem));

  const other = writePackage(temporaryFolder(), { arch: OTHER_ARCH });
  const otherProblem = `"${join(other, cc)}" is built for ${Deno.build.os} ${OTHER_ARCH}, ` +
    `${SYSTEM} wanted`;
  assert.throws(look(other), namedError(other, otherProblem));
});

Deno.test("findLibrary() finds the package of python3", () => {
  for (const name of ["tensorflow", "tensorflow_cpu"]) {
    const { site, env } = environment();
    const folder = writePackage(site, { name });
    const found = findLibrary({ env });
    assert.deepEqual([found?.source, found?.version, found?.folder], ["python", "2.21.0", folder]);
  }
});

Deno.test("findLibrary() prefers the GPU installation to python3, and python3 to the cache", () => {
  const { site, env } = environment();
  const cached = writePackage(installationFolder({ env }));
  assert.equal(findLibrary({ env })?.folder, cached);
  const python = writePackage(site);
  assert.equal(findLibrary({ env })?.folder, python);
  const gpu = writePackage(installationFolder({ env, gpu: true }));
  assert.equal(findLibrary({ env })?.folder, gpu);
  assert.equal(findLibrary({ env })?.source, "cache");
});

Deno.test("lookUp() tells what it passed over", () => {
  const { site, cache, env } = environment();
  const unset = "GALAXYKIT_TENSORFLOW is not set";
  const empty = `the cache "${cache}" holds none`;
  const none = "python3 3.12.4 (/usr/bin/python3) has no tensorflow";
  assert.deepEqual(lookUp({ env }), { passed: [unset, none, empty] });
  assert.deepEqual(lookUp({ env: { ...env, PATH: "" } }), {
    passed: [unset, "there is no python3 on the PATH", empty],
  });

  const folder = writePackage(site, { version: "2.22.0rc1" });
  const old = `"${folder}" holds TensorFlow 2.22.0rc1, 2.21.x wanted`;
  const damaged = writePackage(installationFolder({ env }));
  Deno.truncateSync(join(damaged, framework), 10);
  const cut = `"${join(damaged, framework)}" is damaged, 10 bytes found, 5000 wanted`;
  assert.deepEqual(lookUp({ env }), { passed: [unset, old, cut] });
});

Deno.test("lookUp() survives a python3 that does not start or answers nonsense", () => {
  for (
    const [script, phrase] of [
      [
        "echo 'pyenv: version 3.9 is not installed' >&2; exit 127",
        "python3 does not start (pyenv: version 3.9 is not installed)",
      ],
      ["exit 9", "python3 does not start (exit code 9)"],
      ["echo hello", "python3 answers with something that is no list"],
    ]
  ) {
    const { env } = environment();
    Deno.writeTextFileSync(join(env.PATH, "python3"), `#!/bin/sh\n${script}\n`);
    assert.equal(lookUp({ env }).passed[1], phrase);
  }
});

Deno.test("requireLibrary() lists each place and the ways out when it cannot install", () => {
  const { cache, env } = environment();
  assert.throws(() => requireLibrary({ env: { ...env, PATH: "" } }), {
    message: "Cannot load TensorFlow 2.21.x: GALAXYKIT_TENSORFLOW is not set; " +
      `there is no python3 on the PATH; the cache "${cache}" holds none; ` +
      "it cannot be installed: there is no python3 on the PATH; " +
      "install Python 3.8 or newer with pip; run deno task setup, " +
      `or set GALAXYKIT_TENSORFLOW to a folder holding ${cc} and ${framework}`,
  });
});

Deno.test("checkVersion() refuses other releases", () => {
  const library = { cc: "/opt/tf/libtensorflow_cc.so.2", source: "environment" as const };
  checkVersion("2.21.0", library);
  checkVersion("2.21.1+local", library);
  assert.throws(() => checkVersion("2.9.1", library), {
    message: 'Cannot use "/opt/tf/libtensorflow_cc.so.2": TensorFlow 2.9.1 found, 2.21.x wanted; ' +
      "set GALAXYKIT_TENSORFLOW to another folder, or unset it and run deno task setup",
  });
  assert.throws(() => checkVersion("2.21.0-rc0", { ...library, source: "cache" }), {
    message: 'Cannot use "/opt/tf/libtensorflow_cc.so.2": TensorFlow 2.21.0-rc0 found, ' +
      "2.21.x wanted; run deno task setup",
  });
});

Deno.test("libraryArchitectures() reads ELF, Mach-O and neither", () => {
  const read = (...bytes: number[]) => {
    const path = join(temporaryFolder(), "file");
    Deno.writeFileSync(path, Uint8Array.from({ length: 64 }, (_, at) => bytes[at] ?? 0));
    return libraryArchitectures(path);
  };
  const elf = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, ...Array(8).fill(0), 3, 0];
  assert.deepEqual(read(...elf, 62, 0), ["linux x86_64"]);
  assert.deepEqual(read(...elf, 183, 0), ["linux aarch64"]);
  assert.deepEqual(read(...elf, 243, 0), ["linux machine 243"]);
  assert.deepEqual(read(0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1), ["darwin aarch64"]);
  const part = (cpu: number) => [1, 0, 0, cpu, ...Array(16).fill(0)];
  const fat = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, ...part(7), ...part(12)];
  assert.deepEqual(read(...fat), ["darwin x86_64", "darwin aarch64"]);
  assert.deepEqual(read(0x4d, 0x5a), []);
  const empty = join(temporaryFolder(), "file");
  Deno.writeFileSync(empty, new Uint8Array());
  assert.deepEqual(libraryArchitectures(empty), []);
});
