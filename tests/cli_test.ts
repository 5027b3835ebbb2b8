import assert from "node:assert/strict";
import { type Command, helpText, type Option, parseOptions } from "../lib/cli.ts";

const COMMAND = {
  name: "classify",
  summary: "Train a classifier on a folder of images.",
  options: {
    images: { type: "string", value: "DIR", description: "one folder a class", required: true },
    out: { type: "string", value: "DIR", description: "run folder" },
    epochs: { type: "integer", default: 20, minimum: 1, maximum: 1000, description: "passes" },
    learningRate: { type: "number", default: 0.1, above: 0, description: "step size" },
    profile: {
      type: "string",
      default: "small",
      choices: ["tiny", "small"],
      description: "size of the run",
    },
    resume: { type: "boolean", description: "continue the run" },
  },
} as const satisfies Command<Record<string, Option>>;

Deno.test("parseOptions() fills defaults and types every value", () => {
  const options = parseOptions(COMMAND, ["--images", "a", "--learning-rate", "1e-3", "--resume"]);
  assert.deepEqual(options, {
    images: "a",
    out: undefined,
    epochs: 20,
    learningRate: 0.001,
    profile: "small",
    resume: true,
  });
  const epochs: number = options.epochs;
  const profile: "tiny" | "small" = options.profile;
  const out: string | undefined = options.out;
  assert.deepEqual([epochs, profile, out], [20, "small", undefined]);
});

Deno.test("parseOptions() accepts --name=value and a leading --", () => {
  const options = parseOptions(COMMAND, ["--", "--images=a=b", "--epochs=3", "--profile=tiny"]);
  assert.equal(options.images, "a=b");
  assert.equal(options.epochs, 3);
  assert.equal(options.profile, "tiny");
});

const REFUSED: [string[], typeof Error, string][] = [
  [
    ["--images", "a", "--epoch", "3"],
    SyntaxError,
    "unknown option --epoch, did you mean --epochs (options: --images, --out, --epochs, --learning-rate, --profile, --resume, --help)",
  ],
  [
    ["-e", "3"],
    SyntaxError,
    "unknown option -e (options: --images, --out, --epochs, --learning-rate, --profile, --resume, --help)",
  ],
  [["--images", "a", "b"], SyntaxError, 'unexpected argument "b"'],
  [["--images", "--resume"], SyntaxError, "--images wants a value (a text)"],
  [["--epochs"], SyntaxError, "--epochs wants a value (an integer, at least 1, at most 1000)"],
  [["--epochs="], SyntaxError, "--epochs wants a value (an integer, at least 1, at most 1000)"],
  [["--epochs", "2", "--epochs", "3"], SyntaxError, "--epochs is given twice"],
  [["--resume=yes"], SyntaxError, '--resume takes no value, found "yes"'],
  [[], SyntaxError, "--images is missing"],
  [["--epochs", "0"], RangeError, '--epochs wants an integer, at least 1, at most 1000, found "0"'],
  [
    ["--epochs", "-5"],
    RangeError,
    '--epochs wants an integer, at least 1, at most 1000, found "-5"',
  ],
  [
    ["--epochs", "2.5"],
    RangeError,
    '--epochs wants an integer, at least 1, at most 1000, found "2.5"',
  ],
  [
    ["--epochs", "1001"],
    RangeError,
    '--epochs wants an integer, at least 1, at most 1000, found "1001"',
  ],
  [["--learning-rate", "0"], RangeError, '--learning-rate wants a number, above 0, found "0"'],
  [
    ["--learning-rate", "0x10"],
    RangeError,
    '--learning-rate wants a number, above 0, found "0x10"',
  ],
  [["--learning-rate", "NaN"], RangeError, '--learning-rate wants a number, above 0, found "NaN"'],
  [["--profile", "big"], RangeError, '--profile wants one of tiny, small, found "big"'],
];

for (const [args, type, message] of REFUSED) {
  Deno.test(`parseOptions() refuses [${args.join(" ")}]`, () => {
    assert.throws(() => parseOptions(COMMAND, args), (error) => {
      assert.ok(error instanceof type);
      assert.equal(error.message, `Cannot run classify: ${message}`);
      return true;
    });
  });
}

