#!/usr/bin/env python3
"""`weir forget` after another: of ids that `weir identity forget` had before, after a call that was killed, of two people at
once. Each is finished, the identity graph loses them, and no day that was done becomes stale.
`forget_again_test.py identity | kill | together`."""
import fcntl
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from ingest_test import SEED, WEIR, call, make_world, new_project, rows

GRAPH = ("enricher", "events_partitioner", "user_ids_mapper")
MAPPING = "metastore.mapping_emeaApac"


def ready(folder):
    """A project whose graph is made, and people of it: an id of each."""
    make_world(folder / "world", SEED, "--people", "120", "--days", "2", "--rate.mapped", "0.6", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 24)
    call("run", *GRAPH, folder=project)
    people = rows(project, f"SELECT min(party || ':' || user_id) AS id FROM {MAPPING} GROUP BY universal_id ORDER BY 1")
    assert len(people) > 5, people
    return project, [row["id"] for row in people]


def known(project):
    return {row["id"] for row in rows(project, f"SELECT party || ':' || user_id AS id FROM {MAPPING}")}


def check_done(project, *people):
    """They are out of the graph, and nothing is to be run."""
    assert not known(project) & set(people), people
    plan = call("plan", *GRAPH, folder=project).stdout
    assert "nothing to run" in plan, plan


def identity(folder):
    project, people = ready(folder)
    first, second, third = people[0], people[len(people) // 2], people[-1]
    call("identity", "forget", first, folder=project)
    for person in (first, second, third):
        call("forget", person, folder=project)
        check_done(project, first, person)
    call("identity", "forget", people[1], folder=project)
    check_done(project, first, second, third, people[1])


def kill(folder):
    project, people = ready(folder)
    first, second, third = people[0], people[len(people) // 2], people[-1]
    done = call("forget", first, folder=project, failpoint="forget:after-graphs:1", check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    call("forget", first, folder=project)
    call("forget", second, folder=project)
    check_done(project, first, second)
    call("identity", "forget", third, folder=project)
    check_done(project, first, second, third)


def waits_for_lock(process, path):
    """Whether the process waits for the lock of the file, as the kernel tells."""
    inode = os.stat(path).st_ino
    return any(words[1] == "->" and words[2] == "FLOCK" and int(words[5]) == process.pid and int(words[6].split(":")[2]) == inode
               for words in map(str.split, pathlib.Path("/proc/locks").read_text().splitlines()))


def start(project, *words):
    return subprocess.Popen([WEIR, *words], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def together(folder):
    """Two at once: the second begins when the first has ended, also of another command."""
    project, people = ready(folder)
    path = project / "warehouse/_weir/forget.lock"
    commands = (("forget", people[0]), ("identity", "forget", people[1]), ("forget", people[-1]))
    before = known(project)
    with open(path, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        processes = [start(project, *words) for words in commands]
        for process in itertools.chain.from_iterable(itertools.repeat(processes)):
            assert process.poll() is None, f"it didn't wait: {process.communicate()}"
            if all(waits_for_lock(each, path) for each in processes):
                break
            time.sleep(0.02)  # between two looks
        assert "metastore.suppressed_ids" not in call("table", "list", folder=project).stdout and known(project) == before
    for process in processes:
        out, error = process.communicate(timeout=300)
        assert process.returncode == 0, out + error
    check_done(project, people[0], people[1], people[-1])


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as temporary:
        sys.exit({"identity": identity, "kill": kill, "together": together}[sys.argv[1]](pathlib.Path(temporary)))
