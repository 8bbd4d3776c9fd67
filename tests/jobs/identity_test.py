#!/usr/bin/env python3
"""The identity graph of a generated world, against a slow one in Python that reads reservoir.enriched_mapper alone: day by
day, against rebuilds, and with ids erased and days run again in between, also when that is killed.
`identity_test.py days | rebuild | erasures | kills POINT…`."""
import collections
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from fingerprints import last_words

WEIR = os.environ["WEIR"]
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
DAYS = 6
REGIONS = ("amer", "emeaApac")
# Small enough that hubs, cuts and expiries occur within days.
SETTINGS = {"max_neighbours": 4, "max_component": 9, "expiry_days": 2, "expiry": {"an": 1}}
TABLES = ("identity_evidence", "identity_edges", "mapping", "identity_changes", "identity_violations")


def weir(folder, *words):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"weir {' '.join(words)} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def rows(folder, sql):
    return json.loads(weir(folder, "sql", sql, "--format", "json"))


def new_project(folder, world, always_rebuilds=False):
    weir(None, "new", str(folder), "--pack", "adtech")
    os.symlink(world, folder / "world")
    job = folder / "jobs/cookie_mapping/user_ids_mapper/job.yaml"
    text = job.read_text()
    for name, value in SETTINGS.items():
        value = "{an: '%s'}" % value["an"] if name == "expiry" else value
        text, changed = re.subn(rf"^(      {name}: )[^#\n]*", rf"\g<1>{value}  ", text, flags=re.M)
        assert changed == 1, name
    if always_rebuilds:
        without = text.replace("state: edges_before, people: mapping_before, audit: violations_before, basis: basis_before,", "")
        assert without != text
        text = without
    job.write_text(text)


def calls_of(folder, region):
    """Each call: its day, its time in microseconds, its ids."""
    found = rows(folder, f"""SELECT dt, epoch_us(ts)::VARCHAR AS us, [m.party || ':' || m.id FOR m IN ids] AS ids
                             FROM reservoir.enriched_mapper WHERE region = '{region}'""")
    calls = []
    for row in found:
        names = row["ids"] if isinstance(row["ids"], list) else json.loads(row["ids"])
        calls.append((row["dt"], int(row["us"]), sorted({tuple(name.split(":", 1)) for name in names})))
    return calls


def evidence_of(calls):
    """(pair, day) -> [calls, first, last]."""
    evidence = {}
    for day, time, ids in calls:
        for i, one in enumerate(ids):
            for other in ids[i + 1:]:
                seen = evidence.setdefault(((one, other), day), [0, time, time])
                seen[0] += 1
                seen[1] = min(seen[1], time)
                seen[2] = max(seen[2], time)
    return evidence


def days_between(first, last):
    return (datetime.date.fromisoformat(last) - datetime.date.fromisoformat(first)).days


def live_pairs(evidence, today):
    """pair -> (calls, first, last) of what hasn't expired."""
    expiry = lambda party: SETTINGS["expiry"].get(party, SETTINGS["expiry_days"])
    by_pair = collections.defaultdict(list)
    for (pair, day), seen in evidence.items():
        if day <= today:
            by_pair[pair].append((day, seen))
    live = {}
    for pair, days in by_pair.items():
        most = min(expiry(party) for party, _ in pair)
        last_day = None
        for day, (calls, first, last) in sorted(days):
            if last_day is None or days_between(last_day, day) > most:
                live[pair] = (calls, first, last)
            else:
                live[pair] = (live[pair][0] + calls, live[pair][1], last)
            last_day = day
        if days_between(last_day, today) > most:
            del live[pair]
    return live


def reach(start, neighbours):
    reached, todo = {start}, [start]
    while todo:
        for other in neighbours[todo.pop()]:
            if other not in reached:
                reached.add(other)
                todo.append(other)
    return reached


def graph(pairs):
    neighbours = collections.defaultdict(set)
    for one, other in pairs:
        neighbours[one].add(other)
        neighbours[other].add(one)
    return neighbours


