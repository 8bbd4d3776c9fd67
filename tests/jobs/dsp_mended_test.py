#!/usr/bin/env python3
"""What once stopped activation for good, or passed for a success: ids that Xandr can't have, segments that aren't the seat's,
a job that the service forgot, segments that go to another seat. Four days of dsp_sync_test's project, one of each."""
import contextlib
import csv
import datetime
import gzip
import pathlib
import random
import signal
import sys
import tempfile

import dsp_sync_test as dsp
import segment_sync_test as sync
from ingest_test import SEED, call, rows
from outside_world import breaking, served

OTHER_SEAT = 959


class Restarted:
    """A world whose server is started anew, each time at another address."""

    def __init__(self, folder):
        self.folder, self.url = folder, None

    @contextlib.contextmanager
    def serving(self, segments, day):
        now = datetime.datetime.fromtimestamp(sync.end_of(day) + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with served(self.folder, segments, "--speed", str(dsp.SPEED), "--now", now) as outside:
            self.url = outside.url
            yield outside


def of_seat(seat):
    return [{**row, "member_id": seat} for row in dsp.all_segments()]


def fetched_at(project, seat):
    """Whom a seat of the DSP that fetches files has."""
    held = set()
    paths = (project / "out/onboarding").glob(f"*_Looks-{seat}[._]*")
    for path in sorted(paths, key=lambda path: (path.name.split("_")[2], len(path.name), path.name)):
        with gzip.open(path, "rt", newline="") as file:
            for row in csv.DictReader(file):
                held -= {(row["identifier"], int(part)) for part in filter(None, row["remove"].split(";"))}
                held |= {(row["identifier"], int(part.split(":")[0])) for part in filter(None, row["add"].split(";"))}
    return held


def give_odd_ids(world):
    """Every other person has an id as any browser may bring it to the cookie sync."""
    odd = set()
    for region, mapping in world.mapping.items():
        places = [at for at, (_, party, _) in enumerate(mapping) if party == "an"]
        for number, at in enumerate(places[::8]):
            name = f"hello-{region}-{number}" if number % 2 == 0 else str((1 << 63) + number)
            mapping[at] = (mapping[at][0], "an", name)
            odd.add(name)
    return odd


class Mended:
    def __init__(self, folder, way_port, restarted, world, odd):
        self.folder, self.restarted, self.world, self.odd = folder, restarted, world, odd
        self.project = folder / "project"
        dsp.new_project(self.project, world, {"xandr": dsp.xandr(f"http://127.0.0.1:{way_port}"), "files": dsp.FILES})

    def check_held(self, outside, day, seat):
        wanted = {key: value for key, value in dsp.members(self.project, day, "xandr").items() if key[0] not in self.odd}
        held = outside.held(seat)
        assert held == wanted, (day, seat, sync.differing(held, wanted))
        assert len(held) > 10

    def odd_ids(self, day):
        with self.restarted.serving(dsp.all_segments(), day) as outside:
            dsp.put_day(self.project, self.world, day)
            done = call("run", folder=self.project)
            self.check_held(outside, day, dsp.MEMBER)
        members = {user for user, _ in dsp.members(self.project, day, "xandr")}
        assert members & self.odd, "nobody with an odd id was to be sent"
        assert "are left out: their ids (*** of " in done.stderr, done.stderr
        assert not any(name in done.stderr + done.stdout for name in self.odd), "an id is said"
        uploads = rows(self.project, "SELECT sum(left_out) AS n FROM metastore.dsp_uploads WHERE dsp = 'xandr'")
        assert int(uploads[0]["n"]) == len(members & self.odd), uploads
        told = rows(self.project, "SELECT DISTINCT dsp_user_id AS name FROM metastore.segment_deliveries WHERE dsp = 'xandr'")
        assert {row["name"] for row in told} == members - self.odd

    def refused_lines(self, day):
        with self.restarted.serving(of_seat(7), day):
            dsp.put_day(self.project, self.world, day)
            done = call("run", folder=self.project, check=False)
            assert done.returncode == 1 and "lines were refused by job" in done.stderr and "num_unauth_segment" in done.stderr, done
        with self.restarted.serving(dsp.all_segments(), day) as outside:
            call("run", folder=self.project)
            self.check_held(outside, day, dsp.MEMBER)
        found = rows(self.project, "SELECT accepted FROM metastore.dsp_uploads WHERE dsp = 'xandr' ORDER BY delivery, file, attempt")
        assert [row["accepted"] for row in found] == [True, False, True], found

    def forgotten_job(self, day):
        with self.restarted.serving(dsp.all_segments(), day):
            dsp.put_day(self.project, self.world, day)
            done = call("run", folder=self.project, failpoint="xandr:before-upload", check=False)
            assert done.returncode == -signal.SIGKILL, done
        (self.folder / "world/dsp/jobs.json").unlink()
        with self.restarted.serving(dsp.all_segments(), day) as outside:
            call("run", folder=self.project)
            self.check_held(outside, day, dsp.MEMBER)

    def other_seat(self, day):
        dsp.MEMBER, old = OTHER_SEAT, dsp.MEMBER
        with self.restarted.serving(dsp.all_segments(), day) as outside:
            dsp.put_day(self.project, self.world, day)
            call("run", folder=self.project)
            self.check_held(outside, day, OTHER_SEAT)
            call("run", folder=self.project)
            assert outside.ask("/world/counters")["uploads"] == 2, "one empties the old seat, one fills the new one"
        assert fetched_at(self.project, old) == set()
        assert fetched_at(self.project, OTHER_SEAT) == set(dsp.members(self.project, day, "files"))
        seats = rows(self.project, f"SELECT DISTINCT member_id, current_seat FROM metastore.dsp_routes WHERE ds = '{day}'")
        assert {(int(row["member_id"]), row["current_seat"]) for row in seats} == {(old, False), (OTHER_SEAT, True)}, seats


def main(folder):
    dsp.take_days(4)
    world = dsp.World(random.Random(SEED))
    odd = give_odd_ids(world)
    restarted = Restarted(folder / "world")
    with breaking(restarted, SEED, 0) as way:
        mended = Mended(folder, way.server_port, restarted, world, odd)
        for work, day in zip((mended.odd_ids, mended.refused_lines, mended.forgotten_job, mended.other_seat), sync.DAYS):
            work(day)
    print("activation goes on, and says what it left out and what was refused")


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-dsp-") as temporary:
        sys.exit(main(pathlib.Path(temporary)))
