#!/usr/bin/env python3
"""`weir world serve` against a table of cases made from the rules of the Batch Segment Service (formats.md §2) and of the
platform's API (adtech.md §5). Files are made here, Avro by fastavro."""
import gzip
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import fastavro

from xandr_parsers import DOMAINS, EMPTY

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "jobs"))
from outside_world import TOKEN, served

MEMBER = 958
NOW = 1767700000
SEGMENTS = [{"dsp": "xandr", "member_id": MEMBER, "dsp_segment_id": 100}, {"dsp": "xandr", "member_id": MEMBER, "dsp_segment_id": 101},
            {"dsp": "xandr", "member_id": MEMBER, "dsp_segment_id": 102, "dsp_active": False},
            {"dsp": "xandr", "member_id": 7, "dsp_segment_id": 700}, {"dsp": "files", "member_id": MEMBER, "dsp_segment_id": 800}]
SCHEMA = fastavro.schema.parse_schema({"name": "user", "type": "record", "fields": [
    {"name": "uid", "type": ["long", *({"name": name, "type": "record", "fields": [{"name": field, "type": "string"} for field in fields]}
                                       for name, fields in (("eid", ("source", "id")), ("ifa", ("id", "type")))),
                             {"name": "xfa", "type": "record", "fields": [{"name": "device_model_id", "type": "int"},
                              {"name": "device_make_id", "type": "int"}, {"name": "ip", "type": "string"}]},
                             {"name": "external_id", "type": "record", "fields": [{"name": "id", "type": "string"}, {"name": "member_id", "type": "int"}]},
                             {"name": "device_id", "type": "record", "fields": [{"name": "id", "type": "string"}, {"name": "domain", "type": {
                                 "name": "domain", "type": "enum", "symbols": list(DOMAINS.values())}}]}]},
    {"name": "segments", "type": {"type": "array", "items": {"name": "segment", "type": "record", "fields": [
        {"name": "id", "type": "int"}, {"name": "code", "type": "string"}, {"name": "member_id", "type": "int"},
        {"name": "expiration", "type": "int"}, {"name": "timestamp", "type": "long"}, {"name": "value", "type": "int"}]}}}]})


