#!/usr/bin/env python3
"""Ends a test run: names what failed and what was slowest, and counts everything in one closing line.

    scripts/count_tests.py build/results

The folder holds what scripts/test.sh left there: ctest-*.xml and pytest.xml (JUnit), gtest/*.xml (the cases inside
the test programs that ctest ran), and parts.txt (`passed NAME`, `failed NAME` or `skipped NAME` a line).
"""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

SLOWEST = 8


class Count:
    def __init__(self):
        self.totals = collections.Counter()
        self.failed = []
        self.seconds = []

    def add(self, outcome, name, seconds=None, times=1):
        self.totals[outcome] += times
        if outcome == "failed":
            self.failed.append(name)
        if seconds is not None:
            self.seconds.append((seconds, name))


def outcome_of(case):
    """Of a case in the XML of ctest, GoogleTest or pytest."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "disabled") or case.get("result") == "skipped"
    return "skipped" if skipped else "passed"


def add_ctest(count, path, gtest):
    for case in ElementTree.parse(path).iter("testcase"):
        name, outcome, seconds = case.get("name"), outcome_of(case), float(case.get("time") or 0)
        programs = gtest.glob(f"{name}_test*.xml")
        inside = max(([*ElementTree.parse(xml).iter("testcase")] for xml in programs), key=len, default=[])
        outcomes = collections.Counter(map(outcome_of, inside))
        for each in inside:
            if outcome_of(each) == "failed":
                count.failed.append(f"{name}: {each.get('classname')}.{each.get('name')}")
        if outcome == "failed" and not outcomes["failed"]:  # it crashed, hung or left something behind
            outcomes["failed"] += 1
            count.failed.append(name)
        if not inside and outcome != "failed":
            outcomes[outcome] += 1
        count.totals.update(outcomes)
        count.seconds.append((seconds, name))


def main():
    results = pathlib.Path(sys.argv[1])
    count = Count()
    for path in sorted(results.glob("ctest-*.xml")):
        add_ctest(count, path, results / "gtest" / path.stem.removeprefix("ctest-"))
    for path in results.glob("pytest.xml"):
        for case in ElementTree.parse(path).iter("testcase"):
            count.add(outcome_of(case), f"{case.get('classname')}.{case.get('name')}", float(case.get("time") or 0))
    for line in (results / "parts.txt").read_text().splitlines():
        count.add(*line.split(" ", 1))

    print("\nslowest:")
    for seconds, name in sorted(count.seconds, reverse=True)[:SLOWEST]:
        print(f"  {seconds:6.1f} s  {name}")
    for name in count.failed:
        print(f"FAILED {name}")
    skipped = f", {count.totals['skipped']} skipped" if count.totals["skipped"] else ""
    print(f"{count.totals['passed']} passed, {count.totals['failed']} failed{skipped}")
    return 1 if count.totals["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
