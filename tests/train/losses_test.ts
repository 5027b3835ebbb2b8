import assert from "node:assert/strict";
import { imageSet, relabel } from "galaxykit/data";
import { tf } from "galaxykit/tensorflow";
import { mixup } from "galaxykit/augment";
import { crossEntropy, fit, focal, fractions, type Loss, sgd } from "galaxykit/train";
import { AdaptiveAvgPool2d, Flatten, Linear, Sequential } from "galaxykit/nn";
import { key } from "galaxykit/tensorflow";

const LOGITS = [[0.2, -1.3, 0.9], [2.5, 0, -0.4], [0, 0, 0], [-30, 40, 1]];
const LABELS = [2, 1, 0, 1];
const WEIGHTS = [1, 2.5, 0.5];

const logits = tf.tensor2d(LOGITS);
const labels = tf.tensor1d(LABELS, "int32");

function softmax(row: number[]): number[] {
  const sum = row.reduce((total, x) => total + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / sum);
}

function near(found: ArrayLike<number>, wanted: number[], tolerance = 1e-5): void {
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, at) =>
    assert.ok(
      Math.abs(found[at]! - value) <= tolerance * Math.max(1, Math.abs(value)),
      `${[...Array.from(found)]} found, ${wanted} wanted`,
    )
  );
}

/** Differences of the loss when each logit is moved a little. */
function slopes(loss: Loss, at: tf.Tensor2D, targets: tf.Tensor): number[] {
  const step = 1e-2;
  const values = [...at.dataSync()];
  return values.map((_, moved) => {
    const [up, down] = [step, -step].map((change) => {
      const shifted = values.map((value, i) => i === moved ? value + change : value);
      return loss.value(tf.tensor(shifted, at.shape), targets).dataSync()[0]!;
    });
    return (up! - down!) / (2 * step);
  });
}

Deno.test("crossEntropy() weighs and smooths as its formula says", () => {
  const epsilon = 0.1;
  const { value } = crossEntropy({ labelSmoothing: epsilon, classWeights: WEIGHTS });
  let sum = 0;
  let total = 0;
  LOGITS.forEach((row, i) => {
    softmax(row).forEach((p, c) => {
      const share = (1 - epsilon) * (c === LABELS[i] ? 1 : 0) + epsilon / 3;
      sum -= WEIGHTS[c]! * share * Math.log(p);
    });
    total += WEIGHTS[LABELS[i]!]!;
  });
  near(value(logits, labels).dataSync(), [sum / total]);
});

Deno.test("focal() is its formula, and the cross-entropy where γ is 0", () => {
  const classWeights = WEIGHTS;
  let sum = 0;
  let total = 0;
  LOGITS.forEach((row, i) => {
    const p = softmax(row)[LABELS[i]!]!;
    sum -= WEIGHTS[LABELS[i]!]! * (1 - p) ** 1.5 * Math.log(p);
    total += WEIGHTS[LABELS[i]!]!;
  });
  near(focal({ gamma: 1.5, classWeights }).value(logits, labels).dataSync(), [sum / total]);
  const [plain, none] = [crossEntropy({ classWeights }), focal({ gamma: 0, classWeights })];
  const shares = tf.tensor2d([[0.2, 0.8, 0], [1, 0, 0], [0, 0.5, 0.5], [0, 0, 1]]);
  for (const targets of [labels, shares]) {
    near(none.value(logits, targets).dataSync(), [...plain.value(logits, targets).dataSync()]);
  }
});

Deno.test("losses have the gradients of their values", () => {
  const some = tf.tensor2d(LOGITS.slice(0, 3));
  const asked = tf.tensor2d([[0, 1, NaN], [0.3, NaN, 0.5], [1, 0.25, 0]]);
  const cases: [Loss, tf.Tensor][] = [
    [crossEntropy({ labelSmoothing: 0.1, classWeights: WEIGHTS }), labels.slice(0, 3)],
    [focal({ gamma: 2, classWeights: WEIGHTS }), labels.slice(0, 3)],
    [focal({ gamma: 0.5 }), labels.slice(0, 3)],
    [fractions(), asked],
    [fractions({ kind: "mse" }), asked],
  ];
  for (const [loss, targets] of cases) {
    const gradient = tf.grad((x) => loss.value(x, targets))(some);
    near(gradient.dataSync(), slopes(loss, some, targets), 1e-3);
  }
});

