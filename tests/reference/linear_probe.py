"""Logistic regression of scikit-learn, for lib/train/linear_probe.ts. Writes linear_probe.json.

python -m pip install numpy scikit-learn==1.9.1
"""

import json
import os
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

PATH = Path(__file__).with_suffix(".json")


def case(name, *, classes, rows=120, width=6, l2=1.0, standardize=True, weights=None, balance=None):
    random = numpy.random.default_rng(len(name))
    # Correlated, and of very different sizes, as features are
    mixing = random.normal(size=(width, width))
    x = random.normal(size=(rows, width)) @ mixing
    if standardize:
        x = x * 10.0 ** random.integers(-2, 3, size=width) + random.normal(size=width)
    x = x.round(3)
    printed, x = x, x.astype(numpy.float32)
    scores = StandardScaler().fit_transform(x) @ random.normal(size=(width, classes))
    labels = (scores + random.gumbel(size=scores.shape)).argmax(axis=1)
    sample_weight = None if weights is None else random.integers(0, 4, size=rows) / 2
    scaler = StandardScaler() if standardize else StandardScaler(with_mean=False, with_std=False)
    inputs = scaler.fit_transform(x.astype(numpy.float64))
    # Newton's method to the last digits: its gradient, not L-BFGS's, decides
    model = LogisticRegression(
        C=1 / l2, class_weight=balance, solver="newton-cholesky", tol=1e-12, max_iter=1000
    )
    model.fit(inputs, labels, sample_weight=sample_weight)
    return {
        "name": name,
        "width": width,
        "l2": l2,
        "standardize": standardize,
        "features": printed.ravel().tolist(),
        "labels": labels.tolist(),
        "weights": None if sample_weight is None else sample_weight.tolist(),
        "classWeights": None if balance is None else [balance[k] for k in range(classes)],
        # Of two classes: the one line
        "coefficients": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "probabilities": model.predict_proba(inputs)[:5].tolist(),
    }


CASES = [
    case("two classes", classes=2),
    case("four classes", classes=4, rows=200),
    case("weak penalty", classes=3, l2=1e-3, rows=300),
    case("strong penalty", classes=2, l2=50.0),
    case("as they are", classes=3, standardize=False),
    case("weights of rows", classes=3, weights=True),
    case("weights of classes", classes=2, balance={0: 0.25, 1: 3.0}),
    case("more features than rows", classes=2, rows=30, width=40),
]

if __name__ == "__main__":
    document = {
        "generator": "tests/reference/linear_probe.py",
        "versions": {"numpy": numpy.__version__, "sklearn": sklearn.__version__},
        "cases": CASES,
    }
    partial = PATH.with_suffix(".partial")
    partial.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    os.replace(partial, PATH)
    print(f"{PATH.name}: {PATH.stat().st_size / 1000:.1f} kB")
