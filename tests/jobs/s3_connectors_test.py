#!/usr/bin/env python3
"""Connectors over buckets, beside what they do over folders: `s3_connectors_test.py secor | partners | addresses | deliveries`."""
import gzip
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

import s3_server

SKIPPED = 77


def relocated(project, **locations):
    """The project with other values of locations."""
    path = project / "weir.yaml"
    text = path.read_text()
    for name, value in locations.items():
        lines = text.split("\n")
        number = next(number for number, line in enumerate(lines) if line.startswith(f"      {name}: "))
        lines[number] = f"      {name}: {value}"
        text = "\n".join(lines)
    path.write_text(text)
    return project


def secor(server, folder):
    """A day is written to a bucket as to a folder, byte for byte; it is imported from there, each object once."""
    from ingest_test import call, few_rules, make_world, new_project
    from reservoir_import_test import imported, importing, ledger
    from secor_test import days_of, export, read_files, same, tables
    few_rules(folder)
    make_world(folder / "world", "7", "--people", "25", "--days", "3")
    bucket = server.make_bucket("house")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    path = project / "weir.yaml"
    path.write_text(path.read_text().replace("reservoir_export: none", "reservoir_export: secor"))
    job = project / "jobs/ingestion/reservoir_export/job.yaml"
    job.write_text(job.read_text().replace("sort_by: [event_id]", "sort_by: [event_id], rows_of_file: 20"))
    call("run", "enricher", folder=project)
    relocated(project, reservoir_files=f"{bucket}/geo/")
    export(project)

    root = server.folder / "root/house/geo"
    def objects():
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    written = objects()
    wanted = tables(project)
    same(read_files(set(written), written.get), wanted)
    other = importing(folder / "import", f"{bucket}/geo/")
    call("run", "reservoir_import", folder=other)
    same(imported(other), wanted)

    # The same bytes again are the same objects; other bytes are others, and of what they hold only that is new.
    call("backfill", "reservoir_export", "--from", days_of(project)[0], "--to", days_of(project)[-1], folder=project)
    assert objects() == written
    assert "nothing to do" in call("run", "reservoir_import", folder=other).stdout
    count = ledger(other)["lines_in"]
    name = next(name for name in sorted(written) if name.startswith("af/") and name.endswith(".gz"))
    lines = gzip.decompress(written[name]).decode().splitlines()
    new = json.loads(lines[0]) | {"event_id": "f" * 32}
    changed = gzip.compress(("\n".join([json.dumps(new)] + lines[1:]) + "\n").encode())
    assert len(changed) != len(written[name])
    (root / name).write_bytes(changed)
    call("run", "reservoir_import", folder=other)
    after = ledger(other)
    assert after["lines_in"] == count + len(lines) and after["duplicate"] == len(lines) - 1, after
    assert len([row for day in imported(other).values() for row in day if row["event_id"] == "f" * 32]) == 1
    print(f"{sum(map(len, wanted.values()))} rows through a bucket")


def partners(server, folder):
    """A partner's bucket, copied to ours, as raw events; beside the same over folders."""
    from ingest_test import call, rows
    from partners_test import JOBS, new_project, prepared
    world, _ = prepared(folder)
    local = new_project(folder / "local", world)
    for job in JOBS:
        call("run", job, folder=local)
    partner, own = server.make_bucket("partner"), server.make_bucket("own")
    shutil.copytree(world / "partners/sharethis", server.folder / "root/partner/sharethis")
    project = new_project(folder / "project", world)
    shutil.rmtree(project / "partners/sharethis_in")
    relocated(project, sharethis_in=f"{partner}/sharethis", sharethis_raw=f"{own}/raw", ingested=f"{own}/topics")
    for job in JOBS:
        call("run", job, folder=project)
    for party in ("st", "tt"):
        listed = [sorted(json.dumps(row, sort_keys=True) for row in rows(where, f"SELECT * FROM reservoir.enriched_{party}")) for where in (local, project)]
        assert listed[0] and listed[0] == listed[1], party
    kept = {str(path.relative_to(server.folder / "root/own/raw")): path.read_bytes() for path in (server.folder / "root/own/raw").rglob("*.gz")}
    given = {str(path.relative_to(world / "partners/sharethis")): path.read_bytes() for path in (world / "partners/sharethis").rglob("*.gz")}
    assert kept == given
    for job in JOBS:
        assert "nothing to do" in call("run", job, folder=project).stdout, job
    print(f"{len(kept)} files of a partner's bucket became the events that they are on disk")


