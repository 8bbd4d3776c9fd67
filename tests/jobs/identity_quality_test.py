#!/usr/bin/env python3
"""How well mapping_{region} finds a generated world's people: precision and recall over pairs of ids, with and without guards.
The world is small, so all people are synced and noise is 3.5 times the default: then each kiosk is seen with well over
`max_neighbours` ids, as it needs to be to become a hub; one with fewer joins its visitors, guards or not. No events are late, so
that there are few days to map. Only ids of devices of one person count."""
import collections
import itertools
import json
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


def weir(folder, *words):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"weir {' '.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def rows(folder, sql):
    return [tuple(row.values()) for row in json.loads(weir(folder, "sql", sql, "--format", "json"))]


def make_project(folder):
    world = folder / "world"
    weir(None, "world", "generate", "--pack", "adtech", "--out", str(world), "--seed", str(SEED), "--people", "20000",
         "--days", "3", "--rate.mapped", "1", "--rate.late", "0", "--rate.noise", "0.0035")
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


def groups(person_of):
    ids = collections.defaultdict(list)
    for name, person in person_of.items():
        ids[person].append(name)
    return ids.values()


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
    weir(project, "run", "user_ids_mapper")
    return [{(party, name): person for party, name, person in
             rows(project, f"SELECT party, user_id, universal_id FROM metastore.mapping_{region}")} for region in REGIONS]


def quality(mappings, truth):
    found = set().union(*(pairs_within(mapping, truth.unshared) for mapping in mappings))
    right = sum(map(truth.same_person, found))
    return right / len(found), len(found & truth.joinable) / len(truth.joinable)


def check_that_unguarded_is_the_truth_edges(mappings, truth):
    """A call from an unknown place counts in the other region, so only both together have all pairs."""
    together = components((ids[0], name) for mapping in mappings for ids in groups(mapping) for name in ids)
    wanted = components((a, b) for a, b, _ in truth.edges)
    assert together == wanted, sorted(together.items() ^ wanted.items())[:5]


def main(folder):
    project = make_project(folder)
    unguarded_project = without_guards(project, folder / "unguarded")
    truth = Truth(project)
    guarded, unguarded = mapping_of(project), mapping_of(unguarded_project)
    found = {"guards on": quality(guarded, truth), "guards off": quality(unguarded, truth)}
    for name, (precision, recall) in found.items():
        print(f"{name}: precision {precision:.4f}, recall of what evidence can join {recall:.4f}")
    check_that_unguarded_is_the_truth_edges(unguarded, truth)
    assert found["guards on"][0] >= 0.99, found
    assert found["guards off"][0] < 0.95, found
    assert found["guards on"][1] >= 0.995, found


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-identity-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
