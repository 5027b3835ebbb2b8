import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { readSafetensors } from "galaxykit/weights";
import { Prng } from "../../lib/prng.ts";
import { temporaryFolder } from "../temporary.ts";

/** How often a run is killed; GALAXYKIT_KILLS=10 asks for more. */
const KILLS = Number(Deno.env.get("GALAXYKIT_KILLS") ?? 1);
const TIMES = KILLS === 1 ? "once" : `${KILLS} times`;
/** As in the child. */
const [EPOCHS, STEPS] = [3, 8];

/** How the child trains. */
type How = "fit" | "finetune" | "ddpm" | "simclr";

/** A child process that trains, step by step. */
class Child {
  /** Numbers of the steps that it has taken, counted over all epochs from 1. */
  readonly taken: number[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncIterableIterator<string>;

  constructor(how: How, folder: string, checkpointSeconds: number) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("_resume_child.ts", import.meta.url).pathname]
        .concat(how, folder, `${checkpointSeconds}`),
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#lines = lines(this.#process.stdout);
  }

  /** Waits for a number of further steps, or for the end. */
  async take(count = Infinity): Promise<void> {
    for (let step = 0; step < count; step++) {
      const { value, done } = await this.#lines.next();
      if (done) return;
      const [epoch, stepOfEpoch] = value.split(" ").map(Number);
      this.taken.push((epoch - 1) * STEPS + stepOfEpoch);
    }
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.take();
    assert.equal((await this.#process.status).signal, "SIGKILL");
  }

  async finish(): Promise<void> {
    await this.take();
    assert.equal((await this.#process.status).code, 0);
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncIterableIterator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

const uninterrupted = new Map<How, Promise<string>>();

/** The folder of a run from start to end in one process, without checkpoints on the way. */
function uninterruptedRun(how: How): Promise<string> {
  async function run(): Promise<string> {
    const folder = join(temporaryFolder(), "uninterrupted");
    const child = new Child(how, folder, 1000);
    await child.finish();
    assert.deepEqual(child.taken, Array.from({ length: EPOCHS * STEPS }, (_, i) => i + 1));
    return folder;
  }
  if (!uninterrupted.has(how)) uninterrupted.set(how, run());
  return uninterrupted.get(how)!;
}

/** Kills a run in the middle of epochs again and again, then lets it finish. */
async function killedRun(
  how: How,
  { seed, checkpointSeconds }: { seed: number; checkpointSeconds: number },
) {
  const folder = join(temporaryFolder(), "killed");
  const prng = new Prng(seed);
  const taken: number[][] = [];
  for (const moment of moments(prng)) {
    const child = new Child(how, folder, checkpointSeconds);
    do await child.take(1); while (child.taken.at(-1)! < moment);
    // Into the checkpoint, the next step, or the one after.
    await new Promise((resolve) => setTimeout(resolve, prng.uniform(0, 40)));
    await child.kill();
    taken.push(child.taken);
    // What a kill in the middle of a checkpoint leaves, which these moments may miss.
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(join(folder, ".last.safetensors.4194399.00000000"), "half");
  }
  const last = new Child(how, folder, checkpointSeconds);
  await last.finish();
  taken.push(last.taken);
  console.log(`      killed after ${taken.slice(0, -1).map((run) => `step ${run.at(-1)}`)}`);
  return { folder, taken };
}

/** Steps after which to kill, in order, none of them the last of an epoch. */
function moments(prng: Prng): number[] {
  const inMidEpoch = Array.from({ length: EPOCHS * STEPS - 3 }, (_, step) => step + 1)
    .filter((step) => step % STEPS !== 0);
  const drawn = prng.permutation(inMidEpoch.length).slice(0, KILLS);
  return [...drawn].map((place) => inMidEpoch[place]).sort((a, b) => a - b);
}

function assertSameRun(folder: string, wanted: string): void {
  const [last, wantedLast] = [folder, wanted].map((path) => {
    const { tensors, metadata } = readSafetensors(join(path, "last.safetensors"));
    const position = JSON.parse(metadata.position, (name, value) => name === "seconds" ? 0 : value);
    return { tensors, position };
  });
  // Averages, momenta of the first phase, or of AdamW
  const kind = /^state\/(ema|phase0|mean)\//;
  assert.ok(Object.keys(wantedLast.tensors).some((name) => kind.test(name)));
  assert.deepEqual(last.position, wantedLast.position);
  assert.deepEqual(Object.keys(last.tensors), Object.keys(wantedLast.tensors));
  // By name: a difference of whole files would take minutes to print.
  const differ = Object.entries(wantedLast.tensors)
    .filter(([name, { data }]) => !bytesOf(last.tensors[name].data).equals(bytesOf(data)))
    .map(([name]) => name);
  assert.deepEqual(differ, [], "tensors that differ");
  const [model, wantedModel] = [folder, wanted].map((path) =>
    Deno.readFileSync(join(path, "model.safetensors"))
  );
  assert.ok(Buffer.from(model).equals(wantedModel), "model.safetensors differs");
  assert.deepEqual(history(folder), history(wanted));
  const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  assert.deepEqual(names(folder), names(wanted));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The rows of history.csv without their times. */
function history(folder: string): string[][] {
  const rows = Deno.readTextFileSync(join(folder, "history.csv")).trimEnd().split("\n")
    .map((row) => row.split(","));
  assert.equal(rows[0].at(-1), "seconds");
  assert.equal(rows.length, 1 + EPOCHS);
  return rows.map((row) => row.slice(0, -1));
}

Deno.test(`fit() killed ${TIMES} with a checkpoint after each step ends in the same bits`, async () => {
  const wanted = await uninterruptedRun("fit");
  const { folder, taken } = await killedRun("fit", { seed: 1, checkpointSeconds: 0 });
  // It did go on from where it stood: at most the step is redone whose checkpoint was not whole.
  for (let run = 1; run < taken.length; run++) {
    const step = taken[run - 1].at(-1)!;
    assert.ok([step, step + 1].includes(taken[run][0]), `${taken[run][0]} after ${step}`);
  }
  assertSameRun(folder, wanted);
});

// Two of them without being asked for more: each takes three processes
const REDONE: readonly How[] = KILLS === 1
  ? ["finetune", "ddpm"]
  : ["fit", "finetune", "ddpm", "simclr"];
for (const how of REDONE) {
  Deno.test(`${how}() killed ${TIMES} with steps to redo ends in the same bits`, async () => {
    const wanted = await uninterruptedRun(how);
    const { folder, taken } = await killedRun(how, { seed: 2, checkpointSeconds: 0.3 });
    assert.ok(taken.flat().length >= EPOCHS * STEPS, "steps were left out");
    assertSameRun(folder, wanted);
  });
}
