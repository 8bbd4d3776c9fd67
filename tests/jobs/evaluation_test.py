#!/usr/bin/env python3
"""The job lookalike_evaluation on a generated world: who is ranked and who converted beside what Python makes of events and
mappings, scores beside the formulas, figures and curves beside scikit-learn's on the exported scores, that nothing of the days
that are judged by gets in, and the same rows for any number of threads. Needs packages of tests/python.
evaluation_test.py right | same"""
import collections
import hashlib
import json
import pathlib
import random
import re
import sys
import tempfile
import xml.etree.ElementTree

import numpy
import scipy.stats
import sklearn.metrics
import sklearn.naive_bayes

from fingerprints import last_words
from ingest_test import SEED, call, make_world, new_project, rows
from scoring_test import Model, histories_of, segments_of
from training_data_test import REGIONS, versions_by_day

DAYS_AFTER = 1
JOB = "lookalike_evaluation"
CHAIN = ("lookalike_training_data", "lookalike_model_selection", "lookalike_scoring", "lookalike_segment_sync")
HELD = 0.3
METHODS = ("model", "naive_bayes", "popularity", "activity")
TABLES = ("evaluation", "evaluation_curves", "evaluation_scores", "evaluation_holdouts", "drift", "drift_bins")
REACHES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, *(tenth / 10 for tenth in range(1, 11)))


def prepared(folder):
    """(project, its last two days): the newer one is evaluated by the models of the older one."""
    make_world(folder / "world", SEED, "--people", "1200", "--days", "3", "--rate.mapped", "0.7", "--rate.late", "0")
    segments = segments_of(folder / "world")
    for each in segments:
        if each["type"] == "lookalike":  # landing pages, too, so that there are more positives
            each["definition"] |= {"event": "any", "lookback_days": 30}
            each["pixel_ids"] = [each["pixel_ids"][0] - 1, each["pixel_ids"][0]]
    (folder / "world/platform/segments.json").write_text(json.dumps(segments, indent=1))
    project = folder / "project"
    new_project(project, folder / "world", 1 << 26)
    settings = project / "weir.yaml"
    text = settings.read_text()
    for name, value in (("min_positives", 5), ("c", '"0.1, 1"'), ("evaluation_days", DAYS_AFTER), ("holdout", HELD)):
        text, times = re.subn(rf"(?m)^  {name}: (\"[^\"]*\"|\S+)", f"  {name}: {value}", text)
        assert times == 1, name
    settings.write_text(text)
    call("run", "enricher", "events_partitioner", "user_ids_mapper", folder=project)
    days = sorted(row["dt"] for row in rows(project, "SELECT DISTINCT dt FROM metastore.events"))
    call("run", "platform_metadata", *CHAIN, folder=project)
    return project, days[-2:]


class Known:
    """What is read for one region, on the day that is judged and on the day of judging."""

    def __init__(self, project, region, days):
        self.project, self.region, (self.then, self.now) = project, region, days
        versions = versions_by_day(project, region)
        read = lambda day: rows(project, f"SELECT party, user_id, universal_id FROM metastore.mapping_{region}{versions[day]}")
        self.ids_then = collections.defaultdict(list)
        for row in read(self.then):
            self.ids_then[row["universal_id"]].append((row["party"], row["user_id"]))
        self.people_now = {(row["party"], row["user_id"]): row["universal_id"] for row in read(self.now)}
        self.histories = histories_of(project, region, self.then)
        where = f"region = '{region}' AND ds = '{self.then}'"
        self.positives = {(int(row["segment_id"]), row["universal_id"]) for row in rows(
            project, f"SELECT segment_id, universal_id FROM metastore.lookalikes_positives WHERE {where}")}
        self.pixels = collections.defaultdict(set)
        for row in rows(project, f"SELECT segment_id, CAST(pixels AS JSON)::VARCHAR AS pixels FROM metastore.lookalike_definitions "
                                 f"WHERE {where} AND active = 1"):
            self.pixels[int(row["segment_id"])] |= {int(each["pixel_id"]) for each in json.loads(row["pixels"])}
        self.fires = collections.defaultdict(set)  # pixel → people as they are known now
        for row in rows(project, f"""SELECT DISTINCT party, user_id, pixel_id FROM metastore.events WHERE region = '{region}'
                                     AND party = 'af' AND pixel_id IS NOT NULL AND dt = '{self.now}'"""):
            own = hashlib.md5(f"{row['party']}:{row['user_id']}".encode()).hexdigest()
            self.fires[int(row["pixel_id"])].add(self.people_now.get((row["party"], row["user_id"]), own))

    def eligible(self):
        """By the mapping of the day that is judged."""
        return {person for person, ids in self.ids_then.items() if any(party == "an" for party, _ in ids)} & self.histories.keys()

    def who_they_are(self, person):
        """As whom the mapping knows somebody's ids now."""
        return {self.people_now[each] for each in self.ids_then[person] if each in self.people_now}

    def converted(self, segment):
        return set().union(*(self.fires[pixel] for pixel in self.pixels[segment]))


