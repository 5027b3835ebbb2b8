import assert from "node:assert/strict";
import { attribute, backend, jit, key, normal, rawOp, tf } from "galaxykit/tensorflow";

function values(tensor: tf.Tensor): number[] {
  return [...tensor.dataSync()];
}

class Rate {
  #hidden: number;
  constructor(public rate: number, hidden = 0) {
    this.#hidden = hidden;
  }
  get factor(): number {
    return this.rate + this.#hidden;
  }
}

Deno.test("jit() traces once for each shape, dtype, tree and static value", () => {
  const f = jit((tree: unknown, scale: unknown) => {
    const { x } = tree as { x: tf.Tensor };
    return tf.mul(tf.cast(x, "float32"), typeof scale === "number" ? scale : 1);
  });
  const x = tf.tensor1d([1, 2]);
  const calls: [unknown, unknown][] = [
    [{ x }, 2],
    [{ x: tf.tensor1d([1, 2, 3]) }, 2], // another shape
    [{ x: tf.tensor1d([1, 2], "int32") }, 2], // another type
    [{ x, more: [x] }, 2], // another tree
    [{ x }, 3], // another static value
    [{ x }, "3"],
    [{ x }, NaN],
    [{ x }, null],
    [{ x }, undefined],
    [{ x }, Math.sin], // functions go by identity
    [{ x }, Math.cos],
    [{ x }, new Rate(2)], // so do objects of classes
    [{ x }, new Rate(2)],
    [{ x }, new Date(0)],
    [{ x }, new Date(1)],
    [{ x }, 0],
    [{ x }, -0],
  ];
  const warn = console.warn;
  console.warn = () => {};
  try {
    calls.forEach((args, index) => {
      f(...args);
      assert.equal(f.traces, index + 1);
      f(...args);
      assert.equal(f.traces, index + 1, `traced again for ${String(args[1])}`);
    });
  } finally {
    console.warn = warn;
  }
});

Deno.test("jit() gives back the tree that the function returned", () => {
  const x = tf.tensor1d([1, 2]);
  const result = jit((x: tf.Tensor) => ({ twice: tf.add(x, x), list: [x, x, 7], text: "a" }))(x);
  assert.deepEqual(Object.keys(result), ["twice", "list", "text"]);
  assert.deepEqual(values(result.twice), [2, 4]);
  assert.deepEqual(values(result.list[0] as tf.Tensor), [1, 2]);
  assert.deepEqual(values(result.list[1] as tf.Tensor), [1, 2]);
  assert.equal(result.list[2], 7);
  assert.equal(result.text, "a");
});

Deno.test("jit() reads captured variables anew at each call", () => {
  const weight = tf.variable(tf.scalar(1));
  const f = jit((x: tf.Tensor) => tf.mul(x, weight));
  assert.deepEqual(values(f(tf.scalar(5))), [5]);
  weight.assign(tf.scalar(3));
  assert.deepEqual(values(f(tf.scalar(5))), [15]);
  assert.equal(f.traces, 1);
});

Deno.test("jit() captures a variable that nothing has used yet", () => {
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const f = jit((x: tf.Tensor) => tf.mul(x, weight));
  f(tf.scalar(1)).dispose();
  weight.assign(tf.tensor1d([3, 4]));
  assert.deepEqual(values(f(tf.scalar(1))), [3, 4]);
});

Deno.test("jit() tells variables apart that share their first value", () => {
  const start = tf.zeros([2]);
  const a = tf.variable(start);
  const b = tf.variable(start);
  const f = jit(() => tf.stack([start, a, b]));
  f().dispose();
  a.assign(tf.ones([2]));
  b.assign(tf.fill([2], 2));
  assert.deepEqual(values(f() as tf.Tensor), [0, 0, 1, 1, 2, 2]);
});

Deno.test("jit() assigns variables, and reads what it assigned", () => {
  const count = tf.variable(tf.scalar(0));
  const f = jit(() => {
    count.assign(tf.add(count, 1));
    const first = tf.mul(count, 10);
    count.assign(tf.add(count, 1));
    return first;
  });
  assert.deepEqual([values(f()), values(count)], [[10], [2]]);
  assert.deepEqual([values(f()), values(count)], [[30], [4]]);
});

