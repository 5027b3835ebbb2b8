/**
 * Scripts that start the tasks of a prediction: an array of Slurm, an indexed Job of Kubernetes.
 *
 * @module
 */

import { refuseOutside } from "../../options.ts";

/** Schedulers for which there are scripts. */
export const ARRAY_SCHEDULERS = ["slurm", "kubernetes"] as const;

/** What a script is to start. */
export type ArrayScriptOptions = {
  scheduler: typeof ARRAY_SCHEDULERS[number];
  /** How many tasks. */
  tasks: number;
  /** Options of `deno task predict`, all but `--part`. */
  args: readonly string[];
  /** The folder of the project, in which `deno task` runs. @default {the one this process is in} */
  project?: string;
  /** Processors of a task. @default {4} */
  cores?: number;
  /** Memory of a task, in GB. @default {8} */
  memory?: number;
};

/**
 * A script to be read, changed and submitted. What a scheduler starts again after a task was killed goes
 * on after its last whole part.
 *
 * @throws {RangeError} For a number that is none from 1
 *
 * @example
 * ```ts
 * import { arrayScript } from "galaxykit/jobs";
 * import assert from "node:assert/strict";
 *
 * const args = ["--run", "runs/a", "--data", "gz2.parquet", "--out", "all"];
 * const script = arrayScript({ scheduler: "slurm", tasks: 100, args, project: "/data/galaxies" });
 * assert.match(script, /--array=0-99/);
 * assert.match(script, /--part array\/100/);
 * ```
 */
export function arrayScript(
  { scheduler, tasks, args, project = Deno.cwd(), cores = 4, memory = 8 }: ArrayScriptOptions,
): string {
  const whole = "whole [1, ∞)";
  refuseOutside({ tasks, cores, memory }, { tasks: whole, cores: whole, memory: whole }, {
    what: "write a script",
  });
  const all = [...args, "--part", `array/${tasks}`];
  const shares = { tasks, project, cores, memory };
  return scheduler === "slurm" ? ofSlurm(all, shares) : ofKubernetes(all, shares);
}

type Shares = { tasks: number; project: string; cores: number; memory: number };

function ofSlurm(args: readonly string[], { tasks, project, cores, memory }: Shares): string {
  return `#!/bin/bash
#SBATCH --job-name=galaxykit-predict
#SBATCH --array=0-${tasks - 1}
#SBATCH --cpus-per-task=${cores}
#SBATCH --mem=${memory}G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --output=predict-%A_%a.log

# A task that was stopped goes on after its last whole part: submit again, all or some
# (sbatch --array=3,7 …). Before the first time: deno task setup, where the nodes see it.
# In the end: deno task predict merge --tasks ${quoted(outOf(args))} --out TABLE
cd ${quoted(project)} || exit 1
exec deno task predict ${args.map(quoted).join(" ")}
`;
}

function ofKubernetes(args: readonly string[], { tasks, project, cores, memory }: Shares): string {
  return `# A task that was stopped goes on after its last whole part; Kubernetes starts it again.
# Before the first time: deno task setup in the project, so that TensorFlow lies in the volume.
# In the end: deno task predict merge --tasks ${quoted(outOf(args))} --out TABLE
apiVersion: batch/v1
kind: Job
metadata:
  name: galaxykit-predict
spec:
  completions: ${tasks}
  parallelism: ${Math.min(tasks, 10)}
  completionMode: Indexed
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: predict
          image: denoland/deno:2.9.6
          workingDir: ${JSON.stringify(project)}
          args: ${JSON.stringify(["task", "predict", ...args])}
          env:
            - name: GALAXYKIT_CACHE
              value: ${JSON.stringify(`${project}/.cache`)}
          resources:
            requests: { cpu: "${cores}", memory: ${memory}Gi }
            limits: { memory: ${memory}Gi }
          volumeMounts:
            - { name: galaxies, mountPath: ${JSON.stringify(project)} }
      volumes:
        - name: galaxies
          persistentVolumeClaim: { claimName: galaxies } # yours, with project, images and table
`;
}

function outOf(args: readonly string[]): string {
  return args[args.indexOf("--out") + 1] ?? "OUT";
}

/** A word as a shell reads it. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
