"""Prints one table: each claim of this folder, weir beside its rival. See README.md."""
import argparse
import dataclasses
import json
import os
import platform
import shutil

import append
import data
import measure
import merge
import open_snapshot
import optimize
import scan

CLAIMS = {"append": append, "merge": merge, "open": open_snapshot, "scan": scan, "optimize": optimize}


@dataclasses.dataclass
class Size:
    rows: int
    commits: int


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which claims, of {', '.join(CLAIMS)}; none: all")
    parser.add_argument("--quick", action="store_true", help="1/50 of the sizes: shows that it runs, proves nothing")
    parser.add_argument("-n", "--runs", type=int, default=3, help="runs of each side; the medians are printed")
    parser.add_argument("--json", help="file for the numbers")
    options = parser.parse_args()
    unknown = set(options.names) - set(CLAIMS)
    if unknown:
        parser.error(f"unknown claim {', '.join(unknown)}; known: {', '.join(CLAIMS)}")
    size = Size(rows=200_000, commits=200) if options.quick else Size(rows=10_000_000, commits=10_000)

    print_preface(options)
    lines = []
    for name in options.names or CLAIMS:
        for claim in CLAIMS[name].claims(size):
            lines.append(measure.report(claim, *measure.compare(claim, options.runs)))
    shutil.rmtree(data.folder() / "work", ignore_errors=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(lines, file, indent=1)


def print_preface(options):
    print(f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} CPUs, both sides on "
          f"{measure.THREADS}; {'QUICK: 1/50 of the sizes; ' if options.quick else ''}medians of {options.runs} runs, "
          f"weir and rival in turn, a fresh process each")
    print("weir: seconds and CPU of its whole process, start to exit, data files and log fsynced. Rival: seconds and "
          "CPU of the operation alone, measured inside its\nprocess after imports (what that leaves out stands in the "
          "column start-up), nothing fsynced. RSS: peak of the whole process of both. ratio = rival s / weir s")
    print(measure.HEADER, flush=True)


if __name__ == "__main__":
    main()
