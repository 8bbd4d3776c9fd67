#!/usr/bin/env python3
"""The commands of docs/s3.md with a server that speaks S3 and has the bucket `lake`."""
import os
import pathlib
import subprocess
import sys

import s3_server

SKIPPED = 77


def main():
    if s3_server.program() is None:
        print("skipped: versitygw is not in .deps; scripts/setup.sh puts it there")
        return SKIPPED
    repository = pathlib.Path(__file__).resolve().parents[2]
    with s3_server.S3Server() as server:
        server.make_bucket("lake")
        done = subprocess.run([sys.executable, repository / "tests/docs_test.py", "--weir", os.environ["WEIR"], repository / "docs/s3.md"],
                              env={**os.environ, **server.environment()}, check=False)
        tables = server.folder / "root/lake/shop/sales/orders/_delta_log"
        assert done.returncode or list(tables.glob("*.json")), "the table doesn't lie in the bucket"
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
