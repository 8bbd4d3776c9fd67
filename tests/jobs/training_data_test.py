#!/usr/bin/env python3
"""The job lookalike_training_data on a generated world, whole tables beside what Python makes of events, mapping and
definitions by the specification; and the same fingerprints for any number of threads."""
import collections
import datetime
import hashlib
import json
import pathlib
import re
import sys
import tempfile

from fingerprints import last_words
from ingest_test import SEED, call, make_world, new_project, rows
from xxh64 import xxh64

JOB = "lookalike_training_data"
REGIONS = ("amer", "emeaApac")
DSPS = {"xandr": "an", "files": "st"}
MIN_TOKENS, MIN_POSITIVES, NEGATIVES_PER_POSITIVE, FOLDS = 3, 5, 2, 3
FIRE_WINDOW = 30 * 60 * 10**6
DAY = 24 * 3600 * 10**6
DOMAIN_OF = {}  # by what the platform names, in lower case
TABLES = ("user_histories", "history_counts", "positives", "masks", "training_data", "training_sizes")


def change_platform(folder):
    """Segments with other events and look-backs, two DSPs, one of several inactive, none active."""
    path = folder / "platform/segments.json"
    segments = json.loads(path.read_text())
    alike = [each for each in segments if each["type"] == "lookalike"]
    alike[5]["pixel_ids"] = alike[5]["pixel_ids"] + alike[6]["pixel_ids"]
    for number, each in enumerate(alike):
        DOMAIN_OF.update({domain: domain for domain in each["definition"]["domains"]})
        if number % 4:
            each["definition"]["domains"] = []
        each["definition"]["event"] = ("any", "conversion", "page_view")[number % 3]
        each["definition"]["lookback_days"] = (1, 2, 3, 30)[number % 4]
        each["active"] = number != 4
        if number in (0, 1, 2, 5):
            other = {**each, "dsp": "files", "dsp_segment_id": each["dsp_segment_id"] + 5, "active": number != 1}
            segments.append(other)
    alike[2]["active"] = False
    alike[3]["dsp"] = "files"
    path.write_text(json.dumps(segments, indent=1))
    name_hosts(folder / "platform/advertisers.json")


def name_hosts(path):
    """The platform names hosts of the advertisers' sites, in any letters, where events have registrable domains in ASCII."""
    advertisers = json.loads(path.read_text())
    for number, each in enumerate(advertisers):
        domains = each["domains"]
        each["domains"] = [(f"www.{domain}", f"Shop.EU.{domain}", domain)[number % 3] for domain in domains]
        DOMAIN_OF.update(zip((name.lower() for name in each["domains"]), domains))
    name = "shop.münchen.example"
    advertisers[0]["domains"].append(name)
    DOMAIN_OF[name] = "münchen.example".encode("idna").decode()
    path.write_text(json.dumps(advertisers, indent=1))


def prepared(folder):
    make_world(folder / "world", SEED, "--people", "900", "--days", "4", "--rate.mapped", "0.7", "--rate.late", "0")
    change_platform(folder / "world")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    settings = project / "weir.yaml"
    text = settings.read_text().replace("files: an}", "files: st}")
    for name, value in (("min_positives", MIN_POSITIVES), ("negatives_per_positive", f'"{NEGATIVES_PER_POSITIVE}"')):
        text = re.sub(rf"(?m)^  {name}: \S+", f"  {name}: {value}", text)
    settings.write_text(text)
    call("run", f"+{JOB}", folder=project)
    return project


class Day:
    """What is read for one region and day."""

    def __init__(self, project, region, day, versions):
        self.end = int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp()) * 10**6 + DAY
        self.mapping = {(row["party"], row["user_id"]): row["universal_id"] for row in rows(
            project, f"SELECT party, user_id, universal_id FROM metastore.mapping_{region}{versions[day]}")}
        self.definitions = rows(project, f"""
            SELECT segment_id, dsp, active, advertiser_domains, CAST(pixels AS JSON)::VARCHAR AS pixels
            FROM metastore.lookalike_definitions WHERE region = '{region}' AND ds = '{day}'""")
        for row in self.definitions:
            row.update(segment_id=int(row["segment_id"]), active=int(row["active"]), pixels=json.loads(row["pixels"]))
        self.events = rows(project, f"""
            SELECT party, user_id, event, epoch_us(ts) AS ts, domain, pixel_id, to_json(words)::VARCHAR AS words
            FROM metastore.events WHERE region = '{region}' AND dt <= '{day}'""")
        for row in self.events:
            row.update(ts=int(row["ts"]), words=json.loads(row["words"] or "[]"), person=self.person(row),
                       pixel_id=None if row["pixel_id"] is None else int(row["pixel_id"]))

    def person(self, event):
        """A user id without mapping is a person of its own."""
        own = hashlib.md5(f"{event['party']}:{event['user_id']}".encode()).hexdigest()
        return self.mapping.get((event["party"], event["user_id"]), own)


