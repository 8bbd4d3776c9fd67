#!/usr/bin/env python3
"""How well mapping_{region} finds a generated world's people: precision and recall over pairs of ids, with and without guards.
The world is small, so all people are synced and noise is 3.5 times the default: then each kiosk is seen with well over
`max_neighbours` ids, as it needs to be to become a hub; one with fewer joins its visitors, guards or not. No events are late, so
that there are few days to map. Only ids of devices of one person count. With WEIR_TEST_LONG=1 the world is one of 200,000 people,
all else as a world is by default; pairs are counted then, not listed."""
import collections
import itertools
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

WEIR = os.environ["WEIR"]
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
REGIONS = ("amer", "emeaApac")
UNGUARDED = 1_000_000_000
LONG = os.environ.get("WEIR_TEST_LONG") == "1"
WORLD = ["--people", "200000"] if LONG else ["--people", "20000", "--days", "3", "--rate.mapped", "1", "--rate.late", "0", "--rate.noise", "0.0035"]


def weir(folder, *words):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=3600 if LONG else 300)
    if done.returncode != 0:
        raise AssertionError(f"weir {' '.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def rows(folder, sql):
    return [tuple(row.values()) for row in json.loads(weir(folder, "sql", sql, "--format", "json"))]


def make_project(folder):
    world = folder / "world"
    weir(None, "world", "generate", "--pack", "adtech", "--out", str(world), "--seed", str(SEED), *WORLD)
    for party in ("af", "st", "tt"):
        shutil.rmtree(world / f"raw/ingested-{party}")
        (world / f"raw/ingested-{party}").mkdir()
    project = folder / "guarded"
    weir(None, "new", str(project), "--pack", "adtech")
    os.symlink(world, project / "world")
    weir(project, "run", "enricher")
    return project


def without_guards(project, folder):
    shutil.copytree(project, folder, symlinks=True)
    job = folder / "jobs/cookie_mapping/user_ids_mapper/job.yaml"
    text, changed = re.subn(r"^(      max_(?:neighbours|component): )\d+", rf"\g<1>{UNGUARDED}", job.read_text(), flags=re.M)
    assert changed == 2, changed
    job.write_text(text)
    return folder


def components(pairs):
    """id -> the least id that the pairs join it with."""
    root = {}

    def find(name):
        while root.setdefault(name, name) != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for one, other in pairs:
        least, most = sorted((find(one), find(other)))
        root[most] = least
    return {name: find(name) for name in list(root)}


def by_key(names, key):
    found = collections.defaultdict(list)
    for name in names:
        found[key(name)].append(name)
    return found


def groups(person_of):
    return by_key(person_of, person_of.get).values()


def pairs_within(person_of, counted):
    return {pair for ids in groups(person_of) for pair in itertools.combinations(sorted(counted & set(ids)), 2)}


class Truth:
    def __init__(self, project):
        self.owners = collections.defaultdict(set)
        for party, name, person in rows(project, "SELECT party, user_id, person FROM 'world/truth/people.parquet'"):
            self.owners[party, name].add(person)
        self.edges = [((a, b), (c, d), noise) for a, b, c, d, noise in rows(
            project, "SELECT DISTINCT party_a, id_a, party_b, id_b, noise FROM 'world/truth/edges.parquet'")]
        self.unshared = {name for name, people in self.owners.items() if len(people) == 1}
        # What evidence could join: within a person, by pairs that are no noise.
        self.joinable = pairs_within(components((a, b) for a, b, noise in self.edges if not noise), self.unshared)
        self.joinable = {pair for pair in self.joinable if self.same_person(pair)}

    def same_person(self, pair):
        return self.owners[pair[0]] == self.owners[pair[1]]


def mapping_of(project):
    """By region: id -> (person, calls)."""
    weir(project, "run", "user_ids_mapper")
    return [{(party, name): (person, calls) for party, name, person, calls in
             rows(project, f"SELECT party, user_id, universal_id, calls FROM metastore.mapping_{region}")} for region in REGIONS]


def one_person_each(mappings):
    """id -> its person, in the region with more calls; the first region's of equal ones."""
    person_of, most = {}, {}
    for region, mapping in zip(REGIONS, mappings):
        for name, (person, calls) in mapping.items():
            if int(calls) > most.get(name, -1):
                person_of[name], most[name] = (region, person), int(calls)
    return person_of


def quality(mappings, truth):
    """What weir's report must say, pair by pair and id by id."""
    person_of = one_person_each(mappings)
    found = pairs_within(person_of, truth.unshared)
    right = sum(map(truth.same_person, found))
    joined = len(found & truth.joinable)
    group_of = components((a, b) for a, b, noise in truth.edges if not noise)
    ids = [name for name in truth.unshared if name in person_of or name in group_of]
    person = lambda name: person_of.get(name, name)
    owner = lambda name: tuple(truth.owners[name])
    group = lambda name: (group_of.get(name, name), owner(name))
    wholes = lambda key: {value: set(names) for value, names in by_key(ids, key).items()}
    people, owners, groups = wholes(person), wholes(owner), wholes(group)
    mean = lambda shares: math.fsum(shares) / len(ids)
    precision, recall = right / len(found), joined / len(truth.joinable)
    b_precision = mean(len(people[person(name)] & owners[owner(name)]) / len(people[person(name)]) for name in ids)
    b_recall = mean(len(people[person(name)] & groups[group(name)]) / len(groups[group(name)]) for name in ids)
    harmonic = lambda one, other: 2 * one * other / (one + other)
    return {"ids": len(ids), "found_pairs": len(found), "right_pairs": right, "joinable_pairs": len(truth.joinable),
            "joined_pairs": joined, "precision": precision, "recall": recall, "f1": harmonic(precision, recall),
            "bcubed_precision": b_precision, "bcubed_recall": b_recall, "bcubed_f1": harmonic(b_precision, b_recall)}


def quality_by_counts(mappings, truth):
    """quality() where people are too large for their pairs to be listed: by how many ids of a person are one owner's, and so on."""
    person_of = one_person_each(mappings)
    group_of = components((a, b) for a, b, noise in truth.edges if not noise)
    ids = [name for name in truth.unshared if name in person_of or name in group_of]
    person = lambda name: person_of.get(name, name)
    owner = lambda name: tuple(truth.owners[name])
    group = lambda name: (group_of.get(name, name), owner(name))
    count = lambda *keys: collections.Counter(tuple(key(name) for key in keys) for name in ids)
    pairs = lambda counts: sum(number * (number - 1) // 2 for number in counts.values())
    people, owners, groups = count(person), count(person, owner), count(group)
    joined = count(person, group)
    mean = lambda shares: math.fsum(shares) / len(ids)
    found, right, joinable, both = map(pairs, (people, owners, groups, joined))
    b_precision = mean(owners[person(name), owner(name)] / people[(person(name),)] for name in ids)
    b_recall = mean(joined[person(name), group(name)] / groups[(group(name),)] for name in ids)
    harmonic = lambda one, other: 2 * one * other / (one + other)
    precision, recall = right / found, both / joinable
    return {"ids": len(ids), "found_pairs": found, "right_pairs": right, "joinable_pairs": joinable, "joined_pairs": both,
            "precision": precision, "recall": recall, "f1": harmonic(precision, recall), "bcubed_precision": b_precision,
            "bcubed_recall": b_recall, "bcubed_f1": harmonic(b_precision, b_recall)}


def measured(mappings, truth):
    counted = quality_by_counts(mappings, truth)
    if not LONG:
        listed = quality(mappings, truth)
        assert listed.keys() == counted.keys() and all(math.isclose(listed[name], counted[name]) for name in listed), (listed, counted)
    return counted


def check_report(project, wanted):
    report = json.loads(weir(project, "identity", "quality", "--truth", "world/truth", "--json"))
    day = report.pop("ds")
    assert report.keys() == wanted.keys(), report.keys() ^ wanted.keys()
    for name, value in wanted.items():
        assert abs(report[name] - value) < 1e-9, (name, report[name], value)
    columns = "ds, " + ", ".join(wanted)
    stored = rows(project, f"SELECT {columns} FROM reporting.identity_quality")
    assert len(stored) == 1 and stored[0][0] == day, stored
    assert all(abs(float(found) - value) < 1e-9 for found, value in zip(stored[0][1:], wanted.values())), stored
    assert f"{wanted['bcubed_f1']:.4f}" in weir(project, "identity", "quality", "--truth", "world/truth")


def check_that_unguarded_is_the_truth_edges(mappings, truth):
    """A call from an unknown place counts in the other region, so only both together have all pairs."""
    together = components((ids[0], name) for mapping in mappings for ids in groups({name: person for name, (person, _) in mapping.items()}) for name in ids)
    wanted = components((a, b) for a, b, _ in truth.edges)
    assert together == wanted, sorted(together.items() ^ wanted.items())[:5]


def main(folder):
    project = make_project(folder)
    unguarded_project = without_guards(project, folder / "unguarded")
    truth = Truth(project)
    guarded, unguarded = mapping_of(project), mapping_of(unguarded_project)
    found = {"guards on": measured(guarded, truth), "guards off": measured(unguarded, truth)}
    for name, measures in found.items():
        print(f"{name}: " + ", ".join(f"{measure} {value:.4f}" for measure, value in measures.items()))
    check_report(project, found["guards on"])
    check_report(unguarded_project, found["guards off"])
    check_that_unguarded_is_the_truth_edges(unguarded, truth)
    assert found["guards on"]["precision"] >= 0.99, found
    assert found["guards off"]["precision"] < 0.95, found
    assert found["guards on"]["recall"] >= 0.995, found


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-identity-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
