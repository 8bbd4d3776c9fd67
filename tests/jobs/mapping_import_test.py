#!/usr/bin/env python3
"""People of another system, taken over by `weir import mapping`: their ids keep together and keep their universal_id until
new edges join them, from day to day and in a rebuild."""
import collections
import datetime
import json
import pathlib
import random
import sys
import tempfile

from fingerprints import last_words
from ingest_test import SEED, call, make_world, new_project, rows

REGION = "amer"


def old_people(project):
    """universal_id -> ids: of ids that calls will show, and of ids that nobody sees again."""
    seen = [(row["party"], row["id"]) for row in rows(project, f"""SELECT DISTINCT i.party AS party, i.id AS id FROM (
        SELECT unnest(ids) AS i FROM reservoir.enriched_mapper WHERE region = '{REGION}') ORDER BY ALL""")]
    random.shuffle(seen)
    people, name = {}, lambda: f"{random.getrandbits(128):032x}"
    fresh = lambda: (random.choice(["af", "an", "st", "tt"]), f"old-{random.getrandbits(64):016x}")
    for number in range(60):
        ids = {fresh() for _ in range(random.randrange(2, 6))}
        people[name()] = ids | ({seen.pop()} if number % 3 == 0 else set())
    people[name()] = {("st", f"many-{number:08}") for number in range(30)}  # more than max_neighbours of one party
    people[name()] = {("af", "all-alone-by-itself")}
    return people


