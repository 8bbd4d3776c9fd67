#!/usr/bin/env python3
"""The job lookalike_scoring on a generated world: scores recomputed from the models' weights, and from their files where there
is onnxruntime; ranks, who is left out, older champions, broken models, none. Needs packages of tests/python."""
import base64
import json
import math
import pathlib
import re
import sys
import tempfile

import pyarrow
import pyarrow.parquet

from fingerprints import last_words
from ingest_test import SEED, call, make_world, new_project, rows
from training_data_test import REGIONS, versions_by_day

DSPS = {"xandr": "an", "files": "st"}
CHAIN = ("lookalike_training_data", "lookalike_model_selection", "lookalike_scoring")
MIN_PEOPLE, MAX_SHARE = 10, 0.5


def segments_of(folder):
    return json.loads((folder / "platform/segments.json").read_text())


def change_segments(folder, change):
    """Calls `change` with each lookalike segment and its number within its region."""
    segments = segments_of(folder)
    numbers = dict.fromkeys(REGIONS, 0)
    for each in segments:
        if each["type"] == "lookalike":
            change(each, numbers[each["region"]])
            numbers[each["region"]] += 1
    (folder / "platform/segments.json").write_text(json.dumps(segments, indent=1))


def first_days(each, number):
    each["definition"] |= {"event": "any", "lookback_days": 30}
    each["pixel_ids"] = [each["pixel_ids"][0] - 1, each["pixel_ids"][0]]  # landing, conversion: so there are more positives
    each |= {"dsp": ("xandr", "files")[number % 2], "min_size": 0, "max_size": (15, 40, 2000)[number % 3]}
    if number == 1:  # nobody has ever done that
        each["definition"]["event"] = "unheard_of"


def last_day(each, number):
    if number % 3 == 0:  # nothing to learn from today
        each["definition"]["event"] = "unheard_of"


