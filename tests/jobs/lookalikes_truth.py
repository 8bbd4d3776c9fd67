"""How good lookalike models are beside what anyone could know: the world's evidence oracle, judged on the very same rows."""
from ingest_test import rows

TRUTH = "world/truth"


def auc(scored):
    """Of (score, label) pairs: how often a positive is above a negative, ties half; None of one class alone."""
    scored = sorted(scored)
    positives = sum(label for _, label in scored)
    negatives = len(scored) - positives
    if not positives or not negatives:
        return None
    wins = below = start = 0
    while start < len(scored):
        end = start
        while end < len(scored) and scored[end][0] == scored[start][0]:
            end += 1
        tied_positives = sum(label for _, label in scored[start:end])
        tied_negatives = end - start - tied_positives
        wins += tied_positives * (below + tied_negatives / 2)
        below += tied_negatives
        start = end
    return wins / (positives * negatives)


def people_of(project, region):
    """universal_id → the world's people who have one of its ids: several on a device that they share."""
    found = {}
    for row in rows(project, f"""
            SELECT DISTINCT m.universal_id, p.person FROM metastore.mapping_{region} AS m
            JOIN read_parquet('{TRUTH}/people.parquet') AS p ON p.party = m.party AND p.user_id = m.user_id"""):
        found.setdefault(row["universal_id"], set()).add(int(row["person"]))
    return found


def training_rows(project, region, day):
    """segment → [(universal_id, label, fold)]."""
    found = {}
    for row in rows(project, f"""SELECT segment_id, universal_id, label, fold FROM metastore.lookalikes_training_data
                                 WHERE region = '{region}' AND ds = '{day}'"""):
        found.setdefault(int(row["segment_id"]), []).append((row["universal_id"], int(row["label"]), int(row["fold"])))
    return found


def oracle_of(project, segment):
    """person → score."""
    return {int(row["person"]): row["score"] for row in rows(
        project, f"SELECT person, score FROM read_parquet('{TRUTH}/evidence_oracle.parquet') WHERE segment_id = {segment}")}


def mean_auc(scored):
    """Of (score, label, fold): the mean over folds, as auc_mean is."""
    folds = {fold for _, _, fold in scored}
    found = [auc([(score, label) for score, label, of in scored if of == fold]) for fold in folds]
    found = [each for each in found if each is not None]
    return sum(found) / len(found) if found else None


def judged(project, region, day):
    """A dict for each segment with a model of that day: its figures, the oracle's on the same rows, and how many rows were
    dropped as it can't be told which of the world's people they are."""
    people, training = people_of(project, region), training_rows(project, region, day)
    found = []
    for run in rows(project, f"""SELECT segment_id, auc_mean, auc_activity, positives, negatives FROM metastore.lookalikes_mlflow_runs
                                 WHERE region = '{region}' AND ds = '{day}' AND status = 'succeeded' ORDER BY segment_id"""):
        segment = int(run["segment_id"])
        oracle = oracle_of(project, segment)
        clear = [(next(iter(people[name])), label, fold) for name, label, fold in training[segment] if len(people.get(name, ())) == 1]
        scored = [(oracle[person], label, fold) for person, label, fold in clear]
        found.append({"region": region, "segment": segment, "positives": int(run["positives"]), "rows": len(training[segment]),
                      "dropped": len(training[segment]) - len(clear), "auc": run["auc_mean"], "activity": run["auc_activity"],
                      "oracle": mean_auc(scored)})
    return found
