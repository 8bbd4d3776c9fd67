#!/usr/bin/env python3
"""Random projects, random histories of new days, late data, changed code, comments, failures of many kinds, dropped
tables, kills and two commands at once: while something is broken, a run does neither more nor less than it may
(run_witness.py); when all is mended and no plan has anything left, the tables are those of one run from scratch.
histories_test.py PART OF_PARTS"""
import collections
import difflib
import os
import pathlib
import random
import sys
import tempfile

import failing_shop
import shop
from run_witness import Events, Witness

POINTS = ["run:before-prepare", "run:after-prepare", "intent:before-put", "intent:after-put", "intent:after-table",
          "intent:before-delete", "run:after-commit", "run:before-end", "run:after-end", "ledger:after-start",
          "ledger:before-end", "data:before-sync"]
FAILURES = sorted(failing_shop.TEXTS)
# What is done while something is broken; each history draws what it does besides.
MEANWHILE = ["kill", "two at once", "drop", "backfill", "days"]
STEPS = ["day", "day", "late", "late", "file", "code", "comment", "optimize", "run", "run", "run", "break", "break", "break",
         "mend", *MEANWHILE, "kill"]


class History:
    def __init__(self, seed, folder, coverage):
        self.seed, self.coverage = seed, coverage
        self.draw = random.Random(seed)
        self.folder = pathlib.Path(folder)
        faults = self.folder / "faults"
        faults.mkdir()
        self.jobs = failing_shop.random_jobs(self.draw, faults)
        self.outside = failing_shop.Outside(self.draw, self.jobs, faults)
        self.project = shop.Project(self.folder / "lived", self.jobs)
        self.witness = Witness(self.project, self.jobs, self.outside, coverage)
        self.mending = []  # what mends each thing that is broken
        self.outside.new_day(self.project)

    def live(self, failure, meanwhile):
        """Some steps; among them one kind of failure for sure, and one thing done while it lasts."""
        certain = self.draw.randrange(4)
        for number in range(6):
            if number == certain:
                self.fail_for_sure(failure, meanwhile)
            self.step(self.draw.choice(STEPS))
        while self.mending:
            self.mend()
        self.project.run_until_done()

    def fail_for_sure(self, failure, meanwhile):
        while self.mending:
            self.mend()
        self.outside.mend_rows(self.project)
        for job in self.jobs.values():
            job.guards = set(job.all_guards)
            self.project.write_job(job)
        self.watch("run", "--stale")
        self.outside.new_day(self.project)
        self.break_one(failure, self.outside.days - 1, self.jobs["j2"] if failure == "code" else None)
        before = collections.Counter(self.coverage)
        self.watch("run")
        assert self.coverage[f"failed by {failure}"] > before[f"failed by {failure}"], f"nothing failed by {failure}"
        told = "one partition of two failed"
        assert failure != "code" or self.coverage[told] > before[told], "the other partition doesn't go on"
        if meanwhile == "kill":
            self.outside.new_day(self.project)
            assert self.kill(f"{self.draw.choice(POINTS)}:1") == -9, "no run came by"
        elif meanwhile == "two at once":
            assert self.two_at_once(), "neither command failed"
        else:
            self.step(meanwhile)
        self.coverage[meanwhile + " for sure"] += 1
        self.watch("run")

    def step(self, what):
        self.coverage[what] += 1
        self.coverage[what + " in a failure"] += 1 if self.mending else 0
        job = self.jobs[self.draw.choice(sorted(self.jobs))]
        if what == "day":
            self.outside.new_day(self.project)
        elif what == "late":
            self.outside.late(self.project)
        elif what == "file":
            self.outside.change_file(self.project)
        elif what == "code":
            job.factor += 1
            self.project.write_job(job)
        elif what == "comment":
            self.same_plan(lambda: self.comment(job))
        elif what == "optimize":
            tables = self.project.tables()
            self.same_plan(lambda: self.project.weir("table", "optimize", self.draw.choice(tables)))
        elif what == "run":
            self.watch("run", *self.draw.choice([[], ["--stale"], [job.name], ["+" + job.name], ["--parallel", "4"]]))
        elif what == "break":
            possible = [kind for kind in FAILURES if any(self.can_fail(job, kind) for job in self.jobs.values())]
            self.break_one(self.draw.choice(possible), self.draw.randrange(self.outside.days))
        elif what == "mend" and self.mending:
            self.mend()
        elif what == "days":
            self.watch("run", "--stale", *self.some_days())
        elif what == "backfill":
            self.watch("backfill", job.name, *self.some_days())
        elif what == "drop":
            self.drop()
        elif what == "two at once":
            self.two_at_once()
        elif what == "kill":
            self.kill(f"{self.draw.choice(POINTS)}:{1 + self.draw.randrange(6)}")

    def watch(self, *words):
        return self.witness.watch(*words)

    def comment(self, job):
        job.comment += "x"
        self.project.write_job(job)

    def same_plan(self, change):
        before = self.project.plan("--stale")
        change()
        assert self.project.plan("--stale") == before, "another plan"

    def some_days(self):
        first, last = sorted([self.draw.randrange(self.outside.days), self.draw.randrange(self.outside.days)])
        return ["--on", shop.day(first)] if first == last else ["--from", shop.day(first), "--to", shop.day(last)]

    def drop(self):
        own = [table for table in self.project.tables() if table in self.witness.owners]
        if own:
            self.project.weir("table", "drop", self.draw.choice(own), "--yes")
            self.watch("run")

    def kill(self, point):
        words = self.draw.choice([[], ["--stale"], ["--parallel", "4"]])
        done = self.project.weir("run", *words, "--json", check=False, failpoint=point, log=self.folder / "points")
        events = Events(done.stdout)
        self.witness.check_ends(events)
        assert done.returncode in ([1, -9] if events.failed else [0, -9]), done.stderr
        self.coverage["killed"] += done.returncode == -9
        self.coverage["killed after a failure"] += done.returncode == -9 and bool(events.failed)
        return done.returncode

    def two_at_once(self):
        before = self.witness.visible()
        ran = [self.project.start("run", "--json", *words) for words in ([], ["--parallel", "2"])]
        told = []
        for process in ran:
            out, err = process.communicate(timeout=300)
            told.append(Events(out))
            self.witness.check_ends(told[-1], together=True)
            assert process.returncode == (1 if told[-1].failed or told[-1].open else 0), (process.returncode, out, err)
            self.coverage["held by the other command"] += len(told[-1].held)
        for one, other in (told, told[::-1]):
            lost = one.held - other.failed - other.succeeded - one.succeeded
            assert one.open or not lost, f"the other command has them, said the one, and it hasn't: {lost}"
            self.coverage["held first, done in the end"] += len(one.held) if not one.open else 0
        twice = told[0].ids & told[1].ids
        assert not twice, f"run by both: {twice}"
        self.witness.check_tables(before, told[0].succeeded | told[1].succeeded)
        return told[0].failed | told[1].failed

    def break_one(self, kind, number, job=None):
        """Breaks something that a run of this day meets, and notes how it is mended: by data, or by the job."""
        job = job or self.draw.choice([job for job in self.jobs.values() if self.can_fail(job, kind)])
        region = self.draw.choice(job.regions())
        if kind in ("row", "check"):
            table = next(table for table, _ in job.inputs if table.startswith("raw."))
            value = 1 + self.draw.randrange(1000)
            self.outside.set_row(self.project, table, kind, number, -value)
            self.mending.append(self.draw.choice([
                lambda: self.outside.set_row(self.project, table, kind, number, value), lambda: self.forgive(table, kind)]))
        elif kind == "code":
            job.broken.add((region, number))
            self.project.write_job(job)
            self.mending.append(lambda: self.mend_code(job))
        elif kind == "line":
            self.outside.broken_files.add(number)
            self.outside.write_file(self.project, number)
            self.mending.append(lambda: self.mend_file(number))
        else:
            what = {"program": "3", "retries": "75", "time limit": "hang"}[kind]
            place = (job.name, None, None) if what == "hang" else (job.name, region, number)
            self.set_limit(job, job.limited or what == "hang")
            self.outside.set_program(place, what)
            self.mending.append(lambda: self.mend_program(job, place))

    @staticmethod
    def can_fail(job, kind):
        guard = kind if kind in ("row", "check", "line") else "program"
        return kind == "code" or guard in job.guards

    def mend(self):
        self.coverage["mended"] += 1
        self.mending.pop(self.draw.randrange(len(self.mending)))()

    def forgive(self, table, guard):
        """The jobs that read the table leave out what they can't use."""
        for job in self.jobs.values():
            if guard in job.guards and any(table == read for read, _ in job.inputs):
                job.guards.remove(guard)
                self.project.write_job(job)

    def mend_code(self, job):
        job.broken.clear()
        self.project.write_job(job)

    def mend_file(self, number):
        self.outside.broken_files.discard(number)
        self.outside.write_file(self.project, number)

    def mend_program(self, job, place):
        self.outside.set_program(place, None)
        self.set_limit(job, job.limited and place[1:] != (None, None))

    def set_limit(self, job, limited):
        """A limit that only a program that hangs is to meet."""
        job.limited = limited
        self.project.write_job(job)

    def check_as_from_scratch(self):
        scratch = shop.Project(self.folder / "scratch", self.jobs)
        self.outside.load_all(scratch)
        scratch.run_until_done()
        tables = [table for job in self.jobs.values() if job.name != "by_day" for table in job.tables()]
        lived, expected = self.project.rows(tables), scratch.rows(tables)
        assert lived == expected, f"other rows than from scratch:\n{difference(lived, expected)}"
        self.check_states_by_day(Witness(scratch, self.jobs, self.outside, self.coverage))

    def check_states_by_day(self, scratch):
        """A run of day d reads the state of d, or the next newer one that was kept: a chain keeps the newest alone."""
        lived, expected = self.witness.visible()["d.by_day"], scratch.visible()["d.by_day"]
        assert lived.keys() == expected.keys(), (sorted(lived), sorted(expected))
        kept = 0
        for number in sorted(lived):
            kept = next((later for later in range(max(kept, number), self.outside.days)
                         if lived[number] == expected[later]), None)
            assert kept is not None, f"day {number} of by_day is of no state since then: {lived[number]}"
            self.coverage["a newer state is read"] += kept > number


def difference(lived, expected):
    return "\n".join(list(difflib.unified_diff(expected.split("\n"), lived.split("\n"), "scratch", "lived", n=0))[:20])


def one_history(seed, turn, coverage):
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        try:
            history = History(seed, folder, coverage)
            history.live(FAILURES[turn % len(FAILURES)], MEANWHILE[turn % len(MEANWHILE)])
            history.check_as_from_scratch()
        except Exception as problem:
            raise AssertionError(f"WEIR_TEST_SEED={seed}: {problem}") from problem


def main():
    part, parts = int(sys.argv[1]), int(sys.argv[2])
    rounds = -(-int(os.environ.get("WEIR_TEST_ROUNDS", "20")) // parts)
    seed = shop.seeded(part)
    coverage = collections.Counter()
    for number in range(rounds):
        one_history(seed + number, (part - 1) * rounds + number, coverage)
    print(f"{rounds} histories:", dict(sorted(coverage.items())))


main()
