#!/usr/bin/env python3
"""`reservoir_import`: the files that `reservoir_export`, or another house's enricher, wrote in the layout of Secor, read into
another project's reservoir: each event once, whatever is written again, late or killed.
`reservoir_import_test.py same FORM | late | names | mistakes | kills POINT…`."""
import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

from ingest_test import RUNS, SEED, call, few_rules, make_world, new_project, rows
from secor_test import FILES, FORMS, days_of, export, prepared, same, tables

PARTIES = ("af", "st", "tt", "mapper")
IMPORT = "jobs/ingestion/reservoir_import"


def importing(folder, files, batch=1 << 26, **replacements):
    """A project that reads the reservoir in `files`, in place of an enricher."""
    call("new", str(folder), "--pack", "adtech")
    for job in ("enricher", "ad_tracker", "mapper_service", "raw_ingester", "event_ingester"):
        shutil.rmtree(folder / "jobs/ingestion" / job)
    shutil.copytree(folder / "variants/import/ingestion", folder / "jobs/ingestion", dirs_exist_ok=True)
    settings = folder / "weir.yaml"
    settings.write_text(settings.read_text().replace("reservoir_files: enriched-out/geo/", f"reservoir_files: {files}"))
    job = folder / IMPORT / "job.yaml"
    text = job.read_text().replace("batch: 256 MB", f"batch: {batch}B")
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    job.write_text(text)
    return folder


def imported(folder, parties=PARTIES):
    """As secor_test.tables(), of all days."""
    found = {}
    for party in parties:
        for row in rows(folder, f"SELECT * REPLACE (strftime(ts AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS ts) "
                                f"FROM reservoir.enriched_{party}"):
            found.setdefault((party, row["dt"]), []).append(row)
    return found


def ledger(folder, columns="lines_in, good, bad, duplicate, suppressed"):
    named = ", ".join(f"sum({column})::BIGINT AS {column}" for column in columns.split(", "))
    return rows(folder, f"SELECT {named} FROM metastore.ingest_ledger WHERE job = 'reservoir_import'")[0]


def run_same(folder, form):
    """The rows come back as they were; a second run has nothing to read; days are complete as `_SUCCESS` says."""
    source = prepared(folder, **FORMS[int(form)])
    wanted = tables(source)
    project = importing(folder / "import", source / FILES, batch=30_000)
    call("run", "reservoir_import", folder=project)
    same(imported(project), wanted)
    count = sum(map(len, wanted.values()))
    assert ledger(project) == {"lines_in": count, "good": count, "bad": 0, "duplicate": 0, "suppressed": 0}
    assert "nothing to do" in (lambda done: done.stdout + done.stderr)(call("run", "reservoir_import", folder=project)).lower()
    assert ledger(project)["lines_in"] == count
    print(f"{FORMS[int(form)]}: {count} rows came back")
    if form != "0":
        return
    # What is read is complete until the newest day that says so: the last one of each party is still open.
    days = days_of(source)
    shutil.rmtree(source / FILES / "st" / f"dt={days[-1]}")
    files = project / "files"
    shutil.copytree(source / FILES, files)
    marked = files / "af" / f"dt={days[-1]}"
    for mark in marked.rglob("_SUCCESS"):
        mark.unlink()
    other = importing(folder / "other", files)
    call("run", "reservoir_import", folder=other)
    call("run", "events_partitioner", folder=other)
    done = {row["dt"] for row in rows(other, "SELECT DISTINCT dt FROM metastore.events")}
    assert done == set(days[:-1]), f"{sorted(done)} of {days}"
    assert {day for party, day in imported(other) if party == "af"} == {day for party, day in wanted if party == "af"} - {days[-1]}