def pieces_of(component, pairs):
    """An oversize component's pieces: the strongest tree, split at its last edge until all fit."""
    tree = []
    for pair in sorted(pairs, key=lambda pair: (-pairs[pair][0], pairs[pair][1], pair)):
        if pair[1] not in reach(pair[0], graph(tree)):
            tree.append(pair)

    def split(ids, tree):
        if len(ids) <= SETTINGS["max_component"]:
            return [ids]
        rest = graph(tree[:-1])
        return [piece for end in tree[-1] for part in [reach(end, rest)]
                for piece in split(part, [pair for pair in tree[:-1] if pair[0] in part])]

    return split(component, tree)


def people_on(evidence, today):
    """The day's tables: edges, mapping, violations, as dictionaries and sets."""
    live = live_pairs(evidence, today)
    facts = {}
    for pair, (calls, first, last) in live.items():
        for name in pair:
            old = facts.get(name, (0, first, last))
            facts[name] = (old[0] + calls, min(old[1], first), max(old[2], last))
    others = collections.defaultdict(collections.Counter)
    for one, other in live:
        others[one][other[0]] += other[0] != one[0]
        others[other][one[0]] += other[0] != one[0]
    hubs = {name for name, parties in others.items() if max(parties.values()) > SETTINGS["max_neighbours"]}
    bridges = {pair: seen for pair, seen in live.items() if not hubs & set(pair)}
    neighbours = graph(bridges)
    founder = lambda ids: min(ids, key=lambda name: (facts[name][1], name))
    person, marks, violations, done = {}, {}, set(), set()
    for name in facts:
        if name in done:
            continue
        component = reach(name, neighbours)
        done |= component
        inside = {pair: seen for pair, seen in bridges.items() if pair[0] in component} if len(component) > 1 else {}
        pieces = pieces_of(component, inside)
        for piece in pieces:
            for member in piece:
                person[member] = founder(piece)
        if len(pieces) > 1:
            whole = founder(component)
            cut = [pair for pair in inside if person[pair[0]] != person[pair[1]]]
            violations.add(("cut", whole, None, None, None, None, None, len(component), len(pieces), len(cut), None))
            for one, other in cut:
                marks[one, other] = "cut"
                violations.add(("cut_edge", whole, *one, *other, None, None, None, None, live[one, other][0]))
    for name in hubs:
        party, most = min(others[name].items(), key=lambda item: (-item[1], item[0]))
        edges = sum(name in pair for pair in live)
        violations.add(("hub", person[name], *name, party, None, most, None, None, edges, None))
    edges = {}
    for pair, seen in live.items():
        mark = "hub" if pair not in bridges else marks.get(pair, "live")
        edges[pair] = (*seen, person[pair[0]], person[pair[1]], mark)
    return edges, {name: (person[name], *facts[name]) for name in facts}, violations


def changes_between(before, after):
    now, old = collections.defaultdict(set), collections.defaultdict(set)
    for name, row in before.items():
        now[row[0]].update(after[name][:1] if name in after else [])
    for name, row in after.items():
        old[row[0]].update(before[name][:1] if name in before else [])
    changes = {("created", None, person) for person, olds in old.items() if not olds}
    changes |= {("expired", person, None) for person, nows in now.items() if not nows}
    changes |= {("merged", one, person) for person, olds in old.items() if len(olds) > 1 for one in olds - {person}}
    changes |= {("split", person, one) for person, nows in now.items() if len(nows) > 1 for one in nows - {person}}
    changes |= {("renamed", person, one) for person, nows in now.items() if len(nows) == 1
                for one in nows - {person} if len(old[one]) == 1}
    return changes


def integer(value):
    return None if value is None else int(value)


class Founders:
    """Universal ids as the ids that founded them: of the members that weir gives a person, the oldest. What the hash is,
    is another test's; that it stays the founder's is this one's."""

    def __init__(self):
        self.of = {}

    def learn(self, mapping):
        members = collections.defaultdict(list)
        for row in mapping:
            members[row["universal_id"]].append((int(row["first_seen"]), (row["party"], row["user_id"])))
        for person, ids in members.items():
            founder = min(ids)[1]
            assert self.of.setdefault(person, founder) == founder, (person, founder, self.of[person])
        assert len(set(self.of.values())) == len(self.of)

    def __call__(self, person):
        return None if person is None else self.of.get(person, person)  # of one who was never anybody's, the hash


