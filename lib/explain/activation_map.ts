/**
 * Class activation maps: where in the image a convolutional or token model finds what speaks for a
 * class.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { jit, resize, tf } from "../tensorflow/mod.ts";
import { firstComponent, GRADIENT_METHODS, stretch, type Weigh } from "./_cam_methods.ts";
import { activationAndGradient } from "./inside.ts";
import { scoreCam } from "./_score_cam.ts";
import { predictedClass, type Target } from "./target.ts";

/** How a map is made; see {@linkcode activationMaps}. */
export type MapMethod = keyof typeof GRADIENT_METHODS | "eigenCam" | "scoreCam";

/** Settings of {@linkcode activationMaps}. */
export type ActivationMapOptions = {
  /** @default {"gradCam"} */
  method?: MapMethod;
  /** Names as in `model.namedLayers()`; of several, the mean of the maps. @default {[model.mapLayer]} */
  layers?: readonly string[];
  /** @default {predictedClass()} */
  target?: Target;
  /**
   * Less noise: `eigen` takes the first principal component of the weighted activations instead of
   * their sum, `augment` the mean over the image, its mirror image and three brightnesses of each.
   *
   * @default {"none"}
   */
  smooth?: "none" | "eigen" | "augment";
};

/** Makes maps of batches of images; see {@linkcode activationMaps}. */
export type ActivationMaps = {
  /**
   * @param images [batch, height, width, channels], normalised for the model
   * @returns [batch, height, width], from 0 to 1 in every image
   * @throws {BlankMapError} When a map is blank: nothing speaks for the target
   * @throws {RangeError} When a map is not finite
   */
  (images: tf.Tensor4D): Promise<tf.Tensor3D>;
  /** Frees what was compiled. */
  dispose: () => void;
};

/** Thrown for a map that is blank. */
export class BlankMapError extends RangeError {}

const BRIGHTNESSES = [0.9, 1, 1.1];

/**
 * Prepares class activation maps of a model, to be called on batches of images.
 *
 * - `gradCam`: Selvaraju et al. 2017, arXiv:1610.02391
 * - `gradCamPlusPlus`: Chattopadhyay et al. 2018, arXiv:1710.11063
 * - `hiResCam`: Draelos & Carin 2020, arXiv:2011.08891
 * - `layerCam`: Jiang et al. 2021, doi:10.1109/TIP.2021.3089943
 * - `eigenCam`: Muhammad & Yeasin 2020, arXiv:2008.00299; it looks at no class
 * - `scoreCam`: Wang et al. 2020, arXiv:1910.01279; one run of the model for each channel
 *
 * Negative parts are cut off, and each map is stretched from 0 to 1, then to the size of the
 * images, bilinearly.
 *
 * @throws {RangeError} When there is no layer of a name
 *
 * @example
 * ```ts
 * import { activationMaps, output } from "galaxykit/explain";
 * import { resnet18 } from "galaxykit/models";
 * import { key, normal } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 2, width: 8, key: key(1) });
 * const gradCam = activationMaps(model, { target: output(1), layers: ["layer3"] });
 * const maps = await gradCam(normal(key(2), [3, 64, 64, 3]));
 * assert.deepEqual(maps.shape, [3, 64, 64]);
 * gradCam.dispose();
 * ```
 */
