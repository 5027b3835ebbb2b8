"""Writes votes.json: numbers of scikit-learn, SciPy and PyTorch for predicted vote fractions.

    python tests/reference/votes.py

Made with scikit-learn 1.9.1, SciPy 1.17.1, PyTorch 2.13.0 and mpmath (which PyTorch brings along).
"""

import json
from pathlib import Path

import mpmath
import numpy as np
import scipy
import sklearn
import torch
from scipy import stats
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf
from sklearn.metrics import (
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)
from sklearn.neighbors import NearestNeighbors

mpmath.mp.dps = 50
rng = np.random.default_rng(20)


def scores(target, prediction):
    error = prediction - target
    r = stats.pearsonr(target, prediction).statistic
    return {
        "count": len(target),
        "pearson": r,
        "spearman": stats.spearmanr(target, prediction).statistic,
        "squaredPearson": r**2,
        "rSquared": r2_score(target, prediction),
        "meanAbsoluteError": mean_absolute_error(target, prediction),
        "meanSquaredError": mean_squared_error(target, prediction),
        "rootMeanSquaredError": mean_squared_error(target, prediction) ** 0.5,
        "bias": error.mean(),
        "scatter": error.std(),
    }


def votes():
    """60 galaxies, 5 answers of two questions; some were not asked."""
    target = rng.beta(0.6, 0.9, size=(60, 5)).round(3)
    prediction = np.clip(target + rng.normal(0.03, 0.15, size=target.shape), 0, 1).round(4)
    target[rng.random(60) < 0.4, 2:] = np.nan
    asked = ~np.isnan(target)

    def of(columns):
        mask = asked[:, columns]
        return scores(target[:, columns][mask], prediction[:, columns][mask])

    return {
        "target": [[None if np.isnan(v) else v for v in column] for column in target.T],
        "prediction": prediction.T.tolist(),
        "answers": [of([k]) for k in range(5)],
        "questions": [of([0, 1]), of([2, 3, 4])],
        "flattened": of([0, 1, 2, 3, 4]),
    }


def beta():
    shapes = [(0.05, 0.3), (0.5, 0.5), (1, 1), (2.5, 7), (40, 3), (300, 900), (5e4, 2e4)]
    shares = [0.025, 0.1, 0.5, 0.9, 0.975]
    return [
        {"a": a, "b": b, "shares": shares, "quantiles": stats.beta.ppf(shares, a, b).tolist()}
        for a, b in shapes
    ]


def student():
    cases = [(0.95, 1), (0.95, 4), (0.5, 2), (0.99, 30)]
    return [
        {"share": share, "freedom": nu, "t": stats.t.ppf((1 + share) / 2, nu)} for share, nu in cases
    ]


def beta_binomial():
    cases = [(2.5, 7, 40, 0.95), (0.4, 0.4, 12, 0.8), (120, 30, 61, 0.5), (1, 30, 5, 0.9)]
    return [
        {
            "a": a,
            "b": b,
            "votes": n,
            "level": level,
            "low": int(stats.betabinom.ppf((1 - level) / 2, n, a, b)),
            "high": int(stats.betabinom.ppf((1 + level) / 2, n, a, b)),
        }
        for a, b, n, level in cases
    ]


