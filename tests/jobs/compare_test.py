#!/usr/bin/env python3
"""`weir lookalikes compare` on a generated world: figures against scikit-learn and scipy, another system's files as TSV and
Parquet, weir's own earlier day, the same rows again, and every mistake in the files with its place. Needs packages of
tests/python."""
import collections
import gzip
import json
import pathlib
import random
import sys
import tempfile

import numpy
import pyarrow
import pyarrow.parquet
import scipy.stats
import sklearn.metrics

from evaluation_test import JOB, prepared
from ingest_test import SEED, call, rows
from scoring_test import histories_of
from training_data_test import REGIONS


class Old:
    """Another system's lookalikes: noisy scores of some people, weights of some tokens, some ids."""

    def __init__(self, project, days, source):
        self.weights, self.scores, self.members = {}, {}, {}
        self.judged = collections.defaultdict(list)
        for row in rows(project, "SELECT * FROM metastore.lookalikes_evaluation_scores WHERE model IS NOT NULL ORDER BY ALL"):
            self.judged[int(row["segment_id"])].append((row["region"], row["universal_id"], int(row["label"]), row["model"]))
        segments = sorted(self.judged)
        for number, segment in enumerate(segments):
            if number % 3 == 0:
                self.scores[segment] = {name: round(source.random() + 3 * label + score, 6)
                                        for _, name, label, score in self.judged[segment] if source.random() < 0.8}
            if number % 3 <= 1:
                tokens = [row["token"] for row in rows(project, f"""SELECT DISTINCT token FROM metastore.lookalikes_token_weights
                    WHERE segment_id = {segment} ORDER BY token LIMIT 30""")] + ["d:other.example"]
                self.weights[segment] = {token: round(source.uniform(-2, 2), 6) for token in tokens}
            ids = [row["dsp_user_id"] for row in rows(project, f"""SELECT DISTINCT dsp_user_id FROM metastore.segment_members
                WHERE segment_id = {segment} AND ds = '{days[1]}' ORDER BY dsp_user_id""")]
            self.members[segment] = {name: source.random() for name in source.sample(ids, len(ids) * 2 // 3) + ["nobody's"]}

    def lines(self, what):
        return [(segment, key, value) for segment, found in sorted(getattr(self, what).items()) for key, value in found.items()]

    def write(self, folder):
        folder.mkdir()
        weights = self.lines("weights")
        pyarrow.parquet.write_table(pyarrow.table(dict(zip(("segment_id", "token", "weight"), zip(*weights)))), folder / "token_weights.parquet")
        text = "other\tscore\tuniversal_id\tsegment_id\n" + "".join(f"x\t{value!r}\t{key}\t{segment}\n" for segment, key, value in self.lines("scores"))
        (folder / "scores.tsv").write_text(text)
        text = "segment_id\tdsp_user_id\tvalue\n" + "".join(f"{segment}\t{key}\t{value!r}\n" for segment, key, value in self.lines("members"))
        with gzip.open(folder / "members.tsv.gz", "wt") as out:
            out.write(text)


def old_scores(project, old, segment, days):
    """(ranked by, score of each judged person)."""
    judged = old.judged[segment]
    if segment in old.scores:
        least = min(old.scores[segment].values())
        return "scores", [old.scores[segment].get(name, least - 1) for _, name, _, _ in judged]
    if segment in old.weights:
        histories = histories_of(project, judged[0][0], days[0])
        return "token_weights", [sum(sorted(old.weights[segment].get(token, 0) for token in histories[name])) for _, name, _, _ in judged]
    names = set(old.members[segment])
    holders = {row["universal_id"] for row in rows(
        project, f"SELECT user_id, universal_id FROM metastore.mapping_{judged[0][0]}") if row["user_id"] in names}
    return "members", [float(name in holders) for _, name, _, _ in judged]


def close(found, wanted):
    if wanted is None or wanted != wanted:
        assert found is None, (found, wanted)
    else:
        assert found is not None and abs(found - wanted) <= 1e-9, (found, wanted)


def new_weights(project, segment, day):
    return {row["token"]: row["weight"] for row in rows(project, f"""
        SELECT w.token, w.weight FROM metastore.lookalikes_token_weights AS w JOIN (
          SELECT run_id, ds FROM metastore.lookalikes_mlflow_runs WHERE champion AND segment_id = {segment} AND ds <= '{day}'
          ORDER BY ds DESC LIMIT 1) AS r ON r.run_id = w.run_id AND r.ds = w.ds WHERE w.segment_id = {segment}""")}


def check_segment(project, old, days, row):
    segment = int(row["segment_id"])
    by, scores = old_scores(project, old, segment, days)
    labels, model = [each[2] for each in old.judged[segment]], [each[3] for each in old.judged[segment]]
    assert (row["ranked_by"], int(row["people"]), int(row["positives"])) == (by, len(labels), sum(labels)), row
    if len(set(labels)) == 2:
        rounded = numpy.round(scores, 9)
        close(row["new_auc"], sklearn.metrics.roc_auc_score(labels, model))
        close(row["old_auc"], sklearn.metrics.roc_auc_score(labels, rounded))
        close(row["auc_gain"], row["new_auc"] - row["old_auc"])
        assert row["auc_gain_lower"] <= row["auc_gain"] <= row["auc_gain_upper"], row
    else:
        assert row["new_auc"] is None and row["auc_gain_lower"] is None
    if segment in old.weights:
        now = new_weights(project, segment, days[0])
        tokens = sorted(now.keys() | old.weights[segment].keys())
        left, right = ([each.get(token, 0) for token in tokens] for each in (old.weights[segment], now))
        close(row["weights_spearman"], scipy.stats.spearmanr(left, right).statistic if len(set(right)) > 1 else None)
    else:
        assert row["weights_spearman"] is None
    if segment in old.scores:
        pairs = [(old.scores[segment][name], score) for _, name, _, score in old.judged[segment] if name in old.scores[segment]]
        close(row["scores_spearman"], scipy.stats.spearmanr(*zip(*pairs)).statistic if len({new for _, new in pairs}) > 1 else None)
    else:
        assert row["scores_spearman"] is None
    now = {}
    for each in rows(project, f"SELECT dsp_user_id, value FROM metastore.segment_members WHERE segment_id = {segment} AND ds = '{days[1]}'"):
        now[each["dsp_user_id"]] = max(now.get(each["dsp_user_id"], 0), float(each["value"]))
    sizes = (len(old.members[segment]), len(now))
    assert (int(row["old_size"]), int(row["new_size"])) == sizes, row
    best = lambda found: set(sorted(found, key=lambda name: (-found[name], name.encode()))[:min(sizes)])
    close(row["overlap"], len(best(old.members[segment]) & best(now)) / min(sizes) if min(sizes) else None)


def compare(project, *words, check=True):
    return call("lookalikes", "compare", *words, "--json", folder=project, check=check)


def check_own_day(project, days):
    """The model that is judged, beside itself: whom it kept no score of comes last."""
    found = json.loads(compare(project, "--old-day", days[0]).stdout)["segments"]
    assert found and {row["old"] for row in found} == {days[0]}
    for row in found:
        if row["weights_spearman"] is not None:
            close(row["weights_spearman"], 1)
        if row["scores_spearman"] is not None:
            close(row["scores_spearman"], 1)
        assert row["ranked_by"] in ("scores", None), row
    assert sum(row["scores_spearman"] is not None for row in found) >= 5


MISTAKES = [
    ("scores.tsv", "segment_id\tuniversal_id\n1\ta\n", "scores.tsv:1: score: there is no such column; found segment_id, universal_id"),
    ("scores.tsv", "segment_id\tuniversal_id\tscore\n1\ta\t0.5\n1\tb\thigh\n", "scores.tsv:3: score: found 'high'; a finite number is allowed"),
    ("scores.tsv", "segment_id\tuniversal_id\tscore\n1\ta\tnan\n", "scores.tsv:2: score: found 'nan'; a finite number is allowed"),
    ("token_weights.tsv", "segment_id\ttoken\tweight\n1.5x\tw:a\t1\n", "token_weights.tsv:2: segment_id: found '1.5x'; a whole number is allowed"),
    ("scores.tsv", "segment_id\tuniversal_id\tscore\n1000.4\ta\t0.5\n", "scores.tsv:2: segment_id: found '1000.4'; a whole number is allowed"),
    ("scores.tsv", "segment_id\tuniversal_id\tscore\n7\ta\t0.5\n", "none of its segments was evaluated on 2"),
    ("token_weights.tsv", "segment_id\ttoken\tweight\n1\t\t1\n", "token_weights.tsv:2: token: found ''; a text is allowed"),
    ("members.tsv", "segment_id\tdsp_user_id\n1\ta\n2\ta\n1\ta\n",
     "members.tsv:4: dsp_user_id: 'a' of segment 1 stands there a second time; once is allowed"),
    ("members.tsv", "segment_id\tdsp_user_id\n", "members.tsv: it has no rows"),
    ("scores.tsv", "\ufeffsegment_id\tuniversal_id\tscore\n1\ta\t1\n\n1\tb\thigh\n", "scores.tsv:4: score: found 'high'; a finite number is allowed"),
    ("scores.tsv", "\r\nsegment_id\tuniversal_id\tscore\r\n1\ta\t1\r\n1\tb\thigh\r\n", "scores.tsv:4: score: found 'high'; a finite number is allowed"),
    ("token_weights.tsv", "segment_id\ttoken\tweight\n1\tw:a\n", "token_weights.tsv:2: found 2 fields; 3, as in the first line, are allowed"),
    ("token_weights.tsv", "segment_id\ttoken\tweight\n1\tw:a\t1\n1\tw:b\t1\t2\n", "token_weights.tsv:3: found 4 fields; 3, as in the first line, are allowed"),
    ("token_weights.tsv", "segment_id\ttoken\tweight\ttoken\n1\tw:a\t1\tw:a\n", "token_weights.tsv:1: token: there are several such columns; one is allowed"),
    ("scores.tsv.gz", "not packed", "scores.tsv.gz: it can't be read: "),
    ("scores.parquet", "no Parquet", "scores.parquet: it can't be read: "),
    ("scores.parquet", "no", "scores.parquet: it can't be read: "),
    ("other.tsv", "", "it has none of token_weights, scores and members"),
]


def check_mistakes(project, folder):
    for number, (name, text, message) in enumerate(MISTAKES):
        wrong = folder / f"wrong-{number}"
        wrong.mkdir()
        (wrong / name).write_text(text)
        failed = compare(project, "--old", str(wrong), check=False)
        assert failed.returncode == 1 and message in failed.stderr, (message, failed)
        assert failed.stderr.count("\n") == 1 and "old_" not in failed.stderr and "LINE" not in failed.stderr, failed.stderr
    missing = compare(project, "--old", str(folder / "nowhere"), check=False)
    assert missing.returncode == 1 and "there is no folder" in missing.stderr
    assert compare(project, check=False).returncode == 2
    wrong_day = compare(project, "--old-day", "abc", check=False)
    assert wrong_day.returncode == 2 and "--old-day 'abc': expected a day" in wrong_day.stderr, wrong_day
    assert compare(project, "--old", "x", "--old-day", "2026-01-01", check=False).returncode == 2


def check_later_day(project, days):
    """Lookalikes of a day after the judged one know who converts."""
    judged = rows(project, "SELECT min(judged_ds) AS ds FROM metastore.lookalikes_evaluation WHERE ds = (SELECT max(ds) FROM metastore.lookalikes_evaluation)")[0]["ds"]
    assert judged < days[1], (judged, days)
    failed = compare(project, "--old-day", days[1], check=False)
    assert failed.returncode == 1 and f"{judged} and earlier days are allowed" in failed.stderr, failed


def main(folder):
    project, days = prepared(folder)
    call("run", JOB, "--on", days[1], folder=project)
    old = Old(project, days, random.Random(SEED))
    old.write(folder / "old system")
    first = json.loads(compare(project, "--old", str(folder / "old system")).stdout)["segments"]
    assert {int(row["segment_id"]) for row in first} == old.judged.keys() and {row["region"] for row in first} == set(REGIONS)
    for row in first:
        check_segment(project, old, days, row)
    stored = lambda: rows(project, "SELECT * FROM metastore.lookalikes_comparison ORDER BY ALL")
    before = stored()
    assert len(before) == len(first) and {row["old"] for row in before} == {"old system"}
    compare(project, "--old", str(folder / "old system"))
    assert stored() == before, "comparing again changed something"
    check_own_day(project, days)
    check_later_day(project, days)
    assert len(stored()) == 2 * len(before)
    check_mistakes(project, folder)
    print(collections.Counter(row["ranked_by"] for row in first))


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-compare-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
