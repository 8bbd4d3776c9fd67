#!/usr/bin/env python3
"""The job lookalike_segment_sync alone, on imported definitions, scores and mappings of ten days: its files, as a DSP that
takes them has it, are its tables, and both what Python makes of the specification; with runs again before and after a folder
was taken, with a share held back, and with the program killed at named points.
`segment_sync_test.py days | taken | held | kills POINT…`."""
import datetime
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile

from ingest_test import SEED, call, rows
from segment_sync import (Dsp, contents, file_lines, folder_of, holdouts, is_held, read_folder, sizes, sync, wanted_members)

JOB = "lookalike_segment_sync"
REGIONS = ("amer", "emeaApac")
DSPS = {"xandr": "an", "files": "st"}
DAYS = [f"2026-01-{number:02}" for number in range(1, 11)]
NO_SCORES = DAYS[5]
FOUR_DAYS = 4 * 24 * 60


def end_of(day):
    return int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp()) + 24 * 3600


def row(segment, number, size, dsp="xandr", **others):
    return {"segment_id": segment, "dsp": dsp, "dsp_segment_id": number, "min_size": 5, "max_size": size,
            "expiration_minutes": FOUR_DAYS, "active": 1, **others}


def definitions_of(region, day):
    """Sizes change, segments come and go, for a while or for good, and get another number at the DSP."""
    at = DAYS.index(day)
    if region != "amer":
        return [row(1, 501, 6), row(2, 502, 0, min_size=0)]
    found = [row(1, 101, [8, 12, 30, 5, 30][at % 5]),
             row(2, 201, 15), row(2, 202, 25, dsp="files", expiration_minutes=1500),
             row(3, 301, 18, active=int(at not in (3, 4, 8))),
             row(5, 501 if at < 4 else 551, 10),
             row(6, 601, 60, min_size=55, expiration_minutes=720),
             row(7, 701, 8, **({"min_size": 0, "max_size": 0} if at > 7 else {})), row(7, 702, 40, dsp="files", active=0)]
    found += [row(4, 401, 14)] if at < 4 or at > 6 else []
    found += [row(8, 801, 10)] if at > 1 else []
    return found


