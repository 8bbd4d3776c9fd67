"""What Kafka costs. First the lines of one topic into a Delta table, beside a plain consumer of librdkafka that reads
them and throws them away. Then the path Kafka → enricher → Kafka → reservoir_loader → Delta of a generated world, beside
the enricher over files with the same lines. The broker runs on the same machine. See README.md.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/jobs")]
import kafka_server
from kafka_world import TOPICS, WEIR, World, new_project

PARTITIONS = 4
LINES_JOB = """job: lines
kind: stream
batch: 256 MB
steps:
  - {connector: topic, out: read, with: {path: "kafka://events/lines"}}
  - {sql: rows.sql}
writes:
  - {table: raw.lines, from: rows, mode: append, partition_by: [ds]}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000, help="of the world")
    parser.add_argument("--days", type=int, default=3, help="of the world")
    parser.add_argument("--lines", type=int, default=2_000_000, help="at least, of the topic that is read alone")
    parser.add_argument("-n", "--runs", type=int, default=3, help="runs of each; the medians are printed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-kafka-") as name, kafka_server.KafkaServer() as server:
        folder = pathlib.Path(name)
        world = World(folder / "world", 1, PARTITIONS, "--people", str(options.people), "--days", str(options.days))
        print(f"{'work':<44} {'lines':>10} {'s':>8} {'lines/s':>10} {'ratio':>6}")
        consumer_and_table(folder, server, world, options)
        hops(folder, server, world, options.runs)


def report(work, lines, seconds, ratio=None):
    print(f"{work:<44} {lines:10,} {seconds:8.2f} {lines / seconds:10,.0f} {'' if ratio is None else f'{ratio:6.2f}':>6}",
          flush=True)


def timed(*words):
    """Of a whole process of weir."""
    start = time.perf_counter()
    done = subprocess.run([WEIR, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{words}: {done.stderr}")
    return time.perf_counter() - start


def count(project, sql):
    done = subprocess.run([WEIR, "-C", str(project), "sql", "--format", "json", f"SELECT ({sql})::BIGINT AS found"],
                          check=True, capture_output=True, text=True)
    return int(json.loads(done.stdout)[0]["found"])


def consumer_and_table(folder, server, world, options):
    server.make_topic("lines", PARTITIONS)
    lines = [line for topic in TOPICS for _, line in world.lines[topic]]
    lines *= -(-options.lines // len(lines))
    server.produce("lines", [(number % PARTITIONS, line) for number, line in enumerate(lines)])
    consumer, table = [], []
    for _ in range(options.runs):
        done = subprocess.run([os.environ["CONSUMER_BENCH"], server.brokers, "lines"], check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        assert found["messages"] == len(lines), found
        consumer.append(found["seconds"])
        project = folder / "lines"
        shutil.rmtree(project, ignore_errors=True)
        (project / "jobs/raw/lines").mkdir(parents=True)
        (project / "weir.yaml").write_text(
            f"name: lines\nconnections:\n  events: {{kind: kafka, brokers: \"{server.brokers}\", group: bench}}\n")
        (project / "jobs/raw/lines/job.yaml").write_text(LINES_JOB)
        (project / "jobs/raw/lines/rows.sql").write_text("SELECT source_partition, source_offset, line, {ds} AS ds FROM read\n")
        table.append(timed("-C", project, "run", "lines"))
        assert count(project, "SELECT count(*) FROM raw.lines") == len(lines)
    plain, made = statistics.median(consumer), statistics.median(table)
    report("plain consumer of librdkafka", len(lines), plain)
    report("weir: Kafka to a Delta table", len(lines), made, plain / made)


def hops(folder, server, world, runs):
    lines = sum(len(world.lines[topic]) for topic in TOPICS)
    world.make_topics(server)
    for topic in TOPICS:
        world.produce(server, topic)
    took = {"files": [], "enricher": [], "loader": []}
    for number in range(runs):
        files = folder / f"files{number}"
        new_project(files, "  none: {kind: kafka, brokers: \"127.0.0.1:1\"}\n",
                    {"ingested": str(world.folder / "raw")}, 256 << 20)
        took["files"].append(timed("-C", files, "run", "enricher"))
        for party in TOPICS.values():
            server.make_topic(f"{number}-enriched-v2-{party}", PARTITIONS)
        server.make_topic(f"{number}-positions", 1, cleanup_policy="compact")
        project = folder / f"kafka{number}"
        new_project(project, f"  events: {{kind: kafka, brokers: \"{server.brokers}\"}}\n"
                             f"  enriched: {{kind: kafka, brokers: \"{server.brokers}\"}}\n",
                    {"ingested": "kafka://events", "enriched": "kafka://enriched"}, 256 << 20, through_kafka=True)
        name_topics(project, number)
        took["enricher"].append(timed("-C", project, "run", "enricher"))
        took["loader"].append(timed("-C", project, "run", "reservoir_loader"))
        good = "SELECT count(*) FROM reservoir.enriched_st"
        assert count(project, good) == count(files, good)
    files, enricher, loader = (statistics.median(took[name]) for name in ("files", "enricher", "loader"))
    report("enricher: files to the reservoir", lines, files)
    report("enricher: Kafka to Kafka", lines, enricher, files / enricher)
    report("reservoir_loader: Kafka to the reservoir", lines, loader, files / loader)
    report("Kafka to Kafka to the reservoir", lines, enricher + loader, files / (enricher + loader))
    print("ratio = the seconds of its group's first line / its own; weir's are whole processes")


def name_topics(project, number):
    """Topics of each run's own."""
    for job in (project / "jobs/ingestion").glob("*/job.yaml"):
        text = job.read_text().replace("enriched-v2-positions", f"{number}-positions")
        text = text.replace("enriched-v2-", f"{number}-enriched-v2-").replace("weir-enricher", f"weir-enricher-{number}")
        job.write_text(text)


if __name__ == "__main__":
    main()
