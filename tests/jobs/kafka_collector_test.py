#!/usr/bin/env python3
"""A collector whose topic is a real Kafka's: what it answered 200 is in the topic, once, and in the reservoir; while the broker
is away it answers 503, and where it or the topic isn't there it doesn't start."""
import json
import pathlib
import sys
import tempfile

import kafka_server
from collecting import new_project, served, start
from ingest_test import call, few_rules, rows

SKIPPED = 77


def event(name):
    return {"ts": "2026-01-05T10:00:00Z", "uid": f"u{name}0123456789abcdef", "url": f"https://shop.example/{name}", "ip": "8.8.8.8",
            "order_id": str(name)}


def post(service, *names):
    body = "".join(json.dumps(event(name)) + "\n" for name in names).encode()
    return service.ask("POST", "/events", body=body)[0]


def read_names(server):
    return sorted(json.loads(message[3])["order_id"] for message in server.read("ingested-af"))


def check(folder):
    few_rules(folder)
    project = folder / "project"
    new_project(project)
    settings = project / "weir.yaml"
    with kafka_server.KafkaServer() as server:
        settings.write_text(settings.read_text().replace("ingested: ./world/raw", "ingested: kafka://events") + "\nconnections:\n  events: "
                            f"{{kind: kafka, brokers: \"{server.brokers}\", librdkafka: {{message.timeout.ms: 2000, socket.timeout.ms: 4000}}}}\n")
        assert start(project, "ad_tracker") is None, "it starts without its topic"
        assert "topic ingested-af: " in (project / "ad_tracker.log").read_text(), (project / "ad_tracker.log").read_text()
        for topic in ("ingested-af", "ingested-st", "ingested-tt", "ingested-mapping"):
            server.make_topic(topic, 2)
        with served(project, "ad_tracker") as service:
            assert post(service, "a", "b") == 200 and post(service, "c") == 200
            assert read_names(server) == ["a", "b", "c"]
            server.kill()
            assert post(service, "lost") == 503, "it answers 200 for what no broker has"
            server.start()
            while post(service, "d") != 200:  # the answer waits for the broker
                pass
            assert set(read_names(server)) >= {"a", "b", "c", "d"}
        call("run", "enricher", folder=project)
        found = {row["order_id"] for row in rows(project, "SELECT order_id FROM reservoir.enriched_af")}
        assert found >= {"a", "b", "c", "d"}, found
    assert not (project / "kafka:").exists(), "a folder of the URL's name"
    print("what was answered 200 is in the topic")


if __name__ == "__main__":
    if kafka_server.jars() is None:
        print("skipped: there is no Kafka; scripts/setup.sh brings it")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        check(pathlib.Path(where))
