#!/usr/bin/env python3
"""Packing small files takes no more memory than its budget, and not more for a partition of many rows than for one of few."""
import os
import pathlib
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
MIB = 2**20
BUDGET = 1024
FILES = 8  # of a partition
ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000  # of a file
# Texts as long as those of events, which compress to a part: a partition is some 500 MB in memory.
SQL = f"""
COPY (
  SELECT i AS id, repeat(md5((i // 4)::VARCHAR), 8) AS url, repeat(md5((i // 100)::VARCHAR), 6) AS agent, mod(i, 2)::VARCHAR AS region
  FROM range({{first}}::BIGINT, {{last}}::BIGINT) AS numbers(i)
) TO '{{file}}' (FORMAT parquet)"""


def run(project, *words):
    """What it printed, and the peak resident set in MiB."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([WEIR, *words], cwd=project, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        out.seek(0)
        text = out.read().decode()
        assert os.waitstatus_to_exitcode(status) == 0, text
        return text, usage.ru_maxrss * 1024 / MIB


def main(folder):
    (folder / "weir.yaml").write_text("name: packing\n")
    for number in range(FILES):
        file = folder / f"{number}.parquet"
        run(folder, "sql", SQL.format(first=2 * number * ROWS, last=2 * (number + 1) * ROWS, file=file))
        run(folder, "table", "import", "some.rows", "--from", str(file), "--partition-by", "region")
        file.unlink()
    before, least = run(folder, "table", "fingerprint", "some.rows")

    text, peak = run(folder, "table", "optimize", "some.rows", "--memory", f"{BUDGET}MiB", "--threads", "4")

    assert f"{2 * FILES} files" in text, text
    after, _ = run(folder, "table", "fingerprint", "some.rows")
    assert after.split()[-1] == before.split()[-1], (before, after)
    print(f"{2 * FILES} files of {ROWS:,} rows: {peak:.0f} MiB of a budget of {BUDGET}\n{text}")
    assert peak < BUDGET, f"{peak:.0f} MiB of a budget of {BUDGET}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="weir-packing-memory-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
