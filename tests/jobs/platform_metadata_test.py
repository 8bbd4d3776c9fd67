#!/usr/bin/env python3
"""The platform's lookalike segments as a table and as files: beside what Python makes of the same JSON; with each mistake
that there can be; and with the program killed at named points. `platform_metadata_test.py same | mistakes | kills POINT…`."""
import csv
import hashlib
import json
import pathlib
import shutil
import signal
import sys
import tempfile

from ingest_test import SEED, call, make_world, new_project, rows

JOB = "platform_metadata"
FILES = "warehouse/_files/lookalikes"
PIXELS, SEGMENTS = "production_lookalike_pixels.tsv", "production_lookalike_segments.tsv"


def platform(project, kind):
    return json.loads((project / "world/platform" / f"{kind}.json").read_text())


def put(project, kind, objects, **layout):
    (project / "world/platform" / f"{kind}.json").write_text(json.dumps(objects, **(layout or {"indent": 1})))


def wanted(project):
    """By the platform's JSON: (rows of the pixels' file, rows of the segments' file), sorted."""
    advertisers = {each["id"]: each for each in platform(project, "advertisers")}
    pixels, segments = set(), []
    for each in platform(project, "segments"):
        if each["type"] != "lookalike":
            continue
        definition = each["definition"]
        domains = sorted(set(advertisers[each["advertiser_id"]]["domains"]) | set(definition.get("domains") or []))
        for pixel in each["pixel_ids"]:
            pixels.add((each["id"], pixel, each["region"], definition.get("event") or "any",
                        definition.get("lookback_days") or 30))
        segments.append((each["id"], each["name"], each["advertiser_id"], ",".join(domains), each["region"], each["dsp"],
                         each["member_id"], each["dsp_segment_id"], each["min_size"], each["max_size"],
                         each.get("expiration_minutes") or 43200, int(each["active"])))
    return sorted(pixels), sorted(segments)


def read_tsv(path):
    with open(path, newline="") as file:
        lines = list(csv.reader(file, delimiter="\t"))
    return lines[0], lines[1:]


def as_texts(lines):
    return [[str(cell) for cell in line] for line in lines]


def check_files(folder, pixels, segments, extra=None):
    """`extra`: a further column's name, and its text by (segment_id, region, dsp)."""
    further, texts = extra or ("", {})
    assert read_tsv(folder / PIXELS) == (["segment_id", "pixel_id", "region", "event", "lookback_days"], as_texts(pixels))
    assert read_tsv(folder / SEGMENTS) == (
        ["segment_id", "segment_name", "advertiser_id", "advertiser_domains", "region", "dsp", "member_id", "dsp_segment_id",
         "min_size", "max_size", "expiration_minutes", "active"] + [further] * bool(further),
        [line + [texts.get((line[0], line[4], line[5]), "")] * bool(further) for line in as_texts(segments)])


def latest(project):
    """The pointer, when all that it tells of its folder holds."""
    pointer = json.loads((project / FILES / "latest.json").read_text())
    assert [file["name"] for file in pointer["files"]] == [PIXELS, SEGMENTS]
    for file in pointer["files"]:
        content = (project / FILES / pointer["folder"] / file["name"]).read_bytes()
        assert file["size"] == len(content) and file["lines"] == content.count(b"\n")
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    return pointer


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.tsv")}


def check_latest(project, day):
    pointer = latest(project)
    assert pointer["ds"] == day, pointer
    assert contents(project / FILES / "latest") == contents(project / FILES / pointer["folder"])
    return pointer


def check_table(project, day, pixels, segments):
    found = rows(project, f"""
        SELECT segment_id, segment_name, advertiser_id, advertiser_domains, region, dsp, member_id, dsp_segment_id, min_size,
               max_size, expiration_minutes, active, CAST(pixels AS JSON)::VARCHAR AS pixels
        FROM metastore.lookalike_definitions WHERE ds = '{day}'""")
    by_segment = {}
    for segment, pixel, region, event, days in pixels:
        by_segment.setdefault((segment, region), []).append({"pixel_id": pixel, "event": event, "lookback_days": days})
    assert sorted(as_texts(list(row.values())[:-1] for row in found)) == sorted(as_texts(segments))
    for row in found:
        assert json.loads(row["pixels"]) == by_segment[int(row["segment_id"]), row["region"]], row


def state(project):
    """All of the table, and of the files."""
    table = call("table", "fingerprint", "metastore.lookalike_definitions", folder=project).stdout
    return table, {path.relative_to(project): path.read_bytes() for path in (project / FILES).rglob("*") if path.is_file()}


