#!/usr/bin/env python3
"""The job lookalike_model_selection on made-up people: what becomes of each segment, files that MLflow scores by, their
registry, however often weir was killed on the way, and the same rows from any order of rows and number of threads.
`model_selection_test.py [POINT…]`."""
import hashlib
import json
import math
import os
import pathlib
import random
import shutil
import sys
import tempfile

import deltalake
import mlflow
import numpy
import pyarrow
import pyarrow.parquet
import sklearn.metrics
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ingest_test import SEED, call, rows

DAY = "2026-01-31"
SUNDAY = "2026-02-01"  # of the same week
REGION = "amer"
JOB = "lookalike_model_selection"
REGISTRY = "lookalike_registry"
FOLDS = 3
REASON = "12 positives; at least 50 are needed"


class People:
    """Those with d:shop are mostly positive for segment 7; 8 is skipped; of 9 there are positives alone."""

    def __init__(self, source):
        self.tokens = {}
        for number in range(400):
            chosen = source.sample([f"w:wort{letter}ä" for letter in "abcdefghij"], source.randint(1, 4))
            chosen += ["d:shop"] if number % 4 == 0 else []
            self.tokens[f"p{number:03}"] = {token: source.randint(1, 20) for token in chosen}
        liked = lambda name: "d:shop" in self.tokens[name]
        self.training = [(7, name, int(liked(name) != (source.random() < 0.1)), source.randrange(FOLDS)) for name in self.tokens]
        self.training += [(9, name, 1, source.randrange(FOLDS)) for name in list(self.tokens)[:60]]
        self.sizes = [(7, 150, 150, 1000, 11, None), (8, 12, 0, 1000, 11, REASON), (9, 60, 0, 1000, 11, None)]
        self.masks = [(7, "w:wortaä"), (9, "d:shop")]

    def put(self, project, source, day=DAY, mode="overwrite"):
        """Writes the tables that the job reads, rows in any order."""
        entry = pyarrow.struct([("token", pyarrow.string()), ("days", pyarrow.int64())])
        names = source.sample(list(self.tokens), len(self.tokens))
        lists = [[{"token": token, "days": days} for token, days in source.sample(list(self.tokens[name].items()), len(self.tokens[name]))]
                 for name in names]
        self._put(project, day, mode, "lookalikes_user_histories", {
            "universal_id": names, "tokens": pyarrow.array(lists, pyarrow.list_(entry)),
            "events": [9] * len(names), "parties": [1] * len(names)})
        training = source.sample(self.training, len(self.training))
        self._put(project, day, mode, "lookalikes_training_data", dict(zip(["segment_id", "universal_id", "label", "fold"], zip(*training))))
        columns = ["segment_id", "positives", "negatives", "eligible", "tokens", "reason"]
        self._put(project, day, mode, "lookalikes_training_sizes", dict(zip(columns, zip(*self.sizes))))
        self._put(project, day, mode, "lookalikes_masks", dict(zip(["segment_id", "token"], zip(*self.masks))))

    @staticmethod
    def _put(project, day, mode, table, columns):
        columns = {name: column if isinstance(column, pyarrow.Array) else list(column) for name, column in columns.items()}
        count = len(next(iter(columns.values())))
        pyarrow.parquet.write_table(pyarrow.table({**columns, "region": [REGION] * count, "ds": [day] * count}), project / "in.parquet")
        call("table", "import", f"metastore.{table}", "--from", "in.parquet", "--mode", mode, folder=project)


def new_project(folder, *jobs):
    """The pack with these jobs alone."""
    call("new", str(folder), "--pack", "adtech")
    for job in folder.glob("jobs/*/*"):
        if job.name not in jobs:
            shutil.rmtree(job)
    return folder


def run(project, job=JOB, *words, day=DAY):
    return call("run", job, "--on", day, "--partition", f"region={REGION}", *words, folder=project)


