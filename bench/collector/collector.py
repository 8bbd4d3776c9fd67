#!/usr/bin/env python3
"""Durable events a second of `weir serve ad_tracker`, and how long a request takes, by wrk on loopback; beside what the disk
does alone: appends of the same bytes with fdatasync. What came back 200 is counted in the files afterwards."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "tests/jobs"))
os.environ.setdefault("WEIR", str(HERE.parents[1] / "build/release/weir"))
from collecting import new_project, served, settings, topic_files  # noqa: E402


def syncs_alone(folder, size, seconds=3):
    """Appends of `size` bytes a second, each made durable, by one thread."""
    block, count = b"x" * size, 0
    with open(folder / "syncs", "wb", buffering=0) as file:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            file.write(block)
            os.fdatasync(file.fileno())
            count += 1
    (folder / "syncs").unlink()
    return count / seconds


def measure(folder, connections, options, script, events):
    pause = 1000 * connections * events / options.rate if options.rate else 0
    with served(folder, "ad_tracker") as service:
        before = len(topic_files(folder))
        done = subprocess.run(["wrk", "-t", "2", "-c", str(connections), "-d", f"{options.seconds}s", "--timeout", "10s", "-s",
                               str(HERE / script), service.url], capture_output=True, text=True, check=True,
                              env={**os.environ, "EVENTS": str(events), "PAUSE": str(pause)})
        metrics = service.ask("GET", "/metrics")[2].decode()
    numbers = next(line.split()[1:] for line in done.stdout.split("\n") if line.startswith("RESULT"))
    requests, failed, micros, *times = map(float, numbers)
    values = {line.split("{")[0]: float(line.split()[-1]) for line in metrics.split("\n") if line.startswith("weir_collector_co")}
    kept = sum(path.read_bytes().count(b"\n") for path in topic_files(folder)[before:])
    good = int(requests - failed) * events
    assert kept >= good, f"{good} events were answered 200, {kept} are kept"
    commits = values["weir_collector_commits_total"]
    return {"rate": good / micros * 1e6, "failed": int(failed), "times": times, "commits": commits / micros * 1e6,
            "commit_ms": 1000 * values["weir_collector_commit_seconds_total"] / commits}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", default="8 32 64")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--rate", type=int, default=0, help="events a second that are offered; 0: as many as are answered")
    parser.add_argument("--pixels", action="store_true", help="GET /px, an event a request")
    options = parser.parse_args()
    events = 1 if options.pixels else options.events
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as where:
        folder = pathlib.Path(where) / "project"
        new_project(folder)
        settings(folder, "ad_tracker", connections=256)
        alone = syncs_alone(pathlib.Path(where), 270 * events)
        print(f"the disk alone: {alone:,.0f} appends of {270 * events:,} bytes a second, each synced ({1000 / alone:.2f} ms)")
        print(f"{'connections':>11} {'events/s':>10} {'refused':>8} {'p50 ms':>8} {'p99 ms':>8} {'p99.9 ms':>9} {'max ms':>8} "
              f"{'commits/s':>10} {'ms a commit':>12}")
        for connections in map(int, options.connections.split()):
            found = measure(folder, connections, options, "pixels.lua" if options.pixels else "batches.lua", events)
            print(f"{connections:>11} {found['rate']:>10,.0f} {found['failed']:>8} " +
                  "{:>8.1f} {:>8.1f} {:>9.1f} {:>8.1f}".format(*found["times"]) +
                  f" {found['commits']:>10,.0f} {found['commit_ms']:>12.2f}", flush=True)


if __name__ == "__main__":
    main()
