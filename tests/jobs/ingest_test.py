#!/usr/bin/env python3
"""Ingestion of generated worlds against their truth, line by line: for several seeds and rates, sizes of batches, threads,
and with the program killed at named points and started again. `ingest_test.py truth N | kept | batches
BYTES THREADS | horizon | restarts | kills POINT…`."""
import collections
import datetime
import decimal
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from fingerprints import last_words

WEIR = os.environ["WEIR"]
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
RUNS = int(os.environ.get("WEIR_TEST_ROUNDS") or 20)
TOPICS = {"ingested-af": "af", "ingested-st": "st", "ingested-tt": "tt", "ingested-mapping": "mapper"}


def call(*words, folder=None, failpoint=None, check=True, now=None):
    environment = {**os.environ, **({"WEIR_FAILPOINT": failpoint} if failpoint else {}), **({"WEIR_NOW": now} if now else {})}
    done = subprocess.run([WEIR, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    if check and done.returncode != 0:
        raise AssertionError(f"weir {' '.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def rows(folder, sql):
    return json.loads(call("sql", sql, "--format", "json", folder=folder).stdout)


def new_project(folder, world, batch):
    """The pack, reading `world`, with batches of about `batch` bytes."""
    call("new", str(folder), "--pack", "adtech")
    os.symlink(world, folder / "world")
    job = folder / "jobs/ingestion/enricher/job.yaml"
    job.write_text(re.sub(r"^batch: .*$", f"batch: {batch}B", job.read_text(), flags=re.M))


def make_world(folder, seed, *words):
    call("world", "generate", "--pack", "adtech", "--out", str(folder), "--seed", str(seed), *words)


def micros(ts):
    """A raw line's time, however it is written."""
    if isinstance(ts, str) and not re.fullmatch(r"[0-9.]+", ts):
        when = datetime.datetime.fromisoformat(ts.replace("Z", "+00:00"))
        return (when.replace(tzinfo=when.tzinfo or datetime.timezone.utc) - EPOCH) // datetime.timedelta(microseconds=1)
    number = decimal.Decimal(str(ts))
    scale = next(scale for least, scale in ((1e18, -3), (1e15, 0), (1e12, 3), (0, 6)) if number >= decimal.Decimal(least))
    return int(number.scaleb(scale))


def good_lines(folder):
    """(topic, event) of each line that is good by the truth."""
    good = collections.defaultdict(set)
    for row in rows(folder, "SELECT topic, file, line FROM read_parquet('world/truth/lines.parquet') WHERE outcome = 'good'"):
        good[row["topic"], row["file"]].add(int(row["line"]))
    for (topic, file), numbers in good.items():
        data = (folder / "world/raw" / topic / file).read_bytes()
        lines = (gzip.decompress(data) if file.endswith(".gz") else data).removeprefix(b"\xef\xbb\xbf").split(b"\n")
        yield from ((topic, json.loads(lines[number - 1])) for number in sorted(numbers))


def check_days(folder):
    """How many events a day each table has, against the times of the lines that are good by the truth."""
    expected = collections.defaultdict(collections.Counter)
    for topic, event in good_lines(folder):
        day = EPOCH + datetime.timedelta(microseconds=micros(event["ts"]))
        expected[topic][f"{day:%Y-%m-%d}"] += 1
    for topic, party in TOPICS.items():
        found = {row["dt"]: int(row["events"]) for row in rows(folder, f"SELECT dt, count(*) AS events FROM reservoir.enriched_{party} GROUP BY ALL")}
        assert found and found == expected[topic], f"{topic}: {found}, the truth is {dict(expected[topic])}"


def check_truth(folder):
    """Every line became what the world meant it to be."""
    truth = "read_parquet('world/truth/lines.parquet')"
    good = " UNION ALL ".join(
        f"SELECT source AS topic, source_partition AS file, source_offset AS line FROM reservoir.enriched_{party}"
        for party in TOPICS.values())
    for name, found, wanted in (
            ("good", good, f"SELECT topic, file, line FROM {truth} WHERE outcome = 'good'"),
            ("bad", "SELECT source AS topic, source_partition AS file, source_offset AS line, reason FROM metastore.bad_events",
             f"SELECT topic, file, line, reason FROM {truth} WHERE outcome = 'bad'")):
        for left, right, what in ((found, wanted, "too many"), (wanted, found, "missing")):
            differing = rows(folder, f"({left}) EXCEPT ALL ({right}) ORDER BY ALL LIMIT 5")
            assert not differing, f"{name} lines {what}: {differing}"
    counts = rows(folder, """
        SELECT source AS topic, source_partition AS file, sum(lines_in) AS lines, sum(good) AS good, sum(bad) AS bad,
               sum(duplicate) AS duplicate, sum(suppressed) AS suppressed,
               sum(suppressed_by_reason['junk_id']) AS junk_id, sum(suppressed_by_reason['bot']) AS bot,
               sum(suppressed_by_reason['no_consent']) AS no_consent, sum(suppressed_by_reason['erased']) AS erased
        FROM metastore.ingest_ledger GROUP BY ALL HAVING sum(lines_in) > 0 ORDER BY ALL""")
    expected = rows(folder, f"""
        SELECT topic, file, count(*) AS lines, count(*) FILTER (outcome = 'good') AS good,
               count(*) FILTER (outcome = 'bad') AS bad, count(*) FILTER (outcome = 'duplicate') AS duplicate,
               count(*) FILTER (outcome = 'suppressed') AS suppressed, count(*) FILTER (reason = 'junk_id') AS junk_id,
               count(*) FILTER (reason = 'bot') AS bot, count(*) FILTER (reason = 'no_consent') AS no_consent,
               count(*) FILTER (reason = 'erased') AS erased
        FROM {truth} GROUP BY ALL ORDER BY ALL""")
    as_numbers = lambda list: [{key: value if key in ("topic", "file") else int(value) for key, value in row.items()}
                               for row in list]
    assert as_numbers(counts) == as_numbers(expected), "the ledger differs from the truth"
    return sum(int(row["lines"]) for row in expected)


def fingerprints(folder):
    """Of all tables that ingestion writes, without where a row was read."""
    tables = {party: f"reservoir.enriched_{party}" for party in TOPICS.values()}
    tables |= {table: table for table in ("metastore.bad_events", "metastore.suppressed_events")}
    out = call("table", "fingerprint", *tables.values(), folder=folder).stdout
    return dict(zip(tables, last_words(out), strict=True))


def no_full_address(folder, world):
    """The bytes of what was written hold no address of the raw lines that isn't truncated."""
    addresses = set()
    for file in (world / "raw").rglob("*.ndjson"):
        addresses.update(re.findall(rb'"ip":\s*"(\d+\.\d+\.\d+\.\d+)"', file.read_bytes()))
    addresses = {address.decode() for address in addresses if not address.endswith(b".0")}
    tables = [table["name"] for table in json.loads(call("table", "list", "--json", folder=folder).stdout)["tables"]]
    for table in tables:
        for row in rows(folder, f"SELECT to_json(t)::VARCHAR AS row FROM {table} AS t"):
            for address in re.findall(r"\d+\.\d+\.\d+\.\d+", row["row"]):
                assert address not in addresses, f"{table} holds {address}: {row['row'][:300]}"


RATES = [[], ["--rate.bots", "0.1", "--rate.duplicates", "0.2", "--compress", "gz"],
         ["--rate.bad", "0.2", "--rate.late", "0.2", "--rate.redelivered", "0.1", "--compress", "zstd"]]


def truth(folder, number):
    world = folder / "world"
    make_world(world, SEED, "--people", "150", "--days", "3", *RATES[int(number)])
    project = folder / "project"
    new_project(project, world, 1 << 20)
    call("run", "enricher", folder=project)
    lines = check_truth(project)
    if "zstd" not in RATES[int(number)]:  # which Python's own library doesn't read
        check_days(project)
    if number == "0":
        no_full_address(project, world)
    print(f"{' '.join(RATES[int(number)])}: {lines} lines are what the truth says")


def kept(folder):
    """Bad lines stay for 14 days, and for 14 days since they came; what was counted stays."""
    (folder / "world").mkdir()
    project = folder / "project"
    new_project(project, folder / "world", 1 << 20)
    def arrives(day, *lines):
        topic = folder / "world/raw/ingested-af" / day
        topic.mkdir(parents=True)
        (topic / "part-00000.ndjson").write_text("".join(line + "\n" for line in lines))
        call("run", "enricher", folder=project, now=f"{day}T23:00:00Z")
        return [row["ds"] for row in rows(project, "SELECT ds FROM metastore.bad_events ORDER BY ds")]
    good = '{{"ts":"{}T10:00:00Z","uid":"0123456789abcdef","url":"https://example.com/","event":"page_view"}}'
    bad = '{{"ts":"{}T10:00:00Z","uid":"0123456789abcdef","url":"nowhere","event":"page_view"}}'
    assert arrives("2026-01-05", good.format("2026-01-05"), bad.format("2026-01-05")) == ["2026-01-05"]
    assert arrives("2026-01-18", good.format("2026-01-18"), bad.format("2026-01-18")) == ["2026-01-05", "2026-01-18"]
    assert arrives("2026-01-19", good.format("2026-01-19")) == ["2026-01-18"], "a bad line of 15 days ago is there"
    counts = rows(project, "SELECT sum(lines_in) AS lines, sum(bad) AS bad FROM metastore.ingest_ledger WHERE source = 'ingested-af'")[0]
    assert (int(counts["lines"]), int(counts["bad"])) == (5, 2), counts
    # An archive that comes late: its days are old, its bad lines have just come. So has what has no day beside it.
    (folder / "world/raw/ingested-af/2025-11-03").mkdir()
    (folder / "world/raw/ingested-af/2025-11-03/part-00000.ndjson").write_text(good.format("2025-11-03") + "\n" + bad.format("2025-11-03") + "\n")
    (folder / "world/raw/ingested-af/undated.ndjson").write_text(bad.format("2025-11-04") + "\nno JSON\n")
    call("run", "enricher", folder=project, now="2026-01-20T12:00:00Z")
    (folder / "world/raw/ingested-af/undated-2.ndjson").write_text("no JSON either\n")
    call("run", "enricher", folder=project, now="2026-01-20T13:00:00Z")
    old, undated = ["2025-11-03", "2025-11-04"], ["2026-01-20"] * 2
    days = [row["ds"] for row in rows(project, "SELECT ds FROM metastore.bad_events ORDER BY ds")]
    assert days == [*old, "2026-01-18", *undated], days
    assert arrives("2026-01-31", good.format("2026-01-31")) == [*old, "2026-01-18", *undated]  # packs the day 2026-01-20
    assert arrives("2026-02-02", good.format("2026-02-02")) == [*old, *undated], "what came 13 days ago is gone, or what came before is there"
    assert arrives("2026-02-04", good.format("2026-02-04")) == [], "laying rows out anew isn't coming"
    print("bad lines stay for 14 days")


def batches(folder, batch, threads):
    world = folder / "world"
    make_world(world, SEED, "--people", "80", "--days", "3", "--rate.duplicates", "0.1", "--rate.redelivered", "0.2")
    found = []
    for size, cores in ((1 << 28, "2"), (int(batch), threads)):
        project = folder / f"b{size}"
        new_project(project, world, size)
        call("run", "enricher", "--threads", cores, folder=project)
        check_truth(project)
        found.append(fingerprints(project))
    assert found[0] == found[1], f"batches of {batch} bytes, {threads} threads: other rows"
    print(f"batches of {batch} bytes, {threads} threads: the same rows as all at once")


def horizon(folder):
    """Copies of events of days whose ids aren't kept in memory: the tables know them. One program, and one for each batch."""
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "60", "--days", "4", "--rate.duplicates", "0.1", "--rate.redelivered", "0.5", "--rate.late", "0.2")
    for restarts in (False, True):
        project = folder / f"restarts-{restarts}"
        new_project(project, world, 2_000_000 if restarts else 150_000)
        settings = project / "weir.yaml"
        settings.write_text(re.sub(r"horizon_days: \d+", "horizon_days: 0", settings.read_text()))
        while call("run", "enricher", folder=project, failpoint="run:after-end" if restarts else None, check=False).returncode != 0:
            pass
        check_truth(project)
        copies = rows(project, "SELECT sum(duplicate) AS copies FROM metastore.ingest_ledger")[0]
    print(f"{copies['copies']} copies, also of days behind the horizon, were known")


def few_rules(folder):
    """Programs that are started often need not load all rules for user agents, which takes seconds under sanitizers."""
    deps = pathlib.Path(__file__).resolve().parents[2] / ".deps"
    reference = folder / "reference"
    (reference / "uap-core").mkdir(parents=True)
    (reference / "uap-core/regexes.yaml").write_text(
        "user_agent_parsers:\n  - regex: '(Firefox)/(\\d+)'\nos_parsers:\n  - regex: '(Windows)'\n"
        "device_parsers:\n  - regex: '(iPhone)'\n")
    for name in ("crawler-user-agents", "public-suffix-list", "geo"):
        (reference / name).symlink_to(deps / name)
    os.environ["WEIR_REFERENCE_DIR"] = str(reference)


def restarts(folder):
    """Each batch by a program of its own, which has nothing in memory."""
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "40", "--days", "2", "--rate.duplicates", "0.1", "--rate.redelivered", "0.2")
    found = []
    for size in (1 << 28, 100_000):
        project = folder / f"b{size}"
        new_project(project, world, size)
        programs = 1
        while call("run", "enricher", folder=project, failpoint="run:after-end", check=False).returncode != 0:
            programs += 1
        check_truth(project)
        found.append(fingerprints(project))
    assert found[0] == found[1], "other rows after restarts"
    print(f"{programs} programs: the same rows")


def kills(folder, *points):
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "30", "--days", "2", "--rate.duplicates", "0.1", "--rate.redelivered", "0.2")
    hits = collections.Counter()
    while min(hits[point] for point in points) < max(RUNS // 4, 5):
        project = folder / "project"
        new_project(project, world, 40_000)
        for _ in range(6):
            point = min(points, key=lambda name: hits[name])
            done = call("run", "enricher", folder=project, failpoint=f"{point}:{random.randint(1, 2)}", check=False)
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr
            hits[point] += 1
        call("run", "enricher", folder=project)
        check_truth(project)
        shutil.rmtree(project)
    print(f"killed at: {dict(hits)}: nothing lost, nothing doubled")


if __name__ == "__main__":
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        parts = {"truth": truth, "kept": kept, "batches": batches, "horizon": horizon, "restarts": restarts, "kills": kills}
        parts[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
