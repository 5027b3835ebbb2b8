import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installationFolder } from "../../lib/tensorflow/install/library.ts";
import { writePackage } from "../tensorflow/install/fake_wheel.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask, taskCommand } from "./run_task.ts";

/** A JupyterLab: answers everything until it is told to end. */
const SERVER = `
  Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
  const args = Deno.args.join(" ");
  const port = Number(args.match(/--ServerApp.port=(\\d+)/)[1]);
  Deno.serve({ port, onListen() {} }, () => Response.json([args, Deno.env.toObject()]));
`;

/** A machine on which python3 is a script that does the given things. */
function machine(does: { venv?: string; pip?: string; jupyterlab?: string } = {}) {
  const folder = temporaryFolder();
  const server = join(folder, "server.js");
  Deno.writeTextFileSync(server, SERVER);
  const {
    venv = 'mkdir -p "$3/bin" && cp "$0" "$3/bin/python"',
    pip = "true",
    jupyterlab = `exec ${Deno.execPath()} run -A ${server} "$@"`,
  } = does;
  Deno.writeTextFileSync(
    join(folder, "python3"),
    `#!/bin/sh
case "$1 $2" in
"-c "*) echo '["3.12.1", "${folder}/python3", "/usr", []]' ;;
"-m venv") ${venv} ;;
"-m pip") ${pip} ;;
"-m jupyterlab") ${jupyterlab} ;;
esac
`,
    { mode: 0o755 },
  );
  const env = {
    PATH: `${folder}:/usr/bin:/bin`,
    GALAXYKIT_CACHE: join(folder, "cache"),
    GALAXYKIT_TENSORFLOW: "",
    PYTHONPATH: "/elsewhere",
  };
  writePackage(installationFolder({ env }));
  return env;
}

function leftIn(cache: string): string[] {
  return [...Deno.readDirSync(cache)].map(({ name }) => name).filter((name) =>
    name !== "tensorflow"
  );
}

/** Starts the task, waits for its server, and asks it what it was started with. */
async function startLab(args: string[], env: Record<string, string>) {
  const child = taskCommand("lab", ["--no-browser", ...args], {
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("Ctrl-C ends it")) {
    const { value, done } = await lines.read();
    assert.ok(!done, "it ended before it told its address");
    text += value;
  }
  const [, address] = text.match(/^JupyterLab: (http\S+)\nCtrl-C ends it and its kernels\n$/)!;
  const [given, seen] = await (await fetch(address!)).json();
  async function end(): Promise<void> {
    child.kill("SIGINT");
    assert.equal((await child.status).code, 130);
    await lines.cancel();
    await child.stderr.cancel();
  }
  return { address: address!, args: given as string, seen, end };
}

Deno.test("lab starts JupyterLab with this Deno as kernel, and ends it on Ctrl-C", async () => {
  const env = machine();
  const { address, args, seen, end } = await startLab([], env);
  assert.match(args, /--ServerApp.root_dir=\S+\/notebooks --/);
  assert.match(args, /--ServerApp.open_browser=False/);
  assert.equal(new URL(address).searchParams.get("token"), seen.JUPYTER_TOKEN);
  assert.deepEqual([seen.PYTHONPATH, seen.PYTHONNOUSERSITE], [undefined, "1"]);

  const environment = join(env.GALAXYKIT_CACHE, "jupyterlab-4.6.6");
  assert.equal(seen.JUPYTER_DATA_DIR, join(environment, "user"));
  const kernel = join(environment, "share/jupyter/kernels/deno/kernel.json");
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(kernel)), {
    argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
  });

  await end();
  await assert.rejects(fetch(address), TypeError, "the server goes on");
});

Deno.test("lab opens the folder that --dir names, and refuses one that is not there", async () => {
  const folder = temporaryFolder();
  const { args, end } = await startLab(["--dir", folder], machine());
  assert.ok(args.includes(`--ServerApp.root_dir=${folder} `), args);
  await end();
  const missing = join(folder, "missing");
  const { code, stderr } = await runTask("lab", ["--dir", missing], machine());
  assert.deepEqual([code, stderr], [
    1,
    `Cannot start JupyterLab: there is no folder "${missing}"\n`,
  ]);
});

Deno.test("lab says in one sentence why it cannot install JupyterLab, and leaves nothing", async () => {
  const cases: [Parameters<typeof machine>[0], RegExp][] = [
    [
      { venv: "echo ensurepip is not available; exit 1" },
      /^Cannot install JupyterLab 4\.6\.6: python3 3\.12\.1 \(\S+\) cannot make a virtual environment \(ensurepip is not available\); install what it lacks \(Debian and Ubuntu: apt install python3-venv\)\n$/,
    ],
    [
      { pip: "echo \"connection broken by 'NewConnectionError'\" >&2; exit 1" },
      /^Cannot install JupyterLab 4\.6\.6: pip cannot reach the package index \(NewConnectionError\); check the network, or name a mirror in PIP_INDEX_URL\n$/,
    ],
  ];
  for (const [does, message] of cases) {
    const env = machine(does);
    const { code, stderr } = await runTask("lab", ["--no-browser"], env);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.deepEqual(leftIn(env.GALAXYKIT_CACHE), []);
  }
  const bare = temporaryFolder();
  const { stderr } = await runTask("lab", [], { PATH: bare, GALAXYKIT_CACHE: join(bare, "cache") });
  assert.equal(
    stderr,
    "Cannot install JupyterLab 4.6.6: there is no python3 on the PATH; install Python 3.10 or newer with pip\n",
  );
});

Deno.test("lab does not wait for ever for a server that ended", async () => {
  const { code, stderr } = await runTask(
    "lab",
    ["--no-browser"],
    machine({ jupyterlab: "exit 3" }),
  );
  assert.equal(code, 1);
  assert.match(stderr, /Cannot start JupyterLab: its server ended with exit code 3\n$/);
});

Deno.test("lab refuses a port that is taken, before it installs anything", async () => {
  const env = machine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { code, stderr } = await runTask("lab", ["--port", `${port}`], env);
  assert.deepEqual([code, stderr], [
    1,
    `Cannot start JupyterLab: port ${port} is taken; name another with --port\n`,
  ]);
  assert.ok(!existsSync(join(env.GALAXYKIT_CACHE, "jupyterlab-4.6.6")));
});
