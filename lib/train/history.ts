/**
 * What the epochs of a training came to.
 *
 * @module
 */

/** A row of the history. */
export type Epoch = {
  /** From 1. */
  epoch: number;
  /** The phase's name, where there are several. */
  phase?: string;
  /** The mean over the steps. */
  train_loss: number;
  /** The last one of the epoch. */
  learning_rate: number;
  seconds: number;
  /** Losses and metrics; `validation_loss` and the like where there is a validation. */
  [measured: `${"train" | "validation"}_${string}`]: number;
};

/** An epoch, and the value that it is known for. */
export type Best = {
  epoch: number;
  value: number;
  /** The phase's name, where there are several. */
  phase?: string;
};

/**
 * An epoch in a line: "epoch 3: loss 0.4131, validation 0.4420; accuracy 0.8125, validation 0.7900
 * (1.2 s)".
 */
export function epochText(row: Epoch): string {
  const names = Object.keys(row).filter((name) => name.startsWith("train_"))
    .map((name) => name.slice("train_".length));
  const values = names.map((name) => {
    const validation = row[`validation_${name}`];
    return `${name.replaceAll("_", " ")} ${row[`train_${name}`]!.toFixed(4)}` +
      (validation === undefined ? "" : `, validation ${validation.toFixed(4)}`);
  });
  const phase = row.phase === undefined ? "" : `${row.phase}, `;
  return `${phase}epoch ${row.epoch}: ${values.join("; ")} (${row.seconds.toFixed(1)} s)`;
}
