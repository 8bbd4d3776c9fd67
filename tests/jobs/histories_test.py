#!/usr/bin/env python3
"""Random projects, random histories of new days, late data, changed code, comments, failures and kills: when no plan has
anything left, the tables are those of one run from scratch.   histories_test.py PART OF_PARTS"""
import collections
import difflib
import os
import random
import sys
import tempfile

import shop

POINTS = ["run:before-prepare", "run:after-prepare", "intent:before-put", "intent:after-put", "intent:after-table",
          "intent:before-delete", "run:after-commit", "run:before-end", "run:after-end", "ledger:after-start",
          "ledger:before-end", "data:before-sync"]


def live(project, jobs, outside, draw, coverage, log):
    what = draw.choice(["day", "day", "late", "late", "code", "comment", "optimize", "run", "run", "run", "kill", "kill"])
    coverage[what] += 1
    job = jobs[draw.choice(sorted(jobs))]
    if what == "day":
        outside.new_day(project)
    elif what == "late":
        outside.late(project)
    elif what == "code":
        job.factor += 1
        project.write_job(job)
    elif what == "comment":
        before = project.plan("--stale")
        job.comment += "x"
        project.write_job(job)
        assert project.plan("--stale") == before, "a comment changed the plan"
    elif what == "optimize":
        before = project.plan("--stale")
        project.weir("table", "optimize", draw.choice(project.tables()))
        assert project.plan("--stale") == before, "optimize changed the plan"
    elif what == "run":
        words = draw.choice([[], ["--stale"], [job.name], ["+" + job.name], ["--parallel", "4"]])
        project.weir("run", *words)
    else:
        point = f"{draw.choice(POINTS)}:{1 + draw.randrange(6)}"
        done = project.weir("run", check=False, failpoint=point, log=log)
        assert done.returncode in (0, -9), done.stderr


def difference(lived, expected):
    return "\n".join(list(difflib.unified_diff(expected.split("\n"), lived.split("\n"), "scratch", "lived", n=0))[:20])


def one_history(seed, coverage):
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        jobs = shop.random_jobs(draw)
        outside = shop.Outside(draw)
        project = shop.Project(folder + "/lived", jobs)
        outside.new_day(project)
        for _ in range(10):
            live(project, jobs, outside, draw, coverage, folder + "/points")
        project.run_until_done()
        scratch = shop.Project(folder + "/scratch", jobs)
        outside.load_all(scratch)
        scratch.run_until_done()
        tables = [table for job in jobs.values() for table in job.tables()]
        lived, expected = project.rows(tables), scratch.rows(tables)
        assert lived == expected, f"seed {seed}: other rows than from scratch:\n{difference(lived, expected)}"


def main():
    part, parts = int(sys.argv[1]), int(sys.argv[2])
    rounds = int(os.environ.get("WEIR_TEST_ROUNDS", "20"))
    seed = shop.seeded(part)
    coverage = collections.Counter()
    for number in range(-(-rounds // parts)):
        one_history(seed + number, coverage)
    print(f"{-(-rounds // parts)} histories:", dict(coverage))


main()
