import assert from "node:assert/strict";
import { jit, tf } from "galaxykit/tensorflow";
import { adam, adamw, Ema, type Named, type Optimizer, sgd, withoutDecay } from "galaxykit/train";
import { fixture, type Parameters } from "./_optimizer_fixture.ts";

type Case = typeof fixture.optimizers[number];

function variables(values: Parameters): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, asVariable(tf.tensor(value))]),
  );
}

function asVariable(initial: tf.Tensor): tf.Variable {
  const variable = tf.variable(initial);
  initial.dispose();
  return variable;
}

function make({ optimizer, options }: Case, parameters: Named<tf.Variable>): Optimizer {
  const { learningRate, groups, ...rest } = options;
  if (optimizer === "sgd") return sgd(parameters, rest);
  // PyTorch gives a group a rate of its own; here it is a factor on the schedule's.
  const perParameter = groups && ((name: string) => ({
    rateFactor: groups[name].learningRate / learningRate,
    weightDecay: groups[name].weightDecay,
  }));
  return { adam, adamw }[optimizer](parameters, { ...rest, perParameter });
}

function worstDifference(found: Named<tf.Tensor>, wanted: Parameters): number {
  const differences = Object.entries(wanted).flatMap(([name, values]) => {
    const flat = values.flat();
    return [...found[name]!.dataSync()].map((value, index) => Math.abs(value - flat[index]!));
  });
  assert.equal(differences.length, 8);
  return Math.max(...differences);
}

for (const entry of fixture.optimizers) {
  for (const mode of ["eager", "jit"] as const) {
    Deno.test(`${entry.optimizer}() and Ema agree with PyTorch, ${mode}: ${entry.name}`, () => {
      const tensorsBefore = tf.memory().numTensors;
      const parameters = variables(fixture.start);
      const optimizer = make(entry, parameters);
      const ema = new Ema(parameters, { decay: fixture.averageDecay });
      const step = jit((gradients: Named<tf.Tensor>, rate: tf.Scalar) => {
        optimizer.apply(gradients, rate);
        ema.update();
        return [];
      }, { compiler: mode === "jit" ? "graph" : "none" });
      const tolerance = 1e-6 + 10 * entry.float32Error;
      let compared = 0;
      fixture.gradients.forEach((values, index) => {
        const rate = tf.scalar(entry.options.learningRate);
        const gradients = Object.fromEntries(
          Object.entries(values).map(([name, value]) => [name, tf.tensor(value)]),
        );
        step(gradients, rate);
        tf.dispose([gradients, rate]);
        const [after, averages] = [entry.after, entry.averages].map((all) => all[index + 1]);
        if (after === undefined) return;
        compared++;
        assert.ok(worstDifference(parameters, after) <= tolerance, `step ${index + 1}`);
        assert.ok(worstDifference(ema.state, averages!) <= tolerance, `average ${index + 1}`);
      });
      assert.equal(compared, 4);
      if (mode === "jit") assert.equal(step.traces, 1);
      step.dispose();
      optimizer.dispose();
      ema.dispose();
      tf.dispose(parameters);
      assert.equal(tf.memory().numTensors, tensorsBefore, "tensors leaked");
    });
  }
}

Deno.test("adamw() scales the decay by the parameter's own rate", () => {
  const parameters = variables({ weight: [2] });
  const perParameter = () => ({ rateFactor: 3 });
  const optimizer = adamw(parameters, { weightDecay: 0.5, perParameter });
  optimizer.apply({ weight: tf.tensor1d([0]) }, tf.scalar(0.125));
  assert.deepEqual([...parameters["weight"]!.dataSync()], [2 * (1 - 3 * 0.125 * 0.5)]);
});

Deno.test("Optimizer.apply() leaves a parameter without a gradient", () => {
  const parameters = variables({ weight: [1, 2], bias: [3] });
  for (const kind of [sgd, adam, adamw]) {
    const optimizer = kind(parameters, { weightDecay: 0.1 });
    optimizer.apply({ weight: tf.tensor1d([1, 1]) }, tf.scalar(0.1));
    assert.deepEqual([...parameters["bias"]!.dataSync()], [3]);
  }
  assert.notDeepEqual([...parameters["weight"]!.dataSync()], [1, 2]);
});

