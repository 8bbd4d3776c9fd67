"""`weir world serve` for tests, and a way to it that breaks: answers 500 and 503, cut connections, lost replies."""
import contextlib
import http.client
import http.server
import json
import os
import random
import subprocess
import threading
import urllib.request

TOKEN = "planted-s3cret-token"


class World:
    """A world that is served; its clock runs `speed` times as fast."""

    def __init__(self, url):
        self.url = url

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self.url + path, method=method, headers={"Authorization": f"Bearer {TOKEN}"},
                                         data=b"" if method == "POST" else None)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def set_clock(self, time):
        self.ask(f"/world/clock?now={time}", "POST")

    def held(self, member):
        """{(user, number): (until, value)}"""
        return {(user, number): (until, value) for user, number, until, value in self.ask(f"/world/held?member_id={member}")}


@contextlib.contextmanager
def served(folder, segments, *words):
    """`segments`: rows of definitions, of all regions and days."""
    (folder / "platform").mkdir(parents=True, exist_ok=True)
    (folder / "platform/segments.json").write_text(json.dumps(segments))
    server = subprocess.Popen([os.environ["WEIR"], "world", "serve", str(folder), "--port", "0", "--token", TOKEN, *words],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url
        yield World(url)
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0, "it doesn't stop gracefully"


@contextlib.contextmanager
def breaking(world, seed, rate):
    """The address of a way to the world; `.rate` of its requests go wrong."""
    source = random.Random(seed)
    lock = threading.Lock()

    class Way(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                fault = source.choice(("cut", "500", "503", "lost")) if source.random() < server.rate else None
                server.faults[fault] = server.faults.get(fault, 0) + 1
            if fault == "cut":
                self.close_connection = True
                return
            if fault in ("500", "503"):
                self.answer(int(fault), b"not now")
                return
            connection = http.client.HTTPConnection(world.url.split("//")[1], timeout=60)
            connection.request(self.command, self.path, body, {"Authorization": self.headers["Authorization"]})
            answer = connection.getresponse()
            text = answer.read().replace(world.url.encode(), f"http://127.0.0.1:{server.server_port}".encode())
            connection.close()
            if fault == "lost":
                self.close_connection = True
                return
            self.answer(answer.status, text)

        do_GET = do_POST = forward

        def answer(self, status, text):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Way)
    server.rate, server.faults = rate, {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
