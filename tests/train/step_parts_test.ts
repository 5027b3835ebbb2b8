import assert from "node:assert/strict";
import { Linear, Sequential } from "galaxykit/nn";
import { foldIn, key, normal, tf } from "galaxykit/tensorflow";
import { adamw, Ema, type Optimizer, sgd } from "galaxykit/train";
import { traceSteps } from "../../lib/train/_step.ts";

type Inputs = { x: tf.Tensor };

const batch = (at: number): Inputs => tf.tidy(() => ({ x: normal(foldIn(key(9), at), [4, 3]) }));

const OPTIMIZERS = {
  adamw: (parameters: Record<string, tf.Variable>) => adamw(parameters),
  // Its first step is another
  "sgd with dampening": (parameters: Record<string, tf.Variable>) =>
    sgd(parameters, { momentum: 0.9, dampening: 0.4, weightDecay: 0.01 }),
};

/** Values of everything after some steps, and what each step was measured as. */
async function trained(
  create: (parameters: Record<string, tf.Variable>) => Optimizer,
  options: { partBytes: number; accumulate: number; clipNorm?: number },
): Promise<Record<string, number[]>> {
  const model = new Sequential({
    first: new Linear(3, 5, { key: key(1) }),
    second: new Linear(5, 2, { key: key(2) }),
    third: new Linear(2, 2, { key: key(3) }),
  });
  const { "third.weight": frozen, ...parameters } = model.namedParameters();
  const optimizer = create(parameters);
  const ema = new Ema(model.namedParameters(), { decay: 0.9, warmup: { after: 1 } });
  frozen!.assign(tf.ones(frozen!.shape)); // An average follows what is not trained, too
  const objective = {
    loss: ({ x }: Inputs) => ({
      loss: tf.mean(tf.square(tf.sub(model.call(x), 1))) as tf.Scalar,
      weight: tf.scalar(2),
    }),
  };
  const steps = traceSteps<Inputs>({ objective, parameters, optimizer }, { ...options, ema });
  const [measured, counts]: number[][] = [[], []];
  for (let step = 0; step < 4; step++) {
    const parts = Array.from(
      { length: options.accumulate },
      (_, at) => batch(step * options.accumulate + at),
    );
    const { loss, norm, weight } = await steps.take(parts, { key: key(step), rate: 0.1 });
    measured!.push(loss, norm, weight);
    counts!.push(tf.memory().numTensors);
  }
  assert.ok(counts!.every((count) => count <= counts![0]! + 4), `tensors: ${counts}`); // Keys
  steps[Symbol.dispose]();
  const all = { ...parameters, ...optimizer.state, ...prefixed("average/", ema.state) };
  const values = Object.entries(all).map(([name, one]) => [name, [...one.dataSync()]]);
  return { ...Object.fromEntries(values), measured: measured! };
}

const prefixed = (prefix: string, variables: Readonly<Record<string, tf.Variable>>) =>
  Object.fromEntries(Object.entries(variables).map(([name, one]) => [prefix + name, one]));

/** But for rounding: what is computed in one function may be put together in another order. */
function assertSame(found: Record<string, number[]>, wanted: Record<string, number[]>): void {
  assert.deepEqual(Object.keys(found), Object.keys(wanted));
  for (const [name, values] of Object.entries(wanted)) {
    const size = Math.max(...values.map(Math.abs));
    for (const [at, value] of values.entries()) {
      assert.ok(Math.abs(value - found[name]![at]!) <= 1e-5 * size, `${name}: ${found[name]}`);
    }
  }
}

for (const [name, create] of Object.entries(OPTIMIZERS)) {
  for (const accumulate of [1, 2]) {
    for (const clipNorm of [undefined, 0.1]) {
      const what = `${accumulate} batches, ${clipNorm === undefined ? "not clipped" : "clipped"}`;
      Deno.test(`a step of ${name} moves parameters part by part as at once: ${what}`, async () => {
        const [whole, byParameter, byTwo] = [
          await trained(create, { partBytes: Infinity, accumulate, clipNorm }),
          await trained(create, { partBytes: 1, accumulate, clipNorm }),
          await trained(create, { partBytes: 4 * 25, accumulate, clipNorm }),
        ];
        assertSame(byParameter, whole);
        assertSame(byTwo, whole);
      });
    }
  }
}

Deno.test("an optimiser that does not say that it can is given all gradients at once", async () => {
  const given: number[] = [];
  const create = (parameters: Record<string, tf.Variable>): Optimizer => {
    const { apply, state, dispose } = sgd(parameters);
    return {
      state,
      dispose,
      apply(gradients, rate) {
        given.push(Object.keys(gradients).length);
        apply(gradients, rate);
      },
    };
  };
  await trained(create, { partBytes: 1, accumulate: 1 });
  assert.deepEqual(given, [5]); // Traced once
});
