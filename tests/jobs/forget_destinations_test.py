#!/usr/bin/env python3
"""`weir forget` where people went to a destination that fetches files, by ids that are anything: numbers that stand in other
columns, words, texts with the marks of formats. What names them goes and nothing else does; who can't be told isn't forgotten
before; run records lose them, too; an id is that of its party; the same where the folder lies in a bucket.
`forget_destinations_test.py ids | other_ids | untold | records | junk | parties | stored`."""
import csv
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile

import s3_server
from forget_people_test import content_of
from ingest_test import SEED, call, rows

DAY = "2026-01-05"
ODD_IDS = ("43200", "1", "101", "id:with;marks", 'say,"quoted"id#1', "2026-01-05", "add", "hello")

SETTINGS = """
name: house
secrets: {adtech.salt: {env: WEIR_TEST_SALT, dev: weir-dev-salt-not-a-secret}}
connections: {files: {kind: onboarding_files, path: out/onboarding, customer: Acme, list: Looks}}
environments: {dev: {send: true, warehouse: warehouse}}
"""
MEMBERS = """
job: members
reads: {wanted: {table: house.wanted, columns: {dsp_user_id: {type: VARCHAR, personal: true}}}}
steps:
  - {sql: changes.sql}
  - {sql: people.sql}
  - connector: segment_files
    in: changes
    with: {path: out/segments, name: looks, day: "{ds}", partition: all}
writes:
  - table: house.members
    from: people
    partition_by: [ds]
    personal: true
"""
EXPORT = """  - connector: files
    in: people
    with: {path: "out/rows/{ds}.json", sort_by: [dsp_user_id, dsp_segment_id]}
writes:
"""
CHANGES = """SELECT dsp_user_id, dsp_segment_id, 'add' AS action, CAST(epoch(since) AS BIGINT) AS ts,
  CAST(43200 AS BIGINT) AS expiration_minutes, CAST(1 AS BIGINT) AS value FROM wanted"""
SYNC = """
job: dsp_sync
effects: external
reads: {members: house.members}
steps:
  - {sql: routes.sql}
  - {sql: everybody.sql}
  - connector: onboarding_files
    name: files
    in: {routes: routes, members: everybody}
    with: {connection: files, where_configured: true, dsp: files, path: out/segments, journal: out/dsp_sync, day: "{ds}"}
"""
NUMBERS = """
job: numbers
reads: {members: house.members}
steps: [{sql: numbers.sql}]
writes: [{table: house.numbers, from: numbers, partition_by: [ds]}]
"""


def new_project(folder, ids, server=None):
    """Everybody is in segments 101 and 102; all went to the destination. With a server of buckets its folder is in one,
    and `out/onboarding` leads there."""
    settings = SETTINGS
    if server:
        settings = settings.replace("path: out/onboarding", f"path: {server.make_bucket(folder.name)}/to/them")
        there = server.folder / "root" / folder.name / "to/them"
        there.mkdir(parents=True)
        (folder / "out").mkdir(parents=True)
        (folder / "out/onboarding").symlink_to(there)
    texts = {"weir.yaml": settings, "jobs/d/members/job.yaml": MEMBERS, "jobs/d/members/changes.sql": CHANGES,
             "jobs/d/members/people.sql": "SELECT dsp_user_id, dsp_segment_id, since FROM wanted",
             "jobs/d/dsp_sync/job.yaml": SYNC,
             "jobs/d/dsp_sync/routes.sql": "SELECT DISTINCT CAST(77 AS BIGINT) AS member_id, dsp_segment_id FROM members",
             "jobs/d/dsp_sync/everybody.sql": "SELECT dsp_segment_id, dsp_user_id, since FROM members"}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    put_day(folder, ids, DAY)
    return folder


