"""The same work as bench/catalogues.ts in pandas: read a GZ2 table, check, select, label and split it.

python3 bench/reference/catalogues.py FILE prints one JSON line.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd

SMOOTH = "t01_smooth_or_features_a01_smooth"
FEATURED = "t01_smooth_or_features_a02_features_or_disk"
NOT_EDGE_ON = [(FEATURED, 0.430), ("t02_edgeon_a05_no", 0.715)]
SPIRAL = [*NOT_EDGE_ON, ("t04_spiral_a08_spiral", 0.619)]
CUTS = {
    "t01": [],
    "t02": [(FEATURED, 0.430)],
    "t03": NOT_EDGE_ON,
    "t04": NOT_EDGE_ON,
    "t05": NOT_EDGE_ON,
    "t06": [],
    "t07": [(SMOOTH, 0.469)],
    "t08": [("t06_odd_a14_yes", 0.420)],
    "t09": [(FEATURED, 0.430), ("t02_edgeon_a04_yes", 0.602)],
    "t10": SPIRAL,
    "t11": SPIRAL,
}


def read(path):
    if path.endswith(".parquet"):
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_csv(path, dtype={"objid": "int64"})
    return frame, check(frame)


def check(frame):
    """The number of problems, by the rules of lib/data/catalogues/checks.ts."""
    numbers = frame.select_dtypes("number")
    nulls = frame.isna().any()
    low, high = numbers.min(), numbers.max()
    problems = int(nulls.sum()) + int(frame["objid"].duplicated().any())
    answers = [name[: -len("_count")] for name in frame.columns if name.endswith("_count")]
    questions = {}
    for stem in answers:
        questions.setdefault(stem[:3], []).append(stem)
    for stem in answers:
        for suffix in ["_fraction", "_weighted_fraction", "_debiased", "_flag"]:
            problems += int(low[stem + suffix] < 0 or high[stem + suffix] > 1)
        for suffix in ["_count", "_weight"]:
            problems += int(low[stem + suffix] < 0 or high[stem + suffix] > 1e6)
        bad = (frame[stem + "_count"] == 0) & (frame[stem + "_fraction"] > 1e-3)
        problems += int(bad.any())
    for stems in questions.values():
        for suffix in ["_fraction", "_weighted_fraction"]:
            total = frame[[stem + suffix for stem in stems]].sum(axis=1)
            tolerance = 5e-4 * len(stems) + 1e-6
            problems += int((((total - 1).abs() > tolerance) & (total != 0)).any())
    votes = frame[[stem + "_count" for stem in answers]].sum(axis=1)
    first = frame[[stem + "_count" for stem in questions["t01"]]].sum(axis=1)
    problems += int((votes != frame["total_votes"]).any())
    problems += int((first != frame["total_classifications"]).any())
    problems += int((low["ra"] < 0) or (high["ra"] > 360))
    problems += int((low["dec"] < -90) or (high["dec"] > 90))
    return problems


def select(frame):
    """How many galaxies have enough votes at each question."""
    kept = {}
    for question, cuts in CUTS.items():
        counts = [c for c in frame.columns if c.startswith(question) and c.endswith("_count")]
        mask = frame[counts].sum(axis=1) >= 20
        for stem, least in cuts:
            mask &= frame[stem + "_weighted_fraction"] >= least
        kept[question] = int(mask.sum())
    return kept


def label(frame):
    smooth = frame[SMOOTH + "_weighted_fraction"] >= 0.6
    featured = frame[FEATURED + "_weighted_fraction"] >= 0.6
    labels = np.select([smooth, featured], ["smooth", "featured"], "ambiguous")
    clear = labels != "ambiguous"
    return frame[clear].assign(label=labels[clear])


def split(frame):
    random = np.random.default_rng(1)
    parts = {"train": [], "validation": [], "test": []}
    for rows in frame.reset_index(drop=True).groupby("label").indices.values():
        order = random.permutation(rows)
        quotas = np.array([0.8, 0.1, 0.1]) * len(rows)
        sizes = np.floor(quotas).astype(int)
        by_remainder = np.argsort(-np.round(quotas - sizes, 9), kind="stable")
        sizes[by_remainder[: len(rows) - sizes.sum()]] += 1
        pieces = np.split(order, np.cumsum(sizes)[:-1])
        for part, piece in zip(parts.values(), pieces):
            part.append(piece)
    return {name: len(np.sort(np.concatenate(pieces))) for name, pieces in parts.items()}


def main(path):
    steps = {}
    start = time.perf_counter()
    frame, problems = read(path)
    steps["read and check"] = time.perf_counter() - start
    results = {"rows": len(frame), "columns": frame.shape[1], "problems": problems}
    start = time.perf_counter()
    results.update(select(frame))
    steps["select"] = time.perf_counter() - start
    start = time.perf_counter()
    labelled = label(frame)
    steps["label"] = time.perf_counter() - start
    start = time.perf_counter()
    parts = split(labelled)
    steps["split"] = time.perf_counter() - start
    results.update(labelled=len(labelled), **parts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cpu = time.process_time()
    print(json.dumps({"steps": steps, "cpu": cpu, "peak": peak, "results": results}))


if __name__ == "__main__":
    main(sys.argv[1])
