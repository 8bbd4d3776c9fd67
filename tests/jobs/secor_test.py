#!/usr/bin/env python3
"""Days of the reservoir in the layout of Secor, read by a reader of its own that knows the published layout alone: each
folder that says it is whole holds the table's rows of its day, each once, whenever the writer was killed.
`secor_test.py same FORM | kills POINT…`."""
import datetime
import gzip
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile

from ingest_test import SEED, WEIR, call, few_rules, make_world, new_project, rows

FILES = "warehouse/_files/enriched-out/geo"
DAYS = 3


def read_files(names, read):
    """{(topic, dt): rows}, by the layout's rules; folders without _SUCCESS aren't looked at."""
    found, offsets = {}, {}
    for name in sorted(names):
        parts = name.split("/")
        folder, file = "/".join(parts[:-1]), parts[-1]
        if file == "_SUCCESS" or f"{folder}/_SUCCESS" not in names:
            continue
        assert len(parts) >= 3 and all(re.fullmatch(r"(dt=\d{4}-\d\d-\d\d|hr=\d\d|min=\d\d)", part) for part in parts[1:-1]), name
        stem, _, extension = file.partition(".")
        assert extension in ("", "gz"), name
        generation, partition, offset = stem.split("_")
        assert len(offset) == 20 and int(generation) >= 0 and int(partition) >= 0, name
        data = read(name)
        lines = (gzip.decompress(data) if extension == "gz" else data).decode().splitlines()
        assert lines, f"{name} is empty"
        key = (parts[0], parts[1].removeprefix("dt="))
        assert int(offset) == offsets.get(key, 0), f"{name}: {offsets.get(key, 0)} rows stand before it"
        offsets[key] = int(offset) + len(lines)
        for line in lines:
            row = json.loads(line)
            time = datetime.datetime.strptime(row["ts"], "%Y-%m-%dT%H:%M:%S.%fZ")
            for part in parts[1:-1]:
                form = {"dt": "%Y-%m-%d", "hr": "%H", "min": "%M"}[part[:part.index("=")]]
                assert time.strftime(form) == part[part.index("=") + 1:], f"{name} has a row of {row['ts']}"
            found.setdefault(key, []).append(row)
    return found


def local_files(project):
    root = project / FILES
    names = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")}
    return read_files(names, lambda name: (root / name).read_bytes())


def tables(project, parties=("af", "st", "tt", "mapper")):
    found = {}
    for party in parties:
        for row in rows(project, f"SELECT * REPLACE (strftime(ts AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS ts) "
                                 f"FROM reservoir.enriched_{party} WHERE dt < (SELECT max(dt) FROM reservoir.enriched_af)"):
            found.setdefault((party, row["dt"]), []).append(row)
    return found


def same(left, right):
    by_text = lambda days: {key: sorted(json.dumps(row, sort_keys=True) for row in rows) for key, rows in days.items()}
    left, right = by_text(left), by_text(right)
    assert left.keys() == right.keys(), f"{sorted(left.keys() ^ right.keys())}"
    for key in left:
        assert left[key] == right[key], f"{key}: {[pair for pair in zip(left[key], right[key]) if pair[0] != pair[1]][:1]}"


def prepared(folder, **settings):
    few_rules(folder)
    make_world(folder / "world", SEED, "--people", "25", "--days", str(DAYS), "--rate.late", "0.02")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    path = project / "weir.yaml"
    path.write_text(path.read_text().replace("reservoir_export: none", "reservoir_export: secor"))
    job = project / "jobs/ingestion/reservoir_export/job.yaml"
    more = ", ".join(f"{name}: {value}" for name, value in settings.items())
    job.write_text(job.read_text().replace("sort_by: [event_id]", f"sort_by: [event_id], {more}"))
    call("run", "enricher", folder=project)
    export(project)
    return project


def days_of(project):
    return sorted({day for _, day in tables(project)})


def export(project, **options):
    days = days_of(project)
    call("run", "reservoir_export", "--from", days[0], "--to", days[-1], folder=project, **options)


FORMS = ({}, {"depth": "hour", "rows_of_file": 7, "encoding": "text"}, {"depth": "minute", "generation": 10})


def run_same(folder, *numbers):
    for settings in (FORMS[int(number)] for number in numbers):
        project = prepared(folder, **settings)
        wanted = tables(project)
        assert len(wanted) > 3
        same(local_files(project), wanted)
        before = {path: path.read_bytes() for path in (project / FILES).rglob("*") if path.is_file()}
        call("backfill", "reservoir_export", "--on", days_of(project)[0], folder=project)  # the same bytes again
        assert {path: path.read_bytes() for path in (project / FILES).rglob("*") if path.is_file()} == before
        print(f"{settings}: {len(before)} files, {sum(map(len, wanted.values()))} rows")


def run_kills(folder, *points):
    project = prepared(folder, depth="hour", rows_of_file=3)
    wanted = tables(project)
    day = max(days_of(project))
    job = project / "jobs/ingestion/reservoir_export/job.yaml"
    text = job.read_text()
    for point in points:
        # Each time with other files than before, so that old ones must go.
        job.write_text(text.replace("rows_of_file: 3", f"rows_of_file: {source.choice([1, 2, 4, 5])}"))
        assert "rows_of_file: 3" in text
        kill = f"{point}:{source.randrange(1, 4)}"
        killed = call("backfill", "reservoir_export", "--on", day, folder=project, failpoint=kill, check=False)
        assert killed.returncode == -signal.SIGKILL, f"{kill}: {killed.returncode} {killed.stderr}"
        for key, lines in local_files(project).items():  # what a reader sees now is right, if it sees it
            whole = [json.dumps(row, sort_keys=True) for row in wanted[key]]
            assert set(json.dumps(row, sort_keys=True) for row in lines) <= set(whole), f"{key} after {kill}"
            assert len(set(map(json.dumps, lines))) == len(lines), f"{key}: rows twice after {kill}"
        call("backfill", "reservoir_export", "--on", day, folder=project)
        same({key: rows for key, rows in local_files(project).items() if key[1] == day},
             {key: rows for key, rows in wanted.items() if key[1] == day})
    print(f"killed at {', '.join(points)}: each day whole in the end")


if __name__ == "__main__":
    source = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        globals()["run_" + sys.argv[1]](pathlib.Path(where), *sys.argv[2:])
