import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import {
  bias,
  meanAbsoluteError,
  meanSquaredError,
  pearsonCorrelation,
  rootMeanSquaredError,
  rSquared,
  scatter,
  spearmanCorrelation,
  squaredCorrelation,
} from "galaxykit/metrics";
import { onShared, shared } from "../shared_data.ts";
import { assertClose, reference } from "./reference.ts";
import { reference as votes } from "./votes_reference.ts";

for (const [name, expected] of Object.entries(reference.regression)) {
  Deno.test(`regression metrics agree with scikit-learn and SciPy: ${name}`, () => {
    assertClose(meanAbsoluteError(expected), expected.meanAbsoluteError);
    assertClose(meanSquaredError(expected), expected.meanSquaredError);
    assertClose(rootMeanSquaredError(expected), Math.sqrt(expected.meanSquaredError));
    assertClose(rSquared(expected), expected.rSquared);
    for (
      const [found, wanted] of [
        [pearsonCorrelation(expected), expected.pearson],
        [spearmanCorrelation(expected), expected.spearman],
      ] as const
    ) {
      if (wanted === null) assert.ok(Number.isNaN(found));
      else assertClose(found, wanted);
    }
  });
}

Deno.test("bias, scatter and squared correlation agree with NumPy and SciPy", () => {
  const { votes: { target, prediction, answers } } = votes;
  const pair = { target: target[0] as number[], prediction: prediction[0]! };
  assertClose(
    [bias(pair), scatter(pair), squaredCorrelation(pair)],
    [answers[0]!.bias, answers[0]!.scatter, answers[0]!.squaredPearson],
  );
});

Deno.test("correlations stay within −1 and 1, and rSquared() does not", () => {
  const target = [0.1, 0.2, 0.7];
  assert.equal(pearsonCorrelation({ target, prediction: target }), 1);
  assertClose(pearsonCorrelation({ target, prediction: target.map((x) => -3 * x + 1) }), -1);
  assert.equal(spearmanCorrelation({ target, prediction: [1, 10, 1e9] }), 1);
  assert.ok(rSquared({ target, prediction: [5, 5, 5] }) < -1);
});

Deno.test("regression metrics refuse unequal lengths, too few samples and what is not finite", () => {
  const metrics = { meanAbsoluteError, meanSquaredError, rSquared, pearsonCorrelation };
  for (const metric of Object.values(metrics)) {
    assert.throws(() => metric({ target: [1, 2], prediction: [1] }), {
      name: "TypeError",
      message: /^Cannot compute .+: target has 2 samples, prediction 1$/,
    });
    assert.throws(() => metric({ target: [], prediction: [] }), {
      name: "RangeError",
      message: /^Cannot compute .+: there are no samples$/,
    });
    for (const bad of [NaN, Infinity, null as unknown as number]) {
      assert.throws(() => metric({ target: [1, 2], prediction: [bad, 1] }), {
        name: "RangeError",
        message: RegExp(`: prediction\\[0\\] is ${bad}, wanted a finite number$`),
      });
    }
  }
  assert.throws(() => rSquared({ target: [1], prediction: [1] }), {
    message: "Cannot compute R²: there is 1 sample, at least 2 are wanted",
  });
});

const predictions = "predictions/sommelier_sdss_predictions.npz";

Deno.test({
  ...onShared(
    predictions,
    "regression metrics give the facts of published vote-fraction predictions",
  ),
  fn() {
    const target = readNpz(join(shared, predictions), "true_labels");
    const prediction = readNpz(join(shared, predictions), "predictions");
    const pair = { target: target.values, prediction: prediction.values };
    assert.deepEqual(target.shape, [1000, 74]);
    const pearson = pearsonCorrelation(pair);
    assertClose(pearson, 0.8927944803250715);
    assertClose(pearson ** 2, 0.7970819840989144);
    assertClose(rSquared(pair), 0.7969578558, 1e-9);
    // Float32 sums, as they were published
    assertClose(meanAbsoluteError(pair), 0.08522346615791321, 1e-8);
    assertClose(meanSquaredError(pair), 0.02478819154202938, 1e-8);
    const smooth = (values: Float32Array) => values.filter((_, i) => i % 74 === 0);
    const first = { target: smooth(target.values), prediction: smooth(prediction.values) };
    assertClose(pearsonCorrelation(first), 0.9825703139992494);
  },
});

/** One float32 array of a deflated .npz file. */
function readNpz(path: string, name: string): { shape: number[]; values: Float32Array } {
  const bytes = Buffer.from(Deno.readFileSync(path));
  const directory = bytes.readUInt32LE(bytes.lastIndexOf("PK\x05\x06") + 16);
  const entry = bytes.indexOf(`${name}.npy`, directory) - 46;
  const [packed, offset] = [bytes.readUInt32LE(entry + 20), bytes.readUInt32LE(entry + 42)];
  const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  const npy = inflateRawSync(bytes.subarray(start, start + packed));
  const end = 10 + npy.readUInt16LE(8);
  const header = npy.subarray(10, end).toString();
  assert.match(header, /'descr': '<f4', 'fortran_order': False/);
  const shape = header.match(/\(([\d, ]+)\)/)![1].split(",").filter((n) => n.trim()).map(Number);
  return { shape, values: new Float32Array(Uint8Array.from(npy.subarray(end)).buffer) };
}
