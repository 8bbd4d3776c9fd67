#!/usr/bin/env python3
"""The commands of docs/kafka.md with a real broker, whose topics hold a generated world."""
import os
import pathlib
import subprocess
import sys
import tempfile

import kafka_server
from kafka_world import WEIR, World, TOPICS

SKIPPED = 77


def main():
    if kafka_server.jars() is None:
        print("the Kafka server isn't there: run scripts/setup.sh")
        return SKIPPED
    repository = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder, kafka_server.KafkaServer() as server:
        world = World(f"{folder}/world", 1, 2, "--people", "30", "--days", "1")
        world.make_topics(server)
        for topic in TOPICS:
            world.produce(server, topic)
        done = subprocess.run([sys.executable, repository / "tests/docs_test.py", "--weir", WEIR, repository / "docs/kafka.md"],
                              env={**os.environ, "KAFKA": server.brokers}, check=False)
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