def run(project, *words, **options):
    return call("run", JOB, *words, folder=project, **options)


def prepared(folder):
    """A project with events of some days, and the days."""
    make_world(folder / "world", SEED, "--people", "60", "--days", "3", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    (project / "world").unlink()
    shutil.copytree(folder / "world", project / "world")
    call("run", "enricher", "events_partitioner", folder=project)
    days = sorted(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM metastore.events"))
    assert len(days) >= 3, days
    return project, days


def check_generated(project, days):
    """As the world has it: every day once, in any layout of the JSON."""
    run(project)
    pixels, segments = wanted(project)
    assert {line[4] for line in segments} == {"amer", "emeaApac"}
    for day in days:
        check_table(project, day, pixels, segments)
    check_files(project / FILES / check_latest(project, days[-1])["folder"], pixels, segments)
    assert "nothing to do" in (out := run(project).stdout.lower()) or "0 runs" in out, out
    before = contents(project / FILES / "latest")
    for kind in ("segments", "advertisers", "pixels"):
        put(project, kind, platform(project, kind), separators=(",", ":"))
    call("backfill", JOB, "--from", days[-1], "--to", days[-1], folder=project)
    assert contents(project / FILES / "latest") == before, "another layout, other bytes"


def check_changes(project, days):
    """Two DSPs, two regions, defaults, names with quotes, more domains; an older day leaves the pointer."""
    segments = platform(project, "segments")
    first = next(each for each in segments if each["type"] == "lookalike")
    pixel_ids = [each["id"] for each in platform(project, "pixels")]
    first |= {"name": 'He said "5\' shoes", и', "pixel_ids": [pixel_ids[3], pixel_ids[0], pixel_ids[3]], "active": False,
              "definition": {"domains": ["zz.example", "aa.example", "zz.example"]}, "colour": ["red"]}
    del first["expiration_minutes"]
    segments.append({**first, "dsp": "files", "dsp_segment_id": 5, "max_size": 300, "expiration_minutes": 60})
    segments.append({**first, "region": "emeaApac" if first["region"] == "amer" else "amer", "min_size": 0})
    put(project, "segments", segments)
    before = state(project)
    call("backfill", JOB, "--from", days[0], "--to", days[0], folder=project)
    lines = wanted(project)
    assert len(lines[1]) == len(before[1][pathlib.Path(FILES, "latest", SEGMENTS)].splitlines()) - 1 + 2
    check_table(project, days[0], *lines)
    assert state(project)[1] == before[1], "an older day moved the files"
    call("backfill", JOB, "--from", days[-1], "--to", days[-1], folder=project)
    check_table(project, days[-1], *lines)
    colours = {(str(first["id"]), each["region"], each["dsp"]): '["red"]' for each in segments if each["id"] == first["id"]}
    assert len(colours) == 3
    check_files(project / FILES / check_latest(project, days[-1])["folder"], *lines, ("colour", colours))
    put(project, "segments", [each for each in segments if each["region"] == first["region"]])
    call("backfill", JOB, "--from", days[-1], "--to", days[-1], folder=project)
    check_table(project, days[-1], *wanted(project))
    assert len(rows(project, f"SELECT DISTINCT region FROM metastore.lookalike_definitions WHERE ds = '{days[-1]}'")) == 1


def runs_of(project, job):
    """How often each day has been run."""
    found = rows(project, f"""
        SELECT CAST(start AS VARCHAR) AS day, count(*) AS runs FROM weir.runs WHERE job = '{job}' AND state = 'succeeded'
        GROUP BY ALL""")
    return {row["day"]: int(row["runs"]) for row in found}


def check_unwatched(project, more):
    """Events that come later make none of its days stale."""
    before, events_before = runs_of(project, JOB), runs_of(project, "events_partitioner")
    for path in sorted((more / "raw/ingested-af").rglob("*.ndjson*")):
        target = project / "world/raw/ingested-af" / path.relative_to(more / "raw/ingested-af")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target.with_name("more-" + target.name))
    call("run", "enricher", "events_partitioner", JOB, folder=project)
    run(project)
    again = [day for day, runs in runs_of(project, "events_partitioner").items() if runs > events_before.get(day, runs)]
    assert set(again) & set(before), "no event came late"
    after = runs_of(project, JOB)
    assert {day: after[day] for day in before} == before, (before, after)


def same(folder):
    project, days = prepared(folder)
    check_generated(project, days)
    make_world(folder / "more", SEED + 1, "--people", "20", "--days", "3")
    check_unwatched(project, folder / "more")
    check_changes(project, sorted(row["ds"] for row in rows(project, "SELECT DISTINCT ds FROM metastore.lookalike_definitions")))


MISTAKES = [  # (kind of the file, field whose line is named, field as the message calls it, how it comes, what is said)
    ("segments", "pixel_ids", "pixel_ids", lambda each: each.update(pixel_ids=[999]), "pixel 999 is unknown"),
    ("segments", "pixel_ids", "pixel_ids", lambda each: each.update(pixel_ids=[]), "there is none"),
    ("segments", "pixel_ids", "pixel_ids[0]", lambda each: each.update(pixel_ids=["a"]), 'found "a"; a whole number is allowed'),
    ("segments", "id", "id", lambda each: each.update(id="seven"), 'found "seven"; a whole number is allowed'),
    ("segments", None, "dsp", lambda each: each.pop("dsp"), "it is missing; text is needed"),
    ("segments", "advertiser_id", "advertiser_id", lambda each: each.update(advertiser_id=1), "advertiser 1 is unknown"),
    ("segments", "region", "region", lambda each: each.update(region="mars"), "'mars' is unknown; allowed are amer, emeaApac"),
    ("segments", "dsp", "dsp", lambda each: each.update(dsp="dv"), "'dv' is unknown; allowed are xandr, files"),
    ("segments", "max_size", "max_size", lambda each: each.update(max_size=1), "found 1, less than min_size, which is 50"),
    ("segments", "max_size", "max_size", lambda each: each.update(max_size=2**62), f"found {2**62}; at most 1000000000 is allowed"),
    ("segments", "type", "type", lambda each: each.update(type="Lookalike"),
     "'Lookalike' of segment 1001 is unknown; allowed are lookalike, url, category, contextual"),
    ("segments", "min_size", "min_size", lambda each: each.update(min_size=-5), "found -5; 0 or more is allowed"),
    ("segments", "lookback_days", "definition.lookback_days", lambda each: each["definition"].update(lookback_days=366),
     "found 366; 1 to 365 is allowed"),
    *[("segments", field, field, lambda each, field=field, found=found: each.update({"dsp": "xandr", field: found}),
       f"found {found}; 1 to {most} is allowed at xandr")
      for field, most in (("expiration_minutes", 259200), ("dsp_segment_id", 2147483647), ("member_id", 2147483647))
      for found in (0, -1, most + 1)],
    ("segments", "name", "name", lambda each: each.update(name="a\tb"), "it has a tab or a line break"),
    *[("segments", "domains", "definition.domains", lambda each, domain=domain: each["definition"].update(domains=[domain]),
       f"'{domain}' is no domain; one such as example.com is allowed") for domain in (".", "www.", "a.example/b", "a.example,b.example")],
    ("advertisers", None, "domains", lambda each: each.pop("domains"), "it is missing; a list of texts is needed"),
    ("pixels", "id", "id", lambda each: each.update(id=4.5), "found 4.5; a whole number is allowed"),
]


def line_of(project, kind, number, field):
    """Where the object with this number, or its first line with the field, stands in the pretty-printed file."""
    at = -1
    for line, text in enumerate((project / "world/platform" / f"{kind}.json").read_text().splitlines(), 1):
        if text == " {":
            at += 1
            if at == number and field is None:
                return line
        elif at == number and field is not None and text.lstrip().startswith(f'"{field}":'):
            return line
    raise AssertionError((kind, number, field))


def place(project, kind, number, field, name):
    line = line_of(project, kind, number, field)
    if field == "pixel_ids" and platform(project, kind)[number]["pixel_ids"]:
        line += 1  # its one element stands in a line of its own
    if field == "domains":
        line += 1
    return f"world/platform/{kind}.json:{line}: {name}: "


def refused(project, day, texts):
    """Day `day` fails with all of these in its message, and nothing changes."""
    before = state(project)
    done = call("backfill", JOB, "--from", day, "--to", day, folder=project, check=False)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    for text in texts:
        assert text in done.stderr + done.stdout, f"not told: {text}\n{done.stderr}{done.stdout}"
    assert state(project) == before, "something was written"
    return done


def mistakes(folder):
    project, days = prepared(folder)
    run(project)
    sound = {kind: platform(project, kind) for kind in ("segments", "advertisers", "pixels")}
    for kind, field, name, change, text in MISTAKES:
        objects = json.loads(json.dumps(sound[kind]))
        change(objects[1])
        put(project, kind, objects)
        refused(project, days[-1], [place(project, kind, 1, field, name) + text])
        put(project, kind, sound[kind])
    segments = json.loads(json.dumps(sound["segments"]))
    segments[0]["region"], segments[1]["pixel_ids"], segments[2]["max_size"] = "mars", [999, 998], 2
    segments.append(segments[3])
    put(project, "segments", segments)
    last = len(segments) - 1
    line = line_of(project, "segments", 1, "pixel_ids")
    twice = f"segment {segments[3]['id']} stands 2 times"
    refused(project, days[-1], [
        place(project, "segments", 0, "region", "region") + "'mars' is unknown",
        f"world/platform/segments.json:{line + 1}: pixel_ids: pixel 999 is unknown",
        f"world/platform/segments.json:{line + 2}: pixel_ids: pixel 998 is unknown",
        place(project, "segments", 2, "max_size", "max_size") + "found 2",
        place(project, "segments", 3, "id", "id") + twice, place(project, "segments", last, "id", "id") + twice])
    segments = sound["segments"] + [{**sound["segments"][0], "dsp": "files", "pixel_ids": sound["segments"][1]["pixel_ids"]}]
    put(project, "segments", segments)
    refused(project, days[-1], [f"segment {segments[0]['id']} of region {segments[0]['region']} has other pixels elsewhere"])
    segments = json.loads(json.dumps(sound["segments"]))
    segments[2] |= {name: segments[1][name] for name in ("region", "dsp", "member_id", "dsp_segment_id")}
    segments.append({**segments[1], "id": 77, "member_id": segments[1]["member_id"] + 1})  # of another seat
    put(project, "segments", segments)
    number = f"{segments[1]['dsp_segment_id']} of member {segments[1]['member_id']} at {segments[1]['dsp']} is that of segment"
    done = refused(project, days[-1], [
        place(project, "segments", one, "dsp_segment_id", "dsp_segment_id") + f"{number} {segments[other]['id']} of region "
        for one, other in ((1, 2), (2, 1))])
    assert (done.stderr + done.stdout).count("dsp_segment_id: ") in (2, 4), done  # as often as the error is told
    settings = project / "weir.yaml"
    text = settings.read_text()
    assert text.count("{xandr: an, files: an}") == 1
    settings.write_text(text.replace("{xandr: an, files: an}", "{files: an}"))  # nobody's ids for `xandr`: it would be emptied
    put(project, "segments", sound["segments"])
    refused(project, days[-1], [place(project, "segments", 0, "dsp", "dsp") + "'xandr' is unknown; allowed are files, as dsps of weir.yaml says"])
    settings.write_text(text)
    path = project / "world/platform/segments.json"
    path.write_text("[\n {\n  \"id\": 1,\n }\n]")
    refused(project, days[-1], ["world/platform/segments.json:4: broken JSON: "])
    path.unlink()
    refused(project, days[-1], ["world/platform/segments.json: there is no such file"])
    put(project, "segments", sound["segments"])
    run(project)
    check_latest(project, days[-1])


def kills(folder, *points):
    project, days = prepared(folder)
    job = project / "jobs/segment_building/platform_metadata/job.yaml"
    job.write_text(job.read_text().replace("keep: 30", "keep: 1"))
    run(project, "--on", days[0])
    before = check_latest(project, days[0])
    for point in points:
        copy = folder / point.replace(":", "-")
        shutil.copytree(project, copy, symlinks=True)
        done = run(copy, "--on", days[1], failpoint=point, check=False)
        assert done.returncode == -signal.SIGKILL, f"{point} was not met: {done.stderr}"
        met = latest(copy)
        assert met == before or met["ds"] == days[1], point
        lines = wanted(copy)
        check_files(copy / FILES / "latest", *lines)  # a whole pair, the old or the new
        run(copy)
        check_files(copy / FILES / check_latest(copy, days[2])["folder"], *lines)
        left = sorted(path.name for path in (copy / FILES).iterdir())
        assert left == sorted([".lock", latest(copy)["folder"], "latest", "latest.json"]), (point, left)
        print(f"{point}: killed, and mended by the next run")
        shutil.rmtree(copy)


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-platform-") as temporary:
        what = {"same": same, "mistakes": mistakes, "kills": kills}[sys.argv[1]]
        sys.exit(what(pathlib.Path(temporary), *sys.argv[2:]))
