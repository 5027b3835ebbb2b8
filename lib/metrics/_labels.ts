import { type Numbers, plain } from "./_numbers.ts";

/** Class indices, one a sample: an array, plain or typed, or a column of a polars table. */
export type Labels = Numbers;

/** The true and the predicted class of each sample. */
export type LabelPair = {
  target: Labels;
  prediction: Labels;
};

/** The true class of each sample, and a row of class probabilities for each. */
export type ProbabilityPair = {
  target: Labels;
  probabilities: ArrayLike<ArrayLike<number>>;
};

/** How far the probabilities of a sample may sum from 1: float16 rounding stays within. */
const SUM_TOLERANCE = 1e-2;

/** Target and prediction in memory; throws unless both are as long, and not empty, and hold class indices below `classes`. */
export function checkLabels(
  metric: string,
  pair: LabelPair & { classes?: number },
): { target: ArrayLike<number>; prediction: ArrayLike<number> } {
  const { classes = Infinity } = pair;
  const [target, prediction] = [plain(pair.target), plain(pair.prediction)];
  checkLength(metric, "prediction", { target, other: prediction });
  if (classes !== Infinity && !(Number.isInteger(classes) && classes > 0)) {
    throw new RangeError(
      `Cannot compute ${metric}: classes is ${classes}, wanted a whole number from 1`,
    );
  }
  checkClasses(metric, "target", { labels: target, classes });
  checkClasses(metric, "prediction", { labels: prediction, classes });
  return { target, prediction };
}

/** The target in memory; throws unless there is a row a sample, each a distribution over the same number of classes. */
export function checkProbabilities(metric: string, pair: ProbabilityPair): ArrayLike<number> {
  const { probabilities } = pair;
  const target = plain(pair.target);
  checkLength(metric, "probabilities", { target, other: probabilities });
  const classes = probabilities[0].length;
  for (let i = 0; i < probabilities.length; i++) {
    const row = probabilities[i];
    if (row.length !== classes) {
      throw new TypeError(
        `Cannot compute ${metric}: probabilities[${i}] has ${row.length} classes, the first row ${classes}`,
      );
    }
    let sum = 0;
    // Number: null would count as 0
    for (let j = 0; j < classes; j++) {
      sum += typeof row[j] === "number" && row[j] >= 0 ? row[j] : NaN;
    }
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      throw new RangeError(
        `Cannot compute ${metric}: probabilities[${i}] is [${
          Array.from(row, String).slice(0, 8)
        }], wanted numbers from 0 that sum to 1 (apply softmax to logits)`,
      );
    }
  }
  checkClasses(metric, "target", { labels: target, classes });
  return target;
}

/** Throws unless there is a number for each sample, and at least one sample. */
export function checkLength(
  metric: string,
  name: string,
  { target, other }: { target: ArrayLike<unknown>; other: ArrayLike<unknown> },
): void {
  if (target.length !== other.length) {
    throw new TypeError(
      `Cannot compute ${metric}: target has ${target.length} samples, ${name} ${other.length}`,
    );
  }
  if (target.length === 0) throw new RangeError(`Cannot compute ${metric}: there are no samples`);
}

/** Throws unless all labels are whole numbers from 0 and below `classes`. */
export function checkClasses(
  metric: string,
  name: string,
  { labels, classes }: { labels: ArrayLike<number>; classes: number },
): void {
  const { length } = labels;
  for (let i = 0; i < length; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    const wanted = classes === Infinity ? "from 0" : `from 0 to ${classes - 1}`;
    throw new RangeError(
      `Cannot compute ${metric}: ${name}[${i}] is ${labels[i]}, wanted a class index ${wanted}`,
    );
  }
}
