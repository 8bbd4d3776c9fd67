#!/usr/bin/env python3
"""How good lookalikes are on a generated world, beside its evidence oracle, and that mistakes would be seen: leaks of the label,
negatives who aren't eligible, labels that tell nothing. `lookalikes_truth_test.py world | shuffled`; WEIR_TEST_LONG=1: a world
of 100,000 people, in which segments have the 1,000 positives that the demand is made for."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from ingest_test import SEED, WEIR, make_world, new_project, rows
from lookalikes_truth import judged

LONG = bool(os.environ.get("WEIR_TEST_LONG"))
REGIONS = ("amer", "emeaApac")
LEARNING = ("lookalike_training_data", "lookalike_model_selection")
JOBS = "jobs/segment_building/lookalike_training_data"
DEMANDED_POSITIVES, DEMANDED_SHARE = 1000, 0.9
LEAST_SHARE = 0.4  # of a small world, with a hundredth of the positives
LEAK = 0.1  # an AUC so much above the oracle's isn't learnt from what people did before


def weir(*words, folder):
    done = subprocess.run([WEIR, *words], cwd=folder, capture_output=True, text=True, timeout=7200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def prepared(folder):
    """(project, its last day), with models of that day."""
    if LONG:
        weir("world", "generate", "--pack", "adtech", "--out", "world", "--people", "100000", "--days", "14", "--seed", "1",
             "--rate.mapped", "0.35", folder=folder)
    else:
        make_world(folder / "world", SEED, "--people", "4000", "--days", "3", "--rate.mapped", "0.5", "--rate.late", "0")
    project = folder / "project"
    new_project(project, folder / "world", 1 << 28)
    if not LONG:
        set_variables(project, min_positives="20", c='"0.1, 1"')
    weir("run", "enricher", "events_partitioner", "user_ids_mapper", folder=project)
    day = max(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM metastore.events"))
    weir("run", "platform_metadata", *LEARNING, "--on", day, folder=project)
    return project, day


def set_variables(project, **values):
    settings = project / "weir.yaml"
    text = settings.read_text()
    for name, value in values.items():
        text, times = re.subn(rf"(?m)^  {name}: (\"[^\"]*\"|\S+)", f"  {name}: {value}", text)
        assert times == 1, name
    settings.write_text(text)


def replace(project, file, old, new):
    path = project / JOBS / file
    text = path.read_text()
    assert text.count(old) == 1, (file, old)
    path.write_text(text.replace(old, new))


def figures(project, day):
    return [each for region in REGIONS for each in judged(project, region, day)]


def excess(found, what):
    """Of the AUC above a coin's, over all segments, by their positives."""
    return sum((each[what] - 0.5) * each["positives"] for each in found) / sum(each["positives"] for each in found)


def is_leaking(found):
    return excess(found, "auc") > excess(found, "oracle") + LEAK


def show(title, found):
    print(title, flush=True)
    for each in found:
        print("  {region} {segment}: {positives} positives, {rows} rows ({dropped} dropped), AUC {auc:.4f}, of activity {activity:.4f},"
              " of the oracle {oracle:.4f}".format(**each), flush=True)
    print(f"  together {excess(found, 'auc'):.4f} above a coin, the oracle {excess(found, 'oracle'):.4f}", flush=True)


def again(project, day, *changes, **variables):
    """The figures of a copy of the project whose job is changed so."""
    copy = project.with_name("changed")
    shutil.copytree(project, copy, symlinks=True)
    for change in changes:
        replace(copy, *change)
    set_variables(copy, **variables)
    weir("backfill", *LEARNING, "--from", day, "--to", day, folder=copy)
    found = figures(copy, day)
    shutil.rmtree(copy)
    return found


def standard_error(each):
    """Of an AUC, by Hanley and McNeil (Radiology 143, 1982): a single segment of 1,200 positives is known to 0.01."""
    auc, positives, negatives = each["auc"], each["positives"], each["rows"] - each["positives"]
    one, two = auc / (2 - auc) - auc ** 2, 2 * auc ** 2 / (1 + auc) - auc ** 2
    return ((auc * (1 - auc) + (positives - 1) * one + (negatives - 1) * two) / (positives * negatives)) ** 0.5


