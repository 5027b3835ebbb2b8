/**
 * Class activation maps: where in the image a convolutional or token model finds what speaks for a
 * class.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { refuseOther, refuseUnknown } from "../options.ts";
import { jit, resize, tf } from "../tensorflow/mod.ts";
import { firstComponent, GRADIENT_METHODS, scaleOf, stretch, type Weigh } from "./_cam_methods.ts";
import { defaultLayer } from "./_default_layer.ts";
import { activationAndGradient } from "./inside.ts";
import { scoreCam } from "./_score_cam.ts";
import { predictedClass, type Target } from "./target.ts";

/** How a map is made; see {@linkcode activationMaps}. */
export type MapMethod = keyof typeof GRADIENT_METHODS | "eigenCam" | "scoreCam";

/** Settings of {@linkcode activationMaps}. */
export type ActivationMapOptions = {
  /** @default {"gradCam"} */
  method?: MapMethod;
  /**
   * Names as in `model.namedLayers()`; of several, the mean of the maps.
   *
   * @default {the last layer whose map is at least 4 x 4: `model.mapLayer` from 128 pixels on, for
   * networks of stride 32; an earlier stage for smaller images; `layersFor` tells}
   */
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

/** Maps of a batch, [batch, height, width], from 0 to 1 in every image that has one. */
export type Maps = tf.Tensor3D & {
  /** The images without a map, which are 0 all over, each with the reason. */
  readonly failed: readonly { readonly image: number; readonly reason: string }[];
};

/** Makes maps of batches of images; see {@linkcode activationMaps}. */
export type ActivationMaps = {
  /**
   * @param images [batch, height, width, channels], normalised for the model
   * @throws {TypeError} When the images are no batch
   * @throws {BlankMapError} When no image has a map, and the first is blank: nothing speaks for the
   * target
   * @throws {RangeError} When no image has a map, and the first is not finite
   */
  (images: tf.Tensor4D): Promise<Maps>;
  /** The layers that are looked at in images of a size. */
  layersFor: (size: { height: number; width: number }) => readonly string[];
  /** Frees what was compiled. */
  dispose: () => void;
};

/** Thrown where all maps are blank. */
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
 * images, bilinearly. A map that is blank, or of which the range is mere rounding of the activations,
 * is 0 and told in `failed`, as is one that is not finite; the others of the batch are made.
 *
 * @throws {RangeError} When there is no layer or method of a name, or an option is unknown
 * @throws {TypeError} When the target is no function, or the layers no list
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
  options: ActivationMapOptions = {},
): ActivationMaps {
  if (typeof model?.inspect !== "function") {
    throw new TypeError(
      `Cannot make activation maps: model must be a network for images, such as loadPretrained gives, ${typeof model} found`,
    );
  }
  const what = "make activation maps";
  refuseUnknown(options, { layers: true, method: true, smooth: true, target: true }, { what });
  const { layers: given, method = "gradCam", smooth = "none", target = predictedClass() } = options;
  refuseOther({ method, smooth }, {
    method: [...Object.keys(GRADIENT_METHODS), "eigenCam", "scoreCam"],
    smooth: ["none", "eigen", "augment"],
  }, { what: "make activation maps" });
  if (typeof target !== "function") {
    throw new TypeError(
      `Cannot make activation maps: target must be a function, such as output(${
        typeof target === "number" ? target : 0
      }), ${JSON.stringify(target)} found`,
    );
  }
  if (given !== undefined && !Array.isArray(given)) {
    throw new TypeError(
      `Cannot make activation maps: layers must be a list of names, ${JSON.stringify(given)} found`,
    );
  }
  if (given?.length === 0) {
    throw new RangeError("Cannot make activation maps: name a layer or more");
  }
  for (const layer of given ?? []) model.layer(layer);
  const defaults = new Map<string, readonly string[]>();
  const layersFor = function ({ height, width }: { height: number; width: number }) {
    if (given) return given;
    const size = `${height} x ${width}`;
    if (!defaults.has(size)) defaults.set(size, [defaultLayer(model, { height, width })]);
    return defaults.get(size)!;
  };
  const weighs = new Map<string, Weigh>();
  const weighAt = function (layers: readonly string[]): Weigh {
    const name = layers.join();
    const weigh = weighs.get(name) ??
      (method === "scoreCam"
        ? scoreCam(model, { layers, target })
        : weighBy(model, { method, layers, target }));
    weighs.set(name, weigh);
    return weigh;
  };
  const isComponent = smooth === "eigen" || method === "eigenCam";
  const map = jit(
    (weighted: tf.Tensor4D[], images: tf.Tensor) =>
      tf.tidy(() => meanMap(weighted, { images, isComponent })),
    { name: `${method}.map` },
  );
  const once: Once = async function (images, whole) {
    const [, height, width] = images.shape;
    const weighted = weighAt(layersFor({ height, width }))(images, whole);
    const { maps, ranges } = map(weighted, images);
    tf.dispose(weighted);
    const values = await ranges.data() as Float32Array;
    ranges.dispose();
    return { maps: maps as tf.Tensor3D, ranges: values };
  };
  const outputs = jit((images: tf.Tensor4D) => model.call(images), { name: `${method}.outputs` });
  const call = async function (images: tf.Tensor4D): Promise<Maps> {
    if (images.rank !== 4 || images.shape[0] === 0) {
      throw new TypeError(
        "Cannot make activation maps: images must be [batch, height, width, channels], one or more, " +
          `[${images.shape}] found`,
      );
    }
    const { maps, ranges } = smooth === "augment"
      ? await augmented(once, { images, outputs })
      : await once(images);
    const failed = [...ranges.entries()].filter(([, range]) => !(range > 0 && range < Infinity))
      .map(([image, range]) => ({ image, range, reason: reason(range) }));
    if (failed.length === ranges.length) {
      maps.dispose();
      const [, height, width] = images.shape;
      const layers = layersFor({ height, width }).join(", ");
      const Refusal = failed[0]!.range === 0 ? BlankMapError : RangeError;
      throw new Refusal(`Cannot map image 0 by ${method} at ${layers}: ${failed[0]!.reason}`);
    }
    return Object.assign(maps, {
      failed: failed.map(({ image, reason }) => ({ image, reason })),
    }) as Maps;
  };
  return Object.assign(call, {
    layersFor,
    dispose: () => {
      for (const weigh of weighs.values()) weigh.dispose();
      map.dispose();
      outputs.dispose();
    },
  });
}

