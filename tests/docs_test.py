#!/usr/bin/env python3
"""Runs every `$ command` of the ```console blocks of a guide, in order, in one fresh folder, with weir on the PATH; each
must succeed:   tests/docs_test.py --weir build/dev/weir docs/first-hour.md"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def commands(text):
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.split("\n"):
            if line.startswith("$ "):
                yield line[2:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("guide")
    arguments = parser.parse_args()
    weir = pathlib.Path(arguments.weir).resolve()
    text = pathlib.Path(arguments.guide).read_text()
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        environment = dict(os.environ, PATH=f"{weir.parent}:{os.environ['PATH']}", WEIR=str(weir), HOME=folder)
        script = "set -e\n" + "".join(f"echo '+' {i}\n{command}\n" for i, command in enumerate(commands(text), 1))
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=110, check=False)
    if done.returncode != 0 or script.count("\n") < 3:
        sys.exit(f"{done.stdout}\n{done.stderr}\na command of {arguments.guide} gave {done.returncode}")
    print(f"{len(list(commands(text)))} commands")


main()
