"""The same work as bench/catalogues.ts in pandas: read a GZ2 table and check it.

python3 bench/reference/catalogues.py FILE prints one JSON line.
"""

import json
import resource
import sys
import time

import pandas as pd


def read(path):
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


def main(path):
    steps = {}
    start = time.perf_counter()
    frame, problems = read(path)
    steps["read and check"] = time.perf_counter() - start
    results = {"rows": len(frame), "columns": frame.shape[1], "problems": problems}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cpu = time.process_time()
    print(json.dumps({"steps": steps, "cpu": cpu, "peak": peak, "results": results}))


if __name__ == "__main__":
    main(sys.argv[1])
