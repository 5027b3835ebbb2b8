/**
 * Networks of `galaxykit/models`, with timm's weights.
 *
 * @module
 */

import { convnextNano, efficientnetB0, type ImageModel } from "galaxykit/models";
import { key, softmaxCrossEntropy, type tf } from "galaxykit/tensorflow";
import { freezeAllBut, type Trainable, trainedParameters } from "../../lib/train/trainable.ts";
import type { Workload } from "../workload.ts";

export const efficientnetB0Inference: Workload = {
  name: "efficientnet_b0_inference",
  model: () => efficientnetB0({ key: key(0) }),
  forward: (_weights, { images }, model) => (model as ImageModel).call(images!),
};

/** The head on a frozen body, which keeps its statistics. */
export const efficientnetB0Phase1: Workload = phase("efficientnet_b0_phase1", "head");

/** The head and the last three blocks. */
export const efficientnetB0Phase2: Workload = phase("efficientnet_b0_phase2", { lastBlocks: 3 });

/** A step of fine-tuning to two classes. */
function phase(name: string, trainable: Trainable): Workload {
  return {
    name,
    model: () => efficientnetB0({ classes: 2, key: key(0) }),
    forward: (_weights, { images }, model) =>
      (model as ImageModel).call(images!, { training: true }),
    loss: (logits, { labels }) => softmaxCrossEntropy(logits, labels!),
    freeze(layer) {
      const model = layer as ImageModel;
      const trained = trainedParameters(model, trainable);
      freezeAllBut(model, trained, { batchNorm: "frozen" });
      const parameters = model.namedParameters();
      return Object.fromEntries(
        trained.map((name): [string, tf.Variable] => [name, parameters[name]!]),
      );
    },
  };
}

export const convnextNanoInference: Workload = {
  name: "convnext_nano_inference",
  model: () => convnextNano({ key: key(0) }),
  forward: (_weights, { images }, model) => (model as ImageModel).call(images!),
};