Deno.test("jit() keeps captured tensors as they were, also when they are disposed", () => {
  const table = tf.tensor1d([1, 2, 3]);
  tf.sum(table).dispose();
  const f = jit((x: tf.Tensor) => tf.mul(x, table));
  f(tf.scalar(1)).dispose();
  table.dispose();
  assert.deepEqual(values(f(tf.scalar(2))), [2, 4, 6]);
});

Deno.test("jit() traces tfjs's gradients", () => {
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const f = jit((x: tf.Tensor) => {
    const loss = () => tf.sum(tf.square(tf.mul(x, weight))) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, [weight]);
    return [value, grads[weight.name]!];
  });
  const [value, gradient] = f(tf.tensor1d([3, 4]));
  assert.deepEqual(values(value!), [9 + 64]);
  assert.deepEqual(values(gradient!), [2 * 9, 2 * 2 * 16]);
});

Deno.test("jit() lets gradients pass through a call", () => {
  const square = jit((x: tf.Tensor) => tf.square(x));
  const gradient = tf.grad((x) => tf.sum(square(x)))(tf.tensor1d([1, 2]));
  assert.deepEqual(values(gradient), [2, 4]);
});

Deno.test("jit() makes a call inside another trace part of it", () => {
  const inner = jit((x: tf.Tensor) => tf.add(x, 1));
  const outer = jit((x: tf.Tensor) => inner(inner(x)));
  assert.deepEqual(values(outer(tf.scalar(1))), [3]);
  assert.equal(inner.traces, 0);
  assert.equal(outer.lower(tf.scalar(1)).text.match(/= Add\(/g)?.length, 2);
});

Deno.test("jit() compiles with XLA, and runs op by op, to the same numbers", () => {
  const f = (x: tf.Tensor) => tf.softmax(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D));
  const x = tf.tensor2d([[0.1, 0.2], [0.3, -0.4]]);
  const wanted = values(f(x));
  for (const compiler of ["graph", "xla", "none"] as const) {
    values(jit(f, { compiler })(x)).forEach((value, index) => {
      assert.ok(Math.abs(value - wanted[index]!) < 1e-6, `${compiler}: ${value} ${wanted[index]}`);
    });
  }
});

