#!/usr/bin/env python3
"""A stream under `weir run --follow`: files keep coming, the program is killed at named points and started again. At the
end each row is there once, and the daily job has its days."""
import collections
import datetime
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
POINTS = ["run:before-prepare", "run:after-prepare", "intent:after-put", "intent:after-table", "run:after-commit",
          "run:before-end", "run:after-end", "ledger:after-start"]
STREAM = """job: pages_in
kind: stream
batch: 200B
steps:
  - {connector: files, out: pages, with: {path: "in/*.ndjson", missing: empty}, columns: {pages: "id BIGINT, ds VARCHAR"}}
writes:
  - {table: site.pages, from: pages, mode: append, partition_by: [ds]}
"""
DAILY = """job: daily
reads: {pages: site.pages}
steps: [{sql: daily.sql}]
writes: [{table: site.daily, from: daily, partition_by: [ds]}]
"""


class Site:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.random = random.Random(SEED)
        self.expected = []
        self.files = 0
        for name, text in {"weir.yaml": "name: site\n", "jobs/site/pages_in/job.yaml": STREAM,
                           "jobs/site/daily/job.yaml": DAILY,
                           "jobs/site/daily/daily.sql": "SELECT count(*) AS views, sum(id) AS ids FROM pages\n"}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "in").mkdir()

    def add_files(self, count):
        for _ in range(count):
            self.files += 1
            rows = [(len(self.expected) + i, f"2026-01-{self.random.randint(5, 8):02}") for i in range(self.random.randint(0, 9))]
            self.expected += rows
            text = "".join(json.dumps({"id": number, "ds": day}) + "\n" for number, day in rows)
            part = self.folder / "in" / f".{self.files}.part"
            part.write_text(text)
            part.rename(self.folder / "in" / f"{self.random.randrange(10**6):06}-{self.files}.ndjson")

    def weir(self, *words):
        return subprocess.run([WEIR, "-C", str(self.folder), *words], capture_output=True, text=True, timeout=120)

    def follow(self, failpoint=None, errors=subprocess.DEVNULL):
        environment = {**os.environ, **({"WEIR_FAILPOINT": failpoint} if failpoint else {})}
        return subprocess.Popen([WEIR, "-C", str(self.folder), "run", "--follow", "--poll", "1s", "--json"], text=True,
                                stdout=subprocess.PIPE, stderr=errors, env=environment)

    def rows(self, sql):
        done = self.weir("sql", sql, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def check(self):
        found = [(row["id"], row["ds"]) for row in self.rows("SELECT id, ds FROM site.pages")]
        assert sorted(found) == sorted(self.expected), f"{len(found)} rows, {len(self.expected)} expected"
        views = {row["ds"]: (row["views"], int(row["ids"])) for row in self.rows("SELECT ds, views, ids FROM site.daily")}
        expected = collections.defaultdict(lambda: (0, 0))
        for number, day in self.expected:
            expected[day] = (expected[day][0] + 1, expected[day][1] + number)
        days = {f"2026-01-{day:02}" for day in range(int(min(expected)[-2:]), int(max(expected)[-2:]) + 1)}
        wanted = {day: expected[day] if day in expected else (0, None) for day in days}
        assert views == wanted, f"{views}, expected {wanted}"


def wait_for_summary(process):
    """Reads events until a round of runs is over."""
    for line in process.stdout:
        if json.loads(line)["event"] == "summary":
            return
    raise AssertionError("the program ended")


def days_that_are_not_over():
    """They get no daily run while more files may come; a batch takes the files that are there for all there is."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    days = [str(today + datetime.timedelta(days)) for days in (-1, 0, 1)]
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        site = Site(folder + "/site")
        (site.folder / "in" / "a.ndjson").write_text("".join(json.dumps({"id": 1, "ds": day}) + "\n" for day in days))
        process = site.follow()
        wait_for_summary(process)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.wait(timeout=60)
        done = [row["ds"] for row in site.rows("SELECT ds FROM site.daily ORDER BY ds")]
        now = str(datetime.datetime.now(datetime.timezone.utc).date())
        assert done[:1] == days[:1] and all(day < now for day in done), f"{done} on {now}"
        assert site.weir("run").returncode == 0
        assert [row["ds"] for row in site.rows("SELECT ds FROM site.daily ORDER BY ds")] == days


def job_that_is_refused():
    """It is told once, and the stream goes on; in the end the program has failed."""
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        site = Site(folder + "/site")
        while not site.expected:  # a file may be empty
            site.add_files(2)
        assert site.weir("run").returncode == 0
        (site.folder / "jobs/site/daily/job.yaml").write_text("schedule: weekly\n" + DAILY)
        with open(folder + "/errors", "w", encoding="utf-8") as errors:
            process = site.follow(errors=errors)
            for _ in range(2):
                site.add_files(1)
                wait_for_summary(process)
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait(timeout=60) == 1, process.returncode
        told = pathlib.Path(folder + "/errors").read_text(encoding="utf-8").splitlines()
        told = [line for line in told if "put 'schedule' and 'time_zone' back" in line]
        assert len(told) == 2 and "warning daily: " in told[0] and "daily: " in told[1], told
        found = [(row["id"], row["ds"]) for row in site.rows("SELECT id, ds FROM site.pages")]
        assert sorted(found) == sorted(site.expected), f"{len(found)} rows, {len(site.expected)} expected"


def run_that_fails():
    """It is tried again after pauses that double, each attempt on record, while the stream goes on."""
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        site = Site(folder + "/site")
        site.add_files(1)
        (site.folder / "in" / "old.ndjson").write_text('{"id": -1, "ds": "2026-01-04"}\n')
        (site.folder / "jobs/site/daily/daily.sql").write_text("SELECT CASE WHEN id < 0 THEN error('a bad day') ELSE id END AS id FROM pages\n")
        process = site.follow()
        attempts = []
        while len(attempts) < 3:
            site.add_files(1)
            wait_for_summary(process)
            attempts = [run for run in json.loads(site.weir("runs", "daily", "--json").stdout)["runs"] if run["state"] == "failed"]
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.wait(timeout=60)
        assert {run["start"] for run in attempts} == {"2026-01-04T00:00:00Z"}, attempts
        assert all("a bad day" in run["error"] for run in attempts), attempts
        times = [datetime.datetime.fromisoformat(run["started"]) for run in sorted(attempts, key=lambda run: run["started"])]
        pauses = [(later - sooner).total_seconds() for sooner, later in zip(times, times[1:])]
        assert all(pause >= 2 ** number for number, pause in enumerate(pauses)), pauses
        found = [row["id"] for row in site.rows("SELECT id FROM site.pages WHERE id >= 0")]
        assert len(found) > 0 and set(found) <= {number for number, _ in site.expected}, found


def main():
    days_that_are_not_over()
    job_that_is_refused()
    run_that_fails()
    rounds = int(os.environ.get("WEIR_TEST_ROUNDS") or 20)
    print(f"seed {SEED}, {rounds} kills")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        site = Site(folder + "/site")
        hits = collections.Counter()
        for number in range(rounds):
            site.add_files(site.random.randint(1, 6))
            point = POINTS[number % len(POINTS)]
            process = site.follow(f"{point}:{site.random.randint(1, 3)}")
            if site.random.random() < 0.3:
                site.add_files(1)
            for _ in process.stdout:  # until it dies, or has nothing left to die at
                if process.poll() is None and '"event":"summary"' in _.replace(" ", ""):
                    process.send_signal(signal.SIGKILL)
            if process.wait() == -signal.SIGKILL:
                hits[point] += 1
        print("killed:", dict(hits))
        process = site.follow()
        site.add_files(3)
        wait_for_summary(process)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=60) == 130, process.returncode
        done = site.weir("run", "--stale")
        assert done.returncode == 0, done.stderr
        site.check()
        print(f"{site.files} files, {len(site.expected)} rows: each once")


if __name__ == "__main__":
    sys.exit(main())
