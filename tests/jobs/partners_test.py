#!/usr/bin/env python3
"""Files of partners become raw events, each once, whatever is killed: their events are those of the world's own topics, and
the ledger counts what the world's truth says. `partners_test.py truth | kills POINT… | once`."""
import collections
import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile

from ingest_test import SEED, call, few_rules, make_world, rows

JOBS = ("raw_ingester", "event_ingester", "enricher")
EVENT = "party, user_id, strftime(ts AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f') AS ts, url, country, region, consent"


def new_project(folder, world):
    call("new", str(folder), "--pack", "adtech")
    (folder / "partners").mkdir()
    shutil.copytree(world / "partners/sharethis", folder / "partners/sharethis_in")
    shutil.copytree(world / "partners/33across", folder / "partners/33across")
    return folder


def run_all(project, **options):
    return [call("run", job, folder=project, **options) for job in JOBS]


def check_events(project, world, other):
    """`other` read the world's topics themselves, in which the same events are written in our own format; but partners
    don't say what people consented to, so events that need consent are suppressed, and 33Across tells of page views."""
    for party, topic in (("st", "ingested-st"), ("tt", "ingested-tt")):
        found, wanted = (collections.Counter(json.dumps(row, sort_keys=True) for row in rows(
            where, f"SELECT {EVENT}{', event, event_id' if party == 'st' else ''} FROM reservoir.enriched_{party} WHERE consent = 'none_required'")) for where in (project, other))
        assert wanted and found == wanted, f"{list((found - wanted).items())[:2]} and not {list((wanted - found).items())[:2]}"
        counts = rows(project, f"SELECT sum(lines_in)::BIGINT AS lines, sum(good)::BIGINT AS good, sum(bad)::BIGINT AS bad, "
                               f"sum(duplicate)::BIGINT AS duplicate, sum(suppressed)::BIGINT AS suppressed "
                               f"FROM metastore.ingest_ledger WHERE source = '{topic}'")
        truth = rows(project, f"SELECT count(*) AS lines, count(*) FILTER (outcome = 'good') AS good, 0 AS bad, "
                              f"count(*) FILTER (outcome = 'duplicate') AS duplicate, count(*) FILTER (outcome = 'suppressed') AS suppressed "
                              f"FROM read_parquet('{world}/truth/lines.parquet') WHERE topic = '{topic}' AND outcome <> 'bad'")
        granted = len(rows(other, f"SELECT 1 AS x FROM reservoir.enriched_{party} WHERE consent = 'granted'"))
        assert granted and not rows(project, f"SELECT 1 AS x FROM reservoir.enriched_{party} WHERE consent = 'granted'")
        truth[0]["good"] = type(counts[0]["good"])(int(truth[0]["good"]) - granted)
        truth[0]["suppressed"] = type(counts[0]["good"])(int(truth[0]["suppressed"]) + granted)
        counts, truth = ({name: int(number) for name, number in row[0].items()} for row in (counts, truth))
        assert counts == truth, f"{topic}: {counts}, the truth is {truth}"


def prepared(folder):
    few_rules(folder)
    world = folder / "world"
    make_world(world, SEED, "--people", "40", "--days", "2", "--partners", "--rate.bad", "0", "--rate.redelivered", "0", "--rate.duplicates", "0")
    other = folder / "other"
    call("new", str(other), "--pack", "adtech")
    os.symlink(world, other / "world")
    call("run", "enricher", folder=other)
    return world, other


def copies(project):
    """The bytes of the first copies are the partner's, and each copy is told of once."""
    partner = {path.name + str(path.parent.name): path.read_bytes() for path in (project / "partners/sharethis_in").rglob("*.gz")}
    ours = {path.name + str(path.parent.name): path.read_bytes() for path in (project / "partners/sharethis").rglob("*.gz")}
    assert partner == ours
    told = rows(project, "SELECT job, name, count(*) AS times FROM metastore.copied_files GROUP BY ALL")
    assert all(int(row["times"]) == 1 for row in told), [row for row in told if int(row["times"]) > 1]
    assert len([row for row in told if row["job"] == "raw_ingester"]) == len(partner)
    lines = rows(project, "SELECT sum(lines)::BIGINT AS lines FROM metastore.copied_files WHERE job = 'event_ingester'")[0]["lines"]
    counted = sum(len(gzip.decompress(path.read_bytes()).splitlines())
                  for part in ("sharethis", "33across") for path in (project / "partners" / part).rglob("*.gz"))
    assert int(lines) == counted, f"{lines} lines are told of, the files have {counted}"


