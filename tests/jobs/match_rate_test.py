#!/usr/bin/env python3
"""The check of job dsp_uploads that warns where a seat's match rate fell, on random uploads beside plain Python: under four
fifths of the 30 days before, at 1000 users or more, over accepted uploads alone; and who is told. `match_rate_test.py`."""
import fractions
import json
import os
import pathlib
import random
import subprocess
import sys

PACK = pathlib.Path(__file__).resolve().parents[2] / "packs/adtech"
JOB = PACK / "jobs/segment_building/dsp_uploads"
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))


def relation(uploads):
    values = ", ".join(f"('{dsp}', {member}, {accepted}, {known}, {unknown})" for dsp, member, accepted, known, unknown in uploads)
    columns = "dsp, member_id, accepted, num_valid_user, num_invalid_user"
    return f"SELECT * FROM (VALUES {values}) AS v({columns})" if uploads else (
        f"SELECT * FROM (VALUES ('', 0, false, 0, 0)) AS v({columns}) WHERE false")


def told_of(now, before):
    sql = (JOB / "match_rate_fell.sql").read_text()
    sql = f"WITH uploads AS ({relation(now)}), before AS ({relation(before)}) SELECT * FROM ({sql}) ORDER BY ALL"
    done = subprocess.run([os.environ["WEIR"], "sql", sql, "--format", "json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return {(row["dsp"], int(row["member_id"])) for row in json.loads(done.stdout)}


def rates(uploads):
    found = {}
    for dsp, member, accepted, known, unknown in uploads:
        if accepted == "true":
            total = found.setdefault((dsp, member), [0, 0])
            total[0] += known
            total[1] += known + unknown
    return found


def fell(now, before):
    now, before = rates(now), rates(before)
    return {seat for seat, (known, users) in now.items() if users >= 1000 and seat in before and before[seat][1] > 0
            and fractions.Fraction(known, users) < fractions.Fraction(4, 5) * fractions.Fraction(*before[seat])}


def random_uploads(source):
    return [(source.choice(("xandr", "files")), source.randrange(1, 5), source.choice(("true", "true", "true", "false")),
             source.choice((0, 300, 500, 799, 800, 1000)), source.choice((0, 200, 201, 500))) for _ in range(source.randrange(14))]


def main():
    print(f"WEIR_TEST_SEED={SEED}")
    full = [("xandr", 7, "true", 1000, 0)]
    for now, wanted in (
            ([("xandr", 7, "true", 799, 201)], {("xandr", 7)}),
            ([("xandr", 7, "true", 800, 200)], set()),  # four fifths
            ([("xandr", 7, "true", 100, 899)], set()),  # 999 users
            ([("xandr", 7, "false", 0, 5000)], set()),  # refused
            ([("xandr", 8, "true", 0, 5000)], set())):  # a seat without a past
        assert told_of(now, full) == wanted, (now, wanted)
    source = random.Random(SEED)
    told = 0
    for _ in range(12):
        now, before = random_uploads(source), random_uploads(source)
        assert told_of(now, before) == fell(now, before), (now, before)
        told += len(fell(now, before))
    assert "{sql: match_rate_fell.sql, expect: no_rows, severity: warn}" in (JOB / "job.yaml").read_text()
    print(f"12 random days, {told} seats told of")


if __name__ == "__main__":
    main()
