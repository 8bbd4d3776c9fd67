#!/usr/bin/env python3
"""Prints the table of bench/lookalikes/README.md: training and scoring beside scikit-learn and scipy, in one run."""
import argparse
import json
import os
import pathlib
import sys
import time
import warnings

import numpy
import scipy.sparse
from sklearn.linear_model import LogisticRegression

import measure
import people

BENCH = os.environ.get("WEIR_LEARN_BENCH", str(measure.REPOSITORY / "build/release/src/learn/learn_bench"))
DATA = pathlib.Path(os.environ.get("WEIR_BENCH_DATA", measure.REPOSITORY / "build/bench-data")) / "lookalikes"


def ours(*words):
    output, usage = measure.run_process([BENCH, *map(str, words)])
    return json.loads(output), usage.rss / 2**20


def matrix(folder, transform):
    offsets = numpy.fromfile(folder / "offsets", numpy.uint64).astype(numpy.int64)
    tokens = numpy.fromfile(folder / "tokens", numpy.uint32).astype(numpy.int32)
    values = numpy.ones(len(tokens))
    if transform == "log_idf":
        idf = numpy.log(len(offsets) / (1 + numpy.bincount(tokens))) + 1
        values = numpy.log1p(numpy.fromfile(folder / "days", numpy.uint16)) * idf[tokens]
    x = scipy.sparse.csr_matrix((values, tokens, offsets), shape=(len(offsets) - 1, tokens.max() + 1))
    if transform == "log_idf":
        norms = numpy.sqrt(numpy.asarray(x.multiply(x).sum(axis=1)).ravel())
        x = (scipy.sparse.diags(1 / numpy.where(norms > 0, norms, 1)) @ x).tocsr()
    return x


def liblinear(x, labels, c, penalty, goal):
    """CPU seconds at the largest tolerance of a power of ten that reaches the goal, and what it reached."""
    signs = 2.0 * labels - 1
    for exponent in range(1, 9):
        model = LogisticRegression(l1_ratio=1 if penalty == "l1" else 0, C=c, solver="liblinear", max_iter=10000,
                                   tol=10.0 ** -exponent, intercept_scaling=1e2, random_state=0)
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, labels)
        seconds = time.process_time() - start
        weights = model.coef_.ravel()
        margins = signs * (x @ weights + model.intercept_[0])
        cost = numpy.abs(weights).sum() if penalty == "l1" else weights @ weights / 2
        objective = c * numpy.logaddexp(0, -margins).sum() + cost
        if objective <= goal:
            return seconds, objective, 10.0 ** -exponent
    return seconds, objective, None


def bench_fit(size):
    folder = people.make(DATA / f"fit-{size}", size, 47_000, 68, 0.1, 2)
    labels = numpy.fromfile(folder / "labels", numpy.uint8)
    print(f"one model, {size:,} people × 47,000 tokens, {len(numpy.fromfile(folder / 'tokens', numpy.uint32)):,} entries")
    print(f"{'':24}{'weir CPU s':>11}{'objective':>17}{'RSS MiB':>9}{'liblinear CPU s':>17}{'objective':>17}{'tol':>9}{'ratio':>8}")
    for transform in ["binary", "log_idf"]:
        x = matrix(folder, transform)
        for penalty in ["l2", "l1"]:
            for c in [0.03, 1]:
                best = ours("fit", folder, c, penalty, transform, 1e-10)[0]["objective"]
                found, rss = ours("fit", folder, c, penalty, transform, 1e-6)
                seconds, objective, tolerance = liblinear(x, labels, c, penalty, best * (1 + 1e-6))
                reached = f"{tolerance:g}" if tolerance else "never"
                assert found["objective"] <= best * (1 + 1e-6)
                print(f"{transform + ' ' + penalty + ' C=' + str(c):24}{found['cpu']:11.2f}{found['objective']:17.6f}{rss:9.0f}"
                      f"{seconds:17.2f}{objective:17.6f}{reached:>9}{seconds / found['cpu']:8.1f}", flush=True)


def bench_score(size, models, wanted):
    folder = people.make(DATA / f"score-{size}", size, 47_000, 60, 0.1, 3)
    found, rss = ours("score", folder, models, wanted, 2)
    x = matrix(folder, "log_idf")
    weights = numpy.random.default_rng(7).uniform(-1, 1, (x.shape[1], models))
    start, wall = time.process_time(), time.perf_counter()
    for begin in range(0, size, 50_000):
        scores = x[begin:begin + 50_000] @ weights
        numpy.argpartition(-scores, min(wanted, len(scores) - 1), axis=0)
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    print(f"scoring {size:,} people × {models} models, best {wanted:,}: weir {found['cpu']:.1f} CPU s, {found['wall']:.1f} s wall, "
          f"{rss:.0f} MiB; scipy and numpy.argpartition {seconds:.1f} CPU s, {wall:.1f} s wall; "
          f"ratio {seconds / found['cpu']:.1f} by CPU, {wall / found['wall']:.1f} by wall", flush=True)


def bench_select(size, segments):
    folder = people.make(DATA / f"score-{size}", size, 47_000, 60, 0.1, 3)
    found, rss = ours("select", folder, segments, 2)
    print(f"{segments} segments of 200–5,000 positives × 10 negatives each out of {size:,} people, full grid × 3 folds + refit: "
          f"{found['wall'] / 60:.1f} min wall, {found['cpu']:.0f} CPU s, {rss:.0f} MiB; mean AUC {found['auc']:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which of fit, score, select; none: all")
    parser.add_argument("--quick", action="store_true", help="a small size: shows that it runs, proves nothing")
    options = parser.parse_args()
    small = options.quick
    parts = {"fit": lambda: bench_fit(10_000 if small else 250_000),
             "score": lambda: bench_score(20_000 if small else 1_000_000, 20 if small else 300, 1_000 if small else 30_000),
             "select": lambda: bench_select(20_000 if small else 200_000, 4 if small else 300)}
    unknown = set(options.names) - set(parts)
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}; known: {', '.join(parts)}")
    for name in options.names or parts:
        parts[name]()


if __name__ == "__main__":
    sys.exit(main())
