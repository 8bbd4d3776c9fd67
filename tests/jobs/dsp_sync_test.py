#!/usr/bin/env python3
"""Days of lookalike segments, sent to a DSP that `weir world serve` is, on a way that breaks, by a program that is killed:
after each day the DSP holds exactly metastore.segment_members, each file has arrived once, only changes were sent, no limit
was exceeded; so does a DSP that fetches files. `dsp_sync_test.py days | passive | dev`; WEIR_TEST_LONG=1 for 30 days."""
import csv
import datetime
import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile

import segment_sync_test as sync
from ingest_test import SEED, call, rows
from outside_world import TOKEN, breaking, served
from segment_sync import size_of

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "activation"))
from xandr_parsers import read_avro, read_text

MEMBER = 958
NUMBER_OF_DAYS = 30 if os.environ.get("WEIR_TEST_LONG") else 5
SPEED = 200
PAUSE = 60_000 // SPEED + 50
POINTS = (  # in the order in which a day meets them
    "run:after-commit", "segments:after-taken", "activation:before-plan", "activation:after-plan", "xandr:before-upload",
    "xandr:after-upload", "activation:after-delivery", "activation:before-outcome", "activation:after-outcome",
    "activation:before-done", "activation:after-done", "onboarding:after-put", "run:before-end")
JOBS = ("lookalike_segment_sync", "dsp_sync", "dsp_uploads")


class World(sync.World):
    """Xandr's users are numbers."""

    def __init__(self, source):
        super().__init__(source)
        for region, mapping in self.mapping.items():
            self.mapping[region] = [(person, party, str(source.randrange(1, 1 << 63)) if party == "an" else user)
                                    for person, party, user in mapping]


def take_days(number):
    first = datetime.date(2026, 1, 1)
    sync.DAYS[:] = [str(first + datetime.timedelta(days=at)) for at in range(number)]
    sync.NO_SCORES = None


def definitions(region, day):
    return [{**row, "member_id": MEMBER} for row in sync.definitions_of(region, day)]


def all_segments():
    found = {row["dsp_segment_id"]: row for day in sync.DAYS for region in sync.REGIONS for row in definitions(region, day)}
    return list(found.values())


def new_project(folder, world, connections, send=True):
    call("new", str(folder), "--pack", "adtech")
    for job in (folder / "jobs").glob("*/*"):
        if job.name not in JOBS:
            shutil.rmtree(job)
    settings = folder / "weir.yaml"
    text = settings.read_text().replace("dsps: {xandr: an, files: an}", "dsps: {xandr: an, files: st}")
    text = text.replace("secrets:\n", "secrets:\n  dsp_token: {env: WEIR_TEST_TOKEN}\n", 1)
    if send:
        text = text.replace("  dev:\n", "  dev:\n    send: true\n", 1)
    settings.write_text(text + f"\nconnections: {json.dumps(connections)}\n")
    job = folder / "jobs/segment_building/dsp_sync/job.yaml"
    job.write_text(job.read_text().replace("retries: 5", "retries: 0"))
    os.environ["WEIR_TEST_TOKEN"] = TOKEN
    for region in sync.REGIONS:
        sync.put(folder, f"metastore.mapping_{region}",
                 [{"universal_id": person, "party": party, "user_id": user} for person, party, user in world.mapping[region]], "append")


def xandr(url, **more):
    return {"kind": "xandr", "url": url, "token": "{secret.dsp_token}", "upload_pause": PAUSE, "poll_pause": 20, "timeout": 30, **more}


FILES = {"kind": "onboarding_files", "path": "out/onboarding", "customer": "Acme", "list": "Looks"}


def put_day(project, world, day):
    sync.put(project, "metastore.lookalike_definitions",
             [{**line, "region": region, "ds": day} for region in sync.REGIONS for line in definitions(region, day)], "append")
    sync.put_scores(project, world, day)


