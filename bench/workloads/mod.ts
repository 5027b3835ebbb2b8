/**
 * The networks of the bench: twins of those in `reference/workloads.py`.
 *
 * @module
 */

import {
  decoderInference,
  unetBlockInference,
  unetBlockTrain,
  unetInference,
  unetTrain,
} from "./diffusion.ts";
import { mbconvInference, mbconvTrain } from "./mbconv.ts";
import {
  convnextNanoInference,
  efficientnetB0Inference,
  efficientnetB0Phase1,
  efficientnetB0Phase2,
} from "./models.ts";
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
  efficientnetB0Inference,
  efficientnetB0Phase1,
  efficientnetB0Phase2,
  convnextNanoInference,
  unetInference,
  unetTrain,
  unetBlockInference,
  unetBlockTrain,
  decoderInference,
];
