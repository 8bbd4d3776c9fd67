#!/usr/bin/env python3
"""The enricher from topics of a real Kafka against the truth of a generated world: `kafka_source_test.py truth | faults`."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

import kafka_server
from kafka_world import TOPICS, WEIR, World, call, content, new_project, rows

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
ROUNDS = int(os.environ.get("WEIR_TEST_ROUNDS") or (300 if os.environ.get("WEIR_TEST_LONG") == "1" else 5))
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
        check_group(server, project, world)
    files = folder / "files"
    new_project(files, "  none: {kind: kafka, brokers: \"127.0.0.1:1\"}\n", {"ingested": str(folder / "world" / "raw")}, 1 << 28)
    call("run", "enricher", folder=files)
    assert content(project, PARTIES) == content(files, PARTIES), "other rows than by files"
    print(f"{len(world.placed)} lines are what the truth says, and the same as by files")


def check_group(server, project, world):
    """Others see how far it has come."""
    for topic in TOPICS:
        committed = server.committed("weir-test", topic, PARTITIONS)
        for (name, partition, offset) in world.placed:
            if name == topic:
                assert committed.get(partition, -1) > offset, f"{topic}/{partition}: the group stands at {committed}"


if __name__ == "__main__":
    if kafka_server.jars() is None:
        print("the Kafka server isn't there: run scripts/setup.sh")
        sys.exit(SKIPPED)
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        {"truth": truth}[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
