"""The reference's side of bench/statistics.ts: one job, timed; prints milliseconds and its result.

    python galaxy_statistics.py JOB FOLDER ROUNDS
"""

import sys
import time

import numpy as np

job, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])


def column(name, dtype):
    return np.fromfile(f"{folder}/{name}.bin", dtype=dtype)


def roc():
    from sklearn.metrics import auc, roc_curve

    target, score = column("target", "<i4"), column("score", "<f8")

    def run():
        false, true, _ = roc_curve(target, score, drop_intermediate=False)
        return auc(false, true)

    return run


def precision_recall():
    from sklearn.metrics import average_precision_score, precision_recall_curve

    target, score = column("target", "<i4"), column("score", "<f8")

    def run():
        precision_recall_curve(target, score)
        return average_precision_score(target, score)

    return run


def spearman():
    from scipy.stats import spearmanr

    a, b = column("score", "<f8"), column("other", "<f8")
    return lambda: spearmanr(a, b).statistic


def temperature():
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    target = column("target", "<i4")[:100_000]
    score = column("score", "<f8")[:100_000]
    logits = np.stack([-2 * score, 2 * score], axis=1)
    rows = np.arange(len(target))

    def loss(inverse):
        scaled = logits * inverse
        return np.mean(logsumexp(scaled, axis=1) - scaled[rows, target])

    def run():
        bounds = {"bounds": (1e-6, 10), "method": "bounded", "options": {"xatol": 1e-12}}
        return 1 / minimize_scalar(loss, **bounds).x

    return run


def bootstrap():
    target = column("target", "<i4")[:31_191]
    prediction = column("prediction", "<i4")[:31_191]
    random = np.random.default_rng(1)

    def run():
        values = []
        for _ in range(2000):
            rows = random.integers(0, len(target), len(target))
            values.append((target[rows] == prediction[rows]).mean())
        return np.quantile(values, 0.025)

    return run


def cross_match():
    import astropy.units as u
    from astropy.coordinates import SkyCoord

    same = SkyCoord(np.full(20_000, 10.0) * u.deg, np.full(20_000, -5.0) * u.deg)
    return lambda: float(len(same.match_to_catalog_sky(same)[0]))


run = globals()[job]()
times = []
for _ in range(rounds):
    start, cpu = time.perf_counter(), time.process_time()
    result = run()
    times.append((1e3 * (time.perf_counter() - start), 1e3 * (time.process_time() - cpu)))
print(min(t for t, _ in times), min(c for _, c in times), result)
