#!/usr/bin/env python3
"""The operator select_models on real visits (anonymous-msweb) against scikit-learn, on our folds, vocabulary and idf.

Every grid point's AUC on each fold, the choice, the refitted weights, and the scores that the model's file gives in
MLflow. WEIR_TEST_LONG=1 takes all areas."""
import hashlib
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import deltalake
import mlflow
import numpy
import pyarrow
import pyarrow.parquet
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import PredefinedSplit
from sklearn.naive_bayes import MultinomialNB

WEIR = os.environ["WEIR"]
DATA = pathlib.Path(__file__).resolve().parents[3] / "shared/data/msweb/anonymous-msweb.data"
FOLDS = 3
C = [0.03, 0.1, 0.3, 1, 3]
LEAST_VISITORS = 500

JOB = """
job: models
schedule: daily
deterministic: false
reads:
  histories: {table: in.histories}
  training: {table: in.training}
  sizes: {table: in.sizes}
  masks: {table: in.masks}
steps:
  - operator: select_models
    in: {histories: histories, training: training, sizes: sizes, masks: masks}
    with: {min_people: 10, max_share: 0.5}
    out: [runs, token_weights, grid, roc, score, models]
writes:
  - {table: out.runs, from: runs, mode: overwrite}
  - {table: out.token_weights, from: token_weights, mode: overwrite}
  - {table: out.grid, from: grid, mode: overwrite}
  - {table: out.models, from: models, mode: overwrite}
"""


def weir(*words, folder):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def visits():
    """Visitor → areas, in order of visitors."""
    found = {}
    for line in DATA.read_text(encoding="latin-1").splitlines():
        fields = line.split(",")
        if fields[0] == "C":
            areas = found[f"v{int(fields[2]):06}"] = set()
        elif fields[0] == "V":
            areas.add(int(fields[1]))
    return found


def fold_of(visitor):
    return int(visitor[1:]) * 2654435761 % 2**32 % FOLDS


def put(folder, table, columns):
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "in.parquet")
    weir("table", "import", table, "--from", "in.parquet", "--mode", "overwrite", folder=folder)


def run(folder, people, areas):
    (folder / "weir.yaml").write_text("name: models\n")
    (folder / "jobs/learn/models").mkdir(parents=True)
    (folder / "jobs/learn/models/job.yaml").write_text(JOB)
    names = sorted(people)
    entry = pyarrow.struct([("token", pyarrow.string()), ("days", pyarrow.int32())])
    tokens = [[{"token": f"a:{area}", "days": 1} for area in sorted(people[name])] for name in names]
    put(folder, "in.histories", {"universal_id": names, "tokens": pyarrow.array(tokens, pyarrow.list_(entry))})
    rows = [(area, name, int(area in people[name]), fold_of(name)) for area in areas for name in names]
    put(folder, "in.training", dict(zip(["segment_id", "universal_id", "label", "fold"], map(list, zip(*rows)))))
    positives = [sum(area in visited for visited in people.values()) for area in areas]
    put(folder, "in.sizes", {"segment_id": areas, "positives": positives, "eligible": [len(people)] * len(areas),
                             "reason": pyarrow.array([None] * len(areas), pyarrow.string())})
    put(folder, "in.masks", {"segment_id": areas, "token": [f"a:{area}" for area in areas]})
    weir("run", folder=folder)
    query = lambda sql: json.loads(weir("sql", sql, "--format", "json", folder=folder))
    return {table: query(f"SELECT * FROM out.{table} ORDER BY ALL") for table in ["runs", "token_weights", "grid"]}


def file_scores(folder, people, area, found):
    """Everybody's score by the model's file, as MLflow loads it."""
    rows = deltalake.DeltaTable(folder / "warehouse/out/models").to_pyarrow_table().to_pylist()
    row = next(row for row in rows if row["segment_id"] == area)
    run_row = next(row for row in found["runs"] if row["segment_id"] == area)
    assert hashlib.sha256(row["model"]).hexdigest() == row["model_sha256"] == run_row["model_sha256"]
    assert row["run_id"] == run_row["run_id"]
    model = folder / f"model-{area}"
    model.mkdir()
    (model / "model.onnx").write_bytes(row["model"])
    (model / "MLmodel").write_text(row["ml_model"])
    lists = [sorted(f"a:{visited}" for visited in people[name]) for name in sorted(people)]
    width = max(map(len, lists))
    tokens = numpy.array([tokens + [""] * (width - len(tokens)) for tokens in lists])
    return mlflow.pyfunc.load_model(str(model)).predict({"tokens": tokens, "days": (tokens != "").astype(float)})["score"]


