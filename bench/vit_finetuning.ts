/**
 * DINOv2-base, 86.7 million random weights, fine-tuned as a whole to 74 vote fractions at 224 pixels, with
 * checkpointing and AdamW, beside transformers. Each side runs in a process of its own, one after the
 * other, from the same weights and images, and must find the same losses.
 *
 *     deno run -A bench/vit_finetuning.ts [--batch 16] [--steps 2]
 *
 * Wanted: a Python with transformers ($GALAXYKIT_BENCH_PYTHON). The first step of this side holds its
 * tracing; the least of all steps is what is compared. Peaks are those of the whole process (Linux: /proc).
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { runCommand } from "../lib/cli.ts";
import { createModel, openVit, saveVit } from "galaxykit/models";
import { jit, key, tf } from "galaxykit/tensorflow";
import { adamw } from "galaxykit/train";
import { textTable } from "../lib/text.ts";

const RATE = 1e-5, DECAY = 0.01, ANSWERS = 74;
/** What float32 explains of the difference of two sides. */
const TOLERANCE = 1e-3;

type Outcome = { seconds: number[]; processor: number[]; losses: number[]; peak: number };

await runCommand({
  name: "vit_finetuning",
  summary: "Time a whole training step of DINOv2-base beside transformers, and watch the memory.",
  options: {
    batch: { type: "integer", default: 16, minimum: 1, description: "images in a step" },
    steps: { type: "integer", default: 2, minimum: 1, description: "steps of each side" },
    depth: { type: "integer", default: 12, minimum: 1, description: "blocks" },
    folder: { type: "string", default: "", description: "where a child finds the weights" },
  },
}, async ({ batch, steps, depth, folder: given }) => {
  if (given !== "") return console.log(JSON.stringify(await ours(given, { batch, steps })));
  const folder = Deno.makeTempDirSync();
  try {
    const options = { depth, classes: ANSWERS, pooling: "class_and_mean" } as const;
    const model = createModel({ name: "dinov2_base", options }, { key: key(1) });
    await saveVit(folder, model);
    model.dispose();
    const own = outcome(Deno.execPath(), [
      ...["run", "-A", import.meta.filename!, "--folder", folder],
      ...["--batch", `${batch}`, "--steps", `${steps}`],
    ]);
    const python = Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3";
    const script = join(import.meta.dirname!, "reference/vit_finetuning.py");
    const other = outcome(python, [script, folder, ...[batch, steps, RATE, DECAY].map(String)]);
    for (const [at, loss] of own.losses.entries()) {
      if (Math.abs(loss - other.losses[at]!) <= TOLERANCE * Math.abs(loss)) continue;
      throw new Error(`Step ${at + 1}: loss ${loss} here, ${other.losses[at]} there`);
    }
    const row = (name: string, a: number, b: number, digits: number) => [
      ...[name, a.toFixed(digits), b.toFixed(digits), (a / b).toFixed(2)],
    ];
    const least = (values: number[]) => Math.min(...values);
    console.log(textTable(["", "kit", "transformers", "ratio"], [
      row("seconds a step", least(own.seconds), least(other.seconds), 1),
      row("processor seconds", least(own.processor), least(other.processor), 1),
      row("peak, GB", own.peak / 1e9, other.peak / 1e9, 2),
    ], { align: ["left", "right"] }));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

async function ours(
  folder: string,
  { batch, steps }: { batch: number; steps: number },
): Promise<Outcome> {
  const { model } = await openVit(folder, { checkpointing: true });
  const parameters = model.namedParameters();
  const optimizer = adamw(parameters, { weightDecay: DECAY });
  const step = jit((images: tf.Tensor, targets: tf.Tensor, rate: tf.Scalar) => {
    const { value, grads } = tf.variableGrads(() => {
      const fractions = tf.sigmoid(model.call(images, { training: true }));
      return tf.mean(tf.squaredDifference(fractions, targets)) as tf.Scalar;
    });
    optimizer.apply(
      Object.fromEntries(
        Object.entries(parameters).map(([name, { name: id }]) => [name, grads[id]!]),
      ),
      rate,
    );
    return value;
  });
  const [images, targets, rate] = [
    waves([batch, 224, 224, 3]),
    tf.fill([batch, ANSWERS], 0.25),
    tf.scalar(RATE),
  ];
  const found: Outcome = { seconds: [], processor: [], losses: [], peak: 0 };
  for (let number = 0; number < steps; number++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    const loss = step(images, targets, rate as tf.Scalar);
    found.losses.push((await loss.data())[0]!);
    const { user, system } = process.cpuUsage(used);
    found.seconds.push((performance.now() - start) / 1000);
    found.processor.push((user + system) / 1e6);
  }
  const status = Deno.readTextFileSync("/proc/self/status");
  return { ...found, peak: Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024 };
}

/** Numbers that both sides can make: sin of the place. */
function waves(shape: [number, number, number, number]): tf.Tensor {
  const count = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(Float32Array.from({ length: count }, (_, at) => Math.sin(at)), shape);
}

function outcome(command: string, args: string[]): Outcome {
  const { success, stdout } = new Deno.Command(command, { args, stderr: "inherit" }).outputSync();
  if (!success) throw new Error(`${command} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
