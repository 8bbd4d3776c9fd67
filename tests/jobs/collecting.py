"""Collectors for tests: `weir serve` on a free port, requests to it, and what it has put into its topic, read by the
bytes."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import urllib.parse

WEIR = os.environ["WEIR"]
SHOP = "https://shop.example/"


def settings(folder, job, **values):
    """Settings of a service's first step, or of its second, given as log={…}."""
    import re
    path = folder / f"jobs/ingestion/{job}/job.yaml"
    text = path.read_text()
    for name, value in values.pop("log", {}).items():
        text = re.sub(r"(with: \{path: [^}]*\}[^}]*)\}", rf"\1, {name}: {json.dumps(value)}}}", text)
    for name, value in values.items():
        text, times = re.subn(rf"^      {name}: .*$", lambda _: f"      {name}: {json.dumps(value)}", text, flags=re.M)
        if not times:
            text = text.replace("    with:\n", f"    with:\n      {name}: {json.dumps(value)}\n", 1)
    path.write_text(text)


def new_project(folder):
    subprocess.run([WEIR, "new", str(folder), "--pack", "adtech"], check=True, capture_output=True)


class Service:
    def __init__(self, process, url):
        self.process, self.url = process, url
        self.host, self.port = urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).port

    def connect(self, timeout=30):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, body) by a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


def start(folder, job, failpoint=None):
    environment = {**os.environ, **({"WEIR_FAILPOINT": failpoint} if failpoint else {})}
    process = subprocess.Popen([WEIR, "serve", job], cwd=folder, env=environment, stdout=subprocess.PIPE,
                               stderr=(folder / f"{job}.log").open("ab"), text=True)
    url = process.stdout.readline().strip()
    return Service(process, url) if url else (process.wait(timeout=30), None)[1]


@contextlib.contextmanager
def served(folder, job):
    service = start(folder, job)
    assert service, (folder / f"{job}.log").read_text()
    try:
        yield service
    finally:
        if service.process.poll() is None:
            assert service.stop() == 0, "it doesn't stop gracefully"


def topic_files(folder, topic="ingested-af"):
    """Files as a topic's readers see them: names that begin with a point are left out."""
    return sorted(path for path in (folder / "world/raw" / topic).rglob("*")
                  if path.is_file() and not path.name.startswith((".", "_")))


def topic_lines(folder, topic="ingested-af"):
    lines = []
    for path in topic_files(folder, topic):
        data = path.read_bytes()
        assert data.endswith(b"\n"), f"{path} is torn: …{data[-80:]!r}"
        lines += [json.loads(line) for line in data.split(b"\n")[:-1]]
    return lines


def open_files(folder, topic="ingested-af"):
    return list((folder / "world/raw" / topic).rglob(".*.open"))
