#!/usr/bin/env python3
"""Small files of closed days are packed once nothing is left to read: same rows, nothing stale, also when the program is killed
at it. `ingest_compaction_test.py same | kills POINT…`."""
import collections
import datetime
import json
import pathlib
import random
import signal
import sys
import tempfile

from ingest_test import SEED, TOPICS, call, check_truth, few_rules, fingerprints, make_world, new_project, rows

JOBS = ["enricher", "events_partitioner"]
TABLES = {f"reservoir.enriched_{party}": "dt" for party in TOPICS.values()} | {
    "metastore.bad_events": "ds", "metastore.ingest_ledger": "ds", "metastore.suppressed_events": "dt"}


def set_late(folder, days):
    """Days are closed `days` before the newest one."""
    settings = folder / "weir.yaml"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("late:")]
    settings.write_text("\n".join(lines + [f"late: {days} days", ""]))


def files_by_partition(folder, table):
    found = collections.Counter()
    for file in json.loads(call("table", "files", table, "--json", folder=folder).stdout)["files"]:
        found[tuple(sorted(file["partition"].items()))] += 1
    return found


def newest_day(folder):
    return max(max(row["day"] for row in rows(folder, f"SELECT DISTINCT {column} AS day FROM {table}"))
               for table, column in TABLES.items())


def packed_and_open(folder, late):
    """How many files the partitions of closed days have, and those of open days."""
    last = datetime.date.fromisoformat(newest_day(folder)) - datetime.timedelta(days=late)
    closed, open_ = [], []
    for table, column in TABLES.items():
        for partition, files in files_by_partition(folder, table).items():
            day = datetime.date.fromisoformat(dict(partition)[column])
            (closed if day <= last else open_).append((files, table, partition))
    return closed, open_


def same(folder):
    world = folder / "world"
    make_world(world, SEED, "--people", "60", "--days", "4", "--rate.late", "0.1", "--rate.redelivered", "0.1")
    whole = folder / "whole"
    new_project(whole, world, 1 << 28)
    call("run", "enricher", folder=whole)
    expected = fingerprints(whole)

    project = folder / "project"
    new_project(project, world, 150_000)
    set_late(project, 365)
    call("run", *JOBS, folder=project)
    assert max(files for files, _, _ in packed_and_open(project, 365)[1]) > 2, "batches that leave one file test nothing"
    runs = call("runs", "--limit", "1000", folder=project).stdout
    set_late(project, 1)
    call("run", *JOBS, folder=project)
    closed, open_ = packed_and_open(project, 1)
    assert closed and all(files == 1 for files, _, _ in closed), [entry for entry in closed if entry[0] > 1][:5]
    assert any(files > 1 for files, _, _ in open_), "open days should be left alone"
    assert fingerprints(project) == expected, "packing changed rows"
    assert call("runs", "--limit", "1000", folder=project).stdout == runs, "packing made something run again"
    assert "nothing to run" in call("plan", *JOBS, folder=project).stdout
    versions = {table: json.loads(call("table", "files", table, "--json", folder=project).stdout)["version"] for table in TABLES}
    call("run", *JOBS, folder=project)
    for table, version in versions.items():
        assert json.loads(call("table", "files", table, "--json", folder=project).stdout)["version"] == version, table
    check_truth(project)
    print(f"{len(closed)} partitions of closed days have one file each; {len(open_)} are open")


def kills(folder, *points):
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "30", "--days", "3", "--rate.late", "0.1")
    project = folder / "project"
    new_project(project, world, 60_000)
    set_late(project, 365)
    call("run", "enricher", folder=project)
    expected = fingerprints(project)
    set_late(project, 1)
    for point in points:
        done = call("run", "enricher", folder=project, failpoint=f"{point}:1", check=False)
        assert done.returncode == -signal.SIGKILL, (point, done.returncode, done.stderr)
        assert fingerprints(project) == expected, f"killed at {point}: other rows"
    call("run", "enricher", folder=project)
    closed, _ = packed_and_open(project, 1)
    assert closed and all(files == 1 for files, _, _ in closed), closed
    assert fingerprints(project) == expected
    check_truth(project)
    print(f"killed at {', '.join(points)}: the same rows, packed in the end")


if __name__ == "__main__":
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        {"same": same, "kills": kills}[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