def put_day(project, ids, day):
    lines = [{"dsp_user_id": user, "dsp_segment_id": segment, "since": f"{day}T23:00:00Z", "ds": day} for user in ids for segment in (101, 102)]
    (project / "in.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    call("table", "import", "house.wanted", "--from", "in.ndjson", "--mode", "append", "--partition-by", "ds", folder=project)
    (project / "in.ndjson").unlink()


def number_ids(number):
    return [str(random.randrange(10**18, 10**19)) for _ in range(number)]


def segment_lines(project):
    return [line for path in sorted((project / "out/segments").rglob("part-*.gz")) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def identifiers(project):
    """{file: [(identifier, add, remove)]} of what lies there to be fetched."""
    found = {}
    for path in sorted((project / "out/onboarding").glob("*.csv.gz")):
        with gzip.open(path, "rt", newline="") as file:
            found[path.name] = [(row["identifier"], row["add"], row["remove"]) for row in csv.DictReader(file)]
    return found


def all_bytes(project, *roots):
    return {str(path.relative_to(project)): content_of(path) for root in roots for path in sorted((project / root).rglob("*")) if path.is_file()}


def fetch(project):
    """Somebody takes away what lies there; returns it."""
    taken = identifiers(project)
    for name in taken:
        (project / "out/onboarding" / name).unlink()
    return taken


def forget(project, id, *words, **options):
    return call("forget", f"an:{id}", "--json", *words, folder=project, check=False, **options)


def exported(project):
    """Who stands in the rows that the job writes to a file of JSON lines."""
    lines = (project / f"out/rows/{DAY}.json").read_text().splitlines()
    return sorted(json.loads(line)["dsp_user_id"] for line in lines)


def check_waits(done, project):
    """All is done but for what has to be fetched."""
    assert done.returncode == 1 and "delete it once it has been fetched" in done.stderr, done.stdout + done.stderr
    left = [pathlib.Path(path).name for path in json.loads(done.stdout)["search"]["found"]]
    assert left and set(left) <= set(identifiers(project)), left
    return left


def members(project):
    return {row["id"] for row in rows(project, "SELECT DISTINCT dsp_user_id AS id FROM house.members")}


def ids(folder, server=None):
    everybody = [*number_ids(12), *ODD_IDS]
    project = new_project(folder / "project", everybody, server)
    job = project / "jobs/d/members/job.yaml"
    job.write_text(job.read_text().replace("writes:\n", EXPORT))
    call("run", folder=project)
    for number, id in enumerate(ODD_IDS):
        lines, files = segment_lines(project), identifiers(project)
        journal = {name: text for name, text in all_bytes(project, "out/dsp_sync", "warehouse/_weir/runs").items() if name.endswith(".json")}
        kill = (None, "forget:after-destinations", "forget:after-journal", "forget:after-file", "activation:after-delivery")[number % 5]
        if kill:
            done = forget(project, id, failpoint=f"{kill}:1")
            assert done.returncode == -signal.SIGKILL, (kill, done.stderr)
        left = check_waits(forget(project, id), project)
        expected = [line for line in lines if line.split("\t")[0] != id]
        assert segment_lines(project) == expected and len(lines) == len(expected) + 2, id
        now = identifiers(project)
        told = {name: users for name, users in now.items() if name not in files}
        removed = [(user, add, set(remove.split(";"))) for users in told.values() for user, add, remove in users]
        assert removed and all(each == (id, "", {"101", "102"}) for each in removed), (id, told)
        assert set(left) == set(told), (left, told)
        for name, users in files.items():
            assert now.get(name, []) == [user for user in users if user[0] != id], (id, name)
        after = all_bytes(project, "out/dsp_sync", "warehouse/_weir/runs")
        assert all(after[name] == text for name, text in journal.items()), (id, [name for name in journal if after[name] != journal[name]])
        everybody.remove(id)
        assert members(project) == set(everybody), id
        assert exported(project) == sorted(2 * everybody), id
        # Whoever is asked for again is told so as long as it waits; taken away, nothing is left to do.
        check_waits(forget(project, id), project)
        for name in told:
            (project / "out/onboarding" / name).unlink()
        again = forget(project, id)
        assert again.returncode == 0 and not json.loads(again.stdout)["search"]["found"], again.stdout + again.stderr
    distinctive = [id for id in ODD_IDS if re.search("[;#]", id)]
    for name, text in all_bytes(project, "warehouse", ".weir", "out").items():
        assert not any(id.encode() in text for id in distinctive), name
    put_day(project, everybody, "2026-01-06")
    call("run", folder=project)
    assert fetch(project), "the next day sends nothing"


def other_ids(folder, server=None):
    """A removal that waits is known by all ids of those whom it was written for, by none of others, and by no id's text."""
    everybody = number_ids(5)
    project = new_project(folder / "others", everybody, server)
    call("run", folder=project)
    not_there, member = number_ids(1)[0], everybody[0]
    done = call("forget", f"af:{not_there}", f"an:{member}", "--json", folder=project, failpoint="forget:after-destinations:1", check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    for words in ((f"af:{not_there}", f"an:{member}"), (f"af:{not_there}",), (f"an:{member}",)):
        done = call("forget", *words, "--json", folder=project, check=False)
        assert done.returncode == 1 and "delete it once it has been fetched" in done.stderr, (words, done.stderr)
        removals = {name for name, users in identifiers(project).items() if any(remove for _, _, remove in users)}
        assert {pathlib.Path(path).name for path in json.loads(done.stdout)["waiting"]} == removals, done.stdout
    assert forget(project, number_ids(1)[0]).returncode == 0, "nothing waits for a stranger"
    waiting, = (project / "warehouse/_weir").glob("waiting_removals.json")
    assert not_there not in waiting.read_text() and member not in waiting.read_text()
    fetch(project)
    assert call("forget", f"af:{not_there}", "--json", folder=project, check=False).returncode == 0
    assert not waiting.exists()


def untold(folder):
    """Whom a destination has that can't be told isn't forgotten: nobody would know of him any more."""
    everybody = number_ids(6)
    project = new_project(folder / "project", everybody)
    call("run", folder=project)
    settings = project / "weir.yaml"
    text = settings.read_text()
    before = all_bytes(project, "out"), members(project)

    settings.write_text(re.sub("connections: .*\n", "", text))
    done = forget(project, everybody[0])
    assert done.returncode == 1 and "weir.yaml has no connection 'files'" in done.stderr and "dsp_sync.files" in done.stderr, done.stderr
    assert (all_bytes(project, "out"), members(project)) == before, "something went"
    stranger = number_ids(1)[0]
    assert forget(project, stranger).returncode == 0, "nobody has him"

    settings.write_text(text.replace("send: true, ", ""))
    done = forget(project, everybody[0])
    assert done.returncode == 1 and "--send" in done.stderr and "2 lines" in done.stderr, done.stderr
    assert (all_bytes(project, "out"), members(project)) == before, "something went"
    check_waits(forget(project, everybody[0], "--send"), project)
    removed = [user for users in identifiers(project).values() for user in users if user[2]]
    assert [(user, add) for user, add, _ in removed] == [(everybody[0], "")], removed
    fetch(project)
    done = forget(project, everybody[0])
    assert done.returncode == 0 and members(project) == set(everybody[1:]), done.stderr


def records(folder):
    """A run failed and told whom by; also a step of several."""
    everybody = [*number_ids(3), "hello", "id:with;marks"]
    project = new_project(folder / "project", everybody)
    shutil.rmtree(project / "jobs/d/dsp_sync")
    (project / "jobs/d/numbers").mkdir()
    (project / "jobs/d/numbers/job.yaml").write_text(NUMBERS)
    for id in ("hello", "id:with;marks"):
        (project / "jobs/d/numbers/numbers.sql").write_text(
            f"SELECT CAST(dsp_user_id AS BIGINT) AS number FROM members WHERE dsp_user_id = '{id}'")
        assert call("run", folder=project, check=False).returncode == 1
    (project / "jobs/d/numbers/numbers.sql").write_text("SELECT CAST(1 AS BIGINT) AS number FROM members LIMIT 0")
    ledger = ("warehouse/_weir/runs", ".weir")
    for id in ("hello", "id:with;marks"):
        assert any(id.encode() in text for text in all_bytes(project, *ledger).values()), f"no record tells {id}"
        for point in ("ledger:after-redaction:1", "forget:after-records:1", "forget:after-tables:1"):
            copy = folder / "copy"
            shutil.copytree(project, copy)
            done = forget(copy, id, failpoint=point)
            assert done.returncode == -signal.SIGKILL, (point, done.stderr)
            check_records(copy, id, forget(copy, id))
            shutil.rmtree(copy)
        compacted = folder / "compacted"
        shutil.copytree(project, compacted)
        named = rows(compacted, f"SELECT count(*) AS n FROM weir.runs WHERE contains(record, '{id}')")[0]["n"]
        assert int(named) > 0 and not list((compacted / "warehouse/_weir/runs").glob("*.end.json")), named
        check_records(compacted, id, forget(compacted, id))
        shutil.rmtree(compacted)
        check_records(project, id, forget(project, id))
    call("run", folder=project)


def check_records(project, id, done):
    assert done.returncode == 0, done.stdout + done.stderr
    left = [name for name, text in all_bytes(project, "warehouse", ".weir", "out").items() if id.encode() in text]
    assert not left, left
    failed = [run["error"] for run in json.loads(call("runs", "--json", folder=project).stdout)["runs"] if run.get("error")]
    assert failed and any("(forgotten)" in error for error in failed), failed


def junk(folder):
    project = new_project(folder / "project", number_ids(2))
    call("run", "members", folder=project)
    before = all_bytes(project, "warehouse", "out")
    for id in ("0", "000-00", "null", "-1", "OptOut"):
        done = forget(project, id)
        assert done.returncode == 2 and f"'an:{id}' names nobody" in done.stderr, (id, done.returncode, done.stderr)
    (project / "ids.ndjson").write_text('{"party": "an", "user_id": "17"}\n{"party": "an", "user_id": "0"}\n')
    done = call("forget", "--file", "ids.ndjson", folder=project, check=False)
    assert done.returncode == 1 and "ids.ndjson:2: user_id '0' names nobody" in done.stderr, done.stderr
    assert all_bytes(project, "warehouse", "out") == before, "something changed"


def stored(folder):
    """The folder that the destination fetches from lies in a bucket."""
    if s3_server.program() is None:
        print("skipped: versitygw is not in .deps; scripts/setup.sh puts it there")
        sys.exit(77)
    with s3_server.S3Server() as server:
        os.environ |= server.environment()
        ids(folder, server)
        other_ids(folder, server)
        all_gone(folder, server)


def all_gone(folder, server):
    """A file in a bucket that named nobody else is deleted, and the report says so; what its users write there as JSON loses them, too."""
    id = number_ids(1)[0]
    project = new_project(folder / "gone", [id], server)
    call("run", folder=project)
    name, = identifiers(project)
    (project / "out/onboarding/told.json").write_text(json.dumps({"error_lines": [f"unknown user {id}", "nobody"]}))
    for point in ("forget:after-journal:1", "forget:after-file:1", "forget:after-file:3"):
        done = forget(project, id, failpoint=point)
        assert done.returncode == -signal.SIGKILL, (point, done.stderr)
    report = json.loads(forget(project, id).stdout)
    copy = new_project(folder / "told", [id], server)
    call("run", folder=copy)
    told = json.loads(forget(copy, id).stdout)
    assert {f"s3://told/to/them/{name}"} <= {file["file"] for file in told["files"]}, told["files"]
    assert {pathlib.Path(path).name for path in report["waiting"]} == set(identifiers(project)) != {name}, report
    assert not (project / "out/onboarding" / name).exists() and not (copy / "out/onboarding" / name).exists()
    assert json.loads((project / "out/onboarding/told.json").read_text()) == {"error_lines": ["nobody"]}


def parties(folder):
    """The same text is another person's id at another party: who has it at the party that the DSP takes stays where he is."""
    everybody = [*number_ids(3), "43200", "hello"]
    project = new_project(folder / "project", everybody)
    settings = project / "weir.yaml"
    settings.write_text(settings.read_text() + "variables: {dsps: {files: an}}\n")
    call("run", folder=project)
    before = all_bytes(project, "out"), members(project)
    for id in ("43200", "hello"):
        done = call("forget", f"af:{id}", "--json", folder=project)
        report = json.loads(done.stdout)
        assert report["new_ids"] == 1 and not report["files"] and all(table["rows"] == 0 for table in report["tables"]), done.stdout
        assert (all_bytes(project, "out"), members(project)) == before, "another person's rows went"
    check_waits(forget(project, "43200"), project)
    assert members(project) == set(everybody) - {"43200"}
    told = {(user, remove != "") for users in identifiers(project).values() for user, _, remove in users}
    assert ("43200", True) in told and not any(removed for user, removed in told if user != "43200"), told


if __name__ == "__main__":
    random.seed(SEED)
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as temporary:
        sys.exit({"ids": ids, "untold": untold, "records": records, "junk": junk, "other_ids": other_ids, "parties": parties, "stored": stored}[sys.argv[1]](pathlib.Path(temporary)))
