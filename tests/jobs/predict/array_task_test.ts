import assert from "node:assert/strict";
import { arrayScript, arrayTaskOf } from "galaxykit/jobs";
import { nameOfTask, rowsOfTask, taskNamed } from "../../../lib/jobs/predict/array_task.ts";

const slurm = (id: number, [first, last]: [number, number], count = last - first + 1) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${first}`,
  SLURM_ARRAY_TASK_MAX: `${last}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
});

Deno.test("arrayTaskOf() reads what it is told, or what schedulers say", () => {
  const cases: [string, Record<string, string>, string][] = [
    ["1/1", {}, "0 of 1"],
    ["7/7", slurm(0, [0, 1]), "6 of 7"], // What is told goes before the scheduler
    ["array", slurm(4, [0, 9]), "4 of 10"],
    ["array", slurm(4, [1, 10]), "3 of 10"],
    ["array/100", slurm(37, [3, 99], 5), "37 of 100"], // Some run again
    ["array", { AWS_BATCH_JOB_ARRAY_INDEX: "2", AWS_BATCH_JOB_ARRAY_SIZE: "5" }, "2 of 5"],
    ["array/5", { JOB_COMPLETION_INDEX: "0" }, "0 of 5"],
    ["array/5", { PBS_ARRAY_INDEX: "4" }, "4 of 5"],
    ["array/5", { PBS_ARRAYID: "4" }, "4 of 5"],
  ];
  for (const [text, env, wanted] of cases) {
    const { index, of } = arrayTaskOf(text, { env });
    assert.equal(`${index} of ${of}`, wanted, text);
  }
});

Deno.test("arrayTaskOf() refuses what would leave galaxies out or take some twice", () => {
  const cases: [string, Record<string, string>, RegExp][] = [
    ["0/7", {}, /1\/7 to 7\/7, "0\/7" found/],
    ["8/7", {}, /1\/7 to 7\/7/],
    ["3/0", {}, /at least one task/],
    ["3", {}, /3\/7, array or array\/7 is wanted, "3" found/],
    ["-1/7", {}, /is wanted/],
    ["1.5/7", {}, /is wanted/],
    ["array", {}, /none of SLURM_ARRAY_TASK_ID, .* is set/],
    ["array", slurm(3, [3, 4]), /from 3 to 4 in 2 tasks, this is 3; .* say array\/N/],
    ["array", slurm(7, [0, 9], 4), /from 0 to 9 in 4 tasks/],
    ["array/7", slurm(7, [1, 7]), /counts from 0 to 6 for 7 tasks, 7 found/],
    ["array", { JOB_COMPLETION_INDEX: "1" }, /Kubernetes does not tell how many/],
    ["array/7", { JOB_COMPLETION_INDEX: "one" }, /must be a whole number, "one" found/],
    ["array", { AWS_BATCH_JOB_ARRAY_INDEX: "5", AWS_BATCH_JOB_ARRAY_SIZE: "5" }, /this is 5/],
  ];
  for (const [text, env, message] of cases) {
    assert.throws(() => arrayTaskOf(text, { env }), message, text);
  }
});

Deno.test("tasks share all rows, each once, as evenly as can be", () => {
  for (const tasks of [1, 2, 7, 30]) {
    for (const count of [0, 1, 6, 29, 1_000_003]) {
      let next = 0;
      for (let index = 0; index < tasks; index++) {
        const { first, end } = rowsOfTask({ index, of: tasks }, count);
        assert.equal(first, next);
        assert.ok([Math.floor, Math.ceil].some((round) => end - first === round(count / tasks)));
        next = end;
        assert.deepEqual(taskNamed(nameOfTask({ index, of: tasks })), { index, of: tasks });
      }
      assert.equal(next, count);
    }
  }
  assert.equal(taskNamed("part-00000.parquet"), undefined);
});

Deno.test("arrayScript() quotes what a shell and YAML would read otherwise", () => {
  const args = ["--run", "runs/it's mine", "--out", "a b"];
  const options = { tasks: 3, args, project: "/data/my kit" };
  const bash = arrayScript({ ...options, scheduler: "slurm" });
  const { stdout } = new Deno.Command("bash", {
    args: ["-c", bash.replace(/^cd .*$/m, "").replace("exec deno", "printf '%s\\n'")],
  }).outputSync();
  const words = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert.deepEqual(words, ["task", "predict", ...args, "--part", "array/3"]);
  assert.match(bash, /^#SBATCH --array=0-2$/m);
  assert.match(bash, /^cd '\/data\/my kit' \|\| exit 1$/m);
  const yaml = arrayScript({ ...options, scheduler: "kubernetes" });
  const [, list] = /^ +args: (.*)$/m.exec(yaml)!;
  assert.deepEqual(JSON.parse(list!), ["task", "predict", ...args, "--part", "array/3"]);
  assert.match(yaml, /completions: 3\n.*parallelism: 3\n.*completionMode: Indexed/);
  assert.throws(() => arrayScript({ ...options, scheduler: "slurm", tasks: 0 }), /tasks/);
});
