#!/usr/bin/env python3
"""examples/weblog on a real access log, against a regular expression."""
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
LOG = pathlib.Path(__file__).resolve().parents[3] / "shared/data/apache-logs/apache_logs"
LINE = re.compile(r'^(\S+) \S+ \S+ \[(\d+/\w+/\d+:\d+:\d+:\d+ [+-]\d+)\] "(\w+) (\S+) [^"]*" (\d+) (\S+) "([^"]*)" "(.*)"$')


def weir(*words, folder):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def main():
    if not LOG.exists():
        print(f"skipped: {LOG.name} of the shared data isn't there")
        return
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        site = pathlib.Path(folder) / "site"
        weir("new", str(site), "--example", "weblog", folder=folder)
        (site / "logs").mkdir()
        shutil.copy(LOG, site / "logs/apache.log")
        weir("check", "--strict", folder=site)
        weir("run", folder=site)
        query = lambda sql: json.loads(weir("sql", sql, "--format", "json", folder=site))

        days = collections.Counter()
        unreadable = []
        for number, line in enumerate(LOG.read_text(errors="surrogateescape").splitlines(), 1):
            match = LINE.match(line)
            if not match:
                unreadable.append(number)
                continue
            time = datetime.datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").astimezone(datetime.timezone.utc)
            days[time.date().isoformat()] += 1
        bad = [row["line_number"] for row in query("SELECT line_number FROM site.bad_lines ORDER BY 1")]
        assert bad == unreadable, (bad, unreadable)
        kept = collections.Counter({row["dt"]: row["n"] for row in query(
            "SELECT dt, sum(n)::BIGINT AS n FROM (SELECT dt, count(*) AS n FROM site.visits GROUP BY 1 UNION ALL "
            "SELECT dt, count(*) FROM site.suppressed GROUP BY 1) GROUP BY 1")})
        repeated = sum(days.values()) - sum(kept.values())
        assert set(kept) == set(days) and all(0 <= days[day] - kept[day] < 700 for day in days), (kept, days)
        crawlers = query("SELECT count(*) AS n FROM site.suppressed")[0]["n"]
        print(f"{sum(days.values())} lines: {sum(kept.values()) - crawlers} visits, {crawlers} of crawlers, {repeated} repeated, "
              f"{len(bad)} bad")


if __name__ == "__main__":
    sys.exit(main())