def post(world, path, body=b""):
    """(status, the response)"""
    url = path if path.startswith("http") else world.url + path
    request = urllib.request.Request(url, method="POST", data=body, headers={
        "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/octet-stream"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())["response"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()).get("response")


def set_clock(world, seconds):
    import datetime
    world.set_clock(datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


class Service:
    """Uploads, each a minute after the one before."""

    def __init__(self, world):
        self.world = world
        self.now = NOW
        set_clock(world, NOW)

    def later(self, seconds):
        self.now += seconds
        set_clock(self.world, self.now)

    def make(self, member=MEMBER):
        status, answer = post(self.world, f"/batch-segment?member_id={member}")
        return (status, answer["batch_segment_upload_job"]) if status == 200 else (status, answer["error_code"])

    def job(self, job):
        answer = self.world.ask(f"/batch-segment?member_id={job['member_id']}&job_id={job['job_id']}")
        return answer["response"]["batch_segment_upload_job"]

    def upload(self, body, member=MEMBER):
        """The job as it ends."""
        self.later(60)
        _, job = self.make(member)
        assert self.job(job)["phase"] == "starting"
        status, answer = post(self.world, job["upload_url"], body)
        assert status == 200, answer
        self.later(10)
        return self.job(job)


def text(*lines):
    return gzip.compress("".join(line + "\n" for line in lines).encode("latin-1"))


def avro(*users):
    stream = io.BytesIO()
    fastavro.writer(stream, SCHEMA, [{"uid": uid, "segments": [{**EMPTY, **segment} for segment in segments]} for uid, segments in users],
                    codec="deflate")
    return stream.getvalue()


GOOD = f"100:1440:5:{NOW}"
CASES = (  # fields SEG_ID:EXPIRATION:VALUE:TIMESTAMP; the line, the counters that aren't 0
    (f"7,{GOOD}", {"num_valid": 1, "num_valid_user": 1}),
    (f"7,{GOOD};101:0:0:0", {"num_valid": 2, "num_valid_user": 1}),
    (f"7,100:-1:0:{NOW}", {"num_valid": 1, "num_valid_user": 1}),
    ("7,#100:0:0:0;101:0:0:0", {"num_valid": 2, "num_valid_user": 1}),
    (f"7,{GOOD}#101:0:0:0", {"num_valid": 2, "num_valid_user": 1}),
    *((f"958cba26-f338,{GOOD}^{number}", {"num_valid": 1, "num_valid_user": 1}) for number in DOMAINS),
    (f"958cba26-f338,{GOOD}^6", {"num_invalid_format": 1}),
    (f"958cba26-f338,{GOOD}", {"num_invalid_user": 1}),
    (f"0,{GOOD}", {"num_invalid_user": 1}),
    (f"18446744073709551615,{GOOD}", {"num_valid": 1, "num_valid_user": 1}),
    ("7,", {"num_invalid_format": 1}), ("7", {"num_invalid_format": 1}), ("", {"num_invalid_format": 1}),
    ("7,#", {"num_invalid_format": 1}), ("7,100", {"num_invalid_format": 1}), (f"7,{GOOD}:1", {"num_invalid_format": 1}),
    ("7,x:0:0:0", {"num_invalid_format": 1}), ("7,0:0:0:0", {"num_invalid_format": 1}),
    ("7,100:-2:0:0", {"num_invalid_format": 1}), ("7,100:259201:0:0", {"num_invalid_format": 1}),
    ("7,100:259200:0:0", {"num_valid": 1, "num_valid_user": 1}),
    ("7,100:0:-1:0", {"num_invalid_format": 1}), ("7,100:0:2147483648:0", {"num_invalid_format": 1}),
    ("7,100:0:2147483647:0", {"num_valid": 1, "num_valid_user": 1}),
    ("7," + ";".join([GOOD] * 1800), {"num_valid": 1800, "num_valid_user": 1}),
    ("7," + ";".join([GOOD] * 1801), {"num_invalid_format": 1}),
    ("7,999:0:0:0", {"num_invalid_segment": 1, "num_valid_user": 1}),
    ("7,800:0:0:0", {"num_invalid_segment": 1, "num_valid_user": 1}),
    ("7,700:0:0:0", {"num_unauth_segment": 1, "num_valid_user": 1}),
    ("7,102:0:0:0", {"num_inactive_segment": 1, "num_valid_user": 1}),
    (f"7,100:0:0:{NOW}000", {"num_invalid_timestamp": 1, "num_valid_user": 1}),
    (f"7,100:60:0:{NOW - 3700}", {"num_past_expiration": 1, "num_valid_user": 1}),
)


def validation(service):
    for line, wanted in CASES:
        job = service.upload(text(line, f"12,{GOOD}"))  # a good line, so that the job isn't one of errors alone
        found = {name: job[name] for name in job if name.startswith("num_") and job[name]}
        expected = dict(wanted)
        for name in ("num_valid", "num_valid_user"):
            expected[name] = expected.get(name, 0) + 1
        assert (job["phase"], found) == ("completed", expected), (line, job, expected)
        assert bool(job["error_log_lines"]) == any(name not in ("num_valid", "num_valid_user") for name in wanted), (line, job)
    device = ("device_id", {"id": "a-b", "domain": "aaid"})
    job = service.upload(avro((7, [{"id": 100}, {"id": 101, "expiration": -2}]), (device, [{"id": 100}]), (8, [{"id": 999}])))
    assert (job["num_valid"], job["num_valid_user"], job["num_invalid_segment"]) == (3, 3, 1), job
    other = io.BytesIO()
    fastavro.writer(other, {"type": "record", "name": "user", "fields": [{"name": "uid", "type": "long"}]}, [{"uid": 7}], codec="deflate")
    for broken in (other.getvalue(), b"no gzip", text(f"7,{GOOD}")[:-9], avro((7, [{"id": 100}]))[:-20], b"Obj\x01"):
        job = service.upload(broken)
        assert job["phase"] == "error" and job["error_log_lines"], (broken, job)
    job = service.upload(text(*(["x"] * 1500)))
    assert job["phase"] == "error" and len(job["error_log_lines"]) == 999 and job["num_invalid_format"] == 1500
    print(f"{len(CASES)} lines are counted as the rules say")


def state(service):
    """What is held: added, renewed, removed, run out."""
    held = lambda: service.world.held(MEMBER)
    service.upload(text(f"31,100:60:5:{service.now}"))
    begin = service.now - 70  # the time in the file: before the minute's pause and the look at the end
    assert held()["31", 100] == (begin + 3600, 5), (held(), begin)
    service.upload(text(f"31,100:120:6:{service.now};101:0:1:{service.now}"))
    assert held()["31", 101] == (service.now - 70 + 180 * 24 * 3600, 1)
    service.upload(text(f"31,100:-1:0:{service.now}"))
    assert ("31", 100) not in held() and ("31", 101) in held()
    service.upload(text(f"32,100:60:0:{service.now}"))
    service.later(3600)
    assert ("32", 100) not in held(), "it doesn't run out"


def limits(service):
    service.later(60)
    status, first = service.make()
    status, second = service.make()
    assert post(service.world, first["upload_url"], text(f"7,{GOOD}"))[0] == 200
    service.later(59)
    status, answer = post(service.world, second["upload_url"], text(f"7,{GOOD}"))
    assert (status, answer["error_code"]) == (429, "RATE_LIMIT_EXCEEDED"), "two uploads in a minute"
    service.later(1)
    assert post(service.world, second["upload_url"], text(f"7,{GOOD}"))[0] == 200
    assert post(service.world, second["upload_url"], text(f"7,{GOOD}"))[1]["error_code"] == "ALREADY_UPLOADED"
    _, other = service.make(7)
    assert post(service.world, other["upload_url"], text("7,700:0:0:0"))[0] == 200, "another member's minute"
    service.later(60)
    _, late = service.make()
    service.later(301)
    assert post(service.world, late["upload_url"], text(f"7,{GOOD}"))[0] == 410, "an address of more than 5 minutes"
    _, large = service.make()
    status, answer = post(service.world, large["upload_url"], b"x" * 100_001)
    assert (status, answer["error_code"]) == (413, "FILESIZE_LIMIT_EXCEEDED")
    service.later(400)
    for _ in range(200):
        assert service.make()[0] == 200
    assert service.make() == (429, "RATE_LIMIT_EXCEEDED"), "201 waiting jobs"
    service.later(301)
    assert service.make()[0] == 200, "jobs that never got a file wait for ever"
    assert service.make(0)[0] == 400


def platform(world):
    """Pages and the token."""
    found = []
    for page in range(1, 5):
        answer = world.ask(f"/segments?page={page}&page_size=2")
        assert (answer["page"], answer["page_size"], answer["total"]) == (page, 2, len(SEGMENTS))
        found += answer["segments"]
    assert found == SEGMENTS
    for path, token, wanted in (("/segments", "wrong", 401), ("/segments", "", 401), ("/other", TOKEN, 404), ("/../x", TOKEN, 404),
                                ("/segments?page=0", TOKEN, 400), ("/segments?page_size=1001", TOKEN, 400)):
        request = urllib.request.Request(world.url + path, headers={"Authorization": f"Bearer {token}"})
        try:
            urllib.request.urlopen(request, timeout=60)
            raise AssertionError(path)
        except urllib.error.HTTPError as error:
            assert error.code == wanted, (path, error.code)


def bare(world):
    """A POST without a body or its length is a whole request, and a page may be any number."""
    for words in ("POST /batch-segment?member_id=958", "GET /segments?page=9223372036854775807&page_size=1000"):
        host, port = world.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(f"{words} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 "), (words, answer)


def restarts(folder):
    """Jobs, uploads and what is held outlive the server; ids go on, and nothing is written over."""
    with served(folder, SEGMENTS, "--speed", "0.000001") as world:
        service = Service(world)
        first = service.upload(text(f"7,{GOOD}", "8,999:0:0:0"))
        waiting = service.make()[1]
        held = world.held(MEMBER)
    assert held
    with served(folder, SEGMENTS, "--speed", "0.000001") as world:
        set_clock(world, NOW)  # behind the time of the upload
        service = Service(world)
        assert world.held(MEMBER) == held
        again = service.job(first)
        same = lambda job: {name: value for name, value in job.items() if name != "upload_url"}  # the port is another
        assert same(again) == same(first) and again["phase"] == "completed", (again, first)
        assert service.job(waiting)["phase"] == "starting"
        second = service.upload(text(f"7,101:0:0:{NOW}"))
        assert second["job_id"] not in (first["job_id"], waiting["job_id"]), second
    assert gzip.decompress((folder / "dsp/uploads" / first["job_id"]).read_bytes()).startswith(b"7,100")
    (folder / "dsp/held.json").write_text("{")
    done = subprocess.run([os.environ["WEIR"], "world", "serve", str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "held.json: it isn't what an earlier" in done.stderr, done


def odd_letters(service):
    """Ids of devices in Latin-1 are told as what they are."""
    job = service.upload(text(f"caf\xe9,100:60:5:{service.now}^8", "fa\xe7ade,999:0:0:0^8"))
    assert (job["phase"], job["num_valid"]) == ("completed", 1), job
    assert job["error_log_lines"] == ["fa\xe7ade^8: segment 999: num_invalid_segment"], job
    assert ("caf\xe9^8", 100) in service.world.held(MEMBER)


def wrong_segments(folder):
    """A platform's file that no service can be made of."""
    for segment, wanted in (({"member_id": 1}, "dsp_segment_id: found nothing; a whole number is needed"),
                            ({"dsp_segment_id": 1}, "member_id: found nothing; a whole number is needed"),
                            ({"dsp_segment_id": "7", "member_id": 1}, 'dsp_segment_id: found "7"; a whole number is needed'),
                            ({"dsp_segment_id": 7, "member_id": 1, "dsp_active": 1}, "dsp_active: found 1; true or false is allowed")):
        (folder / "platform/segments.json").write_text(json.dumps([SEGMENTS[0], {"dsp": "xandr", **segment}]))
        done = subprocess.run([os.environ["WEIR"], "world", "serve", str(folder)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and f"segments.json: segment 2 (from 1): {wanted}" in done.stderr, (segment, done)
    (folder / "platform/segments.json").write_text("[7]")
    done = subprocess.run([os.environ["WEIR"], "world", "serve", str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "segments.json: segment 1 (from 1) is no object" in done.stderr, done


def wrong_words(folder):
    for words, wanted in ((("--fields", "FOO,BAR"), "fields: 'FOO' is unknown; allowed: SEG_ID"), (("--fields", "SEG_ID,SEG_ID"), "stands twice"),
                          (("--fields", "VALUE"), "one of SEG_ID and SEG_CODE is needed"), (("--fields", "SEG_CODE"), "needs MEMBER_ID"),
                          (("--separators", ",,,,,"), "',' stands twice"), (("--separators", ",;"), "three to five characters are allowed"),
                          (("--separators", ",;1"), "'1' isn't allowed")):
        done = subprocess.run([os.environ["WEIR"], "world", "serve", str(folder), *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and wanted in done.stderr, (words, done)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="weir-world-") as temporary:
        with served(pathlib.Path(temporary), SEGMENTS, "--most-bytes", "100000", "--speed", "0.000001") as world:
            platform(world)
            service = Service(world)
            validation(service)
            state(service)
            odd_letters(service)
            limits(service)
            bare(world)
        wrong_words(pathlib.Path(temporary))
        wrong_segments(pathlib.Path(temporary))
    with tempfile.TemporaryDirectory(prefix="weir-world-") as temporary:
        restarts(pathlib.Path(temporary))
    print("limits, pages and what is held are as the rules say")