def check_sound(found):
    assert len(found) >= 6, "too few segments were learnt"
    assert not is_leaking(found)
    enough = [each for each in found if each["positives"] >= DEMANDED_POSITIVES]
    for each in enough:
        assert each["auc"] - 0.5 + 2 * standard_error(each) >= DEMANDED_SHARE * (each["oracle"] - 0.5), each
    if LONG:
        assert enough, "no segment has the positives that are demanded"
        assert excess(enough, "auc") >= DEMANDED_SHARE * excess(enough, "oracle")
    else:
        assert excess(found, "auc") >= LEAST_SHARE * excess(found, "oracle")


def world(folder):
    project, day = prepared(folder)
    sound = figures(project, day)
    show("as it is", sound)
    check_sound(sound)
    masks = ("masks.sql", "WHERE domain <> ''", "WHERE domain <> '' AND 1 = 0")
    leaking = again(project, day, masks, fire_window="0")
    show("without masks, and without a window around fires", leaking)
    assert is_leaking(leaking) and excess(leaking, "auc") > 0.3, "a leak of the label isn't seen"
    for title, found in (("without masks", again(project, day, masks)), ("without a window", again(project, day, fire_window="0"))):
        show(title, found)
        assert not is_leaking(found), "one guard alone isn't enough"
    everybody = again(project, day, ("drawn.sql", "JOIN eligible AS e ON e.dsps = l.dsps", "JOIN histories AS e ON true"))
    show("with negatives from everybody", everybody)
    assert excess(everybody, "activity") > excess(sound, "activity") + 0.05, "negatives who aren't eligible aren't seen"


SHUFFLES, PEOPLE = 20, 2000
SHUFFLED_JOB = """
job: shuffled
schedule: daily
deterministic: false
reads:
  histories: {table: in.histories}
  training: {table: in.training}
  sizes: {table: in.sizes}
steps:
  - operator: select_models
    in: {histories: histories, training: training, sizes: sizes}
    with: {c: "0.03, 0.3"}
    out: [runs, token_weights, grid, roc, score, models]
writes:
  - {table: out.runs, from: runs, mode: overwrite}
  - {table: out.grid, from: grid, mode: overwrite}
"""


def put(folder, table, lines):
    (folder / "in.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    weir("table", "import", table, "--from", "in.ndjson", folder=folder)


def shuffled(folder):
    """Each segment has the same people with other labels: half of them, drawn by lot."""
    source = random.Random(SEED)
    (folder / "weir.yaml").write_text("name: shuffled\n")
    (folder / "jobs/learn/shuffled").mkdir(parents=True)
    (folder / "jobs/learn/shuffled/job.yaml").write_text(SHUFFLED_JOB)
    names = [f"person-{number}" for number in range(PEOPLE)]
    put(folder, "in.histories", [{"universal_id": name, "tokens": [
        {"token": f"w:{token}", "days": source.randint(1, 7)} for token in source.sample(range(150), source.randint(3, 30))]}
        for name in names])
    training = []
    for segment in range(SHUFFLES):
        positives = set(source.sample(names, PEOPLE // 2))
        training += [{"segment_id": segment, "universal_id": name, "label": int(name in positives), "fold": number % 3}
                     for number, name in enumerate(names)]
    put(folder, "in.training", training)
    put(folder, "in.sizes", [{"segment_id": segment, "positives": PEOPLE // 2, "eligible": PEOPLE, "reason": None}
                             for segment in range(SHUFFLES)])
    weir("run", folder=folder)
    points = [row["auc"] for row in rows(folder, "SELECT auc FROM out.grid")]
    runs = rows(folder, "SELECT auc_mean FROM out.runs WHERE status = 'succeeded'")
    assert len(runs) == SHUFFLES and len(points) == SHUFFLES * 3 * 2 * 2 * 2
    mean, chosen = sum(points) / len(points), sum(row["auc_mean"] for row in runs) / SHUFFLES
    print(f"mean AUC over {SHUFFLES} shuffles: {mean:.4f}; of the points that were chosen, as the best: {chosen:.4f}")
    assert abs(mean - 0.5) <= 0.01, "labels that tell nothing are learnt"
    assert chosen <= 0.53


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-truth-") as temporary:
        sys.exit({"world": world, "shuffled": shuffled}[sys.argv[1]](pathlib.Path(temporary)))
