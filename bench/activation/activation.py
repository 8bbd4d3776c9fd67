#!/usr/bin/env python3
"""Prints the table of bench/activation/README.md: difference and encoding of a delivery, beside fastavro and DuckDB that only
write the same lines, in one run."""
import argparse
import json
import os
import pathlib
import resource
import shutil
import sys
import time

import duckdb
import fastavro

import measure

BENCH = os.environ.get("WEIR_ACTIVATION_BENCH", str(measure.REPOSITORY / "build/release/src/connectors/activation_bench"))
DATA = pathlib.Path(os.environ.get("WEIR_BENCH_DATA", measure.REPOSITORY / "build/bench-data")) / "activation"
MEMBERS_OF_PERSON = 30
RIVALS_LINES = 3_000_000  # of what the rivals write, at most: fastavro takes minutes for more


def made(people, kind):
    folder = DATA / f"{kind}-{people}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        measure.run_process([BENCH, "make", str(folder), "--people", str(people), "--kind", kind])
        (folder / "made").touch()
    return folder


def planned(folder, encoding, threads):
    for taken in folder.glob("syncs/combined/**/_TAKEN"):
        taken.unlink()
    output, _ = measure.run_process([BENCH, "plan", str(folder), "--encoding", encoding, "--threads", str(threads)])
    return json.loads(output)


def print_row(name, lines, members, cpu, cores, rss, size):
    print(f"| {name} | {lines / 1e6:.1f} M | {cpu:.1f} | {members / cpu * cores / 1e6:.1f} M | {rss / 2**30:.2f} GiB | {size / 1e6:.0f} MB |")


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def lines_of(folder):
    return (f"read_csv('{folder}/syncs/combined/2026/01/31/*/part-*.gz', header = false, delim = '\t', columns = {{'user': 'BIGINT', "
            f"'segment': 'BIGINT', 'action': 'VARCHAR', 'ts': 'BIGINT', 'minutes': 'BIGINT', 'value': 'BIGINT'}})")


def by_fastavro(folder, schema):
    """The encoding alone: lines are read and grouped before the clock starts."""
    rows = duckdb.sql(f"SELECT user, list({{'id': segment, 'code': '', 'member_id': 0, 'expiration': minutes, 'timestamp': ts, 'value': value}}) "
                      f"FROM (FROM {lines_of(folder)} LIMIT {RIVALS_LINES}) GROUP BY user ORDER BY user").fetchall()
    records = [{"uid": user, "segments": segments} for user, segments in rows]
    path = DATA / "rival.avro"
    before = used()
    with open(path, "wb") as file:
        fastavro.writer(file, schema, records, codec="deflate")
    return sum(len(record["segments"]) for record in records), used() - before, path.stat().st_size


def by_duckdb(folder):
    """Lines as they are, without a difference, as text."""
    path = DATA / "rival.csv.gz"
    before = used()
    connection = duckdb.connect(config={"threads": 2})
    count = connection.execute(f"COPY (FROM {lines_of(folder)} LIMIT {RIVALS_LINES}) TO '{path}' (FORMAT csv, HEADER false, COMPRESSION gzip)").fetchone()[0]
    return count, used() - before, path.stat().st_size


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="shows that it runs and proves nothing")
    parser.add_argument("--people", type=int, default=10_000_000, help="each is in 30 of 300 segments")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    people = 20_000 if options.quick else options.people
    members = people * MEMBERS_OF_PERSON
    print("| what | lines | CPU s | members/s of two cores | peak | files |\n|---|---|---|---|---|---|")
    for kind, encoding in (("first", "avro"), ("first", "text"), ("daily", "avro")):
        found = planned(made(people, kind), encoding, options.threads)
        print_row(f"weir, {kind}, {encoding}", found["lines"], members, found["user"] + found["system"], 2, found["peak_bytes"], found["bytes"])
        sys.stdout.flush()
    folder = made(people, "first")
    with open(next((folder / "journal").glob("*/files/*.avro"), None) or next(iter(encoded(folder))), "rb") as file:
        schema = fastavro.reader(file).writer_schema
    for name, (lines, cpu, size) in (("fastavro, writing alone, one core", by_fastavro(folder, schema)), ("DuckDB COPY as text", by_duckdb(folder))):
        print_row(name, lines, lines, cpu, 1 if "one core" in name else 2, 0, size)


def encoded(folder):
    planned(folder, "avro", 2)
    return (folder / "journal").glob("*/files/*.avro")


if __name__ == "__main__":
    main()
