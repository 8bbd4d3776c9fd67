#!/usr/bin/env python3
"""`weir forget` on generated worlds that know who asked for erasure: forgotten before or after ingestion, the tables end the
same, line by line as the truth has it; also when forgetting is killed and asked for again. `ingest_forget_test.py
same | kills POINT…`."""
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile

from ingest_test import SEED, TOPICS, call, check_truth, few_rules, fingerprints, make_world, new_project, rows

JOBS = ["enricher", "events_partitioner"]
RESERVOIR = [f"reservoir.enriched_{party}" for party in TOPICS.values()]


def erased_ids(world):
    return {(line["party"], line["user_id"]) for line in map(json.loads, (world / "erased.ndjson").read_text().splitlines())}


def forget(folder, *words):
    report = json.loads(call("forget", "--file", "world/erased.ndjson", "--json", *words, folder=folder).stdout)
    return {table["table"]: table for table in report["tables"]}, report


def people_in(folder, table):
    """Who stands in a table's files on disk, whatever versions they belong to."""
    files = f"read_parquet('warehouse/{table.replace('.', '/')}/region=*/**/*.parquet', union_by_name = true, hive_partitioning = true)"
    if table.endswith("_mapper"):
        sql = f"SELECT DISTINCT i.party, i.id FROM (SELECT unnest(ids) AS i FROM {files})"
    else:
        sql = f"SELECT DISTINCT party, user_id AS id FROM {files}"
    return {(row["party"], row["id"]) for row in rows(folder, sql)}


def no_erased_lines(folder, erased):
    lines = [row["line"] for row in rows(folder, "SELECT line FROM metastore.bad_events WHERE line IS NOT NULL")]
    for party, user_id in erased:
        assert not any(user_id in line for line in lines), f"a bad line of {party}:{user_id} is there"


def without_bad(prints):
    return {table: print_ for table, print_ in prints.items() if table != "metastore.bad_events"}


def ingested_without(folder, world):
    """The tables as they are when everybody asked before a line was read."""
    new_project(folder, world, 1 << 20)
    _, report = forget(folder)
    assert report["new_ids"] == report["ids"] > 0 and not report["unknown"], report
    call("run", *JOBS, folder=folder)
    check_truth(folder)
    return without_bad(fingerprints(folder)), call("table", "fingerprint", "metastore.events", folder=folder).stdout.split()[-1]


def check_forgotten(folder, erased):
    for table in RESERVOIR + ["metastore.events"]:
        left = [row for row in rows(folder, f"SELECT * FROM {table}") if any(
            (party, user_id) in erased for party, user_id in
            ([(entry["party"], entry["id"]) for entry in row["ids"]] if "ids" in row else [(row["party"], row["user_id"])]))]
        assert not left, f"{table}: {left[:2]}"
    no_erased_lines(folder, erased)


def same(folder):
    world = folder / "world"
    make_world(world, SEED, "--people", "120", "--days", "3", "--rate.erased", "0.1", "--rate.bad", "0.1", "--rate.duplicates", "0.1",
               "--rate.mapped", "0.5")
    erased = erased_ids(world)
    expected, expected_events = ingested_without(folder / "before", world)

    after = folder / "after"
    new_project(after, world, 1 << 20)
    call("run", *JOBS, folder=after)
    before = {table: rows(after, f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in RESERVOIR}
    tables, report = forget(after)
    assert report["purged_files"] > 0
    for table in RESERVOIR:
        left = rows(after, f"SELECT count(*) AS n FROM {table}")[0]["n"]
        assert before[table] - left == tables[table]["rows"], (table, before[table], left, tables[table])
        history = json.loads(call("table", "history", table, "--json", folder=after).stdout)
        assert tables[table]["version"] == tables[table]["version_before"] + (tables[table]["rows"] > 0), tables[table]
        assert str(tables[table]["version"]) in json.dumps(history)
        assert not people_in(after, table) & erased, f"files of {table} still hold erased ids"
    assert sum(tables[table]["rows"] for table in RESERVOIR) > 0 and tables["metastore.bad_events"]["what"] == "emptied"
    assert without_bad(fingerprints(after)) == expected, "other rows than those of a project that never saw them"
    check_forgotten(after, erased)
    call("run", *JOBS, "--stale", folder=after)
    assert call("table", "fingerprint", "metastore.events", folder=after).stdout.split()[-1] == expected_events

    again, report = forget(after)
    assert report["new_ids"] == 0 and all(table["rows"] == 0 for table in again.values()), report
    list_ = rows(after, "SELECT * FROM metastore.suppressed_ids")
    assert len(list_) == len(erased) and not any(user_id in json.dumps(list_) for _, user_id in erased)
    print(f"{len(erased)} ids forgotten: {sum(table['rows'] for table in tables.values())} rows went, the rest is the same")


def kills(folder, *points):
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "40", "--days", "2", "--rate.erased", "0.2", "--rate.mapped", "0.5")
    erased = erased_ids(world)
    expected, _ = ingested_without(folder / "before", world)
    ingested = folder / "ingested"
    new_project(ingested, world, 1 << 20)
    call("run", *JOBS, folder=ingested)
    for point in points:
        for hit in ("1", "2"):
            project = folder / f"{point.replace(':', '-')}-{hit}"
            shutil.copytree(ingested, project, symlinks=True)
            done = call("forget", "--file", "world/erased.ndjson", folder=project, failpoint=f"{point}:{hit}", check=False)
            assert done.returncode in (0, -signal.SIGKILL), done.stderr
            forget(project)
            assert without_bad(fingerprints(project)) == expected, f"killed at {point}: other rows"
            check_forgotten(project, erased)
            print(f"{point}:{hit}: {'killed' if done.returncode else 'not met'}")


if __name__ == "__main__":
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        {"same": same, "kills": kills}[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