class Reference:
    """One area's rows for scikit-learn: columns are the areas but for its own, of 10 to half of all visitors."""

    def __init__(self, people, area):
        names = sorted(people)
        counts = {}
        for visited in people.values():
            for other in visited:
                counts[other] = counts.get(other, 0) + 1
        self.terms = [a for a in sorted(counts) if 10 <= counts[a] <= 0.5 * len(names) and a != area]
        column = {a: number for number, a in enumerate(self.terms)}
        idf = [math.log((1 + len(names)) / (1 + counts[a])) + 1 for a in self.terms]
        rows, columns = [], []
        for row, name in enumerate(names):
            for other in people[name]:
                if other in column:
                    rows.append(row)
                    columns.append(column[other])
        shape = (len(names), len(self.terms))
        self.binary = scipy.sparse.csr_matrix((numpy.ones(len(rows)), (rows, columns)), shape=shape)
        weighed = self.binary @ scipy.sparse.diags(numpy.array(idf) * math.log(2))
        norms = numpy.sqrt(numpy.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        self.log_idf = scipy.sparse.diags(1 / numpy.where(norms > 0, norms, 1)) @ weighed
        self.labels = numpy.array([area in people[name] for name in names])
        self.split = PredefinedSplit([fold_of(name) for name in names])

    def x(self, transform):
        return (self.binary if transform == "binary" else self.log_idf).tocsr()

    def fit(self, transform, penalty, c, rows):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(l1_ratio=1 if penalty == "l1" else 0, C=c, solver="liblinear", max_iter=10000,
                                       tol=1e-8 if penalty == "l1" else 1e-10, intercept_scaling=1e3, random_state=0)
            return model.fit(self.x(transform)[rows], self.labels[rows])

    def fold_aucs(self, transform, penalty, c):
        for train, test in self.split.split():
            scores = self.fit(transform, penalty, c, train).decision_function(self.x(transform)[test])
            yield roc_auc_score(self.labels[test], scores)

    def objective(self, transform, penalty, c, weights, intercept):
        margins = numpy.where(self.labels, 1, -1) * (self.x(transform) @ weights + intercept)
        cost = numpy.abs(weights).sum() if penalty == "l1" else weights @ weights / 2
        return c * numpy.logaddexp(0, -margins).sum() + cost

    def slope(self, transform, _, c, weights, intercept):
        """The length of the L2 objective's gradient by the weights."""
        x = self.x(transform)
        probabilities = 1 / (1 + numpy.exp(-(x @ weights + intercept)))
        return numpy.linalg.norm(c * (x.T @ (probabilities - self.labels)) + weights)

    def naive_bayes_auc(self):
        aucs = []
        for train, test in self.split.split():
            odds = MultinomialNB().fit(self.binary[train], self.labels[train]).predict_log_proba(self.binary[test])
            aucs.append(roc_auc_score(self.labels[test], odds[:, 1] - odds[:, 0]))
        return numpy.mean(aucs)

    def activity_auc(self):
        activity = numpy.asarray(self.binary.sum(axis=1)).ravel()
        return numpy.mean([roc_auc_score(self.labels[test], activity[test]) for _, test in self.split.split()])


def compare(area, reference, found, scores):
    run_row = next(row for row in found["runs"] if row["segment_id"] == area)
    assert run_row["status"] == "succeeded", run_row
    parameters = run_row["parameters"]
    intercept = float(parameters["intercept"])
    worst = 0
    means = []
    for transform in ["binary", "log_idf"]:
        for penalty in ["l2", "l1"]:
            for c in C:
                aucs = [row["auc"] for row in found["grid"] if (row["segment_id"], row["transform"], row["penalty"],
                                                                 row["c"]) == (area, transform, penalty, c)]
                expected = list(reference.fold_aucs(transform, penalty, c))
                worst = max(worst, *(abs(a - b) for a, b in zip(aucs, expected, strict=True)))
                means.append(((transform, penalty, c), numpy.mean(expected)))
    assert worst <= 1e-4, f"area {area}: a fold's AUC is {worst} off"

    best = max(mean for _, mean in means)
    wanted = next(point for point, mean in means if mean >= best - 1e-6)
    chosen = (parameters["transform"], parameters["penalty"], float(parameters["c"]))
    assert chosen == wanted or abs(dict(means)[chosen] - best) <= 1e-4, f"area {area}: {chosen}, not {wanted}"

    weights = {row["token"]: row["weight"] for row in found["token_weights"] if row["segment_id"] == area}
    ours = numpy.array([weights.get(f"a:{term}", 0) for term in reference.terms])
    model = reference.fit(*chosen, slice(None))
    theirs = model.coef_.ravel()
    at_theirs = reference.objective(*chosen, theirs, model.intercept_[0])
    at_ours = reference.objective(*chosen, ours, intercept)
    assert at_ours <= at_theirs * (1 + 1e-6), f"area {area}: objective {at_ours}, theirs {at_theirs}"
    if chosen[1] == "l2":
        # The objective is 1-strongly convex: no optimum is further away than the slope. liblinear's own may be large.
        assert reference.slope(*chosen, ours, intercept) <= 1e-3, f"area {area}: weights aren't the optimum's"
        off = numpy.abs(ours - theirs).max() - reference.slope(*chosen, theirs, model.intercept_[0])
        assert off <= 1e-3, f"area {area}: weights {off} off"
    for name, expected in [("naive_bayes", reference.naive_bayes_auc()), ("activity", reference.activity_auc())]:
        assert abs(run_row[f"auc_{name}"] - expected) <= 1e-6, f"area {area}: {name} {run_row[f'auc_{name}']}, not {expected}"
    odds = reference.x(chosen[0]) @ ours + intercept
    worst = max(abs(score - 1 / (1 + math.exp(-odd))) for score, odd in zip(scores, odds, strict=True))
    assert worst <= 1e-9, f"area {area}: a score of the model's file is {worst} off"
    print(f"area {area}: {chosen}, mean AUC {run_row['auc_mean']:.4f}, folds within {worst:.1e}", flush=True)


def main():
    if not DATA.exists():
        print("skipped: msweb of the shared data isn't there")
        return
    people = visits()
    counts = {}
    for visited in people.values():
        for area in visited:
            counts[area] = counts.get(area, 0) + 1
    areas = sorted(area for area, count in counts.items() if count >= LEAST_VISITORS)
    assert len(people) == 32711 and len(areas) == 35, (len(people), len(areas))
    if not os.environ.get("WEIR_TEST_LONG"):
        areas = [1017]  # 5,108 positives and the least separable of all
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        found = run(pathlib.Path(folder), people, areas)
        for area in areas:
            compare(area, Reference(people, area), found, file_scores(pathlib.Path(folder), people, area, found))


main()
