#!/usr/bin/env python3
"""Prints the table of bench/identity/README.md: pairs of ids in Parquet to a table of people, beside DuckDB and GraphX."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

import measure
import pairs as generated

DATA = pathlib.Path(os.environ.get("WEIR_BENCH_DATA", measure.REPOSITORY / "build/bench-data")) / "identity"
GIB = 2**30

JOB = """
job: people
schedule: daily
steps:
  - connector: files
    out: pairs
    with: {{path: "{file}"}}
  - operator: connected_components
    in: {{today: pairs}}
    with: {{day: "2026-01-05", max_component: 1000000}}
    out: [edges, mapping]
writes:
  - {{table: out.mapping, from: mapping, mode: overwrite}}
"""

LABELS = """
import duckdb, json, resource, sys, time
file, folder = sys.argv[1:3]
database = duckdb.connect(folder + '/labels.db', config={'threads': 2, 'memory_limit': '14GB', 'temp_directory': folder})
start, cpu = time.perf_counter(), time.process_time()
database.execute(f"CREATE TABLE pairs AS SELECT party_a || ':' || id_a AS a, party_b || ':' || id_b AS b FROM '{file}'")
database.execute("CREATE TABLE ids AS SELECT id, row_number() OVER () AS number FROM (SELECT a AS id FROM pairs UNION SELECT b FROM pairs)")
database.execute("CREATE TABLE edges AS SELECT x.number AS i, y.number AS j FROM pairs JOIN ids x ON x.id = a JOIN ids y ON y.id = b")
database.execute("INSERT INTO edges SELECT j, i FROM edges")
database.execute("CREATE TABLE labels AS SELECT number AS i, number AS label FROM ids")
rounds = 0
while True:
    rounds += 1
    database.execute("CREATE OR REPLACE TABLE next AS SELECT l.i, least(l.label, coalesce(n.label, l.label)) AS label FROM labels l "
                     "LEFT JOIN (SELECT e.i, min(o.label) AS label FROM edges e JOIN labels o ON o.i = e.j GROUP BY e.i) n ON n.i = l.i")
    changed = database.execute("SELECT count(*) FROM labels l JOIN next n ON n.i = l.i WHERE n.label < l.label").fetchone()[0]
    database.execute("DROP TABLE labels; ALTER TABLE next RENAME TO labels")
    if changed == 0:
        break
people = database.execute("SELECT count(DISTINCT label) FROM labels").fetchone()[0]
database.execute(f"COPY (SELECT label, id FROM labels JOIN ids ON number = i) TO '{folder}/labels.parquet'")
print(json.dumps({'wall': time.perf_counter() - start, 'cpu': time.process_time() - cpu, 'people': people, 'rounds': rounds}))
"""


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def bench_weir(file, number):
    folder = empty(DATA / "project")
    (folder / "weir.yaml").write_text("name: people\n")
    (folder / "jobs/graph/people").mkdir(parents=True)
    (folder / "jobs/graph/people/job.yaml").write_text(JOB.format(file=file))
    usage = measure.run_weir(["-C", folder, "run"])
    counted = subprocess.run([measure.weir_program(), "-C", str(folder), "sql", "SELECT count(DISTINCT universal_id) AS people, count(*) AS ids FROM out.mapping",
                              "--format", "json"], check=True, capture_output=True, text=True).stdout
    found = json.loads(counted)[0]
    print(f"weir: {usage.wall:.1f} s, {usage.cpu:.1f} CPU s, {usage.rss / GIB:.2f} GiB; {number / usage.wall / 1e6:.2f} M pairs/s; {found['ids']:,} ids, "
          f"{found['people']:,} people", flush=True)
    return usage.wall, found["people"]


def bench_duckdb(file, number):
    folder = empty(DATA / "labels")
    output, usage = measure.run_process([sys.executable, "-c", LABELS, str(file), str(folder)])
    found = json.loads(output.splitlines()[-1])  # behind a progress bar
    print(f"DuckDB, label propagation: {found['wall']:.1f} s, {found['cpu']:.1f} CPU s, {usage.rss / GIB:.2f} GiB; "
          f"{number / found['wall'] / 1e6:.2f} M pairs/s; {found['rounds']} rounds, {found['people']:,} people", flush=True)
    return found["wall"], found["people"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000_000, help="how many; the claim's size is 100,000,000")
    parser.add_argument("--without-rival", action="store_true")
    options = parser.parse_args()
    file = generated.make(DATA / f"pairs-{options.pairs}.parquet", options.pairs)
    print(f"{options.pairs:,} pairs, {file.stat().st_size / 2**20:.0f} MiB of Parquet")
    ours, people = bench_weir(file, options.pairs)
    if not options.without_rival:
        theirs, theirs_people = bench_duckdb(file, options.pairs)
        print(f"ratio {theirs / ours:.1f}; {'the same number of people' if people == theirs_people else 'OTHER PEOPLE'}")


if __name__ == "__main__":
    main()
