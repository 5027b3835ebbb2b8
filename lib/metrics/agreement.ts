/**
 * Agreement beyond chance between two labellings: a prediction and the truth, or two people.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { checkLabels, type LabelPair } from "./_labels.ts";

/**
 * Cohen's kappa, from −1 to 1 (0: as by chance): `1 − Σ w_ij O_ij / Σ w_ij E_ij`, with O the
 * confusion matrix, E the one expected from its margins, and w 1 off the diagonal.
 *
 * Symmetric in its arguments. NaN when both hold one and the same class only, where chance agrees
 * perfectly too, as in scikit-learn.
 *
 * Source: Cohen 1960, Educational and Psychological Measurement 20, 37; weights: Cohen 1968.
 *
 * @param pair Labels, and `weights` for ordered classes: "linear" |i − j|, or "quadratic" (i − j)².
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { cohenKappa } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cohenKappa({ target: [0, 0, 1, 1], prediction: [0, 0, 1, 0] }), 0.5);
 * ```
 */
export function cohenKappa(pair: LabelPair & { weights?: "linear" | "quadratic" }): number {
  refuseUnknown(pair, { target: true, prediction: true, weights: true }, {
    what: "compute Cohen's kappa",
  });
  const { target, prediction } = checkLabels("Cohen's kappa", pair);
  const { weights } = pair;
  function weight(i: number, j: number): number {
    const distance = Math.abs(i - j);
    if (weights === undefined) return distance === 0 ? 0 : 1;
    return weights === "linear" ? distance : distance ** 2;
  }
  const truly = countLabels(target), predicted = countLabels(prediction);
  let observed = 0;
  for (let i = 0; i < target.length; i++) observed += weight(target[i], prediction[i]);
  let expected = 0;
  for (const [i, a] of truly) for (const [j, b] of predicted) expected += weight(i, j) * a * b;
  return 1 - observed / (expected / target.length);
}

/**
 * Matthews correlation coefficient, from −1 to 1 (0: as by chance), for any number of classes:
 * `(c·s − Σ p_k t_k) / √((s² − Σ p_k²)(s² − Σ t_k²))`, with s samples, c right ones, and t_k and
 * p_k the samples of class k in target and prediction. For two classes it is the correlation of the
 * 0/1 labels. 0 when target or prediction is constant, as in scikit-learn.
 *
 * Source: Matthews 1975, Biochimica et Biophysica Acta 405, 442; Gorodkin 2004 for many classes.
 *
 * @throws {TypeError} When the lengths differ
 * @throws {RangeError} When there are no samples, or a label is not a class index
 *
 * @example
 * ```ts
 * import { matthewsCorrelation } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const value = matthewsCorrelation({ target: [0, 0, 1, 1], prediction: [0, 0, 1, 0] });
 * assert.equal(value.toFixed(6), Math.sqrt(1 / 3).toFixed(6));
 * ```
 */
export function matthewsCorrelation(pair: LabelPair): number {
  refuseUnknown(pair, { target: true, prediction: true }, { what: "compute Matthews correlation" });
  const { target, prediction } = checkLabels("Matthews correlation", pair);
  const samples = target.length;
  const truly = countLabels(target), predicted = countLabels(prediction);
  let right = 0;
  for (let i = 0; i < samples; i++) if (target[i] === prediction[i]) right++;
  const product = (a: Map<number, number>, b: Map<number, number>) =>
    a.entries().reduce((sum, [label, count]) => sum + count * (b.get(label) ?? 0), 0);
  const spread = (samples ** 2 - product(predicted, predicted)) *
    (samples ** 2 - product(truly, truly));
  return spread === 0 ? 0 : (right * samples - product(truly, predicted)) / Math.sqrt(spread);
}

function countLabels(labels: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  return counts;
}
