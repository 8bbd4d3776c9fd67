#!/usr/bin/env python3
"""examples/weblog on a real access log, against a regular expression; and on logs that are rotated between runs.
`weblog_test.py [rotation]`."""
import collections
import datetime
import json
import os
import pathlib
import random
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


def check_torn_line(site, query):
    """A line that is being written is read once it is whole, and none of it is a bad line."""
    counts = lambda: (query("SELECT count(*) AS n FROM site.visits")[0]["n"], query("SELECT count(*) AS n FROM site.bad_lines")[0]["n"])
    visits, bad = counts()
    line = '203.0.113.9 - - [20/May/2015:21:05:59 +0000] "GET /torn/line HTTP/1.1" 200 12 "-" "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Firefox/120.0"\n'
    for part, wanted in ((line[:60], (visits, bad)), (line[60:], (visits + 1, bad))):
        with (site / "logs/apache.log").open("a") as log:
            log.write(part)
        weir("run", folder=site)
        assert counts() == wanted, (part, counts(), wanted)


def rotate(logs, way, number):
    """As logrotate does; "numbers" with delaycompress."""
    log, dated = logs / "access.log", logs / f"access-{20150520 + number}.log"
    if way == "numbers":
        for older in range(number, 1, -1):
            if (logs / f"access.log.{older}.gz").exists():
                (logs / f"access.log.{older}.gz").rename(logs / f"access.log.{older + 1}.gz")
        if (logs / "access.log.1").exists():
            subprocess.run(["gzip", "-n", logs / "access.log.1"], check=True)
            (logs / "access.log.1.gz").rename(logs / "access.log.2.gz")
        log.rename(logs / "access.log.1")
    elif way == "copytruncate":
        shutil.copy(log, dated)
        log.write_text("")
    else:
        log.rename(dated)
        for file in logs.glob("access-*.log"):
            if way == "packed" or file != dated:
                subprocess.run(["gzip", "-n", file], check=True)


def rotation(seed=None):
    """Lines come, and logs are rotated before they were read; each line is there once, in the end and after each run."""
    seed = seed or int(os.environ.get("WEIR_TEST_SEED", 1))
    print("WEIR_TEST_SEED", seed)
    for way in ("numbers", "dated", "packed", "copytruncate"):
        source = random.Random(f"{seed} {way}")
        with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
            site = pathlib.Path(folder) / "site"
            weir("new", str(site), "--example", "weblog", folder=folder)
            (site / "logs").mkdir()
            written = []

            def write():
                with (site / "logs/access.log").open("a") as log:
                    for _ in range(source.randrange(1, 30)):
                        number = len(written)
                        written.append(f"/page/{number}")
                        log.write(f'203.0.113.{number % 200 + 1} - - [20/May/2015:21:{number // 60 % 60:02}:{number % 60:02} +0000] "GET {written[-1]} '
                                  'HTTP/1.1" 200 12 "-" "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Firefox/120.0"\n')

            for number in range(8 if os.environ.get("WEIR_TEST_LONG") else 3):
                write()
                if source.random() < 0.7:
                    weir("run", folder=site)
                    write()
                rotate(site / "logs", way, number)
                if source.random() < 0.7:
                    write()
                weir("run", folder=site)
                found = json.loads(weir("sql", "SELECT path FROM site.visits", "--format", "json", folder=site))
                assert sorted(row["path"] for row in found) == sorted(written), (way, number, len(found), len(written))
            assert not json.loads(weir("sql", "SELECT line_number FROM site.bad_lines", "--format", "json", folder=site)), way
        print(f"{way}: {len(written)} lines, each once")


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
        check_torn_line(site, query)
        print(f"{sum(days.values())} lines: {sum(kept.values()) - crawlers} visits, {crawlers} of crawlers, {repeated} repeated, "
              f"{len(bad)} bad")


if __name__ == "__main__":
    sys.exit(rotation() if sys.argv[1:] == ["rotation"] else main())