def members(project, day, dsp):
    found = rows(project, f"""
        SELECT dsp_user_id, dsp_segment_id, epoch_us(until) // 1000000 AS until, value FROM metastore.segment_members
        WHERE ds = '{day}' AND dsp = '{dsp}'""")
    return {(each["dsp_user_id"], int(each["dsp_segment_id"])): (int(each["until"]), int(each["value"])) for each in found}


def fetched(project):
    """What somebody has who fetched all files, in order; each is what LiveRamp would take."""
    held = {}
    for path in sorted((project / "out/onboarding").glob("*"), key=lambda path: (path.name.split("_")[2], len(path.name), path.name)):
        customer, name, day = path.name.removesuffix(".csv.gz").split("_")
        assert (customer, name.split(".")[0]) == ("Acme", f"Looks-{MEMBER}") and datetime.date.fromisoformat(day), path.name
        assert path.name.isascii() and len(path.name) <= 250
        with gzip.open(path, "rt", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == ["identifier", "add", "remove"]
            users = list(reader)
        assert len({row["identifier"] for row in users}) == len(users), "an identifier stands twice"
        for row in users:
            for part in filter(None, row["remove"].split(";")):
                held.pop((row["identifier"], int(part)), None)
            for part in filter(None, row["add"].split(";")):
                number, until, value = map(int, part.split(":"))
                held[row["identifier"], number] = (until, value)
    return held


def check_sizes(held, day):
    """No number has more users than the segments may have that it stands for, in all regions."""
    most = {}
    for region in sync.REGIONS:
        today = definitions(region, day)
        for row in today:
            if row["dsp"] == "xandr":
                size = size_of(today, row["segment_id"]) if row["active"] else 0
                most[row["dsp_segment_id"]] = most.get(row["dsp_segment_id"], 0) + size
    for number in {number for _, number in held}:
        count = sum(1 for _, each in held if each == number)
        assert count <= most.get(number, 0), (day, number, count, most)


def check_uploads(uploads, read):
    """Users sorted, each once; times are ends of days, in seconds. Returns the number of lines."""
    ends = {sync.end_of(day) for day in sync.DAYS}
    lines = 0
    for path in sorted(uploads.iterdir()):
        users = read(path)
        names = [str(uid) for uid, _ in users]
        assert names == sorted(set(names)), f"{path.name}: users aren't sorted, or not each once"
        for _, segments in users:
            assert len({segment["id"] for segment in segments}) == len(segments)
            assert all(segment["timestamp"] in ends for segment in segments), segments
            lines += len(segments)
    return lines


def changes_of(before, after, renewed):
    """How many lines a day needs: whom it adds, renews and removes."""
    return len(before.keys() ^ after.keys()) + sum(1 for key in before.keys() & after.keys() if renewed(before[key], after[key]))


def killed(project, way, points):
    """Kills the program at one point after the other; returns those that it met."""
    way.rate = 0
    return {point for point in points if call("run", folder=project, failpoint=point, check=False).returncode == -signal.SIGKILL}


def run_until_done(project, way):
    """On a way that breaks, again and again. Returns how often it failed."""
    way.rate = 0.35
    for failures in range(60):
        if failures > 20:
            way.rate = 0
        done = call("run", folder=project, check=False)
        if done.returncode == 0:
            return failures
        assert TOKEN not in done.stdout + done.stderr, "the token was shown"
    raise AssertionError(done.stdout + done.stderr)


def days(folder):
    take_days(NUMBER_OF_DAYS)
    world = World(random.Random(SEED))
    failures = expected_lines = 0
    before, met = {}, set()
    with served(folder / "world", all_segments(), "--speed", str(SPEED)) as outside, breaking(outside, SEED, 0.35) as way:
        project = folder / "project"
        new_project(project, world, {"xandr": xandr(f"http://127.0.0.1:{way.server_port}"), "files": FILES})
        for at, day in enumerate(sync.DAYS):
            put_day(project, world, day)
            now = datetime.datetime.fromtimestamp(sync.end_of(day) + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            outside.set_clock(now)
            # Every other day has kills, which leave nothing to do on the way that breaks; the others have that.
            met |= killed(project, way, POINTS[at // 2 % 3::3] if at % 2 == 0 else [])
            failures += run_until_done(project, way)
            outside.set_clock(now)
            held, wanted = outside.held(MEMBER), members(project, day, "xandr")
            assert held == wanted, (day, sync.differing(held, wanted))
            assert len(held) > 10
            check_sizes(held, day)
            expected_lines += changes_of(before, wanted, lambda old, new: old[0] != new[0])
            before = wanted
            of_files = members(project, day, "files")
            assert fetched(project) == of_files, (day, sync.differing(fetched(project), of_files))
            check_ledger(project, day, wanted, of_files)
        counters = outside.ask("/world/counters")
        sent = check_uploads(folder / "world/dsp/uploads", read_avro)
        assert sent == expected_lines == counters["lines"], (sent, expected_lines, counters)
        files = rows(project, "SELECT count(*) AS n FROM (SELECT DISTINCT delivery, file FROM metastore.dsp_uploads WHERE dsp = 'xandr')")
        assert int(files[0]["n"]) == counters["uploads"], (files, counters)
        assert "RATE_LIMIT_EXCEEDED" not in counters["refused"] and "FILESIZE_LIMIT_EXCEEDED" not in counters["refused"], counters
        assert met == set(POINTS) or NUMBER_OF_DAYS < 5, set(POINTS) - met
        print(f"{len(sync.DAYS)} days, killed at {len(met)} points, faults {way.faults}, {failures} runs that failed: {counters}")


def check_ledger(project, day, *held):
    """The last word on each user and segment is `removed`, or he is held."""
    found = rows(project, """
        SELECT dsp, dsp_user_id, dsp_segment_id, arg_max(action, ts) AS action, max(file) AS file, max(job_id) AS job
        FROM metastore.segment_deliveries GROUP BY ALL""")
    for dsp, wanted in zip(("xandr", "files"), held):
        last = {(row["dsp_user_id"], int(row["dsp_segment_id"])) for row in found
                if row["dsp"] == dsp and row["action"] != "removed"}
        assert last == wanted.keys(), (day, dsp, sorted(last ^ wanted.keys())[:5])
    assert all(row["file"] and row["job"] for row in found)
    rates = rows(project, "SELECT DISTINCT match_rate, phase, accepted FROM metastore.dsp_uploads WHERE dsp = 'xandr'")
    assert [(float(row["match_rate"]), row["phase"]) for row in rates] == [(1.0, "completed")], rates


def passive(folder):
    """Text files by the bucket; days that come together are one difference."""
    take_days(4)
    world = World(random.Random(SEED))
    (folder / f"world/dsp/bss-{MEMBER}-eu/submitted").mkdir(parents=True)
    with served(folder / "world", all_segments(), "--speed", "3000") as outside:
        project = folder / "project"
        bucket = {"kind": "xandr", "bucket": str(folder / f"world/dsp/bss-{MEMBER}-eu"), "poll_pause": 20, "encoding": "text"}
        new_project(project, world, {"xandr": bucket})
        for day in sync.DAYS:
            put_day(project, world, day)
            now = datetime.datetime.fromtimestamp(sync.end_of(day) + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            outside.set_clock(now)
            if day == sync.DAYS[1]:
                call("run", "lookalike_segment_sync", folder=project)  # this day is sent with the next
                continue
            call("run", folder=project)
            outside.set_clock(now)
            held, wanted = outside.held(MEMBER), members(project, day, "xandr")
            assert held == wanted, (day, sync.differing(held, wanted))
        done = list((folder / f"world/dsp/bss-{MEMBER}-eu/done").iterdir())
        assert len(done) == 3 and not list((folder / f"world/dsp/bss-{MEMBER}-eu/submitted").iterdir()), done
        check_uploads(folder / "world/dsp/uploads", lambda path: read_text(path, ["SEG_ID", "EXPIRATION", "VALUE", "TIMESTAMP"], ",;:#^"))
        print(f"{len(done)} files went by the bucket")


def unknown_users(project):
    """Users whom the DSP doesn't know and to whom a segment was sent that wasn't taken back since."""
    lines = rows(project, "SELECT DISTINCT unnest(error_log_lines) AS line FROM metastore.dsp_uploads")
    sent = rows(project, """
        SELECT dsp_user_id FROM metastore.segment_deliveries WHERE dsp = 'xandr'
        GROUP BY dsp_user_id, dsp_segment_id HAVING arg_max(action, ts) != 'removed'""")
    return sorted({line["line"].split(":")[0] for line in lines} & {row["dsp_user_id"] for row in sent})


def forget(folder, *points):
    """People are taken back from the DSP at once, and no others; killed anywhere, the next call finishes it."""
    take_days(2)
    world = World(random.Random(SEED))
    with served(folder / "world", all_segments(), "--speed", str(SPEED), "--match-rate", "0.8") as outside:
        project = folder / "project"
        new_project(project, world, {"xandr": xandr(outside.url)})
        settings = project / "weir.yaml"
        settings.write_text(settings.read_text().replace("{env: WEIR_SALT}", "{env: WEIR_TEST_TOKEN}"))
        unknown = None  # a user that the DSP doesn't know: its error lines name him
        for number, point in enumerate(points):
            if number < len(sync.DAYS):
                outside.set_clock(f"{sync.DAYS[number]}T23:59:59Z")
                put_day(project, world, sync.DAYS[number])
                call("run", folder=project)
            held = outside.held(MEMBER)
            if number % 2 == 0:
                user = sorted({user for user, _ in held})[number]
            else:
                user = unknown = unknown_users(project)[0]
            done = call("forget", f"an:{user}", folder=project, failpoint=point, check=False)
            assert done.returncode == -signal.SIGKILL, (point, done.stderr)
            done = call("forget", f"an:{user}", folder=project, check=False)
            found = done.stderr.split("stands in ")[1].split(": files")[0].split(", ")
            assert done.returncode == 1 and all("/metastore/mapping_" in path for path in found), "more than a table that no job here writes"
            left = {key: value for key, value in held.items() if key[0] != user}
            assert outside.held(MEMBER) == left, (point, sync.differing(outside.held(MEMBER), left))
            journal = project / "warehouse/_files/dsp_sync"
            assert not [path for path in journal.rglob("*") if path.is_file() and user.encode() in path.read_bytes()], point
            assert not list(journal.rglob("files/*")), "a file is left that was sent"
        assert unknown, "nobody was unknown to the DSP"
        print(f"killed at {len(points)} points")


def dev(folder):
    """In dev nothing is sent, taken or noted, and nothing where no DSP is configured; a replay sends nothing."""
    take_days(1)
    world = World(random.Random(SEED))
    with served(folder / "world", all_segments(), "--now", "2026-01-02T01:00:00Z") as outside:
        for name, connections, send in (("unsent", {"xandr": xandr(outside.url)}, False), ("unconfigured", {}, True)):
            project = folder / name
            new_project(project, world, connections, send)
            put_day(project, world, sync.DAYS[0])
            call("run", folder=project)
            assert not list((project / "warehouse/_files").rglob("_TAKEN")), name
            assert not (project / "warehouse/_files/dsp_sync").exists() or name == "unconfigured"
        assert outside.ask("/world/counters")["jobs"] == 0
        project = folder / "unsent"
        runs = rows(project, "SELECT run FROM weir.runs WHERE job = 'dsp_sync'")
        call("replay", runs[0]["run"], folder=project)
        assert outside.ask("/world/counters")["jobs"] == 0, "a replay sent something"
        call("backfill", "dsp_sync", "--from", sync.DAYS[0], "--to", sync.DAYS[0], "--send", folder=project)
        assert outside.held(MEMBER) == members(project, sync.DAYS[0], "xandr")
        print("dev sends nothing unless it is told to")


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-dsp-") as temporary:
        sys.exit({"days": days, "passive": passive, "dev": dev, "forget": forget}[sys.argv[1]](pathlib.Path(temporary), *sys.argv[2:]))