Deno.test("helpText() lists every option with range and default", () => {
  assert.equal(
    helpText(COMMAND),
    `Train a classifier on a folder of images.

Usage: deno task classify [options]

  --images DIR            one folder a class (required)
  --out DIR               run folder
  --epochs INTEGER        passes (at least 1, at most 1000; default 20)
  --learning-rate NUMBER  step size (above 0; default 0.1)
  --profile TEXT          size of the run (tiny or small; default small)
  --resume                continue the run
  --help                  print this page

Ctrl-C stops; GALAXYKIT_TRACE=1 shows where an error came from.`,
  );
});

Deno.test("helpText() shows what words mean", () => {
  const words = { value: "FILES", description: "the files to look at" };
  assert.equal(
    helpText({ name: "look", summary: "Look at files.", options: {}, words }),
    `Look at files.

Usage: deno task look [options] [FILES]

  FILES   the files to look at
  --help  print this page

Ctrl-C stops; GALAXYKIT_TRACE=1 shows where an error came from.`,
  );
});

const CLI = new URL("../lib/cli.ts", import.meta.url).href;

/** Starts a process whose command "demo" runs the given action. */
function start(action: string, args: string[] = []): Deno.ChildProcess {
  const code = `import { runCommand } from "${CLI}";
    await runCommand({ name: "demo", summary: "Demo.", options: {
      count: { type: "integer", default: 1, minimum: 1, description: "count" },
    } }, ${action}, { args: ${JSON.stringify(args)} });`;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", `data:application/typescript,${encodeURIComponent(code)}`],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function finish(process: Deno.ChildProcess): Promise<[number, string, string]> {
  const { code, stdout, stderr } = await process.output();
  return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
}

Deno.test("runCommand() prints one sentence for an error and leaves with 1", async () => {
  const failing = start(`() => { throw new RangeError("Cannot do it: 3 found, 4 wanted") }`);
  assert.deepEqual(await finish(failing), [1, "", "Cannot do it: 3 found, 4 wanted\n"]);
  const refused = start(`() => { console.log("ran") }`, ["--count", "x"]);
  assert.deepEqual(await finish(refused), [
    1,
    "",
    'Cannot run demo: --count wants an integer, at least 1, found "x"\n',
  ]);
});

Deno.test("runCommand() writes options that the library names as flags", async () => {
  const message = "Cannot do it: 3 found; lower it (count), or (others), or (count: true)";
  const failing = start(`() => { throw new RangeError("${message}") }`);
  assert.deepEqual(await finish(failing), [
    ...[1, "", "Cannot do it: 3 found; lower it (--count), or (others), or (--count)\n"],
  ]);
});

Deno.test("runCommand() proposes nothing that its options cannot do", async () => {
  const message =
    "it holds one already; resume it (resume: true), lose it (overwrite: true), or name";
  const failing = start(`() => { throw new Error("${message} another") }`);
  assert.deepEqual(await finish(failing), [
    ...[1, "", "it holds one already; resume it (resume: true), or name another\n"],
  ]);
});

Deno.test("runCommand() leaves with the action's code although a timer is pending", async () => {
  const process = start(`({ count }) => { setTimeout(() => {}, 60_000); return count; }`, [
    "--count=3",
  ]);
  assert.deepEqual(await finish(process), [3, "", ""]);
});

/** Sends signals, each after the process has printed a line. */
async function interrupt(process: Deno.ChildProcess, times: number): Promise<[number, string]> {
  const lines = process.stdout.getReader();
  for (let sent = 0; sent < times; sent++) {
    await lines.read();
    process.kill("SIGINT");
  }
  let text = "";
  for await (const chunk of process.stderr) text += new TextDecoder().decode(chunk);
  while (!(await lines.read()).done);
  return [(await process.status).code, text];
}

Deno.test("runCommand() turns the first Ctrl-C into an abort", async () => {
  const process = start(`async (_, { signal }) => {
    const { promise, reject } = Promise.withResolvers();
    signal.addEventListener("abort", () => reject(signal.reason));
    console.log("waiting");
    setTimeout(() => {}, 60_000);
    await promise;
  }`);
  assert.deepEqual(await interrupt(process, 1), [130, "Stopping; Ctrl-C again leaves at once\n"]);
});

Deno.test("runCommand() leaves at the second Ctrl-C", async () => {
  const process = start(`async (_, { signal }) => {
    signal.addEventListener("abort", () => console.log("ignored"));
    setTimeout(() => {}, 60_000);
    console.log("waiting");
    await new Promise(() => {});
  }`);
  assert.deepEqual(await interrupt(process, 2), [130, "Stopping; Ctrl-C again leaves at once\n"]);
});
