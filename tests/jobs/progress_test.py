#!/usr/bin/env python3
"""On a terminal the last line says what is running and what is left; elsewhere there are plain lines alone."""
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
JOB = """job: {name}
start: 2026-01-05
end: 2026-01-07
steps:
  - command: [sh, -c, "cat {gate} > /dev/null; cp {rows} $1", sh, "{{out.rows}}"]
    out: rows
    columns: {{rows: "id BIGINT"}}
writes: [{{table: site.{name}, from: rows, partition_by: [ds]}}]
"""


def make_project(folder):
    gate, rows = folder / "gate", folder / "rows.parquet"
    os.mkfifo(gate)
    subprocess.run([WEIR, "sql", f"COPY (SELECT 1::BIGINT AS id) TO '{rows}'"], check=True, capture_output=True)
    (folder / "weir.yaml").write_text("name: site\n")
    job = folder / "jobs/site/slow/job.yaml"
    job.parent.mkdir(parents=True)
    job.write_text(JOB.format(name="slow", gate=gate, rows=rows))
    return gate


def has_terminals():
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError:
        return False
    return True


def read_until(terminal, pattern, text=""):
    while not re.search(pattern, text):
        piece = os.read(terminal, 4096)
        assert piece, text
        text += piece.decode()
    return text


def on_a_terminal(folder, gate):
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "WEIR_NOW": "2026-02-01T00:00:00Z"}
    process = subprocess.Popen([WEIR, "-C", str(folder), "run"], stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    # The gate holds the step until the line has been drawn again, a second later at the latest.
    text = read_until(master, r"\r\x1b\[K0 of 2 done; 2 left \| slow 2026-01-05 [1-9]\d* s")
    gate.write_text("")
    text = read_until(master, r"1 of 2 done; 1 left[^|]*\| slow 2026-01-06 \d+ s", text)
    gate.write_text("")
    text = read_until(master, r"2 succeeded", text)
    try:
        while piece := os.read(master, 4096):
            text += piece.decode()
    except OSError:  # the other end is closed
        pass
    assert process.wait(timeout=60) == 0, text
    assert re.search(r"slow 2026-01-06 succeeded: 1 rows", text), text
    assert text.rindex("\x1b[K") > text.rindex("done;"), text  # wiped at the end


def elsewhere(folder, gate):
    gate.unlink()
    gate.write_text("")  # open
    done = subprocess.run([WEIR, "-C", str(folder), "backfill", "slow", "--on", "2026-01-06"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "TERM": "xterm", "WEIR_NOW": "2026-02-01T00:00:00Z"})
    errors = done.stderr
    assert done.returncode == 0, errors
    assert "\x1b" not in errors and "done;" not in errors, errors
    assert "slow 2026-01-06 succeeded: 1 rows" in errors, errors


def main():
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        folder = pathlib.Path(name)
        gate = make_project(folder)
        if has_terminals():
            on_a_terminal(folder, gate)
        else:
            print("skipped: a live line on a terminal: this machine has no pseudo-terminals (/dev/pts)")
        elsewhere(folder, gate)
    print("plain lines elsewhere")


if __name__ == "__main__":
    sys.exit(main())