def read_scores(known):
    found = collections.defaultdict(list)
    for row in rows(known.project, f"""SELECT * FROM metastore.lookalikes_evaluation_scores
                                       WHERE region = '{known.region}' AND ds = '{known.now}' ORDER BY segment_id, universal_id"""):
        found[int(row["segment_id"])].append({**row, "label": int(row["label"])})
    return found


def check_people(known, scores):
    """Who is ranked, and who converted; how many did."""
    assert scores.keys() == known.pixels.keys()
    eligible, converts = known.eligible(), 0
    for segment, ranked in scores.items():
        wanted = {person for person in eligible if (segment, person) not in known.positives}
        found = {row["universal_id"] for row in ranked}
        # An id that was known then may have been joined to a person since: such a person is ranked, too.
        assert wanted - found <= {person for person in wanted if len(known.who_they_are(person)) != 1}, "people are missing"
        assert len(found - wanted) <= 0.02 * len(wanted), (len(found - wanted), len(wanted))
        assert not any((segment, person) in known.positives for person in found)
        converted = known.converted(segment)
        for row in ranked:
            them = known.who_they_are(row["universal_id"])
            if len(them) == 1:
                assert row["label"] == int(them <= converted), (segment, row)
            converts += row["label"]
    return converts


class Learnt:
    """The baselines' vocabulary and training rows of a segment, by the specification."""

    def __init__(self, known, segment):
        where = f"region = '{known.region}' AND ds = '{known.then}' AND segment_id = {segment}"
        masked = {row["token"] for row in rows(known.project, f"SELECT token FROM metastore.lookalikes_masks WHERE {where}")}
        people = collections.Counter(token for tokens in known.histories.values() for token in tokens)
        self.tokens = sorted(token for token, count in people.items()
                             if 10 <= count <= 0.5 * len(known.histories) and token not in masked)
        training = rows(known.project, f"SELECT universal_id, label FROM metastore.lookalikes_training_data WHERE {where}")
        self.labels = numpy.array([int(row["label"]) for row in training])
        self.rows = self.matrix(known.histories[row["universal_id"]] for row in training)

    def matrix(self, histories):
        number = {token: at for at, token in enumerate(self.tokens)}
        histories = list(histories)
        made = numpy.zeros((len(histories), len(self.tokens)))
        for at, tokens in enumerate(histories):
            made[at, [number[token] for token in tokens if token in number]] = 1
        return made

    def scores(self, histories):
        """Of each method that there is."""
        seen = self.matrix(histories)
        found = {"activity": seen.sum(axis=1)}
        if len(set(self.labels)) == 2:
            used = self.rows.any(axis=0)  # tokens of the training rows
            bayes = sklearn.naive_bayes.MultinomialNB(fit_prior=False).fit(self.rows[:, used], self.labels)
            found["naive_bayes"] = seen[:, used] @ (bayes.feature_log_prob_[1] - bayes.feature_log_prob_[0])
            found["popularity"] = seen @ self.rows[self.labels == 1].mean(axis=0)
        return found


