import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { installLibrary } from "../../../lib/tensorflow/install/install.ts";
import {
  findLibrary,
  installationFolder,
  libraryNames,
} from "../../../lib/tensorflow/install/library.ts";
import { wheelFor } from "../../../lib/tensorflow/install/wheel.ts";
import { skippedIf } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";
import { noPip, pipEnvironment, pipFromFolder, serveIndex } from "../../wheel_file.ts";
import { OTHER_ARCH, writeWheel } from "./fake_wheel.ts";

const INSTALLER = new URL("../../../lib/tensorflow/install/installer.ts", import.meta.url).href;
const LIBRARY = new URL("../../../lib/tensorflow/install/library.ts", import.meta.url).href;
const SYSTEM = `${Deno.build.os} ${Deno.build.arch}`;

/** What lies in the cache, the lock aside. */
function cached(env: Record<string, string>): string[] {
  return [...Deno.readDirSync(join(env.GALAXYKIT_CACHE, "tensorflow"))]
    .map(({ name }) => name).filter((name) => name !== "install.lock");
}

function installed(env: Record<string, string>, gpu = false): string[] {
  return [basename(installationFolder({ env, gpu }))];
}

function startInstaller(env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", INSTALLER],
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Reads a stream up to a text. */
async function readUntil(stream: ReadableStream<Uint8Array>, text: string): Promise<void> {
  let seen = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes(text)) return;
  }
  throw new Error(`"${text}" never came: ${seen}`);
}

async function fails(env: Record<string, string>, message: string | RegExp, gpu = false) {
  await assert.rejects(installLibrary({ env, gpu }), (error: Error) => {
    const wanted = `Cannot install TensorFlow 2.21.0: ${message}`;
    if (typeof message === "string") assert.equal(error.message, wanted);
    else assert.match(error.message, message);
    return true;
  });
}

function install(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...skippedIf(noPip, `installLibrary() ${name}`), fn });
}

install("fills an empty cache with the two libraries alone", async () => {
  const folder = temporaryFolder();
  writeWheel(folder);
  const env = pipFromFolder(folder);
  const phases = new Set<string>();
  const library = await installLibrary({
    env,
    onProgress: (report) => "what" in report && phases.add(report.what),
  });
  const { cc, framework } = libraryNames();
  assert.equal(library.source, "cache");
  assert.equal(library.version, "2.21.0");
  assert.equal(library.cc, join(installationFolder({ env }), "tensorflow", cc));
  assert.deepEqual([...Deno.readDirSync(library.folder)].map(({ name }) => name).sort(), [
    cc,
    framework,
  ]);
  assert.deepEqual([...phases], ["Downloading TensorFlow 2.21.0", "Unpacking TensorFlow 2.21.0"]);
  assert.deepEqual(cached(env), installed(env));
});

Deno.test({
  ...skippedIf(
    noPip ?? (findLibrary({ env: pipEnvironment() }) && "python3 has TensorFlow"),
    "requireLibrary() installs on first use, with a line of progress",
  ),
  async fn() {
    const folder = temporaryFolder();
    writeWheel(folder);
    const env = pipFromFolder(folder);
    const code =
      `import { requireLibrary } from "${LIBRARY}"; console.log(requireLibrary().folder);`;
    const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", `data:application/typescript,${encodeURIComponent(code)}`],
      env,
      clearEnv: true,
    }).output();
    const decoder = new TextDecoder();
    assert.equal(exit, 0, decoder.decode(stderr));
    assert.equal(
      decoder.decode(stdout),
      `${join(installationFolder({ env }), "tensorflow")}\n`,
    );
    assert.match(decoder.decode(stderr), /Unpacking TensorFlow 2\.21\.0: (\S+) of \1 MB in .*\n$/);
  },
});

install("leaves a whole installation alone unless forced", async () => {
  const folder = temporaryFolder();
  writeWheel(folder);
  const env = pipFromFolder(folder);
  const { cc } = await installLibrary({ env });
  const before = Deno.statSync(cc).ino;
  await installLibrary({ env: { ...env, PATH: "" } });
  assert.equal(Deno.statSync(cc).ino, before);
  await installLibrary({ env, force: true });
  assert.notEqual(Deno.statSync(cc).ino, before);
  assert.deepEqual(cached(env), installed(env));
});