Deno.test("jit() keeps a call with XLA inside another trace a call, compiled on its own", () => {
  const weight = tf.variable(tf.scalar(2));
  const count = tf.variable(tf.scalar(0));
  const scale = jit((x: tf.Tensor) => {
    count.assign(tf.add(count, 1));
    return { scaled: tf.mul(x, weight), count: tf.mul(count, 1) };
  }, { name: "scale", compiler: "xla" });
  const outer = jit((x: tf.Tensor) => {
    const once = scale(tf.add(x, 1));
    weight.assign(tf.add(weight, 10)); // the second call sees what the trace assigned
    const twice = scale(once.scaled);
    return [twice.scaled, once.count, twice.count];
  });
  assert.deepEqual(outer(tf.tensor1d([1, 2])).map(values), [[4 * 12, 6 * 12], [1], [2]]);
  assert.deepEqual(values(weight), [12]);
  assert.deepEqual(values(count), [2]);
  assert.equal(scale.traces, 1);
  assert.deepEqual(outer(tf.tensor1d([0, 0])).map(values), [[12 * 22, 12 * 22], [3], [4]]);
  const { text } = outer.lower(tf.tensor1d([1, 2]));
  assert.equal(text.match(/= PartitionedCall\(/g)?.length, 2, text);
  assert.match(text, /PartitionedCall\(.*\) float32\[2\] float32\[\] float32\[\]/);
});

Deno.test("jit() tells variables apart in a nested call that an outer trace gave one value", () => {
  const a = tf.variable(tf.scalar(0));
  const b = tf.variable(tf.scalar(0));
  const difference = jit(() => tf.sub(a, b), { compiler: "xla" });
  const outer = jit((x: tf.Tensor) => {
    const value = tf.add(x, 1) as tf.Scalar;
    a.assign(value);
    b.assign(value);
    const first = difference();
    b.assign(tf.mul(value, 3));
    return [first, difference()];
  });
  assert.deepEqual(outer(tf.scalar(1)).map(values), [[0], [-4]]);
});

Deno.test("jit() compiles a nested call with XLA, and nothing around it", () => {
  // XLA has no text: what it compiles cannot hold this op.
  const throughText = (x: tf.Tensor) => {
    const [text] = rawOp("AsString", [x], { attributes: { T: attribute.type("float32") } });
    return rawOp("StringToNumber", [text], {
      attributes: { out_type: attribute.type("float32") },
    })[0];
  };
  const add1 = jit((x: tf.Tensor) => tf.add(x, 1), { compiler: "xla" });
  assert.deepEqual(values(jit((x: tf.Tensor) => throughText(add1(x)))(tf.scalar(1))), [2]);
  const inner = jit(throughText, { compiler: "xla" });
  const outer = jit((x: tf.Tensor) => inner(x));
  assert.throws(() => outer(tf.scalar(1)), /XLA/);
  assert.deepEqual(values(jit((x: tf.Tensor) => jit(throughText)(x))(tf.scalar(1))), [1]);
});

Deno.test("jit() lets XLA compile a nested call with what is around it, where it compiles that", () => {
  const inner = jit((x: tf.Tensor) => tf.add(x, 1), { compiler: "xla" });
  const outer = jit((x: tf.Tensor) => inner(inner(x)), { compiler: "xla" });
  assert.deepEqual(values(outer(tf.scalar(1))), [3]);
  assert.equal(outer.lower(tf.scalar(1)).text.match(/= Add\(/g)?.length, 2);
  const gradient = jit(() => tf.grad((x) => inner(tf.square(x)))(tf.scalar(3)), {
    compiler: "xla",
  });
  assert.deepEqual(values(gradient()), [6]);
});

Deno.test("jit() refuses to compile a call with XLA inside a gradient, which would undo it", () => {
  const square = jit((x: tf.Tensor) => tf.square(x), { name: "square", compiler: "xla" });
  const gradient = () => tf.grad((x) => square(x))(tf.scalar(1));
  const message =
    'Cannot compile square with XLA inside a gradient: the gradient has to see its ops; take the gradient inside the compiled function, or leave the compiler at "graph"';
  assert.throws(gradient, { name: "Error", message });
  assert.throws(() => jit(gradient)(), { name: "Error", message });
});

Deno.test("jit() wants values of an outer trace as arguments of a nested call with XLA", () => {
  const outer = jit((x: tf.Tensor) => {
    const doubled = tf.mul(x, 2);
    return jit((y: tf.Tensor) => tf.add(y, doubled), { compiler: "xla" })(x);
  });
  assert.throws(() => outer(tf.scalar(1)), {
    name: "ReferenceError",
    message:
      'Cannot use the result of "Mul" here: it belongs to another jit trace; return it from that function, or pass it to this one as an argument',
  });
});

Deno.test("jit() refuses what a graph cannot hold, and says what to write instead", () => {
  const weight = tf.variable(tf.scalar(2), true, "weight");
  const cases: [() => unknown, string][] = [
    [
      () => tf.add(weight, 1).dataSync(),
      'Cannot read the value of "Add" while tracing: it is known only when the function runs; return the tensor and read it outside, or replace the decision by tf.where',
    ],
    [
      () => weight.dataSync(),
      'Cannot read the value of variable "weight" while tracing: the trace would keep today\'s value; return it and read it outside',
    ],
    [
      () => tf.randomNormal([2]),
      "Cannot trace tf.randomNormal: it draws in JavaScript, so every run would repeat the same numbers; use a key, as in normal(key, shape)",
    ],
    [
      () => tf.dropout(tf.add(weight, 1), 0.5),
      "Cannot trace tf.dropout: it draws in JavaScript, so every run would repeat the same numbers; use a key, as in normal(key, shape)",
    ],
    [
      () => tf.variable(tf.scalar(1), true, "late"),
      'Cannot create variable "late" while tracing: create it before the traced function runs, and capture it',
    ],
    [
      () => Promise.resolve(tf.add(weight, 1)),
      "Cannot trace an asynchronous function: jit wants one that returns tensors, not a promise",
    ],
  ];
  jit(() => tf.add(weight, 1))().dispose(); // tracing hands over the variables of earlier tests
  const before = backend().binding.getNumOfTensors();
  for (const [body, message] of cases) {
    assert.throws(() => jit(body)(), { name: "TypeError", message });
    assert.deepEqual(values(weight), [2]);
  }
  assert.equal(backend().binding.getNumOfTensors(), before);
});

Deno.test("jit() refuses an output whose shape depends on values", () => {
  const f = jit((x: tf.Tensor1D) => {
    const { values } = tf.unique(x);
    return values;
  });
  assert.throws(() => f(tf.tensor1d([1, 1, 2])), {
    name: "TypeError",
    message:
      /^Cannot trace "UniqueV2": the shape of its output depends on values, found \[\?\]; run it outside jit/,
  });
});

Deno.test("jit() leaves variables as they were when the traced function throws", () => {
  const weight = tf.variable(tf.scalar(2));
  const f = jit(() => {
    weight.assign(tf.scalar(5));
    throw new Error("no");
  });
  assert.throws(() => f(), { message: "no" });
  assert.deepEqual(values(weight), [2]);
});

Deno.test("jit() refuses a tensor of a trace that has ended", () => {
  let escaped: tf.Tensor | undefined;
  jit((x: tf.Tensor) => escaped = tf.keep(tf.add(x, 1)))(tf.scalar(1));
  assert.throws(() => tf.add(escaped!, 1), /belongs to (a|another) jit trace/);
});

Deno.test("jit() names a captured variable that was disposed", () => {
  const weight = tf.variable(tf.scalar(2), true, "gone");
  const f = jit(() => tf.add(weight, 1));
  f().dispose();
  weight.dispose();
  assert.throws(() => f(), {
    name: "ReferenceError",
    message: 'Cannot run jit: variable "gone", which it uses, was disposed',
  });
});

Deno.test("jit() warns when a function is traced again and again", () => {
  const messages: string[] = [];
  const warn = console.warn;
  console.warn = (message: string) => messages.push(message);
  try {
    const f = jit((x: tf.Tensor, rate: number) => tf.mul(x, rate), { name: "step" });
    for (let index = 0; index < 25; index++) f(tf.scalar(1), index).dispose();
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(messages, [
    "step was traced 10 times, once for each form of its arguments; the last two were [float32[], number:8] and [float32[], number:9]. Pass numbers that change as tensors, and keep shapes fixed",
    "step was traced 20 times, once for each form of its arguments; the last two were [float32[], number:18] and [float32[], number:19]. Pass numbers that change as tensors, and keep shapes fixed",
  ]);
});

Deno.test("jit().async does not block, runs calls in order, and refuses a sync call meanwhile", async () => {
  const total = tf.variable(tf.scalar(0));
  const big = tf.fill([900, 900], 1 / 900);
  const f = jit((add: tf.Tensor) => {
    let product: tf.Tensor2D = big as tf.Tensor2D;
    for (let index = 0; index < 12; index++) product = tf.matMul(product, big as tf.Tensor2D);
    const mean = tf.mean(product);
    total.assign(tf.add(tf.mul(total, 10), tf.add(add, tf.mul(mean, 0))));
    return total.clone();
  });
  f(tf.scalar(1)).dispose(); // trace, so that only running remains
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const one = f.async(tf.scalar(2));
  const two = f.async(tf.scalar(3));
  assert.throws(() => f(tf.scalar(4)), {
    message: "Cannot call jit while an asynchronous call is under way: await that call first",
  });
  const results = [values(await one), values(await two)];
  clearInterval(timer);
  assert.deepEqual(results, [[12], [123]]);
  assert.ok(ticks >= 5, `only ${ticks} ticks of 1 ms while the calls ran`);
});

Deno.test("jit().lower shows the graph without running it", () => {
  const weight = tf.variable(tf.scalar(2));
  const f = jit((x: tf.Tensor) => {
    weight.assign(tf.add(weight, 1));
    return tf.mul(x, weight);
  });
  const lowered = f.lower(tf.tensor1d([1, 2, 3]));
  assert.equal(
    lowered.text,
    [
      "Placeholder_0 = Placeholder() float32[3]",
      "Const_1 = Const() float32[]",
      "Placeholder_2 = Placeholder() float32[]",
      "Add_3 = Add(Placeholder_2, Const_1) float32[]",
      "Mul_4 = Mul(Placeholder_0, Add_3) float32[3]",
    ].join("\n"),
  );
  assert.deepEqual([lowered.nodes, lowered.inputs, lowered.outputs], [5, 2, 2]);
  assert.deepEqual(values(weight), [2]);
  const path = `${Deno.makeTempDirSync()}/graph.pb`;
  lowered.save(path);
  const text = new TextDecoder().decode(Deno.readFileSync(path));
  assert.ok(text.includes("Add_3") && text.includes("Placeholder"));
});

Deno.test("jit().dispose frees everything that was captured", () => {
  function cycle(): void {
    const constant = tf.tensor1d([1, 2, 3]);
    const f = jit((x: tf.Tensor) => tf.add(x, constant));
    const x = tf.scalar(1);
    f(x).dispose();
    f.dispose();
    f(x).dispose(); // traces again
    f.dispose();
    tf.dispose([constant, x]);
    assert.equal(f.traces, 2);
  }
  cycle(); // tracing hands over the variables of earlier tests
  const before = backend().binding.getNumOfTensors();
  cycle();
  assert.equal(backend().binding.getNumOfTensors(), before);
});

Deno.test("jit() leaks no tensor over many steps", () => {
  const weight = tf.variable(tf.scalar(1));
  const f = jit((x: tf.Tensor) => {
    weight.assign(tf.mul(weight, 0.5));
    return [tf.add(x, weight), tf.mul(x, 2)];
  });
  const x = tf.tensor1d([1, 2]);
  tf.dispose(f(x));
  const before = [tf.memory().numTensors, backend().binding.getNumOfTensors()];
  for (let index = 0; index < 100; index++) tf.dispose(f(x));
  assert.deepEqual([tf.memory().numTensors, backend().binding.getNumOfTensors()], before);
});

Deno.test("jit() draws the same numbers from a key, eager and traced", () => {
  const eager = values(normal(key(3), [5]));
  const traced = values(jit((k: tf.Tensor1D) => normal(k, [5]))(key(3)));
  assert.deepEqual(traced, eager);
});

Deno.test("jit() refuses compilers, precisions and options that there are not", () => {
  const f = (x: tf.Tensor) => x;
  const calls: [() => unknown, string][] = [
    [
      () => jit(f, { compiler: "XLA" as never }),
      "Cannot trace f: compiler must be one of graph, xla, none, found XLA",
    ],
    [
      () => jit(f, { compiler: true as never }),
      "Cannot trace f: compiler must be one of graph, xla, none, found true",
    ],
    [
      () => jit(f, { precision: "fp16" as never }),
      "Cannot trace f: precision must be one of float32, bfloat16, float16, found fp16",
    ],
    [
      () => jit(f, { complier: "xla" } as never),
      'Cannot trace f: there is no option "complier", nearest is "compiler"',
    ],
    [() => jit(undefined as never), "Cannot trace what is no function: found undefined"],
  ];
  for (const [call, message] of calls) assert.throws(call, { message });
});

Deno.test("jit() sees what has changed in place among its arguments", () => {
  const x = tf.tensor1d([1, 2]);
  const warn = console.warn;
  console.warn = () => {};
  /** Calls before and after a change, which each have to see their own value. */
  function check<S>(
    statics: S,
    factor: (statics: S) => number,
    change: (statics: S) => void,
  ): void {
    const f = jit((x: tf.Tensor, statics: unknown) => tf.mul(x, factor(statics as S)));
    for (let round = 0; round < 2; round++) {
      const wanted = factor(statics);
      assert.deepEqual(values(f(x, statics)), [wanted, 2 * wanted]);
      assert.deepEqual(values(f(x, statics)), [wanted, 2 * wanted]);
      assert.equal(f.traces, round + 1, "traced again, though nothing changed");
      change(statics);
    }
    f.dispose();
  }
  try {
    check(Float32Array.of(2, 3), (a) => a[1]!, (a) => a[1] = 5);
    check(new Int32Array(1000).fill(2), (a) => a[999]!, (a) => a[999] = 7);
    check(Float64Array.of(1, 2, 3).subarray(1), (a) => a[0]!, (a) => a[0] = 5);
    check(
      new Uint8Array([4]).buffer,
      (b) => new Uint8Array(b)[0]!,
      (b) => new Uint8Array(b)[0] = 9,
    );
    check(new Map([["rate", 2]]), (m) => m.get("rate")!, (m) => m.set("rate", 3));
    check(new Set([1, 2]), (s) => s.size, (s) => s.add(3));
    check(
      { deep: [new Map([[1, { a: Int8Array.of(3) }]])] },
      (t) => t.deep[0]!.get(1)!.a[0]!,
      (t) => {
        t.deep[0]!.get(1)!.a[0] = 4;
      },
    );
    check(new Date(2), (d) => d.getTime(), (d) => d.setTime(3));
    check(new Rate(2), (r) => r.factor, (r) => r.rate = 3);
    check({ r: new Rate(2) }, ({ r }) => r.rate, ({ r }) => Object.assign(r, { rate: 4 }));
    const ring = Object.assign(new Rate(2), { self: null as unknown });
    ring.self = ring;
    check(ring, (r) => r.rate, (r) => r.rate = 3);
  } finally {
    console.warn = warn;
  }
});

Deno.test("jit() traces the tensors in maps and sets, and gives maps and sets back", () => {
  const f = jit((named: Map<string, tf.Tensor>, all: Set<tf.Tensor>) =>
    new Map<string, unknown>([
      ["sum", tf.addN([...named.values(), ...all])],
      ["set", new Set([tf.mul(named.get("a")!, 2)])],
    ])
  );
  for (const [a, b, c] of [[1, 2, 3], [4, 5, 6]]) {
    const result = f(
      new Map([["a", tf.scalar(a!)], ["b", tf.scalar(b!)]]),
      new Set([tf.scalar(c!)]),
    );
    assert.deepEqual(values(result.get("sum") as tf.Tensor), [a! + b! + c!]);
    assert.deepEqual([...result.get("set") as Set<tf.Tensor>].map(values), [[2 * a!]]);
  }
  assert.equal(f.traces, 1);
  const loop: unknown[] = [];
  loop.push(loop);
  assert.throws(() => jit((_: unknown) => tf.scalar(1))(loop), {
    name: "TypeError",
    message: "Cannot take a tree apart that holds itself",
  });
});

Deno.test("jit().dispose waits for calls on another thread", async () => {
  const f = jit((x: tf.Tensor) => tf.add(x, tf.matMul(tf.ones([300, 300]), tf.ones([300, 300]))));
  const results = [f.async(tf.scalar(1)), f.async(tf.scalar(2))];
  f.dispose();
  const values = await Promise.all(results);
  assert.deepEqual(values.map((value) => value.dataSync()[0]), [301, 302]);
});

Deno.test("jit().async inside a trace is refused", () => {
  const inner = jit((x: tf.Tensor) => tf.add(x, 1), { name: "inner" });
  const outer = jit((x: tf.Tensor) => void inner.async(x));
  assert.throws(() => outer(tf.scalar(1)), {
    message:
      "Cannot call inner.async while tracing: what it gives is known only when the graph runs; call inner itself",
  });
});

Deno.test("jit() refuses a name that is no text", () => {
  assert.throws(() => jit((x: tf.Tensor) => x, { name: 5 as never }), {
    message: "Cannot trace a function: name must be a text, found number",
  });
});