def champions_of(known, day):
    """SQL of the runs whose models score on a day, one a segment."""
    return f"""SELECT * FROM metastore.lookalikes_mlflow_runs WHERE champion AND region = '{known.region}' AND ds <= '{day}'
               QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY ds DESC) = 1"""


def weights_of(known, day):
    """segment → token → weight, of the models that score on a day."""
    found = collections.defaultdict(dict)
    for row in rows(known.project, f"""
            SELECT w.segment_id, w.token, w.weight FROM metastore.lookalikes_token_weights AS w JOIN ({champions_of(known, day)}) AS r
            ON r.run_id = w.run_id AND r.ds = w.ds AND r.segment_id = w.segment_id"""):
        found[int(row["segment_id"])][row["token"]] = row["weight"]
    return found


def check_scores(known, segment, ranked, champion):
    histories = [known.histories[row["universal_id"]] for row in ranked]
    found = {method: [row[method] for row in ranked] for method in METHODS}
    wanted = Learnt(known, segment).scores(histories)
    if champion:
        model = Model(known.project, known.region, champion)
        wanted["model"] = [model.score(tokens) for tokens in histories]
    for method in METHODS:
        if method not in wanted:
            assert set(found[method]) == {None}, (segment, method)
        else:
            assert numpy.allclose(found[method], wanted[method], rtol=1e-9, atol=1e-9), (segment, method)


def captured(scores, labels, reach):
    """Of those who converted the share among the best `reach` of all, if equal scores are shuffled: the mean over all ways."""
    scores, labels = numpy.asarray(scores), numpy.asarray(labels)
    places, total = reach * len(scores), 0.0
    for score in set(scores):
        above, tied = (scores > score).sum(), scores == score
        total += labels[tied].sum() * min(1.0, max(0.0, (places - above) / tied.sum()))
    return total / labels.sum()


def expected_curves(scores, labels):
    """curve → {x: y}, by scikit-learn."""
    percents = numpy.arange(1, 101) / 100
    false, true, _ = sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)
    highest = {}
    for x, y in zip(false, true):
        highest[x] = max(y, highest.get(x, 0))
    precision, recall, _ = sklearn.metrics.precision_recall_curve(labels, scores)  # recall falls; the last point is made up
    precision, recall = precision[:-1], recall[:-1]
    best = [captured(scores, labels, reach) for reach in REACHES]
    tenths = [0, *best[6:]]
    return {
        "roc": {x: highest[x] if x in highest else numpy.interp(x, false, true) for x in percents},
        "precision_recall": {x: precision[numpy.flatnonzero(recall >= x - 1e-12).max()] for x in percents},
        "reach_similarity": {x: share / x for x, share in zip(REACHES, best)},
        "lift": {(at + 1) / 10: 10 * (tenths[at + 1] - tenths[at]) for at in range(10)},
    }


def close(found, wanted):
    assert found is not None and abs(found - wanted) <= 1e-9, (found, wanted)


