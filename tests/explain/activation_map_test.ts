import assert from "node:assert/strict";
import {
  activationMaps,
  guidedBackpropagation,
  integratedGradients,
  type MapMethod,
  output,
  sumOf,
} from "galaxykit/explain";
import { resnet18 } from "galaxykit/models";
import type { LoadableTensor } from "galaxykit/nn";
import { key, normal, tf } from "galaxykit/tensorflow";
import {
  assertClose,
  asTensor,
  readFixture,
  type Values,
  valuesOf,
  withPrefix,
} from "../nn/reference.ts";

type Description = {
  width: number;
  classes: number;
  targets: number[];
  steps: number;
  maps: {
    method: MapMethod;
    layers: string[];
    smooth: "none" | "eigen";
    role: string;
  }[];
};

const [fixture] = readFixture<Description>("explain.safetensors");
const { tensors, targets, width, classes, steps, maps } = fixture!;
const target = output(targets);

function referenceModel() {
  const model = resnet18({ width, classes, key: key(1) });
  model.loadStateDict(withPrefix<LoadableTensor>(tensors, "state/"));
  return model;
}

const model = referenceModel();
const images = asTensor(tensors["images"]!) as tf.Tensor4D;

const signs = { all: 0, same: 0 };

for (const { method, layers, smooth, role } of maps) {
  Deno.test(`activationMaps() agrees with pytorch-grad-cam: ${role}`, async () => {
    const before = tf.memory().numTensors;
    const explain = activationMaps(model, { method, layers, smooth, target });
    const found = await explain(images);
    const wanted = tensors[`map/${role}`]!;
    // The sign of a principal component is free: pytorch-grad-cam's is the SVD's.
    const isComponent = smooth === "eigen" || method === "eigenCam";
    for (let image = 0; image < targets.length; image++) {
      const [a, b] = [imageOf(valuesOf(found), image), imageOf(wanted, image)];
      if (isComponent) {
        signs.all++;
        if (!sameSign(a.data, b.data)) continue;
        signs.same++;
      }
      assertClose(a, b, { tolerance: 1e-4, what: `${role}, image ${image}` });
    }
    found.dispose();
    explain.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

function imageOf({ shape, data }: Values, image: number): { shape: number[]; data: number[] } {
  const size = data.length / shape[0]!;
  return {
    shape: shape.slice(1),
    data: Array.from(data, Number).slice(image * size, (image + 1) * size),
  };
}

/** Whether two maps agree in which half of the pixels they hold for the stronger one. */
function sameSign(a: readonly number[], b: readonly number[]): boolean {
  const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ofA, ofB] = [mean(a), mean(b)];
  return a.reduce((sum, value, pixel) => sum + (value - ofA) * (b[pixel]! - ofB), 0) > 0;
}

Deno.test("half of the principal components or more have the reference's sign, and are compared", () => {
  assert.ok(2 * signs.same >= signs.all, `${signs.same} of ${signs.all}`);
});

Deno.test("guidedBackpropagation() agrees with pytorch-grad-cam", () => {
  const found = guidedBackpropagation(model, images, { target });
  assertClose(valuesOf(found), tensors["guided"]!, { tolerance: 1e-5, what: "guided" });
  found.dispose();
});

Deno.test("integratedGradients() agrees with captum, and tells what is missing", () => {
  const { attributions, missing } = integratedGradients(model, images, { target, steps });
  assertClose(valuesOf(attributions), tensors["integrated"]!, {
    tolerance: 1e-5,
    what: "integrated",
  });
  const difference = tf.tidy(() =>
    tf.sub(target(model.call(images)), target(model.call(tf.zerosLike(images)))).dataSync()
  );
  const sums = tf.tidy(() => tf.sum(attributions, [1, 2, 3]).dataSync());
  missing.dataSync().forEach((value, image) => {
    assert.ok(Math.abs(difference[image]! - sums[image]! - value) < 1e-4);
  });
  tf.dispose([attributions, missing]);
});

Deno.test("activationMaps() with augment is the mean over mirrored and brighter images", async () => {
  const before = tf.memory().numTensors;
  const explain = activationMaps(model, { layers: ["layer2"], target, smooth: "augment" });
  const found = await explain(images);
  assert.deepEqual(found.shape, [2, 40, 40]);
  const mirrored = tf.reverse(images, 2);
  const back = await explain(mirrored);
  const difference = tf.tidy(() =>
    tf.max(tf.abs(tf.sub(tf.reverse(back, 2), found))).dataSync()[0]!
  );
  assert.ok(difference < 1e-4, `${difference}`);
  tf.dispose([found, mirrored, back]);
  explain.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("activationMaps() refuses blank maps and maps that are not finite, with the reason", async () => {
  const explain = activationMaps(model, {
    layers: ["layer2"],
    target: (outputs) => tf.mul(tf.sum(outputs, 1), 0),
  });
  const image = normal(key(3), [1, 40, 40, 3]) as tf.Tensor4D;
  await assert.rejects(() => explain(image), {
    name: "RangeError",
    message: "Cannot map image 0 by gradCam at layer2: the map is blank, nothing in these layers " +
      "speaks for the target; take another target, layer or method",
  });
  const elsewhere = activationMaps(model, { layers: ["layer2"], target: () => tf.zeros([1]) });
  await assert.rejects(() => elsewhere(image), {
    message: 'Cannot explain by layer "layer2" of resnet18: the target does not depend on it',
  });
  const spoiled = tf.fill([1, 40, 40, 3], NaN) as tf.Tensor4D;
  const other = activationMaps(model, { layers: ["layer2"], target: output(0) });
  await assert.rejects(() => other(spoiled), {
    name: "RangeError",
    message: "Cannot map image 0 by gradCam at layer2: the map is not finite; look for values " +
      "that are not finite in the images and the weights",
  });
});

Deno.test("activationMaps() of one image that is not finite makes the others, by every method", async () => {
  const values = normal(key(3), [2, 40, 40, 3]).dataSync().slice();
  for (const value of [NaN, Infinity]) {
    values[40 * 40 * 3 + 2000] = value;
    const images = tf.tensor4d(values as Float32Array, [2, 40, 40, 3]);
    for (const method of ["gradCam", "eigenCam", "scoreCam"] as const) {
      const maps = activationMaps(model, { layers: ["layer2"], target: output(0), method });
      const { failed } = await maps(images);
      assert.deepEqual(failed.map(({ image }) => image), [1], `${method} of ${value}`);
      maps.dispose();
    }
  }
});

Deno.test("activationMaps() refuses layers that the model does not have", () => {
  assert.throws(() => activationMaps(model, { layers: ["layer9"] }), {
    message: /^Cannot find layer "layer9" in resnet18: nearest is "layer\d"/,
  });
  assert.throws(() => activationMaps(model, { layers: [] }), {
    message: "Cannot make activation maps: name a layer or more",
  });
});

Deno.test("output() refuses positions that the model does not have, and lists of another length", () => {
  const outputs = tf.zeros([2, 3]);
  assert.throws(() => output(3)(outputs), {
    message: "Cannot explain output 3: the model has 3, counted from 0",
  });
  assert.throws(() => output([1])(outputs), {
    message: "Cannot explain the outputs: one position for each of 2 images is wanted, found 1",
  });
  assert.throws(() => sumOf([]), {
    message: "Cannot explain a sum of no targets: give one or more",
  });
});

Deno.test("activationMaps() and its like refuse options and images that are none, by name", async () => {
  const model = resnet18({ classes: 2, width: 4, key: key(1) });
  const cases: [object, string][] = [
    [
      { method: "xGradCam" },
      "method must be one of gradCam, gradCamPlusPlus, hiResCam, layerCam, eigenCam, scoreCam, " +
      '"xGradCam" found',
    ],
    [{ smooth: true }, "smooth must be one of none, eigen, augment, true found"],
    [{ target: 1 }, "target must be a function, such as output(1), 1 found"],
    [{ layers: "layer3" }, 'layers must be a list of names, "layer3" found'],
    [{ layer: ["layer3"] }, 'there is no option "layer", nearest is "layers"'],
  ];
  for (const [options, reason] of cases) {
    assert.throws(() => activationMaps(model, options), {
      message: `Cannot make activation maps: ${reason}`,
    });
  }
  assert.throws(() => activationMaps("resnet18" as never), {
    message:
      "Cannot make activation maps: model must be a network for images, such as loadPretrained gives, string found",
  });
  const maps = activationMaps(model);
  for (const shape of [[32, 32, 3], [0, 32, 32, 3]] as [number, number, number, number][]) {
    await assert.rejects(maps(tf.zeros(shape) as tf.Tensor4D), {
      message:
        "Cannot make activation maps: images must be [batch, height, width, channels], one " +
        `or more, [${shape}] found`,
    });
  }
  maps.dispose();
  const images = tf.zeros([1, 32, 32, 3]) as tf.Tensor4D;
  const slip: object = { step: 3 };
  assert.throws(() => integratedGradients(model, images, slip), {
    message: 'Cannot integrate gradients: there is no option "step", nearest is "steps"',
  });
  assert.throws(() => integratedGradients(model, images, { baseline: tf.zeros([5, 5]) }), {
    message:
      "Cannot integrate gradients: the baseline must be broadcast to [1,32,32,3], [5,5] found",
  });
});
