/**
 * Networks of `galaxykit/models`, with timm's weights.
 *
 * @module
 */

import { convnextNano, efficientnetB0 } from "galaxykit/models";
import { key } from "galaxykit/tensorflow";
import type { Workload } from "../workload.ts";

export const efficientnetB0Inference: Workload = {
  name: "efficientnet_b0_inference",
  model: () => efficientnetB0({ key: key(0) }),
  forward: (_weights, { images }, model) => model.call(images!),
};

export const convnextNanoInference: Workload = {
  name: "convnext_nano_inference",
  model: () => convnextNano({ key: key(0) }),
  forward: (_weights, { images }, model) => model.call(images!),
};