Deno.test("losses stay finite, with their gradients, at logits without doubt", () => {
  const sure = tf.tensor2d([[-200, 200], [200, -200]]);
  const half = tf.tensor2d([[0.5, 1], [NaN, 0]]);
  for (const loss of [crossEntropy(), focal(), focal({ gamma: 0.5 })]) {
    for (const right of [[0, 1], [1, 0]]) {
      const gradient = tf.grad((x) => loss.value(x, tf.tensor1d(right, "int32")))(sure);
      assert.ok([...gradient.dataSync()].every(Number.isFinite), `${gradient.dataSync()}`);
    }
  }
  for (const kind of ["bce", "mse"] as const) {
    const gradient = tf.grad((x) => fractions({ kind }).value(x, half))(sure);
    assert.ok([...gradient.dataSync()].every(Number.isFinite), `${gradient.dataSync()}`);
  }
});

Deno.test("measure() gives loss, metric and count of each image, unweighted and unsmoothed", () => {
  const { measure } = crossEntropy({ labelSmoothing: 0.2, classWeights: WEIGHTS });
  const wanted = LOGITS.flatMap((row, i) => {
    const p = softmax(row);
    const prediction = p.indexOf(Math.max(...p));
    return [-Math.log(p[LABELS[i]!]!), prediction === LABELS[i] ? 1 : 0, 1];
  });
  near(measure(logits, labels).dataSync(), wanted);
});

Deno.test("fractions() leaves out what was not asked", () => {
  const given = tf.tensor2d([[0.25, NaN], [NaN, NaN], [1, 0]]);
  const x = tf.tensor2d([[0, 5], [3, 3], [Math.log(3), 0]]);
  const bce = [Math.log(2), -Math.log(0.75), Math.log(2)];
  const { value, measure } = fractions();
  near(value(x, given).dataSync(), [bce.reduce((sum, loss) => sum + loss) / 3]);
  near(measure(x, given).dataSync(), [bce[0]!, 0.25, 1, 0, 0, 0, bce[1]! + bce[2]!, 0.75, 2]);
  const nothing = tf.tensor2d([[NaN, NaN]]);
  near(value(tf.zeros([1, 2]), nothing).dataSync(), [0]);
});

const images = new Uint8Array(16 * 4 * 4 * 3).map((_, i) => 16 * Math.floor(i / 48));
const set = imageSet({
  images,
  size: 4,
  labels: Int32Array.from({ length: 16 }, (_, i) => i < 8 ? 0 : 1),
  classes: ["dark", "bright"],
  ids: Array.from({ length: 16 }, (_, i) => `image ${i}`),
  targets: {
    names: ["bright", "green"],
    values: Float32Array.from({ length: 32 }, (_, i) => i % 2 ? NaN : i < 16 ? 0.2 : 0.9),
  },
});

async function train(loss: Loss, options: Partial<Parameters<typeof fit>[1]> = {}, outputs = 2) {
  const model = new Sequential({
    pool: new AdaptiveAvgPool2d(1),
    flat: new Flatten(),
    fc: new Linear(3, outputs, { key: key(1) }),
  });
  const optimizer = sgd(model.namedParameters(), { momentum: 0.9 });
  return await fit(model, {
    train: { set },
    validation: { set },
    optimizer,
    schedule: () => 0.2,
    epochs: 15,
    batchSize: 8,
    seed: 1,
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    loss,
    ...options,
  });
}

Deno.test("fit() learns vote fractions and reports their mean absolute error", async () => {
  const { history, best } = await train(fractions(), { monitor: "validation_mean_absolute_error" });
  assert.deepEqual(Object.keys(history[0]!), [
    "epoch",
    "train_loss",
    "validation_loss",
    "train_mean_absolute_error",
    "validation_mean_absolute_error",
    "learning_rate",
    "seconds",
  ]);
  const errors = history.map((row) => row.validation_mean_absolute_error);
  assert.equal(best.value, Math.min(...errors));
  assert.ok(best.value < 0.15, `${errors}`); // by chance 0.35
});

Deno.test("fit() learns by focal loss, and from mixtures", async () => {
  const { history } = await train(focal({ classWeights: [1, 2] }), {
    mix: (key, batch) => mixup(key, batch, { alpha: 0.4 }),
  });
  assert.ok(history.at(-1)!.validation_accuracy >= 0.8, JSON.stringify(history.at(-1)));
  const plain = await train(focal({ classWeights: [1, 2] }));
  assert.notEqual(plain.history[0]!.train_loss, history[0]!.train_loss);
});

Deno.test("fit() notes one loss of training and validation, without smoothing and weights", async () => {
  const still = { schedule: () => 1e-9, epochs: 1 }; // The same network sees the same images
  const of = async (loss: Loss) => (await train(loss, still)).history[0]!;
  const plain = await of(crossEntropy());
  for (const loss of [crossEntropy({ labelSmoothing: 0.4, classWeights: [1, 5] }), focal()]) {
    const { train_loss, validation_loss } = await of(loss);
    near([train_loss], [validation_loss]);
    if (loss.isRegularized) near([validation_loss], [plain.validation_loss]);
  }
});

