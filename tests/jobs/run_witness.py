"""What a command may and must do while something is broken, told from the jobs' files and from what is broken: what
fails and with which words, what is skipped and why, what goes on, and what the tables show before and after."""
import collections
import csv
import io
import json
import re

import shop
from failing_shop import STATES, TEXTS

SKIPPED = re.compile(r"(\w+)(?:\[(\w+)\])? of (\S+) has not succeeded")


def number_of(text):
    return (shop.datetime.date.fromisoformat(text[:10]) - shop.FIRST).days


def run_of(event):
    return event["job"], event["partition"], number_of(event["start"])


class Events:
    """What a command has told, its runs as (job, region, day)."""

    def __init__(self, text):
        events = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        ends = [event for event in events if event["event"] == "end"]
        self.errors = [(run_of(event), event["error"]) for event in ends if event["state"] == "failed"]
        self.held = {run_of(event) for event in ends if event["state"] == "held"}
        self.failed = {run for run, _ in self.errors}
        self.open = sum(event["held"] for event in events if event["event"] == "summary")  # what others are still at
        self.ids = collections.Counter(event["run"] for event in ends if event["state"] == "succeeded")
        self.succeeded = {run_of(event) for event in ends if event["state"] == "succeeded"}
        skips = [(run_of(event), event["why"]) for event in events if event["event"] == "skip"]
        self.unneeded = {run for run, why in skips if why == "what it reads is unchanged"}
        self.skips = {run: why for run, why in skips if why != "what it reads is unchanged"}


