#!/usr/bin/env python3
"""`weir forget` of people who went all the way from raw lines to segment files: afterwards no byte of their ids is in anything
that weir wrote (an own search in Python), the mapping is that of a project that never saw them, forgetting again changes
nothing, and later lines of them are dropped. `forget_people_test.py whole | afterwards | kills POINT…`."""
import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile

import pyarrow.parquet

from fingerprints import last_words
from ingest_test import SEED, call, make_world, new_project, rows
from outside_world import TOKEN, served

LONG = bool(os.environ.get("WEIR_TEST_LONG"))
REGIONS = ("amer", "emeaApac")
GRAPH = ("enricher", "events_partitioner", "user_ids_mapper")
CHAIN = ("mapping_export", "map_uploader", "platform_metadata", "lookalike_training_data", "lookalike_model_selection",
         "lookalike_scoring", "lookalike_segment_sync")


def set_variables(project, **values):
    settings = project / "weir.yaml"
    text = settings.read_text()
    for name, value in values.items():
        text, times = re.subn(rf"(?m)^  {name}: (\"[^\"]*\"|\S+)", f"  {name}: {value}", text)
        assert times == 1, name
    settings.write_text(text)


def project_of(folder, world):
    new_project(folder, world, 1 << 24)
    set_variables(folder, min_positives="5", c='"0.3"', folds="2", min_people="3", mapping_export="parquet")
    return folder