def write_old(project, people, region=REGION):
    folder = project / "old" / region
    folder.mkdir(parents=True, exist_ok=True)
    lines = [{"universal_id": person, "party": party, "user_id": name} for person, ids in people.items() for party, name in ids]
    random.shuffle(lines)
    (project / "old.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows(project, f"COPY (SELECT universal_id, party, user_id FROM 'old.ndjson') TO 'old/{region}/part-00000.parquet'; SELECT 1 AS done")


def mapping_of(project):
    return {(row["party"], row["user_id"]): row["universal_id"]
            for row in rows(project, f"SELECT party, user_id, universal_id FROM metastore.mapping_{REGION}")}


def check_kept(project, people, day):
    """What the old people must be after a day: untouched ones as they were, joined ones still together."""
    person_of = mapping_of(project)
    calls = [{(entry["party"], entry["id"]) for entry in row["ids"]} for row in rows(
        project, f"SELECT ids FROM reservoir.enriched_mapper WHERE region = '{REGION}' AND dt <= '{day}'")]
    called = set().union(*calls)
    ids_of = collections.defaultdict(set)
    for name, person in person_of.items():
        ids_of[person].add(name)
    kept = joined = 0
    for person, ids in people.items():
        if len(ids) == 1:
            assert not ids & person_of.keys()
        elif not ids & called:
            assert ids_of[person] == ids, (person, ids, ids_of[person])
            kept += 1
        else:
            now = {person_of[name] for name in ids}
            assert len(now) == 1 and now <= people.keys() and ids <= ids_of[now.pop()], (person, ids, now)
            joined += 1
    return kept, joined


def prints(project):
    tables = [f"metastore.{table}_{REGION}" for table in ("identity_evidence", "identity_edges", "mapping", "identity_violations")]
    return dict(zip(tables, last_words(call("table", "fingerprint", *tables, folder=project).stdout), strict=True))


def check_refusals(project, people, before):
    first = next(iter(people))
    wrong = (({**people, "F" * 32: {("af", "x"), ("st", "y")}}, "isn't 32 lower-case hex digits"),
             ({**people, "0" * 32: {("af", ""), ("st", "y")}}, "has no party or no user_id"),
             ({**people, "0" * 32: {next(iter(people[first])), ("st", "y")}}, "is another person's, too"))
    for given, message in wrong:
        write_old(project, given)
        done = call("import", "mapping", "old", "--on", before, folder=project, check=False)
        assert done.returncode == 1 and message in done.stderr, done.stderr
    done = call("import", "mapping", "world", "--on", before, folder=project, check=False)
    assert done.returncode == 1 and "amer, emeaApac" in done.stderr, done.stderr
    check_files(project, before)
    done = call("import", "mapping", "old", "--on", "yesterday", folder=project, check=False)
    assert done.returncode == 2, done.stderr


def check_files(project, before):
    """What isn't a file of people is named, with the columns that are needed."""
    folder = project / "bad" / REGION
    folder.mkdir(parents=True)
    needed = "columns universal_id, party and user_id"
    refused = lambda: call("import", "mapping", "bad", "--on", before, folder=project, check=False)
    done = refused()
    assert done.returncode == 1 and f"bad/{REGION} has no Parquet file; {needed}" in done.stderr, done.stderr
    good = (project / f"old/{REGION}/part-00000.parquet").read_bytes()
    (folder / "part-00000.parquet").write_bytes(good)
    for name, content in (("text", b"universal_id,party,user_id"), ("half", good[:len(good) // 2]), ("empty", b"")):
        path = folder / f"part-{name}.parquet"
        path.write_bytes(content)
        done = refused()
        assert done.returncode == 1 and f"bad/{REGION}/part-{name}.parquet can't be read as Parquet with {needed}: " in done.stderr, done.stderr
        path.unlink()
    rows(project, f"COPY (SELECT 'a' AS universal_id, 'af' AS partei, 'b' AS id) TO 'bad/{REGION}/part-other.parquet'; SELECT 1 AS done")
    done = refused()
    assert done.returncode == 1 and (f"bad/{REGION}/part-other.parquet has no column party, user_id; {needed} are needed, and it has "
                                     "universal_id, partei, id") in done.stderr, done.stderr


def check_days_and_folders(project, first_day, before):
    """No day that is run, and no folder that no region takes."""
    done = call("import", "mapping", "old", "--on", first_day, folder=project, check=False)
    assert done.returncode == 1 and f"--on is {first_day}; a day before {first_day} is allowed" in done.stderr, done.stderr
    for name in ("Amer", "emeaapac"):
        (project / "old" / name).mkdir()
        done = call("import", "mapping", "old", "--on", before, folder=project, check=False)
        assert done.returncode == 1 and f"has the folder '{name}', which is no region; allowed: amer, emeaApac" in done.stderr, done.stderr
        (project / "old" / name).rmdir()


JUNK = [("af", "0"), ("an", "null"), ("tt", "00000000-0000-0000-0000-000000000000")]


def main(folder):
    random.seed(SEED)
    make_world(folder / "world", SEED, "--people", "200", "--days", "2", "--rate.mapped", "0.5", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    call("run", "enricher", folder=project)
    days = sorted(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM reservoir.enriched_mapper"))
    before = "2025-12-31"
    people = old_people(project)
    check_refusals(project, people, before)
    check_days_and_folders(project, days[0], before)
    names = list(people)
    mixed = {one: people[one] | people[other] for one, other in zip(names[:40:2], names[1:40:2])}
    write_old(project, mixed)  # a first import that is corrected by one of another day
    told = json.loads(call("import", "mapping", "old", "--json", folder=project).stdout)["partitions"][0]["day"]
    assert told == str(datetime.date.fromisoformat(days[0]) - datetime.timedelta(days=1)), told
    call("import", "mapping", "old", "--on", "2025-12-20", folder=project)
    erased = ("af", "old-and-erased-before")
    call("identity", "forget", ":".join(erased), folder=project)
    first = next(iter(people))
    given = {person: ids | set(JUNK) if len(ids) > 1 else ids for person, ids in people.items()}  # in the place of links
    write_old(project, {**given, first: given[first] | {erased}})
    report = json.loads(call("import", "mapping", "old", "--on", before, "--json", folder=project).stdout)["partitions"][0]
    ids = sum(len(ids) for ids in people.values())
    assert report == {"partition": REGION, "day": before, "people": 61, "ids": ids - 1, "alone": 1, "erased": 1,
                      "junk": len(JUNK)}, report
    for day in days:
        call("run", "user_ids_mapper", "--on", day, "--partition", f"region={REGION}", folder=project)
        kept, joined = check_kept(project, people, day)
    assert kept > 20 and joined > 3, (kept, joined)
    found = prints(project)
    call("backfill", "user_ids_mapper", "--from", days[0], "--to", days[-1], "--partition", f"region={REGION}", folder=project)
    assert prints(project) == found, "a rebuild gives other tables"
    done = call("import", "mapping", "old", "--on", before, folder=project, check=False)
    assert done.returncode == 1 and "is there" in done.stderr, done.stderr
    gone = min(people[first])
    call("identity", "forget", ":".join(gone), folder=project)
    for table in ("identity_imported", "identity_evidence", "mapping", "identity_edges"):
        text = call("sql", f"SELECT * FROM metastore.{table}_{REGION}", "--format", "json", folder=project).stdout
        assert f'"{gone[1]}"' not in text and f'"{erased[1]}"' not in text, table
    print(f"{kept} old people as they were, {joined} joined to others")


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-import-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
