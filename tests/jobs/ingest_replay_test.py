#!/usr/bin/env python3
"""`weir ingest replay` on generated worlds: a job that read a topic by the wrong format is mended and its bad lines run again;
the tables are then those of a job that was right from the beginning. `ingest_replay_test.py same | kills POINT…`."""
import json
import pathlib
import random
import signal
import sys
import tempfile

from ingest_test import SEED, call, check_truth, few_rules, fingerprints, make_world, new_project, rows

LEDGER = "lines_in, good, bad, duplicate, suppressed"


def set_format(folder, wrong):
    """By the wrong format no line of the topic has its fields."""
    job = folder / "jobs/ingestion/enricher/job.yaml"
    head, topic, tail = job.read_text().partition("source: ingested-st\n")
    formats = ("format: events", "format: sharethis")
    job.write_text(head + topic + tail.replace(*(formats if wrong else formats[::-1]), 1))


def ingest_wrongly(folder, world):
    new_project(folder, world, 1 << 20)
    set_format(folder, True)
    call("run", "enricher", folder=folder)
    assert rows(folder, "SELECT count(*) AS n FROM reservoir.enriched_st")[0]["n"] == 0
    set_format(folder, False)


def ledger(folder):
    """Per file, what stands in the ledger of the files, and of the lines that were run again."""
    found = rows(folder, f"SELECT source = 'bad_events' AS again, if(source = 'bad_events', source_partition, source || '/' || "
                 f"source_partition) AS file, {', '.join(f'sum({c})::BIGINT AS {c}' for c in LEDGER.split(', '))} "
                 "FROM metastore.ingest_ledger GROUP BY ALL")
    return {(row["again"], row["file"]): {name: int(row[name]) for name in LEDGER.split(", ")} for row in found}


def check_ledger(folder, right):
    """A file's lines and those run again together are what the right job's ledger says."""
    found = ledger(folder)
    for (again, file), counts in found.items():
        assert counts["lines_in"] == sum(counts[name] for name in LEDGER.split(", ")[1:]), (file, counts)
    for (_, file), expected in ledger(right).items():
        first = found[False, file]
        second = found.get((True, file), dict.fromkeys(LEDGER.split(", "), 0))
        together = {name: first[name] + second[name] for name in ("good", "duplicate", "suppressed")}
        together |= {"lines_in": first["lines_in"], "bad": first["bad"] - second["lines_in"] + second["bad"]}
        assert together == expected, (file, together, expected)
    status = json.loads(call("ingest", "status", "--json", folder=folder).stdout)["sources"]
    assert all(source["conserved"] for source in status), status


def right_from_the_beginning(folder, world):
    new_project(folder, world, 1 << 20)
    call("run", "enricher", folder=folder)
    check_truth(folder)
    return fingerprints(folder)


def same(folder):
    world = folder / "world"
    make_world(world, SEED, "--people", "80", "--days", "2", "--rate.bad", "0.1", "--rate.duplicates", "0.1", "--rate.redelivered",
               "0.2")
    expected = right_from_the_beginning(folder / "right", world)
    project = folder / "project"
    ingest_wrongly(project, world)
    told = json.loads(call("ingest", "replay", "--json", folder=project).stdout.splitlines()[-1])
    assert told["good"] > 0 and told["lines_in"] == sum(told[name] for name in ("good", "bad", "duplicate", "suppressed")), told
    assert fingerprints(project) == expected, "other rows than those of a job that was right from the beginning"
    check_ledger(project, folder / "right")

    # Nothing is left to mend: the same lines are bad again, and nothing moves.
    again = json.loads(call("ingest", "replay", "--json", folder=project).stdout.splitlines()[-1])
    assert again["lines_in"] == again["bad"] == told["bad"] and again["good"] == 0, (told, again)
    assert fingerprints(project) == expected
    assert "nothing to do" in call("run", "enricher", folder=project).stdout
    reasons = {row["reason"] for row in rows(project, "SELECT DISTINCT reason FROM metastore.bad_events")}
    only = json.loads(call("ingest", "replay", "--reason", "bad_url", "--json", folder=project).stdout.splitlines()[-1])
    assert "bad_url" not in reasons or 0 < only["lines_in"] < again["lines_in"], only
    assert fingerprints(project) == expected
    print(f"{told['lines_in']} bad lines run again, {told['good']} are good: the same rows as if they had never been bad")


def kills(folder, *points):
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "30", "--days", "2", "--rate.duplicates", "0.1", "--rate.bad", "0.1")
    expected = right_from_the_beginning(folder / "right", world)
    for point in points:
        project = folder / point.replace(":", "-")
        ingest_wrongly(project, world)
        done = call("ingest", "replay", folder=project, failpoint=f"{point}:1", check=False)
        assert done.returncode == -signal.SIGKILL, (point, done.returncode, done.stderr)
        call("ingest", "replay", folder=project)
        assert fingerprints(project) == expected, f"killed at {point}: other rows"
        print(f"killed at {point}: nothing lost, nothing doubled")


if __name__ == "__main__":
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        {"same": same, "kills": kills}[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