install("replaces a damaged installation", async () => {
  const folder = temporaryFolder();
  writeWheel(folder);
  const env = pipFromFolder(folder);
  const { cc } = await installLibrary({ env });
  Deno.truncateSync(cc, 100);
  await installLibrary({ env });
  assert.equal(Deno.statSync(cc).size, 5000);
  assert.deepEqual(cached(env), installed(env));
});

install("lets two processes end well with one download", async () => {
  await using index = serveIndex(writeWheel(temporaryFolder()));
  index.hold();
  const first = startInstaller(index.env);
  await index.started();
  const second = startInstaller(index.env);
  await readUntil(second.stderr, "Waiting for another process that fetches TensorFlow 2.21.0\n");
  index.release();
  assert.deepEqual((await first.output()).code, 0);
  assert.deepEqual([(await second.status).code, index.count()], [0, 1]);
  await second.stdout.cancel();
  assert.deepEqual(cached(index.env), installed(index.env));
});

install("starts afresh after a kill in mid-download", async () => {
  await using index = serveIndex(writeWheel(temporaryFolder()));
  index.hold();
  const killed = startInstaller(index.env);
  await index.started();
  killed.kill("SIGKILL");
  await killed.output();
  assert.equal(cached(index.env).length, 1);
  assert.match(cached(index.env)[0], /^\.2\.21\.0-/);
  index.release();
  await installLibrary({ env: index.env });
  assert.deepEqual(cached(index.env), installed(index.env));
});

install("leaves nothing behind when it is interrupted", async () => {
  await using index = serveIndex(writeWheel(temporaryFolder()));
  index.hold();
  const stopped = startInstaller(index.env);
  await index.started();
  stopped.kill("SIGINT");
  const { code, stdout } = await stopped.output();
  assert.deepEqual([code, new TextDecoder().decode(stdout)], [
    1,
    "Cannot install TensorFlow 2.21.0: stopped\n",
  ]);
  assert.deepEqual(cached(index.env), []);
});

install("refuses a wheel cut on its way", async () => {
  await using index = serveIndex(writeWheel(temporaryFolder()), { cut: true });
  const name = wheelFor().requirement;
  await fails(index.env, RegExp(`2\\.21\\.0: the wheel of ${name} is corrupt \\(.*\\)$`));
  assert.deepEqual(cached(index.env), []);
});

install("refuses a wheel whose files differ from its list", async () => {
  const folder = temporaryFolder();
  const { cc } = libraryNames();
  const wheel = writeWheel(folder, {
    record: (text) => text.replace(RegExp(`(${cc},sha256=)[^,]*`), "$1AAAA"),
  });
  const env = pipFromFolder(folder);
  await fails(
    env,
    RegExp(
      `: ${
        basename(wheel)
      } is corrupt \\(tensorflow/${cc} has sha256=.{43}, sha256=AAAA wanted\\);`,
    ),
  );
  assert.deepEqual(cached(env), []);
});

install("refuses a wheel with a damaged library", async () => {
  const folder = temporaryFolder();
  const wheel = writeWheel(folder);
  const data = Deno.readFileSync(wheel);
  data[data.findIndex((_, at) => data.subarray(at, at + 100).every((byte) => byte === 7))] = 8;
  Deno.writeFileSync(wheel, data);
  const env = pipFromFolder(folder);
  await fails(
    env,
    `${basename(wheel)} is corrupt (Bad CRC-32 for file 'tensorflow/${libraryNames().cc}'); ` +
      "run deno task setup to download it again",
  );
  assert.deepEqual(cached(env), []);
});

install("refuses a wheel without the library", async () => {
  const folder = temporaryFolder();
  writeWheel(folder, { libraries: false });
  const env = pipFromFolder(folder);
  await fails(env, /: its wheel cannot be used, "tensorflow" holds no libtensorflow_cc\.\S+$/);
  assert.deepEqual(cached(env), []);
});

install("refuses a wheel of another processor", async () => {
  const folder = temporaryFolder();
  writeWheel(folder, { arch: OTHER_ARCH });
  const env = pipFromFolder(folder);
  const wanted = `is built for ${Deno.build.os} ${OTHER_ARCH}, ${SYSTEM} wanted`;
  await fails(
    env,
    RegExp(`: its wheel cannot be used, "tensorflow/libtensorflow_cc\\.\\S+" ${wanted}$`),
  );
  assert.deepEqual(cached(env), []);
});