Deno.test("Optimizer.apply() refuses a gradient of no parameter", () => {
  const optimizer = sgd(variables({ weight: [1] }));
  assert.throws(() => optimizer.apply({ wieght: tf.tensor1d([1]) }, tf.scalar(0.1)), {
    name: "TypeError",
    message: 'Cannot apply gradients: "wieght" is no parameter of the optimiser',
  });
});

Deno.test("sgd() refuses Nesterov's momentum without a momentum", () => {
  assert.throws(() => sgd({}, { nesterov: true }), {
    name: "RangeError",
    message:
      "Cannot make SGD: Nesterov's momentum wants a momentum and no dampening, found 0 and 0",
  });
});

Deno.test("withoutDecay() leaves biases and scales of norms out of weight decay", () => {
  const { weight, bias } = variables({ weight: [[1]], bias: [1] });
  assert.deepEqual(withoutDecay("weight", weight!), {});
  assert.deepEqual(withoutDecay("bias", bias!), { weightDecay: 0 });
});

Deno.test("Ema.during() puts the averages in place of the parameters, and takes them back", async () => {
  const parameters = variables({ weight: [1, 2] });
  const ema = new Ema(parameters, { decay: 0.5 });
  parameters["weight"]!.assign(tf.tensor1d([3, 6]));
  ema.update();
  const seen = await ema.during(() => Promise.resolve([...parameters["weight"]!.dataSync()]));
  assert.deepEqual(seen, [2, 4]);
  assert.deepEqual([...parameters["weight"]!.dataSync()], [3, 6]);
  await assert.rejects(ema.during(() => Promise.reject(new Error("stop"))), { message: "stop" });
  assert.deepEqual([...parameters["weight"]!.dataSync()], [3, 6]);
});

Deno.test("Ema refuses a decay of 1", () => {
  assert.throws(() => new Ema({}, { decay: 1 }), {
    name: "RangeError",
    message: "Cannot average parameters: the decay must be in [0, 1), found 1",
  });
});

Deno.test("Optimisers refuse options that are not known, or out of their range", () => {
  const weight = tf.variable(tf.scalar(1));
  const calls: [() => unknown, string][] = [
    [
      () => adam({ weight }, { beta1: 1.5 }),
      "Cannot make Adam: beta1 must be in [0, 1), found 1.5",
    ],
    [() => adam({ weight }, { beta2: 1 }), "Cannot make Adam: beta2 must be in [0, 1), found 1"],
    [
      () => adamw({ weight }, { epsilon: -1 }),
      "Cannot make AdamW: epsilon must be in (0, ∞), found -1",
    ],
    // In float32 it is 0: a gradient of 0 would give 0 / 0.
    [
      () => adamw({ weight }, { epsilon: 1e-60 }),
      "Cannot make AdamW: epsilon must be in (0, ∞), found 0",
    ],
    [
      () => adamw({ weight }, { weightDecay: NaN }),
      "Cannot make AdamW: weightDecay must be in [0, ∞), found NaN",
    ],
    [
      () => adam({ weight }, { beta: 0.9 } as never),
      'Cannot make Adam: there is no option "beta", nearest is "beta1"',
    ],
    [
      () => sgd({ weight }, { momentum: -0.1 }),
      "Cannot make SGD: momentum must be in [0, 1), found -0.1",
    ],
    [
      () => sgd({ weight }, { dampening: 2 }),
      "Cannot make SGD: dampening must be in [0, 1], found 2",
    ],
    [
      () => sgd({ weight }, { learningRate: 1 } as never),
      'Cannot make SGD: there is no option "learningRate", there are weightDecay, perParameter, momentum, dampening, nesterov',
    ],
    [
      () => adam({ weight }, { perParameter: () => ({ rateFactor: -1 }) }),
      'Cannot optimise "weight": rateFactor must be in [0, ∞), found -1',
    ],
    [
      () => sgd({ weight }, { perParameter: () => ({ decay: 1 }) as never }),
      'Cannot optimise "weight": there is no option "decay", there are rateFactor, weightDecay',
    ],
  ];
  const before = tf.memory().numTensors;
  for (const [call, message] of calls) assert.throws(call, { name: "RangeError", message });
  assert.equal(tf.memory().numTensors, before, "tensors leaked");
});
