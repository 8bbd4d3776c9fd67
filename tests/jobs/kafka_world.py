"""A generated world's raw lines as topics of Kafka, and what should become of each."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import zlib

import duckdb

WEIR = os.environ["WEIR"]
TOPICS = {"ingested-af": "af", "ingested-st": "st", "ingested-tt": "tt", "ingested-mapping": "mapper"}
OUTCOMES = ("good", "bad", "duplicate", "suppressed")


def call(*words, folder=None, failpoint=None, check=True, timeout=300):
    environment = {**os.environ, **({"WEIR_FAILPOINT": failpoint} if failpoint else {})}
    done = subprocess.run([WEIR, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"weir {' '.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def rows(folder, sql):
    return json.loads(call("sql", sql, "--format", "json", folder=folder).stdout)


class World:
    """Lines in the order of their files; those of one person lie in one partition, so that copies keep their order."""

    def __init__(self, folder, seed, partitions, *words):
        self.folder = pathlib.Path(folder)
        self.partitions = partitions
        call("world", "generate", "--pack", "adtech", "--out", str(folder), "--seed", str(seed), *words)
        truth = duckdb.sql(f"SELECT topic, file, line, outcome, reason FROM read_parquet('{folder}/truth/lines.parquet')")
        self.truth = {(topic, file, line): (outcome, reason) for topic, file, line, outcome, reason in truth.fetchall()}
        self.lines = {topic: list(self._lines(topic)) for topic in TOPICS}
        self.placed = {}  # (topic, partition, offset) → (topic, file, line)

    def _lines(self, topic):
        root = self.folder / "raw" / topic
        for path in sorted((one for one in root.rglob("*.ndjson")), key=lambda one: str(one.relative_to(root)).encode()):
            text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")  # of files alone
            parts = text.split(b"\n")
            for number, line in enumerate(parts[:-1] if parts[-1] == b"" else parts, 1):
                yield (topic, str(path.relative_to(root)), number), line

    def _partition(self, line):
        try:
            fields = json.loads(line)
            key = repr(fields["uid"] if "uid" in fields else min(one["id"] for one in fields["ids"])).encode(errors="replace")
        except (ValueError, KeyError, TypeError, AttributeError):
            key = line
        return zlib.crc32(key) % self.partitions

    def make_topics(self, server, **settings):
        for topic in TOPICS:
            server.make_topic(topic, self.partitions, **settings)

    def produce(self, server, topic, begin=0, end=None, transaction=None):
        """Lines [begin, end) of a topic, each to its partition, where its offset is noted."""
        chosen = self.lines[topic][begin:end]
        messages = [(self._partition(line), line) for _, line in chosen]
        offsets = iter([])
        by_partition = {number: iter([]) for number in range(self.partitions)}
        found = {number: [] for number in range(self.partitions)}
        for partition, offset in server.produce(topic, messages, transaction=transaction):
            found[partition].append(offset)
        by_partition = {number: iter(sorted(offsets)) for number, offsets in found.items()}
        for (place, _), (partition, _) in zip(chosen, messages):
            self.placed[(topic, partition, next(by_partition[partition]))] = place

    def expected(self, outcome):
        """Of the lines that were produced: (topic, partition, offset, reason), sorted."""
        return sorted((topic, str(partition), offset, self.truth[place][1] or "")
                      for (topic, partition, offset), place in self.placed.items() if self.truth[place][0] == outcome)

    def check(self, folder):
        """Every line that was produced became what the world meant it to be, once."""
        good = [(row["source"], row["source_partition"], int(row["source_offset"]), "") for row in rows(folder, " UNION ALL ".join(
            f"SELECT source, source_partition, source_offset FROM reservoir.enriched_{party}" for party in TOPICS.values()))]
        same(good, [(*one[:3], "") for one in self.expected("good")], "good")
        bad = [(row["source"], row["source_partition"], int(row["source_offset"]), row["reason"]) for row in rows(
            folder, "SELECT source, source_partition, source_offset, reason FROM metastore.bad_events")]
        same(bad, self.expected("bad"), "bad")
        self.check_ledger(folder)

    def check_ledger(self, folder):
        sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in ("lines_in", *OUTCOMES))
        found = {(row["source"], row["source_partition"]): [int(row[name]) for name in ("lines_in", *OUTCOMES)] for row in rows(
            folder, f"SELECT source, source_partition, {sums} FROM metastore.ingest_ledger WHERE job = 'enricher'"
            " GROUP BY ALL HAVING sum(lines_in) > 0")}
        wanted = {}
        for (topic, partition, _), place in self.placed.items():
            counts = wanted.setdefault((topic, str(partition)), [0] * 5)
            counts[0] += 1
            counts[1 + OUTCOMES.index(self.truth[place][0])] += 1
        assert found == wanted, f"the ledger differs from the truth: {found}, expected {wanted}"
        last = {}
        for row in rows(folder, "SELECT source, source_partition, first_offset, last_offset FROM metastore.ingest_ledger"
                                " WHERE lines_in > 0 ORDER BY source, source_partition, first_offset"):
            place = (row["source"], row["source_partition"])
            assert int(row["first_offset"]) > last.get(place, -1), f"{place}: offsets {row['first_offset']} … were read twice"
            last[place] = int(row["last_offset"])

    def check_ledger_of(self, folder, lines):
        """How many lines of the first topic came in."""
        found = rows(folder, "SELECT sum(lines_in)::BIGINT AS lines FROM metastore.ingest_ledger WHERE source = 'ingested-af'")
        assert int(found[0]["lines"]) == lines, f"{found}, expected {lines}"


def same(found, wanted, what):
    found, wanted = sorted(found), sorted(wanted)
    if found != wanted:
        extra = sorted(set(found) - set(wanted))[:5]
        missing = sorted(set(wanted) - set(found))[:5]
        raise AssertionError(f"{what} lines: {len(found)}, expected {len(wanted)}; too many: {extra}; missing: {missing}")


def content(folder, tables):
    """The rows of tables without where they were read, sorted."""
    found = {}
    for table in tables:
        listed = rows(folder, f"SELECT * FROM {table}")
        found[table] = sorted(json.dumps({name: value for name, value in row.items() if not name.startswith("source")},
                                         sort_keys=True) for row in listed)
    return found


def new_project(folder, connections, locations, batch, through_kafka=False):
    """The pack; `connections` are lines of weir.yaml, `locations` values by name. With `through_kafka` the enricher writes
    topics, and reservoir_loader the reservoir."""
    call("new", str(folder), "--pack", "adtech")
    settings = folder / "weir.yaml"
    text = settings.read_text()
    for name, value in locations.items():
        text = re.sub(rf"^( +){name}: \S+.*\n", "", text, flags=re.M)
        text = text.replace("    locations:\n", f"    locations:\n      {name}: {value}\n")
    text = text.replace("  dev:\n", "  dev:\n    send: true\n")
    settings.write_text(text + "\nconnections:\n" + connections)
    if through_kafka:
        shutil.copytree(folder / "variants/kafka/ingestion", folder / "jobs/ingestion", dirs_exist_ok=True)
    for job in (folder / "jobs/ingestion").glob("*/job.yaml"):
        text = re.sub(r"^batch: .*$", f"batch: {batch}B", job.read_text(), flags=re.M)
        # A world's days are long past, and what Kafka brings is of today: bad lines would go at once.
        job.write_text(text.replace("    keep: 14 days\n", ""))
