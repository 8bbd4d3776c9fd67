#!/usr/bin/env python3
"""The connector mlflow against a real MLflow server: what it has is what the registry of files has, however often weir was
killed on the way or sends it again; an older day leaves the champion; refusals are told without the token.
`mlflow_test.py [POINT…]`."""
import contextlib
import http.server
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import mlflow
import yaml

from ingest_test import SEED, call
from model_selection_test import DAY, JOB, REGION, REGISTRY, People, check_model, check_tables, new_project, run, stored

TOKEN = "planted-s3cret-token"
EXPERIMENT = "lookalikes"
OLDER = "2026-01-30"


@contextlib.contextmanager
def mlflow_server(folder):
    """The address of a server of our own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    folder.mkdir()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
               "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}, cwd=folder,
                                  stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(server, f"http://127.0.0.1:{port}/health", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=60)


def wait_for(server, url, log):
    until = time.monotonic() + 180
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)  # between two looks
    raise AssertionError(log.read_text())


def connect(project, url):
    path = project / "weir.yaml"
    settings = yaml.safe_load(path.read_text())
    settings.setdefault("secrets", {})["mlflow_token"] = {"env": "WEIR_TEST_TOKEN"}
    settings["connections"] = {"mlflow": {"kind": "mlflow", "url": url, "token": "{secret.mlflow_token}"}}
    settings["environments"]["dev"]["send"] = True
    path.write_text(yaml.safe_dump(settings))
    os.environ["WEIR_TEST_TOKEN"] = TOKEN


def register(project, *words, day=DAY, **options):
    return call("run", REGISTRY, "--on", day, "--partition", f"region={REGION}", *words, folder=project, **options)


def check_server(url, project, row, day=DAY):
    """The server has exactly what the registry of files has of a run, once."""
    client = mlflow.MlflowClient(url)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs([experiment.experiment_id], f"tags.`weir.run_id` = '{row['run_id']}'")
    assert len(found) == 1 and found[0].info.status == "FINISHED", found
    folder = project / "warehouse/_files/models/lookalikes" / row["model_name"] / row["run_id"]
    record = json.loads((folder / "run.json").read_text())
    assert found[0].data.params == record["parameters"]
    logged = sorted((metric.key, metric.step, metric.value)
                    for key in found[0].data.metrics for metric in client.get_metric_history(found[0].info.run_id, key))
    assert logged == sorted((each["name"], each["step"], each["value"]) for each in record["metrics"])
    there = {item.path for item in client.list_artifacts(found[0].info.run_id, "model")}
    assert there == {"model/MLmodel", "model/model.onnx", "model/roc.json"}, there
    versions = client.search_model_versions(f"name='{row['model_name']}'")
    mine = [version for version in versions if version.tags["weir.run_id"] == row["run_id"]]
    assert [version.tags["weir.version"] for version in mine] == [day.replace("-", "")], versions
    assert mine[0].run_id == found[0].info.run_id
    mlflow.set_tracking_uri(url)
    with tempfile.TemporaryDirectory() as copy:
        mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{found[0].info.run_id}/model", dst_path=copy)
        for name in ("MLmodel", "model.onnx", "roc.json"):
            assert (pathlib.Path(copy) / "model" / name).read_bytes() == (folder / name).read_bytes(), name
    return client.get_model_version_by_alias(row["model_name"], "champion").tags["weir.run_id"], len(versions)


def check_scores(url, project, row, scores, people):
    """The champion gives our scores, as anybody would load it."""
    mlflow.set_tracking_uri(url)
    folder = project / "champion"
    mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{row['model_name']}@champion", dst_path=str(folder))
    check_model(folder, row, scores, people.tokens)


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers 403 and says what it was sent."""

    def do_GET(self):
        text = json.dumps({"error_code": "PERMISSION_DENIED", "message": f"not with {self.headers['Authorization']}"}).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def check_refusal(project):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connect(project, f"http://127.0.0.1:{server.server_address[1]}")
    job = project / f"jobs/segment_building/{REGISTRY}/job.yaml"
    text = job.read_text()
    job.write_text(text.replace("steps:", "retries: 0\nsteps:"))
    done = register(project, check=False)
    assert done.returncode == 1, done
    output = done.stdout + done.stderr
    assert "MLflow answered 403 to experiments/get-by-name" in output and "not with Bearer ***" in output, output
    assert TOKEN not in output
    job.write_text(text)
    server.shutdown()


