/**
 * The networks of the bench: twins of those in `reference/workloads.py`.
 *
 * @module
 */

import { diffusionInference, diffusionTrain } from "./diffusion.ts";
import { mbconvInference, mbconvTrain } from "./mbconv.ts";
import { resnet18Train, resnet50Inference } from "./resnet.ts";
import { vitInference, vitTrain } from "./vit.ts";
import type { Workload } from "../workload.ts";

export const WORKLOADS: readonly Workload[] = [
  resnet18Train,
  resnet50Inference,
  vitInference,
  vitTrain,
  mbconvInference,
  mbconvTrain,
  diffusionInference,
  diffusionTrain,
];
