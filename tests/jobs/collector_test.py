#!/usr/bin/env python3
"""The collector against clients that count: what was answered 200 is in the topic, each file whole and never growing,
though the program is killed, stopped, overrun, or asked nonsense. `collector_test.py kills | random_kills | stop | overload |
hostile | limits | growth | enriched`; WEIR_TEST_LONG=1 for ten times the kills."""
import base64
import collections
import hashlib
import json
import os
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

from collecting import SHOP, new_project, open_files, served, settings, start, topic_files, topic_lines
from ingest_test import SEED, call, few_rules, rows

LONG = os.environ.get("WEIR_TEST_LONG") == "1"
POINTS = ("collect:after-create", "collect:after-write", "collect:after-rename", "collect:before-rename", "collect:after-sync")


def event(name, **more):
    return {"uid": f"u{name}", "url": f"{SHOP}{name}", "order_id": str(name), "ip": "203.0.113.9", "ua": "test", **more}


def ndjson(events):
    return "".join(json.dumps(one) + "\n" for one in events).encode()


class Client(threading.Thread):
    """Posts batches over one connection until it is told to stop; knows which events were answered 200."""

    def __init__(self, service, number, batch=5, most=None):
        super().__init__()
        self.service, self.number, self.batch, self.most = service, number, batch, most
        self.acknowledged, self.sent, self.statuses = set(), set(), collections.Counter()
        self.unanswered, self.is_over = 0, threading.Event()

    def run(self):
        connection = self.service.connect()
        at = 0
        while not self.is_over.is_set() and (self.most is None or at < self.most):
            names = [f"{self.number}-{at}-{i}" for i in range(self.batch)]
            at += 1
            self.sent.update(names)
            try:
                connection.request("POST", "/events", body=ndjson(map(event, names)))
                answer = connection.getresponse()
                text = answer.read()
                self.statuses[answer.status] += 1
                if answer.status == 200:
                    assert json.loads(text) == {"accepted": len(names)}, text
                    self.acknowledged.update(names)
                elif answer.status in (429, 503):
                    assert int(answer.headers["Retry-After"]) >= 1
            except OSError:
                self.unanswered += 1
                connection.close()
                connection = self.service.connect()
                if self.service.process.poll() is not None:
                    return
            except Exception as problem:  # http.client has many kinds
                if "http.client" not in type(problem).__module__:
                    raise
                self.unanswered += 1
                connection.close()
                connection = self.service.connect()
        connection.close()


def check_kept(folder, acknowledged, sent):
    """Nothing that was answered 200 is lost; nothing is there twice, and nothing that nobody sent."""
    found = collections.Counter(line["order_id"] for line in topic_lines(folder))
    lost = acknowledged - set(found)
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged events are lost: {sorted(lost)[:5]}"
    assert set(found) <= sent, f"nobody sent {sorted(set(found) - sent)[:5]}"
    twice = [name for name, times in found.items() if times > 1]
    assert not twice, f"twice: {twice[:5]}"
    assert not open_files(folder), open_files(folder)


def run_until_dead(folder, failpoint, after, clients=3):
    """A collector that is killed at a point, or `after` so many answers. What its clients know."""
    service = start(folder, "ad_tracker", failpoint)
    if service is None:
        return set(), set()
    threads = [Client(service, f"{random.getrandbits(40):x}-{i}") for i in range(clients)]
    for thread in threads:
        thread.start()
    if failpoint:
        service.process.wait(timeout=60)
    else:
        while sum(len(thread.acknowledged) for thread in threads) < after:
            assert any(thread.is_alive() for thread in threads), "no client goes on"
        service.kill()
    for thread in threads:
        thread.is_over.set()
        thread.join()
    return (set().union(*(thread.acknowledged for thread in threads)), set().union(*(thread.sent for thread in threads)))