class WithoutArtifacts(http.server.BaseHTTPRequestHandler):
    """As `mlflow server --no-serve-artifacts` answers; it notes what is asked of it."""
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        text = json.dumps({"experiment": {"experiment_id": "7", "name": EXPERIMENT, "artifact_location": "/srv/mlruns/7",
                                          "lifecycle_stage": "active"}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        self.asked.append(self.path)
        self.send_error(500)

    def log_message(self, *_):
        pass


def check_no_artifacts(project):
    """A server that lets its clients write artifacts is refused, with the setting's name, before a run is made there."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), WithoutArtifacts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connect(project, f"http://127.0.0.1:{server.server_address[1]}")
    done = register(project, check=False)
    assert done.returncode == 1, done
    for words in (f"MLflow's experiment '{EXPERIMENT}'", "'/srv/mlruns/7'", "--no-serve-artifacts", "--serve-artifacts --artifacts-destination"):
        assert words in done.stdout + done.stderr, (words, done)
    assert WithoutArtifacts.asked and all("/experiments/get-by-name" in path for path in WithoutArtifacts.asked), WithoutArtifacts.asked
    server.shutdown()


def run_anew(project, min_people):
    """The day's row of a run under another setting, registered."""
    settings = project / "weir.yaml"
    text, times = re.subn(r"min_people: \d+", f"min_people: {min_people}", settings.read_text())
    assert times == 1
    settings.write_text(text)
    run(project, JOB, "--stale")
    register(project, "--stale")
    return next(each for each in stored(project, "lookalikes_mlflow_runs") if each["ds"] == DAY and each["segment_id"] == 7)


def check_replaced_champion(url, project, people, source, older):
    """A day that is run anew and worse has no champion any more: the alias goes back to the champion before, or away."""
    client, name = mlflow.MlflowClient(url), older["model_name"]
    before = next(version.version for version in client.search_model_versions(f"name='{name}'")
                  if version.tags["weir.run_id"] == older["run_id"])
    people.put(project, source)
    worse = run_anew(project, 120)
    assert not worse["champion"] and check_server(url, project, worse) == (older["run_id"], 3)
    better = run_anew(project, 10)
    assert better["champion"] and check_server(url, project, better)[0] == better["run_id"]
    client.delete_model_version_tag(name, before, "weir.champion")  # as of an earlier weir, which didn't say who was champion
    assert not run_anew(project, 120)["champion"]
    assert "champion" not in client.get_registered_model(name).aliases, client.get_registered_model(name)


def main():
    print("seed", SEED)
    source = random.Random(SEED)
    people = People(source)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as text:
        folder = pathlib.Path(text)
        project = new_project(folder / "project", JOB, REGISTRY)
        people.put(project, source)
        run(project)
        row, scores = check_tables(project, people)
        check_refusal(project)
        check_no_artifacts(project)
        with mlflow_server(folder / "server") as url:
            connect(project, url)
            for point in sys.argv[1:]:
                killed = register(project, failpoint=point, check=False)
                assert killed.returncode < 0, f"{point}: {killed}"
            register(project)
            assert check_server(url, project, row) == (row["run_id"], 1)
            check_scores(url, project, row, scores, people)
            register(project, "--full")
            assert check_server(url, project, row) == (row["run_id"], 1)
            people.put(project, source, OLDER)
            run(project, JOB, day=OLDER)
            register(project, day=OLDER)
            older = next(each for each in stored(project, "lookalikes_mlflow_runs") if each["ds"] == OLDER and each["champion"])
            assert older["run_id"] != row["run_id"]
            found = check_server(url, project, older, OLDER)
            assert found == (row["run_id"], 2), (found, row["run_id"], older["run_id"])
            check_replaced_champion(url, project, people, source, older)


if __name__ == "__main__":
    main()
