"""Runs weir and a rival in turn, each time in a fresh process, and prints what both took.

weir's time is its whole process, from start to exit. A rival's time is what it measures itself
around the operation, after its imports: a Python program that takes half a second to load its
libraries must not make weir look fast. Both run on the same two CPUs.
"""
import dataclasses
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
THREADS = 2


@dataclasses.dataclass
class Usage:
    """What one run took. Seconds, and the peak resident set in bytes."""

    wall: float
    cpu: float
    rss: int
    start_up: float = 0  # seconds of the process that `wall` leaves out


@dataclasses.dataclass
class Claim:
    """One line of the table. `weir` and `rival` are command lines; `prepare` makes what both start
    from and is called before each run, with the name of the side; `check` is called after it."""

    work: str
    rival_name: str
    aim: float  # how many times as fast as the rival
    weir: object  # () -> list of words
    rival: object
    prepare: object = lambda side: None
    check: object = lambda side: None
    note: object = lambda: ""


def weir_program():
    return os.environ.get("WEIR", str(REPOSITORY / "build" / "release" / "weir"))


def two_cpus():
    return set(sorted(os.sched_getaffinity(0))[:THREADS])


def run_process(words):
    """Runs a command on two CPUs; its standard output and what it used."""
    cpus = two_cpus()
    environment = {**os.environ, "POLARS_MAX_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(words, stdout=output, stderr=errors, env=environment,
                                 preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        for file in (output, errors):
            file.seek(0)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}\nexit {child.returncode}\n{errors.read().decode()}")
        # Linux counts in KiB.
        return output.read().decode(), Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def run_weir(words):
    return run_process([weir_program(), *map(str, words)])[1]


def run_rival(words):
    """A rival prints, as its last line, what measured() gave it."""
    output, whole = run_process([sys.executable, *map(str, words)])
    inner = json.loads(output.strip().split("\n")[-1])
    return Usage(inner["wall"], inner["cpu"], whole.rss, whole.wall - inner["wall"])


def measured(operation):
    """Called in a rival's process: runs `operation` and prints the line that run_rival() reads."""
    def cpu_now():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    wall, cpu = time.perf_counter(), cpu_now()
    operation()
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": cpu_now() - cpu}))


def median(runs):
    return Usage(*(statistics.median(getattr(run, field.name) for run in runs)
                   for field in dataclasses.fields(Usage)))


def compare(claim, num_runs):
    """The medians of both sides, which take turns."""
    runs = {"weir": [], "rival": []}
    for _ in range(num_runs):
        for side, run in (("weir", run_weir), ("rival", run_rival)):
            claim.prepare(side)
            runs[side].append(run(getattr(claim, side)()))
            claim.check(side)
    return median(runs["weir"]), median(runs["rival"])


HEADER = (f"{'work':<52} {'rival':<34} {'weir s':>8} {'rival s':>8} {'ratio':>6} {'aim':>6} {'':4} "
          f"{'CPU s':>7} {'rival':>7} {'RSS MB':>7} {'rival':>7} {'(start-up of rival s)':>8}")


def report(claim, weir, rival):
    ratio = rival.wall / weir.wall
    verdict = "ok" if ratio >= claim.aim else "LESS"
    print(f"{claim.work:<52} {claim.rival_name:<34} {weir.wall:8.3f} {rival.wall:8.3f} {ratio:6.2f} "
          f"{claim.aim:6.2f} {verdict:4} {weir.cpu:7.2f} {rival.cpu:7.2f} {weir.rss / 1e6:7.0f} "
          f"{rival.rss / 1e6:7.0f} {rival.start_up:8.2f}  {claim.note()}", flush=True)
    return {"work": claim.work, "rival": claim.rival_name, "aim": claim.aim, "ratio": ratio,
            "weir": dataclasses.asdict(weir), "rival_usage": dataclasses.asdict(rival), "note": claim.note()}