def found_tables(folder, region, day, founders):
    times = ", ".join(f"epoch_us({name})::VARCHAR AS {name}" for name in ("first_seen", "last_seen"))
    seen = lambda row: (int(row["calls"]), int(row["first_seen"]), int(row["last_seen"]))
    ids = rows(folder, f"SELECT * REPLACE ({times}) FROM metastore.mapping_{region}")
    founders.learn(ids)
    mapping = {(row["party"], row["user_id"]): (founders(row["universal_id"]), *seen(row)) for row in ids}
    edges = {((row["party_a"], row["id_a"]), (row["party_b"], row["id_b"])):
             (*seen(row), founders(row["universal_id"]), founders(row["universal_id_b"] or row["universal_id"]), row["mark"])
             for row in rows(folder, f"SELECT * REPLACE ({times}) FROM metastore.identity_edges_{region}")}
    violations = {(row["kind"], founders(row["universal_id"]), row["party"], row["user_id"], row["neighbour_party"],
                   row["neighbour_id"], *(integer(row[name]) for name in ("neighbours", "ids", "pieces", "edges", "calls")))
                  for row in rows(folder, f"SELECT * FROM metastore.identity_violations_{region} WHERE ds = '{day}'")}
    changes = {(row["kind"], founders(row["from"]), founders(row["into"]))
               for row in rows(folder, f"SELECT * FROM metastore.identity_changes_{region} WHERE ds = '{day}' AND cause = 'day'")}
    return edges, mapping, violations, changes


def compare(what, found, wanted):
    if found != wanted:
        pick = lambda left, right: (sorted(left.items() - right.items(), key=str)[:5] if isinstance(left, dict)
                                    else sorted(left - right, key=str)[:5])
        raise AssertionError(f"{what}: found {pick(found, wanted)}, wanted {pick(wanted, found)}")


def make_world(folder):
    weir(None, "world", "generate", "--pack", "adtech", "--out", str(folder), "--seed", str(SEED), "--people", "300",
         "--days", str(DAYS), "--rate.mapped", "0.5", "--rate.noise", "0.05", "--rate.churn", "0.1",
         "--rate.late", "0")  # a late event adds a day before the first


def rows_written(project, region, day):
    """By table, of the day's run."""
    runs = json.loads(weir(project, "runs", "user_ids_mapper", "--json"))["runs"]
    run = next(run for run in runs if run["partition"] == region and run["start"][:10] == day)
    return {output["table"].split(".")[1].removesuffix(f"_{region}"): int(output["rows"]) for output in run["outputs"]}