def last_day(project):
    return max(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM metastore.events"))


def mapping(project):
    return [row for region in REGIONS for row in rows(project, f"SELECT party, user_id, universal_id FROM metastore.mapping_{region}")]


def content_of(path):
    """All that a file says, as bytes."""
    if path.suffix == ".parquet":
        table = pyarrow.parquet.ParquetFile(path).read()
        return "\n".join(str(value) for column in table.columns for value in column.to_pylist()).encode()
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def files_with(project, ids):
    """Files below the project, without its jobs and the world, that hold one of the ids."""
    pattern = re.compile("|".join(re.escape(id) for id in sorted(ids)).encode())
    files = [path for root in ("warehouse", ".weir") for path in (project / root).rglob("*") if path.is_file()]
    return {str(path.relative_to(project)) for path in files if pattern.search(content_of(path))}


def fingerprints(project, tables):
    return dict(zip(tables, last_words(call("table", "fingerprint", *tables, folder=project).stdout), strict=True))


def check_no_bytes(project, ids):
    left = files_with(project, {id for _, id in ids})
    assert not left, left


def tables_of(project):
    return [table["name"] for table in json.loads(call("table", "list", "--json", folder=project).stdout)["tables"]]


def check_files(project):
    """Every file that a manifest names is as the manifest says."""
    checked = 0
    for success in (project / "warehouse/_files/segment_syncs").rglob("_SUCCESS"):
        for part in json.loads(success.read_text())["parts"]:
            data = (success.parent / part["name"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (part["size"], part["sha256"]), success
            assert gzip.decompress(data).count(b"\n") == part["lines"], success
            checked += 1
    for manifest in (project / "warehouse/_files/mapping").rglob("_MANIFEST.json"):
        for file in json.loads(manifest.read_text())["files"]:
            assert (manifest.parent / file["name"]).stat().st_size == file["bytes"], manifest
            checked += 1
    assert checked > 0


def chosen_people(project, number):
    """Some people, those who are in segment files first: {an id of each to ask by: all ids of the person}."""
    people = {}
    for row in mapping(project):
        people.setdefault(row["universal_id"], []).append((row["party"], row["user_id"]))
    members = []
    if "metastore.segment_members" in tables_of(project):
        members = [row["id"] for row in rows(project, "SELECT DISTINCT universal_id AS id FROM metastore.segment_members ORDER BY 1")]
    rest = sorted(set(people) - set(members))
    random.shuffle(rest)
    chosen = (random.sample([person for person in members if person in people], min(len(members), number // 2)) + rest)[:number]
    return {random.choice(sorted(people[person])): people[person] for person in chosen}


def write_ids(path, ids):
    path.write_text("".join(json.dumps({"party": party, "user_id": id}) + "\n" for party, id in sorted(ids)))


def sorted_mapping(project):
    return sorted(mapping(project), key=lambda row: sorted(row.items()))


def hold_back_the_last_day(world, held):
    for topic in (world / "raw").iterdir():
        last = max(day for day in topic.iterdir() if day.is_dir())
        (held / topic.name).mkdir(parents=True)
        shutil.move(last, held / topic.name / last.name)


def give_the_last_day(world, held):
    for topic in held.iterdir():
        for day in topic.iterdir():
            shutil.move(day, world / "raw" / topic.name / day.name)


def ready(folder, chain=CHAIN):
    """A project with everything done, whom to forget, and the mapping of a project that never saw them."""
    for number in range(5):
        world = folder / f"world{number}"
        make_world(world, SEED + number, "--people", "1000" if LONG else "220", "--days", "4" if LONG else "3", "--rate.mapped", "0.6", "--rate.late", "0",
                   "--rate.bad", "0.05", "--segments", "3", "--rate.conversion", "0.4")
        hold_back_the_last_day(world, folder / f"held{number}")
        project = project_of(folder / f"project{number}", world)
        call("run", *GRAPH, folder=project)
        day = last_day(project)
        call("run", *chain, folder=project)
        if "metastore.segment_members" not in tables_of(project) or rows(project, "SELECT 1 AS one FROM metastore.segment_members LIMIT 1"):
            break
        print(f"no segment of the world of seed {SEED + number} was learnt")
    for name in ("world", "held"):
        (folder / name).symlink_to(folder / f"{name}{number}")
    people = chosen_people(project, 10 if LONG else 4)
    ids = {id for all_ids in people.values() for id in all_ids}
    write_ids(folder / "asked.ndjson", people)
    assert files_with(project, {id for _, id in ids}), "nothing holds the ids before: the search can't fail"
    unseen = project_of(folder / "unseen", world)
    write_ids(folder / "all.ndjson", ids)
    call("forget", "--file", "../all.ndjson", folder=unseen)
    call("run", *GRAPH, folder=unseen)
    return project, day, ids, sorted_mapping(unseen)


def forget(project, *words, **options):
    return call("forget", "--file", "../asked.ndjson", "--json", *words, folder=project, **options)


def check_forgotten(project, ids, expected):
    check_no_bytes(project, ids)
    assert sorted_mapping(project) == expected, "another mapping than without them"
    check_files(project)


def held_ids(outside, project):
    """The ids that the DSP has, of all seats."""
    members = {row["member_id"] for row in rows(project, "SELECT DISTINCT member_id FROM metastore.lookalike_definitions")}
    return {user for member in members for user, _ in outside.held(member)}


def give_dsp(project, outside):
    """From here on the project sends to a DSP, and has sent all that it has."""
    settings = project / "weir.yaml"
    text = settings.read_text().replace("secrets:\n", "secrets:\n  dsp_token: {env: WEIR_TEST_TOKEN}\n", 1)
    connection = {"kind": "xandr", "url": outside.url, "token": "{secret.dsp_token}", "upload_pause": 50, "poll_pause": 20}
    settings.write_text(text.replace("  dev:\n", "  dev:\n    send: true\n", 1) + f"\nconnections: {json.dumps({'xandr': connection})}\n")
    os.environ["WEIR_TEST_TOKEN"] = TOKEN
    outside.set_clock(f"{last_day(project)}T23:59:59Z")
    call("run", "dsp_sync", "dsp_uploads", folder=project)


def whole(folder):
    project, _, ids, expected = ready(folder)
    segments = json.loads((folder / "world/platform/segments.json").read_text())
    with served(folder / "world", segments, "--speed", "3000") as outside:
        give_dsp(project, outside)
        forget_all(project, ids, expected, outside)


def forget_all(project, ids, expected, outside):
    held = held_ids(outside, project)
    assert held & {id for _, id in ids}, "the DSP has none of them before"
    tables = tables_of(project)
    before = fingerprints(project, tables)
    planned = json.loads(forget(project, "--dry-run").stdout)
    assert fingerprints(project, tables) == before and planned["ids"] == planned["new_ids"] == len(ids), planned
    report = json.loads(forget(project).stdout)
    assert report["ids"] == len(ids) and report["new_ids"] == len(ids) and not report["search"]["found"], report
    assert [each["step"] for each in report["destinations"]] == ["dsp_sync.xandr"] and report["destinations"][0]["removals"] > 0, report
    assert held_ids(outside, project) == held - {id for _, id in ids}, "the DSP has others than before, without them"
    assert report["search"]["files"] > 100 and not report["unknown"], (report["search"], report["unknown"])
    gone = {table["table"]: table["rows"] for table in report["tables"]}
    for table in ("reservoir.enriched_af", "metastore.events", "metastore.segment_members", "metastore.lookalikes_user_histories"):
        assert gone[table] > 0, (table, gone)
    assert report["segments"] and report["files"], "no one of them was a member"
    assert report["models"] and rows(project, "SELECT count(*) AS n FROM metastore.forgotten_models")[0]["n"] == len(report["models"])
    assert any(path.endswith("ingested-af") for path in report["sources"])
    assert all(id not in json.dumps(report) for _, id in ids), "the report names ids"
    check_forgotten(project, ids, expected)

    why = call("sql", "SELECT count(*) FROM metastore.mapping_amer@v0", folder=project, check=False)
    assert why.returncode == 1 and "people who were forgotten" in why.stderr, why.stderr
    plan = json.loads(call("plan", *GRAPH, *CHAIN, "--json", folder=project).stdout)
    assert not [run for run in plan["runs"] if run["job"] in GRAPH], plan["runs"]

    after = fingerprints(project, tables_of(project))
    again = json.loads(forget(project).stdout)
    assert again["new_ids"] == 0 and again["purged_files"] == 0 and not again["files"], again
    assert [each["removals"] for each in again["destinations"]] == [0]
    assert all(table["rows"] == 0 for table in again["tables"])
    assert fingerprints(project, tables_of(project)) == after, "forgetting again changes something"
    print(f"{len(ids)} ids of {len(expected)} others: {sum(gone.values())} rows, {len(report['files'])} files")


def afterwards(folder):
    """Life goes on from what the erasure left: what was learnt from is made again, old lines come late, a day comes."""
    project, day, ids, expected = ready(folder, CHAIN[:4])
    forget(project)
    check_forgotten(project, ids, expected)
    call("backfill", "lookalike_training_data", "--from", "2026-01-05", "--to", "2026-01-05", folder=project)
    late_lines(project, day, ids)
    next_day(folder, project, ids)


def next_day(folder, project, ids):
    give_the_last_day(folder / "world", folder / "held")
    for each in (project, folder / "unseen"):
        call("run", *GRAPH, "--stale", folder=each)
    assert sorted_mapping(project) == sorted_mapping(folder / "unseen"), "the next day gives another mapping than without them"
    check_no_bytes(project, ids)


def is_json(line):
    """Nobody can tell whose a line is that isn't."""
    try:
        return bool(json.dumps(json.loads(line), ensure_ascii=False).encode())
    except ValueError:
        return False


def late_lines(project, day, ids):
    """Lines like those of forgotten cookies come after all."""
    cookies = {id for party, id in ids if party == "af"}
    topic = (project / "world").resolve() / "raw/ingested-af"
    lines = []
    for line in "".join(path.read_text(errors="replace") for path in sorted(topic.rglob("*.ndjson"))).splitlines():
        if any(id in line for id in cookies) and is_json(line):
            lines.append(re.sub(r'"url":\s*"[^"]*"', '"url":"https://example.com/late"', line))
    (topic / day / "part-late.ndjson").write_text("".join(line + "\n" for line in lines))
    call("run", "enricher", "events_partitioner", folder=project)
    late = rows(project, "SELECT sum(lines_in) AS lines, sum(good) AS good, sum(suppressed_by_reason['erased']) AS erased "
                         "FROM metastore.ingest_ledger WHERE source_partition LIKE '%part-late.ndjson'")[0]
    assert int(late["lines"]) == len(lines) > 0 and int(late["good"]) == 0 and int(late["erased"]) > 0, late
    check_no_bytes(project, ids)


def kills(folder, *points):
    project, _, ids, expected = ready(folder, ("mapping_export", "map_uploader"))
    for point in points:
        copy = folder / "copy"
        shutil.copytree(project, copy, symlinks=True)
        done = forget(copy, failpoint=f"{point}:1", check=False)
        assert done.returncode == -signal.SIGKILL, f"{point} was not met: {done.stderr}"
        forget(copy)
        check_forgotten(copy, ids, expected)
        shutil.rmtree(copy)
        print(f"{point}: killed, and finished by the next call", flush=True)


if __name__ == "__main__":
    random.seed(SEED)
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-test-") as temporary:
        sys.exit({"whole": whole, "afterwards": afterwards, "kills": kills}[sys.argv[1]](pathlib.Path(temporary), *sys.argv[2:]))