Deno.test("losses refuse options out of range", () => {
  assert.throws(() => crossEntropy({ labelSmoothing: 1 }), {
    name: "RangeError",
    message: "Cannot make a cross-entropy: labelSmoothing must be in [0, 1), found 1",
  });
  assert.throws(() => focal({ gamma: -1 }), {
    name: "RangeError",
    message: "Cannot make a focal loss: gamma must be at least 0, found -1",
  });
  assert.throws(() => focal({ classWeights: [1, -2] }), {
    name: "RangeError",
    message: "Cannot make a focal loss: a class weight must be at least 0, found -2 for class 1",
  });
});

Deno.test("losses of a batch that weighs nothing are 0, and pull nowhere", () => {
  const loss = { classWeights: [0, 1, 1] };
  const noughts = tf.tensor1d([0, 0, 0, 0], "int32");
  for (const { value } of [crossEntropy(loss), focal(loss)]) {
    const { value: found, grad } = tf.valueAndGrad((x) => value(x, noughts))(logits);
    assert.deepEqual([...found.dataSync()], [0]);
    assert.deepEqual(Array.from(grad.dataSync(), Math.abs), LOGITS.flat().map(() => 0));
  }
});

Deno.test("fit() refuses what the loss cannot learn, before it begins", async () => {
  const rated = (names: string[], values = set.targets!.values) =>
    relabel(set, { targets: { names, values } });
  const refusals: [Promise<unknown>, string, string][] = [
    [
      train(crossEntropy({ classWeights: [1] })),
      "RangeError",
      "Cannot weigh classes: 1 weights found for 2 classes (dark, bright)",
    ],
    [
      train(crossEntropy(), { train: { set: relabel(set, { labels: set.labels.with(3, -1) }) } }),
      "RangeError",
      "Cannot learn classes: image image 3 has label -1, wanted one of 2 classes",
    ],
    [
      train(crossEntropy(), { train: { set: imageSet({ images, size: 4 }) } }),
      "RangeError",
      "Cannot learn classes: the images have none",
    ],
    [
      train(fractions(), { train: { set: imageSet({ images, size: 4 }) } }),
      "RangeError",
      "Cannot learn fractions: the images have no targets",
    ],
    [
      train(fractions(), {
        validation: {
          set: relabel(set, {
            targets: { names: ["bright", "green"], values: set.targets!.values.with(4, 1.5) },
          }),
        },
      }),
      "RangeError",
      'Cannot learn fractions: "bright" of image image 2 is 1.5, wanted in [0, 1], or NaN where it was not asked',
    ],
    [
      train(fractions(), {
        validation: { set: rated(["bright", "green"], set.targets!.values.map(() => NaN)) },
      }),
      "RangeError",
      `Cannot learn fractions: nothing was asked of ${set.length} images: each of "bright", "green" is NaN`,
    ],
    [
      train(fractions(), { validation: { set: rated(["green", "bright"]) } }),
      "RangeError",
      'Cannot train: the targets of the validation must be those of the training, in their order: number 0 is "green", wanted "bright"',
    ],
    [
      train(crossEntropy(), {
        validation: { set: relabel(set, { classes: ["bright", "dark"] }) },
      }),
      "RangeError",
      'Cannot train: the classes of the validation must be those of the training, in their order: number 0 is "bright", wanted "dark"',
    ],
    [
      train(crossEntropy(), {
        validation: {
          set: imageSet({
            ...{ images: new Uint8Array(2 * 2 * 2 * 3), size: 2, labels: [0, 1] },
            classes: ["dark", "bright"],
          }),
        },
      }),
      "RangeError",
      "Cannot train: the training images have 4x4 pixels, those for validation 2x2",
    ],
    [
      train(crossEntropy(), { monitor: "validation_mean_absolute_error" }),
      "RangeError",
      'Cannot train: monitor must be "validation_loss" or "validation_accuracy", found "validation_mean_absolute_error"',
    ],
    [
      train(crossEntropy(), {}, 3),
      "TypeError",
      "Cannot train: the network has 3 outputs, and 2 are to be learnt; reset its last layer",
    ],
  ];
  for (const [run, name, message] of refusals) await assert.rejects(run, { name, message });
});

Deno.test("losses refuse options that they do not have", () => {
  const slip = { smoothing: 0.1 } as object;
  assert.throws(() => crossEntropy(slip), /make a cross-entropy: there is no option "smoothing"/);
  assert.throws(
    () => focal({ gama: 2 } as object),
    /loss: there is no option "gama", nearest is "gamma"/,
  );
  assert.throws(
    () => fractions({ kinds: "mse" } as object),
    /there is no option "kinds", nearest is "kind"/,
  );
});