def run_late(folder):
    """Events that came late have their day's files written again, with other bounds; of what was read before nothing doubles."""
    few_rules(folder)
    make_world(folder / "world", SEED, "--people", "25", "--days", "3", "--rate.late", "0.2")
    source = folder / "project"
    files = list((folder / "world/raw").rglob("*.ndjson"))
    late = [file for file in files if file.parent.name == max(file.parent.name for file in files)]  # delivered last
    kept = folder / "kept"
    for file in late:
        (kept / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, kept / file.relative_to(folder))
    new_project(source, folder / "world", 1 << 26)
    path = source / "weir.yaml"
    path.write_text(path.read_text().replace("reservoir_export: none", "reservoir_export: secor"))
    job = source / "jobs/ingestion/reservoir_export/job.yaml"
    job.write_text(job.read_text().replace("sort_by: [event_id]", "sort_by: [event_id], rows_of_file: 20"))
    call("run", "enricher", folder=source)
    export(source)
    project = importing(folder / "import", source / FILES, batch=30_000)
    call("run", "reservoir_import", folder=project)
    before = tables(source)
    same(imported(project), before)

    for file in late:
        shutil.move(kept / file.relative_to(folder), file)
    call("run", "enricher", folder=source)
    days = days_of(source)
    call("backfill", "reservoir_export", "--from", days[0], "--to", days[-1], folder=source)
    call("run", "reservoir_import", folder=project)
    after = tables(source)
    assert any(len(after[key]) > len(before[key]) for key in before), "no day had late events"
    same(imported(project), after)
    counts = ledger(project)
    assert counts["good"] == sum(map(len, after.values())) and counts["duplicate"] > 0, counts
    print(f"{sum(map(len, before.values()))} rows, then {sum(map(len, after.values()))}: each once")


COMPUTED = ("host", "domain", "path", "words", "referrer_domain", "country", "region", "ip_truncated", "browser",
            "browser_version", "os", "device_type")


