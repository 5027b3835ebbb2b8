"""Writes metrics.json: inputs and scikit-learn's numbers for tests/metrics/.

    python tests/reference/metrics.py

Made with scikit-learn 1.9.1.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
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
    }


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
out = {"scikit-learn": sklearn.__version__, "cases": cases}
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
