#!/usr/bin/env python3
"""What the enricher sends to Kafka when the other side forgets, is another stream's, or goes: each event once, and what
doesn't need it goes on: `kafka_forgotten_test.py group | positions | others`."""
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import kafka_server
from ingest_test import few_rules
from kafka_world import TOPICS, call, new_project, rows

SKIPPED = 77
PARTITIONS = 2
POSITIONS = "enriched-v2-positions"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0"
PAGES = """job: pages
kind: stream
steps:
  - {connector: topic, with: {path: in}, out: lines}
  - {sql: rows.sql}
writes:
  - {table: metastore.pages, from: rows, mode: append, partition_by: [ds]}
"""


def event(number):
    return json.dumps({"ts": f"2026-01-05T10:00:{number % 60:02}Z", "uid": f"user{number:06}", "ip": "8.8.8.8", "ua": BROWSER,
                       "url": f"https://shop.example/books/{number}"}).encode()


class Place:
    """One cluster with raw topics under names of its own, and a project that sends what it enriches."""

    def __init__(self, folder, server, through_kafka=True):
        self.server = server
        self.events = 0
        self.raw = {topic: topic.replace("ingested-", "web.") for topic in TOPICS}
        for topic in self.raw.values():
            server.make_topic(topic, PARTITIONS)
        for party in TOPICS.values() if through_kafka else ():
            server.make_topic(f"enriched-v2-{party}", PARTITIONS)
        self.project = folder / "project"
        new_project(self.project, f"  events: {{kind: kafka, brokers: \"{server.brokers}\", group: weir-source}}\n"
                                  f"  enriched: {{kind: kafka, brokers: \"{server.brokers}\", group: weir-loader}}\n",
                    {"ingested": "kafka://events", "enriched": "kafka://enriched"}, 1 << 24, through_kafka=through_kafka)
        self.job = self.project / "jobs/ingestion/enricher/job.yaml"
        for topic, raw in self.raw.items():
            self.replace(f"{{location.ingested}}/{topic}\"", f"{{location.ingested}}/{raw}\"")

    def replace(self, old, new):
        text = self.job.read_text()
        assert old in text, old
        self.job.write_text(text.replace(old, new))

    def produce(self, count):
        self.server.produce("web.af", [(number % PARTITIONS, event(number)) for number in range(self.events, self.events + count)])
        self.events += count

    def sent(self):
        """How many messages the topic has, and of how many events."""
        keys = [key for _, _, key, _, _ in self.server.read("enriched-v2-af")]
        return len(keys), len(set(keys))

    def run(self, *words, code=0, failpoint=None):
        done = call("run", *(words or ("enricher",)), folder=self.project, failpoint=failpoint, check=False)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    def forget_group(self, group):
        admin = self.server.admin()
        until = time.monotonic() + 60
        while True:
            try:
                for gone in admin.delete_consumer_groups([group]).values():
                    gone.result()
                return
            except Exception as problem:  # a killed member may not have been missed yet
                assert "NON_EMPTY" in str(problem) and time.monotonic() < until, problem

    def forget_topic(self, topic, **settings):
        admin = self.server.admin()
        for gone in admin.delete_topics([topic], operation_timeout=30).values():
            gone.result()
        if settings:
            until = time.monotonic() + 60
            while True:
                try:
                    self.server.make_topic(topic, 1, **settings)
                    return
                except Exception as problem:  # it is deleted in the background
                    assert "exists" in str(problem) and time.monotonic() < until, problem