def stored(project, table):
    return deltalake.DeltaTable(project / "warehouse/metastore" / table).to_pyarrow_table().to_pylist()


def expected_scores(parameters, weights, people, masked):
    """The formula, from the tables' weights."""
    counts = {}
    for tokens in people.values():
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
    idf = {token: math.log((1 + len(people)) / (1 + count)) + 1 for token, count in counts.items()
           if 10 <= count <= 0.5 * len(people) and token not in masked}
    for tokens in people.values():
        values = {token: 1 if parameters["transform"] == "binary" else math.log(1 + days) * idf[token]
                  for token, days in tokens.items() if token in idf}
        length = 1 if parameters["transform"] == "binary" else math.sqrt(sum(value**2 for value in values.values())) or 1
        odds = sum(value / length * weights.get(token, 0) for token, value in values.items()) + float(parameters["intercept"])
        yield 1 / (1 + math.exp(-odds))


def check_model(folder, row, wanted, people):
    """A folder as MLflow has models gives these scores."""
    assert hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest() == row["model_sha256"]
    width = max(map(len, people.values()))
    tokens = numpy.array([[*entries, *[""] * (width - len(entries))] for entries in people.values()])
    days = numpy.array([[*entries.values(), *[0.0] * (width - len(entries))] for entries in people.values()], dtype=float)
    scores = mlflow.pyfunc.load_model(str(folder)).predict({"tokens": tokens, "days": days})["score"]
    worst = max(abs(score - other) for score, other in zip(scores, wanted, strict=True))
    assert worst <= 1e-9, f"a score is {worst} off"
    signature = yaml.safe_load((folder / "MLmodel").read_text())["signature"]
    assert '"float64"' in signature["outputs"], signature


def check_tables(project, people):
    runs = {row["segment_id"]: row for row in stored(project, "lookalikes_mlflow_runs")}
    assert {number: (row["status"], row["reason"], row["champion"]) for number, row in runs.items()} == {
        7: ("succeeded", None, True), 8: ("skipped", REASON, False), 9: ("failed", "no fold has both classes", False)}
    row = runs[7]
    assert (row["model_name"], row["model_version"], row["region"], row["ds"]) == ("lookalikes_amer_7", "20260131", REGION, DAY)
    assert row["auc_mean"] > 0.8 and row["positives"] + row["negatives"] == 400, row
    weights = {each["token"]: each["weight"] for each in stored(project, "lookalikes_token_weights")}
    assert max(weights, key=weights.get) == "d:shop" and "w:wortaä" not in weights, weights
    models = stored(project, "lookalikes_models")
    assert [model["run_id"] for model in models] == [row["run_id"]]
    grid = [each for each in stored(project, "lookalikes_grid") if each["segment_id"] == 7]
    assert len(grid) == 2 * 2 * 5 * FOLDS
    parameters = dict(row["parameters"])
    chosen = [each["auc"] for each in grid if (each["transform"], each["penalty"], each["c"]) == (
        parameters["transform"], parameters["penalty"], float(parameters["c"]))]
    assert abs(sum(chosen) / FOLDS - row["auc_mean"]) < 1e-12, (chosen, row)
    scores = list(expected_scores(parameters, weights, people.tokens, {"w:wortaä"}))
    folder = project / "model"
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(models[0]["model"])
    (folder / "MLmodel").write_text(models[0]["ml_model"])
    check_model(folder, row, scores, people.tokens)
    return row, scores


