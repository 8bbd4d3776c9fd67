#!/usr/bin/env python3
"""Small days of segments that once stopped activation, or passed for a success, one after the other: each in a project of its own with
lookalike_segment_sync, dsp_sync and dsp_uploads. After each day the DSPs hold exactly metastore.segment_members.
`dsp_cases_test.py CASE…`, a function of this file."""
import contextlib
import datetime
import http.server
import json
import pathlib
import random
import re
import signal
import sys
import tempfile
import threading

import dsp_sync_test as dsp
import segment_sync_test as sync
from ingest_test import call, rows
from outside_world import TOKEN, served

DAYS = [f"2026-01-{number:02}" for number in range(1, 10)]


def row(segment, number, people=100, seat=dsp.MEMBER, **others):
    """A line of the definitions."""
    return {"min_size": 0, "member_id": seat, **sync.row(segment, number, people, **others)} | {"min_size": 0, "expiration_minutes": 43200, **others}


def evening(day):
    return datetime.datetime.fromtimestamp(sync.end_of(day) + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class House:
    """A project of region amer alone. `ids`: (person, party, id)."""

    def __init__(self, folder, ids, connections):
        self.folder = folder
        self.mapping = {"amer": ids, "emeaApac": [("nobody", "af", "zzzz")]}
        dsp.new_project(folder, self, connections)

    def put(self, day, definitions, scores):
        """`scores`: segment → people, best first."""
        sync.put(self.folder, "metastore.lookalike_definitions", [{**line, "region": "amer", "ds": day} for line in definitions], "append")
        sync.put(self.folder, "metastore.lookalikes_scored_segments",
                 [{"segment_id": segment, "universal_id": person, "score": 1 / rank, "rank": rank, "region": "amer", "ds": day}
                  for segment, people in scores.items() for rank, person in enumerate(people, 1)], "append")
        sync.put(self.folder, "metastore.lookalikes_scoring",
                 [{"segment_id": segment, "region": "amer", "ds": day, "status": "scored"} for segment in scores], "append")

    def run(self, *words):
        return call("run", *words, folder=self.folder)

    def refused(self, *words):
        done = call("run", *words, folder=self.folder, check=False)
        assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def members(self, day, name):
        return dsp.members(self.folder, day, name)

    def check_fetched(self, day):
        held, wanted = dsp.fetched(self.folder), self.members(day, "files")
        assert held == wanted, (day, sync.differing(held, wanted))
        return held

    def check_held(self, outside, day, seat=dsp.MEMBER):
        held, wanted = outside.held(seat), self.members(day, "xandr")
        assert held == wanted, (day, seat, sync.differing(held, wanted))
        return held

    def told(self, day):
        """{(segment, user, action)} of a day's deliveries."""
        found = rows(self.folder, f"""
            SELECT segment_id, dsp_user_id, action FROM metastore.segment_deliveries WHERE ds = '{day}'""")
        return {(int(line["segment_id"]), line["dsp_user_id"], line["action"]) for line in found}

    def set(self, old, new):
        settings = self.folder / "weir.yaml"
        text = settings.read_text()
        assert old in text, old
        settings.write_text(text.replace(old, new))


def ids_of(party, number, prefix="u"):
    return [(f"p{at}", party, f"{prefix}{at}") for at in range(number)]


def renamed(folder):
    """A segment becomes another one with its number at the DSP; two change their numbers; a folder that was taken says the same again."""
    house = House(folder / "renamed", ids_of("st", 8), {"files": dsp.FILES})
    of = {"dsp": "files"}
    house.put(DAYS[0], [row(1, 101, **of), row(2, 102, **of), row(3, 103, **of)], {1: ["p0", "p1"], 2: ["p1", "p2"], 3: ["p3", "p4"]})
    house.run()
    house.check_fetched(DAYS[0])
    house.put(DAYS[1], [row(1, 102, **of), row(2, 101, **of), row(13, 103, **of)], {1: ["p0", "p1"], 2: ["p1", "p2"], 13: ["p4", "p5"]})
    house.run()
    assert {key for key in house.check_fetched(DAYS[1])} == {
        ("u0", 102), ("u1", 102), ("u1", 101), ("u2", 101), ("u4", 103), ("u5", 103)}
    segments = {int(line["segment_id"]) for line in rows(
        house.folder, f"SELECT DISTINCT segment_id FROM metastore.segment_members WHERE ds = '{DAYS[1]}'")}
    assert segments == {1, 2, 13}, segments
    assert house.told(DAYS[1]) >= {(13, "u4", "sent"), (13, "u5", "sent"), (3, "u3", "removed"), (1, "u0", "removed"), (2, "u2", "removed")}
    assert not {line for line in house.told(DAYS[1]) if line[:2] in {(3, "u5"), (13, "u3")}}, house.told(DAYS[1])
    before = rows(house.folder, f"SELECT * FROM metastore.segment_members WHERE ds = '{DAYS[1]}' ORDER BY ALL")
    call("backfill", "lookalike_segment_sync", "--from", DAYS[1], "--to", DAYS[1], folder=house.folder)
    after = rows(house.folder, f"SELECT * FROM metastore.segment_members WHERE ds = '{DAYS[1]}' ORDER BY ALL")
    assert after == before, "a run again, of a folder that was taken, has other members"
    house.put(DAYS[2], [row(1, 102, **of), row(2, 101, **of), row(13, 103, **of)], {1: ["p0"], 2: ["p2"], 13: ["p5", "p6"]})
    house.run()
    house.check_fetched(DAYS[2])


def shared_number(folder):
    """Two DSPs share a number, and ids: who leaves it at one of them is removed there alone."""
    with served(folder / "world", [row(1, 101)], "--speed", "100", "--now", evening(DAYS[0])) as outside:
        house = House(folder / "shared", ids_of("an", 4, prefix="100"), {"files": dsp.FILES, "xandr": dsp.xandr(outside.url, upload_pause=650)})
        house.set("dsps: {xandr: an, files: st}", "dsps: {xandr: an, files: an}")
        both = [row(1, 101), row(1, 101, dsp="files", expiration_minutes=50000)]
        for at, definitions in enumerate((both, [{**both[0], "active": 0}, both[1]], both)):
            outside.set_clock(evening(DAYS[at]))
            house.put(DAYS[at], definitions, {1: ["p0", "p1"]})
            house.run()
            assert set(outside.held(dsp.MEMBER)) == set(house.members(DAYS[at], "xandr"))
            assert len(outside.held(dsp.MEMBER)) == (0 if at == 1 else 2)
            assert set(dsp.fetched(house.folder)) == set(house.members(DAYS[at], "files"))


def odd_ids(folder):
    """Ids that no line can hold are nobody's; how many is said, not which."""
    odd = {"p1": "10 01", "p2": "a\tb", "p3": "c\nd", "p4": "\x01", "p5": ""}
    ids = [(f"p{at}", "st", odd.get(f"p{at}", f"u{at}")) for at in range(7)]
    house = House(folder / "odd", ids, {"files": dsp.FILES})
    house.put(DAYS[0], [row(1, 101, dsp="files", people=3)], {1: [f"p{at}" for at in range(7)]})
    done = house.run()
    assert set(house.check_fetched(DAYS[0])) == {("u0", 101), ("u6", 101)}
    said = done.stdout + done.stderr + call("runs", folder=house.folder).stdout
    assert "no_id_is_left_out" in said, said
    assert not any(name in said for name in odd.values() if len(name) > 2), said


def holdout(folder):
    """A share that would hold everybody back, or is none, is refused by its name."""
    house = House(folder / "holdout", ids_of("st", 40), {"files": dsp.FILES})
    house.put(DAYS[0], [row(1, 101, dsp="files")], {1: [f"p{at}" for at in range(40)]})
    text = (house.folder / "weir.yaml").read_text()
    for share in ("5", "1", "-1", "abc", '""', "nan"):
        (house.folder / "weir.yaml").write_text(re.sub(r"(?m)^  holdout: \S+", f"  holdout: {share}", text))
        said = house.refused()
        assert f"weir.yaml: variables.holdout: holdout is '{share.strip(chr(34))}'; a number from 0 to less than 1 is allowed" in said, said
    (house.folder / "weir.yaml").write_text(re.sub(r"(?m)^  holdout: \S+", "  holdout: 0.3", text))
    house.run()
    assert 10 < len(house.check_fetched(DAYS[0])) < 40


def day_before(folder):
    """A day isn't run where the day before wasn't: who left since would stay. In order both are."""
    house = House(folder / "gap", ids_of("st", 5), {"files": dsp.FILES})
    segment = [row(1, 101, dsp="files")]
    for day, people in zip(DAYS, (["p0", "p1"], ["p1", "p2"], ["p3"])):
        house.put(day, segment, {1: people})
    house.run("--on", DAYS[0])
    said = house.refused("--on", DAYS[2])
    assert f"there are members of {DAYS[0]}, and {DAYS[1]} was not run since; run it before {DAYS[2]}" in said, said
    assert set(house.check_fetched(DAYS[0])) == {("u0", 101), ("u1", 101)}
    house.run()
    assert set(house.check_fetched(DAYS[2])) == {("u3", 101)}


def empty_days(folder):
    """A segment that had nobody, and a region whose definitions were all gone, are no gaps."""
    house = House(folder / "empty", ids_of("st", 5), {"files": dsp.FILES})
    house.put(DAYS[0], [row(1, 101, dsp="files", active=0)], {1: ["p0"]})
    house.run()
    house.put(DAYS[2], [row(1, 101, dsp="files")], {1: ["p1"]})
    house.run("--on", DAYS[2])
    assert set(house.check_fetched(DAYS[2])) == {("u1", 101)}


def untold_segments(folder):
    """What Xandr's files can't say is left out, and nothing else; once it can be said, it is."""
    good = [row(1, 101), row(2, 102), row(3, 103), row(4, 104)]
    bad = [good[0], row(2, 102, expiration_minutes=260000), row(3, 3_000_000_000), row(4, 104, seat=0)]
    scores = {segment: [f"p{segment}", f"p{segment + 1}"] for segment in (1, 2, 3, 4)}
    with served(folder / "world", good, "--speed", "100", "--now", evening(DAYS[0])) as outside:
        house = House(folder / "untold", ids_of("an", 6, prefix="100"), {"xandr": dsp.xandr(outside.url, upload_pause=650)})
        house.put(DAYS[0], bad, scores)
        done = house.run()
        for text in ("member 958: 2 lines of segment 102 are left out: it runs out after 260000 minutes; 1 to 259200 are allowed",
                     "member 958: 2 lines of segment 3000000000 are left out: the segment's number is 3000000000; 1 to 2147483647 is allowed",
                     "member 0: 2 lines of segment 104 are left out: the seat is 0; 1 to 2147483647 is allowed"):
            assert text in done.stderr, (text, done.stderr)
        assert set(outside.held(dsp.MEMBER)) == {("1001", 101), ("1002", 101)}, outside.held(dsp.MEMBER)
        assert {line[0] for line in house.told(DAYS[0])} == {1}, house.told(DAYS[0])
        outside.set_clock(evening(DAYS[1]))
        house.put(DAYS[1], good, scores)
        house.run()
        assert len(house.check_held(outside, DAYS[1])) == 8
        uploads = outside.ask("/world/counters")["uploads"]
        call("backfill", "dsp_sync", "--from", DAYS[1], "--to", DAYS[1], folder=house.folder)
        assert outside.ask("/world/counters")["uploads"] == uploads, "something is still open"


def other_settings(folder):
    """A file that was refused as its settings were wrong isn't sent for ever: by the right ones the seat gets it anew, and nothing twice."""
    source = random.Random(1)  # numbers that pack badly
    ids = [(f"p{at}", "an", str(source.randrange(10**17, 10**18))) for at in range(300)]
    with served(folder / "world", [row(1, 101, people=300)], "--speed", "100", "--now", evening(DAYS[0]), "--most-bytes", "2000") as outside:
        house = House(folder / "settings", ids, {"xandr": dsp.xandr(outside.url, encoding="text", fields="SEG_ID, EXPIRATION", upload_pause=650)})
        house.put(DAYS[0], [row(1, 101, people=300)], {1: ["p0", "p1", "p2"]})
        assert "was refused" in house.refused()
        house.set("SEG_ID, EXPIRATION", "SEG_ID, EXPIRATION, VALUE, TIMESTAMP")
        done = call("run", folder=house.folder, failpoint="activation:after-superseded", check=False)
        assert done.returncode == -signal.SIGKILL, done
        house.run()
        assert len(house.check_held(outside, DAYS[0])) == 3
        phases = rows(house.folder, "SELECT phase, accepted FROM metastore.dsp_uploads ORDER BY delivery, attempt")
        assert [line["phase"] for line in phases] == ["error", "superseded", "completed"], phases
        assert len(house.told(DAYS[0])) == 3
        outside.set_clock(evening(DAYS[1]))
        house.put(DAYS[1], [row(1, 101, people=300)], {1: [f"p{at}" for at in range(300)]})
        house.set('"encoding": "text"', '"encoding": "avro"')
        assert "FILESIZE_LIMIT_EXCEEDED" in house.refused()
        house.set('"upload_pause": 650', '"upload_pause": 650, "bytes_of_file": 1500')
        house.run()
        assert len(house.check_held(outside, DAYS[1])) == 300
        # One that has arrived is not sent again, whatever the settings are by then.
        before = outside.ask("/world/counters")
        outside.set_clock(evening(DAYS[2]))
        house.put(DAYS[2], [row(1, 101, people=300)], {1: ["p7"]})
        house.set('"bytes_of_file": 1500', '"bytes_of_file": 1600')
        done = call("run", folder=house.folder, failpoint="xandr:after-upload", check=False)
        assert done.returncode == -signal.SIGKILL, done
        house.set('"bytes_of_file": 1600', '"bytes_of_file": 1700')
        house.run()
        house.check_held(outside, DAYS[2])
        after = outside.ask("/world/counters")
        # 299 are removed, each once; of the files that never went the seat gets all again, who is there.
        assert after["lines"] - before["lines"] == 299 + 1, (before, after)


def seats_of_bucket(folder):
    """A bucket is one seat's: of two it needs {member}."""
    segments = [row(1, 101), row(2, 102, seat=959)]
    for seat in (958, 959):
        (folder / f"world/dsp/bss-{seat}-eu/submitted").mkdir(parents=True)
    with served(folder / "world", segments, "--speed", "3000", "--now", evening(DAYS[0])) as outside:
        house = House(folder / "bucket", ids_of("an", 4, prefix="100"),
                      {"xandr": {"kind": "xandr", "bucket": str(folder / "world/dsp/bss-958-eu"), "poll_pause": 20}})
        house.put(DAYS[0], segments, {1: ["p0", "p1"], 2: ["p2", "p3"]})
        said = house.refused()
        assert "of one seat, and segments go to the seats 958, 959; with {member} in it each has its own" in said, said
        assert outside.ask("/world/counters")["uploads"] == 0
        house.set("bss-958-eu", "bss-{member}-eu")
        house.run()
        assert set(outside.held(958)) == {("1000", 101), ("1001", 101)} and set(outside.held(959)) == {("1002", 102), ("1003", 102)}
        assert "{member}" not in call("check", folder=house.folder).stderr


class Service(http.server.BaseHTTPRequestHandler):
    """Answers every request with a job, whose file goes to another address."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        text = json.dumps({"response": {"status": "OK", "error_code": None, "batch_segment_upload_job": {
            "job_id": "j1", "phase": "error", "upload_url": self.server.upload_url, **self.server.job}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def service():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.seen, server.job, server.upload_url = [], {}, ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def other_places(folder):
    """One DSP that refuses all doesn't stop the other; why it does is said without whom it is about; another host gets no token."""
    ids = [(f"p{at}", party, f"{40136814962649485 if party == 'an' else 's'}{at}") for at in range(3) for party in ("an", "st")]
    with service() as (api, url), service() as (store, store_url):
        api.upload_url = store_url + "/up"
        house = House(folder / "places", ids, {"xandr": dsp.xandr(url, upload_pause=1), "files": dsp.FILES})
        for day, job, text in zip(DAYS, (
                {"error_log_lines": "num_unauth_segment-401368149626494850;5013:0,5014:1550\nsecond"},
                {"error_log_lines": ["bad 401368149626494851 in line 3"]},
                {"error_log_lines": None, "error_code": "uploading-error"}),
                ("job j1 is 'error': ***:0,5014:1550\n", "job j1 is 'error': bad *** in line 3", "job j1 is 'error': uploading-error")):
            api.job = job
            house.put(day, [row(1, 101), row(1, 201, dsp="files")], {1: [f"p{DAYS.index(day)}"]})
            said = house.refused() + call("runs", folder=house.folder).stdout
            assert text.strip() in said, (text, said)
            assert "4013681496264948" not in said, said
            house.check_fetched(day)
        assert api.seen and all(token == f"Bearer {TOKEN}" for _, token in api.seen), api.seen
        assert store.seen and all(token is None for _, token in store.seen), store.seen


if __name__ == "__main__":
    for case in sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="weir-dsp-") as temporary:
            globals()[case](pathlib.Path(temporary))
            print(case, flush=True)