class Witness:
    def __init__(self, project, jobs, outside, coverage):
        self.project, self.jobs, self.outside, self.coverage = project, jobs, outside, coverage
        self.owners = {table: (job.name, region) for job in jobs.values()
                       for table, region in zip(job.tables(), job.regions())}

    def needs(self, run):
        """The runs whose rows or state a run reads, its own earlier one among them."""
        name, region, number = run
        job = self.jobs[name]
        found = {(name, region, number - 1)} if job.kind == "state" else set()
        for table, days in job.inputs:
            if table in self.owners:
                is_state = self.jobs[self.owners[table][0]].kind in STATES
                found |= {(*self.owners[table], number - back) for back in range(1 if is_state else days)}
        return {need for need in found if need[2] >= 0}

    def visible(self):
        """The rows of every table, by day."""
        rows = collections.defaultdict(lambda: collections.defaultdict(list))
        tables = [table for table in self.project.tables() if table in self.owners]
        if tables:
            text = " UNION ALL ".join(f"SELECT '{table}', k, v, day FROM {table}" for table in tables)
            for table, *row, ds in list(csv.reader(io.StringIO(
                    self.project.weir("sql", text + " ORDER BY ALL", "--format", "csv").stdout)))[1:]:
                rows[table][number_of(ds)].append(tuple(row))
        return rows

    def watch(self, *words):
        """A command that runs jobs, whatever is broken. Returns what failed."""
        look = self.project.weir(*words, "--dry-run", "--json", check=False)  # it finishes what a killed run has begun
        before = self.visible()
        done = self.project.weir(*words, "--json", check=False)
        if look.returncode != 0 or (words[0] == "backfill" and not json.loads(look.stdout)["runs"]):
            assert words[0] == "backfill" and done.returncode == 1, (words, look.stderr, done.stderr)
            assert re.search("can't be run again: the state|nothing was run", done.stderr), done.stderr
            self.coverage["backfill refused"] += 1
            assert self.visible() == before
            return set()
        events = Events(done.stdout)
        self.check_ends(events)
        self.check_plan({run_of(run) for run in json.loads(look.stdout)["runs"]}, events)
        assert done.returncode == (1 if events.failed else 0), (words, done.returncode, done.stderr)
        self.check_tables(before, events.succeeded)
        self.check_still_planned(events, before, forced=words[0] == "backfill")
        return events.failed

    def check_ends(self, events, together=False):
        """No run ends but as what is broken says. What was skipped may follow where another command did what it needs."""
        for run, error in events.errors:
            kinds = self.outside.faults(*run)
            found = [kind for kind in kinds if TEXTS[kind] in error]
            assert found, f"{run} failed, broken is {kinds or 'nothing'}: {error}"
            assert found[0] != "line" or f"in/{shop.day(run[2])}.csv" in error, error
            self.coverage.update(f"failed by {kind}" for kind in found)
        for run in events.succeeded:
            assert not self.outside.faults(*run), f"{run} succeeded with {self.outside.faults(*run)}"
            stopped = self.needs(run) & (events.failed if together else events.failed | set(events.skips))
            assert not stopped, f"{run} succeeded without {stopped}"

    def check_plan(self, planned, events):
        """Every planned run fails, if it is broken; is skipped, if what it needs is; else goes on."""
        broken = {run for run in planned if self.outside.faults(*run)}
        stopped, most = set(), None
        while most != len(stopped):
            most = len(stopped)
            stopped |= {run for run in planned - stopped
                        if self.needs(run) & (broken | stopped) or self.in_chain_of(run, broken | stopped)}
        for run in planned - stopped - events.unneeded:
            assert run in (events.failed if run in broken else events.succeeded), f"{run} did not end as it should"
            self.coverage["goes on beside a failure"] += 1 if events.failed and run not in broken else 0
        for run, why in events.skips.items():
            words = SKIPPED.fullmatch(why)
            assert words, f"{run} is skipped: {why}"
            named = (words[1], words[2] or "", number_of(words[3]))
            assert named in events.failed or named in events.skips, f"{run} is skipped as {named} failed, which didn't"
            is_needed = named in self.needs(run) or named[:2] == run[:2] or self.in_chain_of(run, set(events.skips))
            assert is_needed, f"{run} doesn't need {named}"
            self.coverage["skipped"] += 1
        for run in events.failed:
            others = {(run[0], region, run[2]) for region in self.jobs[run[0]].regions()} - {run}
            self.coverage["one partition of two failed"] += len(others & events.succeeded)

    def in_chain_of(self, run, runs):
        """Whether they hand a state on to each other, so that one stops all."""
        return self.jobs[run[0]].kind == "state" and any(other[:2] == run[:2] for other in runs)

    def check_tables(self, before, succeeded):
        """Nothing is visible of what has not succeeded; what was there stays."""
        after = self.visible()
        for table, owner in self.owners.items():
            is_state = self.jobs[owner[0]].kind in STATES
            assert not is_state or len(after[table]) <= 1, f"{table} is of several days"
            for number in before[table].keys() | after[table].keys():
                is_same = before[table].get(number) == after[table].get(number)
                moved_on = is_state and number not in after[table] and max(after[table], default=-1) > number
                assert is_same or moved_on or (*owner, number) in succeeded, (
                    f"{table} of day {number} is another: {before[table].get(number)} → {after[table].get(number)}")
        for name, region, number in succeeded:
            if self.jobs[name].kind == "interval":
                table = self.jobs[name].table.replace("{region}", region)
                assert after[table][number], f"{table} has no rows of day {number}"

    def check_still_planned(self, events, before, forced):
        """What failed is in the next plan, and why, unless it was only asked for again."""
        if not events.failed:
            return
        now = {run_of(run): run["why"] for run in self.project.plan()["runs"]}
        stale = {run_of(run) for run in self.project.plan("--stale")["runs"]}
        for run in events.failed:
            name, region, number = run
            days = before[self.jobs[name].table.replace("{region}", region)]
            was_done = number <= max(days, default=-1) if self.jobs[name].kind in STATES else number in days
            newer = max([done for *owner, done in events.succeeded if owner == [name, region]], default=-1)
            has_moved_on = self.jobs[name].kind == "whole" and max([newer, *days]) > number
            if has_moved_on or (was_done and forced):
                continue  # nothing is missing: a newer state stands, or the older rows do
            assert run in stale, f"{run} failed and is not planned"
            assert was_done or "failed: " in now[run] or "was dropped" in now[run], now.get(run)