def days(folder):
    make_world(folder / "world")
    project = folder / "project"
    new_project(project, folder / "world")
    weir(project, "run", "enricher")
    seen = [row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM reservoir.enriched_mapper")]
    counts = collections.Counter()
    founders = Founders()
    for region in REGIONS:
        evidence = evidence_of(calls_of(project, region))
        before = {}
        for day in all_days(seen):
            weir(project, "run", "user_ids_mapper", "--on", day, "--partition", f"region={region}")
            edges, mapping, violations = people_on(evidence, day)
            found = found_tables(project, region, day, founders)
            compare(f"edges of {region} on {day}", found[0], edges)
            compare(f"mapping of {region} on {day}", found[1], mapping)
            compare(f"violations of {region} on {day}", found[2], violations)
            compare(f"changes of {region} on {day}", found[3], changes_between(before, mapping))
            written = rows_written(project, region, day)
            assert 0 <= written["mapping"] <= len(mapping) and 0 <= written["identity_edges"] <= len(edges), (day, written)
            counts["days that write less than all"] += written["mapping"] < len(mapping) and written["identity_edges"] < len(edges)
            counts.update(edge[-1] for edge in edges.values())
            counts.update(kind for kind, _, _ in found[3])
            before = mapping
    assert all(counts[what] > 0 for what in ("live", "hub", "cut", "created", "merged", "expired", "days that write less than all")), counts
    print(f"{len(all_days(seen))} days in {len(REGIONS)} regions are the slow reference's: {dict(counts)}")


def fingerprints(project):
    tables = [f"metastore.{table}_{region}" for table in TABLES for region in REGIONS]
    return dict(zip(tables, last_words(weir(project, "table", "fingerprint", *tables)), strict=True))


def rebuild(folder):
    """Day by day from the state, and each day from the evidence alone: the same tables."""
    make_world(folder / "world")
    found = []
    for always_rebuilds in (False, True):
        project = folder / f"project{int(always_rebuilds)}"
        new_project(project, folder / "world", always_rebuilds)
        weir(project, "run", "+user_ids_mapper", "--threads", "1" if always_rebuilds else "2")
        found.append(fingerprints(project))
    assert found[0] == found[1], (found, "tables of increments and of rebuilds differ")
    print("increments and rebuilds: the same tables")


def without(evidence, erased):
    return {(pair, day): seen for (pair, day), seen in evidence.items() if not erased & set(pair)}


def changes_of_erasure(before, after, erased):
    """What becomes of people when ids go; nobody expires of that."""
    gone = {before[name][0] for name in erased if name in before}
    changes = {change for change in changes_between(before, after) if change[0] != "expired" or change[1] not in gone}
    return changes | {("erased", person, None) for person in gone}


class History:
    """One region of a project to which things happen, and what its tables must be then."""

    def __init__(self, project, region):
        self.project, self.region, self.founders, self.erased = project, region, Founders(), set()
        self.calls = evidence_of(calls_of(project, region))
        self.days = all_days({day for _, day in self.calls})
        self.today = -1

    def mapper(self, *words):
        weir(self.project, *words, "user_ids_mapper", "--partition", f"region={self.region}")

    def people(self):
        return people_on(without(self.calls, self.erased), self.days[self.today])

    def next_day(self):
        self.today += 1
        self.mapper("run", "--on", self.days[self.today])
        self.check()

    def run_again(self, first):
        self.mapper("backfill", "--from", self.days[first], "--to", self.days[self.today])
        self.check()

    def forget(self, names):
        before = self.people()[1]
        old = self.changes("erasure")
        report = json.loads(weir(self.project, "identity", "forget", *(":".join(name) for name in names), "--json"))
        self.erased |= names
        after = self.people()[1]
        self.check()
        found = self.changes("erasure")
        compare("changes of an erasure", collections.Counter(found) - collections.Counter(old),
                collections.Counter(changes_of_erasure(before, after, names)))
        return {part["partition"]: part for part in report["partitions"]}[self.region]

    def changes(self, cause):
        return sorted(((row["kind"], self.founders(row["from"]), self.founders(row["into"])) for row in rows(
            self.project, f"""SELECT * FROM metastore.identity_changes_{self.region}
                              WHERE ds = '{self.days[self.today]}' AND cause = '{cause}'""")), key=str)

    def check(self):
        day = self.days[self.today]
        edges, mapping, violations = self.people()
        found = found_tables(self.project, self.region, day, self.founders)
        compare(f"edges on {day}", found[0], edges)
        compare(f"mapping on {day}", found[1], mapping)
        compare(f"violations on {day}", found[2], violations)
        self.check_that_none_is_named()

    def check_that_none_is_named(self):
        """No row of any day has an erased id."""
        text = weir(self.project, "sql", "; ".join(f"SELECT * FROM metastore.{table}_{self.region}" for table in TABLES),
                    "--format", "csv")
        values = set(re.split(r"[][{},:\"\r\n]", text))
        named = [name for _, name in self.erased if name in values]
        assert not named, f"tables still have {named}"

    def prints(self):
        """Of what is a function of the evidence alone, whatever happened before."""
        day = f"WHERE ds = '{self.days[self.today]}'"
        parts = {"identity_evidence": "", "identity_edges": "", "mapping": "", "identity_violations": day}
        return {table: weir(self.project, "sql", f"SELECT weir_fingerprint(t) AS p FROM metastore.{table}_{self.region} AS t {where}",
                            "--format", "csv").split()[-1] for table, where in parts.items()}

    def check_that_nothing_is_to_do(self):
        plan = json.loads(weir(self.project, "plan", "user_ids_mapper", "--json"))
        mine = [run for run in plan["runs"] + plan["stale"] if run.get("partition") == self.region]
        assert not [run for run in mine if run["start"][:10] <= self.days[self.today]], mine


def all_days(seen):
    first, last = (datetime.date.fromisoformat(day) for day in (min(seen), max(seen)))
    return [(first + datetime.timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def ingested(folder):
    make_world(folder / "world")
    project = folder / "project"
    new_project(project, folder / "world")
    weir(project, "run", "enricher")
    return project


def some_ids(history):
    """Ids whose loss matters: of hubs, of cut people, of large ones, and any."""
    edges, mapping, violations = history.people()
    marked = {name for pair, row in edges.items() if row[-1] != "live" for name in pair}
    hubs = {row[2:4] for row in violations if row[0] == "hub"}
    sizes = collections.Counter(row[0] for row in mapping.values())
    large = {name for name, row in mapping.items() if sizes[row[0]] > 3}
    pick = lambda names: random.choice(sorted(names)) if names else random.choice(sorted(mapping))
    return {pick(random.choice([marked, hubs, large, set(mapping)])) for _ in range(random.randrange(1, 3))}


def erasures(folder):
    random.seed(SEED)
    history = History(ingested(folder), random.choice(REGIONS))
    counts = collections.Counter()
    for _ in history.days[:4]:
        history.next_day()
        if random.random() < 0.8 or history.today == 2:
            part = history.forget(some_ids(history))
            assert part["run_id"] and part["changes"], part
            history.check_that_nothing_is_to_do()
            counts["erasures"] += 1
        if history.today > 0 and random.random() < 0.4:
            history.run_again(random.randrange(history.today + 1))
            counts["days again"] += 1
    kept = history.changes("erasure")
    found = history.prints()
    history.run_again(0)
    assert history.prints() == found, "a rebuild from the first day on gives other tables"
    assert history.changes("erasure") == kept, "a run of the day again took what erasures had done"
    assert history.forget({("af", "nobody-has-this-id")})["run_id"] == ""
    print(f"{dict(counts)}, {len(history.erased)} ids: the slow reference's people, and those of a rebuild")


def kills(folder, *points):
    random.seed(SEED)
    project = ingested(folder)
    history = History(project, random.choice(REGIONS))
    for _ in range(2):
        history.next_day()
    gone = some_ids(history)
    words = ["identity", "forget", *(":".join(name) for name in gone)]
    for point in points:
        for hit in ("1", "2"):
            copy = folder / f"{point.replace(':', '-')}-{hit}"
            shutil.copytree(project, copy, symlinks=True)
            done = subprocess.run([WEIR, *words], cwd=copy, env={**os.environ, "WEIR_FAILPOINT": f"{point}:{hit}"},
                                  capture_output=True, text=True, timeout=300)
            assert done.returncode in (0, -signal.SIGKILL), done.stderr
            after = History(copy, history.region)
            after.founders, after.today = history.founders, history.today
            listed = list((copy / "warehouse/metastore/suppressed_ids/_delta_log").glob("*.json"))
            if hit == "1" and listed:  # asked, and not asked again: the next day is without them
                again = folder / "again"
                shutil.copytree(copy, again, symlinks=True)
                forgotten = History(again, history.region)
                forgotten.founders, forgotten.today, forgotten.erased = history.founders, history.today, gone
                forgotten.today += 1
                forgotten.mapper("run", "--on", forgotten.days[forgotten.today])
                found = found_tables(again, forgotten.region, forgotten.days[forgotten.today], forgotten.founders)
                compare("mapping of the next day", found[1], forgotten.people()[1])
                shutil.rmtree(again)
            after.erased = set(gone)
            weir(copy, *words)
            after.check()
            after.check_that_nothing_is_to_do()
            after.next_day()
            print(f"{point}:{hit}: {'killed' if done.returncode else 'not met'}")
            shutil.rmtree(copy)


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-identity-") as temporary:
        {"days": days, "rebuild": rebuild, "erasures": erasures, "kills": kills}[sys.argv[1]](
            pathlib.Path(temporary), *sys.argv[2:])
