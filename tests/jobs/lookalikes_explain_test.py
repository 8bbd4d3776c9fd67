#!/usr/bin/env python3
"""`weir explain member`, `weir export training` and the job lookalike_reports on a generated world: scores taken apart again
in Python from the tables, every reason why somebody isn't in a segment, the export against a join in Python, reports
against the tables less the rows that too few people stand behind."""
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import sys
import tempfile

import pyarrow.parquet
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ingest_test import call, make_world, new_project, rows

SEED = int(os.environ.get("WEIR_TEST_SEED") or 7)
LEAST = 14  # people behind a row of a report
SIZE = 25  # of each segment, so that some are ranked beyond it


def explain(project, segment, user, *words):
    return json.loads(call("explain", "member", str(segment), user, *words, "--json", folder=project).stdout)


def refused(project, *words):
    done = call(*words, folder=project, check=False)
    assert done.returncode == 1, (words, done)
    return done.stderr


def prepared(folder):
    make_world(folder / "world", SEED, "--people", "1500", "--days", "2", "--rate.mapped", "0.6", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    settings = project / "weir.yaml"
    text = settings.read_text()
    for name, old, new in (("min_positives", 50, 10), ("privacy_k", 50, LEAST)):
        assert f"{name}: {old}" in text, name
        text = text.replace(f"{name}: {old}", f"{name}: {new}")
    assert text.count("  holdout: 0 ") == 1
    settings.write_text(text.replace("  holdout: 0 ", "  holdout: 0.1 "))
    segments = folder / "world/platform/segments.json"
    small = json.loads(segments.read_text())
    for segment in small:
        if segment["type"] == "lookalike":
            segment["min_size"], segment["max_size"] = 1, SIZE
    off = [{**segment, "dsp": "files", "active": False, "max_size": 40 * SIZE} for segment in small if segment["type"] == "lookalike"]
    segments.write_text(json.dumps(small + off, indent=1))  # DSPs that are switched off count for nothing
    call("run", "+lookalike_reports", "+lookalike_segment_sync", folder=project)
    day = rows(project, "SELECT max(ds) AS ds FROM metastore.segment_members")[0]["ds"]
    return project, day


class Tables:
    """The newest day of one region, as Python has it."""

    def __init__(self, project, region, day):
        self.region, self.day = region, day
        of_day = f"WHERE region = '{region}' AND ds = '{day}'"
        read = lambda columns, table: rows(project, f"SELECT {columns} FROM metastore.{table} {of_day}")
        self.runs = {row["segment_id"]: row for row in read(
            "*, parameters['transform'] AS transform, parameters['intercept'] AS intercept", "lookalikes_mlflow_runs")}
        self.weights = {}
        for row in read("segment_id, token, weight", "lookalikes_token_weights"):
            self.weights.setdefault(row["segment_id"], {})[row["token"]] = row["weight"]
        self.histories = {}
        for row in rows(project, f"SELECT universal_id, t.token AS token, t.days AS days FROM (SELECT universal_id, unnest(tokens) AS t "
                                 f"FROM metastore.lookalikes_user_histories {of_day})"):
            self.histories.setdefault(row["universal_id"], {})[row["token"]] = row["days"]
        self.masks = {(row["segment_id"], row["token"]) for row in read("segment_id, token", "lookalikes_masks")}
        self.positives = {(row["segment_id"], row["universal_id"]) for row in read("segment_id, universal_id", "lookalikes_positives")}
        self.scored = {(row["segment_id"], row["universal_id"]): row for row in read("*", "lookalikes_scored_segments")}
        self.members = {}
        for row in read("*", "segment_members"):
            self.members.setdefault((row["segment_id"], row["universal_id"]), []).append(row)
        self.held = {(row["segment_id"], row["universal_id"]): row for row in read("*", "lookalikes_holdouts")}
        self.mapping = {}
        for row in rows(project, f"SELECT universal_id, party, user_id FROM metastore.mapping_{region}"):
            self.mapping.setdefault(row["universal_id"], []).append((row["party"], row["user_id"]))
        people = len(self.histories)
        counts = {}
        for tokens in self.histories.values():
            for token in tokens:
                counts[token] = counts.get(token, 0) + 1
        self.idf = {token: math.log((1 + people) / (1 + count)) + 1 for token, count in counts.items() if 10 <= count <= 0.5 * people}

    def shares(self, segment, person):
        """Of each token with a weight: its part of the log odds."""
        weights, tokens = self.weights.get(segment, {}), self.histories[person]
        if self.runs[segment]["transform"] == "binary":
            values, length = {token: 1 for token in tokens}, 1
        else:
            values = {token: math.log(1 + days) * self.idf[token] for token, days in tokens.items()
                      if token in self.idf and (segment, token) not in self.masks}
            length = math.sqrt(sum(value * value for value in values.values())) or 1
        return {token: value / length * weights[token] for token, value in values.items() if token in weights}

    def eligible(self, person):
        return person in self.histories and self.knows("an", person)

    def knows(self, party, person):
        return any(each == party for each, _ in self.mapping.get(person, []))


def check_odds(tables, segment, person, found):
    odds, wanted = found["log_odds"], tables.shares(segment, person)
    shares = {each["token"]: each["share"] for each in odds["tokens"]}
    assert shares.keys() == wanted.keys(), (segment, person)
    assert all(abs(shares[token] - wanted[token]) <= 1e-9 for token in wanted), (segment, person)
    assert [abs(each["share"]) for each in odds["tokens"]] == sorted((abs(share) for share in shares.values()), reverse=True)
    intercept = float(tables.runs[segment]["intercept"])
    assert odds["intercept"] == intercept and abs(odds["total"] - intercept - sum(wanted.values())) <= 1e-9
    assert {each["token"]: (each["days"], each["weight"]) for each in odds["tokens"]} == {
        token: (tables.histories[person][token], tables.weights[segment][token]) for token in wanted}
    scored = tables.scored.get((segment, person))
    if scored:
        assert (found["rank"], found["score"]) == (scored["rank"], scored["score"])
        assert abs(math.log(scored["score"] / (1 - scored["score"])) - odds["total"]) <= 1e-9


def check_run(tables, segment, found):
    run = tables.runs[segment]
    assert {name: found["model"][name] for name in ("run_id", "auc_mean", "model_sha256", "transform")} == {
        name: run[name] for name in ("run_id", "auc_mean", "model_sha256", "transform")}
    assert (found["training"]["positives"], found["training"]["negatives"]) == (run["positives"], run["negatives"])


def check_commits(project, tables, found):
    """Each is in its table's history, by the run of the day and the region."""
    commits = {commit["table"]: commit for commit in found["commits"]}
    for table in ("metastore.segment_members", "metastore.lookalikes_scored_segments", "metastore.lookalikes_models",
                  "metastore.lookalikes_training_data", "metastore.lookalikes_user_histories"):
        commit = commits[table]
        history = json.loads(call("table", "history", table, "--limit", "0", "--json", folder=project).stdout)["history"]
        entry = next(entry for entry in history if entry["version"] == commit["version"])
        assert entry["run"] == commit["run"] and f".{tables.region}.{tables.day.replace('-', '')}." in entry["run"], entry
        assert entry["timestamp"] == commit["timestamp"]
    assert f"metastore.mapping_{tables.region}" in commits and "metastore.events" in commits


def check_members(project, tables):
    people = sorted(tables.members)
    chosen = {tables.members[key][0]["segment_id"]: key for key in people if key in tables.scored}
    for segment, person in chosen.values():
        found = explain(project, segment, person)
        assert found["member"] and found["reason"] is None and found["region"] == tables.region, found
        ids = sorted((each["dsp"], each["dsp_user_id"], each["value"]) for each in found["members"])
        assert ids == sorted((row["dsp"], row["dsp_user_id"], row["value"]) for row in tables.members[segment, person])
        check_odds(tables, segment, person, found)
        check_run(tables, segment, found)
    check_commits(project, tables, found)
    party, user = tables.mapping[person][0]
    assert explain(project, tables.runs[segment]["segment_id"], f"{party}:{user}") == found
    text = call("explain", "member", str(segment), person, folder=project).stdout
    assert "a member, rank" in text and tables.runs[segment]["run_id"] in text, text


def check_absences(project, tables):
    """Of each kind somebody, found in the tables; returns the reasons met."""
    met = set()

    def absent(segment, person, reason, text):
        found = explain(project, segment, person)
        assert (found["member"], found["reason"]) == (False, reason) and text in found["text"], (found["reason"], found["text"], reason)
        met.add(reason)
        return found

    champions = sorted(segment for segment, run in tables.runs.items() if run["champion"])
    segment = champions[0]
    beyond = [key for key, row in tables.scored.items() if key not in tables.members | tables.held and row["rank"] > SIZE]
    for key in sorted(key for key in tables.held if key in tables.scored)[:1]:
        absent(*key, "held_back", f"rank {tables.scored[key]['rank']} of")
    for key in sorted(beyond)[:1]:
        found = absent(*key, "beyond_size", f"rank {tables.scored[key]['rank']} of")
        assert f"beyond the size of {SIZE}" in found["text"], found["text"]
        check_odds(tables, *key, found)
    for key in sorted(tables.positives & {(segment, person) for person in tables.histories} - tables.members.keys())[:1]:
        absent(*key, "positive", "fired a pixel")
    others = [person for person in sorted(tables.histories) if tables.eligible(person)
              and (segment, person) not in tables.scored and (segment, person) not in tables.positives
              and (segment, person) not in tables.members]
    for person in others[:1]:
        check_odds(tables, segment, person, absent(segment, person, "not_among_best", "not scored among the best"))
    for person in [person for person in sorted(tables.histories) if not tables.knows("an", person)][:1]:
        absent(segment, person, "no_dsp_id", "not eligible")
    for person in [person for person in sorted(tables.mapping) if person not in tables.histories and tables.knows("an", person)][:1]:
        absent(segment, person, "no_history", "not eligible")
    person = others[0]
    for skipped in [segment for segment, run in sorted(tables.runs.items()) if run["status"] == "skipped"][:1]:
        absent(skipped, person, "no_model", tables.runs[skipped]["reason"])
    for row in rows(project, f"SELECT segment_id FROM metastore.lookalike_definitions GROUP BY 1 HAVING "
                             f"NOT list_contains(list(region), '{tables.region}') ORDER BY 1 LIMIT 1"):
        other = next(region for region in ("amer", "emeaApac") if region != tables.region)
        there = {row["universal_id"] for row in rows(project, f"SELECT DISTINCT universal_id FROM metastore.mapping_{other}")}
        absent(row["segment_id"], next(each for each in others if each not in there), "not_defined", tables.region)
    assert "did you mean" in refused(project, "explain", "member", f"{segment}0", person)
    assert "amer, emeaApac" in refused(project, "explain", "member", str(segment), "an:nobody")
    assert "2001-01-01" in refused(project, "explain", "member", str(segment), person, "--on", "2001-01-01")
    return met


def check_export(project, tables):
    segment = min(segment for segment, run in tables.runs.items() if run["champion"])
    digests = set()
    for threads in ("1", "4"):
        call("export", "training", str(segment), "--partition", f"region={tables.region}", "--to", "out.parquet",
             "--threads", threads, folder=project)
        digests.add(hashlib.sha256((project / "out.parquet").read_bytes()).hexdigest())
    assert len(digests) == 1, "other bytes"
    table = pyarrow.parquet.read_table(project / "out.parquet")
    assert table.column_names == ["segment_id", "universal_id", "label", "fold", "tokens"]
    found = table.to_pylist()
    training = rows(project, f"SELECT * FROM metastore.lookalikes_training_data WHERE region = '{tables.region}' "
                             f"AND ds = '{tables.day}' AND segment_id = {segment}")
    wanted = {row["universal_id"]: (segment, row["label"], row["fold"], tables.histories[row["universal_id"]]) for row in training}
    assert [row["universal_id"] for row in found] == sorted(wanted) and wanted
    for row in found:
        tokens = {each["token"]: each["days"] for each in row["tokens"]}
        assert (row["segment_id"], row["label"], row["fold"], tokens) == wanted[row["universal_id"]]
    assert "isn't of region" in refused(project, "export", "training", str(segment), "--partition", "region=moon", "--to", "x.parquet")
    for skipped in [segment for segment, run in sorted(tables.runs.items()) if run["status"] == "skipped"][:1]:
        assert tables.runs[skipped]["reason"] in refused(
            project, "export", "training", str(skipped), "--partition", f"region={tables.region}", "--to", "x.parquet")
    assert not (project / "x.parquet").exists()


def check_reports(project):
    everything = lambda table: rows(project, f"SELECT * FROM {table} ORDER BY ALL")
    days = {row["ds"] for row in rows(project, "SELECT DISTINCT ds FROM reporting.suppressions")}
    assert days == {row["ds"] for row in rows(project, "SELECT DISTINCT ds FROM metastore.lookalikes_mlflow_runs")}, "days are lacking"
    tables = {name: [row for row in everything(f"metastore.lookalikes_{source}") if row["ds"] in days]
              for name, source in (("runs", "mlflow_runs"), ("training_sizes", "training_sizes"),
                                   ("segment_sizes", "segment_sizes"), ("token_weights", "token_weights"))}
    kept_runs = {row["run_id"] for row in tables["runs"] if row["positives"] >= LEAST}
    is_kept = {"runs": lambda row: row["positives"] >= LEAST, "training_sizes": lambda row: row["positives"] >= LEAST,
               "segment_sizes": lambda row: row["scored"] >= LEAST,
               "token_weights": lambda row: row["people"] >= LEAST and row["run_id"] in kept_runs}
    removed = {}
    for name, wanted in tables.items():
        found = everything(f"reporting.lookalikes_{name}")
        assert found == [row for row in wanted if is_kept[name](row)], name
        removed[f"reporting.lookalikes_{name}"] = (len(wanted), len(found))
    counted = rows(project, 'SELECT "table", sum(rows_in) AS rows_in, sum(rows_kept) AS rows_kept FROM reporting.suppressions GROUP BY ALL')
    assert {row["table"]: (int(row["rows_in"]), int(row["rows_kept"])) for row in counted} == removed
    assert all(0 < kept < before for table, (before, kept) in removed.items() if table.endswith("weights")), removed
    newest = {}
    for row in everything("reporting.lookalikes_token_weights"):
        newest[row["region"], row["segment_id"]] = max(newest.get((row["region"], row["segment_id"]), ""), row["ds"])
    collection = sorted((row["segment_id"], row["token"], row["weight"]) for row in everything("reporting.lookalikes_token_weights")
                        if newest[row["region"], row["segment_id"]] == row["ds"])
    assert sorted(tuple(row.values()) for row in everything("reporting.supa_models_collection")) == collection
    return removed


def check_nobody_is_told_of(project):
    """The reports' files hold no id of anybody."""
    people = {row["id"] for row in rows(project, "SELECT universal_id AS id FROM metastore.lookalikes_user_histories UNION "
                                                 "SELECT user_id FROM metastore.mapping_amer")}
    for table in ("token_weights", "segment_sizes", "training_sizes", "runs"):
        for row in rows(project, f"SELECT * FROM reporting.lookalikes_{table}"):
            words = set(re.findall(r"[0-9A-Za-z]{12,}", json.dumps(row)))
            assert not words & people, (table, row)


def check_threshold(project):
    settings = project / "weir.yaml"
    text = settings.read_text()
    for wrong in ("9", "abc", "14.5"):
        settings.write_text(text.replace(f"privacy_k: {LEAST}", f"privacy_k: {wrong}"))
        done = call("run", "lookalike_reports", "--stale", folder=project, check=False)
        assert done.returncode == 1 and f"privacy_k is {wrong}; 10 or more people are allowed" in done.stderr, done


def check_marks(project):
    """Ids of users stand in tables that jobs mark personal, and nowhere else in the warehouse's tables."""
    marks = {}
    for path in (project / "jobs").rglob("job.yaml"):
        for output in yaml.safe_load(path.read_text()).get("writes", ()):
            for region in ("amer", "emeaApac"):
                marks[output["table"].replace("{region}", region)] = output.get("personal", False)
    ids = {row["user_id"] for row in rows(project, "SELECT user_id FROM metastore.events UNION SELECT user_id FROM metastore.mapping_amer")}
    word = re.compile(r"[0-9A-Za-z_-]{12,}")
    assert len(ids) > 1000 and all(map(word.fullmatch, ids)), sorted(ids)[:3]
    found = {}
    for table in (project / "warehouse").glob("*/*/_delta_log"):
        name = f"{table.parent.parent.name}.{table.parent.name}"
        cells = (pyarrow.parquet.ParquetFile(path).read().to_pylist() for path in table.parent.rglob("*.parquet") if table not in path.parents)
        found[name] = len({each for file in cells for each in word.findall(repr(file))} & ids)
    assert {"metastore.lookalikes_mlflow_runs", "metastore.ingest_ledger", "reporting.lookalikes_runs"} <= found.keys(), found
    assert not {name: count for name, count in found.items() if count and not marks.get(name)}, found
    assert sum(count > 0 for count in found.values()) > 5, found


def check_between(project, tables):
    """Models that were selected since aren't those of the scores."""
    segment, person = next((segment, person) for segment, person in sorted(tables.members) if (segment, person) in tables.scored)
    without_commits = lambda: {name: value for name, value in explain(project, segment, person).items() if name != "commits"}
    before = without_commits()
    settings = project / "weir.yaml"
    text = settings.read_text()
    assert text.count('  c: "0.03, 0.1, 0.3, 1, 3"') == 1
    settings.write_text(text.replace('  c: "0.03, 0.1, 0.3, 1, 3"', '  c: "0.02, 2"'))
    call("backfill", "lookalike_model_selection", "--from", tables.day, "--to", tables.day, "--partition", f"region={tables.region}", folder=project)
    again = Tables(project, tables.region, tables.day).runs[segment]["run_id"]
    assert again != before["model"]["run_id"], "the same model"
    assert without_commits() == before


def main():
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        project, day = prepared(pathlib.Path(folder))
        tables = Tables(project, "amer", day)
        check_members(project, tables)
        met = check_absences(project, tables)
        assert met >= {"beyond_size", "held_back", "positive", "not_among_best", "no_dsp_id", "no_history", "not_defined"}, met
        check_export(project, tables)
        print("absences:", sorted(met), "reports:", check_reports(project))
        check_nobody_is_told_of(project)
        check_marks(project)
        check_threshold(project)
        check_between(project, tables)


if __name__ == "__main__":
    main()
