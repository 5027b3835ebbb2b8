/**
 * Event files of TensorBoard, by TensorFlow's own writer.
 *
 * @module
 */

import { backend, tf } from "./engine.ts";
import { attribute, rawOp } from "./raw.ts";

/**
 * Writes numbers into an event file of a folder, which is made where it is missing.
 *
 * @example
 * ```ts
 * import { SummaryWriter } from "./summaries.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * using writer = new SummaryWriter(folder);
 * writer.scalar("loss", 0.5, { step: 1 });
 * writer.flush();
 * const [{ name }] = Deno.readDirSync(folder);
 * assert.ok(name.startsWith("events.out.tfevents."));
 * ```
 */
export class SummaryWriter {
  readonly #resource: tf.Tensor;

  /** @throws {TensorFlowError} When the folder cannot be made, or written to */
  constructor(folder: string) {
    this.#resource = openEventFile(folder);
  }

  /** Notes a number. `step` is a whole number below 2 ** 31. */
  scalar(tag: string, value: number, { step }: { step: number }): void {
    backend().writeScalarSummary(this.#resource as never, step, tag, value);
  }

  /** Has everything written that waits. */
  flush(): void {
    backend().flushSummaryWriter(this.#resource);
  }

  /** Has everything written, and closes the file. */
  [Symbol.dispose](): void {
    rawOp("CloseSummaryWriter", [this.#resource], { outputs: 0 });
    this.#resource.dispose();
  }
}

/** What TensorFlow has of a new event file in a folder; the first argument of its summary ops. */
export function openEventFile(
  folder: string,
  { maxQueue = 10, flushMillis = 120_000, filenameSuffix = ".v2" }: {
    /** How many events may wait to be written. @default {10} */
    maxQueue?: number;
    /** How long they may. @default {120_000} */
    flushMillis?: number;
    /** How the file's name ends. @default {".v2"} */
    filenameSuffix?: string;
  } = {},
): tf.Tensor {
  // TensorFlow keeps writers by name; each has its own, to be closed alone.
  const name = attribute.string(`galaxykit-${crypto.randomUUID()}`);
  const attributes = { shared_name: name, container: attribute.string("") };
  const [resource] = rawOp("SummaryWriter", [], { attributes });
  tf.tidy(() =>
    backend().createSummaryFileWriter(resource, folder, maxQueue, flushMillis, filenameSuffix)
  );
  return tf.keep(resource);
}
