#!/usr/bin/env python3
"""Alerts of a project by the real program, to a real HTTP server, a real SMTP server and a program: who is told of what,
that each message comes once whatever dies when, and that no run fails because nobody listens."""
import base64
import http.server
import json
import os
import pathlib
import signal
import socketserver
import subprocess
import tempfile
import threading

WEIR = os.environ["WEIR"]


class Hooks(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted; answers what the path says."""
    got = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hooks.got.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(500 if self.path == "/broken" else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mails(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client of one mail needs, login included."""
    got = []

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        mail = {"to": []}
        self.say("220 test")
        for line in iter(self.rfile.readline, b""):
            word = line.decode().strip()
            verb = word.upper().split(" ")[0]
            if verb == "EHLO":
                self.say("250-test")
                self.say("250 AUTH PLAIN")
            elif verb == "AUTH":
                if len(word.split(" ")) == 2:
                    self.say("334 ")
                    word = self.rfile.readline().decode()
                mail["login"] = base64.b64decode(word.split(" ")[-1]).split(b"\0")
                self.say("235 ok")
            elif verb == "DATA":
                self.say("354 go on")
                lines = []
                for text in iter(self.rfile.readline, b".\r\n"):
                    lines.append(text.decode().rstrip("\r\n").removeprefix("."))
                mail["text"] = lines
                Mails.got.append(mail)
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                if verb == "MAIL":
                    mail["from"] = word
                elif verb == "RCPT":
                    mail["to"].append(word)
                self.say("250 ok")


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


PROJECT = """name: shop
secrets: {{token: {{env: ALERT_TOKEN}}}}
alerts:
  hook: {{kind: webhook, url: "http://127.0.0.1:{http}/all", authorization: "Bearer {{secret.token}}"}}
  mail: {{kind: mail, server: "smtp://127.0.0.1:{smtp}", from: weir@example.org, to: "a@example.org, b@example.org",
          user: weir, password: "{{secret.token}}"}}
  program: {{kind: command, command: "cat >> told.ndjson"}}
  deaf: {{kind: webhook, url: "http://127.0.0.1:1/", time_limit: 2 s}}
  broken: {{kind: webhook, url: "http://127.0.0.1:{http}/broken"}}
  stuck: {{kind: command, command: "sleep 60", time_limit: 200 ms}}
environments:
  dev: {{warehouse: warehouse}}
  production: {{warehouse: warehouse-production}}
"""

JOB = """job: {name}
schedule: daily
start: 2026-01-05
end: 2026-01-06
{more}
steps:
  - sql: rows.sql
writes:
  - {{table: s.{name}, from: rows, partition_by: [ds]}}
{checks}
"""


class Project:
    def __init__(self, folder, http_port, smtp_port):
        self.folder = pathlib.Path(folder)
        (self.folder / "weir.yaml").write_text(PROJECT.format(http=http_port, smtp=smtp_port))

    def job(self, name, sql, alerts, more="", checks=""):
        path = self.folder / "jobs/d" / name
        path.mkdir(parents=True, exist_ok=True)
        more = f"alerts: {alerts}\n{more}" if alerts else more
        (path / "job.yaml").write_text(JOB.format(name=name, more=more, checks=checks))
        (path / "rows.sql").write_text(sql)

    def run(self, *words, env="production", failpoint=None, now="2026-01-20T00:00:00Z", code=None):
        environment = dict(os.environ, ALERT_TOKEN="hush-hush-hush", WEIR_NOW=now)
        if failpoint:
            environment["WEIR_FAILPOINT"] = failpoint
        done = subprocess.run([WEIR, "-C", str(self.folder), "run", "--env", env, *words], capture_output=True, text=True,
                              env=environment, timeout=60)
        assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert "hush-hush-hush" not in done.stdout + done.stderr
        return done

    def told(self):
        path = self.folder / "told.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


BAD = "SELECT CAST('x' || {ds} AS INTEGER) AS n"
GOOD = "SELECT 1 AS n"


def test_a_failure_reaches_everybody_once(project):
    project.job("sales", BAD, "[hook, mail, program]")
    before = len(Hooks.got)
    done = project.run(code=1)
    assert done.stderr.count("sent: job sales of 2026-01-05 failed") == 3, done.stderr
    [(path, headers, body)] = Hooks.got[before:]
    assert path == "/all" and headers["Authorization"] == "Bearer hush-hush-hush", headers
    assert headers["Idempotency-Key"] == "sales.20260105.1.1.failed", headers
    assert project.told() == [body]
    assert {key: body[key] for key in ("cause", "project", "environment", "job", "partition", "start", "end", "run",
                                       "attempt")} == {
        "cause": "failed", "project": "shop", "environment": "production", "job": "sales", "partition": "",
        "start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z", "run": "sales.20260105.1", "attempt": 1}, body
    assert "Could not convert string 'x2026-01-05' to INT32" in body["error"], body
    [mail] = Mails.got
    assert mail["from"].startswith("MAIL FROM:<weir@example.org>"), mail
    assert [to.split(" ")[1] for to in mail["to"]] == ["TO:<a@example.org>", "TO:<b@example.org>"], mail
    assert "Subject: shop (production): job sales of 2026-01-05 failed" in mail["text"], mail
    assert "Message-ID: <sales.20260105.1.1.failed@weir>" in mail["text"], mail
    assert any("weir show run sales.20260105.1" in line for line in mail["text"]), mail
    assert mail["login"] == [b"", b"weir", b"hush-hush-hush"], mail


def test_each_attempt_has_its_own(project):
    project.job("sales", BAD, "[program]")
    project.run(code=1)
    project.run(code=1)
    assert [(told["run"], told["attempt"]) for told in project.told()] == [("sales.20260105.1", 1), ("sales.20260105.1", 2)]


def test_checks_tell_by_severity(project):
    project.job("warns", GOOD, "[program]", checks="checks: [{relation: rows, accepted: {n: [2]}, severity: warn}]")
    project.run(code=0)
    [told] = project.told()
    assert told["cause"] == "warned" and [check["outcome"] for check in told["checks"]] == ["warned"], told
    assert told["text"].startswith("job warns of 2026-01-05 succeeded, but checks warn\ncheck '"), told
    project.job("errs", GOOD, "[program]", checks="checks: [{relation: rows, accepted: {n: [2]}}]")
    project.run(code=1)
    told = project.told()[1]
    assert told["cause"] == "failed" and [check["outcome"] for check in told["checks"]] == ["failed"], told


def test_nothing_is_told_of_what_goes_well(project):
    project.job("sales", GOOD, "[program]")
    project.run(code=0)
    assert project.told() == []


def test_dev_only_shows(project):
    project.job("sales", BAD, "[program, hook]")
    before = len(Hooks.got)
    done = project.run(env="dev", code=1)
    assert project.told() == [] and len(Hooks.got) == before
    assert "alert program (command) shown: job sales of 2026-01-05 failed" in done.stderr, done.stderr
    (project.folder / "weir.yaml").write_text((project.folder / "weir.yaml").read_text().replace(
        "dev: {warehouse: warehouse}", "dev: {warehouse: warehouse, send: true}"))
    project.run(env="dev", code=1)
    assert [told["environment"] for told in project.told()] == ["dev"]


def test_who_cannot_be_reached_stops_nothing(project):
    project.job("warns", GOOD, "[deaf, broken, stuck, program]",
                checks="checks: [{relation: rows, accepted: {n: [2]}, severity: warn}]")
    done = project.run("--json", code=0)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    alerts = {event["to"]: event for event in events if event["event"] == "alert"}
    assert {name: event["outcome"] for name, event in alerts.items()} == {
        "deaf": "failed", "broken": "failed", "stuck": "failed", "program": "sent"}, alerts
    assert "answered 500" in alerts["broken"]["problem"], alerts
    assert "ran past its time limit of 200 ms" in alerts["stuck"]["problem"], alerts
    assert len(project.told()) == 1


def test_a_message_is_never_sent_twice(project):
    project.job("sales", BAD, "[program]")
    done = project.run(failpoint="alert:after-claim")
    if done.returncode == 1:
        return  # a release has no named points to be killed at
    assert done.returncode == -signal.SIGKILL, done
    assert project.told() == []
    project.run(code=1)
    assert [told["attempt"] for told in project.told()] == [2]


def test_overdue_intervals_are_told_once(project):
    project.job("late", GOOD.replace("1 AS n", "1 AS n FROM lines"), "[program]",
                more="wait: 6 hours\nreads: {lines: shop.lines}")
    project.run(now="2026-01-06T05:00:00Z", code=0)
    assert project.told() == []
    project.run(now="2026-01-06T07:00:00Z", code=0)
    project.run(now="2026-01-06T08:00:00Z", code=0)
    [told] = project.told()
    assert (told["cause"], told["start"], told["run"]) == ("overdue", "2026-01-05T00:00:00Z", ""), told
    assert told["error"] == "6 h have passed since its end; there is no table shop.lines", told


def main():
    http_port = serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks))
    smtp_port = serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mails))
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory() as folder:
                test(Project(folder, http_port, smtp_port))
                print(name, "ok")


main()
