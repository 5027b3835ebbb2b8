/**
 * Models beside the networks of timm that they follow (`tests/reference/networks.py`).
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ImageModel, modelCard } from "galaxykit/models";
import type { LoadableTensor, StateDict, StateTensor } from "galaxykit/nn";
import { jit, key, softmaxCrossEntropy, tf } from "galaxykit/tensorflow";
import { sgd } from "galaxykit/train";
import {
  assertClose,
  asTensor,
  type FixtureCase,
  type Values,
  valuesOf,
  withPrefix,
} from "../nn/reference.ts";

/** A tiny network, what it computed and how three steps of training changed it. */
export type TinyNetwork = FixtureCase<{
  options: Record<string, unknown>;
  classes: number;
  learningRate: number;
  momentum: number;
  steps: number;
  stateDict: string[];
  gradients: string[];
}>;

/** The largest relative error that is let pass. */
const TOLERANCE = 1e-4;

/** The model computes what timm's did: features, logits, gradients, statistics, losses. */
export function assertAgrees(
  model: ImageModel,
  { learningRate, momentum, steps, tensors, ...wanted }: TinyNetwork,
): void {
  assert.deepEqual(Object.keys(model.stateDict()), wanted.stateDict);
  model.loadStateDict(withPrefix<LoadableTensor>(tensors, "state/"));
  const step = sgdStep(model, { momentum });
  const infer = jit((images: tf.Tensor) => ({
    features: model.features(images),
    pooled: model.pooled(images),
    logits_inference: model.call(images),
  }));
  const compare = (found: tf.Tensor, what: string) =>
    assertClose(valuesOf(found), tensors[what]!, { tolerance: TOLERANCE, what });

  const [images, labels] = [asTensor(tensors["images"]!), asTensor(tensors["labels"]!)];
  for (const [role, value] of Object.entries(infer(images))) compare(value, role);
  const losses: tf.Tensor[] = [];
  for (let number = 0; number < steps; number++) {
    const { loss, logits, gradients } = step(images, labels, tf.scalar(learningRate));
    losses.push(loss);
    if (number > 0) continue;
    compare(logits, "logits_training");
    for (const key of wanted.gradients) {
      compare(inFile(gradients[key]!, tensors[`gradient/${key}`]!.shape), `gradient/${key}`);
    }
  }
  compare(tf.stack(losses), "losses");
  for (const [key, value] of Object.entries(model.stateDict())) {
    const after = tensors[`after/${key}`];
    if (after !== undefined) assertClose(value, after, { tolerance: TOLERANCE, what: key });
  }
  compare(infer(images).logits_inference, "logits_after");
  tf.dispose([images, labels, losses]);
}

/** A tiny network under the names of elsewhere (`add_named` in `tests/reference/networks.py`). */
export type NamedNetwork = FixtureCase<{ options: Record<string, unknown>; saved?: string[] }>;