def killed(folder, plans):
    new_project(folder)
    settings(folder, "ad_tracker", log={"file_seconds": 0.05, "file_bytes": 3000})
    acknowledged, sent, before = set(), set(), {}
    for failpoint, after in plans:
        more = run_until_dead(folder, failpoint, after)
        acknowledged, sent = acknowledged | more[0], sent | more[1]
        for path in topic_files(folder):  # what could be read once never changes
            digest = hashlib.sha256(path.read_bytes()).digest()
            assert before.setdefault(path, digest) == digest, f"{path} has changed"
        assert before.keys() <= set(topic_files(folder)), "a file is gone"
    # Somebody dies while finishing what the others left.
    leftovers = len(open_files(folder))
    if plans[-1][0]:
        assert leftovers, "nothing was left open"
        assert start(folder, "ad_tracker", "collect:in-recovery") is None, "the point in the recovery wasn't met"
    with served(folder, "ad_tracker"):
        assert not [path for path in open_files(folder) if path.stat().st_size], "files of dead processes are still open"
    assert len(acknowledged) > 10 * len(plans), "too little was sent for the kills to mean anything"
    check_kept(folder, acknowledged, sent)
    print(f"{len(plans)} kills, {leftovers} files left open by the last, {len(acknowledged)} of {len(sent)} events answered 200")


def kills(folder):
    """At each named point, early and late."""
    rounds = 10 if LONG else 1
    killed(folder, [(f"{point}:{source.randrange(2, 30)}", 0) for _ in range(rounds) for point in POINTS for _ in range(2)])


def random_kills(folder):
    killed(folder, [(None, source.randrange(20, 600)) for _ in range(100 if LONG else 10)])


def stop(folder):
    """SIGTERM: open requests are answered, what was accepted can be read at once."""
    new_project(folder)
    acknowledged, sent = set(), set()
    for round in range(5):
        service = start(folder, "ad_tracker")
        threads = [Client(service, f"{round}-{i}") for i in range(4)]
        for thread in threads:
            thread.start()
        slow = socket.create_connection((service.host, service.port))
        body = ndjson([event(f"slow-{round}")])
        slow.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:10])
        while sum(len(thread.acknowledged) for thread in threads) < 50:
            pass
        service.process.terminate()
        slow.sendall(body[10:])
        answer = slow.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200"), f"an open request was answered {answer[:60]!r}"
        acknowledged.add(f"slow-{round}")
        assert service.process.wait(timeout=60) == 0
        for thread in threads:
            thread.is_over.set()
            thread.join()
            acknowledged |= thread.acknowledged
            sent |= thread.sent
        check_kept(folder, acknowledged, sent | acknowledged)
    print(f"5 stops, {len(acknowledged)} events")


