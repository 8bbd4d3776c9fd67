"""versitygw, a server that speaks S3, on a free port of 127.0.0.1 over a temporary folder."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ACCESS_KEY = "weir-access"
SECRET_KEY = "weir-planted-secret"


def program():
    """None if scripts/setup.sh hasn't put it in place."""
    for folder in pathlib.Path(__file__).resolve().parents:
        found = folder / ".deps" / "versitygw" / "versitygw"
        if found.exists():
            return found
    return None


def port_of(pid):
    """The port on which a process listens, from what the kernel tells; None: none yet."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = os.readlink(link)
            if target.startswith("socket:["):
                inodes.add(target[len("socket:["):-1])
    for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return int(fields[1].split(":")[1], 16)
    return None


class S3Server:
    def __init__(self, domain=None):
        """With a domain a bucket's name may also stand before it in a URL's host."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-s3-"))
        for name in ("root", "sidecar"):
            (self.folder / name).mkdir()
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [program(), "--port", "127.0.0.1:0", "--keep-alive", "--quiet", *(["--virtual-domain", domain] if domain else []),
             "posix", "--sidecar", self.folder / "sidecar", self.folder / "root"], stdout=self.log, stderr=self.log,
            env=dict(os.environ, ROOT_ACCESS_KEY=ACCESS_KEY, ROOT_SECRET_KEY=SECRET_KEY))
        port = None
        while port is None and self.process.poll() is None:
            port = port_of(self.process.pid)
            time.sleep(0.005)  # it says nothing when it is ready
        self.endpoint = f"http://127.0.0.1:{port}"

    def make_bucket(self, name):
        """A folder is a bucket."""
        (self.folder / "root" / name).mkdir()
        return f"s3://{name}"

    def environment(self):
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_REGION": "us-east-1"}

    def delta_options(self):
        """As delta-rs takes them."""
        return {**self.environment(), "AWS_ALLOW_HTTP": "true", "aws_conditional_put": "etag"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
