#!/usr/bin/env python3
"""The enricher from topics of a real Kafka against the truth of a generated world: `kafka_source_test.py truth | faults`."""
import collections
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

import kafka_server
from ingest_test import few_rules
from kafka_world import TOPICS, WEIR, World, call, content, new_project

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
ROUNDS = 300 if os.environ.get("WEIR_TEST_LONG") else max(5, int(os.environ.get("WEIR_TEST_ROUNDS") or 0) // 4)
SKIPPED = 77
PARTITIONS = 3
PARTIES = [f"reservoir.enriched_{party}" for party in TOPICS.values()]


def connection(server, more=""):
    return f"  events: {{kind: kafka, brokers: \"{server.brokers}\", group: weir-test{more}}}\n"


def truth(folder):
    """All lines, of which some are copies, some in transactions and some between aborted ones; then the same events by files."""
    world = World(folder / "world", SEED, PARTITIONS, "--people", "60", "--days", "2", "--rate.duplicates", "0.1")
    with kafka_server.KafkaServer() as server:
        world.make_topics(server)
        for topic, lines in world.lines.items():
            third = len(lines) // 3
            world.produce(server, topic, 0, third)
            server.produce(topic, [(number, b"aborted") for number in range(PARTITIONS)], transaction="junk", abort=True)
            world.produce(server, topic, third, 2 * third, transaction="whole")
            world.produce(server, topic, 2 * third)
        project = folder / "kafka"
        new_project(project, connection(server), {"ingested": "kafka://events"}, 200_000)
        call("run", "enricher", folder=project)
        world.check(project)
        again = call("run", "enricher", folder=project)
        assert "nothing to do" in again.stdout, again.stdout
        check_group(server, world)
        check_lateness(project)
    files = folder / "files"
    new_project(files, "  none: {kind: kafka, brokers: \"127.0.0.1:1\"}\n", {"ingested": str(folder / "world" / "raw")}, 1 << 28)
    call("run", "enricher", folder=files)
    assert content(project, PARTIES) == content(files, PARTIES), "other rows than by files"
    print(f"{len(world.placed)} lines are what the truth says, and the same as by files")


POINTS = ["kafka:after-read", "run:before-prepare", "run:after-prepare", "data:after-sync", "intent:before-put",
          "intent:after-put", "intent:after-table", "intent:after-delete", "kafka:before-group", "kafka:after-group",
          "run:after-commit", "run:before-end", "run:after-end", "ledger:after-start"]


def start(project, failpoint=None):
    environment = {**os.environ, **({"WEIR_FAILPOINT": failpoint} if failpoint else {})}
    return subprocess.Popen([WEIR, "-C", str(project), "run", "enricher"], env=environment, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def finish(project):
    """Runs until all is read."""
    for _ in range(20):
        done = call("run", "enricher", folder=project, check=False)
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr)


def killed(project, server, point):
    process = start(project, f"{point}:{random.randint(1, 2)}")
    process.communicate(timeout=120)
    return process.returncode == -signal.SIGKILL


def restarted(project, server, point):
    """The broker dies under a run."""
    process = start(project)
    server.restart()
    process.communicate(timeout=120)
    return True


def handed_over(project, server, point):
    """Two programs want to read; the first dies, the other goes on or finds the lease taken."""
    ledger = project / "warehouse/_weir/runs"
    before = set(ledger.glob("*"))
    first = start(project, f"{point}:1")
    while first.poll() is None and set(ledger.glob("*")) <= before:  # until it holds the lease, or had nothing to do
        with contextlib.suppress(subprocess.TimeoutExpired):
            first.wait(timeout=0.02)
    second = start(project)
    for process in (first, second):
        process.communicate(timeout=120)
    return first.returncode == -signal.SIGKILL


def faults(folder):
    """Rounds of new lines, each with a kill, a broker that dies, or two programs of which one dies."""
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", str(max(40, ROUNDS)), "--days", "2", "--rate.duplicates", "0.2")
    project = folder / "project"
    hits = collections.Counter()
    with kafka_server.KafkaServer() as server:
        world.make_topics(server)
        new_project(project, connection(server), {"ingested": "kafka://events"}, 20_000)
        faults_in_turn = [killed, handed_over, killed, restarted, handed_over]
        points = random.sample(POINTS, len(POINTS))
        for number in range(ROUNDS):
            for topic, lines in world.lines.items():
                begin, end = (len(lines) * place // ROUNDS for place in (number, number + 1))
                world.produce(server, topic, begin, end, transaction="whole" if random.random() < 0.5 else None)
                if random.random() < 0.3:
                    server.produce(topic, [(number % PARTITIONS, b"aborted")], transaction="junk", abort=True)
            fault = faults_in_turn[number % len(faults_in_turn)]
            if fault(project, server, points[number % len(points)]):
                hits[fault.__name__] += 1
            if random.random() < 0.5:
                finish(project)
        finish(project)
        world.check(project)
    assert len(hits) == 3, f"only {dict(hits)}"
    print(f"{ROUNDS} rounds, {dict(hits)}: {len(world.placed)} lines, nothing lost, nothing doubled")


def check_lateness(project):
    """Days wait until their lines can't come any more."""
    job = project / "jobs/ingestion/enricher/job.yaml"
    sound = job.read_text()
    job.write_text(sound.replace("topic: ingested-af}", "topic: ingested-af, lateness: 9000 days}"))
    waits = call("run", "events_partitioner", folder=project)
    assert "nothing to do" in waits.stdout, waits.stdout
    job.write_text(sound)
    assert "nothing to do" not in call("run", "events_partitioner", folder=project).stdout


def check_group(server, world):
    """Others see how far it has come."""
    for topic in TOPICS:
        committed = server.committed("weir-test", topic, PARTITIONS)
        for (name, partition, offset) in world.placed:
            if name == topic:
                assert committed.get(partition, -1) > offset, f"{topic}/{partition}: the group stands at {committed}"


def check_status(project, topic, position, behind):
    """How far the topic's only partition is behind, by `weir ingest status`."""
    found = json.loads(call("ingest", "status", "--json", folder=project).stdout)["partitions"]
    partition, = [one for one in found if one["source"] == topic]
    assert (partition["partition"], partition["next"], partition["lag"]) == ("0", position, behind), partition
    assert partition["end"] == position + behind and partition["per_second"] > 0, partition


def lost(folder):
    """Messages that Kafka dropped before they were read are an error that counts them, unless they are given up."""
    few_rules(folder)
    world = World(folder / "world", SEED, 1, "--people", "20", "--days", "1")
    project = folder / "project"
    with kafka_server.KafkaServer(password="planted-secret") as server:
        world.make_topics(server)
        lines = len(world.lines["ingested-af"])
        world.produce(server, "ingested-af", 0, lines // 2)
        secrets = ("librdkafka: {security.protocol: SASL_PLAINTEXT, sasl.mechanisms: PLAIN, sasl.username: weir,"
                   " sasl.password: \"{secret.kafka}\"}")
        new_project(project, connection(server, f", {secrets}"), {"ingested": "kafka://events"}, 1 << 20)
        settings = project / "weir.yaml"
        settings.write_text(settings.read_text().replace("secrets:\n", "secrets:\n  kafka: {env: WEIR_TEST_KAFKA}\n"))
        os.environ["WEIR_TEST_KAFKA"] = "wrong-secret"
        refused = call("run", "enricher", folder=project, check=False)
        assert refused.returncode == 1 and "uthentication" in refused.stderr, refused.stderr
        assert "wrong-secret" not in refused.stderr, refused.stderr
        os.environ["WEIR_TEST_KAFKA"] = "planted-secret"
        call("run", "enricher", folder=project)
        world.check_ledger(project)
        refused = call("replay", "enricher.batch000001.1", folder=project, check=False)
        assert refused.returncode == 1 and "which a replay can't ask for" in refused.stderr, refused.stderr
        check_status(project, "ingested-af", lines // 2, 0)
        world.produce(server, "ingested-af", lines // 2)
        check_status(project, "ingested-af", lines // 2, lines - lines // 2)
        server.delete_before("ingested-af", 0, lines // 2 + 3)
        failed = call("run", "enricher", folder=project, check=False)
        assert failed.returncode == 1, failed.stdout
        assert "topic ingested-af, partition 0: 3 offsets are lost" in failed.stderr, failed.stderr
        world.check_ledger_of(project, lines // 2)
        job = project / "jobs/ingestion/enricher/job.yaml"
        job.write_text(job.read_text().replace("topic: ingested-af}", "topic: ingested-af, accept_lost: true}"))
        call("run", "enricher", folder=project)
        world.check_ledger_of(project, lines - 3)
    print("3 lost messages: told, and given up when asked to")


if __name__ == "__main__":
    if kafka_server.jars() is None:
        print("the Kafka server isn't there: run scripts/setup.sh")
        sys.exit(SKIPPED)
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        {"truth": truth, "faults": faults, "lost": lost}[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
