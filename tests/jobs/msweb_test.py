#!/usr/bin/env python3
"""examples/msweb on the real visits: its table against scikit-learn's models of the points that were chosen, trained on the
visitors of one file and tested on the other's. WEIR_TEST_LONG=1 takes the example as it is, else it has few areas."""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import MultinomialNB

WEIR = os.environ["WEIR"]
DATA = pathlib.Path(__file__).resolve().parents[3] / "shared/data/msweb"
COLUMNS = ["area", "title", "positives", "transform", "penalty", "c", "cv_auc", "test_auc", "naive_bayes_test_auc",
           "popularity_test_auc"]


def weir(*words, folder, code=0):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=1500)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def read(suffix):
    """A list of sets of areas, one a visitor, and the areas' titles."""
    visitors, titles = [], {}
    for line in (DATA / f"anonymous-msweb.{suffix}").read_text(encoding="latin-1").splitlines():
        fields = line.split(",")
        if fields[0] == "A":
            titles[int(fields[1])] = re.match(r'A,\d+,\d+,"([^"]*)"', line)[1]
        elif fields[0] == "C":
            visitors.append(set())
        elif fields[0] == "V":
            visitors[-1].add(int(fields[1]))
    return visitors, titles


class Matrices:
    """One area's rows of both files. Columns are the other areas that 10 to half of all training visitors have."""

    def __init__(self, train, test, area):
        counts = {}
        for visited in train:
            for other in visited:
                counts[other] = counts.get(other, 0) + 1
        terms = [a for a in sorted(counts) if 10 <= counts[a] <= 0.5 * len(train) and a != area]
        self.column = {a: number for number, a in enumerate(terms)}
        self.idf = numpy.array([math.log((1 + len(train)) / (1 + counts[a])) + 1 for a in terms])
        self.train, self.test = self.binary(train), self.binary(test)
        self.train_labels = numpy.array([area in visited for visited in train])
        self.test_labels = numpy.array([area in visited for visited in test])
        self.popularity = numpy.array([len(visited - {area}) for visited in test])

    def binary(self, visitors):
        cells = [(row, self.column[a]) for row, visited in enumerate(visitors) for a in visited if a in self.column]
        rows, columns = zip(*cells)
        return scipy.sparse.csr_matrix((numpy.ones(len(cells)), (rows, columns)), shape=(len(visitors), len(self.column)))

    def log_idf(self, binary):
        weighed = binary @ scipy.sparse.diags(self.idf * math.log(2))
        norms = numpy.sqrt(numpy.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        return (scipy.sparse.diags(1 / numpy.where(norms > 0, norms, 1)) @ weighed).tocsr()

    def model_auc(self, *point):
        return self.auc_of(*point, self.train, self.train_labels, self.test, self.test_labels)

    def cv_auc(self, visitors, labels, folds, *point):
        """The mean over folds; of each what its rows get from a model of the others."""
        cells, found = self.binary(visitors), []
        for fold in sorted(set(folds)):
            held = numpy.flatnonzero(folds == fold)
            others = numpy.flatnonzero(folds != fold)
            found.append(self.auc_of(*point, cells[others], labels[others], cells[held], labels[held]))
        return numpy.mean(found)

    def auc_of(self, transform, penalty, c, train, train_labels, test, test_labels):
        train, test = (train, test) if transform == "binary" else (self.log_idf(train), self.log_idf(test))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(l1_ratio=1 if penalty == "l1" else 0, C=c, solver="liblinear", max_iter=10000, tol=1e-8,
                                       intercept_scaling=1e3, random_state=0).fit(train, train_labels)
        return roc_auc_score(test_labels, model.decision_function(test))

    def naive_bayes_auc(self):
        of_no, of_yes = MultinomialNB().fit(self.train, self.train_labels).feature_log_prob_
        # Exact sums, so that rounding breaks no tie.
        odds = [math.fsum((of_yes - of_no)[row.indices]) for row in self.test]
        return roc_auc_score(self.test_labels, odds)


def training_rows(project, area):
    """Areas, label and fold of each visitor that a segment learns from."""
    found = json.loads(weir("sql", f"""
        SELECT list_transform(h.tokens, lambda t: t.token) AS tokens, t.label AS label, t.fold AS fold
        FROM metastore.lookalikes_training_data AS t
        JOIN metastore.lookalikes_user_histories AS h ON h.universal_id = t.universal_id AND h.region = t.region AND h.ds = t.ds
        JOIN metastore.lookalikes_mlflow_runs AS r ON r.segment_id = t.segment_id AND r.ds = t.ds AND r.status = 'succeeded'
        WHERE t.segment_id = {area}""", "--format", "json", folder=project))
    visitors = [{int(token.removeprefix("d:area-")) for token in row["tokens"]} for row in found]
    return visitors, numpy.array([row["label"] == 1 for row in found]), numpy.array([row["fold"] for row in found])


def compare(project, row, train, test, titles):
    matrices = Matrices(train, test, row["area"])
    point = row["transform"], row["penalty"], row["c"]
    visitors, labels, folds = training_rows(project, row["area"])
    assert (len(visitors), labels.sum(), set(folds)) == (len(train), row["positives"], {0, 1, 2}), row
    assert (row["title"], row["positives"]) == (titles[row["area"]], matrices.train_labels.sum()), row
    for name, expected, near in (
            ("cv_auc", matrices.cv_auc(visitors, labels, folds, *point), 1e-4),
            ("test_auc", matrices.model_auc(*point), 5e-4),
            ("naive_bayes_test_auc", matrices.naive_bayes_auc(), 1e-6),
            ("popularity_test_auc", roc_auc_score(matrices.test_labels, matrices.popularity), 1e-9)):
        assert abs(row[name] - expected) <= near, f"area {row['area']}: {name} is {row[name]}, not {expected}"
    return abs(row["test_auc"] - matrices.model_auc(*point))


def check_messages(folder):
    text = weir("new", "none", "--example", "msweb", folder=folder, code=1)
    assert "needs data: --data FOLDER with anonymous-msweb.data" in text and "archive.ics.uci.edu" in text, text
    text = weir("new", "none", "--example", "msweb", "--data", ".", folder=folder, code=1)
    assert "; . has no anonymous-msweb.data" in text, text
    assert "--data goes with --example" in weir("new", "none", "--data", ".", folder=folder, code=2)
    assert not (folder / "none").exists()


def main(folder):
    check_messages(folder)
    if not DATA.exists():
        print("skipped: msweb of the shared data isn't there")
        return
    project = folder / "msweb"
    weir("new", str(project), "--example", "msweb", "--data", str(DATA), folder=folder)
    weir("check", "--strict", folder=project)
    is_long = bool(os.environ.get("WEIR_TEST_LONG"))
    if not is_long:
        settings = project / "weir.yaml"
        settings.write_text(settings.read_text().replace("least_visitors: 500", "least_visitors: 8000").replace(
            'c: "0.03, 0.1, 0.3, 1, 3"', 'c: "0.1, 1"'))
    printed = weir("run", folder=project)
    rows = json.loads(weir("sql", "SELECT * FROM reporting.msweb_evaluation", "--format", "json", folder=project))
    (train, titles), (test, _) = read("data"), read("test")
    assert (len(train), len(test)) == (32711, 5000)
    wanted = [a for a in sorted(titles) if sum(a in visited for visited in train) >= (500 if is_long else 8000)]
    assert [row["area"] for row in rows] == wanted and len(wanted) == (35 if is_long else 3), rows
    assert all(list(row) == COLUMNS for row in rows)
    assert all(titles[area] in printed.split(" failed, ")[-1] for area in wanted), printed
    off = [compare(project, row, train, test, titles) for row in rows]
    print(f"{len(rows)} areas: test AUC within {max(off):.1e} of scikit-learn's")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="weir-test-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
