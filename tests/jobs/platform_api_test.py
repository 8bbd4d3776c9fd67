#!/usr/bin/env python3
"""The platform by its API, page by page and on a way that breaks, gives the tables that its folder gives; who brings the wrong
token is told so, without it."""
import json
import os
import pathlib
import shutil
import sys
import tempfile

from ingest_test import SEED, call, make_world, rows
from outside_world import TOKEN, breaking, served

DAY = "2026-01-05"


def new_project(folder, world, connection):
    call("new", str(folder), "--pack", "adtech")
    for job in (folder / "jobs").glob("*/*"):
        if job.name != "platform_metadata":
            shutil.rmtree(job)
    os.symlink(world, folder / "world")
    settings = folder / "weir.yaml"
    text = settings.read_text().replace("secrets:\n", "secrets:\n  platform_token: {env: WEIR_TEST_TOKEN}\n", 1)
    settings.write_text(text + (f"\nconnections: {json.dumps({'platform': connection})}\n" if connection else ""))
    (folder / "in.ndjson").write_text(json.dumps({"event_id": "1", "dt": DAY, "ds": DAY}) + "\n")
    call("table", "import", "metastore.events", "--from", "in.ndjson", "--mode", "append", folder=folder)


def definitions(project):
    return rows(project, "SELECT * FROM metastore.lookalike_definitions ORDER BY ALL")


def main(folder):
    os.environ["WEIR_TEST_TOKEN"] = TOKEN
    world = folder / "world"
    make_world(world, SEED, "--people", "100", "--days", "1")
    segments = json.loads((world / "platform/segments.json").read_text())
    new_project(folder / "by-folder", world, None)
    call("run", folder=folder / "by-folder")
    wanted = definitions(folder / "by-folder")
    assert len(wanted) > 5
    with served(world, segments) as outside, breaking(outside, SEED, 0.3) as way:
        connection = {"kind": "platform", "url": f"http://127.0.0.1:{way.server_port}", "token": "{secret.platform_token}",
                      "page_size": 7, "retries": 30, "timeout": 10}
        project = folder / "by-api"
        new_project(project, world, connection)
        (project / "world").unlink()
        call("run", folder=project)
        assert definitions(project) == wanted
        assert sum(way.faults.values()) > len(segments) / 7, way.faults
        os.environ["WEIR_TEST_TOKEN"] = "another-planted-token"
        done = call("backfill", "platform_metadata", "--from", DAY, "--to", DAY, folder=project, check=False)
        assert done.returncode == 1 and "the platform answered 401" in done.stdout + done.stderr, done
        assert "another-planted-token" not in done.stdout + done.stderr
        assert definitions(project) == wanted
        print(f"{len(wanted)} definitions by the API, faults {way.faults}")


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-platform-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
