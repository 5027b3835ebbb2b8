/**
 * What trainings tell of themselves.
 *
 * @module
 */

import type { BadFile } from "../data/mod.ts";
import type { OnProgress } from "../progress.ts";
import type { Epoch } from "../train/mod.ts";

/**
 * The callbacks that report a training's steps, and what each epoch came to.
 *
 * @param training What it is called @default {it is the only one}
 */
export function trainingReports(
  onProgress: OnProgress | undefined,
  training: (epoch: number) => string = () => "",
) {
  const what = (epoch: number) =>
    [training(epoch), `epoch ${epoch}`].filter((part) => part !== "").join(", ");
  return {
    onStep({ epoch, step, steps, loss }: {
      epoch: number;
      step: number;
      steps: number;
      loss: number;
    }): void {
      const note = `loss ${loss.toFixed(4)}`;
      onProgress?.({ what: what(epoch), done: step, total: steps, unit: "steps", note });
    },
    onEpoch(epoch: Epoch): void {
      onProgress?.({ message: `${what(epoch.epoch)}: ${epochText(epoch)}` });
    },
  };
}

/** "loss 0.6031, validation 0.5822; accuracy 0.7100, validation 0.7200 (1.2 s)". */
function epochText(epoch: Epoch): string {
  const names = Object.keys(epoch).filter((name) => name.startsWith("validation_"))
    .map((name) => name.slice("validation_".length));
  const of = (name: string) => {
    const [train, validation] = (["train", "validation"] as const).map((part) =>
      epoch[`${part}_${name}`]?.toFixed(4)
    );
    const words = name.replaceAll("_", " ");
    return train === undefined
      ? `${words}, validation ${validation}`
      : `${words} ${train}, validation ${validation}`;
  };
  return `${names.map(of).join("; ")} (${epoch.seconds.toFixed(1)} s)`;
}

/** Says that files were left out, and why. */
export function leftOut(bad: readonly BadFile[]): string {
  const [first] = bad;
  return `${bad.length} ${bad.length === 1 ? "file" : "files"} left out: ${first!.path} (${
    first!.reason
  })${bad.length > 1 ? " and others" : ""}`;
}
