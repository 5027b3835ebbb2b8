"""Ridge regression of scikit-learn, for lib/train/ridge_probe.ts. Writes ridge_probe.json.

python -m pip install numpy scikit-learn==1.9.1
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

PATH = Path(__file__).with_suffix(".json")
PENALTIES = [0.001, 0.01, 0.1, 1]


def case(name, *, rows, width, outputs, noise):
    random = numpy.random.default_rng(len(name))
    x = random.normal(size=(rows, width)) @ random.normal(size=(width, width))
    x = (x * 10.0 ** random.integers(-2, 3, size=width) + random.normal(size=width)).round(3)
    inputs = StandardScaler().fit_transform(x.astype(numpy.float32).astype(float))
    y = inputs @ random.normal(size=(width, outputs)) / width
    y = (0.3 + y + noise * random.normal(size=y.shape)).round(4)
    scores = []
    for penalty in PENALTIES:
        alpha = penalty * rows
        # The hat matrix as it is written, and not by its eigenvalues
        hat = inputs @ numpy.linalg.solve(inputs.T @ inputs + alpha * numpy.eye(width), inputs.T)
        rest = y - y.mean(axis=0)
        rest = rest - hat @ rest
        scores.append(float((rest**2).sum() / (1 - (numpy.trace(hat) + 1) / rows) ** 2))
    penalty = PENALTIES[int(numpy.argmin(scores))]
    model = Ridge(alpha=penalty * rows, solver="svd").fit(inputs, y)
    return {
        "name": name,
        "width": width,
        "features": x.ravel().tolist(),
        "targets": y.T.tolist(),
        "penalty": penalty,
        "weights": model.coef_.T.ravel().tolist(),
        "bias": model.intercept_.tolist(),
        "predictions": model.predict(inputs[:5]).reshape(5, -1).T.tolist(),
    }


reference = {
    "scikit-learn": sklearn.__version__,
    "penalties": PENALTIES,
    "cases": [
        case("clean", rows=60, width=5, outputs=1, noise=0.01),
        case("noisy", rows=60, width=8, outputs=3, noise=0.5),
        case("more features than rows", rows=20, width=30, outputs=2, noise=0.1),
    ],
}
PATH.write_text(json.dumps(reference) + "\n")
print([(one["name"], one["penalty"]) for one in reference["cases"]])