def prepared(folder):
    """(project, days): all done up to the last day, on which some segments can't be learnt any more."""
    make_world(folder / "world", SEED, "--people", "900", "--days", "3", "--rate.mapped", "0.7", "--rate.late", "0")
    change_segments(folder / "world", first_days)
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    settings = project / "weir.yaml"
    text = settings.read_text().replace("files: an}", "files: st}")
    for name, value in (("min_positives", 5), ("c", '"0.1, 1"')):
        text = re.sub(rf"(?m)^  {name}: (\"[^\"]*\"|\S+)", f"  {name}: {value}", text)
    settings.write_text(text)
    call("run", "enricher", "events_partitioner", "user_ids_mapper", folder=project)
    days = sorted(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM metastore.events"))
    call("run", "platform_metadata", *CHAIN, "--to", days[-2], folder=project)
    change_segments(folder / "world", last_day)
    call("run", "platform_metadata", *CHAIN, folder=project)
    return project, days


def histories_of(project, region, day):
    found = rows(project, f"SELECT * FROM metastore.lookalikes_user_histories WHERE region = '{region}' AND ds = '{day}'")
    return {row["universal_id"]: {each["token"]: int(each["days"]) for each in row["tokens"]} for row in found}


class Model:
    """A segment's model by its tables: the formula of the specification over the vocabulary of the day it was learnt on."""

    def __init__(self, project, region, run):
        where = f"region = '{region}' AND ds = '{run['ds']}' AND segment_id = {run['segment_id']}"
        self.log_idf = run["parameters"]["transform"] == "log_idf"
        self.intercept = float(run["parameters"]["intercept"])
        self.weights = {row["token"]: row["weight"] for row in rows(
            project, f"SELECT token, weight FROM metastore.lookalikes_token_weights WHERE {where}")}
        masked = {row["token"] for row in rows(project, f"SELECT token FROM metastore.lookalikes_masks WHERE {where}")}
        histories = histories_of(project, region, run["ds"])
        people = {}
        for tokens in histories.values():
            for token in tokens:
                people[token] = people.get(token, 0) + 1
        self.idf = {token: math.log((1 + len(histories)) / (1 + count)) + 1 for token, count in people.items()
                    if MIN_PEOPLE <= count <= MAX_SHARE * len(histories) and token not in masked}
        assert self.weights.keys() <= self.idf.keys()

    def score(self, tokens):
        values = {token: math.log(1 + days) * self.idf[token] if self.log_idf else 1
                  for token, days in tokens.items() if token in self.idf}
        length = math.sqrt(math.fsum(value * value for value in values.values())) if self.log_idf else 1
        odds = math.fsum(value / length * self.weights.get(token, 0) for token, value in values.items())
        return 1 / (1 + math.exp(-odds - self.intercept))


class Wanted:
    """What is to come of one region's day."""

    def __init__(self, project, region, day):
        self.project, self.region, self.day = project, region, day
        read = lambda what: rows(project, f"SELECT {what} AND region = '{region}'")
        self.histories = histories_of(project, region, day)
        self.definitions = {int(row["segment_id"]): row for row in read(
            f"segment_id, dsp, max_size FROM metastore.lookalike_definitions WHERE active = 1 AND ds = '{day}'")}
        mapping = rows(project, f"SELECT party, universal_id FROM metastore.mapping_{region}{versions_by_day(project, region)[day]}")
        self.known = {dsp: {row["universal_id"] for row in mapping if row["party"] == party} for dsp, party in DSPS.items()}
        self.positives = {(int(row["segment_id"]), row["universal_id"]) for row in read(
            f"segment_id, universal_id FROM metastore.lookalikes_positives WHERE ds = '{day}'")}
        self.champions = {}
        for row in sorted(read(f"* FROM metastore.lookalikes_mlflow_runs WHERE champion AND ds <= '{day}'"), key=lambda row: row["ds"]):
            self.champions[int(row["segment_id"])] = row

    def candidates(self, segment):
        eligible = self.known[self.definitions[segment]["dsp"]] & self.histories.keys()
        return {person for person in eligible if (segment, person) not in self.positives}

    def scores(self, segment):
        model = Model(self.project, self.region, self.champions[segment])
        return {person: model.score(self.histories[person]) for person in self.candidates(segment)}


def check_segment(found, scores, keep):
    """The best by rank, of equal ones the least universal_id first; nobody better is left out."""
    assert len(found) == min(keep, len(scores)), (len(found), keep, len(scores))
    assert [int(row["rank"]) for row in found] == list(range(1, len(found) + 1))
    for row in found:
        assert abs(row["score"] - scores[row["universal_id"]]) <= 1e-9, (row, scores[row["universal_id"]])
    order = [(-row["score"], row["universal_id"].encode()) for row in found]
    assert order == sorted(order), "not by score and universal_id"
    rest = scores.keys() - {row["universal_id"] for row in found}
    if found and rest:
        worst = found[-1]
        best, person = max((scores[person], person) for person in rest)
        assert best <= worst["score"] + 1e-9, (best, worst)
        tied = [person for person in rest if scores[person] == scores[worst["universal_id"]]]
        assert all(person > worst["universal_id"] for person in tied), "a tie was cut in another order"
    return len(found) - len({row["score"] for row in found})


def read_scored(project, region, day):
    found = {}
    for row in rows(project, f"""SELECT segment_id, universal_id, score, rank FROM metastore.lookalikes_scored_segments
                                 WHERE region = '{region}' AND ds = '{day}' ORDER BY segment_id, rank"""):
        found.setdefault(int(row["segment_id"]), []).append(row)
    return found


def statuses(project, region, day):
    found = rows(project, f"SELECT * FROM metastore.lookalikes_scoring WHERE region = '{region}' AND ds = '{day}'")
    return {int(row["segment_id"]): row for row in found}


def check_day(project, region, day):
    """How many segments got scores, by an older champion, none; and how many scores were equal."""
    wanted = Wanted(project, region, day)
    scored, status = read_scored(project, region, day), statuses(project, region, day)
    assert status.keys() == wanted.definitions.keys()
    counts = {"scored": 0, "older": 0, "no_model": 0, "ties": 0}
    for segment, row in status.items():
        champion = wanted.champions.get(segment)
        expected = ("scored", champion["run_id"], champion["ds"]) if champion else ("no_model", None, None)
        assert (row["status"], row["run_id"], row["model_ds"]) == expected, (row, expected)
        assert int(row["scored"]) == len(scored.get(segment, []))
        counts["scored" if champion else "no_model"] += 1
        counts["older"] += bool(champion and champion["ds"] < day)
        if champion:
            counts["ties"] += check_segment(scored[segment], wanted.scores(segment), 3 * int(wanted.definitions[segment]["max_size"]))
            check_file(wanted, champion, scored[segment])
    return counts


def check_file(wanted, champion, found):
    """The model's own scores are the same."""
    try:
        import numpy
        import onnxruntime
    except ModuleNotFoundError:
        return
    model = next(row for row in models(wanted.project) if row["run_id"] == champion["run_id"])
    lists = [sorted(wanted.histories[row["universal_id"]].items()) for row in found]
    width = max(map(len, lists))
    tokens = numpy.array([[token for token, _ in each] + [""] * (width - len(each)) for each in lists], dtype=object)
    days = numpy.array([[days for _, days in each] + [0] * (width - len(each)) for each in lists], dtype=numpy.float64)
    own = onnxruntime.InferenceSession(model["model"]).run(["score"], {"tokens": tokens, "days": days})[0]
    assert max(abs(row["score"] - score) for row, score in zip(found, own, strict=True)) <= 1e-9


def models(project):
    found = rows(project, "SELECT * REPLACE (to_base64(model) AS model) FROM metastore.lookalikes_models")
    return [{**row, "segment_id": int(row["segment_id"]), "model": base64.b64decode(row["model"])} for row in found]


def break_model(project, region, day):
    """A bit of one segment's model of the day is another one; the segment."""
    mine = [row for row in models(project) if (row["region"], row["ds"]) == (region, day)]
    broken = bytearray(mine[0]["model"])
    broken[len(broken) // 2] ^= 1
    mine[0]["model"] = bytes(broken)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(mine), project / "broken.parquet")
    call("table", "import", "metastore.lookalikes_models", "--from", "broken.parquet", "--mode", "replace", folder=project)
    return mine[0]["segment_id"]


def check_broken(project, region, day):
    before, states = read_scored(project, region, day), statuses(project, region, day)
    segment = break_model(project, region, day)
    call("backfill", "lookalike_scoring", "--from", day, "--to", day, "--partition", f"region={region}", folder=project)
    after, broken = read_scored(project, region, day), statuses(project, region, day)
    assert segment in before and {**after, segment: before[segment]} == before and segment not in after
    row = broken.pop(segment)
    assert row["status"] == "failed" and "isn't what its SHA-256 says" in row["reason"] and int(row["scored"]) == 0, row
    del states[segment]
    assert broken == states


def check_threads(project, day):
    """A day that is run again by any number of threads has the same rows."""
    tables = ("metastore.lookalikes_scored_segments", "metastore.lookalikes_scoring")
    prints = lambda: last_words(call("table", "fingerprint", *tables, folder=project).stdout)
    before = prints()
    for threads in ("1", "2"):
        call("backfill", "lookalike_scoring", "--from", day, "--to", day, "--threads", threads, folder=project)
        assert prints() == before, f"{threads} threads: other rows"


def main(folder):
    project, days = prepared(folder)
    total = {}
    for region in REGIONS:
        for day in days[-2:]:
            for name, count in check_day(project, region, day).items():
                total[name] = total.get(name, 0) + count
    assert min(total.values()) >= 1, total
    check_threads(project, days[-1])
    check_broken(project, "amer", days[-1])
    print(total)


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-scoring-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