def addresses(server, folder):
    """A bucket's name before the server's: every request of `weir store check` arrives, and so does what doctor tries."""
    from ingest_test import call
    with s3_server.S3Server(domain="localhost") as virtual:
        virtual.make_bucket("placed")
        port = virtual.endpoint.rsplit(":", 1)[1]
        project = folder / "project"
        call("new", str(project))
        settings = project / "weir.yaml"
        sound = settings.read_text()
        stores = "\nstores:\n  placed: {{prefixes: [s3://placed/], endpoint: 'http://{host}:{port}', region: us-east-1, url_style: {style}}}\n"
        settings.write_text(sound + stores.format(host="localhost", port=port, style="virtual"))
        done = json.loads(call("store", "check", "s3://placed/a", "--json", folder=project).stdout)
        assert all(ability["works"] for ability in done["abilities"]) and len(done["abilities"]) == 5, done
        # The other server doesn't know such hosts: there the same requests go to a bucket that it takes for an object's path.
        settings.write_text(sound + stores.format(host="localhost", port=server.endpoint.rsplit(":", 1)[1], style="virtual"))
        refused = call("store", "check", "s3://placed/a", folder=project, check=False)
        assert refused.returncode == 1, refused.stdout

    bucket = server.make_bucket("doctored")
    call("new", str(folder / "lake"), "--warehouse", f"{bucket}/lake")
    findings = lambda done: {one["subject"]: (one["status"], one["found"], one["remedy"]) for one in json.loads(done.stdout)["checks"]}
    found = findings(call("doctor", "--json", folder=folder / "lake"))
    assert found["warehouse"][0] == "ok" and all(found[name][:2] == ("ok", "works") for name in (
        "list", "write", "read", "write if absent", "delete")), found
    left = [path for path in (server.folder / "root/doctored").rglob("*") if path.is_file() and "_weir" not in path.parts]
    assert not left, f"the probe stays: {left}"
    os.environ["AWS_SECRET_ACCESS_KEY"] = "wrong"
    done = call("doctor", "--json", folder=folder / "lake", check=False)
    assert done.returncode == 1, done.stdout
    found = findings(done)
    assert found["list"][0] == "broken" and "403" in found["list"][1] and "s3:ListBucket" in found["list"][2], found
    print("buckets in the host's name; weir doctor tries the warehouse")


def deliveries(server, folder):
    """Files for a DSP that fetches, and those of the passive bucket, go to buckets as they go to folders, byte for byte."""
    import datetime
    import dsp_sync_test as dsp
    import segment_sync_test as sync
    from ingest_test import call
    from outside_world import served
    dsp.take_days(3)
    world = dsp.World(random.Random(7))
    outgoing, passive = server.make_bucket("outgoing"), server.make_bucket(f"bss-{dsp.MEMBER}-eu")
    root = server.folder / "root"
    (folder / "world/dsp").mkdir(parents=True)
    (folder / f"world/dsp/bss-{dsp.MEMBER}-eu").symlink_to(root / f"bss-{dsp.MEMBER}-eu")
    (folder / "other/submitted").mkdir(parents=True)
    xandr = {"kind": "xandr", "poll_pause": 20, "encoding": "text"}
    with served(folder / "world", dsp.all_segments(), "--speed", "3000") as outside:
        projects = {"stored": {"xandr": {**xandr, "bucket": passive}, "files": {**dsp.FILES, "path": f"{outgoing}/to/them/"}},
                    "local": {"files": dsp.FILES}}
        for name, connections in projects.items():
            dsp.new_project(folder / name, world, connections)
            call("check", folder=folder / name)
        for day in sync.DAYS:
            for name in projects:
                dsp.put_day(folder / name, world, day)
                if name == "stored" and day == sync.DAYS[1]:  # it is killed between the file and its note
                    for point in ("xandr:after-submit", "onboarding:after-put"):
                        assert call("run", folder=folder / name, failpoint=point, check=False).returncode < 0, point
                outside.set_clock(datetime.datetime.fromtimestamp(sync.end_of(day) + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
                call("run", folder=folder / name)
            held, wanted = outside.held(dsp.MEMBER), dsp.members(folder / "stored", day, "xandr")
            assert held == wanted and held, (day, sync.differing(held, wanted))
    read = lambda where: {path.name: path.read_bytes() for path in where.iterdir()}
    stored, local = read(root / "outgoing/to/them"), read(folder / "local/out/onboarding")
    assert stored == local and len(local) >= 3, (stored.keys(), local.keys())
    assert len(list((root / f"bss-{dsp.MEMBER}-eu/done").iterdir())) == 3 and not (folder / "stored/out").exists()
    print(f"{len(local)} files in a bucket as in a folder; 3 by the passive bucket")


if __name__ == "__main__":
    if s3_server.program() is None:
        print("skipped: versitygw is not in .deps; scripts/setup.sh puts it there")
        sys.exit(SKIPPED)
    with s3_server.S3Server() as started, tempfile.TemporaryDirectory(prefix="weir-test-") as where:
        os.environ |= started.environment()
        import secor_test
        secor_test.source = random.Random(7)
        globals()[sys.argv[1]](started, pathlib.Path(where))
