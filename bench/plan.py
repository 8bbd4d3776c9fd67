#!/usr/bin/env python3
"""Planning and scheduling at size: a no-op `weir plan` over JOBS jobs × DAYS daily intervals, and the overhead of a run and of
a step. `bench/plan.py [--jobs 1000] [--days 365] [--steps 10000]`; WEIR names another program than the release build.

One day is run by weir itself; the other days' commits and run records are copies of it with their own day and version, as
running them would take hours. There is no rival: dbt, SQLMesh and Airflow keep no such state on disk.
"""
import argparse
import datetime
import json
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time

from measure import weir_program

FIRST = datetime.date(2025, 1, 1)
DAY = 86_400_000_000


def day(number):
    return FIRST + datetime.timedelta(days=number)


def weir(folder, *words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run([weir_program(), "-C", str(folder), *words], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"weir {' '.join(words)} gave {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def import_days(folder, numbers):
    rows = folder / "rows.csv"
    rows.write_text("v,ds\n" + "".join(f"1,{day(number)}\n" for number in numbers))
    weir(folder, "table", "import", "source.days", "--from", str(rows), "--mode", "append", "--partition-by", "ds")


def make_project(folder, jobs):
    """A job reads the one a tenth of all jobs before it: chains of ten."""
    write(folder / "weir.yaml", "name: bench\nlate: 1 day\n")
    write(folder / "jobs/d/first/job.yaml", "job: first\nreads: {days: source.days}\nsteps: [{sql: rows.sql}]\n"
          "writes: [{table: t.first, from: rows, partition_by: [ds]}]\n")
    write(folder / "jobs/d/first/rows.sql", "SELECT v FROM days\n")
    for number in range(1, jobs):
        before = f"t.j{number - jobs // 10:04}" if number > jobs // 10 else "t.first"
        name = f"j{number:04}"
        write(folder / f"jobs/d/{name}/job.yaml", f"job: {name}\nreads: {{before: {before}}}\nsteps: [{{sql: rows.sql}}]\n"
              f"writes: [{{table: t.{name}, from: rows, partition_by: [ds]}}]\n")
        write(folder / f"jobs/d/{name}/rows.sql", f"SELECT v + {number} AS v FROM before\n")


def copy_days(folder, days):
    """Commits and run records of days 1 to `days` - 1, after day 0 was run."""
    for log in sorted((folder / "warehouse/t").glob("*/_delta_log")):
        lines = (log / f"{0:020}.json").read_text().splitlines()
        lines = [line for line in lines if not line.startswith(('{"protocol"', '{"metaData"'))]
        text = "\n".join(lines) + "\n"
        for number in range(1, days):
            (log / f"{number:020}.json").write_text(text.replace(str(FIRST), str(day(number))))
    records, *_ = weir(folder, "sql", "SELECT record FROM weir.runs", "--format", "json")
    rows = folder / "runs.ndjson"
    with rows.open("w") as file:
        for row in json.loads(records):
            record = json.loads(row["record"])
            first = f"{FIRST:%Y%m%d}"
            for number in range(1, days):
                copy = dict(record, start=record["start"] + number * DAY, end=record["end"] + number * DAY,
                            run=record["run"].replace(first, f"{day(number):%Y%m%d}"),
                            inputs=[dict(item, version=number if item["table"] != "source.days" else item["version"] + 1)
                                    for item in record["inputs"]],
                            outputs=[dict(item, version=number) for item in record["outputs"]])
                as_time = lambda micros: datetime.datetime.fromtimestamp(micros / 1e6, datetime.timezone.utc).isoformat()
                file.write(json.dumps({
                    "run": copy["run"], "job": copy["job"], "partition": "", "start": as_time(copy["start"]),
                    "end": as_time(copy["end"]), "generation": 1, "attempt": 1, "state": "succeeded",
                    "started": as_time(copy["started"]), "ended": as_time(copy["ended"]), "seconds": copy["seconds"],
                    "rows": copy["rows"], "bytes": copy["bytes"], "recovered": False, "record": json.dumps(copy)}) + "\n")
    append_runs(folder / "warehouse/weir/runs", rows)
    import_days(folder, range(1, days))


def append_runs(table, rows):
    """With delta-rs: weir writes to no table of its own for others."""
    import deltalake
    import pyarrow.json

    schema = pyarrow.schema(deltalake.DeltaTable(table).schema().to_arrow())
    read = pyarrow.json.read_json(rows)
    columns = [read[field.name].cast(field.type) if field.name in read.column_names else pyarrow.nulls(len(read), field.type)
               for field in schema]
    deltalake.write_deltalake(table, pyarrow.table(columns, schema=schema), mode="append")


def line(what, seconds, cpu, rss, aim):
    print(f"{what:<58} {seconds * 1000:>9.0f} ms  {cpu * 1000:>9.0f} ms CPU  {rss:>6.0f} MB   aim {aim}")


def bench_plan(folder, jobs, days):
    make_project(folder, jobs)
    import_days(folder, [0])
    _, seconds, cpu, rss = weir(folder, "run")
    line(f"a run of one SQL step with its commit (of {jobs:,})", seconds / jobs, cpu / jobs, rss, "< 30 ms")
    copy_days(folder, days)
    cache = folder / ".weir/cache"
    shutil.rmtree(cache)
    out, seconds, cpu, rss = weir(folder, "plan", "--json")
    plan = json.loads(out)
    if plan["runs"] or plan["stale"]:
        raise SystemExit(f"not a no-op plan: {len(plan['runs'])} runs, {len(plan['stale'])} stale, {(plan['runs'] + plan['stale'])[:2]}")
    line(f"no-op plan, {jobs:,} jobs x {days} days, cache rebuilt", seconds, cpu, rss, "< 5 s")
    time.sleep(0.2)  # files that are younger than a clock tick aren't trusted
    weir(folder, "plan", "--json")
    _, seconds, cpu, rss = weir(folder, "plan", "--json")
    line("the same again: nothing has changed", seconds, cpu, rss, "< 200 ms")
    for memo in cache.glob("plan-*"):
        memo.unlink()
    _, seconds, cpu, rss = weir(folder, "plan", "--json")
    line("the same, ledger's cache warm, what plan remembers deleted", seconds, cpu, rss, "-")


def bench_steps(folder, steps):
    write(folder / "weir.yaml", "name: steps\n")
    job = folder / "jobs/d/steps/job.yaml"
    for count in (1, steps):
        body = "".join(f"  - {{sql: one.sql, name: r{number}, out: r{number}}}\n" for number in range(count))
        write(job, f"job: steps\nschedule: manual\nsteps:\n{body}writes: [{{table: t.one, from: r{count - 1}, mode: overwrite}}]\n")
        write(folder / "jobs/d/steps/one.sql", "SELECT 1 AS v\n")
        _, seconds, cpu, rss = weir(folder, "run", "steps", "--on", str(FIRST), "--full")
        if count == 1:
            first = (seconds, cpu)
    line(f"a further SQL step (of {steps:,})", (seconds - first[0]) / steps, (cpu - first[1]) / steps, rss, "< 5 ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--steps", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        bench_plan(pathlib.Path(folder) / "plan", arguments.jobs, arguments.days)
        bench_steps(pathlib.Path(folder) / "steps", arguments.steps)


if __name__ == "__main__":
    main()
