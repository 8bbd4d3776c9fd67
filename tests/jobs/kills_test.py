#!/usr/bin/env python3
"""Kill -9 at every named point of a run, each hit at least five times: the next run finishes, nothing is doubled or
lost, no lease is left, and the tables are those of a run that nobody killed.   kills_test.py POINT…"""
import pathlib
import random
import sys
import tempfile

import shop

HITS = 5


def jobs():
    return {job.name: job for job in [
        shop.Job("days", "interval", [("raw.e0", 1), ("raw.e1", 2)]),
        shop.Job("parts", "interval", [("d.days", 1)], per=True),
        shop.Job("state", "state", [("d.days", 1)])]}


def loaded(folder):
    project = shop.Project(folder, jobs())
    outside = shop.Outside(random.Random(7))
    for _ in range(3):
        outside.new_day(project)
    return project


def no_lease_left(project):
    runs = pathlib.Path(project.folder, "warehouse", "_weir", "runs")
    ended = {path.name[:-len(".end.json")] for path in runs.glob("*.end.json")}
    newest = {}
    for path in runs.glob("*.json"):
        name = path.name[:-len(".json")]
        if name.count(".") >= 3 and name.rsplit(".", 1)[1].isdigit():
            run, attempt = name.rsplit(".", 1)
            newest[run] = max(newest.get(run, 0), int(attempt))
    for run, attempt in newest.items():
        assert f"{run}.{attempt}" in ended, f"run {run} attempt {attempt} has no end"


def main():
    shop.seeded(0)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        fresh = loaded(folder + "/fresh")
        whole = fresh.copy(folder + "/whole")
        whole.weir("run")
        tables = [table for job in jobs().values() for table in job.tables()]
        expected = whole.rows(tables)
        for point in sys.argv[1:]:
            hits = 0
            for nth in range(1, 12):
                project = fresh.copy(f"{folder}/{point.replace(':', '_')}_{nth}")
                log = pathlib.Path(folder, "points")
                log.write_text("")
                killed = project.weir("run", check=False, failpoint=f"{point}:{nth}", log=log)
                if killed.returncode == 0:
                    break  # the run doesn't come by so often
                assert killed.returncode == -9, killed.stderr
                assert log.read_text().split() == [point], log.read_text()
                hits += 1
                project.weir("run")
                assert project.plan()["runs"] == [], "something is left to do"
                assert project.rows(tables) == expected, f"{point}:{nth}: other tables"
                no_lease_left(project)
                assert not list(pathlib.Path(project.folder, "warehouse", "_weir").glob("intents/*"))
                if hits == HITS:
                    break
            print(f"{point}: killed {hits} times", flush=True)
            assert hits == HITS, f"{point} was hit only {hits} times"


main()
