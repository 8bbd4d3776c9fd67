#!/usr/bin/env python3
"""`secor_upload`: topics of a real Kafka as files in the layout of Secor, read by a reader of its own that knows the published
layout alone, whenever the writer was killed: `secor_upload_test.py policy | kills`."""
import collections
import datetime
import gzip
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile

import kafka_server
from kafka_world import WEIR, call, rows

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
ROUNDS = 100 if os.environ.get("WEIR_TEST_LONG") else max(7, int(os.environ.get("WEIR_TEST_ROUNDS") or 0) // 4)
SKIPPED = 77
PARTITIONS = 3
FILES = "warehouse/_files/enriched-out/geo/st"
START = datetime.datetime(2026, 1, 5, 22, 0, tzinfo=datetime.timezone.utc)


def new_project(folder, server, **settings):
    """A project of the one job, over the topic enriched-v2-st alone."""
    call("new", str(folder), "--pack", "adtech")
    for job in (folder / "jobs").glob("*/*/job.yaml"):
        for file in job.parent.iterdir():
            file.unlink()
        job.parent.rmdir()
    path = folder / "weir.yaml"
    path.write_text(path.read_text().replace("    locations:\n", "    locations:\n      enriched: kafka://enriched\n")
                    + f"\nconnections:\n  enriched: {{kind: kafka, brokers: \"{server.brokers}\", group: uploads}}\n")
    job = folder / "jobs/ingestion/reservoir_upload"
    job.mkdir(parents=True)
    source = folder / "variants/secor/ingestion/reservoir_upload"
    text = (source / "job.yaml").read_text()
    steps = text.index("  - connector")
    mine = next(part for part in re.split(r"(?=  - connector)", text[steps:text.index("  - {sql")]) if "upload_st" in part)
    more = "".join(f", {name}: {value}" for name, value in settings.items())
    (job / "job.yaml").write_text(text[:steps] + mine.replace("topic: st}", f"topic: st{more}}}") + text[text.index("  - {sql"):])
    (job / "uploaded.sql").write_text("SELECT *, {ds} AS ds FROM st_files\n")
    return folder


def event(number, time):
    return json.dumps({"event_id": f"{number:032x}", "ts": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "user_id": f"u{number}"}).encode()


class Reader:
    """What files hold, by the layout's rules."""

    def __init__(self, root, depth):
        self.messages = {}  # (partition, place among its file's) is told by the offsets: the file's first and the line
        self.files = {}
        self.marked = set()
        for path in sorted(root.rglob("*")):
            if path.is_dir() or path.name.startswith("."):
                continue
            parts = path.relative_to(root.parent).parts
            if path.name == "_SUCCESS":
                self.marked.add("/".join(parts[1:-1]))
                continue
            assert len(parts) >= 3, path
            generation, partition, offset = path.name.removesuffix(".gz").split("_")
            assert generation == "1" and len(offset) == 20, path
            data = path.read_bytes()
            lines = (gzip.decompress(data) if path.name.endswith(".gz") else data).decode().splitlines()
            for line in lines:
                time = datetime.datetime.strptime(json.loads(line)["ts"], "%Y-%m-%dT%H:%M:%S.%fZ")
                names = [time.strftime(form) for form in ("dt=%Y-%m-%d", "hr=%H", "min=%M")][:len(parts) - 2]
                assert list(parts[1:-1]) == names and len(names) == depth, f"{path} has a line of {time}"
            key = (int(partition), int(offset))
            self.files.setdefault(key, []).append((path, lines))

    def lines(self):
        return [line for held in self.files.values() for _, lines in held for line in lines]


def check(project, topic, depth, whole=True):
    """`topic` is what was produced: (partition, offset) → bytes. Every message stands in one file, whose name has its own
    or an earlier offset of its partition; the first line of a file is the message at the name's offset."""
    reader = Reader(project / FILES, depth)
    counts = collections.Counter(reader.lines())
    assert not [line for line, count in counts.items() if count > 1], "messages are there twice"
    wanted = {value.decode() for value in topic.values()}
    assert set(counts) <= wanted
    if whole:
        assert set(counts) == wanted, f"{len(wanted - set(counts))} of {len(wanted)} messages are missing"
    for key, held in reader.files.items():
        for path, lines in held:
            assert topic[key].decode() == lines[0], f"{path}: its first line isn't the message at its offset"
    return reader


def run_policy(folder):
    """Size, age, force; what isn't due waits; folders are final once all partitions are past them."""
    topic = {}
    numbers = iter(range(1_000_000))

    with kafka_server.KafkaServer() as server:
        server.make_topic("enriched-v2-st", PARTITIONS)

        def produce(partition, *times):
            messages = [event(next(numbers), time) for time in times]
            for message, place in zip(messages, server.produce("enriched-v2-st", [(partition, message) for message in messages])):
                topic[place] = message

        hour = lambda number, minute=0: START + datetime.timedelta(hours=number, minutes=minute)
        project = new_project(folder / "project", server, depth="hour", upload_seconds=7200, upload_bytes=2000)
        produce(0, hour(0), hour(0, 1))
        idle = call("run", "reservoir_upload", folder=project)
        assert "nothing to do" in idle.stdout and not (project / FILES).exists(), "what is small and young was uploaded"
        produce(0, *[hour(0, 2 + number % 50) for number in range(30)])  # more than 2000 bytes
        produce(1, hour(0))
        call("run", "reservoir_upload", folder=project)
        reader = check(project, topic, 2, whole=False)
        assert {partition for partition, _ in reader.files} == {0}, "partition 1 isn't due"
        assert not reader.marked, "nothing is known of partitions that nothing was committed of"

        job = project / "jobs/ingestion/reservoir_upload/job.yaml"
        sound = job.read_text()
        job.write_text(sound.replace("upload_seconds: 7200", "upload_seconds: 0"))  # any age
        produce(0, hour(3), hour(1), hour(2, 30))
        produce(1, hour(2))
        produce(2, hour(4))
        call("run", "reservoir_upload", folder=project)
        reader = check(project, topic, 2)
        assert server.committed("uploads", "enriched-v2-st", PARTITIONS) == {0: 35, 1: 2, 2: 1}
        # The last committed messages are of 00:30, 00:00 and 02:00; an hour before the least of them is 23:00, not final.
        assert reader.marked == {"dt=2026-01-05/hr=22"}, reader.marked

        job.write_text(sound.replace("upload_seconds: 7200", "force: true, finalise_after_seconds: 0"))
        for partition in range(PARTITIONS):
            produce(partition, hour(4))
        call("run", "reservoir_upload", folder=project)
        reader = check(project, topic, 2)
        # 02:00 isn't final; before it come hours 01 and 00, the day before, its hours 23 and 22, which is marked.
        assert reader.marked == {"dt=2026-01-05/hr=22", "dt=2026-01-05/hr=23", "dt=2026-01-05", "dt=2026-01-06/hr=00",
                                 "dt=2026-01-06/hr=01"}, reader.marked
        listed = rows(project, "SELECT path, messages FROM metastore.uploaded_files")
        assert sorted(row["path"] for row in listed) == sorted(
            str(path.relative_to((project / FILES).parent)) for held in reader.files.values() for path, _ in held)
        assert sum(int(row["messages"]) for row in listed) == len(topic)
    print(f"{len(topic)} messages in {sum(map(len, reader.files.values()))} files, as the policy says")


POINTS = ["kafka:after-read", "secor:before-put", "secor:after-put", "run:before-prepare", "run:after-prepare", "data:after-sync",
          "intent:before-put", "intent:after-put", "intent:after-table", "commit:before-entry", "commit:after-entry", "kafka:before-group",
          "kafka:after-group", "secor:before-success", "secor:after-success", "run:after-commit", "run:before-end", "run:after-end"]


def run_kills(folder):
    """Rounds of new messages, late ones among them, batches of any size, and a kill at a named point or a broker that dies."""
    topic = {}
    hits = collections.Counter()
    number = 0
    with kafka_server.KafkaServer() as server:
        server.make_topic("enriched-v2-st", PARTITIONS)
        project = new_project(folder / "project", server, depth="hour", force="true", encoding="text", finalise_after_seconds=600)
        job = project / "jobs/ingestion/reservoir_upload/job.yaml"
        text = job.read_text()
        points = chance.sample(POINTS, len(POINTS))
        for turn in range(ROUNDS):
            messages = []
            for _ in range(chance.randrange(20, 60)):
                late = chance.choice([0, 0, 0, 0, 60, 150])
                messages.append((chance.randrange(PARTITIONS), event(number, START + datetime.timedelta(minutes=turn * 17 + chance.randrange(17) - late))))
                number += 1
            by_partition = {partition: iter([value for one, value in messages if one == partition]) for partition in range(PARTITIONS)}
            transaction = "whole" if chance.random() < 0.5 else None
            for place in sorted(server.produce("enriched-v2-st", messages, transaction=transaction)):
                topic[place] = next(by_partition[place[0]])
            if chance.random() < 0.3:
                server.produce("enriched-v2-st", [(turn % PARTITIONS, b"aborted")], transaction="junk", abort=True)
            job.write_text(re.sub(r"^batch: .*$", f"batch: {chance.choice([500, 2000, 100000])}B", text, flags=re.M))
            point = points[turn % len(points)]
            if turn % 5 == 4:
                process = subprocess.Popen([WEIR, "-C", str(project), "run", "reservoir_upload"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                server.restart()
                process.wait(120)
                hits["broker"] += 1
            else:
                killed = call("run", "reservoir_upload", folder=project, failpoint=f"{point}:{chance.randint(1, 2)}", check=False)
                if killed.returncode == -signal.SIGKILL:
                    hits[point] += 1
            job.write_text(re.sub(r"^batch: .*$", f"batch: {chance.choice([300, 1000, 100000])}B", text, flags=re.M))
            if chance.random() < 0.6:
                call("run", "reservoir_upload", folder=project)
                check(project, topic, 2)
        call("run", "reservoir_upload", folder=project)
        reader = check(project, topic, 2)
        offsets = collections.defaultdict(list)
        for row in rows(project, "SELECT source_partition, messages, path FROM metastore.uploaded_files"):
            offsets[row["path"]].append(int(row["messages"]))
        lines = {str(path.relative_to((project / FILES).parent)): [len(lines)] for held in reader.files.values() for path, lines in held}
        assert offsets == lines, "the table doesn't tell of the files that are there, each once"
    assert sum(hits.values()) >= ROUNDS // 2, dict(hits)
    assert reader.marked, "no folder is final"
    print(f"{ROUNDS} rounds, {dict(hits)}: {len(topic)} messages in {len(lines)} files, nothing lost, nothing doubled")


if __name__ == "__main__":
    if kafka_server.jars() is None:
        print("the Kafka server isn't there: run scripts/setup.sh")
        sys.exit(SKIPPED)
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        globals()["run_" + sys.argv[1]](pathlib.Path(where))