class Reference:
    def __init__(self, day):
        self.day = day
        self.segments = sorted({row["segment_id"] for row in day.definitions})
        self.fires = self.find_fires()
        self.masks = {segment: self.mask_of(segment) for segment in self.segments}
        self.seen = collections.defaultdict(list)
        for event in day.events:
            self.seen[event["person"]].append(event)
        self.tokens = {person: self.tokens_of(person) for person in self.seen}
        self.histories = {person: tokens for person, tokens in self.tokens.items() if MIN_TOKENS <= len(tokens) <= 5000}

    def rows_of(self, segment):
        return [row for row in self.day.definitions if row["segment_id"] == segment]

    def pixels_of(self, segment):
        return [pixel for row in self.rows_of(segment) for pixel in row["pixels"]]

    def find_fires(self):
        pixels = {pixel["pixel_id"] for segment in self.segments for pixel in self.pixels_of(segment)}
        return [event for event in self.day.events if event["party"] == "af" and event["pixel_id"] in pixels]

    def mask_of(self, segment):
        """Domains of its advertiser and its pixels."""
        pixels = {pixel["pixel_id"] for pixel in self.pixels_of(segment)}
        domains = {DOMAIN_OF[host] for row in self.rows_of(segment) for host in row["advertiser_domains"].split(",")}
        return {f"d:{domain}" for domain in domains | {fire["domain"] for fire in self.fires if fire["pixel_id"] in pixels}}

    def tokens_of(self, person):
        """token → days. Nothing around the person's fires; of domains with pixels the domain alone."""
        fires = [fire["ts"] for fire in self.fires if fire["person"] == person]
        with_pixels = set().union(*self.masks.values())
        days = collections.defaultdict(set)
        for event in self.seen[person]:
            if any(abs(event["ts"] - fire) <= FIRE_WINDOW for fire in fires):
                continue
            domain = f"d:{event['domain']}"
            for token in [domain] + ([] if domain in with_pixels else [f"w:{word}" for word in event["words"]]):
                days[token].add(event["ts"] // DAY)
        return {token: len(found) for token, found in days.items()}

    def is_active(self, segment):
        return any(row["active"] for row in self.rows_of(segment))

    def eligible(self, segment):
        """Who has a history, and an id of a DSP that it goes to."""
        wanted = {DSPS[row["dsp"]] for row in self.rows_of(segment) if row["active"] or not self.is_active(segment)}
        known = {person for (party, _), person in self.day.mapping.items() if party in wanted}
        return known & self.histories.keys()

    def positives(self, segment):
        found = {fire["person"] for fire in self.fires for pixel in self.pixels_of(segment)
                 if fire["pixel_id"] == pixel["pixel_id"] and pixel["event"] in ("any", fire["event"])
                 and self.day.end - pixel["lookback_days"] * DAY <= fire["ts"] < self.day.end}
        return found & self.eligible(segment)

    def training(self, segment):
        """person → (label, fold)."""
        positives = self.positives(segment)
        if not self.is_active(segment) or len(positives) < MIN_POSITIVES:
            return {}
        others = sorted(self.eligible(segment) - positives, key=lambda person: xxh64(f"{segment}:{person}".encode(), 1))
        others = others[:NEGATIVES_PER_POSITIVE * len(positives)]
        return {person: (int(person in positives), xxh64(person.encode(), 2) % FOLDS) for person in [*positives, *others]}

    def sizes(self, segment):
        positives = len(self.positives(segment))
        tokens = {token for history in self.histories.values() for token in history}
        reason = None
        if not self.is_active(segment):
            reason = "not active"
        elif positives < MIN_POSITIVES:
            reason = f"{positives} positives; at least {MIN_POSITIVES} are needed"
        negatives = sum(1 for label, _ in self.training(segment).values() if label == 0)
        return positives, negatives, len(self.eligible(segment)), len(tokens - self.masks[segment]), reason


def by_segment(found, *names):
    return sorted((int(row["segment_id"]), *(row[name] for name in names)) for row in found)


def check(project, region, day, versions):
    """All tables of a day; what there was, to see that it wasn't nothing."""
    wanted = Reference(Day(project, region, day, versions))
    read = lambda table: rows(project, f"SELECT * FROM metastore.lookalikes_{table} WHERE region = '{region}' AND ds = '{day}'")
    histories = {row["universal_id"]: row for row in read("user_histories")}
    assert histories.keys() == wanted.histories.keys()
    for person, row in histories.items():
        tokens = [(each["token"], int(each["days"])) for each in row["tokens"]]
        assert tokens == sorted(wanted.histories[person].items(), key=lambda each: each[0].encode()), person
        seen = wanted.seen[person]
        assert (int(row["events"]), int(row["parties"])) == (len(seen), len({event["party"] for event in seen})), person
    few = sum(1 for tokens in wanted.tokens.values() if len(tokens) < MIN_TOKENS)
    counts = [int(read("history_counts")[0][name]) for name in ("people", "kept", "too_few_tokens", "too_many_tokens", "tokens")]
    all_tokens = {token for tokens in wanted.histories.values() for token in tokens}
    assert counts == [len(wanted.seen), len(wanted.histories), few, len(wanted.seen) - len(wanted.histories) - few, len(all_tokens)]
    assert by_segment(read("masks"), "token") == sorted((s, token) for s in wanted.segments for token in wanted.masks[s])
    assert by_segment(read("positives"), "universal_id") == sorted((s, p) for s in wanted.segments for p in wanted.positives(s))
    training = {(int(row["segment_id"]), row["universal_id"]): (int(row["label"]), int(row["fold"])) for row in read("training_data")}
    assert training == {(s, person): row for s in wanted.segments for person, row in wanted.training(s).items()}
    sizes = {int(row["segment_id"]): (*(int(row[name]) for name in ("positives", "negatives", "eligible", "tokens")), row["reason"])
             for row in read("training_sizes")}
    assert sizes == {segment: wanted.sizes(segment) for segment in wanted.segments}
    drawn = [segment for segment in wanted.segments
             if 0 < sizes[segment][1] < sizes[segment][2] - sizes[segment][0]]
    return {"histories": len(histories), "left out": few, "training rows": len(training), "segments drawn for": len(drawn),
            "skipped": sum(1 for size in sizes.values() if size[4]), "fires": len(wanted.fires)}


def fingerprints(project):
    return last_words(call("table", "fingerprint", *[f"metastore.lookalikes_{table}" for table in TABLES], folder=project).stdout)


def main(folder):
    project = prepared(folder)
    days = sorted(row["ds"] for row in rows(project, "SELECT DISTINCT ds FROM metastore.lookalikes_training_sizes"))
    assert len(days) >= 4, days
    found = collections.Counter()
    for region in REGIONS:
        versions = versions_by_day(project, region)
        for day in days[-2:]:
            found.update(check(project, region, day, versions))
    for what in ("histories", "left out", "training rows", "segments drawn for", "skipped", "fires"):
        assert found[what] >= 2, found
    before = fingerprints(project)
    for threads in ("1", "2", "8"):
        call("backfill", JOB, "--from", days[-1], "--to", days[-1], "--threads", threads, folder=project)
        assert fingerprints(project) == before, f"{threads} threads: other rows"
    check_variables(project, days[-1])
    print(dict(found))


VARIABLES = (  # (as weir.yaml has it, what is put in its place, field, what is said)
    ("history_days: 30", "history_days: 63", "history_days", "history_days is '63'; a whole number from 1 to 62 is allowed"),
    ('negatives_per_positive: "2"', 'negatives_per_positive: "All"', "negatives_per_positive",
     "negatives_per_positive is 'All'; all, or a whole number from 1 to 1000000 is allowed"),
    ('negatives_per_positive: "2"', 'negatives_per_positive: "0"', "negatives_per_positive", "negatives_per_positive is '0'; all, or"),
    ("folds: 3", "folds: 1", "folds", "folds is '1'; a whole number from 2 to 100 is allowed"),
    ("folds: 3", "folds: 0", "folds", "folds is '0'; a whole number from 2 to 100 is allowed"),
    ("folds: 3", "folds: 2.5", "folds", "folds is '2.5'; a whole number"),
    ("min_positives: 5", "min_positives: many", "min_positives", "min_positives is 'many'; a whole number from 1 to"),
    ("xandr: an,", "xandr: xn,", "dsps.xandr", "'xn' is no party that the mapping knows; allowed are af, an, st, tt"))


def check_variables(project, day):
    """Each by itself, with nothing written."""
    settings, before = project / "weir.yaml", fingerprints(project)
    sound = settings.read_text()
    for was, now, field, text in VARIABLES:
        assert sound.count(was) == 1, was
        settings.write_text(sound.replace(was, now))
        done = call("backfill", JOB, "--from", day, "--to", day, "--partition", "region=amer", folder=project, check=False)
        told = "".join(line for line in (done.stdout + done.stderr).splitlines(True) if "its newest run:" not in line)
        assert done.returncode == 1 and f"weir.yaml: variables.{field}: {text}" in told, (now, told)
        assert told.count("variables.") in (1, 2), told  # as often as an error is told
    settings.write_text(sound)
    assert fingerprints(project) == before


def versions_by_day(project, region):
    """Which version of the mapping the run for each day made."""
    runs = json.loads(call("runs", "user_ids_mapper", "--json", folder=project).stdout)["runs"]
    return {run["start"][:10]: "@v" + str(output["version"]) for run in runs if run["partition"] == region
            for output in run["outputs"] if output["table"] == f"metastore.mapping_{region}" and output["version"] >= 0}


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-training-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