def check_figures(known, scores):
    """Each segment's and all together; how many rankings were compared."""
    where = f"region = '{known.region}' AND ds = '{known.now}'"
    figures = {(row["segment_id"] and int(row["segment_id"]), row["method"]): row for row in rows(
        known.project, f"SELECT * FROM metastore.lookalikes_evaluation WHERE {where}")}
    curves, bins = collections.defaultdict(dict), collections.defaultdict(list)
    for row in rows(known.project, f"SELECT * FROM metastore.lookalikes_evaluation_curves WHERE {where}"):
        if row["curve"] == "calibration":  # bins may be at one place
            bins[int(row["segment_id"]), row["method"]].append(row)
        else:
            curves[row["segment_id"] and int(row["segment_id"]), row["method"], row["curve"]][round(row["x"], 9)] = row
    together = collections.defaultdict(list)
    for segment, ranked in scores.items():
        labels = [row["label"] for row in ranked]
        for method in METHODS:
            row, values = figures[segment, method], [each[method] for each in ranked]
            assert (int(row["people"]), int(row["positives"])) == (len(labels), sum(labels))
            if None in values or len(set(labels)) == 1:
                assert row["auc"] is None and int(row["segments"]) == 0, row
                continue
            auc, precision = sklearn.metrics.roc_auc_score(labels, values), sklearn.metrics.average_precision_score(labels, values)
            close(row["auc"], auc)
            close(row["average_precision"], precision)
            assert row["auc_lower"] <= row["auc"] <= row["auc_upper"], row
            wanted = expected_curves(values, labels)
            for curve, points in wanted.items():
                found = curves[segment, method, curve]
                assert found.keys() == {round(x, 9) for x in points}, (segment, method, curve)
                for x, y in points.items():
                    close(found[round(x, 9)]["y"], y)
            if method == "model":
                check_calibration(values, labels, bins[segment, method])
            elif row["auc_behind"] is not None:
                close(row["auc_behind"], figures[segment, "model"]["auc"] - auc)
            together[method].append((auc, precision))
    for method, found in together.items():
        row = figures[None, method]
        assert int(row["segments"]) == len(found)
        close(row["auc"], sum(auc for auc, _ in found) / len(found))
        close(row["average_precision"], sum(precision for _, precision in found) / len(found))
    return sum(map(len, together.values()))


def page_of(project, region, day):
    return project / f"warehouse/_files/lookalikes/reports/{region}/{day}.html"


def check_page(known):
    """The report is well-formed, whole by itself, and shows the figures."""
    page = page_of(known.project, known.region, known.now).read_text()
    body = re.sub(r"<meta [^>]*>|<!DOCTYPE html>", "", page)
    tree = xml.etree.ElementTree.fromstring(body)
    assert not re.search(r"<script|https?://|url\(|@import|src=", page), "the page needs something else"
    titles = [element.get("aria-label") for element in tree.iter("svg")]
    for title in ("ROC", "Precision and recall", "Lift by tenth", "Reach and similarity", "Calibration of the model", "Score drift"):
        assert title in titles, titles
    cells = {cell.text for cell in tree.iter("td")}
    for row in rows(known.project, f"""SELECT auc, auc_lower, auc_upper FROM metastore.lookalikes_evaluation
                                       WHERE region = '{known.region}' AND ds = '{known.now}' AND auc IS NOT NULL"""):
        assert f"{row['auc']:.3f} ({row['auc_lower']:.3f} to {row['auc_upper']:.3f})" in cells, row
    numbers = rows(known.project, f"""SELECT DISTINCT segments FROM metastore.lookalikes_evaluation
                                      WHERE region = '{known.region}' AND ds = '{known.now}' AND segment_id IS NULL""")
    assert ("Not every method ranks all segments" in page) == (len(numbers) > 1), numbers


