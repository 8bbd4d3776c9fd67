#!/usr/bin/env python3
"""A day with 1 % new pairs on the state of a day with all the others, beside a rebuild of everything from evidence; then
`weir explain user` on that state. `increment.py [--pairs N]`: the job is the pack's `user_ids_mapper` with pairs from files."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time

import duckdb

import measure
import pairs as generated

DATA = pathlib.Path(os.environ.get("WEIR_BENCH_DATA", measure.REPOSITORY / "build/bench-data")) / "identity"
GIB = 2**30
DAYS = ("2026-01-05", "2026-01-06")
# The pack's tables.
WRITES = (measure.REPOSITORY / "packs/adtech/jobs/cookie_mapping/user_ids_mapper/job.yaml").read_text().split("writes:")[1].split("views:")[0]
# Without the mapping: what a day costs where only evidence, edges and changes are kept.
STATE_ONLY = "state: edges_before, people: nobody, audit: violations_before, basis: basis_before, "
NOBODY = "SELECT '' AS universal_id, '' AS party, '' AS user_id, epoch_ms(0)::TIMESTAMPTZ AS first_seen, " \
         "epoch_ms(0)::TIMESTAMPTZ AS last_seen, 0::BIGINT AS calls WHERE false\n"
STATE = "state: edges_before, people: mapping_before, audit: violations_before, basis: basis_before, "
JOB = """
job: people
schedule: daily
start: 2026-01-05
per: region
reads:
  edges_before: {{table: "metastore.identity_edges_{{region}}", previous: true}}
  mapping_before: {{table: "metastore.mapping_{{region}}", previous: true}}
  basis_before: {{table: "metastore.identity_basis_{{region}}", previous: true}}
  violations_before: {{table: "metastore.identity_violations_{{region}}", previous: true, window: 1 day, watch: false}}
  evidence: {{table: "metastore.identity_evidence_{{region}}", previous: true, window: all, watch: false}}
steps:
  - connector: files
    out: pairs
    with: {{path: "{folder}/{{ds}}.parquet"}}
  - operator: connected_components
    in: {{today: pairs, {state}evidence: evidence}}
    with: {{day: "{{ds}}", max_component: 1000000}}
    out: [edges, mapping, changes, violations, basis]
writes:{writes}"""


def split(file, folder):
    """The pairs of day 1, and every hundredth as the pairs of day 2."""
    folder.mkdir(parents=True)
    database = duckdb.connect(config={"threads": 2})
    for day, chosen in zip(DAYS, ("<>", "=")):
        database.execute(
            f"COPY (SELECT * REPLACE (first_ts + INTERVAL {DAYS.index(day)} DAY AS first_ts, last_ts + INTERVAL {DAYS.index(day)} DAY AS last_ts) "
            f"FROM '{file}' WHERE hash(id_a, id_b, 3) % 100 {chosen} 0) TO '{folder}/{day}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def project(folder, files, state):
    job = folder / "jobs/graph/people"
    job.mkdir(parents=True)
    (folder / "weir.yaml").write_text("name: people\npartitions: {region: [amer]}\n")
    text = JOB.format(folder=files, state=state, writes=WRITES.replace("kept_pairs", "pairs"))
    if state == STATE_ONLY:
        tables = text.split("  - table: ")
        text = "  - table: ".join(table for table in tables if not table.startswith("metastore.mapping_"))
        text = text.replace('  mapping_before: {table: "metastore.mapping_{region}", previous: true}\n', "")
        text = text.replace("steps:\n", "steps:\n  - sql: nobody.sql\n")
        (job / "nobody.sql").write_text(NOBODY)
    (job / "job.yaml").write_text(text)
    return folder


def run_day(folder, day):
    usage = measure.run_weir(["-C", folder, "run", "--on", day])
    print(f"  {folder.name} {day}: {usage.wall:.1f} s, {usage.cpu:.1f} CPU s, {usage.rss / GIB:.2f} GiB", flush=True)
    return usage


def query(folder, sql):
    return json.loads(subprocess.run([measure.weir_program(), "-C", str(folder), "sql", sql, "--format", "json"], check=True,
                                     capture_output=True, text=True).stdout)


def explain(folder):
    """Seconds of whole processes, the file cache warm: the median of ten ids."""
    ids = query(folder, "SELECT party || ':' || user_id AS id FROM metastore.mapping_amer ORDER BY hash(user_id) LIMIT 11")
    seconds, cpu = [], []
    for row in ids:
        usage = measure.run_weir(["-C", folder, "explain", "user", row["id"], "--json"])
        seconds.append(usage.wall)
        cpu.append(usage.cpu)
    start = time.perf_counter()
    subprocess.run([measure.weir_program(), "version"], check=True, capture_output=True)
    print(f"explain: median {statistics.median(seconds[1:]) * 1000:.0f} ms, {statistics.median(cpu[1:]) * 1000:.0f} CPU ms; "
          f"`weir version` alone {(time.perf_counter() - start) * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000_000)
    options = parser.parse_args()
    file = generated.make(DATA / f"pairs-{options.pairs}.parquet", options.pairs)
    place = DATA / "increment"
    shutil.rmtree(place, ignore_errors=True)
    split(file, place / "files")
    kept = project(place / "increment", place / "files", STATE)
    rebuilt = project(place / "rebuild", place / "files", "")
    state_only = project(place / "state-only", place / "files", STATE_ONLY)
    usages = {folder.name: [run_day(folder, day) for day in DAYS][-1] for folder in (kept, rebuilt, state_only)}
    same = "SELECT universal_id, party, user_id, calls FROM metastore.mapping_amer ORDER BY ALL"
    digest = f"SELECT count(*) AS rows, sum(hash(universal_id, party, user_id, calls)::HUGEINT)::VARCHAR AS digest FROM ({same})"
    equal = query(kept, digest) == query(rebuilt, digest)
    print(f"a day with 1 % new pairs takes {usages['increment'].cpu / usages['rebuild'].cpu:.0%} of a rebuild's CPU, "
          f"{usages['increment'].wall / usages['rebuild'].wall:.0%} of its time; {'the same people' if equal else 'OTHER PEOPLE'}")
    print(f"without the mapping: {usages['state-only'].cpu / usages['rebuild'].cpu:.0%} of its CPU")
    explain(kept)


if __name__ == "__main__":
    main()