def run_names(folder):
    """Another house's names of fields, its columns alone, its own ids: the others are those that the enricher finds out."""
    few_rules(folder)
    events = [{"ts": f"2026-01-05T10:{minute:02}:00Z", "uid": f"u{minute % 7}", "url": f"https://shop{minute % 3}.example.co.uk/Books/{minute}",
               "referrer": "https://www.example.com/x", "ip": f"8.8.{minute % 5}.8", "ua": "Mozilla/5.0 (Windows) Firefox/120.0"}
              for minute in range(60)]
    reference = folder / "reference-project"
    (folder / "world/raw/ingested-st").mkdir(parents=True)
    (folder / "world/raw/ingested-st/a.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    new_project(reference, folder / "world", 1 << 26)
    call("run", "enricher", folder=reference)
    wanted = {row["source_offset"]: row for row in rows(reference, "SELECT * FROM reservoir.enriched_st")}
    assert len(wanted) == len(events)

    files = folder / "files/st/dt=2026-01-05"
    files.mkdir(parents=True)
    lines = [json.dumps({"when": event["ts"], "person": event["uid"], "page": event["url"], "from": event["referrer"],
                         "agent": event["ua"], "address": event["ip"], "key": f"event-{number}",
                         **({"city": "Springfield", "country": "us"} if number % 2 else {})})
             for number, event in enumerate(events)]
    (files / "7_3_00000000000000000100.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    (files / "7_3_00000000000000000160.gz").write_bytes(gzip.compress((lines[5] + "\n").encode()))  # one of them once more
    fields = "{ts: when, user_id: person, url: page, referrer: from, ua: agent, ip: address, event_id: key}"
    project = importing(folder / "import", folder / "files")
    job = project / IMPORT / "job.yaml"
    text = job.read_text()
    job.write_text(text.replace("open: false", "open: true").replace("      fields: {}", "      fields: " + fields))
    call("run", "reservoir_import", folder=project)
    found = {row["source_offset"]: row for row in rows(project, "SELECT * FROM reservoir.enriched_st")}
    assert found.keys() == wanted.keys()
    for offset, row in found.items():
        for column in (*COMPUTED, "ts", "event", "user_id", "url", "party", "dt"):
            assert row[column] == wanted[offset][column], f"line {offset}: {column} is {row[column]}, not {wanted[offset][column]}"
        assert row["city"] == ("Springfield" if offset % 2 == 0 else wanted[offset]["city"]), row
        assert row["source"] == "reservoir-st" and row["source_partition"] == "dt=2026-01-05/7_3_00000000000000000100.gz"
    assert len({row["event_id"] for row in found.values()}) == len(events), "ids of their own, each another one"
    assert ledger(project) == {"lines_in": 61, "good": 60, "bad": 0, "duplicate": 1, "suppressed": 0}
    print("columns that lines lack are computed as the enricher does it")


def run_mistakes(folder):
    """What is wrong is named, by file, line and field; what is right beside it is read."""
    few_rules(folder)
    day = folder / "files/af/dt=2026-01-05"
    day.mkdir(parents=True)
    good = {"ts": "2026-01-05T10:00:00Z", "user_id": "u1", "url": "https://a.example/x", "event_id": "1" * 32, "country": "US"}
    lines = [json.dumps(good), "{broken", json.dumps({**good, "user_id": None}), json.dumps({**good, "ts": "soon"}),
             json.dumps({**good, "url": "nowhere"}), json.dumps({**good, "event_id": "AB" * 16, "ip_truncated": "8.8.8.8"})]
    name = "1_0_00000000000000000000"
    (day / f"{name}.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    (day / "_SUCCESS").touch()
    project = importing(folder / "import", folder / "files")
    call("run", "reservoir_import", folder=project)
    found = rows(project, "SELECT event_id, ip_truncated FROM reservoir.enriched_af ORDER BY ALL")
    assert found == [{"event_id": "1" * 32, "ip_truncated": None}, {"event_id": "ab" * 16, "ip_truncated": "8.8.8.0"}], found
    bad = rows(project, "SELECT source, source_partition, source_offset, reason, field FROM metastore.bad_events ORDER BY source_offset")
    assert bad == [{"source": "reservoir-af", "source_partition": f"dt=2026-01-05/{name}.gz", "source_offset": offset, "reason": reason, "field": field}
                   for offset, reason, field in ((2, "not_json", None), (3, "missing_field", "user_id"), (4, "bad_timestamp", "ts"), (5, "bad_url", "url"))], bad

    def refused(path, data, *texts):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        (path.parent / "_SUCCESS").touch()
        done = call("run", "reservoir_import", folder=project, check=False)
        assert done.returncode == 1 and all(text in done.stdout + done.stderr for text in texts), done.stdout + done.stderr
        path.unlink()

    whole = gzip.compress(b"x" * 1000)
    refused(day / "2_0_00000000000000000007.gz", whole[:-9], "dt=2026-01-05/2_0_00000000000000000007.gz", "cut off at byte")
    refused(day / "part-0.gz", whole, "dt=2026-01-05/part-0.gz", "GENERATION_KAFKAPARTITION_OFFSET")
    job = project / IMPORT / "job.yaml"
    text = job.read_text()
    for fields, message in (("{uid: person}", "setting 'fields' has 'uid'; allowed: ts, user_id"),
                            ("{user_id: host}", "'host' stands for both 'user_id' and 'host'"),
                            ("{user_id: 7}", "it must be a mapping of names to texts")):
        job.write_text(text.replace("      fields: {}", "      fields: " + fields, 1))
        done = call("check", folder=project, check=False)
        assert done.returncode != 0 and message in done.stdout + done.stderr, done.stdout + done.stderr
    job.write_text(text)
    shutil.copytree(project / "variants/kafka/ingestion/reservoir_loader", project / "jobs/ingestion/reservoir_loader")
    settings = project / "weir.yaml"
    settings.write_text(settings.read_text().replace("      sharethis_in:", "      enriched: ./enriched\n      sharethis_in:"))
    done = call("check", folder=project, check=False)
    assert done.returncode != 0 and "table 'reservoir.enriched_af' is written by job" in done.stdout + done.stderr, done.stdout + done.stderr
    print("mistakes are named")


def run_kills(folder, *points):
    source = prepared(folder, rows_of_file=10)
    wanted = tables(source)
    hits = dict.fromkeys(points, 0)
    number = 0
    while min(hits.values()) < (RUNS // 4 if os.environ.get("WEIR_TEST_LONG") else 2):
        number += 1
        project = importing(folder / f"import{number}", source / FILES, batch=50_000)
        for _ in range(4):
            point = min(points, key=lambda name: hits[name])
            done = call("run", "reservoir_import", folder=project, failpoint=f"{point}:{chance.randint(1, 3)}", check=False)
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr
            hits[point] += 1
        call("run", "reservoir_import", folder=project)
        same(imported(project), wanted)
        count = sum(map(len, wanted.values()))
        assert ledger(project) == {"lines_in": count, "good": count, "bad": 0, "duplicate": 0, "suppressed": 0}
        shutil.rmtree(project)
    print(f"killed at {hits}: nothing lost, nothing doubled")


if __name__ == "__main__":
    chance = random.Random(SEED)
    import secor_test
    secor_test.source = chance
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        globals()["run_" + sys.argv[1]](pathlib.Path(where), *sys.argv[2:])