class World:
    """What is imported. `scores`: (region, day) → segment → people, best first."""

    def __init__(self, source):
        self.mapping = {}
        for region, people in (("amer", 60), ("emeaApac", 9)):
            self.mapping[region] = [
                (f"{region}-person-{person}", party, f"{party}{source.randrange(10**9)}-{person}-{number}")
                for person in range(people) for party in ("an", "st", "af") for number in range(source.choice((0, 1, 1, 1, 2)))]
        self.whole_mapping = dict(self.mapping)
        self.scores = {(region, day): self.new_scores(source, region, day) for region in REGIONS for day in DAYS}

    def new_scores(self, source, region, day):
        """Some segments have no model on some days, one never; of some the model scores nobody."""
        found = {}
        for segment in {row["segment_id"] for row in definitions_of(region, day)} - {8}:
            people = sorted({person for person, _, _ in self.mapping[region]})
            if day != NO_SCORES and source.random() > 0.15:
                found[segment] = source.sample(people, source.randint(len(people) // 2, len(people)))
        found |= {segment: [] for segment, at in ((3, 2), (2, 7), (7, 8), (7, 9)) if (region, DAYS.index(day)) == ("amer", at)}
        if day != NO_SCORES:
            found[1] = found.get(1) or sorted({person for person, _, _ in self.mapping[region]})  # so that the day has rows
        return found

    def forget_ids(self, source):
        """Some ids are erased or have expired, others come back."""
        for region, whole in self.whole_mapping.items():
            self.mapping[region] = [line for line in whole if source.random() > 0.15]

    def ids_of(self, region):
        found = {}
        for dsp, wanted in DSPS.items():
            for person, party, user in self.mapping[region]:
                if party == wanted:
                    found.setdefault((dsp, person), []).append(user)
        return found


class Reference:
    """What is to come of each region's days; those that were taken stay as they are."""

    def __init__(self, world):
        self.world = world
        self.days = {region: {} for region in REGIONS}  # day → (lines, members after it, sizes)
        self.taken = set()
        self.share = 0  # that is held back
        self.holdouts = {}  # (region, day) → {(segment, person)}

    def run(self, region, day):
        earlier = [other for other in self.days[region] if other < day]
        before = self.days[region][max(earlier)][1] if earlier else {}
        given = (definitions_of(region, day), self.world.scores[region, day], self.world.ids_of(region))
        if (region, day) in self.taken:
            lines, after, _ = self.days[region][day]
        else:
            lines, after = sync(before, wanted_members(*given, before, self.share), end_of(day))
        self.days[region][day] = (lines, after, sizes(*given, before, lines, self.share))
        self.holdouts[region, day] = holdouts(*given, self.share)


def put(project, table, lines, mode):
    (project / "in.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    how = ["--mode", mode] + (["--partition-by", "region,ds"] if "ds" in lines[0] else [])
    call("table", "import", table, "--from", "in.ndjson", *how, folder=project)


def put_scores(project, world, day, mode="append"):
    lines = [{"segment_id": segment, "universal_id": person, "score": 1 / rank, "rank": rank, "region": region, "ds": day}
             for region in REGIONS for segment, people in world.scores[region, day].items()
             for rank, person in enumerate(people, 1)]
    if lines:
        put(project, "metastore.lookalikes_scored_segments", lines, mode)
    outcomes = [{"segment_id": segment, "region": region, "ds": day,
                 "status": "scored" if segment in world.scores[region, day] else ("no_model", "failed")[segment % 2]}
                for region in REGIONS for segment in {*range(1, 9), *world.scores[region, day]}]
    put(project, "metastore.lookalikes_scoring", outcomes, mode)


def put_day(project, world, day):
    put(project, "metastore.lookalike_definitions",
        [{**line, "region": region, "ds": day} for region in REGIONS for line in definitions_of(region, day)], "append")
    put_scores(project, world, day)


def new_project(folder, world):
    """Of the pack this job alone, with parts of a few lines; tables of the others are imported."""
    call("new", str(folder), "--pack", "adtech")
    for job in (folder / "jobs").glob("*/*"):
        if job.name != JOB:
            shutil.rmtree(job)
    settings = folder / "weir.yaml"
    settings.write_text(settings.read_text().replace("dsps: {xandr: an, files: an}", "dsps: {xandr: an, files: st}"))
    job = folder / f"jobs/segment_building/{JOB}/job.yaml"
    text = job.read_text()
    at = text.rindex('partition: "{region}"}')
    text = text[:at] + 'partition: "{region}", rows_of_file: 25}' + text[at + len('partition: "{region}"}'):]
    assert text.count("  mapping: metastore.mapping_{region}\n") == 1
    # It is of no day here: another one shall not make the days before stale.
    job.write_text(text.replace("mapping: metastore.mapping_{region}\n", 'mapping: {table: "metastore.mapping_{region}", watch: false}\n'))
    put_mapping(folder, world, "append")


def put_mapping(project, world, mode):
    for region in REGIONS:
        put(project, f"metastore.mapping_{region}",
            [{"universal_id": person, "party": party, "user_id": user} for person, party, user in world.mapping[region]], mode)


def check_tables(project, reference):
    members = rows(project, """
        SELECT region, ds, segment_id, dsp, dsp_segment_id, dsp_user_id, universal_id AS person, value,
               epoch_us(since) // 1000000 AS since, epoch_us(until) // 1000000 AS until FROM metastore.segment_members""")
    counts = rows(project, "SELECT * FROM metastore.lookalikes_segment_sizes")
    for region in REGIONS:
        for day, (_, wanted, wanted_sizes) in reference.days[region].items():
            found = {(int(each["segment_id"]), each["dsp"], int(each["dsp_segment_id"]), each["dsp_user_id"]):
                     {"person": each["person"], "value": int(each["value"]), "since": int(each["since"]), "until": int(each["until"])}
                     for each in members if (each["region"], each["ds"]) == (region, day)}
            assert found == wanted, (region, day, differing(found, wanted))
            found = {int(each["segment_id"]): (*(int(each[name]) for name in (
                "wanted", "scored", "mapped", "added", "removed", "renewed", "kept")), each["status"])
                for each in counts if (each["region"], each["ds"]) == (region, day)}
            assert found == wanted_sizes, (region, day, differing(found, wanted_sizes))


def differing(found, wanted):
    return [(key, found.get(key), wanted.get(key)) for key in sorted({*found, *wanted}, key=str) if found.get(key) != wanted.get(key)][:5]


def check_files(project, reference):
    """They are the lines that there should be; a DSP that takes them has the members."""
    for region in REGIONS:
        dsp = Dsp()
        for day in sorted(reference.days[region]):
            lines, members, _ = reference.days[region][day]
            found = read_folder(folder_of(project, region, day))
            assert sorted(found) == file_lines(lines, end_of(day)), (region, day)
            dsp.take(found)
            wanted = {(user, number): member["until"] for (_, _, number, user), member in members.items()}
            assert dsp.at(end_of(day)) == wanted, (region, day, differing(dsp.at(end_of(day)), wanted))


def run(project, reference, *days, words=("run",)):
    call(*words, JOB, *(() if words[0] == "run" else ("--from", days[0], "--to", days[-1])), folder=project)
    for region in REGIONS:
        for day in days:
            reference.run(region, day)
    check_tables(project, reference)
    check_files(project, reference)


def prepared(folder, *, days=0):
    """A project with so many days done."""
    source = random.Random(SEED)
    world = World(source)
    project = folder / "project"
    new_project(project, world)
    reference = Reference(world)
    for day in DAYS[:days]:
        put_day(project, world, day)
        run(project, reference, day)
    return project, world, reference, source


def days(folder):
    """Ten days, one of them without any scores. A day that is run again, by one thread or two, writes the same bytes. The mapping is another each day."""
    project, world, reference, source = prepared(folder)
    for day in DAYS:
        world.forget_ids(source)
        put_mapping(project, world, "overwrite")
        put_day(project, world, day)
        if day == NO_SCORES:
            call("run", folder=project)
            assert not folder_of(project, "amer", day).exists(), "run before it is known that there are no scores"
            continue
        run(project, reference, *((NO_SCORES, day) if day == DAYS[6] else (day,)))
        before = {region: contents(folder_of(project, region, day)) for region in REGIONS}
        run(project, reference, day, words=("backfill", "--threads", str(1 + DAYS.index(day) % 2)))
        for region in REGIONS:
            after = contents(folder_of(project, region, day))
            assert {**after, "_SUCCESS": 0} == {**before[region], "_SUCCESS": 0}, (region, day)
            assert json.loads(after["_SUCCESS"])["parts"] == json.loads(before[region]["_SUCCESS"])["parts"]
    all_lines = [line for found in reference.days["amer"].values() for line in found[0]]
    counts = {what: sum(1 for line in all_lines if line[1] == what) for what in ("add", "renew", "remove")}
    assert min(counts.values()) > 50, counts
    assert {found[7] for day in reference.days["amer"].values() for found in day[2].values()} == {
        "sent", "undersized", "no_model", "not_active"}
    assert any(found[1] == 0 and found[4] and found[7] != "not_active" for day in reference.days["amer"].values()
               for found in day[2].values()), "no segment with members was scored with nobody"
    assert sum(len(contents(folder_of(project, "amer", day))) > 2 for day in DAYS) > 5, "no folder of several parts"
    print(f"{len(DAYS)} days: {counts}")


def taken(folder):
    """Scores change behind what has been sent: a folder that wasn't taken is replaced, one that was stays, byte by byte, and
    the difference goes into the next day's."""
    project, world, reference, source = prepared(folder, days=3)
    untaken, day = DAYS[1], DAYS[2]
    for changed in (untaken, day):
        for region in REGIONS:
            world.scores[region, changed] = world.new_scores(source, region, changed)
        put_scores(project, world, changed, mode="replace")
    before = contents(folder_of(project, "amer", day))
    run(project, reference, untaken, day)
    assert contents(folder_of(project, "amer", day)) != before, "the change reached no file"
    for region in REGIONS:
        (folder_of(project, region, day) / "_TAKEN").touch()
        reference.taken.add((region, day))
        world.scores[region, day] = world.new_scores(source, region, day)
    put_scores(project, world, day, mode="replace")
    before = {region: contents(folder_of(project, region, day)) for region in REGIONS}
    run(project, reference, day)
    assert runs_of(project, day) == 2 * 3, "what changed wasn't run again"
    world.scores["amer", DAYS[4]].setdefault(
        5, sorted({person for person, party, _ in world.mapping["amer"] if party == "an"})[:20])
    for next_day in DAYS[3:5]:
        put_day(project, world, next_day)
        run(project, reference, next_day)
    assert {region: contents(folder_of(project, region, day)) for region in REGIONS} == before, "a taken folder was changed"
    refused(project, reference, DAYS[4])
    (folder_of(project, "amer", day) / "part-00000.gz").write_bytes(b"?")
    done = call("backfill", JOB, "--from", day, "--to", day, folder=project, check=False)
    assert done.returncode == 1 and "it was taken, but is not the file that _SUCCESS names" in done.stdout + done.stderr, done
    contradicting(project, world)
    print("a taken folder stays, and what differs goes out the day after")


def refused(project, reference, day):
    """A number that was new on the day changes after its folder was taken: the run fails, and the members stay."""
    folder = folder_of(project, "amer", day)
    assert any(line[1] == 551 for line in read_folder(folder)), "the segment isn't there"
    (folder / "_TAKEN").touch()
    put(project, "metastore.lookalike_definitions",
        [{**line, "dsp_segment_id": line["dsp_segment_id"] + 5000 * (line["dsp_segment_id"] == 551), "region": region, "ds": day}
         for region in REGIONS for line in definitions_of(region, day)], "replace")
    done = call("backfill", JOB, "--from", day, "--to", day, "--partition", "region=amer", folder=project, check=False)
    assert done.returncode == 1 and "taken_numbers_are_known" in done.stdout + done.stderr, done
    check_tables(project, reference)
    check_files(project, reference)


def contradicting(project, world):
    """Two segments with one number, new ones so that all their members are told, in definitions that nobody has looked at:
    nothing is written that says two things of a user."""
    day = DAYS[5]
    people = sorted({person for person, party, _ in world.mapping["amer"] if party == "an"})
    world.scores["amer", day] = {10: people, 11: people[1:] + people[:1]}
    put(project, "metastore.lookalike_definitions",
        [{**row(segment, 1001, 12), "region": "amer", "ds": day} for segment in (10, 11)], "append")
    put_scores(project, world, day)
    done = call("backfill", JOB, "--from", day, "--to", day, "--partition", "region=amer", folder=project, check=False)
    assert done.returncode == 1 and "dsp_user_id, dsp_segment_id" in done.stdout + done.stderr, done
    assert not folder_of(project, "amer", day).exists()


def runs_of(project, day):
    """How often a day has been run, in all regions."""
    found = rows(project, f"SELECT count(*) AS runs FROM weir.runs WHERE CAST(start AS VARCHAR) LIKE '{day}%' AND state = 'succeeded'")
    return int(found[0]["runs"])


HELD = 0.25


def held(folder):
    """From the third day on a quarter is held back: who was a member until then goes, on the day without scores, too."""
    project, world, reference, _ = prepared(folder, days=2)
    settings = project / "weir.yaml"
    text = settings.read_text()
    assert text.count("  holdout: 0 ") == 1
    settings.write_text(text.replace("  holdout: 0 ", f"  holdout: {HELD} "))
    reference.share = HELD
    for day in DAYS[2:8]:
        put_day(project, world, day)
        if day != NO_SCORES:
            run(project, reference, *((NO_SCORES, day) if day == DAYS[6] else (day,)))
    found = {}
    for row in rows(project, "SELECT region, ds, segment_id, universal_id FROM metastore.lookalikes_holdouts"):
        found.setdefault((row["region"], row["ds"]), set()).add((int(row["segment_id"]), row["universal_id"]))
    assert found == {key: people for key, people in reference.holdouts.items() if people}, differing(found, reference.holdouts)
    members = {(key[0], member["person"]) for day in DAYS[2:8] for key, member in reference.days["amer"][day][1].items()}
    removed = [key for key, what, _, _ in reference.days["amer"][DAYS[2]][0] if what == "remove"]
    assert removed and not any(is_held(*member, HELD) for member in members)
    assert sum(map(len, found.values())) > 20, "hardly anybody is held back"
    print({key: len(people) for key, people in found.items()})


def kills(folder, *points):
    """Whatever a kill leaves is mended by the next run. The last two days come together."""
    project, world, reference, _ = prepared(folder, days=3)
    for day in DAYS[3:5]:
        put_day(project, world, day)
    for region in REGIONS:
        for day in DAYS[3:5]:
            reference.run(region, day)
    for point in points:
        copy = folder / point.replace(":", "-")
        shutil.copytree(project, copy, symlinks=True)
        done = call("run", folder=copy, failpoint=point, check=False)
        assert done.returncode == -signal.SIGKILL, f"{point} was not met: {done.stderr}"
        for success in (copy / "warehouse/_files").rglob("_SUCCESS"):
            read_folder(success.parent)
        call("run", folder=copy)
        check_tables(copy, reference)
        check_files(copy, reference)
        left = [path for path in (copy / "warehouse/_files").rglob("*") if path.is_file()
                and not (path.name == "_SUCCESS" or path.name.startswith("part-"))]
        assert not left, left
        print(f"{point}: killed, and mended by the next run")
        shutil.rmtree(copy)


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-segments-") as temporary:
        what = {"days": days, "taken": taken, "held": held, "kills": kills}[sys.argv[1]]
        sys.exit(what(pathlib.Path(temporary), *sys.argv[2:]))