def check_registry(project, row, scores, people):
    """The registry of files says what the tables say, and MLflow loads the champion straight from it."""
    model = project / "warehouse/_files/models/lookalikes" / row["model_name"]
    registry = json.loads((model / "registry.json").read_text())
    assert registry["aliases"] == {"champion": row["model_version"]}, registry
    version = next(each for each in registry["versions"] if each["version"] == registry["aliases"]["champion"])
    assert version["run_id"] == row["run_id"] and {path.name for path in model.iterdir()} == {"registry.json", row["run_id"]}
    check_model(model / row["run_id"], row, scores, people.tokens)
    record = json.loads((model / row["run_id"] / "run.json").read_text())
    assert record["parameters"] == dict(row["parameters"])
    assert {(each["name"], each["step"]): each["value"] for each in record["metrics"]} == expected_metrics(project, row)
    curve = json.loads((model / row["run_id"] / "roc.json").read_text())
    stored_curve = [each for each in stored(project, "lookalikes_roc") if each["segment_id"] == row["segment_id"]]
    points = lambda rows: sorted((each["false_positive_rate"], each["true_positive_rate"]) for each in rows)
    assert points(curve) == points(stored_curve)


def expected_metrics(project, row):
    """By name and step, from the tables."""
    names = ["auc_mean", "auc_std", "average_precision", "auc_activity", "auc_naive_bayes", "calibration_error",
             "positives", "negatives", "vocabulary"]
    metrics = {(name, 0): row[name] for name in names}
    for each in stored(project, "lookalikes_grid"):
        if each["segment_id"] == row["segment_id"]:
            metrics[f"grid.{each['transform']}.{each['penalty']}.{each['c']}", each["fold"]] = each["auc"]
    return {key: value for key, value in metrics.items() if value is not None}


def contents(project):
    tables = ["mlflow_runs", "token_weights", "grid", "roc", "score", "models", "fold_weights", "champions"]
    return {table: rows(project, f"SELECT * {'EXCLUDE (seconds)' if table == 'mlflow_runs' else ''} "
                                 f"FROM metastore.lookalikes_{table} ORDER BY ALL") for table in tables}


def fold_scores(project, day, run, people, masked, min_people=10):
    """person → score, by what the run's model is without the person's fold."""
    counts = {}
    for tokens in people.tokens.values():
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
    idf = {token: math.log((1 + len(people.tokens)) / (1 + count)) + 1 for token, count in counts.items()
           if min_people <= count <= 0.5 * len(people.tokens) and token not in masked}
    weights = {}
    for row in stored(project, "lookalikes_fold_weights"):
        if (row["ds"], row["run_id"]) == (day, run["run_id"]):
            weights[row["fold"], row["token"]] = row["weight"]
    assert all((fold, "") in weights for fold in range(FOLDS)), "a fold has no model"
    is_binary = dict(run["parameters"])["transform"] == "binary"
    found = {}
    for segment, name, _, fold in people.training:
        if segment == 7:
            values = {token: 1 if is_binary else math.log(1 + days) * idf[token]
                      for token, days in people.tokens[name].items() if token in idf}
            length = 1 if is_binary else math.sqrt(math.fsum(value**2 for value in values.values())) or 1
            found[name] = round(math.fsum(value / length * weights.get((fold, token), 0) for token, value in values.items()), 10)
    return found


def mean_auc(people, scores, favour):
    """Of segment 7, over folds, by scikit-learn. Sums that are equal may differ in their last bits in the program: `favour` says
    who is better of those, positives (1) or negatives (-1)."""
    folds = {}
    for segment, name, label, fold in people.training:
        if segment == 7:
            folds.setdefault(fold, []).append((label, scores[name] + favour * label * 1e-9))
    return sum(sklearn.metrics.roc_auc_score(*zip(*found)) for found in folds.values()) / len(folds)


