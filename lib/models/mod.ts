/**
 * Architectures, a family a file, with the names and shapes of their published weights.
 *
 * @module
 */

export * from "./registry.ts";
export { type ResNet, resnet18, resnet34, resnet50, type ResNetOptions } from "./resnet.ts";
