"""Ingestion of a generated world: `weir run enricher` in a project of the pack, from raw lines to
committed tables, beside DuckDB, which reads the same lines as text (without parsing them) and
writes the same columns, ready-made from weir's tables, to Parquet partitioned the same way. That is
the least that any ingestion with DuckDB would do. See README.md.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import measure

PARTIES = ("af", "st", "tt", "mapper")
SUFFIXES = {"none": "ndjson", "gz": "ndjson.gz"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000, help="of the world")
    parser.add_argument("--days", type=int, default=7, help="of the world")
    parser.add_argument("-n", "--runs", type=int, default=3, help="runs of each side; the medians are printed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-ingest-") as folder:
        print(f"{'work':<34} {'events':>10} {'s':>8} {'CPU s':>8} {'CPU ns/event':>13} {'RSS MB':>8} {'ratio':>6}")
        for compression in SUFFIXES:
            compare(pathlib.Path(folder), compression, options)
    print("ratio = DuckDB's seconds / weir's; DuckDB's are without its start-up and without fsync\n")
    print(subprocess.run([os.environ["CHAIN_BENCH"]], check=True, capture_output=True, text=True).stdout)


def compare(folder, compression, options):
    """Prints the generator, weir and DuckDB on one world, plain or compressed."""
    world = folder / f"world-{compression}"
    made = measure.run_weir(["world", "generate", "--pack", "adtech", "--out", world, "--people", options.people,
                             "--days", options.days, "--compress", compression])
    lines = count_lines(world)
    report(f"generate ({compression})", lines, made)
    project = folder / "project"
    runs = {"weir": [], "duckdb": []}
    for _ in range(options.runs):
        new_project(project, world)
        runs["weir"].append(measure.run_weir(["-C", project, "run", "enricher", "--threads", measure.THREADS]))
        check(project, lines)
        shutil.rmtree(folder / "copy", ignore_errors=True)
        runs["duckdb"].append(measure.run_rival([__file__, "rival", project, SUFFIXES[compression], folder / "copy"]))
    weir, rival = measure.median(runs["weir"]), measure.median(runs["duckdb"])
    report(f"weir run enricher ({compression})", lines, weir, rival.wall / weir.wall)
    report(f"DuckDB, text in, columns out ({compression})", lines, rival)
    shutil.rmtree(world)


def report(work, lines, usage, ratio=None):
    print(f"{work:<34} {lines:10,} {usage.wall:8.2f} {usage.cpu:8.2f} {usage.cpu / lines * 1e9:13,.0f} "
          f"{usage.rss / 1e6:8.0f} {'' if ratio is None else f'{ratio:6.2f}':>6}", flush=True)


def new_project(project, world):
    shutil.rmtree(project, ignore_errors=True)
    measure.run_weir(["new", project, "--pack", "adtech"])
    os.symlink(world, project / "world")


def count_lines(world):
    import duckdb

    return duckdb.sql(f"SELECT count(*) FROM read_parquet('{world}/truth/lines.parquet')").fetchone()[0]


def check(project, lines):
    """All lines are in the ledger."""
    found = subprocess.run([measure.weir_program(), "-C", project, "sql", "--format", "json",
                            "SELECT sum(lines_in) AS lines FROM metastore.ingest_ledger"],
                           check=True, capture_output=True, text=True)
    counted = int(json.loads(found.stdout)[0]["lines"])
    if counted != lines:
        sys.exit(f"{project}: the ledger has {counted} lines, the world {lines}")


def rival(project, suffix, out):
    import duckdb

    connection = duckdb.connect(config={"threads": measure.THREADS, "preserve_insertion_order": False})
    raw = f"{project}/world/raw/*/**/*.{suffix}"
    sources = {party: [str(file) for file in pathlib.Path(project, "warehouse").rglob("*.parquet")
                       if f"/enriched_{party}/" in str(file)] for party in PARTIES}

    def operation():
        connection.execute(f"""SELECT sum(length(line)) FROM read_csv('{raw}', columns = {{'line': 'VARCHAR'}},
            delim = '\x01', quote = '', escape = '', header = false, auto_detect = false, max_line_size = 1000000,
            strict_mode = false, ignore_errors = true)""").fetchall()
        for party, files in sources.items():
            connection.execute(f"""COPY (SELECT * FROM read_parquet({files}, hive_partitioning = true))
                TO '{out}/{party}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (region, dt))""")

    pathlib.Path(out).mkdir()
    measure.measured(operation)


if __name__ == "__main__":
    if sys.argv[1:2] == ["rival"]:
        rival(*sys.argv[2:])
    else:
        main()
