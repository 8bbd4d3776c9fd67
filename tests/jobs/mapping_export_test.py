#!/usr/bin/env python3
"""Files of the mapping for other readers: who reads `latest` while they are written, or after a kill at any step, has the
state of one day whole. `mapping_export_test.py [POINT…]`."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from ingest_test import SEED, WEIR, call, make_world, new_project, rows

REGION = "amer"
FILES = "warehouse/_files/mapping/userIdsMapperIncremental"


def digests(files):
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def of_day(project, day):
    folder = project / FILES / day / REGION
    assert (folder / "_SUCCESS").exists(), folder
    return digests(sorted(folder.glob("part-*.parquet")))


def read_latest(project):
    """As the documentation tells: the manifest, then what it names; again if that went meanwhile. (day, digests)."""
    folder = project / FILES / "latest" / REGION
    while True:
        manifest = json.loads((folder / "_MANIFEST.json").read_text())
        try:
            files = [folder / file["name"] for file in manifest["files"]]
            found = digests(files)
        except FileNotFoundError:
            assert manifest != json.loads((folder / "_MANIFEST.json").read_text()), "a file is missing for good"
            continue
        assert [file["bytes"] for file in manifest["files"]] == [len(file.read_bytes()) for file in files if file.exists()] or (
            manifest != json.loads((folder / "_MANIFEST.json").read_text()))
        return manifest["day"], found


def mapped(project, day):
    """The rows of the exported files are the mapping's."""
    files = f"read_parquet('{FILES}/{day}/{REGION}/part-*.parquet')"
    wanted = f"SELECT universal_id, party, user_id, first_seen, last_seen, calls FROM metastore.mapping_{REGION}"
    for left, right in ((f"SELECT * FROM {files}", wanted), (wanted, f"SELECT * FROM {files}")):
        assert not rows(project, f"({left}) EXCEPT ALL ({right}) LIMIT 3"), day


def export(project, day, **options):
    return call("run", "user_ids_mapper", "mapping_export", "--on", day, "--partition", f"region={REGION}", folder=project, **options)


def prepared(folder):
    make_world(folder / "world", SEED, "--people", "200", "--days", "4", "--rate.mapped", "0.5", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    settings = project / "weir.yaml"
    settings.write_text(settings.read_text().replace("mapping_export: none", "mapping_export: parquet"))
    job = project / "jobs/cookie_mapping/mapping_export/job.yaml"
    job.write_text(re.sub(r"keep: 7", "keep: 2\n      rows_of_file: 20", job.read_text()))
    call("run", "enricher", folder=project)
    days = sorted(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM reservoir.enriched_mapper"))
    for day in days[:2]:
        export(project, day)
        mapped(project, day)
    return project, days


def check_readers(project, day, before):
    """Reads on and on while the next day is exported."""
    process = subprocess.Popen([WEIR, "run", "user_ids_mapper", "mapping_export", "--on", day, "--partition", f"region={REGION}"],
                               cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = {}
    while process.poll() is None:
        found_day, found = read_latest(project)
        assert seen.setdefault(found_day, found) == found, f"another state of {found_day}"
    assert process.returncode == 0
    assert read_latest(project) == (day, of_day(project, day))
    assert seen.get(before[0], before[1]) == before[1] and seen.get(day, of_day(project, day)) == of_day(project, day)
    print(f"read while {day} was written: states of {sorted(seen)}")


def main(folder, *points):
    random.seed(SEED)
    project, days = prepared(folder)
    before = read_latest(project)
    assert before == (days[1], of_day(project, days[1])) and len(before[1]) > 2
    for point in points:
        copy = folder / point.replace(":", "-")
        shutil.copytree(project, copy, symlinks=True)
        done = export(copy, days[2], failpoint=point, check=False)
        assert done.returncode == -signal.SIGKILL, f"{point} was not met"
        day, found = read_latest(copy)
        assert (day, found) == before or (day, found) == (days[2], of_day(copy, days[2])), point
        for old in (copy / FILES).glob(f"2*/{REGION}/_SUCCESS"):
            of_day(copy, old.parent.parent.name)
        export(copy, days[2])
        assert read_latest(copy) == (days[2], of_day(copy, days[2])), point
        mapped(copy, days[2])
        assert sorted(file.name for file in (copy / FILES).iterdir()) == [*days[1:3], "latest"], point
        print(f"{point}: killed with {'the old' if day == days[1] else 'the new'} state")
        shutil.rmtree(copy)
    if not points:
        check_readers(project, days[2], before)


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-export-") as temporary:
        sys.exit(main(pathlib.Path(temporary), *sys.argv[1:]))
