#!/usr/bin/env python3
"""Enricher → topics enriched-v2-* → reservoir_loader, with one Kafka cluster or two, against the truth of a generated
world: `kafka_sink_test.py truth | faults | behind | out_of_reach | forget | replay   one | two`."""
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import kafka_server
from ingest_test import few_rules
from kafka_world import TOPICS, WEIR, World, call, content, new_project, rows, same

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
ROUNDS = 300 if os.environ.get("WEIR_TEST_LONG") else max(5, int(os.environ.get("WEIR_TEST_ROUNDS") or 0) // 4)
SKIPPED = 77
PARTITIONS = 2
PARTIES = [f"reservoir.enriched_{party}" for party in TOPICS.values()]
POSITIONS = "enriched-v2-positions"


class Path:
    """The clusters, their topics and the project."""

    def __init__(self, folder, clusters, world, batch):
        self.world = world
        self.stack = contextlib.ExitStack()
        with concurrent.futures.ThreadPoolExecutor() as starts:
            started = [starts.submit(kafka_server.KafkaServer) for _ in range(1 if clusters == "one" else 2)]
            servers = [self.stack.enter_context(each.result()) for each in started]
        self.source, self.target = servers[0], servers[-1]
        world.make_topics(self.source)
        for party in TOPICS.values():
            self.target.make_topic(f"enriched-v2-{party}", PARTITIONS)
        if clusters == "two":
            self.target.make_topic(POSITIONS, 1, cleanup_policy="compact")
        self.project = folder / "project"
        new_project(self.project,
                    f"  events: {{kind: kafka, brokers: \"{self.source.brokers}\", group: weir-test}}\n"
                    f"  enriched: {{kind: kafka, brokers: \"{self.target.brokers}\", group: weir-loader}}\n",
                    {"ingested": "kafka://events", "enriched": "kafka://enriched"}, batch, through_kafka=True)
        if clusters == "one":
            job = self.project / "jobs/ingestion/enricher/job.yaml"
            job.write_text(job.read_text().replace(f"positions: {POSITIONS}", "group: weir-sent"))

    def check(self):
        """Topics and reservoir hold the good lines, once each, and where they came from."""
        self.world.check(self.project)
        sent = []
        for topic, party in TOPICS.items():
            messages = self.target.read(f"enriched-v2-{party}")
            for _, _, key, value, headers in messages:
                event = json.loads(value)
                assert event["event_id"].encode() == key, value
                assert headers["source_partition"].decode() == event["source_partition"], headers
                assert headers["source_offset"].decode() == str(event["source_offset"]), headers
                sent.append((event["source"], event["source_partition"], event["source_offset"], ""))
        same(sent, [(*one[:3], "") for one in self.world.expected("good")], "sent")
        loaded = rows(self.project, "SELECT sum(lines_in)::BIGINT AS lines, sum(good)::BIGINT AS good FROM metastore.ingest_ledger"
                                    " WHERE job = 'reservoir_loader'")[0]
        assert int(loaded["lines"]) == int(loaded["good"]) == len(sent), loaded

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


def truth(folder, clusters):
    """The same tables as by files."""
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", "40", "--days", "2", "--rate.duplicates", "0.1")
    with Path(folder, clusters, world, 100_000) as path:
        for topic in TOPICS:
            world.produce(path.source, topic)
        call("run", "enricher", "reservoir_loader", folder=path.project)
        path.check()
        check_positions(path, clusters)
        by_kafka = content(path.project, PARTIES)
    files = folder / "files"
    new_project(files, "  none: {kind: kafka, brokers: \"127.0.0.1:1\"}\n", {"ingested": str(folder / "world" / "raw")}, 1 << 28)
    call("run", "enricher", folder=files)
    assert by_kafka == content(files, PARTIES), "other rows than by files"
    print(f"{clusters}: {len(world.placed)} lines through Kafka are the same rows as by files")


def check_positions(path, clusters):
    """The other cluster, or the group, says how far the first was read."""
    next_offsets = {}
    for topic, partition, offset in path.world.placed:
        place = (topic, str(partition))
        next_offsets[place] = max(next_offsets.get(place, 0), offset + 1)
    if clusters == "one":
        for topic in TOPICS:
            for partition, offset in path.source.committed("weir-sent", topic, PARTITIONS).items():
                assert next_offsets.get((topic, str(partition)), offset) == offset, (topic, partition, offset)
    else:
        told = {key: value for _, _, key, value, _ in path.target.read(POSITIONS)}
        for (topic, partition), offset in next_offsets.items():
            assert told[f"weir-enricher:{topic}:{partition}".encode()] == str(offset).encode(), told


def events_of(project):
    """How many of the events that were loaded the daily job has seen."""
    counts = ("SELECT (SELECT count(*) FROM metastore.events) + (SELECT count(*) FROM metastore.bad_rows) AS seen, "
              + " + ".join(f"(SELECT count(*) FROM reservoir.enriched_{party})" for party in ("af", "st", "tt")) + " AS loaded")
    row, = rows(project, counts)
    return int(row["seen"]), int(row["loaded"])


def rename_loader(project):
    """Its turn comes before the enricher's: it has read what is there when that one sends more."""
    old, new = (project / "jobs/ingestion" / name for name in ("reservoir_loader", "a_loader"))
    old.rename(new)
    for path in new.iterdir():
        path.write_text(path.read_text().replace("reservoir_loader", "a_loader"))


def behind(folder, clusters):
    """A day isn't complete while the enricher has rows that wait, or has read some that haven't come through."""
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", "30", "--days", "2", "--rate.late", "0")
    jobs = ("enricher", "a_loader", "events_partitioner")
    with Path(folder, clusters, world, 1 << 24) as path:  # the loader reads in one batch what there is
        rename_loader(path.project)

        def produce(third):
            for topic, lines in world.lines.items():
                world.produce(path.source, topic, *(len(lines) * place // 3 for place in (third, third + 1)))

        produce(0)
        killed = call("run", "enricher", folder=path.project, failpoint="run:after-commit:1", check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        event, = rows(path.project, "SELECT * EXCLUDE (batch, ds) FROM metastore.outbox_af ORDER BY event_id LIMIT 1")
        path.target.produce("enriched-v2-af", [(0, json.dumps({**event, "event_id": "0" * 32}).encode())])
        call("run", *jobs[1:], folder=path.project)
        one, = rows(path.project, "SELECT count(*) AS count FROM reservoir.enriched_af")
        assert int(one["count"]) == 1, one
        runs = call("runs", "events_partitioner", folder=path.project, check=False)
        assert "no job 'events_partitioner' has run yet" in runs.stderr, f"what waits to be sent was passed over: {runs.stdout}"
        call("run", "enricher", folder=path.project)
        produce(1)
        call("run", "enricher", folder=path.project)  # from here on the loader has something to read when the work begins
        produce(2)
        call("run", *jobs, folder=path.project)
        seen, loaded = events_of(path.project)
        wanted = sum(topic != "ingested-mapping" for topic, *_ in world.expected("good")) + 1
        assert seen == loaded == wanted, f"{seen} of {loaded} events, expected {wanted}"
    print(f"{clusters}: {wanted} events, all there before their days were read")


def out_of_reach(folder, clusters):
    """While the second cluster is away lines are read on and wait, and what doesn't need it goes on."""
    assert clusters == "two"
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", "30", "--days", "2", "--rate.late", "0")
    jobs = ("enricher", "reservoir_loader", "events_partitioner")
    with Path(folder, clusters, world, 1 << 24) as path:

        def produce(half):
            for topic, lines in world.lines.items():
                world.produce(path.source, topic, *(len(lines) * place // 2 for place in (half, half + 1)))

        def lines_read():
            row, = rows(path.project, "SELECT sum(lines_in)::BIGINT AS lines FROM metastore.ingest_ledger WHERE job = 'enricher'")
            return int(row["lines"])

        settings = path.project / "weir.yaml"
        patient, hasty = "group: weir-loader}", "group: weir-loader, librdkafka: {socket.timeout.ms: 1000}}"
        settings.write_text(settings.read_text().replace(patient, hasty))
        assert hasty in settings.read_text()
        produce(0)
        call("run", *jobs, folder=path.project)
        loaded = events_of(path.project)
        path.target.kill()
        job = path.project / "jobs/ingestion/enricher/job.yaml"
        with_retries = job.read_text()
        job.write_text("retries: 0\n" + with_retries)  # another try would find nobody either
        produce(1)
        plan = call("plan", *jobs, folder=path.project)
        assert "enricher" in plan.stdout and "reservoir_loader: " in plan.stderr, plan
        first = call("run", *jobs, folder=path.project, check=False)
        assert first.returncode == 1 and "what it sends has not arrived" in first.stderr, first
        assert lines_read() == len(world.placed) and events_of(path.project) == loaded
        again = call("run", *jobs, folder=path.project, check=False)
        assert again.returncode == 1 and "error: enricher has to wait: " in again.stderr, again
        assert lines_read() == len(world.placed)
        job.write_text(with_retries)
        path.target.start()
        call("run", *jobs, folder=path.project)
        path.check()
        seen, now = events_of(path.project)
        assert seen == now > loaded[1], f"{seen} of {now} events, {loaded} before"
    print(f"{len(world.placed)} lines, {now - loaded[1]} events that waited")


def both(folder):
    """A project may not write one party's reservoir by an enricher and by reservoir_loader."""
    project = folder / "project"
    new_project(project, "  enriched: {kind: kafka, brokers: \"127.0.0.1:1\"}\n", {"enriched": "kafka://enriched"}, 1000)
    shutil.copytree(project / "variants/kafka/ingestion/reservoir_loader", project / "jobs/ingestion/reservoir_loader")
    done = call("check", folder=project, check=False)
    assert done.returncode != 0, done.stdout
    for party in TOPICS.values():
        assert f"reservoir.enriched_{party}" in done.stderr + done.stdout, done.stderr
    assert "enricher" in done.stderr + done.stdout and "reservoir_loader" in done.stderr + done.stdout, done.stderr
    shutil.copytree(project / "variants/kafka/ingestion", project / "jobs/ingestion", dirs_exist_ok=True)
    for job in (project / "jobs/ingestion").iterdir():
        if job.name not in ("enricher", "reservoir_loader"):
            shutil.rmtree(job)
    settings = project / "weir.yaml"
    settings.write_text(settings.read_text().replace("ingested: ./world/raw", "ingested: kafka://enriched"))
    done = call("check", "--strict", folder=project, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    print("both: refused, and the variant alone is sound")


def by_files(folder, world, before=None):
    """What the enricher makes of the world's files, by party."""
    files = folder / "files"
    new_project(files, "  none: {kind: kafka, brokers: \"127.0.0.1:1\"}\n", {"ingested": str(folder / "world" / "raw")}, 1 << 28)
    if before:
        call(*before, folder=files)
    call("run", "enricher", folder=files)
    return content(files, PARTIES)


def people(path, table):
    """Whose rows stand in a table."""
    if table.endswith("_mapper"):
        sql = f"SELECT DISTINCT i.party AS party, i.id AS id FROM (SELECT unnest(ids) AS i FROM {table})"
    else:
        sql = f"SELECT DISTINCT party, user_id AS id FROM {table}"
    return {(row["party"], row["id"]) for row in rows(path.project, sql)}


def forget(folder, clusters):
    """Erased between enricher and loader: the outbox loses them, and what the topics still hold isn't loaded."""
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", "40", "--days", "2", "--rate.erased", "0.3", "--rate.mapped", "0.5",
                  "--rate.bad", "0.1")
    erased = {(line["party"], line["user_id"]) for line in map(json.loads, (folder / "world/erased.ndjson").read_text().splitlines())}
    order = ("forget", "--file", str(folder / "world/erased.ndjson"), "--json")
    with Path(folder, clusters, world, 100_000) as path:
        for topic in TOPICS:
            world.produce(path.source, topic)
        call("run", "enricher", folder=path.project)
        waiting = [f"metastore.outbox_{party}" for party in TOPICS.values()]
        assert any(people(path, table) & erased for table in waiting), "nobody who asked is there"
        call(*order, folder=path.project)
        for table in waiting:
            assert not people(path, table) & erased, table
        writers = {entry.get("job") for entry in json.loads(call("table", "history", "metastore.bad_events", "--json", folder=path.project).stdout)["history"]}
        assert "forget" in writers, "no bad line of somebody erased: the loader, which writes there too, hasn't begun yet"
        held = sum(len(path.target.read(f"enriched-v2-{party}")) for party in TOPICS.values())
        call("run", "enricher", "reservoir_loader", folder=path.project)
        for table in PARTIES:
            assert not people(path, table) & erased, f"{table}: topics brought erased people back"
        assert held == sum(len(path.target.read(f"enriched-v2-{party}")) for party in TOPICS.values()), "sent again"
        counts = rows(path.project, "SELECT sum(good)::BIGINT AS good, sum(bad)::BIGINT AS bad, sum(suppressed_by_reason['erased'])::BIGINT AS erased"
                                    " FROM metastore.ingest_ledger WHERE job = 'reservoir_loader'")[0]
        assert int(counts["good"]) + int(counts["erased"]) == held and int(counts["bad"]) == 0 < int(counts["erased"]), counts
        by_kafka = content(path.project, PARTIES)
    assert by_kafka == by_files(folder, world, order), "other rows than of a project that never saw them"
    print(f"{clusters}: {len(erased)} ids: {counts['erased']} of {held} messages weren't loaded")


def replay(folder, clusters):
    """Bad lines that are run again go through Kafka as all others."""
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", "40", "--days", "2", "--rate.duplicates", "0.1", "--rate.bad", "0.1")
    with Path(folder, clusters, world, 100_000) as path:
        for topic in TOPICS:
            world.produce(path.source, topic)
        job = path.project / "jobs/ingestion/enricher/job.yaml"
        sound = job.read_text()
        head, topic, tail = sound.partition("source: ingested-st\n")
        job.write_text(head + topic + tail.replace("format: events", "format: sharethis", 1))
        call("run", "enricher", "reservoir_loader", folder=path.project)
        assert not people(path, "reservoir.enriched_st")
        job.write_text(sound)
        told = json.loads(call("ingest", "replay", "--json", folder=path.project).stdout.splitlines()[-1])
        assert told["good"] > 0, told
        call("run", "enricher", "reservoir_loader", folder=path.project)
        by_kafka = content(path.project, PARTIES)
        keys = [key for party in TOPICS.values() for _, _, key, _, _ in path.target.read(f"enriched-v2-{party}")]
        assert len(keys) == len(set(keys)), "sent twice"
    assert by_kafka == by_files(folder, world), "other rows than of a job that was right from the beginning"
    print(f"{clusters}: {told['good']} of {told['lines_in']} bad lines run again came through")


SENDING = ["kafka:before-commit", "kafka:after-commit", "run:after-commit", "intent:after-put", "run:after-prepare",
           "run:before-end", "run:after-end", "kafka:after-read", "kafka:after-group"]
LOADING = ["kafka:after-read", "run:before-prepare", "intent:after-put", "run:after-commit", "kafka:before-group"]


def start(project, job, failpoint=None):
    environment = {**os.environ, **({"WEIR_FAILPOINT": failpoint} if failpoint else {})}
    return subprocess.Popen([WEIR, "-C", str(project), "run", job], env=environment, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def finish(project):
    """Runs until all has arrived."""
    for _ in range(20):
        done = call("run", "enricher", "reservoir_loader", folder=project, check=False)
        if done.returncode == 0 and "nothing to do" in done.stdout:
            return
    raise AssertionError(done.stdout + done.stderr)


def faults(folder, clusters):
    few_rules(folder)
    world = World(folder / "world", SEED, PARTITIONS, "--people", str(max(30, ROUNDS)), "--days", "2", "--rate.duplicates", "0.2")
    hits = collections.Counter()
    with Path(folder, clusters, world, 50_000) as path:
        for number in range(ROUNDS):
            for topic, lines in world.lines.items():
                world.produce(path.source, topic, *(len(lines) * place // ROUNDS for place in (number, number + 1)))
            if number % 5 == 3:
                process = start(path.project, "enricher")
                path.target.restart()
                process.communicate(timeout=120)
                hits["restart"] += 1
            else:
                loads = number % 5 == 4
                points = LOADING if loads else SENDING
                point = points[(number if loads else number + SEED) % len(points)] if number > 1 else SENDING[number]
                if loads:
                    call("run", "enricher", folder=path.project, check=False)
                process = start(path.project, "reservoir_loader" if loads else "enricher", f"{point}:1")
                said = process.communicate(timeout=120)[1]
                assert process.returncode in (0, -signal.SIGKILL), said
                hits[point] += process.returncode == -signal.SIGKILL
            if random.random() < 0.3:
                finish(path.project)
        finish(path.project)
        path.check()
    assert hits["kafka:before-commit"] and hits["kafka:after-commit"], hits
    print(f"{clusters}: {ROUNDS} rounds, {dict(hits)}: {len(world.placed)} lines, nothing lost, nothing doubled")


if __name__ == "__main__":
    if sys.argv[1] != "both" and kafka_server.jars() is None:
        print("the Kafka server isn't there: run scripts/setup.sh")
        sys.exit(SKIPPED)
    random.seed(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as name:
        {"truth": truth, "faults": faults, "behind": behind, "both": both, "forget": forget,
         "out_of_reach": out_of_reach, "replay": replay}[sys.argv[1]](pathlib.Path(name), *sys.argv[2:])