def dirichlet_multinomial():
    """Minus the log probability, and its gradient, by mpmath: float64 loses the digits of the odd
    ones. SciPy and PyTorch agree on the ordinary ones."""
    questions = [[0, 1, 2], [3, 4], [5, 6, 7, 8]]
    ordinary = 1 + 100 / (1 + np.exp(-rng.normal(-2, 2, size=(6, 9))))
    counts = rng.integers(0, 30, size=(6, 9)).astype(float)
    counts[1, 3:5] = 0  # nobody was asked
    counts[2] = 0
    odd = np.array(
        [
            [1e-8, 1e-3, 0.5, 1e6, 1e6, 1e-8, 1e-8, 1e-8, 1e-8],
            [1e8, 1e8, 2e8, 1e-8, 1e8, 5e5, 1e-6, 7.0, 1e3],
            [3.0, 1e-6, 4.0, 9.0, 9e3, 1e7, 1e7, 3e7, 2e7],
        ]
    )
    many = np.array([[40, 0, 3, 20, 21, 1, 0, 0, 4], [7, 30, 1, 2, 5, 3, 0, 0, 0], [0, 0, 0, 1, 0, 90, 80, 0, 70]])
    alphas = np.concatenate([ordinary, odd]).astype(np.float32).astype(np.float64)
    counts = np.concatenate([counts, many])
    losses, gradient = np.zeros((9, 3)), np.zeros((9, 9))
    lnG, psi = mpmath.loggamma, mpmath.digamma
    for row in range(9):
        for q, columns in enumerate(questions):
            alpha = [mpmath.mpf(float(v)) for v in alphas[row, columns]]
            k = [int(v) for v in counts[row, columns]]
            A, N = sum(alpha), sum(k)
            log_p = lnG(A) + lnG(N + 1) - lnG(A + N) + sum(
                lnG(v + n) - lnG(v) - lnG(n + 1) for v, n in zip(alpha, k)
            )
            losses[row, q] = -log_p if N else 0
            for at, v, n in zip(columns, alpha, k):
                gradient[row, at] = -(psi(A) - psi(A + N) + psi(v + n) - psi(v)) if N else 0
            if row < 6 and N:
                scipys = stats.dirichlet_multinomial.logpmf(k, alphas[row, columns], N)
                assert abs(scipys + losses[row, q]) < 1e-9
    a = torch.tensor(alphas[:6], requires_grad=True)
    n = torch.tensor(counts[:6])
    total = 0
    for columns in questions:
        alpha, k = a[:, columns], n[:, columns]
        total = total - (
            torch.lgamma(alpha.sum(1)) - torch.lgamma(alpha.sum(1) + k.sum(1))
            + (torch.lgamma(alpha + k) - torch.lgamma(alpha)).sum(1)
        ).sum()
    total.backward()
    assert np.allclose(a.grad.numpy(), gradient[:6], rtol=1e-10, atol=1e-12)
    return {
        "questions": questions,
        "concentrations": alphas.tolist(),
        "counts": counts.tolist(),
        "losses": losses.tolist(),
        "gradient": gradient.tolist(),
    }


def outliers():
    known = rng.normal(size=(40, 4)) * [1, 3, 0.2, 1]
    inside = rng.normal(size=(12, 4)) * [1, 3, 0.2, 1]
    outside = rng.normal(size=(10, 4)) * [1, 3, 0.2, 1] + [0.5, 0, 0.4, 0]
    samples = np.concatenate([inside, outside])
    model = LedoitWolf().fit(known)
    distances = NearestNeighbors(n_neighbors=5).fit(known).kneighbors(samples)[0]
    unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
    cosine = NearestNeighbors(n_neighbors=5).fit(unit(known)).kneighbors(unit(samples))[0]
    squared = model.mahalanobis(samples)
    assert np.allclose(
        squared[0] ** 0.5, mahalanobis(samples[0], model.location_, model.precision_)
    )
    fractions = rng.dirichlet([0.5, 1, 2], size=8)
    return {
        "known": known.tolist(),
        "samples": samples.tolist(),
        "inside": len(inside),
        "mahalanobis": (squared**0.5).tolist(),
        "fifth": distances[:, 4].tolist(),
        "fifthOfUnit": cosine[:, 4].tolist(),
        "auroc": roc_auc_score([0] * len(inside) + [1] * len(outside), squared),
        "fractions": fractions.T.tolist(),
        "entropy": (stats.entropy(fractions, axis=1) / np.log(3)).tolist(),
    }


out = {
    "generator": "tests/reference/votes.py",
    "numpy": np.__version__,
    "scikit-learn": sklearn.__version__,
    "scipy": scipy.__version__,
    "torch": torch.__version__,
    "votes": votes(),
    "beta": beta(),
    "student": student(),
    "betaBinomial": beta_binomial(),
    "dirichletMultinomial": dirichlet_multinomial(),
    "outliers": outliers(),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