def check_calibration(values, labels, found):
    order = numpy.argsort(values, kind="stable")
    parts = [order[at * len(order) // 10:(at + 1) * len(order) // 10] for at in range(10)]
    wanted = sorted((numpy.asarray(values)[part].mean(), numpy.asarray(labels)[part].mean()) for part in parts)
    found = sorted((row["x"], row["y"], row["lower"], row["upper"]) for row in found)
    assert numpy.allclose(sorted(x for x, *_ in found), sorted(x for x, _ in wanted), rtol=1e-9, atol=1e-12)
    assert numpy.allclose(sorted(y for _, y, *_ in found), sorted(y for _, y in wanted), rtol=1e-9, atol=1e-12)
    assert all(lower <= y <= upper for _, y, lower, upper in found)


def check_drift(known, scores):
    """Bins hold everybody with a score, then and now."""
    where = f"region = '{known.region}' AND ds = '{known.now}'"
    drift = {int(row["segment_id"]): row for row in rows(known.project, f"SELECT * FROM metastore.lookalikes_drift WHERE {where}")}
    bins = rows(known.project, f"SELECT * FROM metastore.lookalikes_drift_bins WHERE {where} ORDER BY segment_id, bin")
    all_weights = [weights_of(known, day) for day in (known.then, known.now)]
    for segment, ranked in scores.items():
        before = sorted(row["model"] for row in ranked if row["model"] is not None)
        if not before:
            continue
        lower, row, counts = float("-inf"), drift[segment], []
        for each in (each for each in bins if int(each["segment_id"]) == segment):
            upper = float("inf") if each["upper"] is None else each["upper"]
            assert int(each["before"]) == sum(lower < score <= upper for score in before), each
            counts.append((int(each["before"]), int(each["now"])))
            lower = upper
        assert (int(row["people_before"]), int(row["people_now"])) == (len(before), sum(now for _, now in counts))
        shares = numpy.array(counts) + 0.5
        shares /= shares.sum(axis=0)
        close(row["stability_index"], float(((shares[:, 1] - shares[:, 0]) * numpy.log(shares[:, 1] / shares[:, 0])).sum()))
        weights = [of_day[segment] for of_day in all_weights]
        product = sum(weight * weights[1].get(token, 0) for token, weight in weights[0].items())
        lengths = [sum(weight**2 for weight in each.values())**0.5 for each in weights]
        if 0 in lengths:  # a model may have no weights
            assert row["weights_cosine"] is None, row
        else:
            close(row["weights_cosine"], product / lengths[0] / lengths[1])
        warned = row["warning"] or ""
        assert ("stability index" in warned) == (row["stability_index"] > 0.2), row
        assert ("cosine" in warned) == (0 not in lengths and row["weights_cosine"] < 0.8), row


def check_holdouts(known):
    """Who of those sent then, and of those held back, converted since: counts by Python, intervals by scipy; how many are held."""
    where = f"region = '{known.region}' AND ds ="
    people = {"sent": collections.defaultdict(set), "held": collections.defaultdict(set)}
    for name, table in (("sent", "segment_members"), ("held", "lookalikes_holdouts")):
        for row in rows(known.project, f"SELECT segment_id, universal_id FROM metastore.{table} WHERE {where} '{known.then}'"):
            people[name][int(row["segment_id"])].add(row["universal_id"])
    found = {int(row["segment_id"]): row for row in rows(
        known.project, f"SELECT * FROM metastore.lookalikes_evaluation_holdouts WHERE {where} '{known.now}'")}
    assert found.keys() == set(people["sent"]) | set(people["held"])
    for segment, row in found.items():
        converted, share = known.converted(segment), {}
        assert all(0 <= row[name] <= 1 for name in row if name.endswith(("share_lower", "share_upper")) and row[name] is not None), row
        for name in ("sent", "held"):
            them = people[name][segment] & known.histories.keys()  # a member since earlier may have been renamed by then
            hits = sum(bool(known.who_they_are(person) & converted) for person in them)
            assert (int(row[name]), int(row[f"{name}_converted"])) == (len(them), hits), (segment, name, row)
            if them:
                interval = scipy.stats.binomtest(hits, len(them)).proportion_ci(method="wilson")
                share[name] = (hits / len(them), interval.low, interval.high)
                for what, wanted in zip(("share", "share_lower", "share_upper"), share[name]):
                    close(row[f"{name}_{what}"], wanted)
            else:
                assert row[f"{name}_share"] is None
        if len(share) == 2:
            (sent, *sent_ends), (held, *held_ends) = share["sent"], share["held"]
            close(row["difference"], sent - held)
            close(row["difference_lower"], sent - held - numpy.hypot(sent - sent_ends[0], held_ends[1] - held))
            close(row["difference_upper"], sent - held + numpy.hypot(sent_ends[1] - sent, held - held_ends[0]))
        else:
            assert row["difference"] is None
    return sum(map(len, people["held"].values()))


def prints(project):
    names = [f"metastore.lookalikes_{table}" for table in TABLES]
    return dict(zip(TABLES, last_words(call("table", "fingerprint", *names, folder=project).stdout), strict=True))


def check_later_days_dont_matter(project, days):
    """What people did on the day that is judged by changes no score: that day's histories, training rows and models are others."""
    scores = lambda: rows(project, "SELECT * EXCLUDE (label) FROM metastore.lookalikes_evaluation_scores ORDER BY ALL")
    before = scores()
    sql = project / "jobs/segment_building/lookalike_training_data/tokens.sql"
    whole = sql.read_text()
    sql.write_text(whole.replace("concat('d:', domain)", "concat('d:changed.', domain)"))
    call("backfill", *CHAIN[:2], "--from", days[1], "--to", days[1], folder=project)
    changed = rows(project, f"""SELECT count(*) AS n FROM (SELECT unnest(tokens) AS t FROM metastore.lookalikes_user_histories
                                WHERE ds = '{days[1]}') WHERE starts_with(t.token, 'd:changed.')""")
    assert int(changed[0]["n"]) > 0
    call("backfill", JOB, "--from", days[1], "--to", days[1], folder=project)
    assert scores() == before, "a token of a later day got into the scores"
    sql.write_text(whole)


def check_variables(project, day):
    """Variables that nothing can be judged with are refused by name."""
    settings = project / "weir.yaml"
    text = settings.read_text()
    for name, wrong, most in (*(("evaluation_days", each, 29) for each in ("30", "-1", "1.5")),
                              *(("evaluation_people", each, 100000000) for each in ("0", "abc"))):
        changed, times = re.subn(rf"(?m)^  {name}: \S+", f"  {name}: {wrong}", text)
        assert times == 1, name
        settings.write_text(changed)
        done = call("backfill", JOB, "--from", day, "--to", day, folder=project, check=False)
        assert done.returncode == 1 and f"{name} is '{wrong}'; a whole number from 1 to {most} is allowed" in done.stderr, done
    settings.write_text(text)


def check_first_day(project, day):
    """On the first day there is nothing to judge, and the run says so."""
    done = call("run", JOB, "--on", day, folder=project)
    assert "something_was_known" in done.stderr + done.stdout, done
    assert rows(project, f"SELECT count(*) AS n FROM metastore.lookalikes_evaluation_scores WHERE ds = '{day}'")[0]["n"] == 0


def evaluated(folder):
    project, days = prepared(folder)
    call("run", JOB, "--on", days[1], folder=project)
    return project, days


def right(folder):
    """People, scores, figures and curves beside Python's."""
    project, days = evaluated(folder)
    compared = converts = held = 0
    for region in REGIONS:
        known = Known(project, region, days)
        scores = read_scores(known)
        converts += check_people(known, scores)
        champions = {int(row["segment_id"]): row for row in rows(project, champions_of(known, known.then))}
        for segment in random.Random(SEED).sample(sorted(scores), 3):
            check_scores(known, segment, scores[segment], champions.get(segment))
        compared += check_figures(known, scores)
        check_drift(known, scores)
        held += check_holdouts(known)
        check_page(known)
    assert converts >= 20 and compared >= 20 and held >= 20, (converts, compared, held)
    print(f"{converts} conversions, {compared} rankings, {held} held back")


def same(folder):
    """The same rows and pages on one thread, and whatever people did on the day that is judged by."""
    project, days = evaluated(folder)
    first, pages = prints(project), [page_of(project, region, days[1]).read_bytes() for region in REGIONS]
    call("backfill", JOB, "--from", days[1], "--to", days[1], "--threads", "1", folder=project)
    assert prints(project) == first, "not the same on one thread"
    assert [page_of(project, region, days[1]).read_bytes() for region in REGIONS] == pages, "another page on one thread"
    check_later_days_dont_matter(project, days)
    check_variables(project, days[1])
    check_first_day(project, rows(project, "SELECT min(ds) AS ds FROM metastore.lookalikes_user_histories")[0]["ds"])


if __name__ == "__main__":
    print(f"WEIR_TEST_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="weir-evaluation-") as temporary:
        sys.exit({"right": right, "same": same}[sys.argv[1]](pathlib.Path(temporary)))