/** With its weights renamed, the model computes what the other did, and so do its gradients. */
export function assertAgreesRenamed(
  model: ImageModel,
  { tensors, saved }: NamedNetwork,
  { rename, run = (images) => model.call(images), apart = [] }: {
    rename: (state: StateDict) => StateDict;
    /** What the output is. @default {logits} */
    run?: (images: tf.Tensor) => tf.Tensor;
    /** Weights whose gradient is another's, too. */
    apart?: string[];
  },
): void {
  const theirs = withPrefix(tensors, "state/") as StateDict;
  const own = model.stateDict();
  const head = (name: string) => name.startsWith(`${model.headName}.`);
  const state = rename(theirs);
  const isEncoder = !Object.keys(state).some(head);
  // An encoder has no last layer
  const body = Object.keys(own).filter((name) => !isEncoder || !head(name));
  assert.deepEqual(Object.keys(state).sort(), body.sort());
  if (saved !== undefined) {
    const dummy: StateTensor = { dtype: "F32", shape: [1, 1, 1], data: new Float32Array(1) };
    const names = Object.keys(rename(Object.fromEntries(saved.map((name) => [name, dummy]))));
    assert.deepEqual(names.sort(), body);
  }
  model.loadStateDict({ ...own, ...state });

  const [images, cotangent] = [tensors["images"]!, tensors["cotangent"]!].map(asTensor);
  const compare = (found: tf.Tensor, wanted: Values, what: string) =>
    assertClose(valuesOf(found), wanted, { tolerance: TOLERANCE, what });
  compare(run(images!), tensors["output"]!, "output");
  const { grads } = tf.variableGrads(() => tf.sum(tf.mul(run(images!), cotangent!)) as tf.Scalar);
  const wanted = rename(withPrefix(tensors, "gradient/") as StateDict);
  const parameters = model.namedParameters();
  let compared = 0;
  for (const [key, gradient] of Object.entries(wanted)) {
    if (apart.includes(key)) continue;
    compare(inFile(grads[parameters[key]!.name]!, gradient.shape), gradient, `gradient of ${key}`);
    compared++;
  }
  assert.equal(compared + apart.length, body.filter((name) => name in parameters).length);
}

/** A step of SGD on cross-entropy: its loss, logits and gradients, before the update. */
export function sgdStep(model: ImageModel, { momentum }: { momentum: number }) {
  const parameters = model.namedParameters();
  const optimizer = sgd(parameters, { momentum });
  return jit((images: tf.Tensor, labels: tf.Tensor, rate: tf.Scalar) => {
    const kept: tf.Tensor[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.call(images, { training: true });
      kept.push(tf.keep(logits.clone()));
      return softmaxCrossEntropy(logits, labels) as tf.Scalar;
    });
    const gradients = Object.fromEntries(
      Object.entries(parameters).map(([key, variable]) => [key, grads[variable.name]!]),
    );
    optimizer.apply(gradients, rate);
    const logits = kept[0]!.clone();
    tf.dispose(kept);
    return { loss: value, logits, gradients };
  });
}

/** A model of 42 classes gives two images' logits, and every parameter has a gradient. */
export function assertAllLearn(model: ImageModel, images: tf.Tensor): void {
  const { grads } = tf.variableGrads(() => {
    const logits = model.call(images, { training: true });
    assert.deepEqual(logits.shape, [2, 42]);
    return tf.mean(tf.square(logits)) as tf.Scalar;
  }, model.parameters());
  for (const [key, variable] of Object.entries(model.namedParameters())) {
    assert.ok(grads[variable.name] !== undefined, `no gradient for ${key}`);
  }
}

/** A gradient in PyTorch's layout. */
function inFile(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (gradient.rank === 4) return tf.transpose(gradient, [3, 2, 0, 1]);
  return shape.length === 2 ? tf.transpose(gradient) : gradient;
}

/** What a network of full size comes to. */
export type NetworkSize = {
  side: number;
  keys: number;
  first: string;
  last: string;
  sha256: string;
  parameters: number;
  multiplyAdds: number;
};

/** A registered model at full size has the keys, the shapes and the cost of timm's. */
export function assertSize(name: string, wanted: NetworkSize): void {
  const model = modelCard(name).create({ classes: 1000, key: key(1) });
  try {
    assert.equal(model.modelName, name);
    const lines = Object.entries(model.stateShapes()).map(([key, shape]) => `${key}[${shape}]`);
    const { parameters, multiplyAdds, rows } = model.summary({ size: wanted.side });
    const found = {
      side: wanted.side,
      keys: lines.length,
      first: lines[0]!.replace("[", " [").replaceAll(",", ", "),
      last: lines.at(-1)!.replace("[", " [").replaceAll(",", ", "),
      sha256: createHash("sha256").update(lines.join("\n")).digest("hex"),
      parameters,
      multiplyAdds,
    };
    assert.deepEqual(found, wanted);
    assert.equal(rows.reduce((sum, row) => sum + row.parameters, 0), parameters);
  } finally {
    model.dispose();
  }
}
