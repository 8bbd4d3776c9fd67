#!/usr/bin/env python3
"""Plants secrets, lets every command about jobs see them, where things work and where they fail, and searches everything
that weir printed or wrote."""
import os
import pathlib
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
PASSWORD = "pl4nted-p4ssw0rd"
TOKEN = "pl4nted/t0ken+with=signs"
INHERITED = "pl4nted-inherited"  # no connection and no setting asks for it
FILES = {
    "weir.yaml": """name: secrets
secrets:
  db_password: {env: PLANTED_PASSWORD}
  token: {file: token.txt}
  inherited: {env: PLANTED_INHERITED}
  absent: {env: PLANTED_NOWHERE}
connections:
  shop: {kind: postgres, host: 127.0.0.1, port: "1", user: weir, database: shop, password: "{secret.db_password}"}
environments:
  dev: {warehouse: warehouse, send: true}
""",
    "jobs/d/call/job.yaml": """job: call
doc: A command that gets a secret, says it and fails.
retries: 0
steps:
  - command: [python3, -c, "import os, sys; print(os.environ['TOKEN']); sys.exit('bad token ' + os.environ['TOKEN'])", "{out.rows}"]
    out: rows
    columns: {rows: a BIGINT}
    with: {environment: {TOKEN: "{secret.token}"}}
writes: [{table: d.rows, from: rows, partition_by: [ds]}]
""",
    "jobs/d/inherit/job.yaml": """job: inherit
doc: A command that says a secret of its environment, which nothing names.
retries: 0
steps:
  - command: [sh, -c, "echo first $PLANTED_INHERITED; echo bad password $PLANTED_INHERITED >&2; exit 3", "{out.rows}"]
    out: rows
    columns: {rows: a BIGINT}
writes: [{table: d.inherited, from: rows, partition_by: [ds]}]
""",
    "jobs/d/publish/job.yaml": """job: publish
doc: A publication to a server that isn't there.
effects: external
retries: 0
steps:
  - {sql: rows.sql}
  - {connector: postgres, in: rows, with: {connection: shop, table: public.rows}}
writes: [{table: d.published, from: rows, partition_by: [ds]}]
""",
    "jobs/d/publish/rows.sql": "SELECT 1 AS a\n",
}


def main():
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        folder = pathlib.Path(name)
        for file, text in FILES.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "token.txt").write_text(TOKEN + "\n")
        environment = {**os.environ, "PLANTED_PASSWORD": PASSWORD, "PLANTED_INHERITED": INHERITED}
        printed = {}

        def weir(*words):
            done = subprocess.run([WEIR, "-C", name, "--log-level", "debug", *words], env=environment, capture_output=True,
                                  text=True, timeout=120)
            printed[" ".join(words)] = done.stdout + done.stderr
            return done

        assert weir("check").returncode == 0, printed
        for words in (["graph"], ["docs"], ["docs", "--json"], ["schema", "job"], ["plan"], ["plan", "--json"],
                      ["run", "--on", "2026-01-05", "call", "publish"],
                      ["run", "--on", "2026-01-05", "--json", "call", "publish"], ["backfill", "--on", "2026-01-05", "--send", "publish"],
                      ["run", "--on", "2026-01-05", "inherit"], ["run", "--on", "2026-01-05", "--json", "inherit"], ["show", "run", "inherit.20260105.1"],
                      ["status"], ["status", "--json"], ["runs"], ["runs", "--json"], ["show", "run", "call.20260105.1"],
                      ["show", "run", "call.20260105.1", "--json"], ["show", "run", "publish.20260105.1", "--json"],
                      ["sql", "SELECT * FROM weir.runs", "--json"], ["replay", "publish.20260105.1", "--send"], ["test"], ["doctor"]):
            weir(*words)
        assert "bad token" in printed["show run call.20260105.1"], printed["show run call.20260105.1"]
        assert "bad password ***" in printed["show run inherit.20260105.1"], printed["show run inherit.20260105.1"]
        assert "127.0.0.1" in printed["run --on 2026-01-05 call publish"], printed["run --on 2026-01-05 call publish"]
        for secret in (PASSWORD, TOKEN, INHERITED):
            for words, text in printed.items():
                assert secret not in text, f"weir {words} prints a secret:\n{text}"
            for file in folder.rglob("*"):
                if file.is_file() and file.name != "token.txt":
                    assert secret.encode() not in file.read_bytes(), f"{file} holds a secret"
        print(f"{len(printed)} commands, no secret told")


if __name__ == "__main__":
    sys.exit(main())
