#!/usr/bin/env python3
"""An identity graph that doesn't fit into the memory budget is refused with the figures, leaves nothing behind, and runs with more
memory, within it. `--memory` is the budget."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
PAIRS = 600_000
MIB = 2**20
# Of each pair both ids are new; every third is no UUID and longer than one.
SQL = f"""
COPY (
  SELECT 'af' AS party_a, CASE WHEN mod(i, 3) = 0 THEN 'id of the first party, ' || md5(i::VARCHAR) ELSE md5(i::VARCHAR) END AS id_a,
         'st' AS party_b, md5((-1 - i)::VARCHAR) AS id_b, 1::BIGINT AS calls,
         TIMESTAMPTZ '2026-01-05 12:00:00+00' AS first_ts, TIMESTAMPTZ '2026-01-05 12:00:00+00' AS last_ts
  FROM range({PAIRS}) AS rows(i)
) TO '%s' (FORMAT parquet)"""
JOB = """
job: people
schedule: daily
steps:
  - connector: files
    out: pairs
    with: {{path: "{file}"}}
  - operator: connected_components
    in: {{today: pairs}}
    with: {{day: "2026-01-05"}}
    out: [edges, mapping]
writes:
  - {{table: out.mapping, from: mapping, mode: overwrite}}
"""


def run(project, *words):
    """Exit code, stderr, and the peak resident set in bytes."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([WEIR, *words], cwd=project, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return child.returncode, errors.read().decode(), usage.ru_maxrss * 1024


def main(folder):
    file = folder / "pairs.parquet"
    (folder / "weir.yaml").write_text("name: people\n")
    subprocess.run([WEIR, "sql", SQL % file], cwd=folder, check=True, capture_output=True, text=True)
    (folder / "jobs/graph/people").mkdir(parents=True)
    (folder / "jobs/graph/people/job.yaml").write_text(JOB.format(file=file))

    code, errors, peak = run(folder, "run", "--memory", "128MB")
    assert code == 1, (code, errors)
    figures = re.search(r"doesn't fit into memory: (\d+) pairs of (\d+) ids so far need ([0-9.]+) GiB, and 0.09 GiB is "
                        r"allowed", errors)
    assert figures, errors
    pairs, ids, needed = int(figures[1]), int(figures[2]), float(figures[3])
    assert 0 < pairs <= PAIRS and ids == 2 * pairs and 0.09 <= needed < 0.3, figures[0]
    assert "--memory" in errors and "expiry_days" in errors, errors
    assert not (folder / "warehouse/out/mapping/_delta_log").exists(), "a refused run has left a table"

    code, errors, peak = run(folder, "run", "--memory", "1GB")
    assert code == 0, errors
    assert peak < 1024 * MIB, f"{peak / MIB:.0f} MiB of a budget of 1024"
    print(f"refused: {figures[0]}; with 1 GB it took {peak / MIB:.0f} MiB")
    found = subprocess.run([WEIR, "sql", "SELECT count(*), count(DISTINCT universal_id) FROM out.mapping", "--format", "csv"], cwd=folder,
                           check=True, capture_output=True, text=True).stdout
    assert found.splitlines()[1] == f"{2 * PAIRS},{PAIRS}", found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="weir-identity-memory-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
