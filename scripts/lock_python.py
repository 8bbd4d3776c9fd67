#!/usr/bin/env python3
"""Writes tests/python/requirements.lock.txt: every package that requirements.txt needs, with version and checksum.

Run it with Debian 12's Python 3.11 after a change of requirements.txt; scripts/setup.sh installs from the lock alone.
"""
import json
import pathlib
import subprocess
import sys

folder = pathlib.Path(__file__).resolve().parent.parent / "tests" / "python"
pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
report = subprocess.run([*pip, "-r", folder / "requirements.txt"], check=True, stdout=subprocess.PIPE).stdout
lines = ["# Written by scripts/lock_python.py from requirements.txt, for CPython 3.11 on x86-64 Linux."]
for package in sorted(json.loads(report)["install"], key=lambda package: package["metadata"]["name"].lower()):
    name, version = package["metadata"]["name"].lower(), package["metadata"]["version"]
    sha256 = package["download_info"]["archive_info"]["hashes"]["sha256"]
    lines.append(f"{name}=={version} --hash=sha256:{sha256}")
(folder / "requirements.lock.txt").write_text("\n".join(lines) + "\n")
print(f"locked {len(lines) - 1} packages")
