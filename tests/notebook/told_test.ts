/** Every public function, called as a notebook may: with nothing, and with empty objects. */

import assert from "node:assert/strict";
import * as kit from "galaxykit";
import { temporaryFolder } from "../temporary.ts";

/** How the runtime itself speaks of what is missing. */
const NATIVE =
  /Cannot read propert|Cannot set propert|Cannot destructure|is not iterable|is not a function|not a constructor|undefined or null|Cannot use 'in'|must be of type|Reduce of empty|BigInt/;

type Callable = (...args: unknown[]) => unknown;

/** The functions of the kit by the names that users give them. */
function functions(): [name: string, value: Callable][] {
  return Object.entries(kit as unknown as Record<string, unknown>).flatMap(([room, value]) => {
    if (room === "tf" || room === "pl") return [];
    const entries = typeof value === "function"
      ? [[room, value] as const]
      : Object.entries(value as object).map(([name, value]) => [`${room}.${name}`, value] as const);
    return entries.filter(([, value]) => typeof value === "function") as [string, Callable][];
  });
}

/** What a call ends in, if it ends in an error. */
async function errorOf(f: Callable, args: unknown[]): Promise<Error | undefined> {
  const isClass = /^class\b/.test(Function.prototype.toString.call(f)) || f.name[0]! < "a";
  const controller = new AbortController();
  try {
    const result = isClass ? Reflect.construct(f, args) : f(...args);
    if (!(result instanceof Promise)) return undefined;
    result.catch(() => {});
    const late = new Promise((resolve) => setTimeout(resolve, 2000));
    await Promise.race([result, late]);
    controller.abort();
  } catch (error) {
    assert.ok(error instanceof Error, `${error}`);
    return error;
  }
}

Deno.test({
  name: "no public function speaks of properties of undefined",
  // What some make of nothing lives on: they are called for their errors alone
  ...{ sanitizeOps: false, sanitizeResources: false },
  async fn() {
    const before = Deno.cwd();
    Deno.chdir(temporaryFolder()); // Where some write to a folder of a default name
    const native: string[] = [];
    let told = 0;
    try {
      const all = functions();
      assert.ok(all.length > 300, `${all.length} functions`);
      for (const [name, value] of all) {
        for (const args of [[], [{}], [{}, {}], [undefined, {}]]) {
          const error = await errorOf(value, args);
          if (error === undefined) continue;
          if (error.message.startsWith(`Cannot call ${name}: it needs `)) told++;
          else if (NATIVE.test(error.message)) {
            native.push(`${name}(${args.map((arg) => JSON.stringify(arg))}): ${error.message}`);
          }
        }
      }
    } finally {
      Deno.chdir(before);
    }
    assert.deepEqual(native, []);
    assert.ok(told > 500, `${told} told by their names`);
  },
});

/** The kit, where nothing is type-checked. */
// deno-lint-ignore no-explicit-any
const { data, metrics, nn, plot, train } = kit as any;

Deno.test("functions tell what they miss by its name, and what they need", async () => {
  const cases: [() => unknown, string][] = [
    [
      () => plot.sampleGrid({}),
      "plot.sampleGrid: it needs { paths }; paths is",
    ],
    [
      () => metrics.confusionMatrix({ target: [0] }),
      "metrics.confusionMatrix: it needs { target, prediction, classes }; prediction, classes are",
    ],
    [() => data.readTable(), "data.readTable: it needs path; path is"],
    [
      () => new nn.Conv2d(3, 4),
      "nn.Conv2d: it needs inChannels and outChannels and { kernelSize }; kernelSize is",
    ],
    [() => new nn.Linear(3), "nn.Linear: it needs inFeatures and outFeatures; outFeatures is"],
    [() => train.openRun(), "train.openRun: it needs path; path is"],
  ];
  for (const [call, said] of cases) {
    const name = said.split(":")[0];
    const message = `Cannot call ${said} not given (help(${name}) shows more)`;
    await assert.rejects(async () => await call(), { name: "TypeError", message });
  }
  assert.throws(() => nn.Linear(3, 2), {
    message: "Cannot call nn.Linear: it is a class, write new nn.Linear(…)",
  });
});