install("tells that the index cannot be reached, within seconds", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  listener.close();
  const env = pipEnvironment({ PIP_INDEX_URL: `http://127.0.0.1:${listener.addr.port}/simple` });
  await fails(
    env,
    "pip cannot reach the package index (NewConnectionError); check the network, or name a mirror in PIP_INDEX_URL",
  );
  assert.deepEqual(cached(env), []);
});

install("tells that the index has no such wheel", async () => {
  const env = pipFromFolder(temporaryFolder());
  await fails(env, `the package index has no ${wheelFor().requirement} for this machine`);
});

install("tells that the cache cannot be written", async () => {
  const file = join(temporaryFolder(), "file");
  Deno.writeTextFileSync(file, "");
  const env = pipEnvironment({ GALAXYKIT_CACHE: file });
  await fails(
    env,
    `"${file}/tensorflow" cannot be written (Not a directory (os error 20): ` +
      `mkdir '${file}/tensorflow'); set GALAXYKIT_CACHE to a folder that can`,
  );
});

Deno.test({
  ...skippedIf(
    noPip ?? (SYSTEM !== "linux x86_64" && `${SYSTEM} has none`),
    "installLibrary() with gpu brings the CUDA libraries beside TensorFlow",
  ),
  async fn() {
    const folder = temporaryFolder();
    writeWheel(folder, { name: "tensorflow" });
    writeWheel(folder, {
      name: "nvidia_fake_cu12",
      libraries: false,
      extra: { "nvidia/cudnn/lib/libcudnn.so.9": "cuDNN" },
    });
    const env = pipFromFolder(folder);
    const library = await installLibrary({ env, gpu: true });
    // The wheel's run path is $ORIGIN/../nvidia/cudnn/lib.
    const beside = join(library.folder, "..", "nvidia", "cudnn", "lib", "libcudnn.so.9");
    assert.equal(Deno.readTextFileSync(beside), "cuDNN");
    assert.deepEqual(cached(env), installed(env, true));
  },
});

Deno.test("installLibrary() tells that there is no Python", async () => {
  await fails(
    pipEnvironment({ PATH: "" }),
    "there is no python3 on the PATH; install Python 3.8 or newer with pip",
  );
});

Deno.test("installLibrary() tells that Python has no pip", async () => {
  const folder = temporaryFolder();
  const answer = JSON.stringify(["3.11.2", "/usr/bin/python3", "/usr", [folder]]);
  Deno.writeTextFileSync(join(folder, "python3"), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  await fails(
    pipEnvironment({ PATH: folder }),
    "python3 3.11.2 (/usr/bin/python3) has no pip; install it (Debian and Ubuntu: apt install python3-pip)",
  );
});

Deno.test("wheelFor() names the wheel of each system", () => {
  const cpu = (os: string, arch: string) => wheelFor({ os, arch }).requirement;
  assert.equal(cpu("linux", "x86_64"), "tensorflow-cpu==2.21.0");
  assert.equal(cpu("linux", "aarch64"), "tensorflow==2.21.0");
  assert.equal(cpu("darwin", "aarch64"), "tensorflow==2.21.0");
  const cuda = wheelFor({ os: "linux", arch: "x86_64", gpu: true });
  assert.equal(cuda.requirement, "tensorflow[and-cuda]==2.21.0");
  assert.throws(() => cpu("windows", "x86_64"), {
    message: "Cannot install TensorFlow 2.21.0 on windows x86_64: its wheels hold the C library " +
      "for linux x86_64, linux aarch64 and darwin aarch64; use WSL",
  });
  assert.throws(() => wheelFor({ os: "darwin", arch: "aarch64", gpu: true }), {
    message: "Cannot install TensorFlow 2.21.0 for a GPU on darwin aarch64: " +
      "its wheels have CUDA for linux x86_64 only",
  });
});

Deno.test("wheelFor() asks for a wheel that exists, whichever Python runs pip", () => {
  const wheel = wheelFor({ os: "linux", arch: "aarch64" });
  const tags = (version: string) => {
    const args = wheel.arguments({ version, executable: "", prefix: "", paths: [] });
    return args.slice(args.indexOf("--python-version")).slice(0, 6).join(" ");
  };
  assert.equal(tags("3.10.13"), "--python-version 3.10 --implementation cp --abi cp310");
  assert.equal(tags("3.13.0rc1"), "--python-version 3.13 --implementation cp --abi cp313");
  assert.equal(tags("3.9.18"), "--python-version 3.12 --implementation cp --abi cp312");
  assert.equal(tags("3.14.0"), "--python-version 3.12 --implementation cp --abi cp312");
});
