#!/usr/bin/env python3
"""Two `weir run` at once, of one cache and of two; any number of threads and of runs side by side; the cache deleted."""
import json
import pathlib
import random
import shutil
import tempfile

import shop


def loaded(folder):
    project = shop.Project(folder, shop.random_jobs(random.Random(11)))
    outside = shop.Outside(random.Random(12))
    for _ in range(4):
        outside.new_day(project)
    return project


def two_at_once(folder, fresh, expected, tables):
    for caches in ("one", "two"):
        project = fresh.copy(f"{folder}/{caches}")
        if caches == "two":
            other = project.copy(f"{folder}/{caches}_other")
            shutil.rmtree(other.folder / "warehouse")
            shutil.rmtree(other.folder / ".weir", ignore_errors=True)
            (other.folder / "weir.yaml").write_text(
                (project.folder / "weir.yaml").read_text() + f"warehouse: {project.folder / 'warehouse'}\n")
        else:
            other = project
        processes = [project.start("run"), other.start("run", "--parallel", "2")]
        for process in processes:
            out, err = process.communicate(timeout=300)
            assert process.returncode == 0 or "held by" in err, err
        project.weir("run")
        assert project.rows(tables) == expected, caches
        ids = [path.name for path in pathlib.Path(project.folder, "warehouse", "_weir", "runs").glob("*.1.end.json")]
        again = [name for name in ids if not name.split(".")[-4] == "1"]
        assert not again, f"intervals were run twice: {again}"
        print("two at once,", caches, "cache(s): no interval ran twice")


def main():
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        fresh = loaded(folder + "/fresh")
        first = fresh.copy(folder + "/first")
        first.weir("run", "--threads", "1", "--parallel", "1")
        tables = [table for job in shop.random_jobs(random.Random(11)).values() for table in job.tables()]
        expected = first.rows(tables)
        for threads, parallel in (("2", "4"), ("8", "1")):
            project = fresh.copy(f"{folder}/t{threads}p{parallel}")
            project.weir("run", "--threads", threads, "--parallel", parallel)
            assert project.rows(tables) == expected, (threads, parallel)
        print("threads 1, 2, 8 and parallel 1, 4: the same fingerprints")
        plan = first.plan("--stale")
        shutil.rmtree(first.folder / ".weir")
        assert first.plan("--stale") == plan, "another plan without the cache"
        print("the cache deleted: the same plan")
        two_at_once(folder, fresh, expected, tables)


main()