def overload(folder):
    """Four times as many clients as are served, and half of them more than may wait: each request is answered or refused."""
    new_project(folder)
    settings(folder, "ad_tracker", connections=8, waiting_connections=8, log={"most_waiting_bytes": 20_000})
    with served(folder, "ad_tracker") as service:
        clients = [Client(service, i, batch=50, most=60) for i in range(32)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        metrics = service.ask("GET", "/metrics")[2].decode()
    statuses = sum((client.statuses for client in clients), collections.Counter())
    assert set(statuses) == {200, 503}, f"answers: {statuses}"
    answered = sum(statuses.values())
    unanswered = sum(client.unanswered for client in clients)
    assert answered + unanswered == 32 * 60
    assert unanswered == 0, f"{unanswered} requests were neither answered nor refused ({statuses})"
    acknowledged = set().union(*(client.acknowledged for client in clients))
    check_kept(folder, acknowledged, set().union(*(client.sent for client in clients)))
    told = [int(line.split()[-1]) for line in metrics.split("\n") if line.startswith("weir_collector_events_total")]
    assert told == [len(acknowledged)], f"metrics tell {told}, {len(acknowledged)} were answered"
    print(f"{statuses}: {len(acknowledged)} events")


def raw(service, data, timeout=30):
    """What comes back for bytes, until the other side closes."""
    with socket.create_connection((service.host, service.port), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        while True:
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not part:
                return received
            received += part


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def hostile(folder):
    new_project(folder)
    settings(folder, "ad_tracker", most_body_bytes=5000, request_seconds=1, connections=4, idle_seconds=1)
    with served(folder, "ad_tracker") as service:
        good = ndjson([event("good")])
        head = b"POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        for what, data, wanted in (
                ("no request line", b"hello\r\n\r\n", {400}),
                ("an unknown method", b"BREW /px HTTP/1.1\r\nHost: x\r\n\r\n", {400, 404}),
                ("a method that is not allowed", b"GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {405}),
                ("to put", b"PUT /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", {405}),
                ("to delete", b"DELETE /px HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {405}),
                ("to put elsewhere", b"PUT /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", {404}),
                ("no such path", b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {404}),
                ("no length", head + b"\r\n" + good, {411}),
                ("chunks", head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", {411}),
                ("two lengths", head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + good, {400}),
                ("both", head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + good, {400}),
                ("a length that is none", head + b"Content-Length: 5x\r\n\r\n" + good, {400}),
                ("a negative length", head + b"Content-Length: -5\r\n\r\n" + good, {400}),
                ("packed", head + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", {415}),
                ("too large, all of it", head + b"Content-Length: 5001\r\n\r\n" + b"x" * 5001, {413}),
                ("too large, announced", head + b"Content-Length: 900000000000\r\n\r\n", {413}),
                ("a body that ends early", head + b"Content-Length: 4000\r\n\r\n" + good, {400, None}),
                ("a header without end", b"GET /px HTTP/1.1\r\nX: " + b"y" * 200_000, {400, None}),
                ("a URL that is too long", b"GET /px?x=" + b"y" * 20_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {414, None}),
                ("bytes", bytes(source.randrange(256) for _ in range(2000)) + b"\r\n\r\n", {400, None}),
        ):
            status = status_of(raw(service, data))
            assert status in wanted, f"{what}: {status}"
        for what, body, words in (
                ("nothing", b"", "empty"), ("no JSON", good + b"{\"a\":\n", "line 2"), ("a list", b"[1]\n", "line 1"),
                ("an empty line", good + b"\n" + good, "line 2"), ("no UTF-8", b"{\"a\":\"\xff\"}\n", "UTF-8")):
            status, _, text = service.ask("POST", "/events", body)
            assert status == 400 and words in json.loads(text)["error"], f"{what}: {status} {text}"
        status, _, text = service.ask("GET", "/px?pixel_id=seven&url=https://a.example/")
        assert status == 400 and b"seven" in text and b"whole number" in text, text
        for path, word in (("/px?url=https://a.example/", b"pixel_id"), ("/px?pixel_id=1", b"url"),
                           ("/px?pixel_id=1&url=javascript:alert(1)", b"url"),
                           ("/px?pixel_id=1&url=https://a.example/&order_value=many", b"order_value")):
            status, _, text = service.ask("GET", path)
            assert status == 400 and word in text, f"{path}: {status} {text}"
        # More slow clients than are served: others wait, and all are answered or cut off.
        slow = []
        for i in range(12):
            connection = socket.create_connection((service.host, service.port), timeout=30)
            connection.sendall((b"GET /px HTTP/1.1\r\nX: ", head + b"Content-Length: 4000\r\n\r\nx", b"P")[i % 3])
            slow.append(connection)
        began = time.monotonic()
        assert service.ask("POST", "/events", good)[0] == 200, "slow clients keep others out"
        assert time.monotonic() - began < 20
        for connection in slow:
            while connection.recv(65536):
                pass
            connection.close()
        # One byte now and then: the time is that of the whole request.
        with socket.create_connection((service.host, service.port), timeout=30) as dripping:
            began, is_cut = time.monotonic(), False
            while not is_cut and time.monotonic() - began < 15:
                try:
                    dripping.sendall(b"G")
                    dripping.settimeout(0.1)
                    is_cut = dripping.recv(65536) == b"" or is_cut
                except socket.timeout:
                    pass
                except OSError:
                    is_cut = True
            assert is_cut, "a client that sends a byte now and then is never cut off"
    check_kept(folder, {"good"}, {"good"})
    print("all that is malformed, too large or too slow is refused, and nothing of it is kept")


def limits(folder):
    """Rates by client, behind a proxy that is trusted and one that isn't."""
    new_project(folder)
    settings(folder, "ad_tracker", requests_per_second=5, trusted_proxies=["127.0.0.0/8"],
             allowed_origins=["https://shop.example"])
    with served(folder, "ad_tracker") as service:
        def statuses(client, times):
            return collections.Counter(
                service.ask("POST", "/events", ndjson([event(f"{client}-{i}")]), {"X-Forwarded-For": client})[0]
                for i in range(times))
        began = time.monotonic()
        found = statuses("198.51.100.1, 127.0.0.9", 60)
        passed = 10 + 5 * (time.monotonic() - began) + 1
        assert set(found) == {200, 429} and 10 <= found[200] <= passed, f"{found}, at most {passed}"
        assert statuses("198.51.100.2", 5) == {200: 5}, "another client's limit counts"
        # The address that the nearest proxy saw counts, not what the client made up before it.
        assert 429 in statuses("192.0.2.77, 198.51.100.1, 127.0.0.9", 5)
        for origin, allowed in (("https://shop.example", True), ("https://evil.example", False), ("null", False)):
            status, headers, _ = service.ask("OPTIONS", "/events", headers={"Origin": origin, "X-Forwarded-For": "198.51.100.9"})
            assert status == (204 if allowed else 403), f"{origin}: {status}"
            assert headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
            assert headers.get("Access-Control-Allow-Credentials") == ("true" if allowed else None)
        assert service.ask("GET", "/health")[0] == 200
    print(f"of 60 at once {found[200]} passed")


def growth(folder):
    """A file can be read once it is whole: each look at the topic sees files that never change, and all within the time."""
    new_project(folder)
    settings(folder, "ad_tracker", log={"file_seconds": 0.2})
    seen = {}
    with served(folder, "ad_tracker") as service:
        client = Client(service, 1, most=3000)
        client.start()
        while client.is_alive():
            for path in topic_files(folder):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                assert seen.setdefault(path, digest) == digest, f"{path} has grown"
        client.join()
        while open_files(folder):  # no request wakes it
            pass
        assert len(seen) > 2
    check_kept(folder, client.acknowledged, client.sent)
    print(f"{len(seen)} files, none of which changed")


def enriched(folder):
    """What came by HTTP goes through the chain: the ledger counts what was sent."""
    few_rules(folder)
    project = folder / "project"
    new_project(project)
    allowed = {"ip": "8.8.8.8", "ua": "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0"}
    outcomes = [("good", event(i, **allowed)) for i in range(300)]
    outcomes += [("bad", event(f"b{i}", **{**allowed, "url": "nowhere"})) for i in range(7)]
    outcomes += [("suppressed", event(f"s{i}", **{**allowed, "uid": "0"})) for i in range(5)]
    outcomes += [("suppressed", event(f"c{i}", **{**allowed, "ip": "194.25.0.1"})) for i in range(4)]  # Germany, no consent
    source.shuffle(outcomes)
    with served(project, "ad_tracker") as service:
        for at in range(0, len(outcomes), 17):
            assert service.ask("POST", "/events", ndjson(one for _, one in outcomes[at:at + 17]))[0] == 200
        again = [{**one, "ts": "2026-01-05T00:00:00Z"} for outcome, one in outcomes if outcome == "good"][:20]
        for _ in range(3):  # a client that got no answer sends it again
            assert service.ask("POST", "/events", ndjson(again))[0] == 200
    call("run", "enricher", folder=project)
    wanted = collections.Counter(outcome for outcome, _ in outcomes)
    wanted["good"] += 20
    wanted["duplicate"] = 40
    found = rows(project, """SELECT sum(lines_in) AS lines, sum(good) AS good, sum(bad) AS bad, sum(duplicate) AS duplicate,
                                    sum(suppressed) AS suppressed FROM metastore.ingest_ledger""")[0]
    assert {name: int(count) for name, count in found.items()} == {"lines": sum(wanted.values()), **wanted}, found
    print(found)


if __name__ == "__main__":
    source = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        folder = pathlib.Path(where)
        mode = globals()[sys.argv[1]]
        mode(folder if sys.argv[1] == "enriched" else folder / "project")
