"""Writes metrics.json: inputs and the numbers of scikit-learn and SciPy for tests/metrics/.

    python tests/reference/metrics.py

Made with scikit-learn 1.9.1, SciPy 1.17.1.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import optimize, special, stats
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    matthews_corrcoef,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_curve,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    roc_curve,
    top_k_accuracy_score,
)

warnings.simplefilter("ignore")  # scikit-learn warns where it falls back to 0; so the kit documents


def scores(target, prediction, classes, average):
    # Averages over the classes that occur, scikit-learn's default; a row a class for all of them
    labels = np.arange(classes) if average is None else None
    values = precision_recall_fscore_support(target, prediction, labels=labels, average=average)
    if average is not None:
        return dict(zip(["precision", "recall", "f1"], values))
    return [dict(zip(["precision", "recall", "f1", "support"], map(float, row)))
            for row in zip(*values)]


def case(target, probabilities):
    classes = probabilities.shape[1]
    labels = np.arange(classes)
    prediction = probabilities.argmax(1)
    binary = classes == 2
    return {
        "target": target.tolist(),
        "probabilities": probabilities.tolist(),
        "prediction": prediction.tolist(),
        "accuracy": accuracy_score(target, prediction),
        "balancedAccuracy": balanced_accuracy_score(target, prediction),
        "confusionMatrix": confusion_matrix(target, prediction, labels=labels).tolist(),
        "perClass": scores(target, prediction, classes, None),
        "macro": scores(target, prediction, classes, "macro"),
        "micro": scores(target, prediction, classes, "micro"),
        "weighted": scores(target, prediction, classes, "weighted"),
        "logLoss": log_loss(target, probabilities, labels=labels),
        "topK": [
            top_k_accuracy_score(target, probabilities[:, 1] if binary else probabilities,
                                 k=k, labels=labels) if k < classes else 1.0
            for k in range(1, classes + 1)
        ],
        "brier": brier_score_loss(target, probabilities[:, 1] if binary else probabilities,
                                  labels=labels),
        "kappa": {name: number(cohen_kappa_score(target, prediction, labels=labels, weights=weights))
                  for name, weights in
                  {"none": None, "linear": "linear", "quadratic": "quadratic"}.items()},
        "matthews": matthews_corrcoef(target, prediction),
        "rocAuc": None if len(set(target)) < classes else {
            average: roc_auc_score(target, probabilities[:, 1] if binary else probabilities,
                                   multi_class="ovr", average=average)
            for average in ["macro", "weighted"]
        },
        "calibrationError": calibration_error(target, probabilities),
    }


def number(value):
    return None if np.isnan(value) else float(value)


def calibration_error(target, probabilities, bins=15):
    confidence, right = probabilities.max(1), probabilities.argmax(1) == target
    edges = np.arange(bins + 1) / bins
    error = 0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(error)


def curve(target, score):
    false, true, thresholds = roc_curve(target, score, drop_intermediate=False)
    precision, recall, at = precision_recall_curve(target, score)
    return {
        "target": target.tolist(), "score": score.tolist(),
        "roc": {"thresholds": thresholds[1:].tolist(), "falsePositiveRate": false.tolist(),
                "truePositiveRate": true.tolist(), "area": roc_auc_score(target, score)},
        # From the highest threshold down, as the ROC curve
        "precisionRecall": {"thresholds": at[::-1].tolist(), "precision": precision[::-1].tolist(),
                            "recall": recall[::-1].tolist(),
                            "area": average_precision_score(target, score)},
    }


def regression(target, prediction):
    return {
        "target": target.tolist(), "prediction": prediction.tolist(),
        "meanAbsoluteError": mean_absolute_error(target, prediction),
        "meanSquaredError": mean_squared_error(target, prediction),
        "rSquared": r2_score(target, prediction),
        "pearson": number(stats.pearsonr(target, prediction)[0]),
        "spearman": number(stats.spearmanr(target, prediction)[0]),
    }


def mcnemar(only_a, only_b):
    statistic = (abs(only_a - only_b) - 1) ** 2 / (only_a + only_b)
    return {
        "onlyA": only_a, "onlyB": only_b,
        "exact": stats.binomtest(only_a, only_a + only_b, 0.5).pvalue,
        "statistic": statistic, "pValue": float(stats.chi2.sf(statistic, 1)),
    }


def temperature(rng, samples, classes, scale):
    target = rng.integers(classes, size=samples)
    logits = np.round(scale * (rng.normal(size=(samples, classes)) + np.eye(classes)[target]), 4)

    def loss(inverse):
        logs = special.log_softmax(logits * inverse, axis=1)
        return -logs[np.arange(samples), target].mean()

    best = optimize.minimize_scalar(loss, bounds=(1e-3, 1e3), method="bounded",
                                    options={"xatol": 1e-12})
    return {"target": target.tolist(), "logits": logits.tolist(), "temperature": 1 / best.x,
            "loss": float(loss(best.x))}


def bootstrap(rng):
    values = np.round(rng.gamma(2, size=80), 4)
    interval = stats.bootstrap((values,), np.mean, n_resamples=100_000, method="percentile",
                               rng=1).confidence_interval
    return {"values": values.tolist(), "low": interval.low, "high": interval.high}


def draw(rng, samples, classes, only=None):
    """Targets, and probabilities that favour the right class somewhat, rounded for a small file."""
    target = rng.choice(only if only is not None else classes, samples)
    logits = rng.normal(size=(samples, classes)) + 1.5 * np.eye(classes)[target]
    probabilities = np.round(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 6)
    probabilities[:, 0] += 1 - probabilities.sum(1)
    return target, probabilities


rng = np.random.default_rng(3)
certain = draw(rng, 6, 3)
certain = (certain[0], np.eye(3)[(certain[0] + np.array([0, 0, 1, 0, 0, 2])) % 3])
# A sample's class alone, predicted as another: the class has no true positive
unseen = draw(rng, 30, 6, only=[0, 2, 3])
unseen[1][:, 5] = 0  # never predicted, never true
unseen[1][:, 0] += 1 - unseen[1].sum(1)
cases = {
    "two classes": case(*draw(rng, 60, 2)),
    "five classes": case(*draw(rng, 120, 5)),
    "classes without samples": case(*unseen),
    "constant target": case(*draw(rng, 20, 3, only=[1])),
    "one sample": case(*draw(rng, 1, 3)),
    "certain and sometimes wrong": case(*certain),
}
truth = rng.integers(2, size=60)
smooth = np.round(truth + rng.normal(size=60), 3)
tied = np.round(truth + rng.normal(size=60))  # Many samples share a score
numbers = np.round(rng.beta(0.4, 0.4, size=50), 3)
close = np.round(np.clip(numbers + 0.1 * rng.normal(size=50), 0, 1), 2)
out = {
    "scikit-learn": sklearn.__version__,
    "SciPy": scipy.__version__,
    "cases": cases,
    "curves": {"distinct": curve(truth, smooth), "ties": curve(truth, tied),
               "constant": curve(truth, np.full(60, 0.5)), "two samples": curve(np.array([1, 0]), np.array([0.2, 0.7]))},
    "regression": {"vote fractions": regression(numbers, close),
                   "unrelated": regression(numbers, numbers[::-1]),
                   "constant prediction": regression(numbers, np.full(50, 0.5)),
                   "constant target": regression(np.full(4, 0.1), np.arange(4) / 4),
                   "exact constant": regression(np.full(4, 0.1), np.full(4, 0.1))},
    "mcnemar": [mcnemar(*pair) for pair in [(5, 1), (0, 3), (30, 12), (400, 500), (1, 0), (9, 70)]],
    "temperature": [temperature(rng, 80, 3, 4), temperature(rng, 80, 2, 0.3)],
    "bootstrap": bootstrap(rng),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