export function activationMaps(
  model: ImageModel,
  { layers = [model.mapLayer], method = "gradCam", smooth = "none", target = predictedClass() }:
    ActivationMapOptions = {},
): ActivationMaps {
  if (layers.length === 0) {
    throw new RangeError("Cannot make activation maps: name a layer or more");
  }
  for (const layer of layers) model.layer(layer);
  const weigh = method === "scoreCam"
    ? scoreCam(model, { layers, target })
    : weighBy(model, { method, layers, target });
  const map = jit(
    (weighted: tf.Tensor4D[], images: tf.Tensor) =>
      tf.tidy(() =>
        meanMap(weighted, { images, isComponent: smooth === "eigen" || method === "eigenCam" })
      ),
    { name: `${method}.map` },
  );
  const once = async function (images: tf.Tensor4D): Promise<tf.Tensor3D> {
    const weighted = weigh(images);
    const { maps, ranges } = map(weighted, images);
    tf.dispose(weighted);
    const values = await ranges.data();
    ranges.dispose();
    const bad = values.findIndex((range) => !(range > 0 && range < Infinity));
    if (bad < 0) return maps as tf.Tensor3D;
    maps.dispose();
    const Refusal = values[bad] === 0 ? BlankMapError : RangeError;
    throw new Refusal(
      `Cannot map image ${bad} by ${method} at ${layers.join(", ")}: ${reason(values[bad]!)}`,
    );
  };
  const call = smooth === "augment" ? (images: tf.Tensor4D) => augmented(once, images) : once;
  return Object.assign(call, {
    dispose: () => {
      weigh.dispose();
      map.dispose();
    },
  });
}

function reason(range: number): string {
  return range === 0
    ? "the map is blank, nothing in these layers speaks for the target; take another target, layer or method"
    : "the map is not finite; look for values that are not finite in the images and the weights";
}

function weighBy(
  model: ImageModel,
  { method, layers, target }: {
    method: Exclude<MapMethod, "scoreCam">;
    layers: readonly string[];
    target: Target;
  },
): Weigh {
  return jit((images: tf.Tensor4D) =>
    tf.tidy(() => {
      const [, height, width] = images.shape;
      const asMap = (output: tf.Tensor) => model.asMap(output, { height, width });
      if (method === "eigenCam") {
        const { outputs } = model.inspect(images, { layers });
        return layers.map((layer) => asMap(outputs[layer]!));
      }
      return layers.map((layer) => {
        const { activation, gradient } = activationAndGradient(model, images, { layer, target });
        return GRADIENT_METHODS[method](asMap(activation), asMap(gradient)) as tf.Tensor4D;
      });
    }), { name: method });
}

/** The mean over mirrored and brighter images, each map put back in its place. */
async function augmented(
  once: (images: tf.Tensor4D) => Promise<tf.Tensor3D>,
  images: tf.Tensor4D,
): Promise<tf.Tensor3D> {
  const all: tf.Tensor3D[] = [];
  try {
    for (const isMirrored of [false, true]) {
      for (const brightness of BRIGHTNESSES) {
        const seen = tf.tidy(() =>
          tf.mul(isMirrored ? tf.reverse(images, 2) : images, brightness) as tf.Tensor4D
        );
        const maps = await once(seen);
        seen.dispose();
        all.push(isMirrored ? tf.tidy(() => tf.reverse(maps, 2)) : maps);
        if (isMirrored) maps.dispose();
      }
    }
    return tf.tidy(() => stretch(tf.addN(all)).maps) as tf.Tensor3D;
  } finally {
    tf.dispose(all);
  }
}

/**
 * The maps of all layers, cut off at 0, stretched and averaged, at the size of the images, and the
 * smallest range of an image's maps; NaN of an image that is not finite itself, which a
 * convolution fused with its ReLU hides on some processors.
 */
function meanMap(
  weighted: readonly tf.Tensor4D[],
  { images, isComponent }: { images: tf.Tensor; isComponent: boolean },
): { maps: tf.Tensor; ranges: tf.Tensor } {
  const [, height, width] = images.shape as tf.Tensor4D["shape"];
  const each = weighted.map((activation) => {
    const map = isComponent ? firstComponent(activation) : tf.sum(activation, 3);
    const { maps, ranges } = stretch(tf.relu(map));
    return { maps: resize(tf.expandDims(maps, -1), [height, width]), ranges };
  });
  const sum = tf.addN(each.map(({ maps }) => maps));
  const ranges = tf.min(tf.stack(each.map(({ ranges }) => ranges)), 0);
  const isFinite = tf.all(tf.isFinite(images), [1, 2, 3]);
  return {
    maps: stretch(tf.squeeze(sum, [-1])).maps,
    ranges: tf.where(isFinite, ranges, tf.fill(ranges.shape, NaN)),
  };
}
