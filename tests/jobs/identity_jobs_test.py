#!/usr/bin/env python3
"""What is made of the mapping, of a generated world: mapping_rates against sets in Python and an own XXH64, the tables of
map_uploader against HMAC of Python's library. In environment `production`, with a salt of its own and without a
database: nothing is published, and nothing is wrong."""
import hashlib
import hmac
import itertools
import json
import math
import os
import pathlib
import sys
import tempfile

SALT = "a salt that only this test knows"
os.environ["WEIR_ADTECH_SALT"] = SALT

from ingest_test import SEED, call, make_world, new_project  # noqa: E402
from xxh64 import xxh64  # noqa: E402

REGIONS = ("amer", "emeaApac")
PARTIES = ("af", "an", "st", "tt")


def production(folder, *words):
    return call("--env", "production", *words, folder=folder).stdout


def rows(folder, sql):
    return json.loads(production(folder, "sql", sql, "--format", "json"))


def wilson(successes, number):
    if number == 0:
        return None, None
    z, p = 1.96, successes / number
    centre = p + z * z / (2 * number)
    half = z * math.sqrt(p * (1 - p) / number + z * z / (4 * number * number))
    return (centre - half) / (1 + z * z / number), (centre + half) / (1 + z * z / number)


def check_wilson():
    """The values are the specification's."""
    for successes, number, low, high in ((8, 10, 0.490157, 0.943319), (12, 1000, 0.006878, 0.020857)):
        found = wilson(successes, number)
        assert abs(found[0] - low) < 1e-6 and abs(found[1] - high) < 1e-6, found


def mapping_of(project, region, version=""):
    return {(row["party"], row["user_id"]): row["universal_id"]
            for row in rows(project, f"SELECT party, user_id, universal_id FROM metastore.mapping_{region}{version}")}


def versions_by_day(project, region):
    """Which version of the mapping the run for each day made."""
    runs = json.loads(production(project, "runs", "user_ids_mapper", "--json"))["runs"]
    return {run["start"][:10]: "@v" + str(output["version"]) for run in runs if run["partition"] == region
            for output in run["outputs"] if output["table"] == f"metastore.mapping_{region}" and output["version"] >= 0}


def wanted_rates(users, person_of):
    """(party_a, party_b) -> users, mapped, sample_users, sample_mapped."""
    parties_of = {}
    for (party, _), person in person_of.items():
        parties_of.setdefault(person, set()).add(party)
    parties = {party for party, _ in users} | {party for party, _ in person_of}
    wanted = {}
    for one, other in itertools.permutations(sorted(parties), 2):
        ids = {name for party, name in users if party == one}
        known = {name for name in ids if other in parties_of.get(person_of.get((one, name)), ())}
        sample = {name for name in ids if xxh64(name.encode(), 1) < 0.05 * 2**64}
        if ids:
            wanted[one, other] = (len(ids), len(known), len(sample), len(sample & known))
    return wanted


def same(one, other):
    return one is other is None or (one is not None and other is not None and abs(float(one) - other) < 1e-12)


def check_rates(project, region):
    versions = versions_by_day(project, region)
    days = [row["dt"] for row in rows(project, f"SELECT DISTINCT dt FROM metastore.events WHERE region = '{region}' ORDER BY dt")]
    assert days
    sampled = mapped = 0
    for day in days:
        users = {(row["party"], row["user_id"]) for row in rows(
            project, f"SELECT DISTINCT party, user_id FROM metastore.events WHERE region = '{region}' AND dt = '{day}'")}
        wanted = wanted_rates(users, mapping_of(project, region, versions[day]))
        found = {(row["party_a"], row["party_b"]): row for row in rows(
            project, f"SELECT * FROM metastore.mapping_rates WHERE region = '{region}' AND ds = '{day}'")}
        assert found.keys() == wanted.keys(), (day, found.keys(), wanted.keys())
        for pair, (users_, known, sample, sample_known) in wanted.items():
            row = found[pair]
            counts = tuple(int(row[name]) for name in ("users", "mapped", "sample_users", "sample_mapped"))
            assert counts == (users_, known, sample, sample_known), (day, pair, counts, wanted[pair])
            low, high = wilson(sample_known, sample)
            assert same(row["rate"], known / users_) and same(row["sample_rate"], sample_known / sample if sample else None), row
            assert same(row["lower"], None if low is None else max(low, 0)), row
            assert same(row["upper"], None if high is None else min(high, 1)), row
            sampled += sample
            mapped += known
    return sampled, mapped


def key(party, name):
    return hmac.new(SALT.encode(), f"{party}:{name}".encode(), hashlib.sha256).hexdigest()[:32]


def check_uploaded(project, region, person_of):
    wanted = {(party, key("person", person), key(party, name)) for (party, name), person in person_of.items()}
    found = rows(project, f"SELECT * FROM metastore.mapping_anonymous_{region}")
    assert len(found) == len(wanted)
    assert {(row["party"], row["person_key"], row["user_key"]) for row in found} == wanted
    by_party = rows(project, " UNION ALL ".join(
        f"SELECT '{party}' AS party, * FROM computing.map_{party}_{region}" for party in PARTIES))
    assert sorted(json.dumps(row, sort_keys=True) for row in by_party) == sorted(json.dumps(row, sort_keys=True) for row in found)
    seen = rows(project, f"""SELECT count(*) AS n FROM metastore.mapping_{region} AS m ANTI JOIN metastore.mapping_anonymous_{region} AS k
                             ON k.party = m.party AND k.first_seen = m.first_seen AND k.last_seen = m.last_seen AND k.calls = m.calls""")
    assert int(seen[0]["n"]) == 0


def check_no_ids(project, person_of):
    """Neither ids nor universal ids stand in the files of tables for reporting."""
    secret = [text.encode() for (_, name), person in person_of.items() for text in (name, person)]
    warehouse = project / "warehouse-production"
    folders = [*(warehouse / "computing").iterdir(), *(warehouse / "metastore").glob("mapping_anonymous_*"),
               warehouse / "metastore/mapping_rates"]
    for folder in folders:
        for file in folder.rglob("*.json"):  # statistics stand there, too
            text = file.read_bytes()
            assert not any(word in text for word in secret), file
    columns = {row["column_name"] for table in ("computing.map_af_amer", "metastore.mapping_anonymous_amer")
               for row in rows(project, f"DESCRIBE SELECT * FROM {table}")}
    assert columns == {"party", "person_key", "user_key", "key_epoch", "first_seen", "last_seen", "calls"}, columns


def main(folder):
    check_wilson()
    make_world(folder / "world", SEED, "--people", "1500", "--days", "2", "--rate.mapped", "0.5", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    production(project, "run", "+map_uploader", "+mapping_rates")
    sampled = mapped = 0
    for region in REGIONS:
        person_of = mapping_of(project, region)
        found = check_rates(project, region)
        sampled, mapped = sampled + found[0], mapped + found[1]
        check_uploaded(project, region, person_of)
        check_no_ids(project, person_of)
    assert sampled > 50 and mapped > 50, (sampled, mapped)
    sent = production(project, "runs", "map_uploader", "--json")
    assert "nothing, there is no connection 'reporting'" in sent, sent
    again = json.loads(production(project, "plan", "+map_uploader", "+mapping_rates", "--json"))
    assert not again["runs"], again["runs"]
    print(f"rates and keys are as they should be: {sampled} ids sampled, {mapped} mapped")


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-identity-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