Deno.test("functions of the kit keep their errors, results and classes", async () => {
  assert.throws(
    () => plot.confusionMatrix({ matrix: [[1]], classes: ["a", "b"] }),
    (error: Error) => {
      return !error.message.startsWith("Cannot call");
    },
  );
  await assert.rejects(async () => await data.readTable("no-table.csv"), /there is no such file/);
  class Own extends kit.nn.Linear {}
  const own = new Own(2, 1, { key: kit.key(1) });
  assert.ok(own instanceof kit.nn.Linear && own instanceof Own && own instanceof kit.nn.Module);
  assert.equal(own.modelName, "Own");
  assert.equal(new kit.nn.ReLU().constructor.name, "ReLU");
  // What a user's own function does wrong is the user's
  assert.throws(
    () => kit.jit(() => (undefined as unknown as { a: number }).a as never)(),
    /Cannot read properties of undefined/,
  );
});

Deno.test("seeds have a default, which a run notes", async () => {
  const split = (more: object) =>
    kit.data.randomSplit({ count: 20, fractions: { a: 0.5, b: 0.5 }, ...more });
  assert.deepEqual(split({}), split({ seed: 0 }));
  const run = `${temporaryFolder()}/run`;
  const model = new kit.nn.Linear(1, 1, { key: kit.key(1) });
  const set = kit.data.memorySource({ x: Float32Array.of(1, 2) }, { length: 2 });
  await kit.train.train({
    inputs: ({ x }: { x: Float32Array; indices: Int32Array }) => kit.tf.tensor2d(x, [x.length, 1]),
    loss: (x) => ({ loss: kit.tf.mean(kit.tf.square(model.call(x))) }),
  }, { model, train: { set }, batchSize: 2, epochs: 1, rate: 0.1, run });
  const config = new kit.train.RunFolder(run).readConfig() as { training: { seed: number } };
  assert.equal(config.training.seed, 0);
  model.dispose();
});

Deno.test("functions tell a misspelt option, and do not mind one that is unlike theirs", async () => {
  const set = data.memorySource({ x: Float32Array.of(1, 2) }, { length: 2 });
  const cases: [string, () => unknown, string, string][] = [
    [
      "plot.sampleGrid",
      () => plot.sampleGrid({ paths: ["a"], perclass: 2 }),
      "perclass",
      "perClass",
    ],
    ["data.batches", () => data.batches(set, { batchSize: 2, suffle: true }), "suffle", "shuffle"],
    ["nn.Conv2d", () => new nn.Conv2d(3, 4, { kernelSize: 3, pading: 1 }), "pading", "padding"],
  ];
  for (const [name, call, option, nearest] of cases) {
    await assert.rejects(async () => await call(), {
      name: "RangeError",
      message:
        `Cannot call ${name}: there is no option "${option}", nearest is "${nearest}" (help(${name}) shows more)`,
    });
  }
  const batches = data.batches(set, { batchSize: 2, note: "mine" });
  assert.equal((await batches.next()).value.x.length, 2);
});

Deno.test("functions say what they were given where it does not fit, not what the runtime says", async () => {
  const cases: [string, () => unknown, string, string][] = [
    [
      "data.selectRows",
      () => data.selectRows("sky", []),
      "frame and cuts",
      '"sky" and a list of 0',
    ],
    [
      "data.imageSet",
      () => data.imageSet({ images: new Uint8Array(48), size: 4, labels: [0], classes: "ab" }),
      ...["{ images, size }", "{ images, size, labels, classes }"] as [string, string],
    ],
    ["plot.overlayGrid", () => plot.overlayGrid("sky"), "panels", '"sky"'],
  ];
  for (const [name, call, needed, found] of cases) {
    await assert.rejects(async () => await call(), {
      name: "TypeError",
      message:
        `Cannot call ${name}: it needs ${needed}; what it was given does not fit, ${found} (help(${name}) shows more)`,
    });
  }
});