def truth(folder):
    world, other = prepared(folder)
    project = new_project(folder / "project", world)
    run_all(project)
    check_events(project, world, other)
    copies(project)
    run_all(project)
    check_events(project, world, other)
    print("partners' events are those of the world's topics")


def kills(folder, *points):
    world, other = prepared(folder)
    for point in points:
        project = new_project(folder / point.replace(":", "_"), world)
        for job in JOBS[:2]:
            killed = call("run", job, folder=project, failpoint=f"{point}:{source.randrange(1, 3) if point.startswith('copy:') else 1}", check=False)
            assert killed.returncode == -signal.SIGKILL, f"{job} at {point}: {killed.returncode} {killed.stderr}"
            call("run", job, folder=project)
        call("run", "enricher", folder=project)
        check_events(project, world, other)
        copies(project)
    print(f"killed at {', '.join(points)}")


def once(folder):
    """By name, size and checksum: a file that is delivered again isn't copied again; another content under its name is."""
    project = folder / "project"
    call("new", str(project), "--pack", "adtech")
    partner = project / "partners/sharethis_in"
    partner.mkdir(parents=True)
    line = lambda uid: json.dumps({"standardTimestamp": "2026-01-05T10:00:00Z", "estid": uid, "url": "https://a.example/"}) + "\n"
    seen = lambda: {path.name: path.read_bytes().decode() for path in (project / "partners/sharethis").rglob("*.json")}
    (partner / "a.json").write_text(line("1"))
    (partner / "_SUCCESS").write_text("")
    call("run", "raw_ingester", folder=project)
    assert seen() == {"a.json": line("1")}, seen()
    before = os.stat(project / "partners/sharethis/a.json").st_mtime_ns
    os.utime(partner / "a.json", ns=(10**18, 10**18))  # again, the same
    call("run", "raw_ingester", folder=project)
    assert os.stat(project / "partners/sharethis/a.json").st_mtime_ns == before
    (partner / "a.json").write_text(line("2"))  # the same size
    (partner / "b.json").write_text("no JSON\r\n" + line("3"))
    call("run", "raw_ingester", folder=project)
    assert sorted(seen().values()) == sorted([line("1"), line("2"), "no JSON\r\n" + line("3")]), seen()
    assert len(rows(project, "SELECT * FROM metastore.copied_files")) == 3
    call("run", "event_ingester", folder=project)
    events = [event for path in (project / "world/raw/ingested-st").rglob("*.ndjson.gz")
              for event in gzip.decompress(path.read_bytes()).decode().split("\n")[:-1]]
    assert sorted(events)[0] == "no JSON\r", events
    assert sorted(json.loads(event)["uid"] for event in events if event.startswith("{")) == ["1", "2", "3"]
    across33 = project / "partners/33across"
    across33.mkdir()
    row = lambda uid: f"1767607200000\t{uid}\thttps://a.example/\t\t8.8.8.8\tagent\tUS\n".encode()
    (across33 / "x.tsv").write_bytes(b"\xef\xbb\xbf" + row("4"))  # a byte-order mark is no part of the line
    (across33 / "x.tsv.gz").write_bytes(gzip.compress(row("5")))
    call("run", "event_ingester", folder=project)
    (across33 / "x.tsv.zst").write_bytes(b"")  # later, a third of that name
    call("run", "event_ingester", folder=project)
    copied = sorted((project / "world/raw/ingested-tt").rglob("*.ndjson.gz"))
    events = [json.loads(event) for path in copied for event in gzip.decompress(path.read_bytes()).decode().split("\n")[:-1]]
    assert sorted(event["uid"] for event in events) == ["4", "5"] and len(copied) == 3, (copied, events)
    assert {str(event["ts"]) for event in events} == {"1767607200000"}, events
    print("each once")


if __name__ == "__main__":
    source = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        globals()[sys.argv[1]](pathlib.Path(where), *sys.argv[2:])