def check_champions(project, people, source):
    """On the day after, a model that may not use what tells most leaves the champion; the one of the day after that, which may
    again, takes its place."""
    days = {"worse": "2026-02-01", "good": "2026-02-02"}
    settings = project / "weir.yaml"
    text = settings.read_text()
    assert text.count("min_people: 10 ") == 1
    first = next(row for row in stored(project, "lookalikes_mlflow_runs") if row["segment_id"] == 7)
    for name, day in days.items():
        settings.write_text(text.replace("min_people: 10 ", "min_people: 120 ") if name == "worse" else text)
        people.put(project, source, day)
        run(project, day=day)
        run(project, REGISTRY, day=day)
    contests = {(row["ds"], row["segment_id"]): row for row in stored(project, "lookalikes_champions")}
    runs = {(row["ds"], row["segment_id"]): row for row in stored(project, "lookalikes_mlflow_runs")}
    assert contests[DAY, 7]["decision"] == "first" and contests[DAY, 7]["champion_run_id"] is None
    worse, good = contests[days["worse"], 7], contests[days["good"], 7]
    masked = {"w:wortaä"}
    for row, decision, min_people in ((worse, "kept", 120), (good, "replaced", 10)):
        assert (row["decision"], row["champion_run_id"], row["champion_ds"]) == (decision, first["run_id"], DAY), row
        assert (row["people"], row["positives"]) == (400, runs[row["ds"], 7]["positives"])
        own = fold_scores(project, row["ds"], runs[row["ds"], 7], people, masked, min_people)
        assert mean_auc(people, own, -1) - 1e-12 < row["auc"] < mean_auc(people, own, 1) + 1e-12, row
        scores = fold_scores(project, DAY, first, people, masked)
        assert mean_auc(people, scores, -1) - 1e-12 < row["champion_auc"] < mean_auc(people, scores, 1) + 1e-12, row
        assert abs(row["worse_by"] - (row["champion_auc"] - row["auc"])) < 1e-12
        assert row["worse_by_lower"] <= row["worse_by"] <= row["worse_by_upper"]
    assert worse["worse_by"] > 0.005 and worse["worse_by_lower"] > 0 and abs(good["worse_by"]) < 1e-9, (worse, good)
    assert [runs[day, 7]["champion"] for day in (DAY, *days.values())] == [True, False, True]
    registry = json.loads((project / "warehouse/_files/models/lookalikes/lookalikes_amer_7/registry.json").read_text())
    assert registry["aliases"] == {"champion": "20260202"}, registry
    assert [each["champion"] for each in registry["versions"]] == [True, False, True], registry


def check_weekly(folder, people, source, row):
    """Where it runs weekly it learns from the week's last day, as a daily run of that day does."""
    project = new_project(folder, JOB)
    path = project / "jobs/segment_building" / JOB / "job.yaml"
    path.write_text(path.read_text().replace("per: region\n", "per: region\nschedule: weekly\n"))
    people.put(project, source)
    people.put(project, source, SUNDAY, "append")
    run(project, day=SUNDAY)
    found = {each["segment_id"]: each for each in stored(project, "lookalikes_mlflow_runs")}
    assert {each["ds"] for each in found.values()} == {SUNDAY}
    assert [found[7][name] for name in ("status", "auc_mean", "positives")] == [row[name] for name in ("status", "auc_mean", "positives")]


def main():
    print("seed", SEED)
    source = random.Random(SEED)
    people = People(source)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        project = new_project(pathlib.Path(folder) / "project", JOB, REGISTRY)
        call("check", folder=project)
        people.put(project, source)
        run(project)
        row, scores = check_tables(project, people)
        for point in sys.argv[1:]:
            killed = call("run", REGISTRY, "--on", DAY, "--partition", f"region={REGION}", folder=project, failpoint=point, check=False)
            assert killed.returncode < 0, f"{point}: {killed}"
        run(project, REGISTRY)
        check_registry(project, row, scores, people)
        first = contents(project)
        version = deltalake.DeltaTable(project / "warehouse/metastore/lookalikes_models").version()
        people.put(project, source)  # the same rows in another order
        run(project, JOB, "--threads", "1", "--stale")
        assert contents(project) == first
        assert deltalake.DeltaTable(project / "warehouse/metastore/lookalikes_models").version() > version
        if not sys.argv[1:]:
            check_champions(project, people, source)
            check_weekly(pathlib.Path(folder) / "weekly", people, source, row)


if __name__ == "__main__":
    main()
