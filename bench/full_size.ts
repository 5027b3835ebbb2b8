/**
 * Stable Diffusion 1.5's U-Net, 860 million random weights, at images of 424 pixels, beside diffusers:
 * a guided step, and a training step of one image with checkpointing and AdamW. Each side of each runs in
 * a process of its own, one after the other, from the same weights and inputs, and must find the same.
 *
 *     deno run -A bench/full_size.ts [--steps 2] [--part guided]
 *
 * Wanted: a Python with diffusers ($GALAXYKIT_BENCH_PYTHON), 16 GB of memory for training and 4 GB of disk
 * for the weights. The first step of this side holds its tracing; the least of all steps is what is
 * compared. Peaks are those of the whole process (Linux: /proc).
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { memorySource } from "galaxykit/data";
import { openDiffusionModel, UNet2DConditionModel } from "galaxykit/models";
import { jit, tf } from "galaxykit/tensorflow";
import { adamw, train } from "galaxykit/train";
import { readSafetensors } from "galaxykit/weights";
import { runCommand } from "../lib/cli.ts";
import { textTable } from "../lib/text.ts";

const PARTS = ["guided", "train"] as const;
const RATE = 1e-5, GUIDANCE = 7.5, TIME = 500;
/** What float32 explains of the difference of two sides. */
const TOLERANCE = 1e-3;

/** What a side did: a mean of squares for each step. */
type Outcome = { seconds: number[]; processor: number[]; results: number[]; peak: number };

type Side = { folder: string; steps: number };

await runCommand({
  name: "full_size",
  summary: "Time Stable Diffusion's U-Net at full size beside diffusers, and watch the memory.",
  options: {
    part: {
      type: "string",
      default: "all",
      choices: ["all", ...PARTS],
      description: "what is run",
    },
    steps: { type: "integer", default: 2, minimum: 1, description: "steps of each side" },
    folder: {
      type: "string",
      default: "",
      description: "where weights lie that were written before",
    },
    child: { type: "boolean", description: "this side of a part, as JSON" },
  },
}, async ({ part, steps, folder: given, child }) => {
  if (child) return console.log(JSON.stringify(await ours(part, { folder: given, steps })));
  const python = Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3";
  const script = join(import.meta.dirname!, "reference/full_size.py");
  const folder = given || Deno.makeTempDirSync();
  try {
    if (!given) output(python, [script, "write", folder]);
    const rows = PARTS.filter((one) => part === "all" || part === one).map((one) => {
      const same = ["--part", one, "--steps", `${steps}`, "--folder", folder];
      const own = output(Deno.execPath(), ["run", "-A", import.meta.filename!, "--child", ...same]);
      const other = output(python, [script, one, folder, `${steps}`]);
      return row(one, JSON.parse(own), JSON.parse(other));
    });
    console.log(textTable(
      [
        "",
        "kit, s",
        "diffusers",
        "ratio",
        "processor, s",
        "diffusers",
        "ratio",
        "peak, GB",
        "diffusers",
      ],
      rows,
      { align: ["left", "right"] },
    ));
  } finally {
    if (!given) Deno.removeSync(folder, { recursive: true });
  }
});

/** One line of the table, where both sides found the same. */
function row(part: string, kit: Outcome, other: Outcome): string[] {
  for (const [step, found] of kit.results.entries()) {
    const wanted = other.results[step]!;
    if (Math.abs(found / wanted - 1) <= TOLERANCE) continue;
    throw new RangeError(
      `Cannot bench ${part}: step ${step} gives ${found} here and ${wanted} in diffusers`,
    );
  }
  const pair = (a: number, b: number) => [a.toFixed(1), b.toFixed(1)];
  const compared = (of: (side: Outcome) => number[]) => {
    const [a, b] = [kit, other].map((side) => Math.min(...of(side))) as [number, number];
    return [...pair(a, b), (a / b).toFixed(2)];
  };
  return [
    part,
    ...compared(({ seconds }) => seconds),
    ...compared(({ processor }) => processor),
    ...pair(kit.peak / 1e9, other.peak / 1e9),
  ];
}

/** This side of a part. */
async function ours(part: string, { folder, steps }: Side): Promise<Outcome> {
  const unet = await openDiffusionModel(UNet2DConditionModel, join(folder, "unet"));
  const { tensors } = readSafetensors(join(folder, "inputs.safetensors"));
  const outcome: Omit<Outcome, "peak"> = { seconds: [], processor: [], results: [] };
  let [start, before] = [performance.now(), process.cpuUsage()];
  /** Notes what a step came to; another begins. */
  const note = (result: number) => {
    const { user, system } = process.cpuUsage(before);
    outcome.seconds.push((performance.now() - start) / 1000);
    outcome.processor.push((user + system) / 1e6);
    outcome.results.push(result);
    [start, before] = [performance.now(), process.cpuUsage()];
  };
  const [latents, noise] = ["latents", "noise"].map((name) => tensors[name]!.data as Float32Array);
  const context = tensors.context!.data as Float32Array;
  const image = (values: Float32Array) =>
    tf.transpose(tf.tensor4d(values, [1, 4, 53, 53]), [0, 2, 3, 1]);
  if (part === "guided") {
    const call = jit((x: tf.Tensor, encoderHiddenStates: tf.Tensor) => {
      const both = unet.call(tf.concat([x, x]), { timestep: tf.scalar(TIME), encoderHiddenStates });
      const [away, own] = tf.split(both, 2) as [tf.Tensor, tf.Tensor];
      return tf.add(away, tf.mul(GUIDANCE, tf.sub(own, away)));
    });
    const [x, tokens] = [image(latents!), tf.tensor3d(context, [2, 77, 768])];
    for (let step = 0; step < steps; step++) {
      note(tf.tidy(() => tf.mean(tf.square(call(x, tokens))).dataSync()[0]!));
    }
  } else {
    type Batch = Record<"latents" | "noise" | "context", Float32Array> & { indices: Int32Array };
    await train({
      inputs: ({ latents, noise, context }: Batch) => ({
        ...{ latents: image(latents), noise: image(noise) },
        context: tf.tensor3d(context, [1, 77, 768]),
      }),
      loss({ latents, noise, context }: Record<"latents" | "noise" | "context", tf.Tensor>) {
        const inputs = { timestep: tf.scalar(TIME), encoderHiddenStates: context };
        const predicted = unet.call(latents, inputs, { training: true, checkpointing: true });
        return { loss: tf.mean(tf.squaredDifference(predicted, noise)) };
      },
    }, {
      model: unet,
      train: {
        set: memorySource(
          { latents: latents!, noise: noise!, context: context.slice(0, 77 * 768) },
          {
            length: 1,
          },
        ),
      },
      ...{ batchSize: 1, epochs: steps, rate: RATE, optimizer: adamw(unet.namedParameters()) },
      onEpoch: ({ train_loss }) => note(train_loss as number),
    });
  }
  return { ...outcome, peak: peak() };
}

/** The most memory that was resident, in bytes. */
function peak(): number {
  const [, kilobytes] = Deno.readTextFileSync("/proc/self/status").match(/^VmHWM:\s+(\d+) kB/m)!;
  return Number(kilobytes) * 1024;
}

function output(command: string, args: string[]): string {
  const { success, stdout } = new Deno.Command(command, { args, stderr: "inherit" }).outputSync();
  if (!success) throw new Error(`Cannot run "${command} ${args.join(" ")}"`);
  return new TextDecoder().decode(stdout);
}