/** Maps of a batch, and the range of each before it was stretched: 0 where it is blank. */
type Once = (
  images: tf.Tensor4D,
  whole?: tf.Tensor,
) => Promise<{ maps: tf.Tensor3D; ranges: Float32Array }>;

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
  return jit((images: tf.Tensor4D, whole?: tf.Tensor) =>
    tf.tidy(() => {
      const [, height, width] = images.shape;
      const asMap = (output: tf.Tensor) => model.asMap(output, { height, width });
      if (method === "eigenCam") {
        const { outputs } = model.inspect(images, { layers });
        return layers.map((layer) => asMap(outputs[layer]!));
      }
      return layers.map((layer) => {
        const { activation, gradient } = activationAndGradient(model, images, {
          ...{ layer, target, whole },
        });
        return GRADIENT_METHODS[method](asMap(activation), asMap(gradient)) as tf.Tensor4D;
      });
    }), { name: method });
}

/** The mean over mirrored and brighter images, each map put back in its place. */
async function augmented(
  once: Once,
  { images, outputs }: { images: tf.Tensor4D; outputs: (images: tf.Tensor4D) => tf.Tensor },
): Promise<{ maps: tf.Tensor3D; ranges: Float32Array }> {
  const all: tf.Tensor3D[] = [];
  const ranges = new Float32Array(images.shape[0]);
  const whole = outputs(images);
  try {
    for (const isMirrored of [false, true]) {
      for (const brightness of BRIGHTNESSES) {
        const seen = tf.tidy(() =>
          tf.mul(isMirrored ? tf.reverse(images, 2) : images, brightness) as tf.Tensor4D
        );
        const one = await once(seen, whole);
        seen.dispose();
        one.ranges.forEach((range, image) => ranges[image] = Math.max(ranges[image]!, range));
        all.push(isMirrored ? tf.tidy(() => tf.reverse(one.maps, 2)) : one.maps);
        if (isMirrored) one.maps.dispose();
      }
    }
    return { maps: tf.tidy(() => stretch(tf.addN(all)).maps) as tf.Tensor3D, ranges };
  } finally {
    tf.dispose([...all, whole]);
  }
}

/**
 * The maps of all layers, cut off at 0, stretched and averaged, at the size of the images, and the
 * smallest range of an image's maps, NaN where something is not finite. Maps that are none are 0.
 */
function meanMap(
  weighted: readonly tf.Tensor4D[],
  { images, isComponent }: { images: tf.Tensor; isComponent: boolean },
): { maps: tf.Tensor; ranges: tf.Tensor } {
  const [batch, height, width] = images.shape as tf.Tensor4D["shape"];
  const isWhole = weighted.map((activation) => tf.all(tf.isFinite(activation), [1, 2, 3]))
    .reduce((all, own) => tf.logicalAnd(all, own));
  const each = weighted.map((given) => {
    const has = tf.broadcastTo(tf.reshape(isWhole, [batch, 1, 1, 1]), given.shape);
    const activation = tf.where(has, given, 0) as tf.Tensor4D; // No component of NaN can be found
    const map = isComponent ? firstComponent(activation) : tf.sum(activation, 3);
    const { maps, ranges } = stretch(tf.relu(map), scaleOf(activation, { isComponent }));
    return { maps: resize(tf.expandDims(maps, -1), [height, width]), ranges };
  });
  const sum = tf.squeeze(tf.addN(each.map(({ maps }) => maps)), [-1]);
  const smallest = tf.min(tf.stack(each.map(({ ranges }) => ranges)), 0);
  const ranges = tf.where(isWhole, smallest, tf.fill(smallest.shape, NaN));
  const isMap = tf.logicalAnd(tf.greater(ranges, 0), tf.isFinite(ranges));
  const has = tf.broadcastTo(tf.reshape(isMap, [batch, 1, 1]), sum.shape);
  return { maps: tf.where(has, stretch(sum).maps, 0), ranges };
}