def group(folder, server):
    """The group's note is gone: the ledger knows what was sent, and where nobody can know an error says what to do."""
    place = Place(folder, server)
    place.replace(f"positions: {POSITIONS}", "group: weir-sent")
    place.produce(10)
    place.run()
    assert place.sent() == (10, 10), place.sent()
    assert sum(server.committed("weir-sent", "web.af", PARTITIONS).values()) == 10, "offsets of another topic"

    place.forget_group("weir-sent")
    place.run()
    assert place.sent() == (10, 10), "sent again by a run with nothing to do"
    place.produce(1)
    told = place.run()
    assert place.sent() == (11, 11), "sent again by the next batch"
    assert "batch 0 is the newest that was sent, but batch 1 was" in told.stderr, told.stderr

    place.produce(1)
    place.run(code=-signal.SIGKILL, failpoint="kafka:after-commit:1")  # sent, and not on record
    assert place.sent() == (12, 12)
    place.forget_group("weir-sent")
    refused = place.run(code=1)
    assert "whether batches 3 to 3 were isn't known" in refused.stderr and "`sent_through`" in refused.stderr, refused.stderr
    assert place.sent() == (12, 12)
    place.replace("transactional_id: weir-enricher", "transactional_id: weir-enricher\n      sent_through: 3")
    place.produce(1)
    place.run()
    assert place.sent() == (13, 13), place.sent()
    assert "nothing to do" in place.run().stdout


def positions(folder, server):
    """The topic of positions is made anew, and then another warehouse has the same id."""
    server.make_topic(POSITIONS, 1)
    place = Place(folder, server)
    place.produce(10)
    refused = place.run(code=1)
    assert "has cleanup.policy=delete" in refused.stderr and place.sent() == (0, 0), refused.stderr
    place.forget_topic(POSITIONS, cleanup_policy="compact")
    place.run()
    assert place.sent() == (10, 10), place.sent()
    place.forget_topic(POSITIONS, cleanup_policy="compact")
    place.run()
    assert place.sent() == (10, 10), "sent again by a run with nothing to do"
    place.produce(3)
    place.run()
    assert place.sent() == (13, 13), place.sent()

    shutil.rmtree(place.project / "warehouse")
    shutil.rmtree(place.project / ".weir", ignore_errors=True)
    for code in (1, 1):  # and it is told until it is mended
        refused = place.run(code=code)
        assert "is another stream's" in refused.stderr and "needs a `transactional_id` of its own" in refused.stderr, refused.stderr
    assert place.sent() == (13, 13), place.sent()
    place.replace("transactional_id: weir-enricher", "transactional_id: weir-other")
    place.run()
    assert place.sent() == (26, 13), place.sent()


def others(folder, server):
    """One stream's topic isn't what it was: that is its own problem, and jobs that don't read it go on."""
    place = Place(folder, server, through_kafka=False)
    pages = place.project / "jobs/ingestion/pages"
    pages.mkdir()
    (pages / "job.yaml").write_text(PAGES)
    (pages / "rows.sql").write_text("SELECT source_offset AS o, decode(line) AS line, '2026-01-05' AS ds FROM lines\n")
    lines = place.project / "in"
    lines.mkdir()
    place.produce(6)
    place.run()
    place.produce(6)
    server.delete_before("web.af", 0, 4)
    for number, (damage, told) in enumerate((
            (lambda: None, "step 'read_af': topic web.af, partition 0: 1 offsets are lost"),
            (lambda: place.forget_topic("web.st"), "step 'read_af': topic web.af, partition 0: 1 offsets are lost"),
            (lambda: place.replace("topic: ingested-af}", "topic: ingested-af, accept_lost: true}"), "step 'read_st': kafka events: there is no topic 'web.st'"))):
        damage()
        (lines / f"{number}.ndjson").write_text(f"{number}\n")
        done = place.run("enricher", "pages", code=1)
        assert "enricher: " + told in done.stderr, done.stderr
        count, = rows(place.project, "SELECT count(*) AS count FROM metastore.pages")
        assert int(count["count"]) == number + 1, f"{count} of {number + 1} files"
        place.run("pages")
        plan = call("plan", "pages", folder=place.project)
        assert plan.returncode == 0, plan.stderr


if __name__ == "__main__":
    if kafka_server.jars() is None:
        print("the Kafka server isn't there: run scripts/setup.sh")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name, kafka_server.KafkaServer() as one:
        few_rules(pathlib.Path(name))
        {"group": group, "positions": positions, "others": others}[sys.argv[1]](pathlib.Path(name), one)
